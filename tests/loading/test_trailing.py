"""How far back a refresh reads again, on the stand-in service with evaluations that come late."""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, Any

import pytest

import chatdash_analysis as cda
from chatdash_analysis.loading import asking, refreshing, windows, writing
from chatdash_analysis.loading.trailing import LONGEST, SHORTEST, trailing_windows
from chatdash_analysis.sandbox.server import StandIn
from tests.loading.made import AGENT, AGENTS, KEY, START, conversations, stamp
from tests.loading.store_tables import batch, hour, new_store, row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from chatdash_analysis.loading.store import Store

DAY = dt.timedelta(days=1)
DAYS = 55


class Clock(dt.datetime):
    """A datetime of which the test sets the present."""

    present = START

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
        """Return the present."""
        return cls.present


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    for module in (asking, refreshing, windows, writing):
        monkeypatch.setattr(module, "datetime", Clock)
    return Clock


def world(
    late: Callable[[random.Random], float], *, moves: bool = True
) -> list[tuple[dict[str, Any], dt.datetime]]:
    """Return conversations and when each is evaluated, `late` days after its creation."""
    rng = random.Random(0)
    made = []
    for number, conversation in enumerate(conversations(400, days=DAYS)):
        at = dt.datetime.fromisoformat(conversation["createdAt"]) + late(rng) * DAY
        updated = stamp(at) if moves else conversation["endedAt"]
        # One in five is never evaluated.
        at = at if number % 5 else at + 9999 * DAY
        made.append(({**conversation, "updatedAt": updated}, at))
    return made


def at(made: list[tuple[dict[str, Any], dt.datetime]], now: dt.datetime) -> Iterator[dict]:
    """Yield the conversations as the service shows them at a moment."""
    for conversation, evaluated in made:
        if conversation["createdAt"] <= stamp(now):
            unjudged = {k: v for k, v in conversation.items() if k != "evaluation"}
            unjudged["updatedAt"] = conversation["endedAt"]
            yield conversation if evaluated <= now else unjudged


def loads(
    made: list[tuple[dict[str, Any], dt.datetime]], cache: Path, clock: type[Clock]
) -> tuple[int, float]:
    """Load every fourth day; return how many verdicts were missed, and the last reach."""
    with StandIn([], AGENTS, api_key=KEY) as service:
        options: dict[str, Any] = {"client": cda.Client(KEY, base_url=service.url)}
        for day in range(27, DAYS + 25, 4):
            clock.present = now = START + day * DAY
            service.replace_conversations(at(made, now))
            asked = len(service.requests)
            frame = cda.load_conversations(
                AGENT, start=START - DAY, end=now, cache_dir=cache, **options
            )
        queries = [request.query for request in service.requests[asked:]]
    starts = [dt.datetime.fromisoformat(q["startDate"]) for q in queries if "startDate" in q]
    there = sum(evaluated <= now for _, evaluated in made)
    return there - int(frame["evaluation_is_success"].notna().sum()), (now - min(starts)) / DAY


def test_an_agent_that_settles_within_20_days_is_read_again_20_days_back(tmp_path, clock):
    made = world(lambda rng: rng.uniform(9, 20))
    missed, reach = loads(made, tmp_path, clock)
    assert missed == 0
    # What was fetched 20 days after it happened is not fetched again.
    assert 19 < reach < 45


def test_the_window_grows_where_only_looks_tell_that_evaluations_come_late(tmp_path, clock):
    # The service leaves updatedAt as it was; the first loads look back 7 days only.
    missed, reach = loads(world(lambda rng: rng.uniform(2, 20), moves=False), tmp_path, clock)
    assert missed == 0
    assert reach > 18


def test_without_what_was_seen_late_evaluations_would_be_missed(tmp_path, clock, monkeypatch):
    monkeypatch.setattr(
        refreshing, "trailing_windows", lambda _, agents, now: dict.fromkeys(agents, SHORTEST)
    )
    missed, reach = loads(world(lambda rng: rng.uniform(9, 20)), tmp_path, clock)
    assert missed > 100
    assert reach < 12


def test_quick_evaluations_leave_the_window_at_seven_days(tmp_path, clock):
    missed, reach = loads(world(lambda rng: rng.uniform(0, 0.5)), tmp_path, clock)
    assert missed == 0
    assert 6 < reach < 12


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return new_store(tmp_path)


def told(store: Store) -> dict[str, float]:
    windows = trailing_windows(store, ["a", "b"], hour(40 * 24))
    return {agent: window / DAY for agent, window in windows.items()}


def updated(number: int, days: float, **values: Any) -> list[dict[str, Any]]:
    """Return conversations with a verdict, all updated so many days after they happened."""
    return [
        row(f"{values}{place}", place / number, updated_at=hour(place / number + days * 24),
            evaluation_is_success=True, **values)
        for place in range(number)
    ]  # fmt: skip


def test_fewer_than_fifty_verdicts_do_not_move_the_window(store: Store) -> None:
    store.commit([batch(0, 9, updated(49, 20), fetched=40 * 24)])
    assert told(store) == {"a": 7, "b": 7}
    store.commit([batch(0, 9, updated(50, 20), fetched=40 * 24)])
    assert told(store) == {"a": 20, "b": 7}


def test_the_window_has_bounds(store: Store) -> None:
    store.commit([batch(0, 9, updated(50, 39), fetched=40 * 24)])
    store.commit([batch(0, 9, updated(50, 0.1, agent="b"), agent="b", fetched=40 * 24)])
    assert told(store) == {"a": LONGEST / DAY, "b": SHORTEST / DAY}


def test_a_damaged_store_does_not_stop_the_plan(store: Store) -> None:
    store.commit([batch(0, 9, updated(50, 20), fetched=40 * 24)])
    for file in (store.folder / "parts").iterdir():
        file.write_bytes(b"")
    assert told(store) == {"a": 7, "b": 7}


def test_an_empty_store_says_seven_days(store: Store) -> None:
    assert told(store) == {"a": 7, "b": 7}
