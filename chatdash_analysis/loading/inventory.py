"""What a state of the store holds, by agent."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from chatdash_analysis.loading.intervals import from_microseconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from chatdash_analysis.loading.intervals import Interval
    from chatdash_analysis.loading.manifest import Manifest, Part, Run

__all__ = ["inventory"]


def inventory(manifest: Manifest) -> list[dict[str, Any]]:
    """Describe each agent; the keys are those of `Store.info`."""
    runs: dict[str, list[tuple[Part, Run]]] = defaultdict(list)
    for part in manifest.parts:
        for run in part.runs:
            runs[run.agent_id].append((part, run))
    covered = {agent for agent, intervals in manifest.coverage.items() if intervals}
    return [
        {"agent_id": agent, **_rows(runs[agent]), **_stretch(manifest.coverage.get(agent, ()))}
        for agent in sorted(covered | runs.keys())
    ]


def _rows(runs: Sequence[tuple[Part, Run]]) -> dict[str, Any]:
    first = min((run.first for _, run in runs), default=None)
    last = max((run.last for _, run in runs), default=None)
    return {
        "conversations": sum(run.rows for _, run in runs),
        "first": None if first is None else from_microseconds(first),
        "last": None if last is None else from_microseconds(last),
        "bytes": round(sum(part.size * run.rows / part.rows for part, run in runs)),
        "parts": len(runs),
    }


def _stretch(intervals: Sequence[Interval]) -> dict[str, Any]:
    flags = -1 if intervals else 0
    for interval in intervals:
        flags &= interval.flags
    return {
        "covered_from": intervals[0].start if intervals else None,
        "covered_to": intervals[-1].end if intervals else None,
        "flags": flags,
    }
