"""Copies of JSON texts in which what is personal was replaced, value by value.

A rule says of each value what becomes of it; the shape stays, so that fields are found in the
copy as in the original. All texts of many rows are scrubbed at once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from chatdash_analysis.flattening.flatten import CONTAINERS, UUID, Path, as_text
from chatdash_analysis.flattening.tolerant import Digits, dump, loads
from chatdash_analysis.privacy.pseudonyms import FIELD_KINDS
from chatdash_analysis.text.masks import masked
from chatdash_analysis.text.person_fields import inner_field, label_member, person_field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = [
    "GONE",
    "SCRUB",
    "STAY",
    "Action",
    "Rule",
    "Tools",
    "json_copies",
    "safe_key",
    "text_copies",
]

_ROWS = 2_000


class Action(NamedTuple):
    """What becomes of a value: it stays, goes, is scrubbed, or is one of a kind."""

    name: str
    kind: str = ""


STAY, GONE, SCRUB = Action("stay"), Action("gone"), Action("scrub")


class Rule(Protocol):
    """Tells what becomes of a value, by its field and its path as `flatten` has it."""

    def __call__(self, value: Any, field: str, path: Path, /) -> Action:
        """Return what becomes of a value: a text, a number, a flag or nothing."""


class Tools(NamedTuple):
    """How texts are scrubbed, given the names of their rows, and pseudonyms made of a kind."""

    scrub: Callable[[list[str], list[Sequence[str]]], list[str]]
    name: Callable[[list[str], str], list[str]]


def json_copies(
    texts: Sequence[str | None], known: Sequence[Sequence[str]], rule: Rule, tools: Tools
) -> list[str | None]:
    """Return each JSON text without what is personal; missing where it cannot be read.

    Parameters
    ----------
    texts : sequence of str or None
        JSON texts.
    known : sequence of sequences of str
        For each, what names the people of its conversation.
    rule : Rule
        What becomes of a value.
    tools : Tools
        How it is done.
    """
    return [
        copy
        for start in range(0, len(texts), _ROWS)
        for copy in _batch(texts[start : start + _ROWS], known[start : start + _ROWS], rule, tools)
    ]


def text_copies(
    texts: Sequence[str | None],
    known: Sequence[Sequence[str]],
    rule: Rule,
    tools: Tools,
    field: str = "",
) -> list[str | None]:
    """Return the texts of a field, each as the rule wants it; JSON as `json_copies` does it."""
    found: list[str | None] = []
    for start in range(0, len(texts), _ROWS):
        copying, holder = _Copying(rule), list(texts[start : start + _ROWS])
        for row, text in enumerate(holder):
            if text is not None:
                copying.of_plain(text, field, _Place(holder, row, row))
        copying.fill(known[start : start + _ROWS], tools)
        found += holder
    return found


def _batch(
    texts: Sequence[str | None], known: Sequence[Sequence[str]], rule: Rule, tools: Tools
) -> Iterator[str | None]:
    copying = _Copying(rule)
    copies = [copying.of_text(text, row) for row, text in enumerate(texts)]
    copying.fill(known, tools)
    for copy in copies:
        yield None if copy is None else _written(copy[0])


def _written(value: Any) -> str | None:
    try:
        return dump(value).decode()
    except RecursionError:
        return None


class _Place(NamedTuple):
    """Where a value goes: into which object or list, under which key, of which row."""

    holder: Any
    key: Any
    row: int


@dataclass
class _Copying:
    """Copies values; those that must change are noted, and filled in at the end."""

    rule: Rule
    scrubs: list[tuple[str, _Place]] = field(default_factory=list)
    names: dict[str, list[tuple[str, _Place]]] = field(default_factory=lambda: defaultdict(list))
    inner: list[_Place] = field(default_factory=list)

    def of_text(self, text: str | None, row: int) -> list[Any] | None:
        """Return the copy of a JSON text in a list of one."""
        if text is None:
            return None
        try:
            holder = [None]
            self._copy(loads(text.encode("utf-8", "replace")), "", (), _Place(holder, 0, row))
        except (ValueError, RecursionError):
            return None
        return holder

    def of_plain(self, text: str, field: str, place: _Place) -> None:
        """Put the copy of a text that may be JSON into its place."""
        try:
            self._value(text, field, (), place)
        except RecursionError:
            self.scrubs.append((text, place))

    def fill(self, known: Sequence[Sequence[str]], tools: Tools) -> None:
        """Put in what the noted values become."""
        texts = [text for text, _ in self.scrubs]
        plain = tools.scrub(texts, [known[place.row] for _, place in self.scrubs])
        for text, (_, place) in zip(plain, self.scrubs, strict=True):
            place.holder[place.key] = text
        for kind, found in self.names.items():
            made = tools.name([text for text, _ in found], kind)
            for text, (_, place) in zip(made, found, strict=True):
                place.holder[place.key] = text
        # Texts that are JSON themselves, the innermost first.
        for place in reversed(self.inner):
            place.holder[place.key] = _written(place.holder[place.key][0])

    def _copy(self, value: Any, field: str, path: Path, place: _Place) -> None:
        if isinstance(value, dict):
            copy: dict[str, Any] = {}
            place.holder[place.key] = copy
            self._object(value, field, path, _Place(copy, None, place.row))
        elif isinstance(value, list):
            place.holder[place.key] = items = [None] * len(value)
            for at, item in enumerate(value):
                self._copy(item, field, path, _Place(items, at, place.row))
        else:
            self._value(value, field, path, place)

    def _object(self, value: dict[str, Any], field: str, path: Path, place: _Place) -> None:
        label = label_member(value)
        if label:
            field = value[label]
            path = (*(path[:-1] if path and UUID.fullmatch(path[-1]) else path), field)
        for key, item in value.items():
            name = safe_key(key)
            while name != key and name in place.holder:
                name += "_"
            there = place._replace(key=name)
            if label and key == label:
                place.holder[name] = safe_key(item)
            elif key in ("value", "result"):
                self._copy(item, field, path, there)
            else:
                inner = inner_field(field, key, _personal)
                self._copy(item, inner, path if key in CONTAINERS else (*path, key), there)

    def _value(self, value: Any, field: str, path: Path, place: _Place) -> None:
        action = self.rule(value, field, path)
        place.holder[place.key] = value if action == STAY else None
        if action == SCRUB:
            self._scrub(value, field, path, place)
        elif action.kind and (text := as_text(value)) is not None:
            self.names[action.kind].append((text, place))

    def _scrub(self, text: str, field: str, path: Path, place: _Place) -> None:
        inner = _as_container(text)
        if inner is None:
            self.scrubs.append((text, place))
            return
        place.holder[place.key] = holder = [None]
        self.inner.append(place)
        self._copy(inner, field, path, _Place(holder, 0, place.row))


def _personal(field: str) -> bool:
    return field in FIELD_KINDS or bool(person_field(field))


def _as_container(text: str) -> Any:
    """Return the object or list that a text is, if it is one."""
    if text[:1] not in ("{", "["):
        return None
    try:
        value = loads(text.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return None if isinstance(value, (str, Digits)) else value


_SUSPECT = re.compile(r"@|(?<![0-9a-fA-F-])\+?\d[\d ().-]{5,}\d(?![0-9a-fA-F-])")


@lru_cache(maxsize=8192)
def safe_key(key: str) -> str:
    """Return a key without addresses and phone numbers; ids of fields stay."""
    return masked(key) if _SUSPECT.search(key) and not UUID.fullmatch(key) else key
