"""A running stand-in, and small conversations for it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest
import requests

from chatdash_analysis.sandbox.behaviour import Behaviour
from chatdash_analysis.sandbox.server import DEFAULT_KEY, StandIn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AGENT = "65f000000000000000000001"


class Serve(Protocol):
    def __call__(self, rows: Any, *, stand_in: Any = None, **switches: Any) -> StandIn: ...


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a stand-in for these rows with these switches; it stops with the test."""
    with ExitStack() as running:

        def start(rows: Any, *, stand_in: Any = None, **switches: Any) -> StandIn:
            server = StandIn(
                rows, [{"_id": AGENT}], behaviour=Behaviour(**switches), **(stand_in or {})
            )
            return running.enter_context(server)

        yield start


@pytest.fixture
def conversation() -> Callable[..., dict[str, Any]]:
    """Make the conversation of a day in May 2026, recorded and interacted unless told."""

    def make(day: int, **properties: Any) -> dict[str, Any]:
        times = dict.fromkeys(("createdAt", "updatedAt"), f"2026-05-{day:02d}T12:00:00.000Z")
        flags = {"record": True, "interacted": True}
        return {"_id": f"c{day:02d}", "agentId": AGENT, **times, **flags, **properties}

    return make


@pytest.fixture
def fetch() -> Callable[..., requests.Response]:
    """Ask for the conversations of the agent, or for another path, with the right key."""

    def get(stand_in: StandIn, path: str = "", **params: str) -> requests.Response:
        url = stand_in.url + (path or f"/agents/{AGENT}/conversations")
        key = {"Authorization": DEFAULT_KEY}
        return requests.get(url, params=params, headers=key, timeout=5, allow_redirects=False)

    return get


@pytest.fixture
def ids(fetch: Callable[..., requests.Response]) -> Callable[..., list[str]]:
    """Ask for a list and return the ids in it."""

    def get(stand_in: StandIn, **params: str) -> list[str]:
        response = fetch(stand_in, **params)
        assert response.status_code == 200, response.text
        return [row["_id"] for row in response.json()]

    return get
