"""Bring the store up to date: plan what is due, fetch it two windows at a time, commit."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from chatdash_analysis.errors import AuthenticationError, ChatDashError, RequestError
from chatdash_analysis.loading.agents import known_platforms
from chatdash_analysis.loading.fetching import COMBINATIONS, Fetched, Fetcher, Gap, Habits
from chatdash_analysis.loading.memory import lean_memory
from chatdash_analysis.loading.placing import seen_between
from chatdash_analysis.loading.probing import discover_habits, settle_habits
from chatdash_analysis.loading.progress import days_bar
from chatdash_analysis.loading.trailing import LONGEST, SHORTEST, trailing_windows
from chatdash_analysis.loading.windows import MILLISECOND, Due, Frontier, Window, due
from chatdash_analysis.loading.workers import Workers
from chatdash_analysis.loading.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chatdash_analysis.loading.client import Client
    from chatdash_analysis.loading.store import Store

__all__ = ["refresh_store"]

WORKERS = 2
# Agents asked for a row that tells the date filter, where those that were due had none.
DISCOVERIES = 3


def refresh_store(
    store: Store,
    client: Client,
    windows: Mapping[str, Window],
    flags: int,
    *,
    everything: bool,
    allow_gaps: bool,
) -> list[Gap]:
    """Fetch what is due of each agent's window into the store; return what could not be had."""
    plan = _planned(store, windows, flags, everything=everything)
    if not any(plan.values()):
        return []
    habits = _recall(store)
    with lean_memory():
        with contextlib.suppress(_HabitsChanged):
            return _Run(store, client, habits, allow_gaps).fetch(plan)
        return _Run(store, client, habits, allow_gaps).fetch(plan)


def _planned(
    store: Store, windows: Mapping[str, Window], flags: int, *, everything: bool
) -> dict[str, list[Due]]:
    """Return what is due of each agent; how late its verdicts come is asked only if it matters."""

    def plan(trailing: Mapping[str, timedelta]) -> dict[str, list[Due]]:
        return {
            agent: due(
                window,
                flags,
                store.coverage(agent),
                trailing=trailing[agent],
                everything=everything,
            )
            for agent, window in windows.items()
        }

    shortest, longest = (plan(dict.fromkeys(windows, days)) for days in (SHORTEST, LONGEST))
    asked = [agent for agent in windows if shortest[agent] != longest[agent]]
    if not asked:
        return shortest
    told = trailing_windows(store, asked, datetime.now(UTC))
    return plan({**dict.fromkeys(windows, SHORTEST), **told})


def _recall(store: Store) -> Habits:
    notes = store.notes()
    pad = timedelta(milliseconds=notes.get("pad_ms", 1))
    return Habits(pad=pad, by_creation=notes.get("by_creation", True), known="by_creation" in notes)


class _HabitsChanged(Exception):  # noqa: N818 - not an error: what was assumed turned out otherwise
    """The service filters by something else than assumed; the rows must be had again."""


@dataclass
class _Job:
    """One due stretch of one agent."""

    fetcher: Fetcher
    due: Due
    frontier: Frontier
    collected: list[Fetched] = field(default_factory=list)
    open: int = 0


