"""What a conversation itself says about who took part in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.text.person_fields import inner_field, label_member, person_field

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["known_texts"]

_COLUMNS = ("name", "instagram_username", "live_agent_name", "phone", "phone_secondary")
_OBJECTS = ("metadata", "custom_analysis", "other_properties")
_KINDS = ("name", "email")


def known_texts(frame: pd.DataFrame) -> pd.Series:
    """Return for each conversation the names and numbers to mask in its texts, as a list."""
    columns = [name for name in _COLUMNS if name in frame]
    columns += [name for name in map(str, frame) if _names_somebody(_field(name))]
    known: list[list[str]] = [[] for _ in range(len(frame))]
    for name in columns:
        for names, value in zip(known, frame[name], strict=True):
            if isinstance(value, str):
                names.append(value)
    for column in _OBJECTS:
        for names, value in zip(known, frame.get(column, ()), strict=False):
            if isinstance(value, str):
                names.extend(_named(_decoded(value)))
    return pd.Series(known, index=frame.index, dtype="object")


def _field(column: str) -> str:
    """Return what a column of dynamic fields is called without the beginning of its name."""
    beginning, _, rest = column.partition("_")
    return rest if beginning in ("custom", "metadata") else ""


def _names_somebody(field: Any) -> bool:
    return person_field(str(field)) in _KINDS


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
            waiting += _members(value, field)
        elif isinstance(value, list):
            waiting += [(field, item) for item in value]
        elif isinstance(value, str) and _names_somebody(field):
            yield value


def _members(value: dict[str, Any], field: str) -> Iterator[tuple[str, Any]]:
    """Yield the members of an object by what they are; a value is what its label says."""
    label = label_member(value)
    for key, item in value.items():
        if key in ("value", "result"):
            yield value[label] if label else field, item
        elif not label or key != label:
            yield inner_field(field, key), item
