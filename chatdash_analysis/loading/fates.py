"""Which rows a commit keeps, and under which combinations they then stand.

Only what decides is looked at, as plain arrays; whole rows are moved afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chatdash_analysis.loading.arrange import Flags, Rows, changes, times

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "KEYS",
    "STORED",
    "Asked",
    "Keys",
    "conversation_numbers",
    "decide",
    "joined_keys",
    "keys_of",
]

KEYS = ("conversation_id", "created_at", "updated_at", "served", "placed_at")
STORED = -1
UNKNOWN = -1


@dataclass(frozen=True)
class Asked:
    """What one answer covers: the agent's number, a stretch in microseconds, the combinations."""

    agent: int
    start: int
    end: int
    flags: int


@dataclass(frozen=True)
class Keys:
    """What decides the fate of rows; one entry a row in each array.

    `batch` is the number of the answer that brought the row, `STORED` for a row that
    was there before. A missing `updated` is the smallest number.
    """

    agent: Rows
    batch: Rows
    ids: pa.ChunkedArray
    time: Rows
    updated: Rows
    served: Rows


def keys_of(table: pa.Table, agent: Rows, batch: Rows) -> Keys:
    """Take the keys out of a table that has the columns `KEYS`."""
    updated = pc.fill_null(table["updated_at"].cast(pa.int64()), np.iinfo("int64").min)
    served = pc.fill_null(table["served"], 0).to_numpy().astype("int64")
    ids = table["conversation_id"]
    return Keys(agent, batch, ids, times(table), updated.to_numpy(), served)


def joined_keys(pieces: Sequence[Keys]) -> Keys:
    """Put the keys of several tables one behind the other."""
    return Keys(
        agent=np.concatenate([p.agent for p in pieces]),
        batch=np.concatenate([p.batch for p in pieces]),
        ids=pa.chunked_array([chunk for p in pieces for chunk in p.ids.chunks], pa.string()),
        time=np.concatenate([p.time for p in pieces]),
        updated=np.concatenate([p.updated for p in pieces]),
        served=np.concatenate([p.served for p in pieces]),
    )


def decide(keys: Keys, asked: Sequence[Asked]) -> tuple[Flags, Rows]:
    """Decide for each row whether it stays, and its new `served`.

    An answer makes older rows in its stretch forget the combinations that it asked
    for; a row without any left is gone. Then, of rows of one agent with the same id the
    one that was updated last stays, the newer answer if that does not tell; it stands
    under the combinations of all. Rows without an id are never taken for the same.

    Parameters
    ----------
    keys : Keys
        Stored rows first, then those of the answers in their order.
    asked : sequence of Asked
        The answers; `Keys.batch` counts them.
    """
    served, touched = _forget(keys, asked)
    stays = ~touched | (served != 0)
    rows = np.flatnonzero(stays)
    winners, combined = _unite(keys, asked, rows, served)
    stays[rows] = winners
    served[rows] = combined
    return stays, served


def _forget(keys: Keys, asked: Sequence[Asked]) -> tuple[Rows, Flags]:
    served = keys.served.copy()
    touched = np.zeros(len(served), bool)
    rows = np.lexsort((keys.time, keys.agent))
    agents, moments, batches = keys.agent[rows], keys.time[rows], keys.batch[rows]
    for number, answer in enumerate(asked):
        first, behind = np.searchsorted(agents, [answer.agent, answer.agent + 1])
        edges = np.searchsorted(moments[first:behind], [answer.start, answer.end])
        here = slice(first + edges[0], first + edges[1])
        older = rows[here][batches[here] < number]
        served[older] &= ~answer.flags
        touched[older] = True
    return served, touched


def _unite(keys: Keys, asked: Sequence[Asked], rows: Rows, served: Rows) -> tuple[Flags, Rows]:
    """Unite rows of the same conversation: return which stay and their `served`."""
    stays = np.ones(len(rows), bool)
    combined = served[rows]
    same = conversation_numbers(keys, rows)
    by_conversation = np.argsort(same, kind="stable")
    starts = np.flatnonzero(changes(same[by_conversation]))
    sizes = np.diff(np.append(starts, len(rows)))
    starts, sizes = starts[sizes > 1], sizes[sizes > 1]
    if not len(starts):
        return stays, combined
    flags = np.array([answer.flags for answer in asked], "int64")
    batch, updated = keys.batch[rows], keys.updated[rows]
    best = by_conversation[starts]
    total = combined[best]
    for place in range(1, int(sizes.max())):
        open_ = np.flatnonzero(sizes > place)
        row, before = (by_conversation[starts[open_] + place - back] for back in (0, 1))
        forgets = np.where(batch[row] != batch[before], flags[batch[row]], 0)
        total[open_] = (total[open_] & ~forgets) | combined[row]
        newer = updated[row] >= updated[best[open_]]
        best[open_[newer]] = row[newer]
    stays[by_conversation[np.repeat(starts, sizes) + _count(sizes)]] = False
    stays[best] = True
    combined[best] = total
    return stays, combined


def conversation_numbers(keys: Keys, rows: Rows) -> Rows:
    """Give the rows of an agent that have the same id the same number, below 0 without an id."""
    coded = keys.ids.take(pa.array(rows)).combine_chunks().dictionary_encode()
    size = len(coded.dictionary)
    indices = pc.fill_null(coded.indices.cast(pa.int64()), UNKNOWN).to_numpy()
    numbers: Rows = keys.agent[rows] * size + indices
    unknown = np.flatnonzero(indices == UNKNOWN)
    numbers[unknown] = -1 - unknown
    return numbers


def _count(sizes: Rows) -> Rows:
    """Return 0, 1, ... for each group of the given sizes."""
    total: Rows = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return total
