"""Turns of phrase of a report: rates, lists, and what others wrote as harmless plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatdash_analysis.showing.numbers import MISSING, count, interval, is_missing, percent
from chatdash_analysis.showing.texts import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["counted", "listed", "of_n", "quoted", "rate_of_n", "shown"]


def counted(number: Any, noun: str, *, many: str = "") -> str:
    """Return a number of things: ``1 conversation``, ``1,032 conversations``."""
    return f"{count(number)} {noun if number == 1 else many or noun + 's'}"


def listed(texts: Iterable[str]) -> str:
    """Return an enumeration: ``a``, ``a and b``, ``a, b and c``."""
    *first, last = list(texts) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def shown(text: Any, *, most: int = 120) -> str:
    """Return a text that others wrote on one line, without signs that act, and not too long."""
    if is_missing(text):
        return "(missing)"
    line = one_line(str(text))
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def quoted(text: Any, *, most: int = 120) -> str:
    """Return a text that others wrote in quotation marks."""
    return f"“{shown(text, most=most)}”"


def of_n(low: Any, high: Any, n: Any) -> str:
    """Return an interval in percent and what it rests on, in brackets: ``(58.1 to 66.2, n = 9)``.

    Where nothing gives an interval, n stands alone.
    """
    limits = interval(low, high)
    return f"(n = {count(n)})" if limits == MISSING else f"({limits}, n = {count(n)})"


def rate_of_n(rate: Any, low: Any, high: Any, n: Any) -> str:
    """Return a rate with its interval and n; without a rate, that it cannot be told."""
    if is_missing(rate):
        return f"cannot be told (n = {count(n)})"
    return f"{percent(rate)} {of_n(low, high, n)}"
