"""What becomes of each value: by the column or field that it is of, and what the user said."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from numbers import Real
from typing import TYPE_CHECKING, Any

from chatdash_analysis.flattening.names import CLASH, both_names
from chatdash_analysis.flattening.texts import FALSE, NOTHING, TRUE
from chatdash_analysis.flattening.tolerant import Digits
from chatdash_analysis.privacy.json_copies import GONE, SCRUB, STAY, Action, safe_key
from chatdash_analysis.privacy.pseudonyms import FIELD_KINDS
from chatdash_analysis.text.person_fields import person_field, role_names

if TYPE_CHECKING:
    from chatdash_analysis.flattening.flatten import Path

__all__ = [
    "OBJECTS",
    "BareRule",
    "FieldRule",
    "Words",
    "field_of",
    "identifying_number",
    "safe_name",
    "says_little",
]

# Columns of JSON objects, and how the columns made of their fields begin.
OBJECTS = {"custom_analysis": "custom_", "metadata": "metadata_"}
_VERDICTS = ("success", "failure", "passed", "failed")
_LITTLE = frozenset((*TRUE, *FALSE, *NOTHING))
_KEPT_WORDS = _LITTLE | frozenset(_VERDICTS)
# Seven digits are the least of a phone number. Instants in seconds have more, too.
_LEAST = 1_000_000
_INSTANTS = re.compile(
    r"(?:^|[\W_])(?:at|created|date|end|ended|epoch|start|started|time|timestamp|ts|unix|updated)"
    r"(?:$|[\W_])"
)
_DURATIONS = re.compile(r"(?:^|[\W_])(?:duration|ms)(?:$|[\W_])")
_COUNTED = re.compile(r"(?:^|[\W_])(?:no|nr|num|nummer|number|numbers|numero|phone|tel)(?:$|[\W_])")
# Of milliseconds, nearly three hours.
_LONGEST = 10_000_000
# From 1990 to 2100, in seconds; and how many parts of a second a unit has.
_MOMENTS = (631_152_000, 4_102_444_800)
_UNITS = (1, 10**3, 10**6, 10**9)
_NUMBERS: tuple[type, ...] = (Real, Decimal)
_LONG = re.compile(r"\+?\d[\d ().-]{5,}\d")
# As a phone number stands in the name of a column; a date has eight digits.
_PARTS = re.compile(r"\+?\d(?:_?\d){8,}")
_OTHER = re.compile(r"\W+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True)
class Words:
    """Names of columns that the user gave: what to drop, to keep, and what names people."""

    drop: frozenset[str] = frozenset()
    keep: frozenset[str] = frozenset()
    identifiers: frozenset[str] = frozenset()

    def said_of(self, names: frozenset[str]) -> Action | None:
        """Return what the user said of a field, given its names and those around it."""
        if names & self.drop:
            return GONE
        if names & self.keep:
            return STAY
        return Action("name", "id") if names & self.identifiers else None

    def __bool__(self) -> bool:
        return bool(self.drop or self.keep or self.identifiers)


@dataclass(frozen=True)
class FieldRule:
    """Pseudonyms for what names people, scrubbing for other texts; large numbers go.

    Parameters
    ----------
    words : Words
        What the user said.
    prefix : str
        How columns made of these fields begin; "" if there are none.
    used : set of str
        Collects the names of fields that were met, for those that the user named.
    unsafe : dict of str
        Collects the names of columns of fields whose key holds an address or a number of
        somebody, and the names that they have with the key as it is kept.
    """

    words: Words
    prefix: str = ""
    used: set[str] = field(default_factory=set)
    unsafe: dict[str, str] = field(default_factory=dict)

    def __call__(self, value: Any, field: str, path: Path, /) -> Action:
        """Return what becomes of a value."""
        kind = FIELD_KINDS.get(field) or person_field(field)
        if self.prefix:
            self.unsafe.update(_unsafe_names(path, self.prefix))
        if self.words and self.prefix and path:
            names = _names(path, self.prefix)
            self.used.update(names)
            said = self.words.said_of(names)
            if said:
                return _named(value, kind or said.kind) if said.kind else said
        if kind:
            return _named(value, kind)
        if isinstance(value, str) and not isinstance(value, Digits):
            named = role_names(field, value) and not says_little(value)
            return Action("name", "name") if named else SCRUB
        return GONE if identifying_number(value, field) else STAY


@lru_cache(maxsize=8192)
def _names(path: Path, prefix: str) -> frozenset[str]:
    """Return the names of the columns of a field and of the objects that it lies in."""
    steps = range(1, len(path) + 1)
    return frozenset(name for at in steps for name in both_names(path[:at], prefix))


@lru_cache(maxsize=8192)
def _unsafe_names(path: Path, prefix: str) -> tuple[tuple[str, str], ...]:
    """Return the names of the columns of a field, with those that its safe keys give."""
    safe = tuple(map(safe_key, path))
    if safe == path:
        return ()
    return tuple(zip(both_names(path, prefix), both_names(safe, prefix), strict=True))


def _named(value: Any, kind: str) -> Action:
    return STAY if says_little(value) else Action("name", kind)


def says_little(value: Any) -> bool:
    """Whether a value names nobody in any field: nothing, yes, no, or that it is not known."""
    if isinstance(value, str):
        return value.strip().casefold() in _LITTLE
    return value is None or isinstance(value, bool)


def identifying_number(value: Any, field: str) -> bool:
    """Whether a value is a whole number of seven digits or more, and no instant or duration."""
    if isinstance(value, Digits):
        return True
    if isinstance(value, bool) or not isinstance(value, _NUMBERS):
        return False
    try:
        number: int = int(value)  # type: ignore[call-overload]
    except (ValueError, OverflowError):
        return False
    return number == value and abs(number) >= _LEAST and not _tells_time(number, field)


def _tells_time(number: int, field: str) -> bool:
    """Whether a number can be the time that the name of its field speaks of."""
    words = _CAMEL.sub("_", field).casefold()
    if _COUNTED.search(words):
        return False
    if _DURATIONS.search(words) and abs(number) < _LONGEST:
        return True
    first, last = _MOMENTS
    moment = any(first * unit <= number <= last * unit for unit in _UNITS)
    return bool(moment and _INSTANTS.search(words))


def field_of(column: str) -> str:
    """Return what a column's field is called, without what this package put around it."""
    prefix = next((prefix for prefix in OBJECTS.values() if column.startswith(prefix)), "")
    return re.sub(CLASH, "", column.removeprefix(prefix))


def safe_name(column: str) -> str:
    """Return the name of a column without addresses and phone numbers.

    Examples
    --------
    >>> from chatdash_analysis.privacy.rules import safe_name
    >>> [safe_name(name) for name in ("custom_491712345678", "zoe@x.de", "custom_plan__12345678")]
    ['custom_number', 'email', 'custom_plan__12345678']
    """
    plain = re.sub(CLASH, "", column)
    if safe_key(plain) == plain and not _PARTS.search(plain):
        return column
    masked = safe_key(_LONG.sub("number", _PARTS.sub("number", plain)))
    return _OTHER.sub("_", masked).strip("_") + column[len(plain) :]


class BareRule:
    """Only flags, numbers and yes, no and verdicts stay, and nothing that names people."""

    def __call__(self, value: Any, field: str, path: Path, /) -> Action:  # noqa: ARG002 - as others
        """Return what becomes of a value."""
        if says_little(value):
            return STAY
        if isinstance(value, str):
            return STAY if value.strip().casefold() in _KEPT_WORDS else GONE
        return GONE if person_field(field) or identifying_number(value, field) else STAY
