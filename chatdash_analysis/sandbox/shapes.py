"""How rows look in an answer: other names, forms, blanks, copies and junk."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chatdash_analysis.sandbox.answers import to_json, to_microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chatdash_analysis.sandbox.answers import Row
    from chatdash_analysis.sandbox.behaviour import Behaviour

    Shape = Callable[[dict[str, Any], Behaviour], dict[str, Any]]

__all__ = ["iso", "list_body", "shaped"]

ARRIVING_LATE = ("evaluation", "topic", "subtopic", "summary")
BLANKS = (None, "")
OPTIONAL = (
    *("platformId", "leadId", "campaignId", "name", "read", "endedAt", "browser", "device", "os"),
    *("countryCode", "ipAddress", "channel", "phone", "phoneSecondary", "instagramId"),
    *("instagramUsername", "cost", "duration", "url", "endedReason", "noAnswer", "status"),
    *("liveAgentName", "liveAgentId", "isLive", "note", "topic", "subtopic", "summary"),
    *("evaluation", "mistunderstoodQueries", "customAnalysis", "metadata", "updatedAt"),
)
JUNK: tuple[Any, ...] = (None, 7, "conversation", [], True)
UNDOCUMENTED = {"sentimentScore": 0.25, "handover": {"queue": "night", "position": 2}, "v": None}


def list_body(rows: Sequence[Row], behaviour: Behaviour) -> bytes:
    """Return the JSON array that a list request is answered with."""
    elements = [_element(row, behaviour) for row in rows]
    elements = [*_copies(rows, behaviour, 0), *elements, *_copies(rows, behaviour, 3)]
    if behaviour.element_junk:
        middle = len(elements) // 2
        elements[middle:middle] = [to_json(value) for value in JUNK]
    return b"[" + b",".join(elements) + b"]"


def shaped(conversation: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    """Return a conversation in the form that `behaviour` asks for."""
    for is_on, shape in SHAPES:
        if is_on(behaviour):
            conversation = shape(conversation, behaviour)
    return conversation


def iso(moment: datetime) -> str:
    """Return a moment the way the service writes it: UTC, milliseconds, ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _element(row: Row, behaviour: Behaviour) -> bytes:
    # Most answers are the stored texts, joined; only a switch costs a second look at them.
    if not any(is_on(behaviour) for is_on, _ in SHAPES):
        return row.body
    return to_json(shaped(row.conversation(), behaviour))


def _copies(rows: Sequence[Row], behaviour: Behaviour, phase: int) -> Iterator[bytes]:
    """Make copies of every third row: from the first on in front, from the fourth on at the end."""
    for row in rows[phase::6]:
        if behaviour.duplicates in ("twice", "both"):
            yield _element(row, behaviour)
        if behaviour.duplicates in ("stale", "both"):
            yield to_json(shaped(_stale(row.conversation()), behaviour))


def _stale(conversation: dict[str, Any]) -> dict[str, Any]:
    updated = to_microseconds(conversation.get("updatedAt")) or 0
    earlier = datetime.fromtimestamp(max(updated // 1_000_000 - 86_400, 0), UTC)
    kept = {key: value for key, value in conversation.items() if key not in ARRIVING_LATE}
    return {**kept, "updatedAt": iso(earlier)}


def _touched(conversation: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    return {**conversation, "updatedAt": iso(behaviour.now() or datetime.now(UTC))}


def _other_units(conversation: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    factors = {
        "duration": 60 if behaviour.duration_in_seconds else 1,
        "cost": 100 if behaviour.cost_in_cents else 1,
    }
    numbers = {key: conversation.get(key) for key in factors}
    changed = {key: n * factors[key] for key, n in numbers.items() if isinstance(n, int | float)}
    if behaviour.numbers_as_text:
        return conversation | {key: str(number) for key, number in changed.items()}
    return conversation | changed


def _with_blanks(conversation: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    kept = {key: value for key, value in conversation.items() if value not in BLANKS}
    absent = [key for key in OPTIONAL if key not in kept]
    styles = {key: _blank_style(key, conversation, behaviour) for key in absent}
    shown = {key: style for key, style in styles.items() if style != "missing"}
    return kept | {key: None if style == "null" else "" for key, style in shown.items()}


def _blank_style(key: str, conversation: dict[str, Any], behaviour: Behaviour) -> str:
    if behaviour.nulls != "mixed":
        return behaviour.nulls
    draw = zlib.crc32(f"{behaviour.seed} {conversation.get('_id')} {key}".encode())
    return ("missing", "null", "empty")[draw % 3]


def _with_awkward_text(conversation: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    tail = "\ud83d" * behaviour.lone_surrogates + "\x00" * behaviour.nul_characters
    texts = {key: str(conversation.get(key) or "") + tail for key in ("name", "summary")}
    return {**conversation, **texts}


def _renamed(conversation: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    names = {"mistunderstoodQueries": behaviour.spelling, "read": behaviour.read_key}
    return {names.get(key, key): value for key, value in conversation.items()}


def _without_hidden(conversation: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    return {key: value for key, value in conversation.items() if key not in behaviour.hide}


# In this order: renaming last but one, as the others know the documented names.
SHAPES: tuple[tuple[Callable[[Behaviour], bool], Shape], ...] = (
    (lambda b: b.touch_updated_at, _touched),
    (lambda b: b.numbers_as_text or b.duration_in_seconds or b.cost_in_cents, _other_units),
    (lambda b: b.nulls != "as_given", _with_blanks),
    (lambda b: b.lone_surrogates or b.nul_characters, _with_awkward_text),
    (lambda b: b.nan_tokens, lambda conversation, _: {**conversation, "cost": float("nan")}),
    (lambda b: b.extra_keys, lambda conversation, _: conversation | UNDOCUMENTED),
    (lambda b: bool(b.hide), _without_hidden),
    (lambda b: b.spelling != "mistunderstoodQueries" or b.read_key != "read", _renamed),
)
