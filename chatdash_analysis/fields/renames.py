"""Fields that are likely one field under two names: one ends where the other begins."""

from __future__ import annotations

from collections import defaultdict
from difflib import SequenceMatcher
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chatdash_analysis.fields.suspicion import key_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["Rename", "Shares", "Trace", "renames"]

# Found by simulation; see the test of false alarms.
_LIKELY = 0.6
_WEIGHTS = (0.5, 0.3, 0.2)  # values, names, coverage
# So unlikely is an end, or a wait for the next value, if the field went on.
_CHANCE = 0.001
# So many values may stand beyond the end: of conversations that were judged later.
_STRAGGLERS = 0.02
_MOST_PAIRS = 100_000
_FEW_VALUES = 3
_INSIDE = 0.75


class Shares(NamedTuple):
    """Which values a field has, and how large a share of them each is.

    Attributes
    ----------
    texts : dict of str to float
        The values of text, without those that say nothing; empty if they are too many to be
        compared.
    numbers, parts : numpy.ndarray of float64
        The values of numbers, in order, and their shares.
    """

    texts: dict[str, float]
    numbers: Floats
    parts: Floats


class Trace(NamedTuple):
    """Where one agent has values of a field.

    Attributes
    ----------
    agent : int
    column, key, kind : str
    moments : numpy.ndarray of int64
        Of all conversations in which it could have a value at all, as the agent knows them;
        sorted.
    first, last : int
        Between which moments nearly all of its values lie.
    values : int
        How many there are.
    shares : Shares
    """

    agent: int
    column: str
    key: str
    kind: str
    moments: Ints
    first: int
    last: int
    values: int
    shares: Shares

    @property
    def start(self) -> int:
        """Count conversations before the first value."""
        return int(np.searchsorted(self.moments, self.first, side="left"))

    @property
    def stop(self) -> int:
        """Count conversations up to the last value."""
        return int(np.searchsorted(self.moments, self.last, side="right"))

    @property
    def rate(self) -> float:
        """Return how often there is a value while the field lives."""
        return min(self.values / max(self.stop - self.start, 1), 1.0)


class Rename(NamedTuple):
    """A likely rename."""

    old: str
    new: str
    score: float


def trimmed(moments: Ints) -> tuple[int, int]:
    """Return between which of the sorted moments nearly all lie."""
    spare = _spare(len(moments))
    return int(moments[spare]), int(moments[-1 - spare])


def _spare(values: int) -> int:
    return int(values * _STRAGGLERS)


def renames(traces: Sequence[Trace]) -> dict[int, list[Rename]]:
    """Return the likely renames of each agent.

    A pair needs an end and a beginning that are no chance, with next to no conversations
    between or in both, and the same kind of values. Its score weighs how far the values
    overlap, how much the names are alike and how alike the coverage is; only pairs that
    are best for both sides count, and only from a score of 0.6. Values that many fields
    share (yes and no, a scale from 1 to 5) tell half as much.
    """
    found: dict[int, list[Rename]] = {}
    order = sorted(traces, key=lambda trace: (trace.agent, trace.column))
    for agent, group in groupby(order, key=lambda trace: trace.agent):
        own = list(group)
        scored = [(_score(old, new, own), old.column, new.column) for old, new in _pairs(own)]
        found[agent] = list(_best(scored))
    return found


def _pairs(traces: Sequence[Trace]) -> Iterator[tuple[Trace, Trace]]:
    ended = [trace for trace in traces if _no_chance(trace, trace.stop)]
    begun = [trace for trace in traces if _no_chance(trace, len(trace.moments) - trace.start)]
    many = len(ended) * len(begun) > _MOST_PAIRS
    for old in ended:
        for new in begun:
            if (
                old.kind == new.kind
                and (not many or _share_a_word(old, new))
                and _follows(old, new)
            ):
                yield old, new


def _no_chance(trace: Trace, lived: int) -> bool:
    """Tell whether values that could be anywhere would hardly all lie in so small a part."""
    share = lived / max(len(trace.moments), 1)
    return trace.values > 0 and bool(share**trace.values < _CHANCE)


def _share_a_word(old: Trace, new: Trace) -> bool:
    return not set(key_words(old.key)).isdisjoint(key_words(new.key))


def _follows(old: Trace, new: Trace) -> bool:
    if not (old.first < new.first and old.last < new.last):
        return False
    rate = min(old.rate, new.rate, 1 - 1e-9)
    # So long one may wait for the next value, and the stragglers take their room as well.
    wait = np.log(_CHANCE) / np.log1p(-rate)
    spare = sum(_spare(trace.values) / trace.rate for trace in (old, new))
    allowed = min(max(3.0, wait) + 2 * spare, len(old.moments) / 10)
    return bool(abs(new.start - old.stop) <= allowed)


def _score(old: Trace, new: Trace, traces: Sequence[Trace]) -> float:
    values = _overlap(old.shares, new.shares)
    if values and not _is_telling(old, new, values, traces):
        values /= 2
    names = _likeness(old.key, new.key)
    coverage = min(old.rate, new.rate) / max(old.rate, new.rate)
    return float(np.dot(_WEIGHTS, (values, names, coverage)))


def _overlap(one: Shares, other: Shares) -> float:
    """Return how large a part of the values two fields have in common, from 0 to 1."""
    if len(one.numbers) and len(other.numbers):
        grid = np.union1d(one.numbers, other.numbers)
        gaps = _cumulated(one, grid) - _cumulated(other, grid)
        return 1 - float(np.abs(gaps).max())
    small, large = sorted((one.texts, other.texts), key=len)
    return sum(min(share, large.get(text, 0.0)) for text, share in small.items())


def _cumulated(shares: Shares, grid: Floats) -> Floats:
    sums = np.append(0.0, np.cumsum(shares.parts))
    return np.asarray(sums[np.searchsorted(shares.numbers, grid, side="right")])


def _is_telling(old: Trace, new: Trace, values: float, traces: Sequence[Trace]) -> bool:
    """Tell whether it is these two that have such values, and not half of all fields."""
    common = old.shares.texts.keys() & new.shares.texts.keys()
    if len(common) < _FEW_VALUES:
        return False
    pair = (old.column, new.column)
    others = (trace for trace in traces if trace.column not in pair and trace.shares.texts)
    return all(_overlap(old.shares, trace.shares) < values / 2 for trace in others)


def _likeness(one: str, other: str) -> float:
    """Return how alike two keys are, from 0 to 1: in words, or letter by letter."""
    first, second = key_words(one), key_words(other)
    if not first or not second:
        return 0.0
    common, all_words = set(first) & set(second), set(first) | set(second)
    words = len(common) / len(all_words)
    if common in (set(first), set(second)):
        # "booked" and "appointment booked".
        words = max(words, _INSIDE)
    # Keys that have nothing to do with each other have a third of their letters in common.
    letters = SequenceMatcher(None, " ".join(first), " ".join(second), autojunk=False).ratio()
    return max(words, 2 * letters - 1, 0.0)


def _best(scored: Sequence[tuple[float, str, str]]) -> Iterator[Rename]:
    """Yield pairs that are the only best for both sides."""
    by_side: dict[tuple[str, str], list[float]] = defaultdict(list)
    for score, old, new in scored:
        by_side["old", old].append(score)
        by_side["new", new].append(score)
    for score, old, new in scored:
        sides = by_side["old", old] + by_side["new", new]
        if score >= _LIKELY and score == max(sides) and sides.count(score) == 2:
            yield Rename(old, new, score)
