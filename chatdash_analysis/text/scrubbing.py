"""Personal data in texts, masked by readable words that are the same in every language."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.text.forms import as_texts, changed, tidied
from chatdash_analysis.text.masks import masked
from chatdash_analysis.text.personal import personal_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["SHOWN_CHARACTERS", "hide_known", "scrub"]

# What is shown is read by people. The rest of a pasted document is cut, so that no search in it
# can take long.
SHOWN_CHARACTERS = 2_000
_SHORTEST = 3  # letters; shorter parts of names are mostly initials and particles
_WORD = re.compile(r"\[\w+\]|[^\W_]+")
_NAMES = re.compile(r"\[name\](?:[ .'-]{0,2}\[name\])+")


def scrub(texts: Any, known: Sequence[Iterable[str]] | pd.Series | None = None) -> pd.Series:
    """Mask personal data in texts.

    E-mail addresses become ``[email]``, phone numbers ``[phone]``, addresses of pages
    ``[link]``, dates with a year ``[date]``, names ``[name]``, and accounts, cards, orders and
    whatever else has four digits or more ``[number]``. Times, prices and days of at most two
    and two digits stay. Digits count when they are said, too (English, German, Spanish,
    French, Italian). Names are found after words that introduce them ("my name is"), behind
    an ``@``, or by `known`; a name in the middle of a text that nothing tells apart stays.

    Parameters
    ----------
    texts : pandas.Series or list
        Texts; missing ones become "".
    known : sequence of sequences of str, optional
        For each text, what names the people of its conversation. Their parts of three
        letters and more are masked where they stand as words, unless they are common words.

    Returns
    -------
    pandas.Series
        Texts (``str``) on one line without markup, of at most 2,000 characters, with the
        index of `texts` if that is a Series.

    Raises
    ------
    InputError
        If a value is no text, or `known` has another length.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> texts = ["It's Ana, call 0171 555 01 23", "my number is five five oh nine"]
    >>> cda.scrub(texts, [["Ana"], []])
    0    It's [name], call [phone]
    1        my number is [number]
    dtype: str
    """
    index = texts.index if isinstance(texts, pd.Series) else None
    plain = changed(as_texts(texts), lambda text: _shown(masked(_shown(tidied(text)))))
    if known is not None:
        plain = hide_known(plain, known)
    return plain if index is None else plain.set_axis(index)


def hide_known(texts: pd.Series, known: Sequence[Iterable[str]] | pd.Series) -> pd.Series:
    """Mask in each text the names of the people of its conversation, as `scrub` does.

    Raises
    ------
    InputError
        If `known` has another length.
    """
    if len(known) != len(texts):
        raise InputError(
            f"known has {len(known)} entries for {len(texts)} texts. Give one for each text; an"
            " empty list where nobody is known."
        )
    pairs = zip(texts, known, strict=True)
    hidden = [_without_known(text, tuple(names or ())) for text, names in pairs]
    return pd.Series(hidden, index=texts.index, dtype="str")


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS]


def _without_known(text: str, names: tuple[str, ...]) -> str:
    if not names or not text:
        return text
    whole = _whole(names)
    text = whole.sub("[name]", text) if whole else text
    parts = _parts(names)
    if not parts:
        return text
    folded = _folded(text)
    if not any(part in folded for part in parts):
        return text
    hidden = _WORD.sub(lambda word: _masked_word(word.group(), parts), text)
    return _NAMES.sub("[name]", hidden)


# A conversation has several texts.
@lru_cache(maxsize=256)
def _whole(names: tuple[str, ...]) -> re.Pattern[str] | None:
    """Match names of several words as they are: parts of two letters are not masked alone."""
    known = sorted({name.strip() for name in names if len(name.split()) > 1}, key=len, reverse=True)
    if not known:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, known))})(?!\w)", re.IGNORECASE)


@lru_cache(maxsize=256)
def _parts(names: tuple[str, ...]) -> frozenset[str]:
    """Return what of the names of a conversation is masked; the host of a mail address is not."""
    wholes = (_folded(name.lstrip("@").partition("@")[0]) for name in names if name)
    words = (word for whole in wholes for word in re.findall(r"[^\W_]+", whole))
    return frozenset(word for word in words if len(word) >= _SHORTEST and word not in _ordinary())


@cache
def _ordinary() -> frozenset[str]:
    return frozenset(map(_folded, personal_words("common") | personal_words("common_names")))


def _masked_word(word: str, parts: frozenset[str]) -> str:
    return "[name]" if word[0] != "[" and _folded(word) in parts else word


def _folded(text: str) -> str:
    """Return a text without case and accents: recognisers of speech write Jose for José."""
    if text.isascii():
        return text.casefold()
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
