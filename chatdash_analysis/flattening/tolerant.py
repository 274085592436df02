"""JSON that strict decoders refuse: the standard library's way, with its own traps closed."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

__all__ = ["Digits", "dump", "loads", "scan", "whole_text"]

# Python refuses to read whole numbers of more digits than this.
_DIGITS = 4000


class Digits(str):
    """A whole number that Python refuses to read, as its digits."""

    __slots__ = ()


def _whole_number(digits: str) -> int | Digits:
    return int(digits) if len(digits) <= _DIGITS else Digits(digits)


_decoder = json.JSONDecoder(parse_int=_whole_number)

# Returns the value at a place of a text, and where it ends.
scan = _decoder.raw_decode


def loads(text: bytes) -> Any:
    """Read a JSON text; NaN and Infinity pass, bytes that are no UTF-8 become U+FFFD."""
    return whole_text(_decoder.decode(text.decode("utf-8", "replace")))


def dump(value: Any) -> bytes:
    """Write a value as compact JSON; numbers that JSON cannot say become their names."""
    return json.dumps(_sayable(value), ensure_ascii=False, separators=(",", ":")).encode()


def _sayable(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(value)
    if isinstance(value, list):
        return [_sayable(item) for item in value]
    if isinstance(value, dict):
        return {key: _sayable(item) for key, item in value.items()}
    return value


def whole_text(value: Any) -> Any:
    """Return a JSON value with each half of a broken surrogate pair as U+FFFD."""
    if isinstance(value, str):
        return value if value.isascii() else _mended(value)
    if isinstance(value, list):
        return [whole_text(item) for item in value]
    if isinstance(value, dict):
        return {whole_text(key): whole_text(item) for key, item in value.items()}
    return value


def _mended(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
