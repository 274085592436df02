"""How often clusters were asked, period by period."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.plot.apart import spread_out
from chatdash_analysis.plot.cluster_lines import (
    MOST_LINES,
    chosen_clusters,
    days_of,
    lines_of,
    trend_rows,
)
from chatdash_analysis.plot.cluster_parts import check_top, is_narrow, state_text
from chatdash_analysis.plot.hidden_labels import hidden_note, hide_labels
from chatdash_analysis.plot.inputs import numbers
from chatdash_analysis.plot.labels import count_text, short_text
from chatdash_analysis.plot.style import (
    FAINT,
    SMALL,
    axes_for,
    draw_no_data,
    draw_note,
    put_text,
    size_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from chatdash_analysis.plot.cluster_lines import Line

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["plot_cluster_trend"]

_NAME = 24.0  # points from the name of one line to the next
_MANY = 60  # periods; points on a line through more would make it a rope
_TICK = 52.0  # points that the date of a period needs
# Intervals of small numbers may reach far above all lines, which they would press flat.
_ABOVE = 2.5


def plot_cluster_trend(
    table: pd.DataFrame,
    *,
    clusters: str | Sequence[str] | None = None,
    top: int = 6,
    min_users: int = 5,
    ax: Axes | None = None,
) -> Axes:
    """Draw how many of 1,000 conversations had a query of each cluster, by period.

    Each line is named at its end, with its queries and its state in the last complete period.
    Hollow points and dotted lines are periods that are not complete, so that their numbers may
    change. Below the axis stands how many conversations each period had. Where the table has a
    column ``fixed_at``, an upright line shows when a cluster was marked as fixed.

    Parameters
    ----------
    table : pandas.DataFrame
        What `cluster_trends` returned.
    clusters : str or sequence of str, optional
        Which clusters to draw, by ``cluster_id``; "unassigned" for the queries of no cluster.
        Without it: those with the most queries, and a note counts the others.
    top : int, default 6
        How many clusters to draw where `clusters` does not say it; 12 at most.
    min_users : int, default 5
        A label is what somebody said: where fewer known people asked (``cluster_users``),
        "(too few users)" stands in its place, also of a name that was given. 0 shows all labels;
        so does a table where that column is not there, or all missing.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        x is the start of the period, y the rate in conversations of 1,000; one line a cluster.

    Raises
    ------
    MissingColumnsError
        The table is no table of trends.
    InputError
        The table has none of one of the `clusters`, there are more than 12, or `min_users` is
        no number of people.

    Examples
    --------
    >>> import pandas as pd
    >>> import chatdash_analysis as cda
    >>> trends = pd.DataFrame({
    ...     "cluster_id": "q001", "label": "Where can I park?",
    ...     "period": pd.to_datetime(["2026-05-04", "2026-05-11"]), "queries": [12, 20],
    ...     "exposure": [400, 410], "per_1000": [30.0, 48.0], "low": [17.0, 31.0],
    ...     "high": [50.0, 73.0], "state": "stable", "complete": True,
    ... })
    >>> ax = cda.plot_cluster_trend(trends)
    >>> ax.get_ylabel()
    'per 1,000 conversations'
    """
    table = hide_labels(trend_rows(table), "cluster_users", min_users=min_users)
    names, notes = chosen_clusters(table, clusters, check_top(top, most=MOST_LINES))
    ax = axes_for(ax, width=9, height=max(4.6, 1.4 + _NAME * len(names) / 72))
    ax.set_xlabel("first day of the period; n: all its conversations")
    ax.set_ylabel("per 1,000 conversations")
    if not names:
        return draw_no_data(ax)
    lines = lines_of(table, names, limit=20 if is_narrow(ax) else 34)
    drawn = table[table["name"].isin(names)]
    _set_axes(ax, drawn)
    for line in lines:
        _draw_line(ax, line)
        _draw_band(ax, line, faint=1 / np.sqrt(len(lines)))
    notes += _draw_fixes(ax, lines)
    _name_lines(ax, lines)
    partial = [] if drawn["complete"].all() else ["hollow, dotted: the period is not complete"]
    hidden = hidden_note(drawn["label"], min_users=min_users)
    draw_note(ax, [*notes, "band: interval", *partial, *hidden])
    return ax


def _set_axes(ax: Axes, drawn: pd.DataFrame) -> None:
    """Set the limits, and tick as many periods as have room, the last among them."""
    periods = drawn.assign(exposure=numbers(drawn, "exposure")).groupby("day")["exposure"].max()
    days = periods.index.to_numpy(dtype="float64")
    every = int(np.ceil(len(days) / max(0.75 * size_of(ax)[0] / _TICK, 1)))
    shown = slice((len(days) - 1) % every, None, every)
    ax.set_xticks(
        days[shown],
        [
            f"{short_text(pd.Timestamp(day, unit='D'))}\n{count_text(n)}"
            for day, n in zip(days[shown].tolist(), periods.iloc[shown], strict=True)
        ],
        fontsize=SMALL,
    )
    margin = 0.03 * np.ptp(days) or 1.0
    ax.set_xlim(days[0] - margin, days[-1] + margin)
    ax.set_ylim(0, _highest(drawn))
    ax.grid(axis="y", alpha=0.3)


def _highest(drawn: pd.DataFrame) -> float:
    """Return an upper end for all points, and for most intervals of periods that are complete."""
    rates = np.nan_to_num(numbers(drawn, "per_1000")).max()
    final = drawn[drawn["complete"]] if drawn["complete"].any() else drawn
    high = np.nan_to_num(numbers(final, "high")).max()
    most = _ABOVE * np.nan_to_num(numbers(final, "per_1000")).max()
    return float(1.05 * max(rates, min(high, most) if most else high)) or 1.0


def _draw_line(ax: Axes, line: Line) -> None:
    """Draw the points of a cluster and the line through them, dotted where it may change."""
    days, rates = numbers(line.rows, "day"), numbers(line.rows, "per_1000")
    whole = line.rows["complete"].to_numpy(dtype="bool")
    final, open_ = _segments(whole)
    ax.plot(
        days, np.where(final, rates, np.nan), color=line.colour, linestyle=line.dashes,
        linewidth=1.8,
    )  # fmt: skip
    ax.plot(days, np.where(open_, rates, np.nan), color=line.colour, linestyle=":", linewidth=1.4)
    size = 4.5 if len(days) <= _MANY else 0.0
    ax.plot(
        days[whole], rates[whole], line.marker, color=line.colour, markersize=size, label=line.name
    )
    ax.plot(
        days[~whole], rates[~whole], line.marker, color=line.colour, markersize=4.5,
        markerfacecolor=ax.get_facecolor(),
    )  # fmt: skip


def _segments(whole: Flags) -> tuple[Flags, Flags]:
    """Return which points the solid line goes through, and which the dotted one."""
    return whole, ~whole | ~np.append(whole[1:], True) | ~np.append(True, whole[:-1])


def _draw_band(ax: Axes, line: Line, *, faint: float) -> None:
    """Draw the intervals: as a band, hatched where it may change, alone where nothing is beside."""
    days, low, high = (numbers(line.rows, name) for name in ("day", "low", "high"))
    final, open_ = _segments(line.rows["complete"].to_numpy(dtype="bool"))
    ax.fill_between(days, low, high, where=final, alpha=0.2 * faint, linewidth=0, color=line.colour)
    ax.fill_between(
        days, low, high, where=open_, facecolor="none", edgecolor=line.colour, linewidth=0,
        hatch="////", alpha=0.45 * faint,
    )  # fmt: skip
    known = ~np.isnan(low) & ~np.isnan(high)
    alone = known & ~np.append(known[1:], False) & ~np.append(False, known[:-1])
    ax.vlines(days[alone], low[alone], high[alone], color=line.colour, linewidth=1.4, alpha=FAINT)


def _draw_fixes(ax: Axes, lines: Sequence[Line]) -> list[str]:
    """Draw when clusters were marked as fixed; return notes about those before or after."""
    notes: list[str] = []
    above = 0
    for line in lines:
        fixed = days_of(line.rows["fixed_at"]) if "fixed_at" in line.rows else np.array([])
        fixed = fixed[~np.isnan(fixed)][-1:]
        low, high = ax.get_xlim()
        for day in fixed.tolist():
            if not low <= day <= high:
                date = short_text(pd.Timestamp(day, unit="D").normalize())
                notes.append(
                    f"{short_text(line.name)} was fixed on {date}, outside of these periods"
                )
                continue
            ax.axvline(day, color=line.colour, linewidth=1.2, linestyle="-.")
            put_text(
                ax, f"{short_text(line.name)} fixed", xy=(day, 1),
                xycoords=("data", "axes fraction"), xytext=(0, 3 + 10 * above),
                textcoords="offset points", ha="center", va="bottom", fontsize=SMALL,
            )  # fmt: skip
            above += 1
    return notes


def _name_lines(ax: Axes, lines: Sequence[Line]) -> None:
    """Write the name of each line at the right of the axes, joined to its end."""
    ends = [_end(line.rows) for line in lines]
    low, high = ax.get_ylim()
    wished = np.clip([(rate - low) / (high - low) for _, rate in ends], 0, 1)
    places = spread_out(wished, step=_NAME / size_of(ax)[1])
    for line, end, place in zip(lines, ends, places.tolist(), strict=True):
        put_text(
            ax, f"{line.label}\n{_about(line.rows)}", xy=end, xytext=(1.03, place),
            textcoords="axes fraction", va="center", ha="left", fontsize=SMALL, linespacing=1.1,
            arrowprops={
                "arrowstyle": "-", "color": line.colour, "linewidth": 1.0, "alpha": FAINT,
                "shrinkA": 1, "shrinkB": 4, "relpos": (0, 0.5),
            },
        )  # fmt: skip


def _end(rows: pd.DataFrame) -> tuple[float, float]:
    """Return where the line ends; at the bottom where it has no point."""
    days, rates = numbers(rows, "day"), numbers(rows, "per_1000")
    known = np.flatnonzero(~np.isnan(rates))
    return (float(days[known[-1]]), float(rates[known[-1]])) if known.size else (days[-1], 0.0)


def _about(rows: pd.DataFrame) -> str:
    """Return the queries of a cluster and its state in its last complete period."""
    whole = rows["complete"].to_numpy(dtype="bool") & rows["state"].notna().to_numpy(dtype="bool")
    states = rows["state"][whole]
    state = [state_text(states.iloc[-1])] if len(states) else []
    n = np.nansum(numbers(rows, "queries"))
    return ", ".join([f"{n:,.0f} quer{'y' if n == 1 else 'ies'}", *state])
