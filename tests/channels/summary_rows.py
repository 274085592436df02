"""Conversations of channels, and a row of their summary."""

from __future__ import annotations

from functools import cache

import pandas as pd

import chatdash_analysis as cda

DTYPES = {
    "platform": "str",
    "channel": "str",
    "status": "str",
    "interacted": "boolean",
    "no_answer": "boolean",
    "duration_minutes": "float64",
    "cost": "float64",
    "evaluation_is_success": "boolean",
    "user_id": "str",
}
CHAT = {"platform": "voiceflow", "channel": "Webchat", "interacted": True}
CALL = {"platform": "vapi", "channel": "phone", "interacted": True}


def rows(*given: dict, silent: bool = True) -> pd.DataFrame:
    """Conversations of a person each; one without interaction tells that such were loaded."""
    last = [{"platform": "none", "channel": "~", "interacted": False}] if silent else []
    frame = pd.DataFrame([*given, *last], columns=list(DTYPES)).astype(DTYPES)
    return frame.assign(user_id=frame["user_id"].fillna(frame.index.to_series().map("u{}".format)))


def line(table: pd.DataFrame, channel: str, *columns: str) -> list:
    return table.set_index("channel").loc[channel, list(columns)].tolist()


@cache
def sample(size: int = 4_000) -> pd.DataFrame:
    return cda.load_sample(size).assign(user_id=lambda c: c["lead_id"])
