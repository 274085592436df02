"""The made-up messages of a conversation."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from chatdash_analysis.sandbox.answers import to_microseconds
from chatdash_analysis.sandbox.shapes import iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["invent_messages"]

GREETINGS = ("Hello, how can I help you today?", "Hi! What can I do for you?")
OPENINGS = ("I have a question about {topic}.", "Can you help me with {topic}?")
ANSWERS = ("Of course. Let me look that up for you.", "Sure, here is what I know about {topic}.")
FALLBACKS = ("Sorry, I did not understand that. Could you say it another way?",)
CLOSINGS = ("Thank you, that was all.", "Great, bye!", "I will think about it.")
MODELS = ("gpt-4o", "gpt-4o-mini")


def invent_messages(conversation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a short exchange that fits a conversation, the same at every call.

    Parameters
    ----------
    conversation : mapping
        A conversation as the service sends it; its topic, its misunderstood
        questions and its times are used.

    Returns
    -------
    list of dict
        Messages in the order of their `createdAt`.
    """
    # Not hash(): it differs from one process to the next.
    random = Random(zlib.crc32(str(conversation.get("_id")).encode()))  # noqa: S311 - no secret
    lines = list(_lines(conversation, random))
    moments = _moments(conversation, len(lines))
    return [
        {
            "sender": sender,
            "type": "text",
            "content": {"text": text},
            "metadata": _usage(random) if sender == "bot" else {},
            "createdAt": iso(moment),
        }
        for (sender, text), moment in zip(lines, moments, strict=True)
    ]


def _lines(conversation: Mapping[str, Any], random: Random) -> Iterator[tuple[str, str]]:
    yield "bot", random.choice(GREETINGS)
    if conversation.get("interacted") is not True:
        return
    topic = str(conversation.get("topic") or "your service")
    yield "user", random.choice(OPENINGS).format(topic=topic)
    yield "bot", random.choice(ANSWERS).format(topic=topic)
    for question in _misunderstood(conversation):
        yield "user", question
        yield "bot", random.choice(FALLBACKS)
    if conversation.get("status") == "human":
        yield "agent", "A colleague took over: how can I help?"
    yield "user", random.choice(CLOSINGS)


def _misunderstood(conversation: Mapping[str, Any]) -> list[str]:
    queries = conversation.get("mistunderstoodQueries") or []
    questions = [query.get("question") for query in queries if isinstance(query, dict)]
    return [question for question in questions if isinstance(question, str)]


def _moments(conversation: Mapping[str, Any], count: int) -> list[datetime]:
    """Moments spread over the conversation; over a few minutes where its end is unknown."""
    start = to_microseconds(conversation.get("createdAt")) or 0
    end = to_microseconds(conversation.get("endedAt")) or 0
    span = end - start if end > start else count * 20_000_000
    begin = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=start)
    return [begin + timedelta(microseconds=span * number // count) for number in range(count)]


def _usage(random: Random) -> dict[str, Any]:
    return {"model": random.choice(MODELS), "total": random.randint(40, 900)}
