"""Seeded chance: weighted draws, stable hashes and sentences with alternatives.

Everything rests on uniform numbers and plain arithmetic, so that a seed gives
the same bytes on every version of Python.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable
from itertools import accumulate, product
from math import lcm
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Text", "Uniform", "Weighted", "mix", "pick", "read_text", "read_texts", "render"]

T = TypeVar("T")
Uniform = Callable[[], float]  # gives numbers in [0, 1)
Text = tuple[str | tuple[str, ...], ...]  # fixed pieces and choices, in turn

_MASK = (1 << 64) - 1
_PIECE = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]|<(\w+)>")
_OUTER_BAR = re.compile(r"\|(?![^\[]*\])")
_SPELLED = 12  # values of a slot that are used inside a choice


def pick(u: Uniform, values: Sequence[T]) -> T:
    """Draw one of `values`, each as likely as the next."""
    return values[int(u() * len(values))]


class Weighted(Generic[T]):
    """Values with weights, to draw from.

    Parameters
    ----------
    pairs : iterable of (value, weight)
        Weights need not add up to one.
    """

    __slots__ = ("_upto", "values")

    def __init__(self, pairs: Iterable[tuple[T, float]]) -> None:
        values, weights = zip(*pairs, strict=True)
        self.values: tuple[T, ...] = values
        upto = list(accumulate(weights))
        # The last bound is exactly one, or rounding could let a draw run past the end.
        self._upto = [bound / upto[-1] for bound in upto[:-1]] + [1.0]

    def at(self, position: float) -> T:
        """Return the value at `position` in [0, 1) of the summed weights."""
        return self.values[bisect(self._upto, position)]


def mix(*numbers: int) -> int:
    """Scramble integers into 64 bits that depend on all of them and on nothing else."""
    state = 0x9E3779B97F4A7C15
    for number in numbers:
        state = (state ^ number) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ (state >> 27)) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state


def read_text(template: str, slots: Mapping[str, Sequence[str]] | None = None) -> Text:
    """Read ``"can i [return|send back] <item>"`` into its pieces.

    Parameters
    ----------
    template : str
        Text with alternatives in brackets and named slots in angle brackets;
        both may stand inside an alternative, one level deep.
    slots : mapping, optional
        Alternatives of each named slot.
    """
    known = slots or {}
    pieces: list[str | tuple[str, ...]] = []
    end = 0
    for match in _PIECE.finditer(template):
        pieces.append(template[end : match.start()])
        choices, slot = match.groups()
        pieces.append(_choices(choices, known) if slot is None else tuple(known[slot]))
        end = match.end()
    return tuple(piece for piece in (*pieces, template[end:]) if piece)


def _choices(text: str, slots: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    spelled = [_spelled_out(choice, slots) for choice in _OUTER_BAR.split(text)]
    # Each choice fills as many places as the next, so that an inner choice weighs no more.
    places = lcm(*map(len, spelled))
    return tuple(text for texts in spelled for text in texts * (places // len(texts)))


def _spelled_out(choice: str, slots: Mapping[str, Sequence[str]]) -> list[str]:
    pieces = [(piece,) if isinstance(piece, str) else piece for piece in read_text(choice, slots)]
    return ["".join(parts) for parts in product(*(piece[:_SPELLED] for piece in pieces))]


def read_texts(block: str, slots: Mapping[str, Sequence[str]] | None = None) -> tuple[Text, ...]:
    """Read one template a line; blank lines do not count."""
    lines = (line.strip() for line in block.splitlines())
    return tuple(read_text(line, slots) for line in lines if line)


def render(u: Uniform, text: Text) -> str:
    """Write out `text`, with each choice drawn."""
    return "".join(
        [piece if isinstance(piece, str) else piece[int(u() * len(piece))] for piece in text]
    )
