"""Single numbers as text, the same in a sentence, in a cell and in a report.

A missing number is one dash. No number is rounded to what it is not: a small rate never reads
0 %, a large one never 100 %, and nothing reads minus nought.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "MISSING",
    "count",
    "days",
    "decimal",
    "hours",
    "instant",
    "interval",
    "is_missing",
    "minutes",
    "moment",
    "money",
    "money_number",
    "p_value",
    "percent",
    "percent_number",
    "places_of_points",
    "points",
    "points_number",
    "rate_text",
    "score",
    "short",
    "with_interval",
    "with_unit",
]

MISSING = "\N{EN DASH}"
# Sums of floats differ in the last digits: what is nearer to 0 or 1 is 0 or 1.
_NOISE = 1e-12
_PERCENT, _POINTS = " %", " points"
# What is larger counts nothing that anybody has, and would take a line of digits.
_READABLE = 1e15
_PLACES = {"dollars": 2, "cents": 1, "credits": 0}


def is_missing(value: Any) -> bool:
    """Return True for None, NaN, NA and NaT, and False for anything else."""
    if isinstance(value, Decimal):
        # pandas fails on those that signal.
        return value.is_nan()
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def percent(share: Any) -> str:
    """Return a share of 0 to 1 in percent: ``62.3 %``; ``< 0.1 %`` where it is small, not 0."""
    return with_unit(percent_number(share), _PERCENT)


def percent_number(share: Any) -> str:
    """Return a share of 0 to 1 in percent without the sign, as in an interval."""
    if is_missing(share):
        return MISSING
    value = float(share)
    for whole in (0.0, 1.0):
        if abs(value - whole) < _NOISE:
            return f"{whole * 100:.0f}"
    in_percent = value * 100
    text = f"{in_percent:,.1f}"
    unlike = {"0.0": "< 0.1", "-0.0": "> -0.1"}
    # Only a rate of exactly 1 is all of them.
    unlike["100.0"] = "> 99.9" if value < 1 else "> 100"
    return _beyond(in_percent) or unlike.get(text, text)


def points(difference: Any) -> str:
    """Return a difference of two shares in percentage points, with its sign: ``-1.8 points``."""
    return with_unit(points_number(difference), _POINTS)


def points_number(difference: Any, places: int | None = None) -> str:
    """Return a difference in percentage points without the word, as in an interval."""
    if is_missing(difference):
        return MISSING
    value = float(difference) * 100
    # Further decimals where the sign would be lost: an interval may not seem to hold 0.
    places = places or next((n for n in (1, 2, 3) if round(value, n)), 1)
    # Adding 0 makes a rounded -0.0 plain.
    return _beyond(value) or f"{round(value, places) + 0.0:+,.{places}f}"


def places_of_points(low: Any, high: Any) -> int:
    """Return with how many decimals an interval shows that it does not hold 0."""
    ends = (float(low) * 100, float(high) * 100)
    if not ends[0] * ends[1] > 0:
        return 1
    return next((n for n in (1, 2, 3) if round(ends[0], n) and round(ends[1], n)), 1)


def interval(low: Any, high: Any, write: Callable[[Any], str] = percent_number) -> str:
    """Return two limits, ``58.1 to 66.2``: of shares in percent, unless `write` writes others."""
    if is_missing(low) or is_missing(high):
        return MISSING
    if math.isinf(high):
        return MISSING if math.isinf(low) else f"{write(low)} or more"
    return f"up to {write(high)}" if math.isinf(low) else f"{write(low)} to {write(high)}"


def with_interval(text: str, limits: str) -> str:
    """Return a number with its interval in brackets; the number alone where there is none."""
    return text if MISSING in (text, limits) else f"{text} ({limits})"


def rate_text(rate: Any, low: Any, high: Any) -> str:
    """Return a rate with its interval: ``62.3 % (58.1 to 66.2)``."""
    return with_interval(percent(rate), interval(low, high))


def count(number: Any) -> str:
    """Return a number of things: ``1,234,567``; with one decimal where it is not whole."""
    if is_missing(number):
        return MISSING
    value = float(number)
    if beyond := _beyond(value):
        return beyond
    # Adding 0 makes -0.0 plain.
    return f"{value + 0.0:,.0f}" if value == round(value) else _shortest(value, 1)


def decimal(number: Any, places: int = 2) -> str:
    """Return a number without a unit: ``1.25``; ``< 0.01`` where it is small, but not 0."""
    if is_missing(number):
        return MISSING
    value = float(number)
    return _beyond(value) or _shortest(value, places)


def score(number: Any) -> str:
    """Return a measure that ends at 1: ``0.78``; ``> 0.99`` where it is nearly 1."""
    nearly = not is_missing(number) and 0.995 <= float(number) < 1 - _NOISE
    return "> 0.99" if nearly else decimal(number)


def _shortest(value: float, places: int) -> str:
    if abs(value) < _NOISE:
        return "0"
    # Decimals of large numbers only hide how large they are.
    return _not_nought(value, f"{value:,.{0 if abs(value) >= 1_000 else places}f}", places)


def _not_nought(value: float, text: str, places: int) -> str:
    """Return the text, unless it says 0 of what is not 0, or minus 0."""
    if float(text.replace(",", "")):
        return text
    if abs(value) < _NOISE:
        return text.removeprefix("-")
    least = f"{10.0**-places:.{places}f}"
    return f"< {least}" if value > 0 else f"> -{least}"


def minutes(length: Any) -> str:
    """Return a length given in minutes: ``2 min 30 s``, ``1 h 15 min``, ``3 days 4 h``."""
    if is_missing(length):
        return MISSING
    value = float(length)
    if beyond := _beyond(value):
        return beyond if math.isinf(value) else f"{beyond} min"
    seconds = value * 60
    if 0 < abs(seconds) < 0.5:
        return "< 1 s" if seconds > 0 else "> -1 s"
    return "-" * (seconds < 0) + _length(abs(seconds))


def _length(seconds: float) -> str:
    for larger, smaller, finer, least, of_larger, of_smaller in (
        (86_400, 3_600, 60, 172_800, " days", " h"),
        (3_600, 60, 1, 3_600, " h", " min"),
        (60, 1, 1, 60, " min", " s"),
    ):
        # Rounded first: 59.9 seconds are a minute, not 60 seconds.
        if round(seconds / finer) * finer >= least:
            big, small = divmod(round(seconds / smaller) * smaller, larger)
            rest = f" {small // smaller}{of_smaller}" if small else ""
            return f"{big}{of_larger}{rest}"
    return f"{round(seconds)} s"


def hours(length: Any) -> str:
    """Return a length given in hours, as `minutes` writes it."""
    return MISSING if is_missing(length) else minutes(float(length) * 60)


def days(length: Any) -> str:
    """Return a length given in days: ``3.5 days``, and less than two days in hours."""
    if is_missing(length):
        return MISSING
    value = float(length)
    if abs(value) < 2 and value != round(value):
        return minutes(value * 1_440)
    text = decimal(value, 1).removesuffix(".0")
    return f"{text} day" if text in ("1", "-1") else f"{text} days"


def money(amount: Any, unit: Any = None) -> str:
    """Return an amount with its unit: ``12.30 dollars``, ``4.1 cents``, ``1,230 credits``."""
    return with_unit(money_number(amount, unit), "" if is_missing(unit) else f" {unit}")


def money_number(amount: Any, unit: Any = None) -> str:
    """Return an amount with the decimals of its unit, but without it, as in an interval."""
    if is_missing(amount):
        return MISSING
    value, places = float(amount), _PLACES.get("" if is_missing(unit) else str(unit), 2)
    return _beyond(value) or _not_nought(value, f"{value:,.{places}f}", places)


def p_value(p: Any) -> str:
    """Return a probability of chance: ``0.17``, ``0.043``, ``< 0.001``."""
    if is_missing(p):
        return MISSING
    value = float(p)
    if value < -_NOISE:
        # Not possible, so it may not look like a p value.
        return _beyond(value) or f"{value:g}"
    if value < 0.001:
        return "< 0.001"
    return decimal(value, 3) if value < 0.1 else score(value)


def moment(when: Any) -> str:
    """Return a day, ``2026-05-01``, or an instant with its zone, ``2026-05-01 14:30 UTC``."""
    if is_missing(when):
        return MISSING
    stamp = pd.Timestamp(when)
    return f"{stamp:%Y-%m-%d}" if stamp == stamp.normalize() else instant(stamp)


def instant(when: Any) -> str:
    """Return an instant with its zone: ``2026-05-01 00:00 UTC``."""
    if is_missing(when):
        return MISSING
    stamp = pd.Timestamp(when)
    return f"{stamp:%Y-%m-%d %H:%M} {stamp:%Z}".rstrip()


def _beyond(value: float) -> str:
    """Return the sign of infinity, or what is too large to read in short, otherwise nothing."""
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return short(value) if abs(value) >= _READABLE else ""


def short(number: Any) -> str:
    """Return a number of very many digits by its size: ``1e+300``."""
    exact = Decimal(int(number)) if isinstance(number, (int, Fraction)) else number
    return f"{exact:.2e}".replace(".00e", "e")


def with_unit(text: str, unit: str) -> str:
    """Return a number with what stands behind it; a dash stays alone."""
    return text if text == MISSING else text + unit
