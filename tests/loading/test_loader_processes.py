"""Several processes at once, and processes that are killed, stopped or left without a service."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import os
import random
import shutil
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import stamina

import chatdash_analysis as cda
from chatdash_analysis.loading import refreshing, windows, writing
from chatdash_analysis.sandbox.behaviour import Behaviour
from chatdash_analysis.sandbox.server import StandIn
from tests.loading import load_children as children
from tests.loading.loads import (
    NEW,
    OLD,
    answer,
    expected,
    lacking,
    load,
    only_lacking,
    options,
    starting,
)
from tests.loading.made import AGENT, AGENTS, KEY, OTHER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from tests.loading.loads import Begin

KILLS = 6

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="signals of POSIX"),
    pytest.mark.usefixtures("clean_environment"),
]


@pytest.fixture
def service() -> Iterator[StandIn]:
    with StandIn(OLD, AGENTS) as running:
        yield running


@pytest.fixture
def begin() -> Iterator[Begin]:
    with starting() as start:
        yield start


@pytest.mark.parametrize(
    ("agents", "refresh"),
    [((AGENT,), "auto"), ((AGENT, OTHER), "auto"), ((AGENT, OTHER), "all")],
    ids=["one agent", "two agents", "again"],
)
def test_four_processes_load_overlapping_ranges_at_once(agents, refresh, service, begin, tmp_path):
    parts = [
        {"start": "2026-03-01", "end": "2026-04-15"},
        {"start": "2026-03-10", "end": "2026-05-01"},
        {"start": "2026-03-20", "end": "2026-04-20"},
        {"start": "2026-03-01", "end": "2026-05-01"},
    ]
    asked = [(agents[at % len(agents):], part) for at, part in enumerate(parts)]  # fmt: skip
    said = [
        begin(children.load, service.url, options(tmp_path, mine, refresh=refresh, **part))[1]
        for mine, part in asked
    ]
    for connection, (mine, part) in zip(said, asked, strict=True):
        assert answer(connection) == expected(OLD, mine, **part)
    assert cda.verify_cache(tmp_path)["ok"].all()
    for mine, part in asked:
        assert load(service, tmp_path, agents=mine, refresh="never", **part) == expected(
            OLD, mine, **part
        )


def from_scratch(service: StandIn, cache: Path, begin: Begin) -> int:
    """Load all in another process; return how many requests that takes."""
    before = len(service.requests)
    assert answer(begin(children.load, service.url, options(cache))[1]) == expected(OLD)
    return len(service.requests) - before


def kill_at(share: float, most: int, service: StandIn, process: BaseProcess) -> None:
    """Kill a process at a random moment after it has made a share of its requests."""
    last = len(service.requests) + share * most
    while len(service.requests) < last and process.is_alive():
        time.sleep(0.001)
    time.sleep(random.uniform(0, 0.08))
    process.kill()
    process.join()


def test_killed_at_any_moment_a_load_goes_on_where_it_was(service, begin, tmp_path):
    most = from_scratch(service, tmp_path / "first", begin)
    halfway = 0
    for turn in range(KILLS):
        cache = tmp_path / str(turn)
        process, _ = begin(children.load, service.url, options(cache))
        kill_at(turn / KILLS, most, service, process)
        assert cda.verify_cache(cache)["ok"].all()
        gaps = lacking(service, cache)
        kept = cda.cache_info(cache)["conversations"].sum()
        before = len(service.requests)
        assert answer(begin(children.load, service.url, options(cache))[1]) == expected(OLD)
        asked = service.requests[before:]
        assert only_lacking(asked, gaps)
        assert len(asked) < most or kept < len(OLD) / 4
        assert cda.verify_cache(cache)["ok"].all()
        halfway += bool(kept and gaps)
    assert halfway > 2, "the kills came at harmless moments only"


def ages(rows: list[Any], agent: str) -> list[str]:
    """Tell of each conversation of an agent whether it is as it was, or as it is later."""
    later = {row[1]: row for row in expected(NEW, [agent])}
    ages = []
    for row in expected(OLD, [agent]):
        seen = [kept for kept in (row, later.get(row[1])) if kept in rows]
        assert len(seen) == 1 or row[1] not in later, f"{row} is lost or doubled"
        ages.append("old" if row in seen else "new")
    return ages


def switches(rows: list[Any]) -> int:
    """Count how often old and new follow each other, in the agent where that is most often."""
    known = {*expected(OLD), *expected(NEW)}
    assert set(rows) <= known
    assert len({row[1] for row in rows}) == len(rows)
    pairs = [itertools.pairwise(a) for a in (ages(rows, AGENT), ages(rows, OTHER))]
    return max(sum(left != right for left, right in agent) for agent in pairs)


def test_killed_while_it_refreshes_each_stretch_is_old_or_new(service, begin, tmp_path):
    most = from_scratch(service, tmp_path / "first", begin)
    mixed = 0
    for turn in range(KILLS):
        cache = tmp_path / str(turn)
        shutil.copytree(tmp_path / "first", cache)
        service.replace_conversations(NEW)
        process, _ = begin(children.load, service.url, options(cache, refresh="all"))
        kill_at(turn / KILLS, most, service, process)
        found = load(service, cache, refresh="never")
        # Two windows are under way at once, the newest first.
        assert switches(found) <= 3
        assert cda.verify_cache(cache)["ok"].all()
        mixed += 0 < len(set(found) & set(expected(OLD))) < len(found)
        process, said = begin(children.load, service.url, options(cache, refresh="all"))
        assert answer(said) == expected(NEW)
    assert mixed > 1, "the kills came at harmless moments only"


def test_a_service_that_goes_down_during_a_refresh_leaves_old_or_new(
    service, tmp_path, monkeypatch
):
    narrow = functools.partial(windows.Frontier, width=dt.timedelta(days=8))
    monkeypatch.setattr(refreshing, "Frontier", narrow)
    monkeypatch.setattr(windows, "TARGET_ROWS", 10)
    monkeypatch.setattr(writing, "HELD_SECONDS", 0.0)
    load(service, tmp_path)
    service.replace_conversations(NEW)
    url, last = service.url, len(service.requests) + 15

    def stop() -> None:
        while len(service.requests) < last:
            time.sleep(0.002)
        service.stop()

    stopper = threading.Thread(target=stop)
    stopper.start()
    client = cda.Client(KEY, base_url=url)
    with stamina.set_testing(True, attempts=2), pytest.raises(cda.RequestError):
        cda.load_conversations(client=client, **options(tmp_path, refresh="all"))
    stopper.join()
    frame = cda.load_conversations(client=client, **options(tmp_path, refresh="never"))
    assert 0 < switches(children.texts(frame)) <= 3
    assert cda.verify_cache(tmp_path)["ok"].all()
    with service:
        assert load(service, tmp_path, refresh="all") == expected(NEW)


DELAY = 3.0


@pytest.fixture
def interrupted(service, begin, tmp_path) -> tuple[BaseProcess, float, Connection]:
    """A load that a user has stopped, when, and what it says."""
    process, said = begin(children.load, service.url, options(tmp_path))
    while cda.cache_info(tmp_path).empty:
        time.sleep(0.005)
    service.behaviour = Behaviour(delay=DELAY)
    time.sleep(0.5)
    assert process.pid
    os.kill(process.pid, signal.SIGINT)
    return process, time.monotonic(), said


def test_an_interrupt_stops_a_load_at_once_and_what_was_fetched_is_kept(
    interrupted, service, begin, tmp_path
):
    _, moment, said = interrupted
    assert answer(said) == "interrupted"
    assert time.monotonic() - moment < 2
    service.behaviour = Behaviour()
    gaps = lacking(service, tmp_path)
    before = len(service.requests)
    assert answer(begin(children.load, service.url, options(tmp_path))[1]) == expected(OLD)
    assert only_lacking(service.requests[before:], gaps)
    assert {gap["agent_id"] for gap in gaps} == {AGENT, OTHER}
    assert cda.verify_cache(tmp_path)["ok"].all()


def test_after_an_interrupt_a_process_ends_with_the_request_under_way(interrupted):
    process, moment, _ = interrupted
    process.join(30)
    assert time.monotonic() - moment < DELAY + 2
