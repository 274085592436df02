"""Values in words, shown only where enough people used them and never with personal data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.text.scrubbing import scrub

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatdash_analysis.fields.distinct import Distinct
    from chatdash_analysis.fields.rows import Ints

__all__ = [
    "Top",
    "check_counts",
    "hidden_as",
    "in_words",
    "people_of_each",
    "shape",
    "top_values",
    "with_shares",
]

_LONGEST = 40  # characters of a value that are shown
_PRIVATE_DIGITS = 7
_DIGITS = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_LETTERS = re.compile(r"[^\W\d_]+")


class Top(NamedTuple):
    """The most common values of a field."""

    texts: list[str]
    counts: list[int]
    hidden: list[bool]
    total: int
    scrubbed: bool


def top_values(
    distinct: Distinct, codes: Ints, people: Ints | None, *, top: int, min_users: int
) -> Top:
    """Return the most common of the values with these codes, one code a conversation.

    Parameters
    ----------
    distinct : Distinct
    codes : numpy.ndarray of int64
        None missing.
    people : numpy.ndarray of int64 or None
        Of each of these conversations, -1 where nobody is known; None if never.
    top, min_users : int
        How many values, and how many known people each must have to be shown.
    """
    counts = np.bincount(codes, minlength=len(distinct))
    # Of equally many, the first in the order of the values.
    order = np.argsort(-counts, kind="stable")[:top]
    chosen = order[counts[order] > 0]
    enough = people_of_each(codes, people, len(distinct))[chosen] >= min_users
    plain = distinct.kind == "boolean" or _are_measures(distinct, chosen)
    return Top(
        texts=[distinct.text(place) for place in chosen.tolist()],
        counts=counts[chosen].tolist(),
        # True and false say nothing of anybody.
        hidden=(~enough & (distinct.kind != "boolean")).tolist(),
        total=len(codes),
        scrubbed=not plain,
    )


def people_of_each(codes: Ints, people: Ints | None, size: int) -> Ints:
    """Count the known people behind each of `size` values; arguments as for `top_values`."""
    if people is None:
        return np.zeros(size, dtype=np.int64)
    known = people >= 0
    width = int(people.max(initial=0)) + 1
    pairs = np.unique(codes[known] * width + people[known])
    return np.bincount(pairs // width, minlength=size)


def _are_measures(distinct: Distinct, chosen: Ints) -> bool:
    if distinct.kind != "number":
        return False
    texts = (distinct.text(place) for place in chosen.tolist())
    return all(sum(map(str.isdigit, text)) < _PRIVATE_DIGITS for text in texts)


def hidden_as(pii: str) -> str:
    """Say why no value is shown."""
    return f"hidden: looks like {pii}".replace("_", " ")


def in_words(tops: Sequence[Top | str]) -> list[str]:
    """Write each as "cleaning 23 %, filling 20 %, 3 hidden"; texts stay as they are."""
    texts = {text for top in tops if isinstance(top, Top) and top.scrubbed for text in _open(top)}
    order = sorted(texts)
    clean = dict(zip(order, scrub(pd.Series(order, dtype="str")).tolist(), strict=True))
    return [top if isinstance(top, str) else _sentence(top, clean) for top in tops]


def _open(top: Top) -> list[str]:
    return [text for text, hidden in zip(top.texts, top.hidden, strict=True) if not hidden]


def _sentence(top: Top, clean: dict[str, str]) -> str:
    shown = [
        (clean[text] if top.scrubbed else text, count)
        for text, count, hidden in zip(top.texts, top.counts, top.hidden, strict=True)
        if not hidden
    ]
    words, hidden = with_shares(shown, top.total), sum(top.hidden)
    return ", ".join(part for part in (words, f"{hidden} hidden" if hidden else "") if part)


def with_shares(counts: Sequence[tuple[str, int]], total: int) -> str:
    """Write texts and their shares of a total."""
    return ", ".join(f"{_cut(text)} {_share(count, total)}" for text, count in counts)


def _cut(text: str) -> str:
    text = text.strip() or '""'
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "\u2026"


def _share(count: int, total: int) -> str:
    share = 100 * count / total
    return "<1 %" if share < 1 else f"{share:.0f} %"


def shape(text: str) -> str:
    """Return the form of a text, which tells nothing of what it says: "30 min" is "9 a"."""
    form = _DIGITS.sub(lambda number: re.sub("[0-9]+", "9", number.group()), text.strip())
    return _cut(_LETTERS.sub("a", " ".join(form.split())))


def check_counts(*, min_users: int, top: int) -> None:
    """Raise `InputError` unless both are whole numbers."""
    for name, value, what in (
        ("min_users", min_users, "people. Give 5, for example, or 0 to show whatever is safe"),
        ("top", top, "values. Give 5, for example"),
    ):
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if not whole or value < 0:
            raise InputError(f"{name}={value!r} is no number of {what}.")
