"""What a load was asked for: agents, range, flags and how fresh."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.loading.addresses import join_url
from chatdash_analysis.loading.fetching import COMBINATIONS
from chatdash_analysis.loading.windows import EPOCH, Moment, Window, to_moment

if TYPE_CHECKING:
    from chatdash_analysis.loading.store import Store

__all__ = ["Asked", "Refresh"]

Refresh = Literal["auto", "all", "never"]


@dataclass(frozen=True)
class Asked:
    """The arguments of a load, checked."""

    agents: list[str]
    start: datetime | None
    end: datetime | None
    now: datetime
    record: bool | None
    interacted: bool | None
    refresh: Refresh

    @classmethod
    def read(
        cls,
        *,
        agents: str | Iterable[str],
        start: Moment | None,
        end: Moment | None,
        record: bool | None,
        interacted: bool | None,
        refresh: Refresh,
    ) -> Asked:
        """Check the arguments of `load_conversations`."""
        if refresh not in ("auto", "all", "never"):
            raise InputError(f"refresh={refresh!r} is none of 'auto', 'all' and 'never'.")
        for name, flag in (("record", record), ("interacted", interacted)):
            if flag is not None and not isinstance(flag, (bool, np.bool_)):
                raise InputError(f"{name}={flag!r} is none of True, False and None (both).")
        asked = cls(
            _agent_ids(agents),
            None if start is None else to_moment(start, "start"),
            None if end is None else to_moment(end, "end"),
            datetime.now(UTC),
            record,
            interacted,
            "never" if os.environ.get("CHATDASH_OFFLINE", "0") not in ("", "0") else refresh,
        )
        first, last = asked.start or EPOCH, asked.end or asked.now
        if first >= last:
            raise InputError(
                f"The range is empty: start={first.isoformat()} is not before"
                f" end={last.isoformat()}{'' if end is not None else ' (now)'}."
            )
        return asked

    @property
    def flags(self) -> int:
        """Mask of the record/interacted combinations asked for."""
        return sum(
            bit
            for bit, (record, interacted) in COMBINATIONS.items()
            if self.record in (None, record) and self.interacted in (None, interacted)
        )

    def windows(self, store: Store) -> dict[str, Window]:
        """Return the range of each agent; offline an open end goes as far as the cache does."""
        return {agent: self._window(agent, store) for agent in self.agents}

    def _window(self, agent: str, store: Store) -> Window:
        covered = store.coverage(agent) if self.refresh == "never" else []
        first = covered[0].start if covered else EPOCH
        last = covered[-1].end if covered else self.now
        return Window(self.start or first, self.end or max(last, self.start or first))


def _agent_ids(agents: str | Iterable[str]) -> list[str]:
    if isinstance(agents, pd.DataFrame):
        raise InputError("agents is a table: give its column of ids, agents['agent_id'].")
    if isinstance(agents, (Mapping, bytes)) or not isinstance(agents, (str, Iterable)):
        raise InputError(f"agents={agents!r} is neither an agent id nor several of them.")
    ids = [agents] if isinstance(agents, str) else list(agents)
    if not ids:
        raise InputError("agents is empty: give at least one agent id (load_agents lists them).")
    for agent in ids:
        join_url("", ("agents", agent), None)
    return list(dict.fromkeys(ids))
