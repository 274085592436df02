"""Questions as people type and say them: openings, fillers, slips, capitals, emojis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatdash_analysis.sandbox.chance import pick, render
from chatdash_analysis.sandbox.topics import topics_of, words

if TYPE_CHECKING:
    from chatdash_analysis.sandbox.chance import Uniform
    from chatdash_analysis.sandbox.timeline import Plan
    from chatdash_analysis.sandbox.topics import Topic, Words
    from chatdash_analysis.sandbox.world import Line

__all__ = ["NOISE", "questions"]

NOISE = 0.15  # share of questions that belong to no topic
_AGAIN = 0.05  # chance that a question is asked twice in one conversation
_STOCK = 0.06  # share of questions in the words of a suggestion button
_PERSONAL = 0.05
_KEYS = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj",
    "i": "uo", "j": "hk", "k": "jl", "l": "kö", "m": "n,", "n": "bm", "o": "ip", "p": "o",
    "q": "wa", "r": "et", "s": "ad", "t": "rz", "u": "zi", "v": "cb", "w": "qe", "x": "yc",
    "y": "xt", "z": "tu",
}  # fmt: skip


def questions(
    u: Uniform, plan: Plan, line: Line, moment: int
) -> tuple[list[str], tuple[str | None, ...]]:
    """Return the questions of one conversation and the topic of each; None for idle talk."""
    texts: list[str] = []
    ids: list[str | None] = []
    while True:
        text, topic = _question(u, plan, line, moment)
        again = 1 + (u() < _AGAIN)
        texts += [text] * again
        ids += [topic] * again
        if u() > 0.22:
            return texts, tuple(ids)


def _question(u: Uniform, plan: Plan, line: Line, moment: int) -> tuple[str, str | None]:
    said = words(line.language, spoken=line.voice)
    if u() < NOISE:
        return _style(u, said, render(u, pick(u, said.noise)), spoken=line.voice), None
    topic = topics_of(
        line.agent.subject,
        line.language,
        changed=moment >= plan.change,
        fixed=moment >= plan.fixed,
    ).at(u())
    return _asked(u, said, topic, line), topic.id


def _asked(u: Uniform, said: Words, topic: Topic, line: Line) -> str:
    wordings = topic.wordings(line.language)
    if u() < _STOCK and not line.voice:
        stock = render(_first, wordings[0])
        return f"{stock[0].upper()}{stock[1:]}?" if u() < 0.5 else _slip(u, f"{stock}?")
    core = render(u, pick(u, wordings)).rstrip()
    if u() < _PERSONAL:
        core += render(u, pick(u, said.personal))
    return _style(u, said, pick(u, said.openings) + core, spoken=line.voice)


def _first() -> float:
    return 0.0


def _style(u: Uniform, said: Words, text: str, *, spoken: bool) -> str:
    if spoken and u() < 0.3:
        text = _with_filler(u, text, pick(u, said.fillers))
    # A choice of nothing leaves two spaces.
    text = " ".join(text.split()) + pick(u, said.endings)
    if spoken:
        return text.lower() if u() < 0.4 else text[:1].upper() + text[1:]
    return _slipped(u, _cased(u, text))


def _with_filler(u: Uniform, text: str, filler: str) -> str:
    parts = text.split(" ")
    at = int(u() * len(parts))
    return " ".join([*parts[: at + 1], filler, *parts[at + 1 :]])


def _cased(u: Uniform, text: str) -> str:
    chance = u()
    if chance < 0.42:
        return text.lower()
    if chance < 0.92:
        return text[:1].upper() + text[1:]
    return text.upper() if chance < 0.95 else text


def _slipped(u: Uniform, text: str) -> str:
    chance = u()
    if chance < 0.72:
        return text
    return _slip(u, text) if chance < 0.92 else _slip(u, _slip(u, text))


def _slip(u: Uniform, text: str) -> str:
    """Return `text` with one slip of the fingers: a neighbouring key, or a letter lost or moved."""
    if not text:
        return text
    at = int(u() * len(text))
    kind, letter = u(), text[at]
    if kind < 0.35:
        return text[:at] + text[at + 1 :]
    if kind < 0.6:
        return text[:at] + letter + text[at:]
    if kind < 0.8:
        return text[:at] + text[at + 1 : at + 2] + letter + text[at + 2 :]
    return text[:at] + pick(u, _KEYS.get(letter, letter)) + text[at + 1 :]
