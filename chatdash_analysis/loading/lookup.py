"""Find the stored rows that a commit may touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from chatdash_analysis.loading.arrange import pick
from chatdash_analysis.loading.fates import KEYS, STORED, Asked, Keys, keys_of
from chatdash_analysis.loading.parts import PREFIX, read_part
from chatdash_analysis.loading.sights import VERDICT_KEYS, Sights, sights_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from chatdash_analysis.loading.answers import Answers
    from chatdash_analysis.loading.arrange import Rows
    from chatdash_analysis.loading.manifest import Part, Run

__all__ = ["Stored", "affected"]


@dataclass(frozen=True)
class Stored:
    """Rows of a part: their numbers in it, their keys, and when they were seen."""

    part: Part
    rows: Rows
    keys: Keys
    sights: Sights


def affected(folder: Path, parts: Sequence[Part], answers: Answers) -> Iterator[Stored]:
    """Yield the stored rows, by part, that lie near the stretches or have one of the ids.

    Conversations can move: their `created_at` may differ from what was stored. So an
    id may be anywhere; most parts are ruled out by the bounds of their ids.
    """
    agents, reach = answers.agents, _reach(answers.asked)
    known = answers.keys.ids.combine_chunks().drop_null().unique()
    for part in parts:
        runs = [(offset, run) for offset, run in part.located() if run.agent_id in agents]
        if not runs:
            continue
        ranges = [(offset, offset + run.rows) for offset, run in runs]
        rows = np.concatenate([np.arange(start, end) for start, end in ranges])
        chosen = np.arange(len(rows))
        if not any(_near(run, reach[agents[run.agent_id]]) for _, run in runs):
            chosen = _with_ids(folder, part, ranges, known)
        if len(chosen):
            columns = [*KEYS, *VERDICT_KEYS]
            table = pick(read_part(folder, part, columns, ranges), chosen)
            agent = np.repeat([agents[r.agent_id] for _, r in runs], [r.rows for _, r in runs])
            old = np.full(len(chosen), STORED)
            keys = keys_of(table, agent[chosen], old)
            yield Stored(part, rows[chosen], keys, sights_of(table))


def _reach(asked: Sequence[Asked]) -> dict[int, tuple[int, int]]:
    reach: dict[int, tuple[int, int]] = {}
    for answer in asked:
        start, end = reach.get(answer.agent, (answer.start, answer.end))
        reach[answer.agent] = (min(start, answer.start), max(end, answer.end))
    return reach


def _near(run: Run, reach: tuple[int, int]) -> bool:
    return run.first < reach[1] and run.last >= reach[0]


def _with_ids(folder: Path, part: Part, ranges: Sequence[tuple[int, int]], known: pa.Array) -> Rows:
    none = np.empty(0, "int64")
    if not len(known):
        return none
    bounds = pc.min_max(known).as_py()
    if bounds["min"][:PREFIX] > part.ids[1] or bounds["max"][:PREFIX] < part.ids[0]:
        return none
    ids = read_part(folder, part, ["conversation_id"], ranges)["conversation_id"]
    return np.flatnonzero(pc.is_in(ids, value_set=known).to_numpy())
