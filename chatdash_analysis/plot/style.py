"""What all plots share: colours, axes, the percent axis, notes and the empty plot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from chatdash_analysis.errors import InputError
from chatdash_analysis.plot.fonts import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

__all__ = [
    "BLUE",
    "FAINT",
    "GREEN",
    "LINES",
    "ORANGE",
    "PURPLE",
    "SMALL",
    "VERMILION",
    "axes_for",
    "draw_no_data",
    "draw_note",
    "fitting_size",
    "percent_axis",
    "percent_tick",
    "put_text",
    "size_of",
]

# Okabe and Ito's colours, which colour-blind people can tell apart. matplotlib has them by name
# from 3.11 on. Their yellow is too faint for lines, and their black is lost on a dark ground.
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY = "#E69F00", "#56B4E9"
LINES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
# Part of the colour that the user's style has for text, so that notes are quiet on any ground.
FAINT = 0.7
SMALL = 8.0  # points


def axes_for(ax: Axes | None, *, width: float, height: float) -> Axes:
    """Return the axes given, or those of a new figure of this size in inches."""
    if ax is None:
        # Figures of pyplot are those that a notebook shows.
        import matplotlib.pyplot as plt

        return plt.subplots(figsize=(width, height), layout="constrained")[1]
    from matplotlib.axes import Axes

    if not isinstance(ax, Axes):
        raise InputError(
            f"ax must be the matplotlib Axes to draw on; got {type(ax).__name__}. Of several"
            " subplots pass one, as in ax=axes[0]."
        )
    return ax


def size_of(ax: Axes) -> tuple[float, float]:
    """Return width and height of the axes in points, as they are before any layout."""
    area, dpi = ax.get_window_extent(), cast("Figure", ax.get_figure(root=True)).dpi
    return area.width * 72 / dpi, area.height * 72 / dpi


def fitting_size(ax: Axes, rows: float, *, most: float = 9.0) -> float:
    """Return the size of text, in points, at which this many rows fit above each other."""
    return float(np.clip(size_of(ax)[1] / max(rows, 1) / 1.25, 4.0, most))


def put_text(ax: Axes, text: str, **where: Any) -> None:
    """Write a text that stands as it is, also outside of the axes."""
    ax.annotate(text, **{"annotation_clip": False, **plain([text]), **where})


def draw_note(ax: Axes, lines: list[str]) -> None:
    """Write what a reader must know below the label of the x axis."""
    if lines:
        put_text(
            ax, "\n".join(lines), xy=(0, 0), xycoords=("axes fraction", ax.xaxis.label),
            xytext=(0, -4), textcoords="offset points", va="top", ha="left",
            fontsize=SMALL, alpha=FAINT,
        )  # fmt: skip


def draw_no_data(ax: Axes, text: str = "no data") -> Axes:
    """Say that the table has nothing to draw."""
    ax.set_xticks([])
    ax.set_yticks([])
    put_text(
        ax, text, xy=(0.5, 0.5), xycoords="axes fraction", ha="center", va="center",
        alpha=FAINT,
    )  # fmt: skip
    return ax


def percent_axis(ax: Axes, highest: NDArray[np.float64], *, axis: str = "x") -> None:
    """Let an axis run from 0 to 100 percent, or less far where all values are small."""
    known = highest[~np.isnan(highest)]
    top = min(1.0, np.ceil(known.max() * 22) / 20) if known.size and known.max() > 0 else 1.0
    top = top if top <= 0.5 else 1.0
    # A point at either end is not cut in half.
    ends = (-0.02 * top, 1.02 * top)
    if axis == "x":
        ax.set_xlim(ends)
    else:
        ax.set_ylim(ends)
    (ax.xaxis if axis == "x" else ax.yaxis).set_major_formatter(percent_tick)


def percent_tick(share: float, _place: float = 0) -> str:
    """Return a share on an axis in percent, with the decimals that it has."""
    return f"{share * 100:.6g}%"
