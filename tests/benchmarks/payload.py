"""Invented conversations as the service would send them: any number, seeded, streamed.

About 1.5 KB of compact JSON a row: 40 % voice and 60 % chat, all documented properties,
null where there is no value, free text that never repeats; 15 dynamic keys over four shapes
of agents that disagree on types, on voice rows alone, as the contract says; 1 % of rows with
a property that the contract does not know; in the order of time over 24 months. The text is
as compressible as the payload for which the targets were set (gzip 4-5 : 1).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

START = datetime(2024, 1, 1, tzinfo=UTC)
END = datetime(2026, 1, 1, tzinfo=UTC)

_SYLLABLES = [first + second for first in "bdfgklmnprstv" for second in "aeio"]
# Escapes and letters beyond ASCII, as JSON.stringify writes them.
_HARD_WORDS = ["\\n", '\\"yes\\"', "C:\\\\temp", "},{", "größer", "mañana", "naïve", "🙂", "a/b"]
_REASONS = ["agent_hangup", "user_hangup", "call_transfer", "inactivity", "voicemail_reached"]
_TOPICS = ["booking", "billing", "opening hours", "delivery", "returns", "other"]
_COUNTRIES = ["DE", "ES", "US", "GB", "NA", "FR"]
_BROWSERS = ["Chrome", "Mobile Safari", "Edge", "Firefox"]
_SYSTEMS = [("Windows", "Desktop"), ("iOS", "Mobile"), ("Android", "Mobile"), ("Mac OS", "Desktop")]
_CHANNELS = ["Webchat", "WhatsApp", "Instagram"]
_PLACES = ["Berlin", "Madrid", "Austin", "Leeds", "Lyon"]


@dataclass(frozen=True)
class Payload:
    """What to invent: how many rows, over how many agents."""

    rows: int
    agents: int = 4
    seed: int = 0

    @property
    def agent_ids(self) -> list[str]:
        return [agent_id(number) for number in range(self.agents)]


@dataclass(frozen=True)
class Row:
    """One invented conversation, and what a server needs to know to filter it."""

    agent: str
    created_at: datetime
    record: bool
    interacted: bool
    text: str


def write_body(path: Path, payload: Payload) -> int:
    """Write all rows as one JSON array; return its size in bytes."""
    return write_texts(path, (row.text for row in rows(payload)))


def write_halves(paths: list[Path], payload: Payload) -> None:
    """Write the same rows as two bodies, the earlier and the later half."""
    texts = (row.text for row in rows(payload))
    for path, size in zip(paths, (payload.rows // 2, payload.rows), strict=True):
        write_texts(path, islice(texts, size))


def write_texts(path: Path, texts: Iterable[str]) -> int:
    """Write rows that are JSON already as one JSON array; return its size in bytes."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("[")
        for position, text in enumerate(texts):
            file.write("," + text if position else text)
        file.write("]")
    return path.stat().st_size


def rows(payload: Payload) -> Iterator[Row]:
    """Invent the rows of `payload` in the order of their creation."""
    rng = random.Random(payload.seed)
    words = _vocabulary()
    agents = payload.agent_ids
    step = (END - START) / payload.rows
    for number in range(payload.rows):
        position = rng.randrange(payload.agents)
        created_at = START + (number + rng.random()) * step
        yield _row(rng, words, agents[position], position % len(_SHAPES), created_at)


def agent_id(number: int) -> str:
    return f"65a0c0de{number:016x}"


def _vocabulary() -> list[str]:
    rng = random.Random("vocabulary")
    made = ["".join(rng.choices(_SYLLABLES, k=rng.choice((1, 2, 3, 3, 4, 4)))) for _ in range(400)]
    return made + _HARD_WORDS


def _row(rng: random.Random, words: list[str], agent: str, shape: int, created_at: datetime) -> Row:
    record, interacted = rng.random() < 0.97, rng.random() < 0.92
    minutes = round(rng.expovariate(1 / 3) + 0.1, 2)
    common = _common(rng, words, agent, created_at, minutes)
    kind = _voice(rng, words, minutes, shape) if rng.random() < 0.4 else _chat(rng, words)
    unknown = f',"sentimentScore":{rng.random():.3f}' if rng.random() < 0.01 else ""
    flags = f'"record":{_flag(record)},"interacted":{_flag(interacted)}'
    return Row(
        agent,
        _milliseconds(created_at),
        record,
        interacted,
        f"{{{common},{flags},{kind}{unknown}}}",
    )


def _common(
    rng: random.Random, words: list[str], agent: str, created_at: datetime, minutes: float
) -> str:
    made = f"{int(created_at.timestamp()):08x}{rng.getrandbits(64):016x}"
    ended_at = created_at + timedelta(minutes=minutes)
    parts = [
        f'"_id":"{made}","agentId":"{agent}","platformId":"{rng.getrandbits(128):032x}"',
        f'"leadId":"{rng.randrange(50_000):024x}","name":"{_text(rng, words, 2)}"',
        f'"createdAt":"{_instant(created_at)}","endedAt":"{_instant(ended_at)}"',
        f'"updatedAt":"{_instant(ended_at + timedelta(seconds=rng.randrange(1, 90_000)))}"',
        '"campaignId":null,"liveAgentId":null,"liveAgentName":null',
        f'"countryCode":"{rng.choice(_COUNTRIES)}","read":{_flag(rng.random() < 0.5)}',
        f'"isLive":false,"status":"ai","topic":"{rng.choice(_TOPICS)}"',
        f'"summary":"{_text(rng, words, 46)}"',
        _evaluation(rng, words),
        _metadata(rng, words),
    ]
    asked = rng.choice((0, 0, 0, 0, 0, 0, 0, 1, 1, 3))
    questions = ",".join(f'{{"question":"{_text(rng, words, 6)}"}}' for _ in range(asked))
    parts.append(f'"mistunderstoodQueries":[{questions}]')
    note = f'"{_text(rng, words, 8)}"' if rng.random() < 0.05 else "null"
    return ",".join([*parts, f'"note":{note}'])


def _metadata(rng: random.Random, words: list[str]) -> str:
    return (
        f'"metadata":{{"source":"{rng.choice(words[:20])}","clinic_id":"c-{rng.randrange(40)}",'
        f'"utm":{{"campaign":"{rng.choice(words[:50])}","term":null}},"visit":{rng.randrange(9)}}}'
    )


def _evaluation(rng: random.Random, words: list[str]) -> str:
    if rng.random() < 0.1:
        return '"evaluation":null'
    return (
        f'"evaluation":{{"isSuccess":{_flag(rng.random() < 0.7)},'
        f'"reason":"{_text(rng, words, 18)}"}}'
    )


def _voice(rng: random.Random, words: list[str], minutes: float, shape: int) -> str:
    return (
        f'"customAnalysis":{{{_SHAPES[shape](rng, words)}}},'
        f'"channel":"phone","phone":"+49{rng.randrange(10**9, 10**10)}",'
        f'"phoneSecondary":"+1{rng.randrange(10**9, 10**10)}","duration":{minutes},'
        f'"cost":{round(minutes * 0.11, 4)},"noAnswer":{_flag(rng.random() < 0.1)},'
        f'"endedReason":"{rng.choice(_REASONS)}",'
        f'"url":"https://recordings.example/{rng.getrandbits(128):032x}.wav",'
        '"browser":null,"device":null,"os":null,"ipAddress":null,"subtopic":null,'
        '"instagramId":null,"instagramUsername":null'
    )


def _chat(rng: random.Random, words: list[str]) -> str:
    system, device = rng.choice(_SYSTEMS)
    address = ".".join(str(rng.randrange(1, 255)) for _ in range(4))
    subtopic = f'"subtopic":"{rng.choice(words[:30])}"' if rng.random() < 0.5 else '"subtopic":null'
    return (
        f'"channel":"{rng.choice(_CHANNELS)}","browser":"{rng.choice(_BROWSERS)}",'
        f'"device":"{device}","os":"{system}","ipAddress":"{address}",{subtopic},"phone":null,'
        '"phoneSecondary":null,"duration":null,"cost":null,"noAnswer":null,"endedReason":null,'
        '"url":null,"instagramId":null,"instagramUsername":null,"customAnalysis":{}'
    )


def _first_shape(rng: random.Random, words: list[str]) -> str:
    return (
        f'"budget":{rng.randrange(50, 5000)},"interest":"{rng.choice(("low", "middle", "high"))}",'
        f'"callback":{_flag(rng.random() < 0.3)},"party_size":{rng.randrange(1, 9)},'
        f'"service":"{rng.choice(words[:40])}","score":{rng.random():.2f},'
        f'"notes":"{_text(rng, words, 12)}"'
    )


def _second_shape(rng: random.Random, words: list[str]) -> str:
    tags = ",".join(f'"{word}"' for word in rng.choices(words[:60], k=3))
    return (
        f'"budget":"about {rng.randrange(50, 5000)} euro","callback":null,"tags":[{tags}],'
        f'"score":{rng.randrange(0, 10)},"language":"{rng.choice(("de", "es", "en"))}",'
        f'"consent":{_flag(rng.random() < 0.8)},"visits":{rng.randrange(20)},'
        f'"notes":"{_text(rng, words, 12)}"'
    )


def _third_shape(rng: random.Random, words: list[str]) -> str:
    place = f'{{"city":"{rng.choice(_PLACES)}","zip":"D-{rng.randrange(10_000, 99_999)}"}}'
    return (
        f'"budget":{rng.choice(("null", "100", "2500"))},"party_size":"{_text(rng, words, 2)}",'
        f'"address":{place},"urgency":{rng.randrange(5)},"product":"{_text(rng, words, 2)}",'
        f'"follow_up":{_flag(rng.random() < 0.5)},"tags":null,"notes":"{_text(rng, words, 12)}"'
    )


def _fourth_shape(rng: random.Random, words: list[str]) -> str:
    return (
        f'"interest":{rng.randrange(1, 11)},"urgency":"{rng.choice(("soon", "later", "never"))}",'
        f'"address":"{_text(rng, words, 4)}","consent":"given in {rng.choice(_PLACES)}",'
        f'"visits":{rng.random() * 9:.1f},"product":["{rng.choice(words)}",{rng.randrange(9)}],'
        f'"follow_up":{{"by":"{_text(rng, words, 2)}","days":{rng.randrange(30)}}},"service":null,'
        f'"notes":"{_text(rng, words, 12)}"'
    )


_SHAPES = (_first_shape, _second_shape, _third_shape, _fourth_shape)


def _text(rng: random.Random, words: list[str], count: int) -> str:
    return " ".join(rng.choices(words, k=count))


def _instant(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(value: datetime) -> datetime:
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def _flag(value: bool) -> str:
    return "true" if value else "false"
