"""Conversations that got to one stage or another."""

from __future__ import annotations

from functools import cache

import pandas as pd

import chatdash_analysis as cda

DTYPES = {
    "platform": "str",
    "channel": "str",
    "interacted": "boolean",
    "no_answer": "boolean",
    "ended_reason": "str",
    "evaluation_is_success": "boolean",
    "user_id": "str",
}
CALL = {"platform": "vapi", "channel": "phone", "ended_reason": "customer-ended-call"}
CHAT = {"platform": "botpress", "channel": "WhatsApp"}
FAULT = "call.in-progress.error-providerfault-openai-llm-failed"
SILENT = {"platform": "zz", "channel": "chat", "interacted": False}


def rows(*given: dict, created: str = "2026-01-10T12:00Z") -> pd.DataFrame:
    """Conversations of a person each, and one without interaction, which shows it was loaded."""
    frame = pd.DataFrame([*given, SILENT], columns=list(DTYPES)).astype(DTYPES)
    user = frame["user_id"].fillna(frame.index.to_series().map("u{}".format))
    return frame.assign(user_id=user, created_at=pd.Timestamp(created).as_unit("us"))


@cache
def sample(size: int = 4_000) -> pd.DataFrame:
    return cda.load_sample(size).assign(user_id=lambda c: c["lead_id"])
