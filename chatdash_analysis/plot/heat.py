"""Conversations over the week, by weekday and hour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from chatdash_analysis.errors import InputError
from chatdash_analysis.plot.cells import (
    Cell,
    draw_cells,
    draw_colour_bar,
    grid_axes,
    label_grid,
)
from chatdash_analysis.plot.inputs import numbers, plotted_table, shares
from chatdash_analysis.plot.labels import count_text, percent_text
from chatdash_analysis.plot.style import VERMILION, draw_no_data, draw_note

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["plot_heatmap"]

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NEEDED = ("weekday", "hour", "business")


def plot_heatmap(
    table: pd.DataFrame,
    *,
    value: Literal["conversations", "rate"] = "conversations",
    ax: Axes | None = None,
) -> Axes:
    """Draw conversations, or their rate, by weekday and hour of the day.

    The colour is the value, which is also written in the cell; below a rate stands its n. A cell
    without a rate is grey. A line goes around the business hours.

    Parameters
    ----------
    table : pandas.DataFrame
        What `activity_table` returned.
    value : {"conversations", "rate"}
        What the colours stand for.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        x is the hour at which a conversation began, y the weekday from Monday on.

    Raises
    ------
    MissingColumnsError
        The table is no table of activity.
    InputError
        `value` is something else, or an hour has several rows.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> activity = cda.activity_table(cda.load_sample(300), tz="Europe/Berlin")
    >>> ax = cda.plot_heatmap(activity)
    >>> ax.get_xlabel()
    'hour of the day'
    """
    if value not in {"conversations", "rate"}:
        raise InputError(f"value must be 'conversations' or 'rate'; got {value!r}.")
    needed = (*_NEEDED, "conversations") if value == "conversations" else (*_NEEDED, "n", "rate")
    table = plotted_table(table, needed, "plot_heatmap")
    _check_places(table)
    ax, room = grid_axes(ax, across=24, down=7, labels=_WEEKDAYS)
    ax.set_xlabel("hour of the day")
    if table.empty:
        return draw_no_data(ax)
    label_grid(
        ax, columns=[str(hour) for hour in range(24)], rows=_WEEKDAYS, places=range(7), room=room
    )
    cells = _count_cells(table) if value == "conversations" else _rate_cells(table)
    values = np.array([cell.value for cell in cells])
    known = values[~np.isnan(values)]
    colours = draw_cells(ax, cells, top=known.max() if known.any() else 1.0, room=room)
    if known.size:
        label = "conversations" if value == "conversations" else "rate (% of n)"
        draw_colour_bar(ax, colours, label=label, percent=value == "rate", beyond=False)
    notes = _outline(ax, table)
    draw_note(
        ax,
        [*notes, *(["grey: n too small or no known outcome"] if len(known) < len(values) else [])],
    )
    return ax


def _check_places(table: pd.DataFrame) -> None:
    if table.duplicated(["weekday", "hour"]).any():
        raise InputError(
            "plot_heatmap needs one row for each weekday and hour; the table has several for some."
            " Choose one group first."
        )


def _count_cells(table: pd.DataFrame) -> list[Cell]:
    rows = zip(*_places(table), numbers(table, "conversations"), strict=True)
    return [Cell(x, y, count, f"{count:,.0f}") for x, y, count in rows]


def _rate_cells(table: pd.DataFrame) -> list[Cell]:
    rows = zip(*_places(table), shares(table, "rate"), numbers(table, "n"), strict=True)
    return [
        Cell(
            x,
            y,
            rate,
            count_text(n) if np.isnan(rate) else f"{percent_text(rate)}\n{count_text(n)}",
        )
        for x, y, rate, n in rows
    ]


def _places(table: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return numbers(table, "hour"), numbers(table, "weekday")


def _outline(ax: Axes, table: pd.DataFrame) -> list[str]:
    """Draw the border between business hours and the others; return the note that says so."""
    inside = np.zeros((9, 26), dtype=bool)
    hours, weekdays = (places.astype("int64") for places in _places(table))
    inside[weekdays + 1, hours + 1] = table["business"].fillna(False).to_numpy(dtype=bool)
    if not inside.any():
        return []
    # Row r of the padded grid is weekday r - 1, so its upper border is at r - 1.5.
    across = np.argwhere(inside[1:] != inside[:-1])
    down = np.argwhere(inside[:, 1:] != inside[:, :-1])
    lines = [((x - 1.5, y - 0.5), (x - 0.5, y - 0.5)) for y, x in across]
    lines += [((x - 0.5, y - 1.5), (x - 0.5, y - 0.5)) for y, x in down]
    for (x0, y0), (x1, y1) in lines:
        ax.plot([x0, x1], [y0, y1], color=VERMILION, linewidth=2.2, solid_capstyle="projecting")
    return ["outlined: business hours"]
