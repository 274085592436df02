"""Reach, integrity and success of each group, stage by stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.plot.inputs import columns_before, numbers, plotted_table, rates_of
from chatdash_analysis.plot.labels import group_labels, short_text
from chatdash_analysis.plot.rows import draw_points, height_of, largest_groups, set_rows
from chatdash_analysis.plot.style import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    axes_for,
    draw_no_data,
    draw_note,
    fitting_size,
    percent_axis,
    put_text,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["plot_stages"]

_NEEDED = ("stage", "n", "rate", "low", "high", "flags")
_LOOKS = {
    "reached": (BLUE, "o"),
    "no_fault": (ORANGE, "s"),
    "success": (GREEN, "^"),
    "overall": (PURPLE, "D"),
}
_MEANINGS = {
    "reached": "reached",
    "no_fault": "no fault, of reached",
    "success": "success, of those",
}
# More groups than this make a picture that is taller than any page.
_MOST_GROUPS = 40
_HEAD = 1.4  # rows above a group


def plot_stages(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the rate of each stage with its interval, group by group, n at its right.

    Each stage counts only those that came through the stage before, so that the rates of a group
    multiply to its overall rate. Of more than 40 groups those with the most
    conversations are drawn, and a note counts the others.

    Parameters
    ----------
    table : pandas.DataFrame
        What `outcome_stages` returned; the columns before ``stage`` name the groups.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure whose height fits the rows when not given.

    Returns
    -------
    matplotlib.axes.Axes
        x is the rate in percent; one row a stage, below the name of its group.

    Raises
    ------
    MissingColumnsError
        The table has no stages.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> stages = cda.outcome_stages(cda.load_sample(300), by="channel")
    >>> ax = cda.plot_stages(stages)
    >>> ax.get_xlabel()
    'rate (% of n), line: interval'
    """
    table = plotted_table(table, _NEEDED, "plot_stages")
    table, notes = _shortened(_with_groups(table))
    places = _places(table)
    ax = axes_for(ax, width=8, height=height_of(places.max(initial=0) + 1, each=0.2))
    ax.set_xlabel("rate (% of n), line: interval")
    if table.empty:
        return draw_no_data(ax)
    set_rows(ax, [_MEANINGS.get(s, short_text(s, limit=24)) for s in table["stage"]], places)
    _write_groups(ax, table, places)
    for stage in dict.fromkeys(table["stage"]):
        rows = (table["stage"] == stage).to_numpy(dtype=bool)
        colour, marker = _LOOKS.get(stage, (BLUE, "o"))
        draw_points(ax, rates_of(table[rows]), places[rows], colour=colour, marker=marker)
    percent_axis(ax, np.array([1.0]))
    ax.grid(axis="x", alpha=0.3)
    draw_note(ax, notes)
    return ax


def _with_groups(table: pd.DataFrame) -> pd.DataFrame:
    """Add the label of each row's group, and put the rows of a group together."""
    labels = group_labels(table, columns_before(table, "stage"))
    order = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    table = table.assign(group=labels, place=[order[label] for label in labels])
    return table.sort_values("place", kind="stable", ignore_index=True)


def _shortened(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    sizes = table.groupby("place")["n"].max()
    shown, notes = largest_groups(numbers(sizes.to_frame(), "n"), most=_MOST_GROUPS)
    return table[table["place"].isin(sizes.index[shown])].reset_index(drop=True), notes


def _places(table: pd.DataFrame) -> Floats:
    """Return the place of each row; above each group its name has room."""
    group: Floats = numbers(table, "place")
    heads = np.cumsum(np.diff(group, prepend=-1.0) != 0)
    return np.arange(len(table), dtype="float64") + _HEAD * heads


def _write_groups(ax: Axes, table: pd.DataFrame, places: Floats) -> None:
    size = fitting_size(ax, np.ptp(places) + 2)
    first = ~table.duplicated("place").to_numpy(dtype=bool)
    for name, place in zip(table["group"][first], places[first], strict=True):
        put_text(
            ax, name, xy=(0.01, place - 1), xycoords=("axes fraction", "data"), ha="left",
            va="center", fontsize=size, weight="bold",
        )  # fmt: skip
    ax.set_ylim(places.max() + 0.6, places.min() - 1.6)
