"""What the plots of clusters share: their states as marks and words, and how many are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.plot.inputs import plotted_table
from chatdash_analysis.plot.labels import short_text
from chatdash_analysis.plot.style import BLUE, GREEN, ORANGE, PURPLE, VERMILION, put_text, size_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

__all__ = [
    "UNASSIGNED",
    "check_top",
    "draw_state",
    "is_narrow",
    "last_states",
    "state_text",
    "write_right",
]

# The name of the queries of no cluster, whose cluster_id is missing.
UNASSIGNED = "unassigned"
# Narrower axes, in points, leave no room for whole questions beside them.
_NARROW = 400.0
_TREND_NEEDED = ("cluster_id", "period", "state", "complete")
_STATES = {
    "new": ("*", PURPLE),
    "growing": ("^", VERMILION),
    "stable": ("_", ""),
    "falling": ("v", BLUE),
    "resolved": ("s", GREEN),
    "regressed": ("X", ORANGE),
}


def check_top(top: int, *, most: int | None = None, least: int = 1) -> int:
    """Return how many clusters to draw; raise `InputError` unless it is a number of them."""
    if isinstance(top, bool) or not isinstance(top, (int, np.integer)) or top < least:
        raise InputError(f"top must be a number of clusters, {least} or more; got {top!r}.")
    return int(top) if most is None else min(int(top), most)


def is_narrow(ax: Axes) -> bool:
    """Return whether texts beside these axes have to be short."""
    return size_of(ax)[0] < _NARROW


def last_states(trends: pd.DataFrame | None) -> tuple[Mapping[str, str], list[str]]:
    """Return the state of each cluster in the last complete period, and which period that is."""
    if trends is None:
        return {}, []
    trends = plotted_table(trends, _TREND_NEEDED, "plot_clusters")
    known = trends[trends["complete"].fillna(False).astype("bool") & trends["period"].notna()]
    if known.empty:
        return {}, ["no period is complete, so no trend is known"]
    last = known["period"].max()
    rows = known[known["period"] == last]
    states = {
        UNASSIGNED if pd.isna(name) else str(name): state_text(state)
        for name, state in zip(rows["cluster_id"], rows["state"], strict=True)
    }
    return states, ["state: last complete period,", f"from {short_text(last)} on"]


def state_text(state: Any) -> str:
    """Return a state as words; nothing where it is missing."""
    return "" if pd.isna(state) else short_text(str(state).replace("_", " "), limit=12)


def draw_state(ax: Axes, y: float, state: str, size: float) -> None:
    """Draw a state at the right of a row: its mark, and its words."""
    from matplotlib.lines import Line2D
    from matplotlib.transforms import ScaledTranslation

    marker, colour = _STATES.get(state, (".", ""))
    figure: Any = ax.get_figure(root=True)
    beside = ScaledTranslation(10 / 72, 0, figure.dpi_scale_trans)
    mark = Line2D(
        [1], [y], marker=marker, color=colour or ax.xaxis.label.get_color(), markersize=size * 0.75,
        linestyle="", transform=ax.get_yaxis_transform() + beside, clip_on=False,
        markeredgewidth=1.6 if marker == "_" else 0.5,
    )  # fmt: skip
    ax.add_line(mark)
    write_right(ax, y, state, size, offset=18)


def write_right(ax: Axes, y: float, text: str, size: float, *, offset: float, **looks: Any) -> None:
    """Write a text at the right of a row, so many points beside the axes."""
    put_text(
        ax, text, xy=(1, y), xycoords=("axes fraction", "data"), xytext=(offset, 0),
        textcoords="offset points", ha="left", va="center", fontsize=size, **looks,
    )  # fmt: skip
