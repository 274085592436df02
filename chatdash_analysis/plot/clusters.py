"""Clusters of misunderstood queries by size, with their trend and their stability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from chatdash_analysis.plot.cluster_parts import (
    UNASSIGNED,
    check_top,
    draw_state,
    is_narrow,
    last_states,
    write_right,
)
from chatdash_analysis.plot.hidden_labels import hidden_note, hide_labels
from chatdash_analysis.plot.inputs import numbers, plotted_table, shares
from chatdash_analysis.plot.labels import count_text, group_labels, percent_text
from chatdash_analysis.plot.rows import height_of, largest_groups, set_rows
from chatdash_analysis.plot.style import (
    BLUE,
    FAINT,
    SMALL,
    axes_for,
    draw_no_data,
    draw_note,
    fitting_size,
    put_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["plot_clusters"]

_NEEDED = ("cluster_id", "label", "n", "share")
# How full a bar is, and its hatch: what may be chance looks less solid.
_GRADES = {
    "firm": (1.0, ""),
    "usable": (0.6, ""),
    "doubtful": (0.3, "////"),
    "weak": (0.0, "...."),
}
# The bar of the unassigned may be so many times as long as the longest of a cluster.
_LONGEST = 1.5
_LETTER = 0.6  # width of a letter, in its size


class _Row(NamedTuple):
    """One bar: its label and length, and what stands beside it."""

    label: str
    n: float
    text: str
    grade: str
    state: str


def plot_clusters(
    table: pd.DataFrame,
    *,
    trends: pd.DataFrame | None = None,
    top: int = 20,
    min_users: int = 5,
    ax: Axes | None = None,
) -> Axes:
    """Draw how often each cluster was asked, with its stability, its users and its trend.

    The paler a bar, the less stable is the cluster: doubtful and weak ones, which another sample
    of the same queries would cut differently, are hatched. The hollow bar with a broken line holds
    the queries of no cluster. It is cut where it would be much longer than all others. In narrow
    axes labels are short and users are left out.

    Parameters
    ----------
    table : pandas.DataFrame
        The ``summary`` of the clusters. Of the columns ``users``, ``status`` and
        ``stability_grade`` those are drawn that it has; the unassigned queries where its
        ``attrs["chatdash"]["unassigned"]`` tells their ``n`` and ``share``.
    trends : pandas.DataFrame, optional
        What `cluster_trends` returned: the state of each cluster in the last period that is
        complete is written beside its bar, with a mark.
    top : int, default 20
        The number of clusters to draw, those with the most queries; a note counts the others.
    min_users : int, default 5
        A label is what somebody said: where fewer known people asked, "(too few users)" stands
        in its place, also of a name that was given. 0 shows all labels; so does a table where
        ``users`` is not there, or all missing, as it is of mere texts.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure whose height fits the clusters when not given.

    Returns
    -------
    matplotlib.axes.Axes
        x is the number of queries; one bar a cluster.

    Raises
    ------
    MissingColumnsError
        A table lacks columns.
    InputError
        `top` is no number of clusters, or `min_users` none of people.

    Examples
    --------
    >>> import pandas as pd
    >>> import chatdash_analysis as cda
    >>> summary = pd.DataFrame({
    ...     "cluster_id": ["q001", "q002"], "label": ["Where can I park?", "Open on Sundays?"],
    ...     "n": [40, 10], "share": [0.8, 0.2], "users": [31.0, 9.0],
    ... })
    >>> ax = cda.plot_clusters(summary)
    >>> [text.get_text() for text in ax.texts][-2:]
    ['n = 40 (80%), 31 users', 'n = 10 (20%), 9 users']
    """
    table = plotted_table(table, _NEEDED, "plot_clusters")
    table = hide_labels(table, "users", min_users=min_users)
    states, note = last_states(trends)
    unassigned = _unassigned(table, states.get(UNASSIGNED, ""))
    shown, _ = largest_groups(numbers(table, "n"), most=check_top(top))
    ax = axes_for(ax, width=9, height=height_of(len(shown) + len(unassigned)))
    ax.set_xlabel("misunderstood queries (number)")
    facts = table.drop(columns="users", errors="ignore") if is_narrow(ax) else table
    limit = 24 if is_narrow(ax) else 44
    rows = [*_cluster_rows(facts, states, shown.tolist(), limit=limit), *unassigned]
    if not rows:
        return draw_no_data(ax)
    positions = np.arange(len(rows), dtype="float64")
    set_rows(ax, [row.label for row in rows], positions)
    cut = _set_axis(ax, rows)
    for y, row in enumerate(rows):
        _draw_bar(ax, y, row, cut=cut)
    _write_rows(ax, rows, with_states=trends is not None)
    _draw_legend(ax, rows)
    hidden = hidden_note(table["label"].iloc[shown], min_users=min_users)
    draw_note(ax, [*_rest(table, shown.tolist()), *cut, *note, *hidden])
    return ax


def _unassigned(table: pd.DataFrame, state: str) -> list[_Row]:
    """Return the bar of the queries of no cluster, where the table tells how many they are."""
    origin: Any = table.attrs.get("chatdash")
    facts: Any = origin.get("unassigned") if isinstance(origin, dict) else None
    if not isinstance(facts, dict) or not {"n", "share"} <= facts.keys():
        return []
    n, share = float(facts["n"]), float(facts["share"])
    return [_Row(UNASSIGNED, n, f"{count_text(n)} ({percent_text(share)})", "none", state)]


def _cluster_rows(
    table: pd.DataFrame, states: Mapping[str, str], shown: Sequence[int], *, limit: int
) -> list[_Row]:
    labels = group_labels(table, ["cluster_id", "label"], limit=limit)
    grades = _texts(table, "stability_grade")
    fixed = [text == "fixed" for text in _texts(table, "status")]
    sizes, share = numbers(table, "n"), shares(table, "share")
    users = numbers(table, "users") if "users" in table else np.full(len(table), np.nan)
    return [
        _Row(
            labels[row], sizes[row],
            _beside(sizes[row], share[row], users[row], fixed=fixed[row]),
            grades[row], states.get(str(table["cluster_id"].iloc[row]), ""),
        )
        for row in shown
    ]  # fmt: skip


def _texts(table: pd.DataFrame, name: str) -> list[str]:
    if name not in table:
        return [""] * len(table)
    return ["" if pd.isna(value) else str(value) for value in table[name]]


def _beside(n: float, share: float, users: float, *, fixed: bool) -> str:
    text = count_text(n)
    if not np.isnan(share):
        text += f" ({percent_text(share)})"
    if not np.isnan(users):
        text += f", {users:,.0f} user{'' if users == 1 else 's'}"
    return f"{text}, fixed" if fixed else text


def _set_axis(ax: Axes, rows: Sequence[_Row]) -> list[str]:
    """Set the axis of numbers; return a note where the bar of the unassigned is cut."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    longest = max(np.nan_to_num([row.n for row in rows]).max(), 1.0)
    clusters = np.nan_to_num([row.n for row in rows if row.grade != "none"])
    most = _LONGEST * clusters.max(initial=0.0)
    cut = 0 < most < longest
    ax.set_xlim(0, most if cut else 1.03 * longest)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.grid(axis="x", alpha=0.3)
    ax.set_axisbelow(True)
    return ["the bar of the unassigned is cut; its n is written"] if cut else []


