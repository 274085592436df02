"""Fit JSON values to the column table, one by one (careful) or a column at a time."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from chatdash_analysis.flattening.flatten import as_text
from chatdash_analysis.flattening.tolerant import Digits

if TYPE_CHECKING:
    from typing import Any

    from chatdash_analysis.schema import Kind

__all__ = ["fit", "instants", "without_empty"]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_FLAGS = {"true": True, "false": False, "1": True, "0": False}
_INSTANT = pa.timestamp("us", "UTC")


def fit(value: Any, kind: Kind) -> tuple[Any, bool]:
    """Return the value as its column takes it (None if it cannot), and whether it came so."""
    if value is None or value == "":
        return None, True
    fitted = _FIT[kind](value)
    sound = type(fitted) is type(value) or (type(fitted) is float and type(value) is int)
    return fitted, sound and fitted is not None


def _fit_text(value: Any) -> str | None:
    if isinstance(value, (list, dict)):
        return None
    text = as_text(value)
    # Plain text, even of digits that came as a number.
    return None if text is None else str(text)


def _fit_measure(value: Any) -> float | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _fit_flag(value: Any) -> bool | None:
    if isinstance(value, (bool, int)) and value in (0, 1):
        return bool(value)
    return _FLAGS.get(value.strip().lower()) if isinstance(value, str) else None


def _fit_instant(value: Any) -> str | None:
    return value if isinstance(value, str) and not isinstance(value, Digits) else None


_FIT: dict[Kind, Any] = {
    "text": _fit_text,
    "measure": _fit_measure,
    "flag": _fit_flag,
    "instant": _fit_instant,
}


def without_empty(column: pa.Array) -> pa.Array:
    """Return a column of texts with the empty ones missing."""
    empty = pc.equal(column, "")
    return pc.if_else(empty, None, column) if pc.any(empty).as_py() else column


def instants(column: pa.Array) -> tuple[pa.Array, list[int]]:
    """Read ISO 8601 texts as UTC instants.

    Returns
    -------
    instants : pyarrow.Array
        ``timestamp[us, UTC]``; missing where a text is no instant.
    unfit : list of int
        Places of the texts that are no instant, or only by a guess (no time zone
        means UTC, digits beyond the microsecond are cut).
    """
    try:
        return pc.cast(column, _INSTANT), []
    except pa.ArrowInvalid:
        pairs = [_instant(text) for text in column.to_pylist()]
        unfit = [i for i, (_, sound) in enumerate(pairs) if not sound]
        return pa.array([value for value, _ in pairs], _INSTANT), unfit


def _instant(text: str | None) -> tuple[Any, bool]:
    if text is None:
        return None, True
    try:
        return pc.cast(pa.scalar(text), _INSTANT), True
    except (pa.ArrowInvalid, UnicodeEncodeError):
        return _guess(text), False


def _guess(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
