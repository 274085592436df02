"""Whom a conversation names: in its fields of names, and under "patient" and the like."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chatdash_analysis.privacy.json_copies import STAY, Action, Tools, json_copies, text_copies
from chatdash_analysis.privacy.rules import OBJECTS, field_of
from chatdash_analysis.schema import BY_NAME
from chatdash_analysis.text.known import known_texts
from chatdash_analysis.text.person_fields import role_field, role_names

if TYPE_CHECKING:
    import pandas as pd

    from chatdash_analysis.flattening.flatten import Path

__all__ = ["known_people"]

_JSON = (*OBJECTS, "other_properties")
# What stands between two quotes may be a key. Few texts have one that is called after a person,
# and to read JSON takes long.
_QUOTED = re.compile(r'"([^"\\]{1,60})(?=")')
_NOBODY: list[list[str]] = [[]]
_NOTHING = Tools(lambda texts, _: texts, lambda texts, _: texts)


def known_people(frame: pd.DataFrame) -> list[list[str]]:
    """Return for each conversation the names and numbers to mask in its texts."""
    known: list[list[str]] = known_texts(frame).tolist()
    for name in frame.columns:
        if str(name) in _JSON:
            _add_json(known, frame[name].tolist())
        elif str(name) not in BY_NAME:
            _add_texts(known, frame[name], field_of(str(name)))
    return known


def _add_json(known: list[list[str]], texts: list[Any]) -> None:
    for names, text in zip(known, texts, strict=True):
        if isinstance(text, str) and any(map(role_field, _QUOTED.findall(text))):
            json_copies([text], _NOBODY, _Noting(names), _NOTHING)


def _add_texts(known: list[list[str]], column: pd.Series, field: str) -> None:
    if not role_field(field):
        return
    for names, text in zip(known, column.tolist(), strict=True):
        if isinstance(text, str):
            text_copies([text], _NOBODY, _Noting(names), _NOTHING, field)


@dataclass(frozen=True)
class _Noting:
    """A rule that changes nothing, and notes the names that it meets."""

    names: list[str] = field(default_factory=list)

    def __call__(self, value: Any, field: str, path: Path, /) -> Action:  # noqa: ARG002 - as others
        """Note a name."""
        if isinstance(value, str) and role_names(field, value):
            self.names.append(value)
        return STAY
