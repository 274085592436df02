"""The questions as points of a map, with the names of the largest clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chatdash_analysis.plot.apart import spread_out
from chatdash_analysis.plot.cluster_parts import check_top, is_narrow
from chatdash_analysis.plot.hidden_labels import hidden_note, hide_labels
from chatdash_analysis.plot.inputs import numbers, plotted_table
from chatdash_analysis.plot.labels import count_text, group_labels
from chatdash_analysis.plot.style import (
    FAINT,
    LINES,
    SMALL,
    axes_for,
    draw_no_data,
    draw_note,
    put_text,
    size_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["plot_cluster_map"]

_NEEDED = ("x", "y", "cluster_id", "label", "n")
_GREY = "#8A8A8A"
# Colours come again with another marker.
_MARKERS = ("o", "s", "^", "D", "v")
_MOST_NAMES = len(LINES) * len(_MARKERS)
_NAME = 22.0  # points from one name to the next
_LEAST, _MOST = 9.0, 260.0  # area of a point, in square points
_MEANING = (
    "near points are alike, distances between far groups mean little\n"
    "area of a point: how often it was asked"
)


class _Heap(NamedTuple):
    """The points of one cluster, its name, and how they look."""

    label: str
    rows: pd.DataFrame
    colour: str
    marker: str


def plot_cluster_map(
    table: pd.DataFrame,
    *,
    top: int = 12,
    min_users: int = 5,
    ax: Axes | None = None,
) -> Axes:
    """Draw each question as a point, with the names of the clusters that were asked most.

    Points near each other are questions that are alike; how far groups lie from each other, how
    large and how dense they are drawn, tells little. The area of a point is how often it was
    asked. The largest clusters have colours and markers, and names beside the axes, joined to the
    point next to the median of theirs. Other clusters are grey, unassigned questions hollow.

    Parameters
    ----------
    table : pandas.DataFrame
        What `cluster_map` returned.
    top : int, default 12
        How many clusters are named; 30 at most.
    min_users : int, default 5
        A label is what somebody said: where fewer known people asked (``cluster_users``),
        "(too few users)" stands in its place, also of a name that was given. 0 shows all labels;
        so does a table where that column is not there, or all missing.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        x and y have no unit, and no ticks.

    Raises
    ------
    MissingColumnsError
        The table is no map of clusters.
    InputError
        `top` is no number of clusters, or `min_users` none of people.

    Examples
    --------
    >>> import pandas as pd
    >>> import chatdash_analysis as cda
    >>> table = pd.DataFrame({
    ...     "x": [0.0, 1.0, 9.0], "y": [0.0, 1.0, 5.0], "cluster_id": ["q001", "q001", None],
    ...     "label": ["Where can I park?", "Where can I park?", None], "n": [5, 2, 1],
    ... })
    >>> ax = cda.plot_cluster_map(table)
    >>> print(ax.texts[0].get_text())
    q001 · Where can I park?
    n = 7
    """
    table = plotted_table(table, _NEEDED, "plot_cluster_map")
    notes = _sample_note(table)
    most = check_top(top, most=_MOST_NAMES, least=0)
    table = _placed(hide_labels(table, "cluster_users", min_users=min_users))
    ax = axes_for(ax, width=10, height=max(6.0, 1.2 + _NAME * most / 2 / 72))
    ax.set_xlabel(_MEANING, fontsize=SMALL)
    ax.set_xticks([])
    ax.set_yticks([])
    if table.empty:
        return draw_no_data(ax)
    heaps = _heaps(table, most, limit=20 if is_narrow(ax) else 34)
    _set_axes(ax, table)
    _draw_rest(ax, table, heaps)
    for heap in heaps:
        _draw_points(ax, heap)
    _name_heaps(ax, heaps)
    labels = [label for heap in heaps for label in heap.rows["label"]]
    draw_note(ax, [*notes, *hidden_note(labels, min_users=min_users)])
    return ax


def _sample_note(table: pd.DataFrame) -> list[str]:
    origin = table.attrs.get("cluster_map")
    questions = origin.get("questions") if isinstance(origin, dict) else None
    if not isinstance(questions, int) or questions <= len(table):
        return []
    return [f"a sample: {len(table):,} of {questions:,} distinct questions; n counts those drawn"]


def _placed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that have a place, the area of their points, and their times asked."""
    x, y, n = (numbers(table, name) for name in ("x", "y", "n"))
    n = np.maximum(np.nan_to_num(n), 0.0)
    # The most frequent is as large as may be; areas are in proportion, but none is invisible.
    area = np.maximum(min(_MOST / max(n.max(initial=0.0), 1.0), 2 * _LEAST) * n, _LEAST)
    table = table.assign(x=x, y=y, n=n, area=area)
    return table[table["x"].notna() & table["y"].notna()].reset_index(drop=True)


