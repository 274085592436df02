"""Grids of cells: a colour and two lines of text each, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from chatdash_analysis.plot.fonts import plain
from chatdash_analysis.plot.style import SMALL, axes_for, percent_tick, size_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

__all__ = ["Cell", "draw_cells", "draw_colour_bar", "grid_axes", "label_grid"]

_CELL_WIDTH, _CELL_HEIGHT = 0.62, 0.36  # inches
_LETTER = 0.62  # width of a letter, in its size
_NO_VALUE = "#E8E8E8"
_HATCH = "#8A8A8A"


@dataclass(frozen=True)
class Cell:
    """One cell, with its centre at (x, y).

    Attributes
    ----------
    value : float
        What the colour stands for; NaN for a grey cell.
    text : str
        At most two short lines.
    hatched : bool
        Whether the cell is not final.
    """

    x: float
    y: float
    value: float
    text: str
    hatched: bool = False


def grid_axes(
    ax: Axes | None, *, across: int, down: int, labels: Sequence[str]
) -> tuple[Axes, tuple[float, float]]:
    """Return axes for a grid of cells, and the width and height of a cell in points.

    A new figure has room for its cells and its labels. In axes that were given, the labels around
    them will take a part of the room.
    """
    if ax is not None:
        width, height = size_of(axes_for(ax, width=0, height=0))
        return ax, (0.85 * width / max(across, 1), 0.85 * height / max(down, 1))
    beside = 1.2 + 0.065 * max((len(label) for label in labels), default=0)
    width = _CELL_WIDTH * max(across, 6) + beside
    ax = axes_for(None, width=width, height=_CELL_HEIGHT * max(down, 4) + 1.4)
    return ax, (0.95 * 72 * _CELL_WIDTH, 0.95 * 72 * _CELL_HEIGHT)


def label_grid(
    ax: Axes,
    *,
    columns: Sequence[str],
    rows: Sequence[str],
    places: Sequence[float],
    room: tuple[float, float],
) -> None:
    """Name columns and rows; columns stand at 0, 1, ... and rows at their places, first on top."""
    ax.set_xlim(-0.5, max(len(columns), 1) - 0.5)
    ax.set_ylim(max(places, default=0) + 0.5, -0.5)
    longest = max((len(name) for name in columns), default=1)
    upright = longest * _LETTER * SMALL > room[0]
    ax.set_xticks(
        range(len(columns)), columns, fontsize=SMALL, rotation=90 if upright else 0,
        **plain(columns),
    )  # fmt: skip
    size = min(SMALL, max(room[1] / 1.25, 4.0))
    ax.set_yticks(places, rows, fontsize=size, **plain(rows))
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def draw_cells(
    ax: Axes, cells: Sequence[Cell], *, top: float, room: tuple[float, float]
) -> ScalarMappable:
    """Draw the cells; colours run from 0 to `top`, and what is larger has the colour of `top`."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.patches import Rectangle

    colours = ScalarMappable(Normalize(0, top), "cividis")
    for cell in cells:
        known = not np.isnan(cell.value)
        ax.add_patch(
            Rectangle(
                (cell.x - 0.5, cell.y - 0.5), 1, 1, linewidth=0.5,
                facecolor=_colour(colours, cell.value) if known else _NO_VALUE,
                edgecolor=_HATCH if cell.hatched else "white",
                hatch="////" if cell.hatched else None,
            )
        )  # fmt: skip
    _write(ax, cells, colours, room)
    return colours


def _write(
    ax: Axes, cells: Sequence[Cell], colours: ScalarMappable, room: tuple[float, float]
) -> None:
    size = _text_size(room, [line for cell in cells for line in cell.text.split("\n")])
    for cell in cells:
        dark = not np.isnan(cell.value) and _luminance(_colour(colours, cell.value)) < 0.45
        ax.text(
            cell.x, cell.y, cell.text, ha="center", va="center", fontsize=size, clip_on=True,
            color="white" if dark else "black", linespacing=1.1, **plain([cell.text]),
        )  # fmt: skip


def _text_size(room: tuple[float, float], lines: Sequence[str]) -> float:
    """Return the size of text, in points, at which two lines of the longest fit into a cell."""
    longest = max((len(line) for line in lines), default=0) or 1
    return float(np.clip(min(room[0] / longest / _LETTER, room[1] / 2.4), 4.0, SMALL))


def _colour(colours: ScalarMappable, value: float) -> tuple[float, ...]:
    red, green, blue = colours.to_rgba(np.array([value]))[0, :3]
    return float(red), float(green), float(blue)


def _luminance(colour: tuple[float, ...]) -> float:
    return float(np.dot(colour, (0.2126, 0.7152, 0.0722)))


def draw_colour_bar(
    ax: Axes, colours: ScalarMappable, *, label: str, percent: bool, beyond: bool
) -> None:
    """Draw the scale of the colours beside the axes."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator, StrMethodFormatter

    inch = 72 / size_of(ax)[0]
    # Within the axes given: other axes of their figure keep their places.
    place = ax.inset_axes((1 + 0.1 * inch, 0, 0.15 * inch, 1))
    bar = cast("Figure", ax.get_figure(root=True)).colorbar(
        colours, cax=place, extend="max" if beyond else "neither", extendfrac=0.03,
        format=FuncFormatter(percent_tick) if percent else StrMethodFormatter("{x:,.0f}"),
        ticks=MaxNLocator(6, steps=[1, 2, 5, 10], integer=not percent),
    )  # fmt: skip
    bar.set_label(label, **plain([label]))
