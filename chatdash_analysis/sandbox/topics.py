"""The planted topics of misunderstood questions, and how a question is put into words.

Their texts stand in ``texts/topics.toml`` and ``texts/questions.toml``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from chatdash_analysis.sandbox.chance import Weighted, read_text, read_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatdash_analysis.sandbox.chance import Text

__all__ = ["LANGUAGES", "Topic", "Words", "read_toml", "topics", "topics_of", "words"]

LANGUAGES = ("en", "de", "es")
_GIVEN = ("ava", "ben", "cora", "jan", "lars", "lola", "marta", "mia", "nils", "pablo", "rosa")


@dataclass(frozen=True, slots=True)
class Topic:
    """Something that agents do not understand.

    Attributes
    ----------
    id, title : str
        Name for programs and for people.
    subjects : tuple of str
        Kinds of agent at which it comes up.
    languages : tuple of str
        Languages in which it is asked.
    weight : float
        How often it comes up, relative to other topics of the same agent.
    life : {"", "new", "fixed"}
        Whether it is asked only since the change in mix, or no more since the fix.
    texts : tuple of tuple
        Wordings, one tuple for each of `languages`.
    """

    id: str
    title: str
    subjects: tuple[str, ...]
    languages: tuple[str, ...]
    weight: float
    life: Literal["", "new", "fixed"]
    texts: tuple[tuple[Text, ...], ...]

    def wordings(self, language: str) -> tuple[Text, ...]:
        """Return how it is asked in one of its languages."""
        return self.texts[self.languages.index(language)]


@dataclass(frozen=True, slots=True)
class Words:
    """What is said around a question in one language, spoken or typed."""

    openings: tuple[str, ...]
    endings: tuple[str, ...]
    personal: tuple[Text, ...]
    fillers: tuple[str, ...]
    noise: tuple[Text, ...]


@lru_cache(maxsize=1)
def topics() -> tuple[Topic, ...]:
    """Return all planted topics."""
    return tuple(_topic(entry) for entry in read_toml("topics")["topic"])


@lru_cache(maxsize=32)
def topics_of(subject: str, language: str, *, changed: bool, fixed: bool) -> Weighted[Topic]:
    """Return what is asked of one kind of agent in one language, before or after the dates."""
    gone = {"new"} if not changed else set()
    gone |= {"fixed"} if fixed else set()
    return Weighted(
        (topic, topic.weight)
        for topic in topics()
        if subject in topic.subjects and language in topic.languages and topic.life not in gone
    )


@lru_cache(maxsize=8)
def words(language: str, *, spoken: bool) -> Words:
    """Return what is said around questions."""
    entry, manner = read_toml("questions")[language], "voice" if spoken else "text"
    slots = _slots(language)
    return Words(
        openings=tuple(entry[f"{manner}_openings"]),
        endings=tuple(entry[f"{manner}_endings"]),
        personal=tuple(read_text(text, slots) for text in entry[f"{manner}_personal"]),
        fillers=tuple(entry["fillers"]),
        noise=read_texts(entry["noise"], slots),
    )


@lru_cache(maxsize=4)
def read_toml(name: str) -> dict[str, Any]:
    """Read one of the text files of this package."""
    path = resources.files("chatdash_analysis.sandbox") / "texts" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _topic(entry: dict[str, Any]) -> Topic:
    languages = tuple(language for language in LANGUAGES if language in entry)
    return Topic(
        id=entry["id"],
        title=entry["title"],
        subjects=tuple(entry["asked"]),
        languages=languages,
        weight=entry["weight"],
        life=entry.get("life", ""),
        texts=tuple(read_texts(entry[language], _slots(language)) for language in languages),
    )


@lru_cache(maxsize=4)
def _slots(language: str) -> dict[str, Sequence[str]]:
    entry = read_toml("questions")[language]
    numbers = range(104_211, 998_000, 8_731)
    return {
        "item": entry["item"],
        "garment": entry.get("garment", entry["item"]),
        "order": [f"{sign}{number}" for number in numbers for sign in ("", "#", "A-")],
        "email": [f"{name}.{number % 97}@example.com" for name in _GIVEN for number in numbers],
        "phone": [f"+1 202-555-01{number:02d}" for number in range(10, 100)],
        "person": [f"{name.title()} {letter}." for name in _GIVEN for letter in "BDGKMRSTW"],
        "spoken": [_spoken(number, entry["digits"]) for number in numbers],
    }


def _spoken(number: int, digits: Sequence[str]) -> str:
    return " ".join(digits[int(digit)] for digit in str(number))
