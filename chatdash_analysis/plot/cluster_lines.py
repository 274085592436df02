"""The lines of a plot of trends: which clusters, and how each looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.plot.cluster_parts import UNASSIGNED
from chatdash_analysis.plot.inputs import numbers, plotted_table
from chatdash_analysis.plot.labels import group_labels
from chatdash_analysis.plot.style import LINES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["MOST_LINES", "Line", "chosen_clusters", "days_of", "lines_of", "trend_rows"]

_NEEDED = (
    *("cluster_id", "label", "period", "queries", "exposure"),
    *("per_1000", "low", "high", "state", "complete"),
)
_MARKERS = ("o", "s", "^", "D", "v", "P")
_DASHES: tuple[Literal["-", "--"], ...] = ("-", "--")
# With more lines than this none can be followed.
MOST_LINES = 12


class Line(NamedTuple):
    """One cluster: its name, its rows by period, and how its line looks."""

    name: str
    label: str
    rows: pd.DataFrame
    colour: str
    marker: str
    dashes: Literal["-", "--"]


def trend_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that have a period, with its day as a number, in the order of days."""
    table = plotted_table(table, _NEEDED, "plot_cluster_trend")
    table = table.assign(
        name=[UNASSIGNED if pd.isna(name) else str(name) for name in table["cluster_id"]],
        day=days_of(table["period"]),
        complete=table["complete"].fillna(False).astype("bool"),
    )
    return table[table["day"].notna()].sort_values("day", kind="stable", ignore_index=True)


def days_of(moments: pd.Series) -> Floats:
    """Return moments as days since 1970, with the time as a part of a day."""
    stamps = pd.DatetimeIndex(
        pd.to_datetime(moments.astype("object"), utc=True, errors="coerce")
    ).as_unit("us")
    days: Floats = stamps.asi8 / 86_400e6
    return np.where(stamps.isna(), np.nan, days)


def chosen_clusters(
    table: pd.DataFrame, clusters: str | Sequence[str] | None, top: int
) -> tuple[list[str], list[str]]:
    """Return the names of the clusters to draw, and a note about the others."""
    sizes = table.assign(queries=numbers(table, "queries")).groupby("name")["queries"].sum()
    sizes = sizes.sort_index().sort_values(ascending=False, kind="stable")
    if clusters is None:
        names = [name for name in sizes.index if name != UNASSIGNED]
        rest = len(names) - top
        note = f"{rest:,} smaller cluster{'s' if rest > 1 else ''} not shown"
        return names[:top], [note] if rest > 0 else []
    if not isinstance(clusters, str) and not pd.api.types.is_list_like(clusters):
        raise InputError(f"clusters must be values of cluster_id; got {clusters!r}.")
    asked = list(dict.fromkeys(map(str, [clusters] if isinstance(clusters, str) else clusters)))
    unknown = [name for name in asked if name not in sizes.index]
    if unknown:
        held = ", ".join(sizes.index[:12]) or "none"
        raise InputError(
            f"The table has no cluster {unknown[0]!r}. It has {held}"
            f"{', ...' if len(sizes) > 12 else ''}. Give values of its column cluster_id."
        )
    if len(asked) > MOST_LINES:
        raise InputError(
            f"plot_cluster_trend draws {MOST_LINES} clusters at most; got {len(asked)}. Draw the"
            " others in another plot."
        )
    return asked, []


def lines_of(table: pd.DataFrame, names: Sequence[str], *, limit: int) -> list[Line]:
    """Return the clusters with these names, each with its rows and a look of its own."""
    first = table.drop_duplicates("name").set_index("name").reindex(names)
    labels = group_labels(first, ["cluster_id", "label"], limit=limit)
    return [
        Line(
            name, UNASSIGNED if name == UNASSIGNED else label, table[table["name"] == name],
            LINES[place % len(LINES)], _MARKERS[place % len(_MARKERS)],
            _DASHES[place // len(LINES) % len(_DASHES)],
        )
        for place, (name, label) in enumerate(zip(names, labels, strict=True))
    ]  # fmt: skip
