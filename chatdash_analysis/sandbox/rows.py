"""Conversations in order of time, as the service would send them in the end."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from chatdash_analysis.sandbox.calls import call_length, call_properties, platform_id
from chatdash_analysis.sandbox.chance import mix, pick
from chatdash_analysis.sandbox.chats import chat_length, chat_properties
from chatdash_analysis.sandbox.customs import Call, custom_analysis, unconnected_analysis
from chatdash_analysis.sandbox.people import People
from chatdash_analysis.sandbox.summaries import note, reason, summary, theme_of
from chatdash_analysis.sandbox.timeline import arrivals, iso
from chatdash_analysis.sandbox.visits import draw_visit
from chatdash_analysis.sandbox.wording import questions
from chatdash_analysis.sandbox.world import EVALUATED, LINES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatdash_analysis.sandbox.timeline import Plan
    from chatdash_analysis.sandbox.visits import Visit

__all__ = ["ANALYSIS", "Planted", "rows"]

HOUR = 3_600_000
# What comes with the analysis or by the hands of staff, at `updatedAt`.
ANALYSIS = (
    *("evaluation", "topic", "subtopic", "summary", "mistunderstoodQueries", "customAnalysis"),
    *("note", "read"),
)
_ASKED_IF_SUCCESS, _ASKED_IF_FAILURE = 0.16, 0.48
# Keys are mostly left out where there is nothing to say, but now and then they are blank.
_BLANKS: dict[bool, tuple[dict[str, Any], ...]] = {
    True: (
        {"leadId": None, "campaignId": None},
        {"note": "", "liveAgentName": ""},
        {"browser": None, "device": None, "os": None, "ipAddress": None},
        {"phone": "", "phoneSecondary": ""},
        {"name": None, "subtopic": None},
        {"instagramId": None, "instagramUsername": ""},
    ),
    False: (
        {"leadId": None, "note": None},
        {"name": "", "phone": ""},
        {"cost": None, "duration": None, "endedReason": None},
        {"customAnalysis": {}},
        {"url": "", "endedReason": ""},
        {"liveAgentName": None, "subtopic": ""},
    ),
}


class Planted(NamedTuple):
    """The truth behind one conversation.

    Attributes
    ----------
    conversation_id : str
        Its id.
    person : str
        Who it was, the same for the same person on every channel.
    reached, fault, success : bool
        Whether anything was said; whether technology failed; the true outcome.
    questions : tuple of str
        Misunderstood questions.
    topics : tuple of (str or None)
        Topic of each question; None for idle talk.
    """

    conversation_id: str
    person: str
    reached: bool
    fault: bool
    success: bool
    questions: tuple[str, ...]
    topics: tuple[str | None, ...]


def rows(plan: Plan, size: int, seed: int) -> Iterator[tuple[dict[str, Any], Planted]]:
    """Yield `size` conversations of the window and the truth behind each."""
    random = Random(mix(seed, size))  # noqa: S311 - chance for a sample, not for a secret
    people, serial = People(seed), random.getrandbits(24)
    machine = f"{random.getrandbits(40):010x}"
    for moments in arrivals(random.random, plan, size):
        people.next_day()
        for moment, number in moments:
            person = people.visitor(random.random, LINES[number])
            serial = serial + 1 & 0xFFFFFF
            conversation_id = f"{moment // 1000:08x}{machine}{serial:06x}"
            yield _conversation(draw_visit(random, plan, number, person, moment), conversation_id)


def _conversation(visit: Visit, conversation_id: str) -> tuple[dict[str, Any], Planted]:
    length = call_length(visit) if visit.voice else chat_length(visit)
    ended = visit.moment + length
    asked, topics = _questions(visit)
    row = _start(visit, conversation_id)
    row |= (
        call_properties(visit, length, row["platformId"]) if visit.voice else chat_properties(visit)
    )
    row |= _end(visit, ended)
    if visit.reached:
        row |= _analysis(visit, asked)
    elif visit.voice:
        row |= _no_analysis(visit)
    if visit.u() < 0.3:
        row = pick(visit.u, _BLANKS[visit.voice]) | row
    return row, Planted(
        conversation_id,
        visit.person.key,
        visit.reached,
        visit.fault,
        visit.success,
        tuple(asked),
        topics,
    )


def _questions(visit: Visit) -> tuple[list[str], tuple[str | None, ...]]:
    chance = _ASKED_IF_SUCCESS if visit.success else _ASKED_IF_FAILURE
    if visit.u() >= chance or visit.fault or not visit.reached:
        return [], ()
    return questions(visit.u, visit.plan, visit.line, visit.moment)


def _start(visit: Visit, conversation_id: str) -> dict[str, Any]:
    u, row = visit.u, {"_id": conversation_id, "agentId": visit.line.agent.id}
    row["platformId"] = platform_id(visit)
    row["channel"] = visit.line.channel
    row["createdAt"] = iso(visit.moment)
    if u() < (0.7 if visit.voice else 0.97):
        row["countryCode"] = visit.person.country
    if u() < (0.75 if visit.outbound else 0.4):
        row["name"] = visit.person.name
    return row


def _end(visit: Visit, ended: int) -> dict[str, Any]:
    u = visit.u
    row: dict[str, Any] = {"record": visit.recorded, "interacted": visit.reached}
    if u() < 0.995:
        row["endedAt"] = iso(ended)
    row["updatedAt"] = iso(ended + _delay(visit) if visit.reached else ended)
    if u() < 0.4:
        row["isLive"] = u() < 0.004
    if visit.line.channel != "Webchat" and u() < 0.5:
        row["status"] = "ai"
    return row


def _delay(visit: Visit) -> int:
    """Return how long after the end the analysis arrives: minutes, hours or days."""
    kind, chance = visit.u(), visit.u()
    if kind < 0.7:
        return int((0.02 + 0.48 * chance) * HOUR)
    if kind < 0.92:
        return int((0.5 + 23.5 * chance) * HOUR)
    return int((24 + 96 * chance) * HOUR)


def _analysis(visit: Visit, asked: list[str]) -> dict[str, Any]:
    u = visit.u
    row = _evaluation(visit)
    theme = theme_of(u, visit.line, success=visit.success)
    if u() < 0.95:
        row["topic"] = theme.label
        row["subtopic"] = pick(u, theme.subtopics)
    if u() < 0.96:
        row["summary"] = summary(u, visit.line, theme, visit.person, success=visit.success)
    if asked or u() < 0.3:
        row["mistunderstoodQueries"] = [{"question": text} for text in asked]
    if visit.voice and not visit.fault:
        row["customAnalysis"] = _custom(visit)
    return row | _by_hand(visit)


def _evaluation(visit: Visit) -> dict[str, Any]:
    u, chance = visit.u, visit.u()
    if chance >= EVALUATED:
        blank = pick(u, ("missing", "missing", "null", "empty"))
        return {} if blank == "missing" else {"evaluation": {} if blank == "empty" else None}
    verdict: dict[str, Any] = {"isSuccess": visit.success}
    if u() < 0.95:
        verdict["reason"] = reason(u, success=visit.success, fault=visit.fault)
    return {"evaluation": verdict}


def _custom(visit: Visit) -> dict[str, Any]:
    email = f"{visit.person.name.split(' ')[0].lower()}.{visit.person.bits % 97}@example.com"
    call = Call(visit.u, visit.plan, visit.moment, visit.success, visit.person.name, email)
    return custom_analysis(visit.line.agent.platform, call)


def _no_analysis(visit: Visit) -> dict[str, Any]:
    analysis = unconnected_analysis(visit.u, visit.line.agent.platform)
    return {} if analysis is None else {"customAnalysis": analysis}


def _by_hand(visit: Visit) -> dict[str, Any]:
    u, chance = visit.u, visit.u()
    row: dict[str, Any] = {}
    if chance < 0.9:
        row["read"] = chance < 0.55
    if u() < 0.02:
        row["note"] = note(u)
    return row
