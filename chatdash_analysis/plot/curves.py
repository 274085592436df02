"""Return curves with their bands and the numbers at risk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, cast

import numpy as np
import pandas as pd

from chatdash_analysis.plot.inputs import columns_before, flag_sets, numbers, plotted_table, shares
from chatdash_analysis.plot.labels import group_labels
from chatdash_analysis.plot.rows import largest_groups, reason_of, words_of
from chatdash_analysis.plot.style import (
    FAINT,
    LINES,
    SMALL,
    axes_for,
    draw_no_data,
    percent_axis,
    put_text,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Affine2DBase
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["plot_return_curve"]

_NEEDED = ("day", "at_risk", "rate", "low", "high")
_DASHES: tuple[Literal["-", "--", "-.", ":"], ...] = ("-", "--", "-.", ":")
_LINE = 12.0  # points from one line of numbers at risk to the next


class _Curve(NamedTuple):
    """One group: its name, its rows by day, and how its line looks."""

    label: str
    rows: pd.DataFrame
    colour: str
    dashes: Literal["-", "--", "-.", ":"]


def plot_return_curve(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of users who had come back by each day, with bands and numbers at risk.

    Below the axis stands for each group how many users were still watched, that is, had neither
    come back nor left the data, at the days of the ticks. Of more than 6 groups those with the
    most users are drawn, and a note counts the others.

    Parameters
    ----------
    table : pandas.DataFrame
        What `return_curve` returned; the columns before ``day`` name the groups.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        x is the day, y the share who came back in percent; one step line a group.

    Raises
    ------
    MissingColumnsError
        The table is no table of return curves.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> curve = cda.return_curve(cda.load_sample(300), by="channel")
    >>> ax = cda.plot_return_curve(curve)
    >>> ax.get_ylabel()
    'users who came back (%), band: interval'
    """
    table = plotted_table(table, _NEEDED, "plot_return_curve")
    groups = _groups(table)
    shown, notes = largest_groups(np.array([_size(rows) for _, rows in groups]), most=len(LINES))
    ax = axes_for(ax, width=8, height=4.2 + _LINE * len(shown) / 72)
    ax.set_xlabel("days")
    ax.set_ylabel("users who came back (%), band: interval")
    if table.empty:
        return draw_no_data(ax)
    ticks = _set_axes(ax, table)
    under = _under(ax)
    _write_at(ax, "at risk", 0, under)
    for line, index in enumerate(shown):
        label, rows = groups[index]
        curve = _Curve(label, rows, LINES[line], _DASHES[line % len(_DASHES)])
        _draw_curve(ax, curve)
        _write_at_risk(ax, curve, ticks, under + _LINE * (line + 1))
    _write_test(ax, table)
    _write_notes(ax, notes, under + _LINE * (len(shown) + 1))
    return ax


def _groups(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the label of each group and its rows by day."""
    labels = group_labels(table, columns_before(table, "day"), limit=24)
    groups = table.groupby(pd.Series(labels, index=table.index, dtype="str"), sort=False)
    return [(str(label), rows.sort_values("day", kind="stable")) for label, rows in groups]


def _size(rows: pd.DataFrame) -> float:
    return float(np.nanmax(numbers(rows, "at_risk"), initial=0.0))


def _set_axes(ax: Axes, table: pd.DataFrame) -> Floats:
    """Set limits and ticks, and return the ticks, below which the numbers at risk stand."""
    from matplotlib.ticker import MaxNLocator

    last = float(np.nanmax(numbers(table, "day"), initial=0.0)) or 1.0
    nice = MaxNLocator(7, integer=True, steps=[1, 2, 3, 5, 7, 10])
    ticks = np.asarray(nice.tick_values(0, last), dtype="float64")
    ticks = ticks[(ticks >= 0) & (ticks <= last)]
    ax.set_xlim(-0.02 * last, 1.02 * last)
    ax.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks])
    percent_axis(ax, np.fmax(shares(table, "rate"), shares(table, "high")), axis="y")
    ax.grid(axis="y", alpha=0.3)
    return ticks


def _draw_curve(ax: Axes, curve: _Curve) -> None:
    rows = curve.rows[curve.rows["rate"].notna()]
    days = numbers(rows, "day")
    ax.plot(
        days, shares(rows, "rate"), drawstyle="steps-post", linewidth=1.8, color=curve.colour,
        linestyle=curve.dashes,
    )  # fmt: skip
    ax.fill_between(
        days, shares(rows, "low"), shares(rows, "high"), step="post", alpha=0.15, linewidth=0,
        color=curve.colour,
    )  # fmt: skip


def _under(ax: Axes) -> float:
    """Return how far below the axes, in points, the label of the x axis ends."""
    sizes = [float(text.get_fontsize()) for text in (ax.xaxis.label, *ax.get_xticklabels()[:1])]
    return 20 + 1.25 * sum(sizes)


def _write_at_risk(ax: Axes, curve: _Curve, ticks: Floats, under: float) -> None:
    """Write a line with a piece of the curve, its name, and how many were watched at each tick."""
    _draw_sample(ax, curve, under)
    flags = frozenset[str]().union(*flag_sets(curve.rows))
    words = [curve.label, *words_of(flags - {"small_n", "no_known"})]
    if not curve.rows["rate"].notna().any():
        words.append(reason_of(_size(curve.rows), flags))
    put_text(
        ax, ", ".join(words), xy=(0, 0), xycoords="axes fraction", xytext=(-46, -under),
        textcoords="offset points", ha="right", va="center", fontsize=SMALL,
    )  # fmt: skip
    days, at_risk = numbers(curve.rows, "day"), numbers(curve.rows, "at_risk")
    # Who is watched at a day is at risk at the first step from then on.
    first = np.searchsorted(days, ticks, side="left")
    for tick, row in zip(ticks, first, strict=True):
        if row < len(days) and not np.isnan(at_risk[row]):
            _write_at(ax, f"{at_risk[row]:,.0f}", tick, under)


def _draw_sample(ax: Axes, curve: _Curve, under: float) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.transforms import ScaledTranslation

    figure = cast("Figure", ax.get_figure())
    # Inches from the lower left corner of the axes, wherever the layout puts it.
    corner = ScaledTranslation(0, 0, cast("Affine2DBase", ax.transAxes))
    sample = Line2D(
        [-42 / 72, -18 / 72], [-under / 72] * 2, transform=figure.dpi_scale_trans + corner,
        clip_on=False, linewidth=1.8, color=curve.colour, linestyle=curve.dashes,
    )  # fmt: skip
    ax.add_line(sample)


def _write_at(ax: Axes, text: str, day: float, under: float, *, ha: str = "center") -> None:
    put_text(
        ax, text, xy=(day, 0), xycoords=("data", "axes fraction"), xytext=(0, -under),
        textcoords="offset points", ha=ha, va="center", fontsize=SMALL,
    )  # fmt: skip


def _write_test(ax: Axes, table: pd.DataFrame) -> None:
    known = numbers(table, "p_value") if "p_value" in table else np.array([])
    known = known[~np.isnan(known)]
    if known.size:
        value = "p < 0.001" if known[0] < 0.001 else f"p = {known[0]:.3f}"
        put_text(
            ax, f"log-rank test over the groups: {value}", xy=(0.02, 0.97),
            xycoords="axes fraction", ha="left", va="top", fontsize=SMALL, alpha=FAINT,
        )  # fmt: skip


def _write_notes(ax: Axes, notes: list[str], under: float) -> None:
    for note in notes:
        _write_at(ax, note, 0, under, ha="left")
