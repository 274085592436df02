"""The forms of a question: as it was sent, tidied, prepared for embedding, and as one of its kind.

=============  ===================================================================
form           what it is for
=============  ===================================================================
raw            what was sent; a lone surrogate, which no file can hold, is U+FFFD
tidied         the same on one line, without markup and invisible characters
prepared       what is embedded: tidied, cut, and of calls only what was asked
normal form    equal for questions that differ only in case, accents of typing
               (full width, ligatures), punctuation, emoji and spaces
=============  ===================================================================
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.text.said_digits import without_numbers
from chatdash_analysis.text.spoken import without_fillers

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "EMBEDDED_CHARACTERS",
    "as_texts",
    "changed",
    "duplicate_groups",
    "normal_form",
    "normal_forms",
    "prepared",
    "tidied",
]

# Embedders read the first hundreds of tokens; what follows costs time and changes nothing.
EMBEDDED_CHARACTERS = 2_000
_DIGEST_BYTES = 8

_SURROGATE = re.compile("[\ud800-\udfff]")
# Bounded, as int() refuses numbers of thousands of digits.
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# "a < b" is no tag, and no tag holds another, so that a text of "<" is read once.
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--[^<>]*-->")
# Zero-width spaces, marks of direction and soft hyphens. Joiners (U+200C, U+200D) stay: emoji,
# Persian and Indic words are other ones without.
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CUT = re.compile(r"\s+\S*$")

_SILENT = frozenset("'\u2019\u2018\u02bc`\u00b4\u200c\u200d")
# Parts of a word where they follow one ("c++", "c#", "50+"), else punctuation.
_TRAILING = frozenset("+#")
_LOOSE = re.compile(r"(?<!\S)[+#]+")


def as_texts(values: Any) -> pd.Series:
    """Return a Series, list or array of texts as a `str` Series with a RangeIndex.

    Raises
    ------
    InputError
        If it is no such thing, or a value is neither a text nor missing.
    """
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise InputError(
            f"texts is {type(values).__name__}, not texts. Give a Series or a list of texts."
        )
    items = values.tolist() if hasattr(values, "tolist") else list(values)
    if not isinstance(items, list):
        raise InputError("texts is a single value. Give a Series or a list of texts.")
    return pd.Series([_storable(item) for item in items], dtype="str")


def _storable(item: Any) -> str | None:
    if isinstance(item, str):
        return _with_pairs(item) if _SURROGATE.search(item) else item
    if pd.api.types.is_scalar(item) and pd.isna(item):
        return None
    raise InputError(
        f"texts holds a {type(item).__name__}, not only texts. Turn it into texts first, or leave"
        " it out."
    )


def _with_pairs(text: str) -> str:
    """Join surrogates that belong together; those that stand alone become U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def changed(texts: pd.Series, change: Callable[[str], str]) -> pd.Series:
    """Return texts, each changed; missing ones become "". A text is changed once, however often."""
    codes, distinct = pd.factorize(texts.fillna(""))
    results = np.array([change(text) for text in distinct], dtype=object)
    values = results[codes] if len(distinct) else []
    return pd.Series(values, index=texts.index, dtype="str")


def tidied(text: str) -> str:
    """Return a text on one line, without HTML, control and invisible characters.

    Examples
    --------
    >>> from chatdash_analysis.text.forms import tidied
    >>> tidied("<p>Is it &lt; 5&nbsp;kg?</p>")
    'Is it < 5 kg?'
    """
    if "&" in text:
        import html

        text = _ENTITY.sub(lambda match: html.unescape(match.group()), text)
    if "<" in text:
        text = _TAG.sub(" ", text)
    return " ".join(_CONTROL.sub(" ", _INVISIBLE.sub("", text)).split())


def prepared(texts: pd.Series, calls: pd.Series) -> pd.Series:
    """Return what is embedded of each text.

    Of calls leading fillers are stripped and numbers masked. Chats keep both: on typed
    questions this makes clusters worse.

    Parameters
    ----------
    texts : pandas.Series
        Raw texts.
    calls : pandas.Series of bool
        Whether each was said in a call, with the index of `texts`.
    """
    plain = changed(texts, lambda text: _cut(tidied(text)))
    said = changed(plain[calls], lambda text: without_numbers(without_fillers(text)))
    return plain.where(~calls, said.reindex(texts.index, fill_value=""))


def _cut(text: str) -> str:
    if len(text) <= EMBEDDED_CHARACTERS:
        return text
    # Without spaces (Chinese, or a pasted token) there is no word to cut at.
    return _CUT.sub("", text[: EMBEDDED_CHARACTERS + 1])[:EMBEDDED_CHARACTERS]


def normal_form(text: str) -> str:
    """Return the form in which equal questions are one.

    Case, punctuation, apostrophes, emoji, spaces and compatibility forms (full width,
    ligatures) are gone; accents and digits stay. Text of nothing else stays as it is,
    so that "🙏" and "??" are not empty.

    Examples
    --------
    >>> from chatdash_analysis.text.forms import normal_form
    >>> normal_form("Wo ist mein  Paket?? 😕") == normal_form("wo ist mein paket")
    True
    >>> normal_form("c++ & C#"), normal_form("don't"), normal_form("🙏")
    ('c++ c#', 'dont', '🙏')
    """
    return _normal_form(text, _Letters())


def normal_forms(texts: pd.Series) -> pd.Series:
    """Return the normal form of each text; "" where it is empty or missing."""
    letters = _Letters()
    return changed(texts, lambda text: _normal_form(text, letters))


def _normal_form(text: str, letters: _Letters) -> str:
    plain = tidied(text)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", plain).casefold())
    words = " ".join(_LOOSE.sub(" ", folded.translate(letters)).split())
    return words or plain


class _Letters(dict[int, str]):
    """What each character becomes; learned as they come."""

    def __missing__(self, code: int) -> str:
        self[code] = kept = _kept(chr(code))
        return kept


def _kept(character: str) -> str:
    category = unicodedata.category(character)
    # Variation selectors are marks (U+FE0F makes an emoji of a digit), but say nothing.
    if character in _SILENT or category == "Cf" or 0xFE00 <= ord(character) <= 0xFE0F:
        return ""
    if character == "%" or category == "Sc":
        return f" {character} "  # "5€" and "5 €" are one
    wordlike = category[0] in "LN" or category in ("Mn", "Mc") or character in _TRAILING
    return character if wordlike else " "


def duplicate_groups(forms: pd.Series) -> pd.Series:
    """Return a digest of each normal form, the same in every table; missing where it is empty."""
    digests = changed(forms, _digest)
    return digests.mask(forms.eq(""))


def _digest(form: str) -> str:
    return blake2b(form.encode(), digest_size=_DIGEST_BYTES).hexdigest()
