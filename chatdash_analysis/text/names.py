"""Names that a text tells by the words before them, by an initial behind them, or by its form."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from chatdash_analysis.text.personal import choices, personal_words

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["looks_like_name", "without_names"]

_CAPITAL = "[A-Z\u00c0-\u00d6\u00d8-\u00de\u0391-\u03a9\u0410-\u042f]"
# "Ava W.": who signs.
_SIGNED = re.compile(r"\b([A-Z\u00c0-\u00de][a-z\u00df-\u00ff]{2,}) ([A-Z])\.(?!\w)")
# "Can I." ends a sentence, as do the words that stand before "I" and in no list of common ones.
_BEFORE_I_WORDS = (
    "because ever even hope how like may maybe might must neither nor ought shall should since than"
    " though thought till unless until whenever whether while will"
)
_NAME_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['\u2019.-])*,?")
_MOST_WORDS = 4
_LONGEST = 60
# Written with a capital where a name could stand, and no name. A text of these alone is a label.
_LABEL_WORDS = (
    "a active admin adult agent an and anonymous any applicable available basic bronze business"
    " call caller chat child client cold commercial confirmed contact corporate current customer"
    " declined deceased different direct email employee english existing external family female"
    " first for former frequent friend german gold guest home host hot human inactive individual"
    " internal international known landlord lead local loyal mail male manager member mentioned"
    " message minor mobile multiple n/a na new no none not now of old online open or other owner"
    " parent partner patient pending person phone platinum possible potential premium prior private"
    " prospect prospective provided public qualified recurring refused registered regular repeat"
    " residential returning robot same self senior silver sms solo spanish specified spouse staff"
    " standard student tenant test text the time unclear unidentified unknown unqualified"
    " unregistered user vendor verified vip visitor voice voicemail walk-in warm web whatsapp work"
    " yes"
    " anderer anderes anonym anrufer bekannt bestandskunde bestehend bestehender divers erwachsen"
    " erwachsener gast geschäftlich geschäftskunde gewerblich ja keine keiner kind kontakt kunde"
    " kundin männlich mieter mitarbeiter nein neu neue neuer neukunde neupatient nicht patientin"
    " privat privatkunde selbst stammkunde unbekannt weiblich"
    " cliente desconocido existente nueva nuevo paciente sí"
)
_BEFORE_I = frozenset(_BEFORE_I_WORDS.split())
_LABELS = frozenset(_LABEL_WORDS.split())


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
    return _SIGNED.sub(_signature_mask, _titled().sub(r"\1[name]", text))


def _signature_mask(match: re.Match[str]) -> str:
    word, initial = match.group(1).casefold(), match.group(2)
    said = initial == "I" and (word in _BEFORE_I or word in _ordinary())
    return match.group() if said else "[name]"


@cache
def _ordinary() -> frozenset[str]:
    # Spanish "ella" is a name as well; before "I" stands no Spanish pronoun.
    return personal_words("common") - {"ella"}


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


def looks_like_name(text: str) -> bool:
    """Whether a text is written like a name: one to four words with capitals, and no label.

    Examples
    --------
    >>> from chatdash_analysis.text.names import looks_like_name
    >>> [looks_like_name(text) for text in ("Quinn van Dyk", "Zoe", "new", "New Customer", "T 5")]
    [True, True, False, False, False]
    """
    words = text.split()
    if not 1 <= len(words) <= _MOST_WORDS or len(text) > _LONGEST:
        return False
    particles = personal_words("particles")
    named = [word for word in words if word.casefold() not in particles]
    if not named or not all(_NAME_WORD.fullmatch(word) for word in words):
        return False
    # Most scripts have no capitals: what counts is that no letter is a small one.
    if any(word[0].islower() for word in named):
        return False
    return not all(word.casefold().strip(".,'") in _LABELS for word in named)
