"""Text fields that are yes/no or numbers in every value become what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from typing import Any

__all__ = ["Resolved", "resolve"]

TRUE = ("true", "yes", "y")
FALSE = ("false", "no", "n")
NOTHING = ("", "n/a", "na", "nan", "none", "null", "unknown", "not mentioned", "not provided")
# At most six digits before the point and no leading zero or sign: longer runs of
# digits are phone numbers, order numbers and dates, which are no quantities.
NUMBER = r"^-?(0|[1-9][0-9]{0,5})(\.[0-9]{1,9})?$"
_LOOK = 256


@dataclass(frozen=True)
class Resolved:
    """A column after resolution.

    Attributes
    ----------
    column : pyarrow.ChunkedArray
        Bool, double or the text as it was.
    converted : {"", "boolean", "number"}
        What the text was turned into.
    null_tokens : int
        Values such as "N/A" that became missing on the way.
    """

    column: pa.ChunkedArray
    converted: Literal["", "boolean", "number"] = ""
    null_tokens: int = 0


def resolve(column: pa.ChunkedArray) -> Resolved:
    """Turn a text column into booleans or numbers, if every value allows it."""
    if not pa.types.is_string(column.type):
        return Resolved(column)
    # One value that is neither settles it, and is mostly found among the first.
    if not _allowed(column.drop_null().slice(0, _LOOK)):
        return Resolved(column)
    converted = _allowed(column)
    if not converted:
        return Resolved(column)
    words = _words(column)
    nothing = pc.is_in(words, pa.array(NOTHING))
    words = pc.if_else(nothing, None, words)
    result = _booleans(words) if converted == "boolean" else pc.cast(words, pa.float64())
    return Resolved(result, converted, pc.sum(nothing).as_py() or 0)


def _words(column: pa.ChunkedArray) -> Any:
    return pc.utf8_lower(pc.utf8_trim_whitespace(column))


def _allowed(column: pa.ChunkedArray) -> Literal["", "boolean", "number"]:
    words = pc.unique(_words(column).drop_null())
    words = words.filter(pc.invert(pc.is_in(words, pa.array(NOTHING))))
    if not len(words):
        return ""
    if pc.all(pc.is_in(words, pa.array(TRUE + FALSE))).as_py():
        return "boolean"
    if pc.all(pc.match_substring_regex(words, NUMBER)).as_py():
        return "number"
    return ""


def _booleans(words: Any) -> Any:
    known = pc.is_in(words, pa.array(TRUE))
    return pc.if_else(pc.is_null(words), None, known)
