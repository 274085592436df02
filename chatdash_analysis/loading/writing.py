"""Collect fetched windows and commit them to the store in portions."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from chatdash_analysis.flattening.columns import combine
from chatdash_analysis.loading.memory import release
from chatdash_analysis.loading.placing import by_content, seen_between
from chatdash_analysis.loading.store import Batch, Interval
from chatdash_analysis.loading.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatdash_analysis.loading.fetching import Fetched
    from chatdash_analysis.loading.store import Store

__all__ = ["Writer"]

# What is held back before a commit: many small windows are worth one commit, but an
# interrupted load must not lose much, nor a large one hold much.
HELD_BYTES = 24 * 1024 * 1024
HELD_SECONDS = 20.0


class Writer:
    """Commits what it is given, sooner or later; `flush` commits the rest."""

    def __init__(self, store: Store, platforms: Mapping[str, str]) -> None:
        self._store = store
        # One instant for the whole load, so that what it covers stays in one piece.
        self._began = datetime.now(UTC)
        self._batches: list[Batch] = []
        self._bytes = 0
        self._since = time.monotonic()
        self._platforms = platforms

    def add(self, agent_id: str, fetched: Fetched) -> None:
        """Take over a fetched window."""
        table = by_content(combine(fetched.tables))
        table = _with_platform(table, self._platforms.get(agent_id))
        for stretch, flags in _covered(fetched):
            interval = Interval(
                stretch.start, stretch.end, flags, self._began, len(fetched.rejected)
            )
            rows = seen_between(table, stretch)
            self._batches.append(Batch(agent_id, interval, rows, datetime.now(UTC)))
        self._bytes += table.nbytes
        if self._bytes > HELD_BYTES or time.monotonic() - self._since > HELD_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Commit what is held."""
        if self._batches:
            self._store.commit(self._batches)
        # After the commit: if it is interrupted, the next flush commits them again.
        self._batches, self._bytes = [], 0
        self._since = time.monotonic()
        release()


def _covered(fetched: Fetched) -> Iterator[tuple[Window, int]]:
    """Yield the stretches of a fetched window with the combinations that came whole."""
    edges = {fetched.window.start, fetched.window.end}
    for gap in fetched.gaps:
        edges |= {gap.start, gap.end}
    for start, end in itertools.pairwise(sorted(edges)):
        flags = fetched.flags
        for gap in fetched.gaps:
            if gap.start < end and start < gap.end:
                flags &= ~gap.flags
        if flags:
            yield Window(start, end), flags


def _with_platform(table: pa.Table, platform: str | None) -> pa.Table:
    place = table.schema.get_field_index("platform")
    values = pa.repeat(pa.scalar(platform, pa.string()), len(table))
    return table.set_column(place, table.schema.field(place), values)
