"""How many verdicts have arrived after how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.plot.fonts import plain
from chatdash_analysis.plot.inputs import columns_before, flag_sets, numbers, plotted_table, shares
from chatdash_analysis.plot.labels import count_text, group_labels
from chatdash_analysis.plot.rows import largest_groups, words_of
from chatdash_analysis.plot.style import (
    FAINT,
    LINES,
    SMALL,
    axes_for,
    draw_no_data,
    draw_note,
    percent_axis,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

__all__ = ["plot_settling"]

_NEEDED = ("delay_days", "settled", "low", "high", "n")
_DASHES = ("-", "--", "-.", ":")
_HOUR = 1 / 24
# Where the axis may have a tick, and what stands there.
_TICKS = {
    _HOUR / 60: "1 min", _HOUR / 6: "10 min", _HOUR: "1 h", 6 * _HOUR: "6 h", 1.0: "1 d",
    3.0: "3 d", 7.0: "7 d", 14.0: "14 d", 30.0: "30 d", 90.0: "90 d",
    365.0: "1 year",
}  # fmt: skip


def plot_settling(table: pd.DataFrame, *, target: float = 0.95, ax: Axes | None = None) -> Axes:
    """Draw the share of verdicts that had arrived by each delay, with bands.

    Where a line crosses `target`, that many of the verdicts that will come are there; rates of
    younger conversations are provisional. Of more than 6 groups those with the most verdicts are
    drawn, and a note counts the others.

    Parameters
    ----------
    table : pandas.DataFrame
        What `settling_curve` returned; the columns before ``delay_days`` name the groups.
    target : float
        A share, 0 to 1, drawn as a line to compare with.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        x is the delay on a scale of logarithms, y the share of verdicts in percent; one step line
        a group.

    Raises
    ------
    MissingColumnsError
        The table is no table of settling curves.
    InputError
        `target` is no share.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> ax = cda.plot_settling(cda.settling_curve(cda.load_sample(300)))
    >>> ax.get_ylabel()
    'verdicts that have arrived (%), band: interval'
    """
    table = plotted_table(table, _NEEDED, "plot_settling")
    if isinstance(target, bool) or not isinstance(target, (int, float)) or not 0 <= target <= 1:
        raise InputError(f"target must be a share between 0 and 1; got {target!r}.")
    ax = axes_for(ax, width=8, height=4.2)
    ax.set_xlabel("after the conversation (log scale)")
    ax.set_ylabel("verdicts that have arrived (%), band: interval")
    if not ((numbers(table, "delay_days") > 0) & ~np.isnan(shares(table, "settled"))).any():
        return draw_no_data(ax)
    groups = _groups(table)
    shown, notes = largest_groups(np.array([_size(rows) for _, rows in groups]), most=len(LINES))
    _set_axes(ax, table)
    lines = [_draw_line(ax, groups[place][1], line) for line, place in enumerate(shown)]
    ax.axhline(target, linestyle="--", linewidth=1, color=ax.xaxis.label.get_color(), alpha=FAINT)
    _draw_legend(ax, lines, [_name(*groups[place]) for place in shown])
    draw_note(ax, notes)
    return ax


def _groups(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    labels = group_labels(table, columns_before(table, "delay_days"), limit=30)
    groups = table.groupby(pd.Series(labels, index=table.index, dtype="str"), sort=False)
    return [(str(label), rows.sort_values("delay_days", kind="stable")) for label, rows in groups]


def _size(rows: pd.DataFrame) -> float:
    return float(np.nanmax(numbers(rows, "n"), initial=0.0))


def _set_axes(ax: Axes, table: pd.DataFrame) -> None:
    days = numbers(table, "delay_days")
    first, last = days[days > 0].min(), np.nanmax(days)
    ax.set_xscale("log")
    ax.set_xlim(first * 0.9, max(last, first * 2) * 1.1)
    ticks = {at: text for at, text in _TICKS.items() if first * 0.9 <= at <= last * 1.1}
    if len(ticks) >= 2:
        ax.set_xticks(list(ticks), list(ticks.values()))
        ax.minorticks_off()
    percent_axis(ax, np.array([1.0]), axis="y")
    ax.grid(axis="y", alpha=0.3)


def _draw_line(ax: Axes, rows: pd.DataFrame, line: int) -> Line2D:
    known = rows[rows["settled"].notna() & (rows["delay_days"] > 0)]
    days = numbers(known, "delay_days")
    (drawn,) = ax.plot(
        days, shares(known, "settled"), drawstyle="steps-post", linewidth=1.8, color=LINES[line],
        linestyle=_DASHES[line % len(_DASHES)],
    )  # fmt: skip
    ax.fill_between(
        days, shares(known, "low"), shares(known, "high"), step="post", alpha=0.15, linewidth=0,
        color=LINES[line],
    )  # fmt: skip
    return drawn


def _name(label: str, rows: pd.DataFrame) -> str:
    words = words_of(frozenset[str]().union(*flag_sets(rows)))
    return ", ".join([label, count_text(_size(rows)), *words])


def _draw_legend(ax: Axes, lines: list[Line2D], names: list[str]) -> None:
    # Given beside each other: a name that begins with an underscore would be left out.
    legend = ax.legend(lines, names, loc="lower right", frameon=False, fontsize=SMALL)
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set(**plain([name]))
