"""Fetch one window of one agent: whole, or with the missing part named.

The service has no pages, and may cut an answer in silence. So a window is asked for
under each combination of ``record`` and ``interacted``, split in two when it fails,
and counted against its halves when the number of rows looks like a limit.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from chatdash_analysis.errors import RequestError, ResponseError
from chatdash_analysis.loading.parsing import parse_conversations
from chatdash_analysis.loading.placing import belonging, placed, seen_between, times_of
from chatdash_analysis.loading.windows import MILLISECOND, Window, wire_format

if TYPE_CHECKING:
    from chatdash_analysis.loading.client import Client

__all__ = ["COMBINATIONS", "Fetched", "Fetcher", "Gap", "Habits", "StoppedError"]

# Bit of each combination of (record, interacted) in masks of combinations.
COMBINATIONS = {1: (True, True), 2: (True, False), 4: (False, True), 8: (False, False)}
FLOOR = timedelta(seconds=1)
# Limits on answers are assumed not to lie below this.
SMALLEST_CAP = 10
# Fewer rows at one instant, as an import leaves them, are taken for all there are.
UNPROVED = 25


class StoppedError(Exception):
    """The load has ended; what its threads still do is in vain."""


@dataclass(frozen=True)
class Gap:
    """A stretch of time that could not be had."""

    agent_id: str
    start: datetime
    end: datetime
    flags: int
    reason: str

    def describe(self) -> dict[str, str | bool | None]:
        """Return the gap as plain values for errors and provenance."""
        record, interacted = COMBINATIONS.get(self.flags, (None, None))
        return {
            "agent_id": self.agent_id,
            "start": wire_format(self.start),
            "end": wire_format(self.end),
            "record": record,
            "interacted": interacted,
            "reason": self.reason,
        }


@dataclass
class Habits:
    """What is known of the service's unwritten rules; shared by all threads of a load.

    Attributes
    ----------
    pad : timedelta
        By how much each window is widened in requests; rows outside are dropped here.
    by_creation : bool
        Whether the service's date filter looks at ``createdAt``.
    whole : int
        Largest number of rows that an answer proved to hold without being cut.
    """

    pad: timedelta = MILLISECOND
    by_creation: bool = True
    known: bool = False
    whole: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def prove(self, rows: int) -> None:
        """Note that an answer of so many rows was not cut."""
        with self._lock:
            self.whole = max(self.whole, rows)


@dataclass(frozen=True)
class Fetched:
    """What a window held: tables with ``served`` and ``placed_at`` set, and what is missing."""

    window: Window
    flags: int
    tables: list[pa.Table]
    gaps: list[Gap]
    rejected: list[str]
    widths: dict[int, timedelta] = field(default_factory=dict)

    @property
    def workable(self) -> timedelta:
        """The widest window that could be had whole under every combination."""
        return min(self.widths.values(), default=self.window.width)

    @property
    def rows(self) -> int:
        """Number of rows, those served under several combinations counted each time."""
        return sum(map(len, self.tables))


@dataclass(frozen=True)
class _Answer:
    table: pa.Table
    count: int
    rejected: list[str]


@dataclass
class Fetcher:
    """Fetches windows of one agent."""

    client: Client
    agent_id: str
    habits: Habits
    stopped: threading.Event = field(default_factory=threading.Event)

    def fetch(self, window: Window, flags: int) -> Fetched:
        """Fetch a window under each combination of the mask `flags`."""
        fetched = Fetched(window, flags, [], [], [])
        # Conversations go from false to true: asked for last, true finds those that just went.
        for bit in sorted(COMBINATIONS, reverse=True):
            if flags & bit:
                self._collect(window, bit, fetched)
        return fetched

    def ask(self, window: Window, bit: int, *, attempts: int | None = None) -> _Answer:
        """Send one request and parse its answer.

        Raises
        ------
        StoppedError
            If nobody waits for the answer any more.
        """
        if self.stopped.is_set():
            raise StoppedError
        record, interacted = COMBINATIONS[bit]
        params = {
            "startDate": wire_format(_earlier(window.start, self.habits.pad)),
            "endDate": wire_format(_later(window.end, self.habits.pad)),
            "record": "true" if record else "false",
            "interacted": "true" if interacted else "false",
        }
        path = ("agents", self.agent_id, "conversations")
        parsed = self.client.get(path, params, parse_conversations, attempts=attempts)
        return _Answer(parsed.table, parsed.count, parsed.rejected)

    def _collect(self, window: Window, bit: int, fetched: Fetched) -> None:
        """Add the rows of a window, splitting it as long as it cannot be had whole."""
        if self._try(window, bit, fetched):
            return
        halves = window.halves()
        # Both halves before their halves: a service that is well but for one spot then
        # shows it at each level, and is not taken for one that is down.
        for half in [half for half in halves if not self._try(half, bit, fetched)]:
            for quarter in half.halves():
                self._collect(quarter, bit, fetched)

    def _try(self, window: Window, bit: int, fetched: Fetched) -> bool:
        """Add the rows of a window, or a gap if it cannot be split; False if it must be."""
        narrow = window.width <= FLOOR
        try:
            answer = self.ask(
                window, bit, attempts=None if narrow else min(3, self.client.max_attempts)
            )
        except (RequestError, ResponseError) as error:
            if not getattr(error, "splittable", True):
                raise
            if narrow:
                fetched.gaps.append(self._gap(window, bit, str(error)))
            return narrow
        fetched.widths[bit] = max(window.width, fetched.widths.get(bit, window.width))
        self._examine(window, bit, answer, fetched)
        return True

    def _examine(self, window: Window, bit: int, answer: _Answer, fetched: Fetched) -> None:
        """Accept an answer, or prove with two narrower ones that it was not cut."""
        self._keep(window, bit, answer, fetched)
        if not self._suspicious(answer.count):
            return
        at = self._split_at(window, answer.table)
        if at is None:
            self._doubt(window, bit, answer, fetched)
            return
        halves = [self._half(half, bit, fetched) for half in window.split(at)]
        found = [(half, part) for half, part in halves if part is not None]
        if not found:
            return
        if any(_any_new(answer.table, part.table) for _, part in found):
            narrower = found
        elif all(part.count < answer.count for _, part in found):
            self.habits.prove(answer.count)
            return
        else:
            # Bounds that are not respected prove nothing; a date that is not the creation's
            # may lie in one half for all rows.
            narrower = [item for item in found if item[1].count >= answer.count]
            if self.habits.by_creation or len(narrower) == len(found):
                self._doubt(window, bit, answer, fetched)
                return
        for half, part in narrower:
            self._examine(half, bit, part, fetched)

    def _split_at(self, window: Window, table: pa.Table) -> datetime | None:
        if self.habits.by_creation:
            return _middle(window, table)
        return window.halves()[1].start if window.width >= 2 * MILLISECOND else None

    def _half(self, half: Window, bit: int, fetched: Fetched) -> tuple[Window, _Answer | None]:
        try:
            return half, self.ask(half, bit)
        except (RequestError, ResponseError) as error:
            if not getattr(error, "splittable", True):
                raise
            self._collect(half, bit, fetched)
            return half, None

    def _doubt(self, window: Window, bit: int, answer: _Answer, fetched: Fetched) -> None:
        """Name a gap where an answer may be cut and nothing can prove that it is not."""
        if answer.count < max(self.habits.whole, UNPROVED):
            return
        if self.habits.by_creation and not _is_round(answer.count):
            times = [t for t in pc.unique(times_of(answer.table)).to_pylist() if t is not None]
            if len(times) > 1:
                return
        reason = f"the answer has {answer.count} rows, and nothing proves that it was not cut"
        fetched.gaps.append(self._gap(window, bit, reason))

    def _suspicious(self, count: int) -> bool:
        return count >= SMALLEST_CAP and (count >= self.habits.whole or _is_round(count))

    def _keep(self, window: Window, bit: int, answer: _Answer, fetched: Fetched) -> None:
        table = belonging(placed(answer.table, window, bit), self.agent_id)
        if self.habits.by_creation:
            table = seen_between(table, window)
        if len(table):
            fetched.tables.append(table)
        fetched.rejected.extend(text for text in answer.rejected if text not in fetched.rejected)

    def _gap(self, window: Window, bit: int, reason: str) -> Gap:
        return Gap(self.agent_id, window.start, window.end, bit, reason)


def _earlier(moment: datetime, pad: timedelta) -> datetime:
    try:
        return moment - pad
    except OverflowError:
        return moment


def _later(moment: datetime, pad: timedelta) -> datetime:
    try:
        # Up to the next whole millisecond, the finest that the service is asked for.
        return moment + pad + MILLISECOND - timedelta(microseconds=1)
    except OverflowError:
        return moment


def _is_round(count: int) -> bool:
    return count % 50 == 0 or count in (10, 20, 25, 30, 40) or count & (count - 1) == 0


def _middle(window: Window, table: pa.Table) -> datetime | None:
    """Return an instant with rows on both sides; None if all rows share one instant."""
    times = pc.unique(times_of(table).drop_null()).sort()
    inside = [t for t in times.to_pylist() if window.start < t < window.end]
    inside = [t for t in inside if t > times[0].as_py()]
    return inside[len(inside) // 2] if inside else None


def _any_new(known: pa.Table, found: pa.Table) -> bool:
    """Whether rows were found that are not known."""
    old = pc.is_in(found["conversation_id"], known["conversation_id"].combine_chunks())
    return not pc.all(old).as_py()
