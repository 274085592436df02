"""What the texts of a field say, told from its values part by part.

`texts.resolve` looks at a whole column. A scan of the store has none, so the same is
decided here from the distinct values of one part after the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.compute as pc

from chatdash_analysis.flattening.flatten import EXACT, as_text
from chatdash_analysis.flattening.texts import FALSE, NOTHING, NUMBER, TRUE

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DECIMALS", "LARGEST", "Evidence", "Kind", "Values"]

# How numbers are written as text inside an engine: whole ones, and others below LARGEST with
# so many decimals at most. Larger ones times 10**DECIMALS would not be exact.
DECIMALS = 9
LARGEST = 1e6

Kind = Literal["bool", "double", "string"]


@dataclass(frozen=True)
class Values:
    """How the values of a field are read.

    Attributes
    ----------
    kind : {"bool", "double", "string"}
        The Arrow type of all of them together.
    true, false, nothing : tuple of str
        The texts that say so, as they are spelt, where `kind` is not text.
    odd : tuple of (float, str)
        Numbers that become text in a way of their own.
    """

    kind: Kind
    true: tuple[str, ...] = ()
    false: tuple[str, ...] = ()
    nothing: tuple[str, ...] = ()
    odd: tuple[tuple[float, str], ...] = ()


@dataclass
class Evidence:
    """What was seen of a field that is text in some part."""

    possible: set[Kind] = field(default_factory=lambda: {"bool", "double"})
    said: bool = False
    _true: set[str] = field(default_factory=set)
    _false: set[str] = field(default_factory=set)
    _nothing: set[str] = field(default_factory=set)
    _odd: dict[float, str] = field(default_factory=dict)

    def add(self, column: pa.ChunkedArray) -> None:
        """Take the values of one part into account."""
        values = pc.unique(column.drop_null())
        if pa.types.is_floating(values.type):
            self._add_numbers(values.to_pylist())
        elif pa.types.is_boolean(values.type):
            self.said |= len(values) > 0
            self.possible -= {"double"} if len(values) else set()
        elif self.possible:
            self._add_texts(values)

    def _add_texts(self, texts: pa.Array) -> None:
        words = pc.utf8_lower(pc.utf8_trim_whitespace(texts))
        silent = pc.is_in(words, pa.array(NOTHING))
        true, false = (pc.is_in(words, pa.array(tokens)) for tokens in (TRUE, FALSE))
        numbers = pc.match_substring_regex(words, NUMBER)
        self._nothing.update(texts.filter(silent).to_pylist())
        self.said |= pc.any(pc.invert(silent)).as_py() or False
        if not _all(pc.or_(silent, numbers)):
            self.possible.discard("double")
        if not _all(pc.or_(silent, pc.or_(true, false))):
            self.possible.discard("bool")
            return
        self._true.update(texts.filter(true).to_pylist())
        self._false.update(texts.filter(false).to_pylist())

    def _add_numbers(self, numbers: Iterable[float]) -> None:
        texts = {number: as_text(number) or "" for number in numbers}
        self.said |= bool(texts)
        if texts:
            self.possible.discard("bool")
            if not _all(pc.match_substring_regex(pa.array(texts.values()), NUMBER)):
                self.possible.discard("double")
        self._odd.update({n: text for n, text in texts.items() if _written(n) != text})

    def values(self) -> Values:
        """Return how the field is to be read, once all parts were seen."""
        if not self.said or not self.possible:
            return Values("string", odd=tuple(sorted(self._odd.items())))
        kind: Kind = "bool" if "bool" in self.possible else "double"
        true, false, nothing = (
            tuple(sorted(texts)) for texts in (self._true, self._false, self._nothing)
        )
        return Values(kind, true, false, nothing)


def _all(flags: pa.Array) -> bool:
    return bool(pc.all(flags).as_py() is not False)


def _written(number: float) -> str:
    """Write a number as the arithmetic of the engines does."""
    if number.is_integer() and abs(number) <= EXACT:
        return str(int(number))
    scaled = round(abs(number) * 10**DECIMALS) if abs(number) < LARGEST else 0
    whole, rest = divmod(scaled, 10**DECIMALS)
    sign = "-" if number < 0 else ""
    return f"{sign}{whole}." + f"{rest:0{DECIMALS}d}".rstrip("0")
