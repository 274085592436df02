"""When the store saw each conversation without a verdict for the last time, and first with one.

A row says so from the commit on that brings its verdict. Until then its coverage tells
when it was last fetched, so that looking again at what has none rewrites nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chatdash_analysis.flattening.columns import SIGHTS
from chatdash_analysis.loading.fates import conversation_numbers
from chatdash_analysis.loading.intervals import to_microseconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chatdash_analysis.loading.answers import Answers
    from chatdash_analysis.loading.arrange import Flags, Rows
    from chatdash_analysis.loading.fates import Keys
    from chatdash_analysis.loading.intervals import Interval

__all__ = [
    "NEVER",
    "VERDICT",
    "VERDICT_KEYS",
    "Sights",
    "completed",
    "fetched_at",
    "instants",
    "remembered",
    "sights_of",
    "with_sights",
]

VERDICT = "evaluation_is_success"
VERDICT_KEYS = (VERDICT, *SIGHTS.names)
# Stands for a missing instant among microseconds since 1970.
NEVER: int = np.iinfo("int64").min


@dataclass(frozen=True)
class Sights:
    """Whether rows have a verdict, and when they were seen; one entry a row in each array.

    `unjudged_at` is the last time without a verdict before `judged_at`, the first with
    one: microseconds since 1970, or `NEVER`.
    """

    judged: Flags
    unjudged_at: Rows
    judged_at: Rows

    def take(self, rows: Rows) -> Sights:
        """Return some of the rows."""
        return Sights(self.judged[rows], self.unjudged_at[rows], self.judged_at[rows])


def sights_of(table: pa.Table) -> Sights:
    """Take them out of a table that has the columns `VERDICT_KEYS`."""
    unjudged_at, judged_at = (_microseconds(table[name]) for name in SIGHTS.names)
    return Sights(table[VERDICT].is_valid().to_numpy(), unjudged_at, judged_at)


def _microseconds(column: pa.ChunkedArray) -> Rows:
    values: Rows = pc.fill_null(column.cast(pa.int64()), NEVER).to_numpy()
    return values


def instants(moments: Rows) -> pa.Array:
    """Return microseconds since 1970 as an Arrow column, null where `NEVER`."""
    return pa.array(moments, pa.int64(), mask=moments == NEVER).cast(pa.timestamp("us", "UTC"))


def with_sights(table: pa.Table, sights: Sights) -> pa.Table:
    """Return a table of fresh rows with the columns `SIGHTS`."""
    for field, moments in zip(SIGHTS, (sights.unjudged_at, sights.judged_at), strict=True):
        table = table.append_column(field, instants(moments))
    return table


def remembered(
    keys: Keys,
    stored: Sequence[Sights],
    answers: Answers,
    coverage: Mapping[str, Sequence[Interval]],
) -> Sights:
    """Return what fresh rows carry on: what the store knew of them, and what it sees now.

    A first verdict stays the first, whatever becomes of it later.

    Parameters
    ----------
    keys : Keys
        Of the stored rows first, then of the fresh ones.
    stored : sequence of Sights
        Of the stored rows.
    coverage : mapping of str to sequence of Interval
        What was fetched before these answers.
    """
    fresh = _seen_now(answers)
    count = len(keys.time) - len(fresh.judged)
    if not count:
        return fresh
    numbers = conversation_numbers(keys, np.arange(len(keys.time)))
    fetched = np.full(count, NEVER)
    for agent_id, agent in answers.agents.items():
        mine = np.flatnonzero(keys.agent[:count] == agent)
        fetched[mine] = fetched_at(coverage.get(agent_id, ()), keys.time[mine])
    before = completed(_joined(stored), fetched)
    rows, partners = _partners(numbers, count)
    known = before.judged_at[partners] != NEVER
    now = fresh.judged[rows] | known
    fresh.unjudged_at[rows] = np.where(now, before.unjudged_at[partners], NEVER)
    fresh.judged_at[rows[known]] = before.judged_at[partners[known]]
    return fresh


def _seen_now(answers: Answers) -> Sights:
    """Return the sights of fresh rows as if they had not been seen before."""
    batches = answers.batches
    judged = np.concatenate([batch.table[VERDICT].is_valid().to_numpy() for batch in batches])
    # Without an id nobody can tell whether a conversation was there before.
    judged = judged.astype(bool) & answers.keys.ids.is_valid().to_numpy()
    seen = [to_microseconds(batch.seen_at or batch.interval.fetched_at) for batch in batches]
    moments = np.repeat(np.array(seen, "int64"), [len(batch.table) for batch in batches])
    return Sights(judged, np.full(len(judged), NEVER), np.where(judged, moments, NEVER))


def fetched_at(covered: Sequence[Interval], moments: Rows) -> Rows:
    """Return when the stretch that holds each moment was fetched, `NEVER` where none does."""
    if not covered:
        return np.full(len(moments), NEVER)
    starts, ends, fetched = (
        np.array([to_microseconds(getattr(interval, name)) for interval in covered])
        for name in ("start", "end", "fetched_at")
    )
    place = np.searchsorted(starts, moments, side="right") - 1
    held = (place >= 0) & (moments < ends[place])
    return np.where(held, fetched[place], NEVER)


def completed(sights: Sights, fetched: Rows) -> Sights:
    """Fill in what rows do not say from when they were last fetched.

    Of rows with a verdict those of an earlier version do not say when it was first seen.
    """
    first = np.where(sights.judged & (sights.judged_at == NEVER), fetched, sights.judged_at)
    last = np.where(first == NEVER, fetched, sights.unjudged_at)
    return Sights(sights.judged, last, first)


def _joined(pieces: Sequence[Sights]) -> Sights:
    return Sights(
        np.concatenate([piece.judged for piece in pieces]),
        np.concatenate([piece.unjudged_at for piece in pieces]),
        np.concatenate([piece.judged_at for piece in pieces]),
    )


def _partners(numbers: Rows, count: int) -> tuple[Rows, Rows]:
    """Find the fresh rows whose conversation is stored, and the stored row of each."""
    order = np.argsort(numbers[:count], kind="stable")
    held = numbers[:count][order]
    place = np.minimum(np.searchsorted(held, numbers[count:]), count - 1)
    rows = np.flatnonzero((held[place] == numbers[count:]) & (numbers[count:] >= 0))
    return rows, order[place[rows]]
