"""Whether the values of a field look like personal data, by their form and by its key."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow.compute as pc

from chatdash_analysis.text.masks import masked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.fields.distinct import Distinct

__all__ = ["key_words", "suspicion"]

_SAMPLE = 12
_MOST = 0.5
_MANY = 10
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORDS = re.compile(r"[^\W\d_]+")
# Whatever a mask could find here is worth a look; names in capitals are found by their form.
_CONTACT = r"@|(?:[0-9][ ()./-]{0,3}){4}"
_CAPITALS = r"[A-Z\u00c0-\u00de][\w'-]*\.?"
_NAME_FORM = re.compile(rf"^{_CAPITALS}(?: (?:[\w'-]{{1,4}} )?{_CAPITALS}){{1,3}}$")

# The first that fits counts: an "email address" is no address, an "IP address" neither.
_KEYS = {
    "email": "email emails mail mails correo",
    "phone": "phone phones telephone telefon telefono téléfono mobile cell cellphone handy whatsapp"
    " fax tel",
    "number": "ip ssn iban passport creditcard licence license account",
    "address": "address addresses adresse street strasse straße zip zipcode postcode plz dirección"
    " direccion",
    "date_of_birth": "birth birthday birthdate dob geburtsdatum geburtstag nacimiento",
    "name": "name names firstname lastname fullname surname forename username nachname vorname"
    " nombre apellido apellidos prénom prenom",
}  # fmt: skip
_KEYS_OF = {kind: frozenset(words.split()) for kind, words in _KEYS.items()}
# "plan_name" names no person.
_THINGS = (
    "agent assistant bot brand business campaign category channel city clinic company country"
    " department event feature field file flow function hotel intent item language list location"
    " model organisation organization package plan platform product project room service session"
    " shop source stage store tag team template tier tool topic treatment type voice workflow"
)
_NOT_PEOPLE = frozenset(_THINGS.split())
_MASKS = (("email", "[email]"), ("phone", "[phone]"), ("number", "[number]"), ("name", "[name]"))


class _Forms(NamedTuple):
    """What the distinct texts of a field look like; shares of them."""

    size: int
    shares: dict[str, float]
    named: float
    alone: float  # distinct texts for each value
    words: float


def suspicion(
    key: str, distinct: Distinct, counts: NDArray[np.int64], names: frozenset[str]
) -> str:
    """Return what kind of personal data a field seems to hold, "" for none.

    Parameters
    ----------
    key : str
        As the platform sent it.
    distinct : Distinct
        Its values.
    counts : numpy.ndarray of int64
        How often each of them came; those that say nothing as 0.
    names : frozenset of str
        Parts of the names of people in the conversations, in lower case.
    """
    held = np.flatnonzero(counts)
    if distinct.kind == "boolean" or not len(held):
        return ""
    words = frozenset(key_words(key))
    alone = len(held) / int(counts.sum())
    if len(distinct.numbers):
        return _of_numbers(words, distinct.numbers[held], alone)
    return _of_texts(words, _forms(distinct.texts.take(held), alone, names))


@lru_cache(maxsize=8192)
def key_words(key: str) -> tuple[str, ...]:
    """Return the words of a key: "callerName" and "caller_name" have two."""
    return tuple(word.casefold() for word in _WORDS.findall(_CAMEL.sub(" ", key)))


def _of_numbers(words: frozenset[str], numbers: NDArray[np.float64], alone: float) -> str:
    whole = numbers == np.floor(numbers)
    digits = np.floor(np.log10(np.maximum(np.abs(numbers), 1))) + 1
    size = float(np.median(digits))
    if not whole.all():
        return ""
    if words & _KEYS_OF["phone"] and size >= 6:
        return "phone"
    if words & _KEYS_OF["address"] and size >= 4:
        return "address"
    if size >= 9 or (size >= 6 and alone > _MOST):
        return "number"
    return ""


def _of_texts(words: frozenset[str], forms: _Forms) -> str:
    by_form = next((kind for kind, _ in _MASKS if forms.shares[kind] >= _MOST), "")
    by_key = _by_key(words, forms)
    if by_form in {"email", "phone"}:
        return by_form
    if by_key:
        return by_key
    if by_form or forms.named >= _MOST:
        return by_form or "name"
    if forms.alone > _MOST and forms.size >= _MANY and forms.shares["capitals"] >= 0.8:
        return "name"
    free = forms.alone > _MOST and forms.size >= _MANY and forms.words >= 3
    contacts = forms.shares["email"] > 0 or forms.shares["phone"] > 0
    return "free_text" if free or contacts else ""


def _by_key(words: frozenset[str], forms: _Forms) -> str:
    kind = next((kind for kind, known in _KEYS_OF.items() if words & known), "")
    shares = forms.shares
    agrees = {
        "email": shares["email"] > 0,
        "phone": shares["phone"] + shares["number"] > 0,
        "number": shares["number"] > 0,
        "address": shares["digits"] > 0.2 or forms.words >= 2,
        "date_of_birth": shares["digits"] > 0.2,
        "name": not words & _NOT_PEOPLE and shares["digits"] < _MOST,
        "": False,
    }
    return kind if agrees[kind] else ""


def _forms(texts: Any, alone: float, names: frozenset[str]) -> _Forms:
    """Look at texts that may hold a contact, and at others, each for their own share."""
    contact = np.asarray(pc.match_substring_regex(texts, _CONTACT), dtype=np.bool_)
    shares: dict[str, float] = dict.fromkeys(("email", "phone", "number", "name"), 0.0)
    shares |= {"capitals": 0.0, "digits": 0.0}
    named = words = 0.0
    for part in (np.flatnonzero(contact), np.flatnonzero(~contact)):
        sample = _spread(texts, part)
        weight = len(part) / len(texts) / max(len(sample), 1)
        for text in sample:
            for kind in _seen_in(text):
                shares[kind] += weight
            named += weight * _is_name(text, names)
            words += weight * len(text.split())
    return _Forms(len(texts), shares, named, alone, words)


def _spread(texts: Any, places: NDArray[np.int64]) -> list[str]:
    """Return texts from all over the alphabet, always the same of the same texts."""
    if len(places) > _SAMPLE:
        places = places[np.linspace(0, len(places) - 1, _SAMPLE).astype(np.int64)]
    return [text[:500] for text in texts.take(places).to_pylist()]


def _seen_in(text: str) -> tuple[str, ...]:
    digits = sum(map(str.isdigit, text))
    # A single word without any of these is nothing that a mask looks for.
    plain = digits < 4 and not any(mark in text for mark in " @.:")
    clean = text if plain else masked(text)
    found = [kind for kind, mask in _MASKS if mask in clean and mask not in text]
    found += ["capitals"] if _NAME_FORM.match(text) else []
    found += ["digits"] if digits else []
    return tuple(found)


def _is_name(text: str, names: frozenset[str]) -> bool:
    parts = [part for part in key_words(text) if len(part) > 1]
    return bool(parts) and all(part in names for part in parts)
