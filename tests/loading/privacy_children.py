"""Conversations with planted people, and a child process that loads them without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import chatdash_analysis as cda
from chatdash_analysis.privacy.policy import PseudonymPolicy
from tests.loading import load_children as children
from tests.loading.made import KEY, conversations

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

SECRET = "correct horse battery staple"
# Each stands somewhere in the rows below, and must stand nowhere in the cache.
PLANTED = (
    *("quintelweaver", "zachariasq", "17655501234", "5501234", "zq.weaver", "planted.example"),
    *("203.0.113.77", "instaplanted", "lead-planted", "call_planted", "staffplanted"),
    *("marplantstr", "useridplanted"),
)


def rows(n: int) -> list[dict[str, Any]]:
    return [_with_person(row) for row in conversations(n)]


def _with_person(row: dict[str, Any]) -> dict[str, Any]:
    number = "+49 (0)176 / 5550-1234".replace("(0)", "")
    person = {
        "name": "Zachariasq Quintelweaver",
        "phone": "+4917655501234",
        "phoneSecondary": "0049 176 55501234",
        "leadId": "lead-planted",
        "platformId": "call_planted",
        "instagramId": "17841455501234",
        "instagramUsername": "@instaplanted",
        "ipAddress": "203.0.113.77",
        "url": "https://planted.example/call_planted.wav",
        "liveAgentId": "staffplanted",
        "liveAgentName": "Staffplanted",
        "note": "Call Zachariasq on 0176 55501234",
        "summary": f"{row['summary']} Quintelweaver asked; mail zq.weaver@planted.example.",
        "evaluation": {**row["evaluation"], "reason": "Zachariasq was happy"},
        "mistunderstoodQueries": [{"question": f"I am Quintelweaver, {number}?"}],
        "customAnalysis": {
            **row["customAnalysis"],
            "caller_name": "Zachariasq Quintelweaver",
            "phone": 4917655501234,
            "note": {"text": "ask quintelweaver", "email": {"value": "zq.weaver@planted.example",
                                                            "rationale": "Zachariasq said so"}},
            "zq.weaver@planted.example": True,
            "+49 176 55501234": "yes",
        },
        "metadata": {
            "userId": "useridplanted",
            "street": "Marplantstr. 1",
            "payload": '{"first_name": "Zachariasq", "tel": "017655501234"}',
            "numbers": [4917655501234, {"n": 4917655501234}],
        },
        "someNewProperty": {"contact": "zq.weaver@planted.example", "tel": 4917655501234},
    }  # fmt: skip
    if int(row["_id"][-2:], 16) % 3 == 0:
        # They do not fit their columns, and are put aside.
        person |= {"phone": [4917655501234], "name": {"first": "Zachariasq", "last": "x"}}
        person |= {"ipAddress": ["203.0.113.77"], "leadId": {"id": "lead-planted"}}
        person["customAnalysis"]["first_name"] = "Zachariasq"
        person["customAnalysis"]["last_name"] = "Quintelweaver"
    return {**row, **person}


def load(said: Connection, url: str, options: dict[str, Any]) -> None:
    """Load as `load_children.load` does, with pseudonyms."""
    children.in_small_portions()
    client = cda.Client(KEY, base_url=url)
    said.send("begun")
    frame = cda.load_conversations(client=client, pii=PseudonymPolicy(secret=SECRET), **options)
    said.send(len(frame))
