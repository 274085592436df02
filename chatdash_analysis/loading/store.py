"""The parquet store of one service: conversations of its agents, and what is known of them.

Parts are immutable and named by their content; the manifest, replaced whole, says
which of them count. Writers take turns by a lock of the kernel; readers need none.
Killed at any moment, the store is in the state before or after a commit.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from chatdash_analysis.errors import CacheError, InputError
from chatdash_analysis.loading import parts
from chatdash_analysis.loading.answers import Batch
from chatdash_analysis.loading.commit import cleared, committed
from chatdash_analysis.loading.folders import public_address
from chatdash_analysis.loading.intervals import Interval, to_microseconds
from chatdash_analysis.loading.inventory import inventory
from chatdash_analysis.loading.manifest import (
    MANIFEST,
    DamagedManifestError,
    Manifest,
    load,
    read_manifest,
)
from chatdash_analysis.loading.parts import DamagedPart, VanishedPart
from chatdash_analysis.loading.seen import seen
from chatdash_analysis.loading.selection import Loaded, Request, select
from chatdash_analysis.loading.transaction import transact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    import pyarrow as pa

__all__ = ["Batch", "DamagedPart", "Interval", "Store"]

AGENT_KEYS = ("agent_id", "name", "client_id", "platform")
# Each further attempt means that a writer replaced a file during the one before it.
ATTEMPTS = 50

_log = logging.getLogger(__name__)
_state = msgspec.structs.replace

T = TypeVar("T")


class Store:
    """The conversations of one service, in a folder of its own.

    Parameters
    ----------
    folder : pathlib.Path
        The folder (see `store_folder`); the first write creates it.
    base_url : str
        Address of the service.
    lock_timeout : float
        Seconds to wait for other writers.
    """

    def __init__(self, folder: Path, base_url: str, *, lock_timeout: float = 300.0) -> None:
        self.folder = folder
        self.base_url = public_address(base_url)
        self._lock_timeout = lock_timeout
        self._known: tuple[object, Manifest] = (None, Manifest())

    def commit(self, batches: Sequence[Batch]) -> None:
        """Store answers of the service, all of them or none.

        An answer replaces what was stored of its stretch under the combinations that it
        asked for. A conversation that is stored elsewhere too ends as one row, the one
        updated last.

        Raises
        ------
        CacheError
            If the store cannot be written; it is then as before.
        InputError
            If an answer holds rows of another agent or outside its stretch.
        """
        if batches:
            self._change(lambda state: committed(self.folder, state, batches))

    def read(
        self,
        agents: Sequence[str],
        start: datetime,
        end: datetime,
        *,
        columns: Sequence[str] | None = None,
    ) -> pa.Table:
        """Return the stored rows of some agents with ``start <= time < end``.

        The time of a row is ``created_at``, else ``placed_at``. Rows come in the order
        of month, agent, time and id, whatever the order in which they were stored.

        Parameters
        ----------
        columns : sequence of str, optional
            Columns to return, in this order. A name that no field of these rows has
            yields a column of nulls. By default all declared columns and each dynamic
            field that has a value.

        Raises
        ------
        DamagedPart
            If a file is not as it was written; see `drop_damaged`.
        CacheError
            If the store cannot be read.
        """
        request = _request(agents, start, end, columns)
        done: dict[str, Loaded] = {}
        return self._attempt(lambda state: select(self.folder, state.parts, request, done))

    def sightings(self, agents: Sequence[str], start: datetime, end: datetime) -> pa.Table:
        """Return when conversations were seen without and with a verdict.

        Returns
        -------
        pyarrow.Table
            The columns `SEEN`, one row a conversation that has an id, in no order.

        Raises
        ------
        DamagedPart
            If a file is not as it was written; see `drop_damaged`.
        CacheError
            If the store cannot be read.
        """
        request = _request(agents, start, end)
        return self._attempt(lambda state: seen(self.folder, state, request))

    def coverage(self, agent_id: str) -> list[Interval]:
        """Return what was fetched of an agent: sorted, without overlaps."""
        return list(self._manifest().coverage.get(agent_id, ()))

    def agents(self) -> list[dict[str, str | None]]:
        """Return what `remember_agents` was given last."""
        return [dict(agent) for agent in self._manifest().agents]

    def remember_agents(self, agents: Sequence[Mapping[str, Any]]) -> None:
        """Keep ``agent_id``, ``name``, ``client_id`` and ``platform`` of the agents."""
        known = tuple({key: agent.get(key) for key in AGENT_KEYS} for agent in agents)
        if known != self._manifest().agents:
            self._change(lambda state: _state(state, agents=known))

    def notes(self) -> dict[str, Any]:
        """Return the small facts about the service that `remember` keeps."""
        return dict(self._manifest().notes)

    def remember(self, **notes: Any) -> None:
        """Keep small facts about the service: values of JSON, by name."""
        known = self._manifest().notes
        if known != {**known, **notes}:
            self._change(lambda state: _state(state, notes={**state.notes, **notes}))

    def info(self) -> list[dict[str, Any]]:
        """Describe the agents of the store.

        Returns
        -------
        list of dict
            ``agent_id``, ``conversations``, ``first`` and ``last`` (their times),
            ``bytes`` (its share of the files, estimated), ``parts`` (files with its
            rows), ``covered_from``, ``covered_to``, ``flags`` (combinations covered in
            all of its stretches).
        """
        return inventory(self._manifest())

    def verify(self) -> list[dict[str, Any]]:
        """Read every byte of the store and compare it with what was written.

        Returns
        -------
        list of dict
            ``file``, ``month``, ``rows``, ``bytes``, ``ok``, ``problem`` of each part;
            if the manifest itself is damaged, only that.
        """
        try:
            read_manifest(self.folder)
        except DamagedManifestError as error:
            return [_report(MANIFEST, "", 0, 0, str(error))]
        return self._attempt(self._verified)

    def _verified(self, state: Manifest) -> list[dict[str, Any]]:
        reports = []
        for part in state.parts:
            reason = parts.problem(self.folder, part)
            if reason == parts.MISSING and self._manifest().parts != state.parts:
                raise VanishedPart(self.folder, part.file)
            reports.append(_report(part.file, part.month, part.rows, part.size, reason))
        return reports

    def drop_damaged(self) -> list[str]:
        """Forget damaged files and the stretches that they covered; return the names.

        Fetching what is then not covered makes the store whole again.
        """
        dropped: list[str] = []

        def drop(state: Manifest) -> Manifest:
            reasons = {part.file: parts.problem(self.folder, part) for part in state.parts}
            dropped.extend(file for file, reason in reasons.items() if reason)
            return state.without_parts(set(dropped))

        self._change(drop)
        for file in dropped:
            _log.warning("Dropped the damaged file %s; its data will be fetched again.", file)
        return dropped

    def clear(self, agents: Sequence[str] | None = None) -> None:
        """Remove the rows and the coverage of some agents, or everything.

        Raises
        ------
        CacheError
            If the store cannot be written.
        """
        if not self.folder.is_dir():
            return
        if agents is None:
            self._change(lambda _: Manifest())
        else:
            gone = frozenset(agents)
            self._change(lambda state: cleared(self.folder, state, gone))

    def _manifest(self) -> Manifest:
        """Load the manifest, unless it is the file that was loaded last."""
        try:
            stat = (self.folder / MANIFEST).stat()
        except OSError:
            return load(self.folder)
        signature = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        known, manifest = self._known
        if signature != known:
            manifest = load(self.folder)
            self._known = (signature, manifest)
        return manifest

    def _attempt(self, read: Callable[[Manifest], T]) -> T:
        """Read; again from the new state if a writer took a file away meanwhile."""
        for _ in range(ATTEMPTS):
            state = self._manifest()
            try:
                return read(state)
            except VanishedPart:
                if self._manifest().parts == state.parts:
                    raise
        raise CacheError(f"The cache in {self.folder} changes all the time. Try again later.")

    def _change(self, change: Callable[[Manifest], Manifest]) -> None:
        def named(state: Manifest) -> Manifest:
            return _state(change(state), base_url=self.base_url)

        transact(self.folder, named, self._lock_timeout)


def _request(
    agents: Sequence[str], start: datetime, end: datetime, columns: Sequence[str] | None = None
) -> Request:
    if start.utcoffset() is None or end.utcoffset() is None:
        raise InputError(f"The stretch needs aware instants, got {start} and {end}.")
    return Request(frozenset(agents), to_microseconds(start), to_microseconds(end), columns)


def _report(file: str, month: str, rows: int, size: int, reason: str) -> dict[str, Any]:
    report = {"file": file, "month": month, "rows": rows, "bytes": size}
    return {**report, "ok": not reason, "problem": reason}
