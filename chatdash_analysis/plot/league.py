"""Agents, clients or campaigns in a funnel: which differ by more than chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.errors import InputError
from chatdash_analysis.plot.inputs import flag_sets, label_columns, numbers, plotted_table, shares
from chatdash_analysis.plot.labels import count_text, group_labels, percent_text
from chatdash_analysis.plot.style import (
    BLUE,
    FAINT,
    ORANGE,
    SMALL,
    VERMILION,
    axes_for,
    draw_no_data,
    draw_note,
    percent_axis,
    put_text,
    size_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["plot_funnel"]

_LIMITS = (
    ("limit_low", "limit_high", "-", "95 % limits"),
    ("limit_low_998", "limit_high_998", "--", "99.8 % limits"),
)
_LOOKS = {
    "within the limits": ("o", BLUE),
    "outside 95 % limits": ("D", ORANGE),
    "outside 99.8 % limits": ("s", VERMILION),
}
_SIZES = {
    "n": "n (conversations with a known outcome)",
    "effective_n": "effective n (as many independent conversations would tell as much)",
}
_NEEDED = ("n", "rate", "limit_low", "limit_high", "overall", "flags")
# Names of more points than this do not fit beside the axes.
_MOST_NAMES = 20


def plot_funnel(
    table: pd.DataFrame,
    *,
    label: str | Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw each row's rate against its n, with the limits between which chance explains it.

    Rows outside of the limits of 99.8 % are red squares, those outside of 95 % orange diamonds.
    Rows without a rate are crosses at the bottom. Of up to 20 rows all have their name and n
    beside the axes, of more only the red ones.

    Parameters
    ----------
    table : pandas.DataFrame
        What `league_table` returned.
    label : str or sequence of str, optional
        Columns that name a row. Without it: the columns before ``n``. Columns that identify
        people (as `describe_columns` says) are numbered, not shown.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        x is the effective n, on which the limits depend (n where the table does not have it), on a
        logarithmic scale where it differs much; y is the rate in percent.

    Raises
    ------
    MissingColumnsError
        The table is no league table.
    InputError
        The table has several leagues.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> league = cda.league_table(cda.load_sample(300), by="agent_id")
    >>> ax = cda.plot_funnel(league)
    >>> ax.get_xlabel()
    'effective n (as many independent conversations would tell as much)'
    """
    table = plotted_table(table, _NEEDED, "plot_funnel")
    _check_one_league(table)
    labels = group_labels(table, label_columns(table, label), limit=32)
    ax = axes_for(ax, width=9, height=5.5)
    size = "effective_n" if "effective_n" in table else "n"
    ax.set_xlabel(_SIZES[size])
    ax.set_ylabel("rate (% of n)")
    if table.empty:
        return draw_no_data(ax)
    table = table.assign(size=numbers(table, size), label=labels)
    _set_axes(ax, table)
    _draw_limits(ax, table)
    place = _places(table)
    for name, look in _LOOKS.items():
        _draw_points(ax, table[place == name], look)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, fontsize=SMALL)
    notes = _name_points(ax, table.assign(place=place)[place != ""])
    notes += _draw_crosses(ax, table[place == ""])
    draw_note(ax, [*notes, *_warnings(table)])
    return ax


def _check_one_league(table: pd.DataFrame) -> None:
    if len(set(table["overall"].dropna())) > 1:
        raise InputError(
            "plot_funnel draws one league; the table has several, each with its own overall rate."
            " Choose the rows of one of them first."
        )


def _places(table: pd.DataFrame) -> NDArray[np.str_]:
    """Return where each row is: within or outside of which limits; nothing without a rate."""
    flags = flag_sets(table)
    known = ~np.isnan(shares(table, "rate"))
    far = ["outside_998" in row for row in flags]
    off = ["outside_95" in row for row in flags]
    names = [*_LOOKS][::-1]
    return np.select([~known, far, off], ["", *names[:2]], default=names[2])


def _warnings(table: pd.DataFrame) -> list[str]:
    mixed = any("mixed_platforms" in flags for flags in flag_sets(table))
    return ["several platforms are compared, whose verdicts differ in kind"] if mixed else []


