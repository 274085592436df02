"""What a conversation itself says about who took part in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["known_texts"]

_COLUMNS = ("name", "instagram_username", "live_agent_name", "phone", "phone_secondary")
# Fields whose value names a person, without case and punctuation. "plan name" and "agent name" are
# none of them.
_WHOSE = (
    "",
    "caller",
    "client",
    "contact",
    "customer",
    "guest",
    "lead",
    "patient",
    "user",
    "visitor",
)
_WHAT = ("name", "firstname", "lastname", "fullname", "surname", "email", "mail", "emailaddress")
_FIELDS = frozenset(whose + what for whose in _WHOSE for what in (*_WHAT, "nachname", "vorname"))


def known_texts(frame: pd.DataFrame) -> pd.Series:
    """Return for each conversation the names and numbers to mask in its texts, as a list."""
    columns = [name for name in _COLUMNS if name in frame]
    columns += [
        name for name in frame if str(name).startswith("custom_") and _names_somebody(name[7:])
    ]
    known: list[list[str]] = [[] for _ in range(len(frame))]
    for name in columns:
        for names, value in zip(known, frame[name], strict=True):
            if isinstance(value, str):
                names.append(value)
    for column in ("metadata", "custom_analysis"):
        for names, value in zip(known, frame.get(column, ()), strict=False):
            if isinstance(value, str):
                names.extend(_named(_decoded(value)))
    return pd.Series(known, index=frame.index, dtype="object")


def _names_somebody(field: Any) -> bool:
    plain = "".join(character for character in str(field).casefold() if character.isalpha())
    return plain in _FIELDS


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _named(value: Any, field: str = "") -> Iterator[str]:
    """Yield the texts of all fields that name a person, however deep they lie."""
    waiting = [(field, value)]
    while waiting:
        field, value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.items()
        elif isinstance(value, list):
            waiting += [(field, item) for item in value]
        elif isinstance(value, str) and _names_somebody(field):
            yield value
