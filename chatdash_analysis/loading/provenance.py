"""What a frame carries about its own origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatdash_analysis.loading.fetching import COMBINATIONS
from chatdash_analysis.loading.windows import wire_format
from chatdash_analysis.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from chatdash_analysis.loading.fetching import Gap
    from chatdash_analysis.loading.store import Interval, Store
    from chatdash_analysis.loading.windows import Window

__all__ = ["NAMES", "provenance"]

NAMES = {
    bit: f"{'recorded' if record else 'not recorded'}, {'interacted' if used else 'not interacted'}"
    for bit, (record, used) in COMBINATIONS.items()
}


def provenance(
    store: Store, windows: Mapping[str, Window], flags: int, gaps: Sequence[Gap]
) -> dict[str, Any]:
    """Return plain values, fit for JSON, on where the rows of `windows` come from."""
    parts = [
        (agent, interval, window)
        for agent, window in windows.items()
        for interval in store.coverage(agent)
        if interval.start < window.end and window.start < interval.end
    ]
    fetched = [interval.fetched_at for _, interval, _ in parts]
    return {
        "agents": list(windows),
        "start": wire_format(min(w.start for w in windows.values())),
        "end": wire_format(max(w.end for w in windows.values())),
        "combinations": [NAMES[bit] for bit in COMBINATIONS if flags & bit],
        "covered": _merged(
            [_covered(agent, interval, window) for agent, interval, window in parts]
        ),
        "fetched_at": wire_format(min(fetched)) if fetched else None,
        "schema_version": SCHEMA_VERSION,
        "base_url": store.base_url,
        "gaps": [gap.describe() for gap in gaps],
        "rejected": sum(interval.rejected for _, interval, _ in parts),
    }


def _covered(agent: str, interval: Interval, window: Window) -> dict[str, Any]:
    return {
        "agent_id": agent,
        "start": wire_format(max(interval.start, window.start)),
        "end": wire_format(min(interval.end, window.end)),
        "combinations": [NAMES[bit] for bit in COMBINATIONS if interval.flags & bit],
        "fetched_at": wire_format(interval.fetched_at),
    }


def _merged(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join neighbours fetched under the same combinations; pandas copies this list often."""
    merged: list[dict[str, Any]] = []
    for part in parts:
        last = merged[-1] if merged else None
        same = last and all(last[key] == part[key] for key in ("agent_id", "combinations"))
        if last and same and last["end"] == part["start"]:
            oldest = min(last["fetched_at"], part["fetched_at"])
            merged[-1] = {**last, "end": part["end"], "fetched_at": oldest}
        else:
            merged.append(part)
    return merged