def _heaps(table: pd.DataFrame, most: int, *, limit: int) -> list[_Heap]:
    """Return the clusters that were asked most, the largest first."""
    sizes = table.groupby("cluster_id")["n"].sum().sort_index()
    largest = sizes.sort_values(ascending=False, kind="stable").index[:most]
    first = table.drop_duplicates("cluster_id").set_index("cluster_id", drop=False)
    labels = group_labels(first.loc[largest], ["cluster_id", "label"], limit=limit)
    return [
        _Heap(
            label, table[(table["cluster_id"] == name).fillna(False).to_numpy(dtype="bool")],
            LINES[place % len(LINES)], _MARKERS[place // len(LINES)],
        )
        for place, (name, label) in enumerate(zip(largest, labels, strict=True))
    ]  # fmt: skip


def _set_axes(ax: Axes, table: pd.DataFrame) -> None:
    for name, set_limits in (("x", ax.set_xlim), ("y", ax.set_ylim)):
        places = numbers(table, name)
        margin = 0.06 * np.ptp(places) or 1.0
        set_limits(places.min() - margin, places.max() + margin)


def _draw_rest(ax: Axes, table: pd.DataFrame, heaps: Sequence[_Heap]) -> None:
    """Draw unassigned questions hollow and those of clusters without a name grey."""
    named = np.concatenate([np.array([], dtype="int64"), *(heap.rows.index for heap in heaps)])
    rest = table.drop(index=named)
    missing = rest["cluster_id"].isna().to_numpy(dtype="bool")
    clusters = rest[~missing]["cluster_id"].nunique()
    looks = (
        (rest[missing], "none", f"unassigned: {missing.sum():,} questions"),
        (rest[~missing], _GREY, f"{clusters:,} smaller cluster{'s' if clusters > 1 else ''}"),
    )
    for rows, face, label in looks:
        if len(rows):
            ax.scatter(
                numbers(rows, "x"), numbers(rows, "y"), s=numbers(rows, "area"), facecolor=face,
                edgecolor=_GREY, linewidth=0.8, alpha=0.6, label=label,
            )  # fmt: skip
    if len(rest):
        ax.legend(
            loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=SMALL,
            markerscale=float(np.sqrt(30 / rest["area"].iloc[0])),
        )  # fmt: skip


def _draw_points(ax: Axes, heap: _Heap) -> None:
    ax.scatter(
        numbers(heap.rows, "x"), numbers(heap.rows, "y"), s=numbers(heap.rows, "area"),
        marker=heap.marker, facecolor=heap.colour, edgecolor=ax.get_facecolor(), linewidth=0.4,
        alpha=0.8, zorder=2,
    )  # fmt: skip


def _name_heaps(ax: Axes, heaps: Sequence[_Heap]) -> None:
    """Write the names left and right of the axes, each joined to the middle of its points."""
    middles = np.array([_middle(heap.rows) for heap in heaps]).reshape(-1, 2)
    order = np.argsort(middles[:, 0], kind="stable")
    half = len(heaps) // 2
    for side, chosen in ((0, order[:half]), (1, order[half:])):
        low, high = ax.get_ylim()
        wished = (middles[chosen, 1] - low) / (high - low)
        places = spread_out(wished, step=_NAME / size_of(ax)[1])
        for at, place in zip(chosen.tolist(), places.tolist(), strict=True):
            _name(ax, heaps[at], middles[at], side=side, place=place)


def _middle(rows: pd.DataFrame) -> Floats:
    """Return the point next to the median, which itself may lie between two halves of a cluster."""
    places = rows[["x", "y"]].to_numpy(dtype="float64")
    away = np.linalg.norm(places - np.median(places, axis=0), axis=1)
    nearest: Floats = places[away.argmin()]
    return nearest


def _name(ax: Axes, heap: _Heap, middle: Floats, *, side: int, place: float) -> None:
    put_text(
        ax, f"{heap.label}\n{count_text(heap.rows['n'].sum())}", xy=tuple(middle),
        xytext=(1.02 if side else -0.02, place), textcoords="axes fraction", va="center",
        ha="left" if side else "right", fontsize=SMALL, linespacing=1.1,
        arrowprops={
            "arrowstyle": "-", "color": heap.colour, "linewidth": 1.0, "alpha": FAINT,
            "shrinkA": 1, "shrinkB": 0, "relpos": (0 if side else 1, 0.5),
        },
    )  # fmt: skip
