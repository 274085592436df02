"""Rows of a dot plot: a rate, its interval and its denominator, or the reason why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.plot.fonts import plain
from chatdash_analysis.plot.labels import count_text
from chatdash_analysis.plot.style import FAINT, SMALL, fitting_size, put_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from chatdash_analysis.plot.inputs import Rate

    Floats = NDArray[np.float64]

__all__ = [
    "MOST_GROUPS",
    "draw_points",
    "height_of",
    "largest_groups",
    "reason_of",
    "set_rows",
    "words_of",
    "write_beside",
]

# More rows than this nobody reads, and a picture of them is taller than any page.
MOST_GROUPS = 60
# Why a row has no rate; the reason that tells most first.
_NO_RATE = {
    "not_recorded": "not recorded",
    "no_value": "no value",
    "no_known": "no known outcome",
    "small_n": "n too small",
}


def height_of(rows: float, *, each: float = 0.28) -> float:
    """Return the height in inches of a figure with this many rows."""
    return 1.3 + each * max(rows, 2)


def largest_groups(
    sizes: Floats, *, most: int = MOST_GROUPS
) -> tuple[NDArray[np.int64], list[str]]:
    """Return which rows to show, in their own order, and a note about the others."""
    if len(sizes) <= most:
        return np.arange(len(sizes)), []
    by_size = np.argsort(-np.nan_to_num(sizes), kind="stable")
    rest = len(sizes) - most
    note = f"{rest:,} smaller group{'s' if rest > 1 else ''} not shown"
    return np.sort(by_size[:most]), [note]


def set_rows(ax: Axes, labels: Sequence[str], positions: Floats, *, head: str = "") -> None:
    """Give each row its label, and the labels their head; the first row is on top."""
    size = fitting_size(ax, float(np.ptp(positions)) + 1)
    ax.set_yticks(positions, labels, fontsize=size, **plain(labels))
    ax.set_ylim(positions.max() + 0.6, positions.min() - 0.6)
    if head:
        put_text(
            ax, head, xy=(0, 1), xycoords="axes fraction", xytext=(-4, 3),
            textcoords="offset points", ha="right", va="bottom", fontsize=SMALL, alpha=FAINT,
            gid="head",
        )  # fmt: skip


def draw_points(
    ax: Axes, rates: Sequence[Rate], positions: Floats, *, colour: str, marker: str = "o"
) -> None:
    """Draw a point and its interval in each row, and write the denominator at its right.

    A hollow point says that its interval is the plain one, as its users are few.
    """
    size = fitting_size(ax, float(np.ptp(positions)) + 1)
    for y, rate in zip(positions.tolist(), rates, strict=True):
        known = not np.isnan(rate.rate)
        words = words_of(rate.flags if known else rate.flags - _NO_RATE.keys())
        write_beside(ax, y, ", ".join([count_text(rate.n), *words]), size)
        if not known:
            _write_reason(ax, y, reason_of(rate.n, rate.flags), size)
            continue
        ax.hlines(y, rate.low, rate.high, color=colour, linewidth=1.8, alpha=0.7)
        face = ax.get_facecolor() if "few_users" in rate.flags else colour
        ax.plot(rate.rate, y, marker, color=colour, markerfacecolor=face, markersize=size * 0.65)


def words_of(flags: frozenset[str]) -> list[str]:
    """Return the flags as words, without those about costs, which no plot shows."""
    return [flag.replace("_", " ") for flag in sorted(flags) if "cost" not in flag]


def reason_of(n: float, flags: frozenset[str]) -> str:
    """Return why a row has no rate."""
    known = flags - {"small_n"} | {"no_known"} if n == 0 else flags
    return "not shown: " + next((_NO_RATE[flag] for flag in _NO_RATE if flag in known), "no rate")


def write_beside(ax: Axes, y: float, text: str, size: float) -> None:
    """Write a text at the right of a row."""
    put_text(
        ax, text, xy=(1, y), xycoords=("axes fraction", "data"), xytext=(6, 0),
        textcoords="offset points", va="center", ha="left", fontsize=size, alpha=FAINT,
    )  # fmt: skip


def _write_reason(ax: Axes, y: float, text: str, size: float) -> None:
    put_text(
        ax, text, xy=(0.03, y), xycoords=("axes fraction", "data"), va="center", ha="left",
        fontsize=size, style="italic", alpha=FAINT,
    )  # fmt: skip
