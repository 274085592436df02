"""Two agents' conversations, early and late; loads of them, here and in other processes."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING, Any

import chatdash_analysis as cda
from tests.children import forkserver
from tests.loading import load_children as children
from tests.loading.made import AGENT, KEY, OTHER, conversations, stamp_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from chatdash_analysis.sandbox.server import StandIn

    Begin = Callable[..., tuple[BaseProcess, Connection]]

OLD = conversations(90) + conversations(60, agent=OTHER, seed=1)
# Later all of them have other words, and one in seven is gone.
NEW = [{**row, "summary": f"{row['summary']} Changed.", "updatedAt": "2026-08-01T00:00:00.000Z"}
       for at, row in enumerate(OLD) if at % 7]  # fmt: skip
RANGE = {"start": "2026-03-01", "end": "2026-05-01"}


@contextlib.contextmanager
def starting() -> Iterator[Begin]:
    """Start what children do; each start gives the process and what it will say."""
    context = forkserver()
    started: list[BaseProcess] = []

    def start(target: Callable[..., None], *args: object) -> tuple[BaseProcess, Connection]:
        ours, theirs = context.Pipe(duplex=False)
        started.append(context.Process(target=target, args=(theirs, *args)))
        started[-1].start()
        theirs.close()
        return started[-1], ours

    try:
        yield start
    finally:
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
