"""Why a rate changed: from before to after, cell by cell."""

from __future__ import annotations

from itertools import pairwise
from math import fsum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chatdash_analysis.errors import InputError
from chatdash_analysis.plot.inputs import columns_before, flag_sets, numbers, plotted_table
from chatdash_analysis.plot.labels import count_text, group_labels
from chatdash_analysis.plot.rows import height_of, largest_groups, set_rows, words_of, write_beside
from chatdash_analysis.plot.style import (
    BLUE,
    FAINT,
    ORANGE,
    axes_for,
    draw_no_data,
    fitting_size,
    percent_tick,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["plot_waterfall"]

_PARTS = {"mix": BLUE, "within": ORANGE}
_NEEDED = (
    *("n_before", "rate_before", "n_after", "rate_after"),
    *(f"{part}{end}" for part in _PARTS for end in ("", "_low", "_high")),
)
# Each cell has two rows: its mix and what changed within.
_MOST_CELLS = 40


class _Step(NamedTuple):
    """One row: where its bar begins and ends, its interval, and the text beside it."""

    kind: str
    label: str
    start: float
    end: float
    low: float
    high: float
    text: str
    part: str = ""


def plot_waterfall(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw how a rate went from before to after: first by the mix of the cells, then within them.

    Each bar begins where the one above ended, so that all of them lead from the one rate to the
    other. The lines are intervals: of the rates, and of the part of a cell at the end of its bar.
    Of more than 40 cells the largest are drawn, the others together as one bar without interval.

    The axis does not start at 0, so the rates are points and not bars.

    Parameters
    ----------
    table : pandas.DataFrame
        What `explain_change` returned, with its last row.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure whose height fits the cells when not given.

    Returns
    -------
    matplotlib.axes.Axes
        x is the rate in percent; one row a rate or part.

    Raises
    ------
    MissingColumnsError
        The table does not explain a change.
    InputError
        The last row is not the sum of the others.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> why = cda.explain_change(
    ...     cda.load_sample(600), by="channel", n_boot=100,
    ...     before=("2026-04-01", "2026-05-01"), after=("2026-05-01", "2026-06-01"),
    ... )
    >>> ax = cda.plot_waterfall(why)
    >>> [ax.get_yticklabels()[row].get_text() for row in (0, -1)]
    ['before', 'after']
    """
    table = plotted_table(table, _NEEDED, "plot_waterfall")
    cells, total = _cells_and_total(table)
    steps = _steps(cells, total)
    ax = axes_for(ax, width=9, height=height_of(len(steps)))
    ax.set_xlabel("rate (%), line: interval; pt: percentage points")
    if table.empty:
        return draw_no_data(ax)
    if any(np.isnan(step.end) for step in steps):
        return draw_no_data(ax, "no known outcome in one of the periods")
    positions = np.arange(len(steps), dtype="float64")
    set_rows(ax, [step.label for step in steps], positions)
    _draw_steps(ax, steps)
    _set_axis(ax, steps)
    return ax


def _cells_and_total(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of the cells, with their labels, and the last row, which sums them."""
    by = columns_before(table, "n_before")
    total = table.iloc[-1:]
    if not table.empty and not total[by].eq("all").all(axis=None):
        raise InputError(
            "plot_waterfall needs the table as explain_change returned it: its last row, 'all', is"
            " the sum of the others."
        )
    cells = table.iloc[:-1]
    return cells.assign(label=group_labels(cells, by)), total


def _steps(cells: pd.DataFrame, total: pd.DataFrame) -> list[_Step]:
    """Return the rows of the plot: before, the parts of the cells one after another, after."""
    if total.empty:
        return []
    sizes = numbers(cells, "n_before") + numbers(cells, "n_after")
    shown, _ = largest_groups(sizes, most=_MOST_CELLS)
    rest = cells.drop(index=cells.index[shown])
    steps = [_rate_step(total, "before")]
    for part in _PARTS:
        at = steps[-1].end
        steps.append(_total_step(total, part, at))
        rows = [*_part_steps(cells.iloc[shown], part, at)]
        rows += _rest_step(rest, part, rows[-1].end if rows else at)
        steps += rows
    return [*steps, _rate_step(total, "after")]


def _rate_step(total: pd.DataFrame, period: str) -> _Step:
    rate, n = (float(numbers(total, f"{name}_{period}")[0]) for name in ("rate", "n"))
    low, high = (
        float(numbers(total, f"{end}_{period}")[0]) if f"{end}_{period}" in total else np.nan
        for end in ("low", "high")
    )
    return _Step("rate", period, rate, rate, low, high, f"{rate:.1%}, {count_text(n)}")


def _total_step(total: pd.DataFrame, part: str, at: float) -> _Step:
    change, low, high = (float(numbers(total, f"{part}{end}")[0]) for end in ("", "_low", "_high"))
    text = _points_text(change) + (
        "" if np.isnan(low) else f" ({low * 100:+.1f} to {high * 100:+.1f})"
    )
    return _Step("total", f"{part}, all cells", at, at + change, at + low, at + high, text, part)


def _part_steps(cells: pd.DataFrame, part: str, at: float) -> Iterator[_Step]:
    columns = [f"{part}{end}" for end in ("", "_low", "_high")]
    facts = zip(
        cells["label"], *(numbers(cells, name) for name in (*columns, "n_before", "n_after")),
        flag_sets(cells), strict=True,
    )  # fmt: skip
    for label, change, low, high, n_before, n_after, flags in facts:
        counts = f"{count_text(n_before)} → {n_after:,.0f}"
        text = ", ".join([_points_text(change), counts, *words_of(flags)])
        yield _Step("part", f"{part}: {label}", at, at + change, at + low, at + high, text, part)
        at += change


def _rest_step(rest: pd.DataFrame, part: str, at: float) -> list[_Step]:
    if rest.empty:
        return []
    change = fsum(numbers(rest, part))
    label = f"{part}: {len(rest):,} smaller cells"
    return [_Step("part", label, at, at + change, np.nan, np.nan, _points_text(change), part)]


def _points_text(change: float) -> str:
    text = f"{change * 100:+.1f} pt"
    return "0.0 pt" if text[1:] == "0.0 pt" else text


def _draw_steps(ax: Axes, steps: list[_Step]) -> None:
    ink = ax.xaxis.label.get_color()
    size = fitting_size(ax, len(steps))
    for row, step in enumerate(steps):
        colour = _PARTS.get(step.part, ink)
        if step.kind == "rate":
            ax.plot(step.end, row, "D", color=ink, markersize=6)
            ax.axvline(step.end, color=ink, linewidth=0.8, linestyle=":", alpha=FAINT)
        else:
            # The sum of a part is a frame, the parts of the cells below it fill that out.
            ax.barh(
                row, step.end - step.start, left=step.start, height=0.62, linewidth=1.5,
                facecolor=colour if step.kind == "part" else "none", edgecolor=colour,
            )  # fmt: skip
        if not np.isnan(step.low):
            ax.hlines(row, step.low, step.high, color=ink, linewidth=1.4, alpha=FAINT)
        write_beside(ax, row, step.text, size)
    for row, (above, below) in enumerate(pairwise(steps)):
        # From the end of a bar down to where the next one begins.
        if "total" not in {above.kind, below.kind}:
            ax.vlines(above.end, row, row + 1, color=ink, linewidth=0.6, alpha=FAINT)


def _set_axis(ax: Axes, steps: list[_Step]) -> None:
    places = np.array([place for s in steps for place in (s.start, s.end, s.low, s.high)])
    low, high = np.nanmin(places), np.nanmax(places)
    margin = max(0.04 * (high - low), 0.005)
    ax.set_xlim(low - margin, high + margin)
    ax.locator_params(axis="x", nbins=6)
    ax.xaxis.set_major_formatter(percent_tick)
    ax.grid(axis="x", alpha=0.3)
    ax.set_axisbelow(True)
