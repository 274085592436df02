"""What the child processes of the tests of the store do."""

from __future__ import annotations

import os
import resource
import signal
from typing import TYPE_CHECKING, Any

from chatdash_analysis.errors import CacheError
from chatdash_analysis.loading.store import Store
from tests.loading.store_tables import URL, batch, everything, hour, row

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from chatdash_analysis.loading.store import Batch

PER_MONTH = 40


def version(number: int, agent: str = "a") -> Batch:
    """Return a stretch over two months whose rows all say the same number."""
    rows = [
        row(f"{agent}{place}", place * 48 / PER_MONTH, agent, topic=f"{number}", summary="w" * 500)
        for place in range(2 * PER_MONTH + number % 3)
    ]
    return batch(0, 200, rows, agent=agent, fetched=number)


def version_of(store: Store, agent: str = "a") -> int:
    """Read the number back; fail unless the rows are those of one version, and all of them."""
    table = everything(store, [agent])
    if not len(table):
        return -1
    number = int(table["topic"][0].as_py())
    assert table.equals(version(number, agent).table), f"not version {number}"
    return number


def commit_on_and_on(folder: Path, first: int, said: Connection) -> None:
    """Commit version after version, telling each before it begins, until killed."""
    store = Store(folder, URL)
    while True:
        said.send(first)
        store.commit([version(first)])
        first += 1


def write_versions(folder: Path, agent: str, place: int, done: Any, count: int) -> None:
    """Commit versions of one agent; note in `done` which is there for sure."""
    store = Store(folder, URL, lock_timeout=120)
    for number in range(count):
        store.commit([version(number, agent)])
        done[place] = number


def read_versions(folder: Path, agents: str, done: Any, count: int, said: Connection) -> None:
    """Read until all versions are there; each read must be whole and not older than known."""
    store = Store(folder, URL)
    reads, seen = 0, [-1] * len(agents)
    while min(seen) < count - 1:
        for place, agent in enumerate(agents):
            sure = done[place]
            number = version_of(store, agent)
            assert number >= max(sure, seen[place]), f"{agent}: {number} after {sure}"
            seen[place] = number
        reads += 1
    said.send(reads)


def commit_with_small_files(folder: Path, limit: int, said: Connection) -> None:
    """Commit where no file may be larger than a limit, as on a disk that is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    said.send(_error_of(lambda: Store(folder, URL).commit([version(1)])))


def act_without_rights(folder: Path, said: Connection) -> None:
    """Read and commit as a user who may not write, or not even read."""
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    store = Store(folder, URL)
    said.send(_error_of(lambda: store.commit([version(1)])))
    said.send(_error_of(lambda: store.read(["a"], hour(0), hour(1))))


def _error_of(act: Callable[[], object]) -> str:
    try:
        act()
    except CacheError as error:
        return str(error)
    return "no error"


def hold_the_lock(folder: Path, said: Connection) -> None:
    """Hold the lock of the writers until killed."""
    from chatdash_analysis.disk import writer_lock

    with writer_lock(folder, 10):
        said.send("held")
        signal.pause()
