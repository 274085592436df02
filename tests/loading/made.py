"""Small made-up conversations and what a right load of them must give."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

UTC = dt.UTC
START = dt.datetime(2026, 3, 1, tzinfo=UTC)
KEY = "CD.0123456789abcdef0123456789abcdef"
AGENT = "64b000000000000000000001"
OTHER = "64b000000000000000000002"
AGENTS = [
    {"_id": AGENT, "name": "Desk", "clientId": "c1", "platform": "retell", "apiKey": "SECRET-1"},
    {"_id": OTHER, "name": "Shop", "clientId": "c1", "platform": "voiceflow",
     "platformCredentials": {"botId": "SECRET-2"}},
]  # fmt: skip


def stamp(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def conversations(n: int, *, agent: str = AGENT, days: int = 60, seed: int = 0) -> list[dict]:
    """`n` conversations over `days` days, a fifth of them outside the default filter."""
    rng = random.Random(seed)
    return [_conversation(rng, i, agent, days) for i in range(n)]


def _conversation(rng: random.Random, i: int, agent: str, days: int) -> dict[str, Any]:
    created = START + dt.timedelta(milliseconds=rng.randrange(days * 86_400_000))
    ended = created + dt.timedelta(seconds=rng.randrange(30, 900))
    updated = ended + dt.timedelta(minutes=rng.randrange(1, 6000))
    return {
        "_id": f"{int(created.timestamp()):08x}{int(agent[-1]):08x}{i:08x}",
        "agentId": agent,
        "createdAt": stamp(created),
        "endedAt": stamp(ended),
        "updatedAt": stamp(updated),
        "record": rng.random() < 0.9,
        "interacted": rng.random() < 0.85,
        "channel": rng.choice(["phone", "web_call"]),
        "duration": round((ended - created).total_seconds() / 60, 3),
        "cost": round(rng.random(), 4),
        "evaluation": {"isSuccess": rng.random() < 0.6, "reason": f"reason {i}"},
        "mistunderstoodQueries": [{"question": f"why {i}"}] if rng.random() < 0.2 else [],
        "customAnalysis": {"booked": rng.random() < 0.5, "n": i},
        "summary": f"Summary number {i}.",
    }


def expected_ids(rows: list[dict], start: str, end: str, **flags: bool) -> list[str]:
    """Ids, oldest first, of the rows created in the range, from the rows themselves."""
    kept = [r for r in rows if stamp_of(start) <= r["createdAt"] < stamp_of(end)]
    kept = [r for r in kept if all(r[name] == value for name, value in flags.items())]
    return [r["_id"] for r in sorted(kept, key=lambda r: (r["createdAt"], r["_id"]))]


def stamp_of(text: str) -> str:
    return stamp(dt.datetime.fromisoformat(text).replace(tzinfo=UTC))
