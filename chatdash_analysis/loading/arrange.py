"""Order and selection of rows in Arrow tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SORT_KEYS", "Flags", "Rows", "changes", "months_of", "order", "pick", "times"]

Rows = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

# A slice holds on to the whole of its table, and each column has a chunk more for it.
MAX_SLICES = 16

SORT_KEYS = ("agent_id", "created_at", "placed_at", "conversation_id")


def times(table: pa.Table) -> Rows:
    """Return when each row took place: its creation, else what stands in for that.

    In microseconds since 1970; the smallest number where neither is known.
    """
    moments = pc.coalesce(table["created_at"], table["placed_at"]).cast(pa.int64())
    result: Rows = pc.fill_null(moments, np.iinfo("int64").min).to_numpy()
    return result


def months_of(moments: Rows) -> NDArray[np.datetime64]:
    """Return the month of UTC of each time in microseconds."""
    return moments.view("datetime64[us]").astype("datetime64[M]")


def order(table: pa.Table) -> Rows:
    """Return the row numbers in the order of agent, time and id."""
    agents = table["agent_id"].combine_chunks().dictionary_encode()
    codes, names = agents.indices.to_numpy(), agents.dictionary.to_pylist()
    ranks = np.empty(len(names), "int64")
    ranks[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    moments = times(table)
    rows: Rows = np.lexsort((moments, ranks[codes]))
    tied = ~(changes(ranks[codes][rows]) | changes(moments[rows]))
    if tied.any():
        _settle(rows, tied, table["conversation_id"])
    return rows


def changes(values: NDArray[Any]) -> Flags:
    """Return where a value differs from the one before it; the first one does."""
    different = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=different[1:])
    return different


def _settle(rows: Rows, tied: Flags, ids: pa.ChunkedArray) -> None:
    """Put rows of the same agent and time in the order of their ids, in place."""
    group = np.cumsum(~tied)
    places = np.flatnonzero(tied | np.append(tied[1:], False))
    keys = pa.table({"group": group[places], "id": ids.take(pa.array(rows[places]))})
    by_id = pc.sort_indices(keys, sort_keys=[("group", "ascending"), ("id", "ascending")])
    rows[places] = rows[places][by_id.to_numpy()]


def pick(table: pa.Table, rows: Rows) -> pa.Table:
    """Return some rows, in this order; without a copy where they make up a few long slices."""
    starts = np.flatnonzero(np.diff(rows, prepend=-2) != 1)
    if len(starts) > MAX_SLICES or len(rows) * 2 <= len(table):
        return table.take(pa.array(rows))
    ends = np.append(starts[1:], len(rows))
    slices = [
        table.slice(int(rows[start]), int(end - start))
        for start, end in zip(starts, ends, strict=True)
    ]
    return pa.concat_tables(slices)
