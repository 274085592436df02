"""Texts read as numbers or as true and false, by rules that can be said in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chatdash_analysis.flattening.texts import FALSE, NOTHING, TRUE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["KINDS", "Decimal", "Read", "Wanted", "folded", "read_texts", "says_nothing"]

Wanted = Literal["number", "amount", "ratio", "boolean"]
Decimal = Literal[".", ","]

KINDS: tuple[Wanted, ...] = ("number", "amount", "ratio", "boolean")
# Up to 15 digits are exact as float64. With zeros in front or a plus sign it is the number of
# a phone or an account, and no quantity.
_WHOLE = "(?:0|[1-9][0-9]{0,14})"
_PLAIN = rf"^-?(?:{_WHOLE}(?:\.[0-9]+)?|\.[0-9]+)(?:e[+-]?[0-9]{{1,3}})?$"
# "1,234" may be 1.234 in half of the world; with a point or twice a comma it cannot.
_CLEAR_GROUPS = r"^-?[1-9][0-9]{0,2}(?:,[0-9]{3}\.[0-9]+|(?:,[0-9]{3}){2,3}(?:\.[0-9]+)?)$"
_GROUPS = r"^-?[1-9][0-9]{0,2}(?:,[0-9]{3}){1,3}(?:\.[0-9]+)?$"
_COMMA = rf"^-?(?:{_WHOLE}|[1-9][0-9]{{0,2}}(?:\.[0-9]{{3}}){{1,3}})(?:,[0-9]+)?$"
_AMOUNT = (
    r"^(?P<before>\p{Sc}|[a-z]{3}\b)?\s*(?P<number>-?[0-9][0-9.,]*)\s*(?P<after>[^0-9]{0,24})$"
)
_RATIO = r"^(?P<part>-?[0-9][0-9.,]*)\s*(?:/|of|out of)\s*(?P<whole>[0-9][0-9.,]*)$"
_PERCENT = r"^(?P<part>-?[0-9][0-9.,]*)\s*%$"
_TRUE, _FALSE = (*TRUE, "1", "1.0"), (*FALSE, "0", "0.0")


class Read(NamedTuple):
    """Texts, read.

    Attributes
    ----------
    numbers : numpy.ndarray of float64
        What they say; true is 1, false 0; missing where a text says nothing or cannot be read.
    units : numpy.ndarray of str
        The unit of each amount, "" where there is none.
    """

    numbers: NDArray[np.float64]
    units: NDArray[np.str_]


def read_texts(
    texts: Any, wanted: Wanted | Mapping[str, bool], decimal: Decimal | None = None
) -> Read:
    """Read texts.

    Parameters
    ----------
    texts : pyarrow.Array
        The texts, none missing.
    wanted : {"number", "amount", "ratio", "boolean"} or mapping
        As for `coerce_fields`; the keys of a mapping as `folded` gives them.
    decimal : {".", ","}, optional
        What separates the decimals; without it a comma that could be either is not read.
    """
    words, units = folded(texts), np.full(len(texts), "", dtype=np.str_)
    if not isinstance(wanted, str):
        return Read(_flags(words, wanted), units)
    if wanted == "boolean":
        return Read(_flags(words, _yes_and_no()), units)
    if wanted == "ratio":
        return Read(_ratios(words, decimal), units)
    if wanted == "amount":
        return _amounts(words, decimal)
    return Read(_numbers(words, decimal), units)


def folded(texts: Any) -> Any:
    """Return texts without differences of case, width, dashes and spaces around."""
    words = pc.utf8_lower(pc.utf8_trim_whitespace(pc.utf8_normalize(texts, "NFKC")))
    return pc.replace_substring(words, "\u2212", "-")


def says_nothing(texts: Any) -> NDArray[np.bool_]:
    """Tell which texts stand for no value: "", "N/A", "unknown" and the like."""
    return _mask(pc.is_in(folded(texts), pa.array(NOTHING)))


def _mask(flags: Any) -> NDArray[np.bool_]:
    return np.asarray(flags.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _yes_and_no() -> dict[str, bool]:
    return {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}


def _flags(words: Any, meaning: Mapping[str, bool]) -> NDArray[np.float64]:
    yes = pa.array([word for word, value in meaning.items() if value], pa.string())
    no = pa.array([word for word, value in meaning.items() if not value], pa.string())
    values = np.full(len(words), np.nan)
    values[_mask(pc.is_in(words, yes))] = 1.0
    values[_mask(pc.is_in(words, no))] = 0.0
    return values


def _numbers(words: Any, decimal: Decimal | None) -> NDArray[np.float64]:
    if decimal == ",":
        plain = pc.replace_substring(pc.replace_substring(words, ".", ""), ",", ".")
        return _cast(plain, pc.match_substring_regex(words, _COMMA))
    grouped = pc.match_substring_regex(words, _GROUPS if decimal == "." else _CLEAR_GROUPS)
    plain = pc.if_else(grouped, pc.replace_substring(words, ",", ""), words)
    return _cast(plain, pc.match_substring_regex(plain, _PLAIN))


def _cast(plain: Any, sound: Any) -> NDArray[np.float64]:
    numbers = pc.cast(pc.if_else(sound, plain, None), pa.float64())
    values = numbers.to_numpy(zero_copy_only=False).astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _amounts(words: Any, decimal: Decimal | None) -> Read:
    parts = pc.extract_regex(words, _AMOUNT)
    number, before, after = (_part(parts, name) for name in ("number", "before", "after"))
    unit = pc.utf8_rtrim(pc.utf8_trim_whitespace(after), ".")
    # One minute and two minutes, written in English.
    plural = pc.match_substring_regex(unit, "[a-z]{3,}s$")
    unit = pc.if_else(plural, pc.utf8_slice_codeunits(unit, 0, -1), unit)
    unit = pc.utf8_trim_whitespace(pc.binary_join_element_wise(before, unit, " "))
    values = _numbers(number, decimal)
    units = np.where(np.isnan(values), "", np.asarray(unit.to_pylist(), dtype=np.str_))
    return Read(values, units)


def _ratios(words: Any, decimal: Decimal | None) -> NDArray[np.float64]:
    parts = pc.extract_regex(words, _RATIO)
    part, whole = (_numbers(_part(parts, name), decimal) for name in ("part", "whole"))
    whole[whole == 0] = np.nan
    percent = _numbers(_part(pc.extract_regex(words, _PERCENT), "part"), decimal) / 100
    return np.where(np.isnan(percent), part / whole, percent)


def _part(parts: Any, name: str) -> Any:
    return pc.fill_null(pc.struct_field(parts, name), "")
