"""Where in time a row stands, and which of two copies of a row is right."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from chatdash_analysis.loading.windows import Window

__all__ = [
    "belonging",
    "by_content",
    "chronological",
    "newest",
    "placed",
    "replaced",
    "seen_between",
    "times_of",
]

_INSTANT = pa.timestamp("us", "UTC")


def times_of(table: pa.Table) -> pa.ChunkedArray:
    """Return for each row when it was created, or the instant that stands in for it."""
    return pc.coalesce(table["created_at"], table["placed_at"])


def placed(table: pa.Table, window: Window, bit: int) -> pa.Table:
    """Note on each row under which combination it was served, and place undated rows."""
    served = pa.repeat(pa.scalar(bit, pa.int8()), len(table))
    places = pa.nulls(len(table), _INSTANT)
    if table["created_at"].null_count:
        pairs = zip(
            table["created_at"].to_pylist(), table["conversation_id"].to_pylist(), strict=True
        )
        places = pa.array([None if at else _place(key, window) for at, key in pairs], _INSTANT)
    return replaced(table, served=served, placed_at=places)


def replaced(table: pa.Table, **columns: pa.Array) -> pa.Table:
    """Return `table` with other content in some of its columns."""
    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(place), values)
    return table


def belonging(table: pa.Table, agent_id: str) -> pa.Table:
    """Return the rows as those of the agent that they were asked of.

    What they say themselves, where it is something else, is put aside.
    """
    same = pc.fill_null(pc.equal(table["agent_id"], agent_id), False)
    if pc.all(same).as_py():
        return table
    owners = pa.repeat(pa.scalar(agent_id), len(table))
    others = [
        text if fits or said is None else _with_member(text, "agentId", said)
        for text, fits, said in zip(
            *(
                column.to_pylist()
                for column in (table["other_properties"], same, table["agent_id"])
            ),
            strict=True,
        )
    ]
    return replaced(table, agent_id=owners, other_properties=pa.array(others, pa.string()))


def _with_member(text: str | None, key: str, value: str) -> str:
    members = {**json.loads(text or "{}"), key: value}
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _place(conversation_id: str, window: Window) -> datetime:
    """Take the time from the id, whose first four bytes are its creation in seconds."""
    try:
        seconds = int(conversation_id[:8], 16) if len(conversation_id) == 24 else -1
    except ValueError:
        seconds = -1
    moment = datetime.fromtimestamp(seconds, UTC) if seconds >= 0 else window.start
    return moment if window.start <= moment < window.end else window.start


def seen_between(table: pa.Table, window: Window) -> pa.Table:
    """Return the rows that stand inside the window."""
    times = times_of(table)
    start, end = pa.scalar(window.start, _INSTANT), pa.scalar(window.end, _INSTANT)
    inside = pc.and_(pc.greater_equal(times, start), pc.less(times, end))
    # Mostly all are inside, and a copy would double what is held.
    return table if pc.all(inside).as_py() else table.filter(inside)


def chronological(table: pa.Table) -> pa.Table:
    """Return the rows oldest first; rows of one instant by their id."""
    times = times_of(table).combine_chunks().cast(pa.int64()).to_numpy(zero_copy_only=False)
    if (times[1:] > times[:-1]).all():
        return table
    keys = pa.table({"at": times, "id": table["conversation_id"]})
    return table.take(pc.sort_indices(keys, [("at", "ascending"), ("id", "ascending")]))


def newest(table: pa.Table) -> pa.Table:
    """Return one row a conversation: of several copies the one that was updated last.

    Between copies of the same update the choice depends on their content alone, not
    on their order.
    """
    ids = table["conversation_id"].combine_chunks().dictionary_encode()
    if len(ids.dictionary) == len(table):
        return table
    codes = ids.indices.to_numpy()
    updated = pc.fill_null(table["updated_at"].cast(pa.int64()), np.iinfo("int64").min).to_numpy()
    order = np.lexsort((_content(table, codes), updated, codes))
    last = np.append(codes[order][1:] != codes[order][:-1], True)
    return table.take(pa.array(np.sort(order[last])))


def by_content(table: pa.Table) -> pa.Table:
    """Return the rows with the copies of each conversation in an order of their content.

    The store lets the last of several equally new copies stand.
    """
    ids = table["conversation_id"].combine_chunks().dictionary_encode()
    if len(ids.dictionary) == len(table):
        return table
    content = _content(table, ids.indices.to_numpy())
    return table.take(pa.array(np.argsort(content, kind="stable")))


def _content(table: pa.Table, codes: Any) -> Any:
    """Return a number for the content of each row that has copies; 0 for the others."""
    copies = np.flatnonzero(np.bincount(codes)[codes] > 1)
    content = np.zeros(len(table), "uint64")
    frame = table.drop_columns(["served", "placed_at"]).take(copies).to_pandas()
    content[copies] = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return content
