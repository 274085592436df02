"""Numbers that are said digit by digit: "five five oh nine"."""

from __future__ import annotations

import re
from functools import cache

from chatdash_analysis.text.personal import choices, personal_words
from chatdash_analysis.text.spoken import between_words

__all__ = ["without_numbers", "without_said_digits"]

# Of compounds: "nineteen", "fünfundzwanzig", "quarantadue", "twenty-one".
_ENDINGS = ("teen", "zig", "ßig", "ssig", "zehn", "hundert", "enta", "anta", "ante")
_BEGINNINGS = (
    *("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"),
    *("veinti", "dieci", "venti", "trenta", "quaranta", "cinquanta", "sessanta"),
)
_LEAST = 4
_ONE = r"(?:[+#]|\w{1,4}-)?\w*\d(?:[\w.,:/+-]*\w)?"
_WRITTEN = re.compile(rf"{_ONE}(?:\s{_ONE})*")


def without_numbers(text: str) -> str:
    """Return the text of a call with its numbers as one word: ids, dates and amounts.

    Numbers of up to three words that are said stay, as people say "one" for many things.

    Examples
    --------
    >>> from chatdash_analysis.text.said_digits import without_numbers
    >>> without_numbers("order A-104 211 for two, it's five five oh nine")
    "order number for two, it's number"
    """
    return _WRITTEN.sub("number", _runs().sub("number", text) if _may_say(text) else text)


_GAP = "[\\s,.\u2010-\u2015\u2212-]+"


def without_said_digits(text: str) -> str:
    """Return a text with runs of four and more words of digits masked.

    Examples
    --------
    >>> from chatdash_analysis.text.said_digits import without_said_digits
    >>> without_said_digits("it's order five five um oh nine, for two people")
    "it's order [number], for two people"
    """
    return _runs().sub(_mask, text) if _may_say(text) else text


def _may_say(text: str) -> bool:
    # The search is slow, and few texts hold four such words.
    return sum(_is_digit(word) for word in re.findall(r"\w+", text.lower())) >= _LEAST


def _is_digit(word: str) -> bool:
    whole = word in personal_words("digits") or word.isdigit()
    return whole or word.endswith(_ENDINGS) or word.startswith(_BEGINNINGS)


@cache
def _runs() -> re.Pattern[str]:
    """Match words of digits in a row; a filler may stand between two of them."""
    compound = rf"\w+(?:{'|'.join(_ENDINGS)})|(?:{'|'.join(_BEGINNINGS)})-?\w+"
    digit = rf"(?:{choices(personal_words('digits'))}|{compound}|\d{{1,3}})"
    gap = rf"{_GAP}(?:(?:{between_words()})[\s,.]+)?"
    return re.compile(rf"\b{digit}(?:{gap}{digit}){{{_LEAST - 1},}}\b", re.IGNORECASE)


def _mask(match: re.Match[str]) -> str:
    words = re.findall(r"\w+", match.group().lower())
    return "[phone]" if sum(map(_is_digit, words)) >= 7 else "[number]"
