"""What the service writes about a conversation: topic, summary, verdict, note."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chatdash_analysis.sandbox.chance import Weighted, pick, read_texts, render
from chatdash_analysis.sandbox.topics import LANGUAGES, read_toml

if TYPE_CHECKING:
    from chatdash_analysis.sandbox.chance import Text, Uniform
    from chatdash_analysis.sandbox.people import Person
    from chatdash_analysis.sandbox.world import Line

__all__ = ["Theme", "note", "reason", "summary", "theme_of"]

_NUMBERS = {"n": tuple("23456789"), "amount": ("45", "60", "75", "80", "95", "120", "150", "240")}
_CUSTOMERS = {
    "en": ("The customer", "A customer", "The user"),
    "de": ("Die anfragende Person", "Eine Kundin", "Ein Kunde"),
    "es": ("La persona", "Una clienta", "Un cliente"),
}


@dataclass(frozen=True, slots=True)
class Theme:
    """What a conversation is about, under the label that the client gave it."""

    label: str
    subtopics: tuple[str, ...]
    about: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Sentences:
    opening: tuple[Text, ...]
    middle: tuple[Text, ...]
    aside: tuple[Text, ...]
    manner: tuple[Text, ...]
    outcome: dict[bool, tuple[Text, ...]]


def theme_of(u: Uniform, line: Line, *, success: bool) -> Theme:
    """Draw what a conversation is about; good and bad ones differ in it."""
    subject = "shop" if line.agent.subject == "whatsapp" else line.agent.subject
    return _themes(subject, success=success).at(u())


def summary(u: Uniform, line: Line, theme: Theme, person: Person, *, success: bool) -> str:
    """Return three to five sentences in the customer's language, 300 to 600 characters."""
    sentences = _sentences(line.language)
    parts = [sentences.opening, sentences.middle]
    if u() < 0.75:
        parts.append(sentences.aside)
    if u() < 0.5:
        parts.append(sentences.manner)
    parts.append(sentences.outcome[success])
    text = " ".join([render(u, pick(u, part)) for part in parts]).replace(" .", ".")
    return _filled(u, text, theme.about[line.language], line.language, person)


def _filled(u: Uniform, text: str, about: str, language: str, person: Person) -> str:
    if u() < 0.4:
        name = they = person.name
    else:
        name = pick(u, _CUSTOMERS[language])
        they = name[0].lower() + name[1:]
    return text.replace("{name}", name).replace("{they}", they).replace("{about}", about)


def reason(u: Uniform, *, success: bool, fault: bool) -> str:
    """Return why a conversation was judged as it was."""
    return render(u, pick(u, _reasons()["fault" if fault else "success" if success else "failure"]))


def note(u: Uniform) -> str:
    """Return a note by staff."""
    return render(u, pick(u, _notes()))


@lru_cache(maxsize=16)
def _themes(subject: str, *, success: bool) -> Weighted[Theme]:
    weight = "success" if success else "failure"
    entries = read_toml("summaries")["theme"]
    return Weighted((_theme(e), e[weight]) for e in entries if e["subject"] == subject)


def _theme(entry: dict[str, Any]) -> Theme:
    about = {language: entry[language] for language in LANGUAGES if language in entry}
    return Theme(entry["label"], tuple(entry["subtopics"]), about)


@lru_cache(maxsize=4)
def _sentences(language: str) -> _Sentences:
    entry = read_toml("summaries")[language]
    read = {name: read_texts(block, _NUMBERS) for name, block in entry.items()}
    return _Sentences(
        opening=read["opening"],
        middle=read["middle"],
        aside=read["aside"],
        manner=read["manner"],
        outcome={True: read["success"], False: read["failure"]},
    )


@lru_cache(maxsize=1)
def _reasons() -> dict[str, tuple[Text, ...]]:
    return {name: read_texts(block) for name, block in read_toml("summaries")["reasons"].items()}


@lru_cache(maxsize=1)
def _notes() -> tuple[Text, ...]:
    return read_texts(read_toml("summaries")["notes"]["texts"])
