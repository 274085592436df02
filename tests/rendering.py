"""Writes JSON in every way that its grammar allows, where a JSON library has just one."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True)
class Literal:
    """JSON text for a value that Python cannot hold, such as ``1e400``."""

    text: str

    def __repr__(self) -> str:
        return f"Literal({self.text[:40]!r})"


class Pairs(tuple[tuple[str, Any], ...]):
    """The members of a JSON object in their order; a key may come twice."""

    __slots__ = ()


def rendered(tree: Any, seed: int) -> str:
    """Return `tree` as JSON; 0 is compact, other seeds vary white space and escapes."""
    writer = _Writer(random.Random(seed), plain=seed == 0)
    return writer.padded(tree)


class _Writer:
    def __init__(self, chance: random.Random, *, plain: bool) -> None:
        self.chance = chance
        self.spaces = [""] if plain else chance.choice([[""], ["", " "], [" ", "\n  ", "\t\r\n"]])
        # The share of characters written as an escape without need.
        self.escaped = 0.0 if plain else chance.choice([0.0, 0.0, 0.2, 1.0])

    def padded(self, tree: Any) -> str:
        return self.chance.choice(self.spaces) + self.value(tree) + self.chance.choice(self.spaces)

    def value(self, tree: Any) -> str:
        if isinstance(tree, Literal):
            return tree.text
        if isinstance(tree, str):
            return self.string(tree)
        if isinstance(tree, Pairs):
            return self.object(tree)
        if isinstance(tree, dict):
            return self.object(Pairs(tree.items()))
        if isinstance(tree, list):
            return f"[{','.join(map(self.padded, tree)) or self.chance.choice(self.spaces)}]"
        return json.dumps(tree, allow_nan=False)

    def object(self, members: Pairs) -> str:
        written = [f"{self.padded(key)}:{self.padded(value)}" for key, value in members]
        return f"{{{','.join(written) or self.chance.choice(self.spaces)}}}"

    def string(self, text: str) -> str:
        if self.escaped == 0.0 and text.isascii() and text.isprintable():
            return json.dumps(text)
        return f'"{"".join(map(self.character, text))}"'

    def character(self, character: str) -> str:
        code = ord(character)
        # Half a surrogate pair cannot be written in UTF-8, only as an escape.
        needed = code < 0x20 or 0xD800 <= code <= 0xDFFF or character in '"\\'
        if not needed and self.chance.random() >= self.escaped:
            return character
        if character in _SHORT and self.chance.random() < 0.7:
            return _SHORT[character]
        if character == "/":
            return "\\/"
        return self.hexadecimal(code)

    def hexadecimal(self, code: int) -> str:
        units = [code] if code < 0x10000 else [0xD7C0 + (code >> 10), 0xDC00 + (code & 0x3FF)]
        form = self.chance.choice(["\\u{:04x}", "\\u{:04X}"])
        return "".join(form.format(unit) for unit in units)