def _draw_bar(ax: Axes, y: float, row: _Row, *, cut: Sequence[str]) -> None:
    if np.isnan(row.n):
        return
    ink = ax.xaxis.label.get_color()
    hollow = row.grade == "none"
    alpha, hatch = _GRADES.get(row.grade, (1.0, ""))
    ax.barh(
        y, row.n, height=0.66, linewidth=1.1, linestyle="--" if hollow else "-",
        facecolor="none" if hollow else (BLUE, alpha), edgecolor=ink if hollow else BLUE,
        hatch=hatch,
    )  # fmt: skip
    if hollow and cut:
        put_text(
            ax, "»", xy=(1, y), xycoords=("axes fraction", "data"), xytext=(-4, 0),
            textcoords="offset points", ha="right", va="center", fontsize=11,
        )  # fmt: skip


def _write_rows(ax: Axes, rows: Sequence[_Row], *, with_states: bool) -> None:
    """Write the states in one column beside the axes, and the numbers in the next."""
    size = fitting_size(ax, len(rows))
    widest = max((len(row.state) for row in rows), default=0) if with_states else 0
    column = 22 + _LETTER * size * widest if widest else 6.0
    for y, row in enumerate(rows):
        if row.state:
            draw_state(ax, y, row.state, size)
        write_right(ax, y, row.text, size, offset=column, alpha=FAINT)


def _draw_legend(ax: Axes, rows: Sequence[_Row]) -> None:
    """Say what the looks of the bars mean, where the table has grades."""
    from matplotlib.patches import Patch

    present = {row.grade for row in rows}
    patches = [
        Patch(facecolor=(BLUE, alpha), edgecolor=BLUE, hatch=hatch, label=grade)
        for grade, (alpha, hatch) in _GRADES.items()
        if grade in present
    ]
    if patches:
        title = Patch(facecolor="none", edgecolor="none", label="stability:")
        ax.legend(
            handles=[title, *patches], loc="lower left", bbox_to_anchor=(0, 1),
            ncols=len(patches) + 1, frameon=False, fontsize=SMALL, borderpad=0.2,
            columnspacing=1.0, handletextpad=0.5,
        )  # fmt: skip


def _rest(table: pd.DataFrame, shown: Sequence[int]) -> list[str]:
    """Say how many clusters are left out, and how many queries they hold."""
    if table.empty:
        return ["there is no cluster"]
    rest = table.drop(index=list(shown))
    if rest.empty:
        return []
    n = np.nansum(numbers(rest, "n"))
    return [f"{len(rest):,} smaller cluster{'s' if len(rest) > 1 else ''} not shown: n = {n:,.0f}"]
