"""Cohorts by period as a grid of rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.plot.cells import (
    Cell,
    draw_cells,
    draw_colour_bar,
    grid_axes,
    label_grid,
)
from chatdash_analysis.plot.inputs import (
    columns_before,
    flag_sets,
    numbers,
    plotted_table,
    rates_of,
    shares,
)
from chatdash_analysis.plot.labels import count_text, group_labels, percent_text, short_text
from chatdash_analysis.plot.style import draw_no_data, draw_note

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from chatdash_analysis.plot.inputs import Rate

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["plot_retention"]

_MOST_COHORTS, _MOST_PERIODS = 60, 31
_NEEDED = ("cohort", "cohort_label", "period", "period_label", "n", "rate", "low", "high", "flags")
_GAP = 0.35  # of a row, below the pooled row


def plot_retention(
    table: pd.DataFrame,
    *,
    measure: str = "users who came back",
    ax: Axes | None = None,
) -> Axes:
    """Draw cohorts by period: the rate as colour and text, and n in each cell.

    On top, apart, stands the pooled row. Hatched cells are not final: their period is not over
    for the whole cohort. Grey cells have no rate. Cohorts marked with † began so early in the
    data that their first contact may be older. Of more than 60 cohorts the newest are drawn, of
    more than 31 periods the first; a note counts the others.

    Where everybody was there in the first period, the colours end at the highest rate after it.

    Parameters
    ----------
    table : pandas.DataFrame
        What `retention_table` or `cohort_metric` returned. Columns before ``cohort`` name groups,
        whose cohorts stand below each other.
    measure : str
        What the rate says, for the scale of colours.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure whose size fits the cells when not given.

    Returns
    -------
    matplotlib.axes.Axes
        x is the period, one row a cohort.

    Raises
    ------
    MissingColumnsError
        The table is no table of cohorts.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> retention = cda.retention_table(cda.load_sample(300), freq="M")
    >>> ax = cda.plot_retention(retention)
    >>> ax.get_yticklabels()[0].get_text()
    'all'
    """
    table = plotted_table(table, _NEEDED, "plot_retention")
    by = columns_before(table, "cohort")
    table, notes = _shortened(table, by)
    rows, row_of = _rows(table, by)
    periods = table.drop_duplicates("period").sort_values("period")
    ax, room = grid_axes(ax, across=len(periods), down=len(rows), labels=rows["label"])
    ax.set_xlabel("period since the first contact")
    if table.empty:
        return draw_no_data(ax)
    names = [short_text(label, limit=14) for label in periods["period_label"]]
    label_grid(ax, columns=names, rows=list(rows["label"]), places=list(rows["y"]), room=room)
    cells = _cells(table, rows["y"].to_numpy()[row_of], periods["period"].to_numpy())
    top, beyond = _scale(table)
    colours = draw_cells(ax, cells, top=top, room=room)
    if table["rate"].notna().any():
        label = f"{short_text(measure)} (% of n)"
        draw_colour_bar(ax, colours, label=label, percent=True, beyond=beyond)
    draw_note(ax, [*_legend(table, cells), *notes])
    return ax


def _shortened(table: pd.DataFrame, by: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """Leave out the oldest cohorts and the last periods where there are too many."""
    cohorts = np.sort(table["cohort"].dropna().unique())
    periods = np.sort(table["period"].unique())
    groups = len(table.drop_duplicates(by)) if by else 1
    most = max(_MOST_COHORTS // max(groups, 1), 1)
    notes = []
    if len(cohorts) > most:
        notes.append(f"{len(cohorts) - most:,} older cohorts not shown")
        table = table[table["cohort"].isna() | table["cohort"].isin(cohorts[-most:])]
    if len(periods) > _MOST_PERIODS:
        notes.append(f"{len(periods) - _MOST_PERIODS:,} later periods not shown")
        table = table[table["period"].isin(periods[:_MOST_PERIODS])]
    return table.reset_index(drop=True), notes


def _rows(table: pd.DataFrame, by: list[str]) -> tuple[pd.DataFrame, Codes]:
    """Return the rows of the grid from the top, and for each row of the table which one it is."""
    labels = group_labels(table, [*by, "cohort_label"])
    early = ["left_truncated" in flags for flags in flag_sets(table)]
    facts = pd.DataFrame({
        "group": table.groupby(by, dropna=False, sort=False).ngroup() if by else 0,
        "later": table["cohort"].notna(),
        "cohort": table["cohort"],
        "label": np.array(labels, dtype="object"),
        "early": np.array(early, dtype="bool"),
    })  # fmt: skip
    keys = ["group", "later", "cohort"]
    row_of = facts.groupby(keys, dropna=False).ngroup().to_numpy(dtype="int64")
    rows = facts.groupby(keys, dropna=False).agg(label=("label", "first"), early=("early", "any"))
    rows = rows.reset_index()
    # Cohorts are apart from the pooled row above them, and groups from each other.
    pooled = ~rows["later"]
    gaps = (pooled.shift(fill_value=False) & rows["later"]) + 2 * rows["group"].diff().gt(0)
    mark = np.where(rows["early"], " †", "")
    return (
        rows.assign(y=rows.index + _GAP * gaps.cumsum(), label=rows["label"].astype("str") + mark),
        row_of,
    )


def _cells(table: pd.DataFrame, y: Floats, periods: Codes) -> list[Cell]:
    x = np.searchsorted(periods, table["period"].to_numpy())
    return [
        Cell(float(column), place, rate.rate, _text(rate), hatched="immature" in rate.flags)
        for column, place, rate in zip(x, y.tolist(), rates_of(table), strict=True)
    ]


def _text(rate: Rate) -> str:
    if not np.isnan(rate.rate):
        return f"{percent_text(rate.rate)}\n{count_text(rate.n)}"
    return "" if "immature" in rate.flags and not rate.n > 0 else count_text(rate.n)


def _scale(table: pd.DataFrame) -> tuple[float, bool]:
    """Return the rate at which the colours end, and whether there are higher ones."""
    rate, period = shares(table, "rate"), numbers(table, "period")
    first = (period == np.nanmin(period)) & ~np.isnan(rate)
    certain = (rate[first] == 1).all()
    later: Floats = rate[~np.isnan(rate) & ~(first & certain)]
    highest = float(np.nanmax(rate, initial=0.0))
    top = float(later.max(initial=0.0)) or highest or 1.0
    return top, highest > top


def _legend(table: pd.DataFrame, cells: list[Cell]) -> list[str]:
    flags = frozenset[str]().union(*flag_sets(table))
    grey = any(np.isnan(cell.value) and not cell.hatched for cell in cells)
    told = {
        "hatched: period not over for the whole cohort": "immature" in flags,
        "grey: n too small, or nobody at risk": grey,
        "† so early in the data that the first contact may be older": "left_truncated" in flags,
    }
    return [line for line, holds in told.items() if holds]
