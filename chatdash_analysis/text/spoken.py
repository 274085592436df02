"""Calls: which conversations are calls, and what of their text says nothing about the matter."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["are_calls", "between_words", "without_fillers"]

_PLATFORMS = frozenset({"elevenlabs", "retell", "vapi"})
# Said once more in channels, which an analysis beside it cannot import; a test holds them equal.
# fmt: off
_CALLS = (
    "call", "exotel", "genesys", "inbound phone call", "inboundphonecall", "outbound phone call",
    "outboundphonecall", "phone", "phone call", "sip", "sip trunk", "twilio", "vapi.websocketcall",
    "voice", "web call", "webcall", "websocketcall",
)
_CHATS = (
    "api chat", "chat", "chat widget", "discord", "email", "facebook", "facebook messenger", "ig",
    "instagram", "instagram dm", "line", "messenger", "slack", "sms", "sms chat", "teams",
    "telegram", "text", "twilio sms", "viber", "wa", "web chat", "webchat", "website", "whatsapp",
    "widget",
)
# fmt: on
# What stands between two fillers; an apostrophe or hyphen would cut words.
_BETWEEN = "[\\s,.;:!?\u2026\u2013\u2014]+"


def are_calls(platform: pd.Series, channel: pd.Series) -> pd.Series:
    """Tell which conversations were calls.

    The channel says so, or the platform makes calls and the channel is no written one.
    """
    kinds, makers = _plain(channel), _plain(platform)
    return kinds.isin(_CALLS) | (makers.isin(_PLATFORMS) & ~kinds.isin(_CHATS))


def _plain(values: pd.Series) -> pd.Series:
    texts = {text: _words(text) for text in values.dropna().unique() if isinstance(text, str)}
    return values.astype("object").map(texts)


def _words(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())


def without_fillers(text: str) -> str:
    """Return a text without the fillers at its start; a greeting among them stays.

    Of calls about bank accounts, in clusters of two embedders, taking greetings away too
    cost a point or two. A text of nothing else stays as it is.

    Examples
    --------
    >>> from chatdash_analysis.text.spoken import without_fillers
    >>> without_fillers("um yeah hi so I was calling because my card was stolen")
    'hi my card was stolen'
    """
    leading = _leading().match(text)
    if leading is None or leading.end() == len(text):
        return text
    greeting = _greeting().search(leading.group())
    rest = text[leading.end() :]
    return f"{greeting.group()} {rest}" if greeting else rest


@cache
def _leading() -> re.Pattern[str]:
    """Match one filler or greeting after the other from the start."""
    return re.compile(rf"^\W*(?:(?:{_choices()})(?:{_BETWEEN}|$))+", re.IGNORECASE)


@cache
def _greeting() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_choices('greetings')})\b", re.IGNORECASE)


def between_words() -> str:
    """Return a pattern of what people say between two words: sounds and small words."""
    return _choices("sounds", "words")


@cache
def _choices(*kinds: str) -> str:
    """Return the pattern of all fillers, or those of some kinds; longer ones first."""
    import tomllib

    lists = tomllib.loads((files(__package__) / "fillers.toml").read_text("utf-8"))
    phrases = {
        phrase for groups in lists.values() for kind in kinds or groups for phrase in groups[kind]
    }
    ordered = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    # Between the words of a phrase people breathe, and recognisers write commas.
    return "|".join(r"[\s,]+".join(map(re.escape, phrase.split())) for phrase in ordered)
