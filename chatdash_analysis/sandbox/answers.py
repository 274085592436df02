"""Conversations by agent and time, and what a list request selects from them."""

from __future__ import annotations

import json
import random
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from chatdash_analysis.sandbox.behaviour import Behaviour

    Conversation = Mapping[str, Any] | bytes

__all__ = ["Conversations", "Row", "Selection", "arranged", "to_json", "to_microseconds"]

DAY = 86_400_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIME_FIELDS = ("createdAt", "endedAt", "updatedAt")

# What each reading of the bounds makes of a start and of an end; both are then included.
BOUNDS: dict[str, tuple[Callable[[int], int | None], Callable[[int], int | None]]] = {
    "inclusive": (lambda start: start, lambda end: end),
    "start_exclusive": (lambda start: start + 1, lambda end: end),
    "end_exclusive": (lambda start: start, lambda end: end - 1),
    "date_only": (lambda start: start // DAY * DAY, lambda end: end // DAY * DAY + DAY - 1),
    "date_cut": (lambda start: start // DAY * DAY, lambda end: end // DAY * DAY),
    "ignored": (lambda _: None, lambda _: None),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation: what requests select by, and the JSON text that is served."""

    id: str
    agent_id: str
    platform_id: str
    times: tuple[int | None, ...]
    record: bool
    interacted: bool
    body: bytes

    @classmethod
    def of(cls, conversation: Conversation) -> Row:
        """Index a conversation given as a mapping, or as JSON text that is served as it is."""
        if isinstance(conversation, bytes):
            values, body = json.loads(conversation), conversation
        else:
            values, body = conversation, to_json(conversation)
        return cls(
            id=str(values.get("_id") or ""),
            agent_id=str(values.get("agentId") or ""),
            platform_id=str(values.get("platformId") or ""),
            times=tuple(to_microseconds(values.get(name)) for name in TIME_FIELDS),
            record=values.get("record") is True,
            interacted=values.get("interacted") is True,
            body=body,
        )

    @property
    def created(self) -> int | None:
        """Microseconds since 1970 of `createdAt`, where that is a date."""
        return self.times[0]

    def conversation(self) -> dict[str, Any]:
        """Return the conversation as a dict of its own."""
        conversation: dict[str, Any] = json.loads(self.body)
        return conversation


@dataclass(frozen=True)
class Selection:
    """What one list request asks for; None for what it leaves open."""

    start: int | None = None
    end: int | None = None
    record: bool | None = None
    interacted: bool | None = None

    @classmethod
    def of(cls, query: Mapping[str, str], behaviour: Behaviour) -> Selection:
        """Read the parameters of a list request as `behaviour` says."""
        first, last = BOUNDS[behaviour.bounds]
        start, end = _bound(query, "startDate"), _bound(query, "endDate")
        return cls(
            start=None if start is None else first(start),
            end=None if end is None else last(end),
            record=_wanted(query.get("record"), behaviour),
            interacted=_wanted(query.get("interacted"), behaviour),
        )

    def has(self, row: Row) -> bool:
        """Whether the flags of `row` are those asked for."""
        return self.record in (None, row.record) and self.interacted in (None, row.interacted)


class Conversations:
    """The rows that the stand-in serves; safe to change while it answers."""

    def __init__(self, conversations: Iterable[Conversation] = ()) -> None:
        self._lock = Lock()
        self._agents: dict[str, dict[str, Row]] = {}
        self._indexes: dict[tuple[str, str], _Index] = {}
        self.replace(conversations)

    def replace(self, conversations: Iterable[Conversation]) -> None:
        """Serve these conversations instead of all earlier ones."""
        agents: dict[str, dict[str, Row]] = {}
        for number, row in enumerate(map(Row.of, conversations)):
            # Rows without an id are served like any other, but cannot be told apart.
            agents.setdefault(row.agent_id, {})[row.id or f" {number}"] = row
        with self._lock:
            self._agents = agents
            self._indexes.clear()

    def upsert(self, conversation: Conversation) -> None:
        """Add a conversation, or put it in the place of the one with its id."""
        row = Row.of(conversation)
        with self._lock:
            rows = self._agents.setdefault(row.agent_id, {})
            rows[row.id or f" {len(rows)} "] = row
            self._indexes.clear()

    def delete(self, conversation_id: str) -> None:
        """Forget the conversation with this id, whichever agent held it."""
        with self._lock:
            for rows in self._agents.values():
                rows.pop(conversation_id, None)
            self._indexes.clear()

    def find(
        self,
        agent_id: str,
        key: str,
        behaviour: Behaviour,
        *,
        by: Literal["id", "platform_id"] = "id",
    ) -> Row | None:
        """Return the conversation whose attribute `by` is `key`, as it is shown now."""
        with self._lock:
            rows = self._agents.get(agent_id, {})
            found = [rows[key]] if key in rows else []
            if by == "platform_id":
                found = [row for row in rows.values() if row.platform_id == key][:1]
        return next(iter(_shown(found, behaviour)), None)

    def select(self, agent_id: str, selection: Selection, behaviour: Behaviour) -> list[Row]:
        """Return the rows of a list in the order of `createdAt`, before any cap."""
        rows = self._within(agent_id, selection, behaviour)
        rows = [row for row in rows if selection.has(row)]
        return rows if behaviour.date_field == "createdAt" else sorted(rows, key=_by_creation)

    def _within(self, agent_id: str, asked: Selection, behaviour: Behaviour) -> list[Row]:
        field = behaviour.date_field
        if behaviour.clock is None:
            return self._index(agent_id, field).within(asked.start, asked.end)
        # `createdAt` never changes, so that only rows of the window need to be looked at.
        span = (asked.start, asked.end) if field == "createdAt" else (None, None)
        rows = self._index(agent_id, "createdAt").within(*span)
        return _Index(_shown(rows, behaviour), field).within(asked.start, asked.end)

    def _index(self, agent_id: str, field: str) -> _Index:
        with self._lock:
            if (agent_id, field) not in self._indexes:
                rows = self._agents.get(agent_id, {}).values()
                self._indexes[agent_id, field] = _Index(rows, field)
            return self._indexes[agent_id, field]


class _Index:
    """Rows in the order of one of their times."""

    def __init__(self, rows: Iterable[Row], field: str) -> None:
        position = TIME_FIELDS.index(field)
        timed = [(row.times[position], row) for row in rows]
        placed = [(time, row) for time, row in timed if time is not None]
        placed.sort(key=lambda item: (item[0], item[1].id))
        self._times = [time for time, _ in placed]
        self._rows = [row for _, row in placed]
        self._untimed = [row for time, row in timed if time is None]

    def within(self, start: int | None, end: int | None) -> list[Row]:
        first = 0 if start is None else bisect_left(self._times, start)
        last = len(self._times) if end is None else bisect_right(self._times, end)
        unbounded = start is None and end is None
        return self._rows[first:last] + (self._untimed if unbounded else [])


def arranged(rows: Sequence[Row], behaviour: Behaviour) -> list[Row]:
    """Cut rows in the order of `createdAt` to the cap and put them in the order of the answer."""
    kept = _capped(rows, behaviour)
    if behaviour.order == "random":
        random.Random(behaviour.seed).shuffle(kept)  # noqa: S311 - an order, no secret
    return kept[::-1] if behaviour.order == "desc" else kept


def _capped(rows: Sequence[Row], behaviour: Behaviour) -> list[Row]:
    cap = behaviour.cap
    if cap is None or len(rows) <= cap:
        return list(rows)
    if behaviour.cap_keeps == "random":
        chosen = random.Random(behaviour.seed).sample(range(len(rows)), cap)  # noqa: S311 - no secret
        return [rows[position] for position in sorted(chosen)]
    return list(rows[-cap:] if behaviour.cap_keeps == "newest" else rows[:cap])


def _shown(rows: Sequence[Row], behaviour: Behaviour) -> list[Row]:
    """Return `rows` as they were at the moment of the clock."""
    now = behaviour.now()
    if now is None:
        return list(rows)
    moment = to_microseconds(now.isoformat()) or 0
    shown = (row if _is_final(row, moment) else _earlier(row, now) for row in rows)
    return [row for row in shown if row is not None]


def _is_final(row: Row, moment: int) -> bool:
    """Whether a row had its last state; one without dates has no other."""
    created, _, updated = row.times
    return created is None or updated is None or updated <= moment


def _earlier(row: Row, now: datetime) -> Row | None:
    # Only a stand-in with a clock needs the made-up histories.
    from chatdash_analysis.sandbox.sample import as_of

    conversation = as_of(row.conversation(), now)
    return None if conversation is None else Row.of(conversation)


def _by_creation(row: Row) -> tuple[bool, int, str]:
    return row.created is None, row.created or 0, row.id


def _wanted(text: str | None, behaviour: Behaviour) -> bool | None:
    """Read a flag; the service's default is true."""
    value = text is None or _flag(text, behaviour.bools)
    return None if not value and behaviour.false_means == "no_filter" else value


def _flag(text: str, reading: str) -> bool:
    if reading == "strict":
        return text == "true"
    return (text.lower() if reading == "any_case" else text) != "false"


def _bound(query: Mapping[str, str], name: str) -> int | None:
    if name not in query:
        return None
    bound = to_microseconds(query[name])
    if bound is None:
        raise InputError(f"{name} is no ISO 8601 date: {query[name]!r}.")
    return bound


def to_microseconds(value: object) -> int | None:
    """Return an ISO 8601 text as microseconds since 1970; None for all else."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(microseconds=1)


def to_json(value: object) -> bytes:
    """Return compact JSON in UTF-8; half of an emoji stands in it as an escape."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
