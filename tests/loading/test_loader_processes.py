"""Several processes, processes that die or are stopped, and disks that refuse."""

from __future__ import annotations

import datetime as dt
import functools
import json
import multiprocessing
import os
import random
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import stamina

import chatdash_analysis as cda
from chatdash_analysis.loading import refreshing, windows, writing
from chatdash_analysis.sandbox.behaviour import Behaviour
from chatdash_analysis.sandbox.sample import Sample
from chatdash_analysis.sandbox.server import StandIn
from tests.loading import load_children as children
from tests.loading.made import AGENT, AGENTS, KEY, OTHER, conversations, stamp, stamp_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    Begin = Callable[..., tuple[BaseProcess, Connection]]

OLD = conversations(90) + conversations(60, agent=OTHER, seed=1)
# Later all of them have other words, and one in seven is gone.
NEW = [{**row, "summary": f"{row['summary']} Changed.", "updatedAt": "2026-08-01T00:00:00.000Z"}
       for at, row in enumerate(OLD) if at % 7]  # fmt: skip
RANGE = {"start": "2026-03-01", "end": "2026-05-01"}
KILLS = 12

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="signals, limits and users of POSIX"),
    pytest.mark.usefixtures("clean_environment"),
]


@pytest.fixture
def service() -> Iterator[StandIn]:
    with StandIn(OLD, AGENTS) as running:
        yield running


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Start what a child does, and return the process and what it will say."""
    context: Any = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.loading.load_children", "requests", "stamina"])
    started: list[BaseProcess] = []

    def start(target: Callable[..., None], *args: object) -> tuple[BaseProcess, Connection]:
        ours, theirs = context.Pipe(duplex=False)
        started.append(context.Process(target=target, args=(theirs, *args)))
        started[-1].start()
        theirs.close()
        return started[-1], ours

    yield start
    for process in started:
        process.kill()
        process.join()


def options(cache: Path, agents: object = (AGENT, OTHER), **others: Any) -> dict[str, Any]:
    return {"agents": list(agents), "cache_dir": str(cache), **RANGE, **others}


def load(service: StandIn, cache: Path, **others: Any) -> list[tuple[str, str, str]]:
    client = cda.Client(KEY, base_url=service.url)
    return children.texts(cda.load_conversations(client=client, **options(cache, **others)))


def expected(rows: list[dict], agents: object = (AGENT, OTHER), **limits: str) -> list[Any]:
    start, end = (stamp_of((RANGE | limits)[name]) for name in ("start", "end"))
    kept = [r for r in rows if r["agentId"] in agents and start <= r["createdAt"] < end]
    kept.sort(key=lambda row: (row["createdAt"], row["_id"]))
    return [(row["agentId"], row["_id"], row["summary"]) for row in kept]


def answer(said: Connection) -> Any:
    """Return what a child says in the end."""
    assert said.poll(30)
    assert said.recv() == "begun"
    assert said.poll(60)
    return said.recv()


def lacking(service: StandIn, cache: Path) -> list[dict[str, Any]]:
    """Return the stretches that the cache does not hold."""
    try:
        load(service, cache, refresh="never")
    except cda.IncompleteError as error:
        return error.gaps
    return []


def only_lacking(requests: list[Any], gaps: list[dict[str, Any]]) -> bool:
    """Whether each request was for a stretch that was not there."""
    second = dt.timedelta(seconds=1)

    def near(query: dict[str, str], agent: str) -> bool:
        start, end = (dt.datetime.fromisoformat(query[k]) for k in ("startDate", "endDate"))
        mine = [gap for gap in gaps if gap["agent_id"] == agent]
        return any(
            dt.datetime.fromisoformat(gap["start"]) - second <= start
            and end <= dt.datetime.fromisoformat(gap["end"]) + second
            for gap in mine
        )

    lists = [r for r in requests if r.path.endswith("/conversations")]
    return all(near(r.query, r.path.split("/")[2]) for r in lists)


@pytest.mark.parametrize("refresh", ["auto", "all"])
@pytest.mark.parametrize("agents", [(AGENT,), (AGENT, OTHER)], ids=["one agent", "two agents"])
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


def kill_at(requests: int, service: StandIn, process: BaseProcess) -> None:
    """Kill a process a little after it has made so many requests."""
    last = len(service.requests) + requests
    while len(service.requests) < last and process.is_alive():
        time.sleep(0.001)
    time.sleep(random.uniform(0, 0.05))
    process.kill()
    process.join()


def test_killed_at_any_moment_a_load_goes_on_where_it_was(service, begin, tmp_path):
    chance = random.Random(0)
    most = from_scratch(service, tmp_path / "first", begin)
    halfway = 0
    for turn in range(KILLS // 2):
        cache = tmp_path / str(turn)
        process, _ = begin(children.load, service.url, options(cache))
        kill_at(chance.randrange(most), service, process)
        assert cda.verify_cache(cache)["ok"].all()
        gaps = lacking(service, cache)
        kept = len(cda.cache_info(cache))
        before = len(service.requests)
        assert answer(begin(children.load, service.url, options(cache))[1]) == expected(OLD)
        asked = service.requests[before:]
        assert only_lacking(asked, gaps)
        assert not kept or len(asked) < most
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
    pairs = [zip(a, a[1:], strict=False) for a in (ages(rows, AGENT), ages(rows, OTHER))]
    return max(sum(left != right for left, right in agent) for agent in pairs)


def test_killed_while_it_refreshes_each_stretch_is_old_or_new(service, begin, tmp_path):
    chance = random.Random(1)
    most = from_scratch(service, tmp_path / "first", begin)
    mixed = 0
    for turn in range(KILLS // 2):
        cache = tmp_path / str(turn)
        shutil.copytree(tmp_path / "first", cache)
        service.replace_conversations(NEW)
        process, _ = begin(children.load, service.url, options(cache, refresh="all"))
        kill_at(chance.randrange(most), service, process)
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


@pytest.fixture
def interrupted(service, begin, tmp_path) -> tuple[BaseProcess, float, Connection]:
    """A load that a user has stopped, when, and what it says."""
    process, said = begin(children.load, service.url, options(tmp_path))
    while cda.cache_info(tmp_path).empty:
        time.sleep(0.005)
    service.behaviour = Behaviour(delay=3.0)
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


def test_an_interrupt_lets_the_process_end_at_once(interrupted):
    process, moment, _ = interrupted
    process.join(30)
    assert time.monotonic() - moment < 2


@pytest.mark.parametrize("limit", [0, 3_000, 12_000])
def test_a_full_disk_is_an_error_and_leaves_what_was_there(limit, service, begin, tmp_path):
    load(service, tmp_path, end="2026-03-20")
    before = load(service, tmp_path, end="2026-03-20", refresh="never")
    _, said = begin(children.load_with_small_files, service.url, options(tmp_path), limit)
    message = answer(said)
    assert message.startswith("CacheError: Cannot write to the cache")
    assert "Free some space there, or choose another folder with cache_dir=" in message
    assert load(service, tmp_path, end="2026-03-20", refresh="never") == before
    assert cda.verify_cache(tmp_path)["ok"].all()
    assert load(service, tmp_path) == expected(OLD)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach, unlike tmp_path."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_folder_that_may_only_be_read_serves_what_it_has(service, begin, open_folder):
    cache = open_folder / "cache"
    load(service, cache, end="2026-03-20")
    for place in (cache, *cache.rglob("*")):
        place.chmod(0o555 if place.is_dir() else 0o444)
    known = options(cache, end="2026-03-20")
    for refresh in ("auto", "never"):
        child = begin(children.load_without_rights, service.url, {**known, "refresh": refresh})
        assert answer(child[1]) == expected(OLD, end="2026-03-20")
    message = answer(begin(children.load_without_rights, service.url, options(cache))[1])
    assert message.startswith("CacheError: Cannot write to the cache")
    assert "Make the folder readable and writable for you, or choose another" in message
    assert load(service, cache) == expected(OLD)


def test_a_folder_that_cannot_be_made_is_an_error_before_much_is_fetched(
    service, begin, open_folder
):
    cache = open_folder / "cache"
    message = answer(begin(children.load_without_rights, service.url, options(cache))[1])
    assert message.startswith("CacheError: Cannot write to the cache")
    assert len(service.requests) <= 1


def rows_of_a_year() -> Iterator[bytes]:
    """Yield 120,000 conversations of one agent over twelve months, a sample again and again."""
    sample = list(Sample(10_000, months=1, end="2025-02-01").conversations())
    for month in range(12):
        later = dt.timedelta(days=30 * month)
        for at, row in enumerate(sample):
            moved = {
                name: stamp(dt.datetime.fromisoformat(row[name]) + later)
                for name in ("createdAt", "endedAt", "updatedAt")
                if row.get(name)
            }
            key = f"{month:04x}{at:020x}"
            yield json.dumps({**row, **moved, "_id": key, "agentId": AGENT}).encode()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="how Linux tells a peak")
def test_memory_does_not_grow_with_what_is_fetched(begin, tmp_path, record_property):
    peaks = {}
    with StandIn(rows_of_a_year(), AGENTS) as service:
        for end in ("2025-06-30", "2025-12-27"):
            ask = (AGENT, "2025-01-01", end, str(tmp_path / end))
            _, said = begin(children.fetch, service.url, *ask)
            assert said.poll(200)
            peaks[end], _ = said.recv()
    record_property("peaks in MB", peaks)
    half, whole = peaks.values()
    assert whole < 1.35 * half
