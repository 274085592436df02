"""What data say of their own load: read once, so that nothing later stumbles over it."""

from __future__ import annotations

from datetime import date
from numbers import Integral
from typing import TYPE_CHECKING, Any

from chatdash_analysis.errors import InputError
from chatdash_analysis.spans import read_moment

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["says_what_was_loaded", "with_origin"]

_ORIGIN = "chatdash"
_MOMENTS = ("start", "end", "fetched_at")
_OF_A_GAP = ("agent_id", "start", "end", "record", "interacted", "reason")


def with_origin(conversations: pd.DataFrame) -> pd.DataFrame:
    """Return conversations with a readable ``attrs["chatdash"]``, which is empty if it was not.

    Moments have a time zone, and gaps all of their keys.
    """
    told = conversations.attrs.get(_ORIGIN)
    plain = conversations.copy(deep=False)
    try:
        plain.attrs = {_ORIGIN: _read(told) if isinstance(told, dict) else {}}
    except InputError:
        plain.attrs = {_ORIGIN: {}}
    return plain


def says_what_was_loaded(conversations: pd.DataFrame) -> bool:
    """Tell whether conversations of `with_origin` say from when to when they were loaded."""
    origin = conversations.attrs.get(_ORIGIN, {})
    return "start" in origin and "end" in origin


def _read(origin: dict[Any, Any]) -> dict[Any, Any]:
    """Return what was told, or raise `InputError` where part of it cannot be meant."""
    held = {name: value for name, value in origin.items() if value is not None}
    moments = {name: _moment(held[name]) for name in _MOMENTS if name in held}
    gaps = [_gap(gap) for gap in _list(held.get("gaps", []))]
    rejected = held.get("rejected", 0)
    names = _list(held.get("combinations", []))
    texts = all(isinstance(name, str) for name in names)
    if not (texts and isinstance(rejected, Integral) and int(rejected) >= 0):
        raise InputError(_ORIGIN)
    return {**held, **moments, "gaps": gaps, "rejected": int(rejected)}


def _gap(gap: Any) -> dict[str, Any]:
    if not isinstance(gap, dict):
        raise InputError(_ORIGIN)
    ends = {name: _moment(gap.get(name)) for name in ("start", "end")}
    return {**dict.fromkeys(_OF_A_GAP), **gap, **ends}


def _moment(value: Any) -> str:
    if not isinstance(value, str | date):
        raise InputError(_ORIGIN)
    moment: str = read_moment(value, _ORIGIN, "UTC").isoformat()
    return moment


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise InputError(_ORIGIN)
    return list(value)
