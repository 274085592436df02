"""One word for each cluster and period: new, growing, stable, falling, resolved, regressed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.queries.trends.poisson_rates import rate_ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.queries.trends.counts import Counts

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]
    Words = NDArray[np.object_]

__all__ = ["Rules", "first_whole", "with_births", "with_fixes", "words"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What it takes to be called growing, new or resolved; see `cluster_trends`."""

    baseline: int
    max_q: float
    min_users: int
    max_left: float
    level: float


def words(tested: Mask, known: Mask, q_values: Floats, ratio: Floats, rules: Rules) -> Words:
    """Return the word that the test alone gives."""
    found = np.where(known, "too_few", "unknown").astype(object)
    found[tested] = "stable"
    with np.errstate(invalid="ignore"):
        clear = tested & (q_values <= rules.max_q)
        found[clear & (ratio > 1)] = "growing"
        found[clear & (ratio < 1)] = "falling"
    return found


def with_births(found: Words, counts: Counts, whole: Mask, rules: Rules) -> Words:
    """Say new in the first period by which enough people asked, of what is a recent topic.

    Seldom topics are first seen late by chance; so that many askers have to be unlikely to
    gather in so little of the volume.
    """
    found, here = found.copy(), np.arange(len(whole))
    asked = counts.users[:-1] > 0
    # The period behind the last one stands for never.
    first = np.pad(asked, ((0, 0), (0, 1)), constant_values=True).argmax(axis=1)[:, np.newaxis]
    earlier = np.concatenate([[0], np.cumsum(whole)])[first]
    volume = np.concatenate([[0], np.cumsum(counts.exposure)])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 1 - volume[first] / volume[1:]
    people = counts.people[:-1]
    # The first asker tells when the topic began, and the others that it is no chance.
    unlikely = np.clip(share, 0, 1) ** np.maximum(people - 1, 0) <= rules.max_q
    able = whole & asked & (people >= rules.min_users) & unlikely
    able &= (earlier >= rules.baseline) & (here - first <= rules.baseline)
    born = able & (np.cumsum(able, axis=1) == 1)
    found[:-1][born] = "new"
    return found


def first_whole(edges: Codes, moment: int) -> tuple[int, int]:
    """Return how many periods end by an instant, and the first period that starts after it."""
    ended = int(np.searchsorted(edges[1:], moment, side="right"))
    return ended, int(np.searchsorted(edges[:-1], moment, side="left"))


def with_fixes(
    found: Words, fixes: dict[int, tuple[int, int]], counts: Counts, whole: Mask, rules: Rules
) -> Words:
    """Say resolved or regressed of clusters that were marked as fixed.

    Parameters
    ----------
    fixes : dict
        For the number of a cluster, what `first_whole` says of its fix.
    """
    found = found.copy()
    for series, (ended, start) in fixes.items():
        earlier = np.flatnonzero(whole[:ended])
        earlier = earlier[earlier >= ended - rules.baseline]
        after = np.flatnonzero(whole[start:]) + start
        fix = _Fix(counts.users[series], counts.exposure, earlier, rules)
        found[series, after] = fix.words(found[series], after)
    return found


class _Fix:
    """The rate since a fix beside that of the periods before it."""

    def __init__(self, users: Codes, exposure: Codes, earlier: Codes, rules: Rules) -> None:
        self.users, self.exposure, self.rules = users, exposure, rules
        self.before = int(users[earlier].sum()), int(exposure[earlier].sum())

    def words(self, found: Words, after: Codes) -> Words:
        """Go through the whole periods after the fix; what came back starts a new count."""
        since, told = 0, found[after]
        for place, period in enumerate(after):
            recent = max(since, place - self.rules.baseline + 1)
            if found[period] == "growing":
                since, told[place] = place, "regressed"
            elif self._left(after[recent : place + 1])[0] > self.rules.max_left:
                since, told[place] = recent, "regressed"
            elif self._left(after[since : place + 1])[1] < self.rules.max_left:
                told[place] = "resolved"
        return told

    def _left(self, periods: Codes) -> tuple[float, float]:
        """Return between which shares of the old rate the new one lies; two periods at least."""
        people, volume = int(self.users[periods].sum()), int(self.exposure[periods].sum())
        old_people, old_volume = self.before
        if len(periods) < 2 or not (volume and old_volume and old_people):
            return 0.0, np.inf
        _, low, high = rate_ratio(people, volume, old_people, old_volume, level=self.rules.level)
        return float(low), float(high)
