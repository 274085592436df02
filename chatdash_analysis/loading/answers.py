"""The service's answers on their way into the store, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chatdash_analysis.errors import InputError
from chatdash_analysis.loading.fates import KEYS, Asked, Keys, keys_of
from chatdash_analysis.loading.intervals import Interval, to_microseconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from chatdash_analysis.loading.arrange import Flags

__all__ = ["Answers", "Batch", "answers_of"]


@dataclass(frozen=True)
class Batch:
    """The answer of the service for a stretch of one agent.

    Attributes
    ----------
    agent_id : str
        The agent that was asked for.
    interval : Interval
        The stretch, and what is to be known about the answer.
    table : pyarrow.Table
        Its rows: of this agent, within the stretch.
    seen_at : datetime.datetime, optional
        When all of its rows had arrived; by default when they were asked for.
    """

    agent_id: str
    interval: Interval
    table: pa.Table
    seen_at: datetime | None = None


@dataclass(frozen=True)
class Answers:
    """Batches, with what decides about their rows: `agents` numbers the agents."""

    batches: Sequence[Batch]
    agents: Mapping[str, int]
    asked: Sequence[Asked]
    keys: Keys


def answers_of(batches: Sequence[Batch]) -> Answers:
    """Check the batches, at least one, and take out what decides about their rows.

    Raises
    ------
    InputError
        If a batch holds rows that do not belong to its agent and its stretch.
    """
    agents = {agent: place for place, agent in enumerate(sorted({b.agent_id for b in batches}))}
    asked = [_asked(batch, agents[batch.agent_id]) for batch in batches]
    keys, ours = _fresh_keys(batches, asked)
    edges = np.array([(a.start, a.end) for a in asked])[keys.batch]
    inside = (keys.time >= edges[:, 0]) & (keys.time < edges[:, 1])
    wrong = np.flatnonzero(~(ours & inside))
    if len(wrong):
        batch = batches[int(keys.batch[wrong[0]])]
        raise InputError(
            f"{len(wrong)} rows do not belong to the agent and the stretch that they were fetched"
            f" for; the first was fetched for agent {batch.agent_id}, {batch.interval.start} to"
            f" {batch.interval.end}."
        )
    return Answers(batches, agents, asked, keys)


def _asked(batch: Batch, agent: int) -> Asked:
    held = batch.interval
    naive = any(t.utcoffset() is None for t in (held.start, held.end, held.fetched_at))
    if naive or held.start >= held.end:
        raise InputError(f"An interval needs aware instants, start before end; got {held}.")
    return Asked(agent, to_microseconds(held.start), to_microseconds(held.end), held.flags)


def _fresh_keys(batches: Sequence[Batch], asked: Sequence[Asked]) -> tuple[Keys, Flags]:
    """Return the keys of all fresh rows, and which of them are of the agent asked for."""
    columns = [*KEYS, "agent_id"]
    bare = [batch.table.select(columns).replace_schema_metadata(None) for batch in batches]
    table = pa.concat_tables(bare)
    number = np.repeat(np.arange(len(batches)), [len(batch.table) for batch in batches])
    agents = pa.array([batch.agent_id for batch in batches], pa.string()).take(pa.array(number))
    ours = pc.fill_null(pc.equal(table["agent_id"], agents), False)
    return keys_of(table, np.array([a.agent for a in asked])[number], number), ours.to_numpy()
