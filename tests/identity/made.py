"""Small tables of conversations, and who is behind each."""

from __future__ import annotations

from hashlib import sha256

import pandas as pd

from chatdash_analysis.identity.users import identify_users

TEXTS = (
    *("agent_id", "platform", "lead_id", "instagram_id", "phone", "phone_secondary"),
    *("ip_address", "ended_reason", "metadata"),
)


def table(rows, **common):
    """Return conversations; `day` is when, in days (if not said, the place of the row)."""
    days = [row.get("day", place) for place, row in enumerate(rows)]
    frame = pd.DataFrame(
        {
            name: pd.Series([{**common, **row}.get(name) for row in rows], dtype="str")
            for name in TEXTS
        }
    )
    frame["agent_id"] = frame["agent_id"].fillna("agent-1")
    start = pd.Timestamp("2026-01-05T09:00Z")
    moments = [pd.NaT if day is None else start + pd.Timedelta(days=day) for day in days]
    frame["created_at"] = pd.Series(moments, dtype="datetime64[us, UTC]")
    return frame


def parted(frame, **options):
    """Return the person of each conversation, numbered as they appear; 0 is nobody."""
    codes, _ = pd.factorize(identify_users(frame, **options)["user_id"])
    return (codes + 1).tolist()


def digest(kind, value):
    return f"{kind}-{sha256(f'{kind}:{value}'.encode()).hexdigest()[:16]}"


def keys(frame, **options):
    return identify_users(frame, **options)["user_key"].tolist()
