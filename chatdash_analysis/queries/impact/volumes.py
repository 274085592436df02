"""Volume and rate of each series, and what has to be said about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.counting import group_sums
from chatdash_analysis.queries.impact.rows import FACTS
from chatdash_analysis.queries.links import loaded, unclustered
from chatdash_analysis.rates import PRODUCTS, RATE_COLUMNS, add_flag, with_rate
from chatdash_analysis.spans import gaps_of

if TYPE_CHECKING:
    from chatdash_analysis.queries.impact.rows import Members, Rows
    from chatdash_analysis.queries.links import Links

__all__ = ["counted", "flags_of", "weeks_of"]

_WEEK = pd.Timedelta(days=7)
# From this share of known outcomes without comparable ones on, there is a flag.
_UNMATCHED = 0.1


def counted(links: Links, rows: Rows, members: Members, level: float) -> pd.DataFrame:
    """Return labels, volume and the rate of each series."""
    import narwhals as nw

    entries = pd.DataFrame(rows.facts[members.rows], columns=list(FACTS))
    entries = entries.assign(series=members.series, person=rows.users[members.rows])
    sums = group_sums(
        entries, ["series"], {name: nw.col(name) for name in FACTS}, users="person",
        counting="n", products=PRODUCTS,
    ).set_index("series")  # fmt: skip
    rates = with_rate(sums.reindex(range(members.size), fill_value=0), level=level)
    number = np.bincount(members.series, minlength=members.size)
    kinds = ["cluster"] * (members.size - 2) + ["unassigned", "total"]
    return rates[list(RATE_COLUMNS)].assign(
        cluster_id=pd.Series([*links.ids, None], dtype="str"),
        label=pd.Series([*links.labels, "total"], dtype="str"),
        kind=kinds,
        place=[0] * (members.size - 2) + [1, 2],
        conversations=number,
        share=number / len(rows.users) if len(rows.users) else np.nan,
        people=members.people(rows),
    )


def weeks_of(conversations: pd.DataFrame) -> float:
    """Return how many weeks the conversations cover; NaN for less than one."""
    created = conversations["created_at"].dropna()
    start, end = loaded(conversations)
    if not len(created):
        return np.nan
    start = created.min() if start is None else start
    end = created.max() if end is None else end
    weeks = float((end - start) / _WEEK)
    return weeks if weeks >= 1 else np.nan


def flags_of(
    table: pd.DataFrame, links: Links, conversations: pd.DataFrame, members: Members
) -> pd.Series:
    """Return the flags of each series; see `cluster_impact`."""
    some, total = table["n"] > 0, table["kind"].eq("total")
    undated = conversations["created_at"].isna().to_numpy(dtype=bool)[members.rows]
    alone = table["unmatched"].eq(table["n"])
    marks = {
        "few_people": table["few"],
        "no_reference": some & alone,
        "unmatched": some & ~alone & table["unmatched"].ge(_UNMATCHED * table["n"]),
        "mixed_cost_units": table["mixed"],
        "short_span": np.isnan(weeks_of(conversations)),
        "gap": bool(gaps_of(conversations)),
        "undated": members.sums(undated) > 0,
        "unclustered": total & unclustered(links, conversations).any(),
    }
    flags = table["flags"]
    for name, mark in marks.items():
        flags = add_flag(flags, np.broadcast_to(mark, len(table)), name)
    return flags