def _set_axes(ax: Axes, table: pd.DataFrame) -> None:
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    sizes = numbers(table, "size")
    sizes = sizes[sizes > 0]
    if sizes.size and sizes.max() >= 20 * sizes.min():
        ax.set_xscale("log")
        crowded = sizes.max() > 1000 * sizes.min()
        ax.xaxis.set_major_locator(LogLocator(subs=(1,) if crowded else (1, 2, 5)))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.set_xlim(sizes.min() / 1.3, sizes.max() * 1.3)
    else:
        ax.set_xlim(0, 1.08 * max(sizes.max(initial=0), 1))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    percent_axis(ax, shares(table, "rate"), axis="y")
    ax.grid(alpha=0.3)


def _draw_limits(ax: Axes, table: pd.DataFrame) -> None:
    """Draw the limits where the table has them: at the n of its rows, joined by lines."""
    ink = ax.xaxis.label.get_color()
    overall = shares(table, "overall")
    if not np.isnan(overall).all():
        overall = overall[~np.isnan(overall)]
        ax.axhline(overall[0], color=ink, linewidth=1, label=f"overall {percent_text(overall[0])}")
    by_size = table[table["size"] > 0].drop_duplicates("size").sort_values("size")
    single = len(by_size) == 1
    for low, high, style, name in _LIMITS:
        if low not in table or high not in table:
            continue
        for place, column in enumerate((low, high)):
            ax.plot(
                numbers(by_size, "size"), numbers(by_size, column), linestyle=style, color=ink,
                linewidth=1, alpha=FAINT, marker="_" if single else "", markersize=14,
                label="" if place else name,
            )  # fmt: skip


def _draw_points(ax: Axes, rows: pd.DataFrame, look: tuple[str, str]) -> None:
    if rows.empty:
        return
    marker, colour = look
    name = next(name for name in _LOOKS if _LOOKS[name] == look)
    ax.plot(
        numbers(rows, "size"), shares(rows, "rate"), linestyle="", marker=marker, color=colour,
        markersize=6, alpha=0.85, label=name,
    )  # fmt: skip


def _name_points(ax: Axes, rows: pd.DataFrame) -> list[str]:
    """Write names at the right of the axes, each joined to its point: all, or those outside."""
    if len(rows) > _MOST_NAMES:
        rows = rows[rows["place"] == "outside 99.8 % limits"]
    if rows.empty:
        return []
    named = rows.nlargest(_MOST_NAMES, "n").sort_values("rate", ascending=False, kind="stable")
    colours = [_LOOKS[place][1] for place in named["place"]]
    low, high = ax.get_ylim()
    wished = (shares(named, "rate") - low) / (high - low)
    places = _apart(wished, step=12 / size_of(ax)[1])
    sizes, at = numbers(named, "n"), numbers(named, "size")
    for row, place in enumerate(places):
        put_text(
            ax, f"{named['label'].iloc[row]} ({count_text(sizes[row])})",
            xy=(at[row], named["rate"].iloc[row]), xytext=(1.02, place),
            textcoords="axes fraction", va="center", ha="left", fontsize=SMALL,
            arrowprops={
                "arrowstyle": "-", "color": colours[row], "alpha": 0.5, "linewidth": 0.7,
                "shrinkB": 3, "relpos": (0, 0.5),
            },
        )  # fmt: skip
    more = len(rows) - len(named)
    return [f"{more:,} more outside of the limits without a name"] if more else []


def _apart(wished: Floats, *, step: float) -> Floats:
    """Move falling places so far from each other that their texts do not overlap, and no more."""
    from scipy.optimize import isotonic_regression

    order = np.arange(len(wished))
    fitted: Floats = isotonic_regression(wished + step * order, increasing=False).x
    places = fitted - step * order
    # Those pushed beyond an end of the axes come back, and move their neighbours.
    kept: Floats = np.maximum(np.minimum(places, 1 - step * order), step * order[::-1])
    return kept


def _draw_crosses(ax: Axes, rows: pd.DataFrame) -> list[str]:
    if rows.empty:
        return []
    sizes = numbers(rows, "size")
    ax.plot(
        sizes[sizes > 0], np.full((sizes > 0).sum(), 0.02), linestyle="", marker="x", color=BLUE,
        alpha=FAINT, markersize=5, transform=ax.get_xaxis_transform(),
    )  # fmt: skip
    return [f"x: {len(rows):,} without a rate, as n is too small or no outcome is known"]