@dataclass
class _Run:
    store: Store
    client: Client
    habits: Habits
    allow_gaps: bool
    gaps: list[Gap] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    pending: dict[Future[Fetched], _Job] = field(default_factory=dict)

    def fetch(self, plan: Mapping[str, Sequence[Due]]) -> list[Gap]:
        """Fetch all of a plan; what was fetched is committed even if the rest fails."""
        jobs = [self._job(agent, part) for agent, parts in plan.items() for part in parts]
        writer = Writer(self.store, known_platforms(self.store, self.client, list(plan)))
        total = sum(job.due.window.width / timedelta(days=1) for job in jobs)
        pool = Workers(WORKERS)
        try:
            with days_bar(total) as bar:
                for window, gaps in self._finished(pool, jobs, writer):
                    bar.update(window.width / timedelta(days=1))
                    self.gaps += gaps
        except BaseException as error:
            with contextlib.suppress(ChatDashError):
                if not isinstance(error, _HabitsChanged):
                    self._hand_over_answered(writer)
                writer.flush()
                _note(error)
            raise
        finally:
            # Not waited for: an interrupted load must stop at once.
            self.stopped.set()
            pool.dismiss()
        writer.flush()
        self._discover(jobs)
        self._remember()
        return self.gaps

    def _discover(self, jobs: list[_Job]) -> None:
        """Make sure of the date filter where no row that was fetched could tell."""
        agents = {job.fetcher.agent_id: job for job in jobs}
        for job in list(agents.values())[:DISCOVERIES]:
            # That of the run is set by now.
            job.fetcher.stopped = threading.Event()
            if not self.habits.known and discover_habits(job.fetcher):
                raise _HabitsChanged

    def _job(self, agent: str, part: Due) -> _Job:
        whole = part.window
        if not self.habits.by_creation:
            # A conversation ends and changes after it was created, up to now.
            whole = Window(whole.start, max(whole.end, datetime.now(UTC)))
        fetcher = Fetcher(self.client, agent, self.habits, self.stopped)
        return _Job(fetcher, part, Frontier(whole))

    def _finished(
        self, pool: Workers, jobs: list[_Job], writer: Writer
    ) -> Iterator[tuple[Window, list[Gap]]]:
        waiting = iter(_tasks(jobs))
        while True:
            while len(self.pending) < WORKERS and (task := next(waiting, None)):
                job, window = task
                job.open += 1
                self.pending[pool.submit(partial(self._fetch, job, window))] = job
            if not self.pending:
                return
            done, _ = wait(self.pending, return_when=FIRST_COMPLETED)
            for future in done:
                job, fetched = self.pending.pop(future), future.result()
                yield fetched.window, self._hand_over(job, fetched, writer)

    def _fetch(self, job: _Job, window: Window) -> Fetched:
        try:
            fetched = job.fetcher.fetch(window, job.due.flags)
        except AuthenticationError:
            raise
        except RequestError as error:
            if not self.allow_gaps:
                raise
            return _nothing(job, window, str(error))
        if not self.habits.known and settle_habits(job.fetcher, fetched):
            raise _HabitsChanged
        return fetched

    def _hand_over_answered(self, writer: Writer) -> None:
        """Keep what has arrived of a load that ends early, too."""
        for future, job in self.pending.items():
            if future.done() and not future.exception():
                self._hand_over(job, future.result(), writer)

    def _hand_over(self, job: _Job, fetched: Fetched, writer: Writer) -> list[Gap]:
        job.open -= 1
        job.frontier.learn(fetched.window, fetched.rows, fetched.workable)
        if self.habits.by_creation:
            writer.add(job.fetcher.agent_id, fetched)
            return fetched.gaps
        job.collected.append(fetched)
        if job.open or job.frontier.left():
            return []
        whole = _by_creation(job)
        writer.add(job.fetcher.agent_id, whole)
        return whole.gaps

    def _remember(self) -> None:
        if self.habits.known:
            pad = self.habits.pad / MILLISECOND
            self.store.remember(by_creation=self.habits.by_creation, pad_ms=pad)


def _note(error: BaseException) -> None:
    """Tell whoever interrupted a load that it can go on."""
    if isinstance(error, KeyboardInterrupt):
        error.add_note("What was fetched is kept: load again, and only the rest is fetched.")


def _tasks(jobs: list[_Job]) -> Iterator[tuple[_Job, Window]]:
    for job in jobs:
        while (window := job.frontier.next()) is not None:
            yield job, window


def _nothing(job: _Job, window: Window, reason: str) -> Fetched:
    agent, flags = job.fetcher.agent_id, job.due.flags
    bits = [bit for bit in COMBINATIONS if flags & bit]
    gaps = [Gap(agent, window.start, window.end, bit, reason) for bit in bits]
    return Fetched(window, flags, [], gaps, [])


def _by_creation(job: _Job) -> Fetched:
    """Join what was fetched by another date; a gap there may hide rows created any time before."""
    window = job.due.window
    tables = [seen_between(table, window) for part in job.collected for table in part.tables]
    gaps = [
        Gap(gap.agent_id, window.start, min(window.end, gap.end), gap.flags, gap.reason)
        for part in job.collected
        for gap in part.gaps
        if gap.end > window.start
    ]
    rejected = [text for part in job.collected for text in part.rejected]
    return Fetched(window, job.due.flags, [t for t in tables if len(t)], gaps, rejected)
