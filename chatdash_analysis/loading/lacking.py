"""What the store lacks of a range that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatdash_analysis.loading.fetching import COMBINATIONS, Gap
from chatdash_analysis.loading.windows import holes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chatdash_analysis.loading.store import Store
    from chatdash_analysis.loading.windows import Window

__all__ = ["gaps_listed", "lacking"]

_SHOWN = 5


def lacking(store: Store, windows: Mapping[str, Window], flags: int) -> list[Gap]:
    """Return the stretches that are not in the store, one for each combination of `flags`."""
    return [
        Gap(agent, hole.window.start, hole.window.end, bit, "not in the cache")
        for agent, window in windows.items()
        for hole in holes(window, flags, store.coverage(agent))
        for bit in COMBINATIONS
        if hole.flags & bit
    ]


def gaps_listed(gaps: Sequence[Gap]) -> str:
    """Describe gaps for an error message, the first few in a line each."""
    lines = [
        "  {agent_id}: {start} to {end}, record={record}, interacted={interacted}: {reason}".format(
            **gap.describe()
        )
        for gap in gaps[:_SHOWN]
    ]
    if len(gaps) > _SHOWN:
        lines.append(f"  and {len(gaps) - _SHOWN} more (see the attribute gaps)")
    return "\n".join(lines)
