from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

import pytest

from chatdash_analysis.errors import CacheError
from chatdash_analysis.loading.store import Store
from tests.children import forkserver
from tests.loading import store_children as children
from tests.loading.store_tables import URL, leftovers, new_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from pathlib import Path

KILLS = 30


@pytest.fixture(scope="module")
def processes() -> Any:
    return forkserver()


@pytest.fixture
def start(processes: Any) -> Iterator[Callable[..., BaseProcess]]:
    started: list[BaseProcess] = []

    def begin(target: Callable[..., None], *args: object) -> BaseProcess:
        started.append(processes.Process(target=target, args=args))
        started[-1].start()
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.join()


def said_last(connection: Connection) -> int:
    number = connection.recv()
    while connection.poll():
        number = connection.recv()
    return int(number)


def test_killed_at_any_moment_the_store_is_in_the_state_before_or_after(
    tmp_path: Path, processes: Any, start: Callable[..., BaseProcess]
) -> None:
    store, chance = new_store(tmp_path), random.Random(0)
    number, untidy = -1, 0
    for turn in range(KILLS):
        ours, theirs = processes.Pipe(duplex=False)
        process = start(children.commit_on_and_on, store.folder, number + 1, theirs)
        assert ours.poll(30)
        time.sleep(chance.uniform(0, 0.15))
        while turn % 2 and process.is_alive() and not leftovers(store):
            pass  # every other kill comes while files are being written
        process.kill()
        process.join()
        begun = said_last(ours)
        number = children.version_of(Store(store.folder, URL))
        assert number in (begun - 1, begun)
        assert all(report["ok"] for report in store.verify())
        untidy += bool(leftovers(store))
    assert untidy > KILLS // 6, "the kills came at harmless moments only"
    store.commit([children.version(number + 1)])
    assert children.version_of(store) == number + 1
    assert leftovers(store) == set()
    assert all(report["ok"] for report in store.verify())


def test_many_processes_write_and_read_at_once(
    tmp_path: Path, processes: Any, start: Callable[..., BaseProcess]
) -> None:
    store, agents, count = new_store(tmp_path), "abcd", 8
    done = processes.Array("i", [-1] * len(agents))
    pipes = [processes.Pipe(duplex=False) for _ in range(2)]
    readers = [
        start(children.read_versions, store.folder, agents, done, count, theirs)
        for _, theirs in pipes
    ]
    writers = [
        start(children.write_versions, store.folder, agent, place, done, count)
        for place, agent in enumerate(agents)
    ]
    for process in [*writers, *readers]:
        process.join(120)
        assert process.exitcode == 0
    assert all(ours.recv() > 5 for ours, _ in pipes)
    assert [children.version_of(store, agent) for agent in agents] == [count - 1] * len(agents)
    assert leftovers(store) == set()
    assert all(report["ok"] for report in store.verify())


def test_threads_may_share_one_store(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    store = new_store(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda agent: store.commit([children.version(1, agent)]), "abcd"))
        assert list(pool.map(lambda agent: children.version_of(store, agent), "abcd")) == [1] * 4


def test_waiting_for_another_writer_ends_with_what_to_do(
    tmp_path: Path, processes: Any, start: Callable[..., BaseProcess]
) -> None:
    store = new_store(tmp_path)
    store.commit([children.version(0)])
    ours, theirs = processes.Pipe(duplex=False)
    start(children.hold_the_lock, store.folder, theirs)
    assert ours.recv() == "held"
    with pytest.raises(CacheError, match=r"Another process .* for more than 0\.2 seconds"):
        Store(store.folder, URL, lock_timeout=0.2).commit([children.version(1)])
    assert children.version_of(store) == 0


def test_the_lock_of_a_killed_writer_is_free(
    tmp_path: Path, processes: Any, start: Callable[..., BaseProcess]
) -> None:
    store = new_store(tmp_path)
    store.commit([children.version(0)])
    ours, theirs = processes.Pipe(duplex=False)
    process = start(children.hold_the_lock, store.folder, theirs)
    assert ours.recv() == "held"
    process.kill()
    process.join()
    Store(store.folder, URL, lock_timeout=5).commit([children.version(1)])
    assert children.version_of(store) == 1
