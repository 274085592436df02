"""The cells of one column as text, by what the column holds."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.showing import numbers
from chatdash_analysis.showing.notes import CODES, note_words
from chatdash_analysis.showing.texts import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chatdash_analysis.showing.kinds import Kind

__all__ = ["cells", "cells_with_limits"]

Write = Callable[[Any], str]

# Those of the calendar module would be of the language that the process runs in.
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_HUGE = 10**300


def cells(values: pd.Series, kind: Kind, units: pd.Series | None = None) -> list[str]:
    """Return the values as text; `units` names the unit of each amount of money."""
    if kind == "moment" or pd.api.types.is_datetime64_any_dtype(values.dtype):
        return _moments(list(values))
    write = _WRITERS.get(kind, _own)
    if kind in _TEXTS:
        return [write(value) for value in values]
    texts = [write(value) if _is_number(value) else _own(value) for value in values]
    if kind != "money" or units is None:
        return texts
    return [
        one_line(numbers.money(value, unit)) if _is_number(value) else text
        for text, value, unit in zip(texts, values, units, strict=True)
    ]


def cells_with_limits(
    values: pd.Series | None, limits: tuple[pd.Series, pd.Series], kind: Kind,
    units: pd.Series | None = None,
) -> list[str]:  # fmt: skip
    """Return the values with their intervals as text; the interval alone without values."""
    if kind == "points" and values is not None:
        return [_points(*own) for own in zip(values, *limits, strict=True)]
    intervals = [
        _interval(low, high, _limit_writer(kind, unit))
        for low, high, unit in zip(*limits, _of_each(units, len(limits[0])), strict=True)
    ]
    if values is None:
        return [numbers.with_unit(text, _UNITS.get(kind, "")) for text in intervals]
    texts = cells(values, kind, units)
    return [numbers.with_interval(*both) for both in zip(texts, intervals, strict=True)]


def _points(value: Any, low: Any, high: Any) -> str:
    """Return a difference and its interval, all three with the same decimals."""
    if not all(map(_is_number, (value, low, high))):
        return numbers.points(value) if _is_number(value) else _own(value)
    places = numbers.places_of_points(low, high)
    text = numbers.with_unit(numbers.points_number(value, places), " points")
    write = partial(numbers.points_number, places=places)
    return numbers.with_interval(text, numbers.interval(low, high, write))


def _of_each(units: pd.Series | None, rows: int) -> Iterable[Any]:
    return [None] * rows if units is None else units


def _limit_writer(kind: Kind, unit: Any) -> Write:
    if kind == "money":
        return lambda amount: numbers.money_number(amount, unit)
    return _LIMITS.get(kind, _own)


def _interval(low: Any, high: Any, write: Write) -> str:
    if not (_is_number(low) and _is_number(high)):
        return numbers.MISSING
    return numbers.interval(low, high, write)


def _is_number(value: Any) -> bool:
    if isinstance(value, (bool, np.bool_, complex)):
        return False
    return isinstance(value, (Number, np.number)) and not (
        numbers.is_missing(value) or _is_huge(value)
    )


def _is_huge(value: Any) -> bool:
    """Return whether it is a number that no float holds."""
    exact = isinstance(value, (int, Fraction, Decimal)) and value not in (math.inf, -math.inf)
    return exact and not -_HUGE <= value <= _HUGE


def _moments(values: Sequence[Any]) -> list[str]:
    known = [value for value in values if isinstance(value, date) and not numbers.is_missing(value)]
    # Of instants, one at midnight keeps its time.
    write = numbers.moment if all(_is_day(value) for value in known) else numbers.instant
    return [write(value) if isinstance(value, date) else _own(value) for value in values]


def _is_day(value: date) -> bool:
    return bool(pd.Timestamp(value) == pd.Timestamp(value).normalize())


def _own(value: Any) -> str:
    """Return a value of which only its type tells what it is."""
    if numbers.is_missing(value):
        return numbers.MISSING
    if isinstance(value, (bool, np.bool_)):
        return _yes_no(value)
    if isinstance(value, (timedelta, np.timedelta64)):
        return numbers.minutes(pd.Timedelta(value).total_seconds() / 60)
    if isinstance(value, date):
        return numbers.moment(value)
    if _is_huge(value):
        return numbers.short(value)
    return _number(value) if _is_number(value) else one_line(str(value))


def _number(value: Any) -> str:
    """Return a number without separators, as it may be a year or a code."""
    # Codes have no more digits.
    if abs(float(value)) < 1e40 and value == round(value):
        return str(int(value))
    return numbers.decimal(value)


def _yes_no(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    return _own(value)


def _code(value: Any) -> str:
    text = _own(value)
    return CODES.get(text, text.replace("_", " "))


def _flags(value: Any) -> str:
    return note_words(one_line(value)) if isinstance(value, str) else _own(value)


def _bytes(size: Any) -> str:
    if numbers.is_missing(size) or size < 1_000 or np.isinf(float(size)):
        return numbers.with_unit(numbers.count(size), " B")
    power = min(int(np.log10(float(size)) // 3), 4)
    return f"{numbers.decimal(size / 1_000**power, 1)} {'kMGT'[power - 1]}B"


def _weekday(day: Any) -> str:
    return _WEEKDAYS[int(day)] if day in range(7) else _own(day)


def _hour(hour: Any) -> str:
    return f"{int(hour):02d}:00" if hour in range(24) else _own(hour)


def _signed(value: Any) -> str:
    text = numbers.decimal(value)
    return f"+{text}" if not numbers.is_missing(value) and value > 0 and text[0] != "<" else text


_WRITERS: dict[Kind, Write] = {
    "rate": numbers.percent,
    "points": numbers.points,
    "change": _signed,
    "count": numbers.count,
    "number": numbers.decimal,
    "score": numbers.score,
    "minutes": numbers.minutes,
    "days": numbers.days,
    "money": numbers.money,
    "p": numbers.p_value,
    "weekday": _weekday,
    "hour": _hour,
    "bytes": _bytes,
    "yes_no": _yes_no,
    "flags": _flags,
    "code": _code,
    "text": _own,
}
_TEXTS = frozenset({"yes_no", "flags", "code", "text", "value", "own"})
# The unit stands once, at the number itself.
_LIMITS: dict[Kind, Write] = {
    **_WRITERS,
    "rate": numbers.percent_number,
    "points": numbers.points_number,
}
_UNITS: dict[Kind, str] = {"rate": " %", "points": " points"}
