"""Read out of a state of the store when each conversation was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from chatdash_analysis.loading.arrange import times
from chatdash_analysis.loading.parts import read_part
from chatdash_analysis.loading.sights import (
    NEVER,
    VERDICT_KEYS,
    completed,
    fetched_at,
    instants,
    sights_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from chatdash_analysis.loading.manifest import Manifest, Part
    from chatdash_analysis.loading.selection import Request

__all__ = ["SEEN", "seen"]

_FACTS = ("conversation_id", "agent_id", "created_at", "ended_at", "updated_at")
_INSTANT = pa.timestamp("us", "UTC")
SEEN: pa.Schema = pa.schema(
    [
        *((name, pa.string()) for name in _FACTS[:2]),
        *((name, _INSTANT) for name in _FACTS[2:]),
        *((name, _INSTANT) for name in ("last_unjudged_at", "first_judged_at", "last_seen_at")),
    ]
)


def seen(folder: Path, state: Manifest, request: Request) -> pa.Table:
    """Return the columns `SEEN` of the conversations that have an id, in no order."""
    tables = [
        _read(folder, state, part, request)
        for part in state.parts
        if any(request.touches(run) for run in part.runs)
    ]
    return pa.concat_tables(tables) if tables else SEEN.empty_table()


def _read(folder: Path, state: Manifest, part: Part, request: Request) -> pa.Table:
    runs = [(offset, run) for offset, run in part.located() if request.touches(run)]
    ranges = [(offset, offset + run.rows) for offset, run in runs]
    table = read_part(folder, part, [*_FACTS, "placed_at", *VERDICT_KEYS], ranges)
    moments = times(table)
    sizes = np.cumsum([run.rows for _, run in runs])[:-1]
    fetched = np.concatenate(
        [
            fetched_at(state.coverage.get(run.agent_id, ()), part_of)
            for (_, run), part_of in zip(runs, np.split(moments, sizes), strict=True)
        ]
    )
    sights = completed(sights_of(table), fetched)
    # A verdict was there to be seen when it was, even if its coverage is lost.
    last = np.maximum(np.where(fetched == NEVER, sights.unjudged_at, fetched), sights.judged_at)
    columns = [*(table[name] for name in _FACTS)]
    columns += [instants(m) for m in (sights.unjudged_at, sights.judged_at, last)]
    inside = (moments >= request.start) & (moments < request.end)
    chosen = inside & table["conversation_id"].is_valid().to_numpy()
    return pa.Table.from_arrays(columns, schema=SEEN).filter(pa.array(chosen))
