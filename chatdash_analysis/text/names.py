"""Names that a text tells by the words before them, or by an initial behind them."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from chatdash_analysis.text.personal import choices, personal_words

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["without_names"]

_CAPITAL = "[A-Z\u00c0-\u00d6\u00d8-\u00de\u0391-\u03a9\u0410-\u042f]"
# "Ava W.": who signs. "Can I." ends a sentence.
_SIGNED = re.compile(r"\b[A-Z\u00c0-\u00de][a-z\u00df-\u00ff]{2,} [A-HJ-Z]\.(?!\w)")


def without_names(text: str) -> str:
    """Return a text with names masked that something introduces.

    Examples
    --------
    >>> from chatdash_analysis.text.names import without_names
    >>> without_names("my name is ben van dyk and i'm in a hurry, Mr. Smith")
    "my name is [name] and i'm in a hurry, Mr. [name]"
    """
    lowered = text.lower()
    if any(phrase in lowered for phrase in personal_words("introductions")):
        text = _introduced().sub(_mask, text)
    return _SIGNED.sub("[name]", _titled().sub(r"\1[name]", text))


@cache
def _introduced() -> re.Pattern[str]:
    """Match an introduction and the up to four words that follow it."""
    phrases = choices(personal_words("introductions"))
    word = r"[^\W\d_][\w'.-]*"
    return re.compile(
        rf"((?:{phrases})\b(?:\s?:)?(?:\s(?:also|er|uh|um|ähm|äh|eh)\b)?\s+)"
        rf"({word}(?:\s\.?{word}){{0,3}})",
        re.IGNORECASE,
    )


def _mask(match: re.Match[str]) -> str:
    words = match.group(2).split(" ")
    length = _name_length(words)
    if not length:
        return match.group()
    last = words[length - 1]
    # The point of an initial belongs to the name, another one to the sentence.
    point = "." if last.endswith(".") and len(last) > 2 else ""
    return " ".join([f"{match.group(1)}[name]{point}", *words[length:]])


def _name_length(words: Sequence[str]) -> int:
    """Return how many words belong to a name: two, or more if they have capitals or particles."""
    plain = [word.casefold().strip(".'-") for word in words]
    if len(words) > 1 and re.fullmatch(r"\.\w\.?|\w\.+", words[1]):
        return 2  # an initial: so the word before it is a name, whatever it means elsewhere
    length = 0
    for place, (word, form) in enumerate(zip(words, plain, strict=True)):
        if form in personal_words("particles"):
            continue
        if form in personal_words("common") or (length >= 2 and word[:1].islower()):
            break
        length = place + 1
        if word.endswith(".") and len(form) > 1:
            break
    return length


@cache
def _titled() -> re.Pattern[str]:
    """Match what is written with a capital after a title."""
    word = rf"{_CAPITAL}[^\W\d_]*[a-z\u00df-\u00ff][\w'-]*"
    titles = choices(personal_words("titles"))
    return re.compile(rf"(\b(?i:{titles})[.,]?\s+){word}(?:\s(?:{word}|(?!I ){_CAPITAL}\b\.?))*")
