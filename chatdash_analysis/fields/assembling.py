"""The table of fields, from what the columns hold and what the platforms sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.fields.listing import in_order
from chatdash_analysis.rates import add_flag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chatdash_analysis.fields.rows import Rows

__all__ = ["assembled"]

_COUNTS = (
    "values", "eligible", "eligible_values", "periods", "covered_periods", "distinct", "nothing",
)  # fmt: skip
_TEXTS = ("agent_id", "column", "top_values", "pii", "flags", "kind", "dtype")


def assembled(
    lines: Sequence[Mapping[str, Any]],
    sent: pd.DataFrame,
    dtypes: Mapping[str, str],
    *,
    frame: pd.DataFrame,
    rows: Rows,
) -> pd.DataFrame:
    """Return one row a field and agent, with exactly the columns of `dtypes`.

    Parameters
    ----------
    lines : sequence of mappings
        What the columns hold; ``first`` and ``last`` are moments.
    sent : pandas.DataFrame
        The fields of the JSON, as `Listing` has them.
    dtypes : mapping
    frame : pandas.DataFrame
        The conversations.
    rows : Rows
    """
    held = pd.DataFrame(list(lines), columns=_columns_of(dtypes)).astype(
        {"agent_id": "str", "column": "str", "kind": "str"}
    )
    table = held.merge(
        _one_column_each(sent), how="outer", on=["agent_id", "column"], suffixes=("", "_sent")
    )
    table = _with_what_was_sent(table)
    table = _with_rows(table, rows)
    table["dtype"] = [str(frame[name].dtype) if isinstance(name, str) else None
                      for name in table["column"]]  # fmt: skip
    return table[[*dtypes]].astype(dict(dtypes)).take(in_order(table)).reset_index(drop=True)


def _columns_of(dtypes: Mapping[str, str]) -> list[str]:
    left = {"raw_key", "rows", "coverage", "eligible_coverage", "first_seen", "last_seen", "dtype"}
    return [*(name for name in dtypes if name not in left), "first", "last"]


def _one_column_each(sent: pd.DataFrame) -> pd.DataFrame:
    """Return the fields; where two would have one column of an agent, the first has it."""
    twice = sent.duplicated(["agent_id", "column"]) & sent["column"].notna()
    return sent.assign(column=sent["column"].mask(twice))


def _with_what_was_sent(table: pd.DataFrame) -> pd.DataFrame:
    known, alone = table["kind_sent"].notna(), table["kind"].isna()
    without = table["column"].isna()
    became_missing = (table["values_sent"] - table["values"].fillna(0)).clip(lower=0)
    values = table["values"].mask(without, table["values_sent"])
    nothing = table["nothing"].fillna(0) + became_missing.where(~without).fillna(0)
    flags = add_flag(table["flags"], without, "no_column")
    return table.assign(
        values=values.fillna(0),
        nothing=nothing,
        kind=table["kind_sent"].where(known, table["kind"]),
        conflicts=table["conflicts_sent"].where(known, table["conflicts"]),
        pii=table["pii"].fillna(""),
        top_values=table["top_values"].fillna(""),
        flags=add_flag(flags, alone & ~without, "no_values"),
        first_seen=_instants(table["first"]).fillna(table["first_seen"]),
        last_seen=_instants(table["last"]).fillna(table["last_seen"]),
        **{
            name: table[name].fillna(0)
            for name in ("eligible", "eligible_values", "periods", "covered_periods", "distinct")
        },
    )


def _instants(moments: pd.Series) -> pd.Series:
    """Return instants; a field without a dated value has none."""
    far = np.iinfo(np.int64).max
    known = moments.notna() & moments.ne(far) & moments.ne(-far)
    whole = moments.where(known, 0).astype("int64")
    return pd.to_datetime(whole, unit="us", utc=True).dt.as_unit("us").where(known)


def _with_rows(table: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    sizes = pd.DataFrame(
        {
            "agent_id": rows.labels.astype("str"),
            "rows": np.bincount(rows.agents, minlength=rows.size),
        }
    )
    table = table.merge(sizes, how="left", on="agent_id", sort=False)
    could = table["eligible"].where(table["eligible"] > 0)
    return table.assign(
        coverage=table["values"] / table["rows"],
        eligible_coverage=table["eligible_values"] / could,
    )
