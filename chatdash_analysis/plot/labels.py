"""The names of groups as short, harmless, distinct texts."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Hashable
from itertools import count
from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.plot.fonts import drawable
from chatdash_analysis.schema import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SEPARATOR", "count_text", "group_labels", "percent_text", "short_text"]

LIMIT = 44
SEPARATOR = " · "


def group_labels(table: pd.DataFrame, columns: Sequence[str], *, limit: int = LIMIT) -> list[str]:
    """Return one label a row: the values of the columns, each shortened in its middle.

    A missing value is "(missing)". Values of columns that identify people are numbered instead
    of shown. Different groups get different labels.
    """
    if not columns:
        return ["all"] * len(table)
    lengths = [table[name].astype("str").str.len().max() for name in columns]
    widths = _widths([0 if pd.isna(length) else int(length) for length in lengths], limit)
    parts = [
        _column_labels(table[name], name, width)
        for name, width in zip(columns, widths, strict=True)
    ]
    return [SEPARATOR.join(part) for part in zip(*parts, strict=True)]


def _widths(lengths: Sequence[int], limit: int) -> list[int]:
    """Share the limit among the columns: short ones need less, which leaves more to the others."""
    widths = dict.fromkeys(range(len(lengths)), 0)
    left = limit
    for done, column in enumerate(sorted(widths, key=lambda column: lengths[column])):
        share = max(left // (len(lengths) - done), 12)
        widths[column] = share if done == len(lengths) - 1 else min(lengths[column], share)
        left -= widths[column]
    return [max(width, 12) for width in widths.values()]


def _column_labels(values: pd.Series, name: str, width: int) -> list[str]:
    known = list(dict.fromkeys(_key(value) for value in values))
    hidden = _is_personal(name)
    texts = [
        f"{name} {number}" if hidden and key is not None else short_text(key, limit=width)
        for number, key in enumerate(known, start=1)
    ]
    label = dict(zip(known, _distinct(texts), strict=True))
    return [label[_key(value)] for value in values]


def _key(value: Any) -> Any:
    """Return the value, or None where it is missing (NaN is not equal to itself)."""
    return None if pd.api.types.is_scalar(value) and pd.isna(value) else _hashable(value)


def _hashable(value: Any) -> Any:
    return value if isinstance(value, Hashable) else str(value)


def _is_personal(name: str) -> bool:
    column = BY_NAME.get(str(name))
    return name == "user_id" or (column is not None and column.pii != "")


def _distinct(texts: Sequence[str]) -> list[str]:
    """Return the texts, with numbers at those that shortening or replacing has made equal."""
    times = Counter(texts)
    taken = {text for text in texts if times[text] == 1}
    return [text if times[text] == 1 else _numbered(text, taken) for text in texts]


def _numbered(text: str, taken: set[str]) -> str:
    names = (f"{text} #{number}" for number in count(1))
    name: str = next(name for name in names if name not in taken)
    taken.add(name)
    return name


def short_text(value: Any, *, limit: int = LIMIT) -> str:
    """Return a value as one line of text that can be drawn, cut in the middle where too long."""
    if _key(value) is None:
        return "(missing)"
    text = drawable(_cut(_one_line(_as_text(value)), limit))
    return text or "(empty)"


def _as_text(value: Any) -> str:
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}" if value == value.normalize() else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value)


def _one_line(text: str) -> str:
    # The two halves of a character that was sent as a pair of surrogates come together again.
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join("".join(_visible(character) for character in whole).split())


def _visible(character: str) -> str:
    """Return the character unless it only steers how others are drawn."""
    kind = unicodedata.category(character)
    if kind == "Cc":
        return " "
    unseen = kind.startswith("C") or 0xFE00 <= ord(character) <= 0xFE0F
    return "" if unseen else character


def _cut(text: str, limit: int) -> str:
    room = [2 if unicodedata.east_asian_width(c) in {"W", "F"} else 1 for c in text]
    if sum(room) <= limit:
        return text
    head = _fitting(room, (limit - 1) * 2 // 3)
    tail = _fitting(room[::-1], (limit - 1) // 3)
    return f"{text[:head].rstrip()}…{text[len(text) - tail :].lstrip()}"


def _fitting(room: Sequence[int], limit: int) -> int:
    """Return how many characters fit into the limit."""
    used = 0
    for fitting, wide in enumerate(room):
        used += wide
        if used > limit:
            return fitting
    return len(room)


def count_text(number: float) -> str:
    """Return the number of observations as a plot shows it."""
    return "n = ?" if pd.isna(number) else f"n = {number:,.0f}"


def percent_text(share: float) -> str:
    """Return a share in percent, with a decimal where it is small or almost 100."""
    return f"{share:.1%}" if 0 < share < 0.0995 or 0.995 <= share < 1 else f"{share:.0%}"
