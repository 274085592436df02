"""Success beside comparable conversations: those of the same strata without a misunderstanding.

References
----------
Bruzzi and others (1985), Estimating the population attributable risk for multiple risk
factors using case-control data.
Greenland and Drescher (1993), Maximum likelihood estimation of the attributable fraction
from logistic models.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.queries.impact.rows import Members

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.queries.impact.rows import Rows

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

__all__ = ["Gaps", "Matched", "gaps_of", "match"]


@dataclass(frozen=True, slots=True)
class Matched:
    """Conversations with a known outcome that have comparable ones.

    Attributes
    ----------
    members : Members
        Those of each series.
    reference : numpy.ndarray of bool
        Which conversations are the comparable ones.
    rates : numpy.ndarray of float64
        The rate of the comparable conversations of each stratum; NaN without.
    unmatched : numpy.ndarray of int64
        Of each series, conversations with a known outcome that have none.
    """

    members: Members
    reference: Mask
    rates: Floats
    unmatched: Codes


def match(rows: Rows, members: Members, min_users: int) -> Matched:
    """Find comparable conversations, of so many people at least, in each stratum."""
    size = int(rows.strata.max(initial=-1)) + 1
    reference = rows.clean & rows.known & (rows.strata >= 0)
    strata, users = rows.strata[reference], rows.users[reference]
    width = int(rows.users.max(initial=-1)) + 1
    pairs = np.unique(strata * width + users)
    people = np.bincount(pairs // max(width, 1), minlength=size)
    n = np.bincount(strata, minlength=size)
    good = np.bincount(strata, weights=rows.good[reference], minlength=size)
    enough = people >= max(min_users, 1)
    rates = np.divide(good, n, out=np.full(size, np.nan), where=enough)
    known = rows.known[members.rows]
    # The entry of NaN is for conversations without a stratum.
    usable = known & ~np.isnan(np.append(rates, np.nan)[rows.strata[members.rows]])
    unmatched = np.bincount(members.series[known & ~usable], minlength=members.size)
    reference[reference] = enough[strata]
    kept = Members(
        members.rows[usable], members.series[usable], members.parts[usable], members.size
    )
    return Matched(kept, reference, rates, unmatched.astype(np.int64))


@dataclass(frozen=True, slots=True)
class Gaps:
    """Of each series, how far its rate is below that of comparable conversations.

    Attributes
    ----------
    n, successes : numpy.ndarray of float64
        Matched conversations, and those of them that succeeded.
    expected : numpy.ndarray of float64
        Rate of the comparable conversations, in the mix of strata of the series.
    weight, missing : numpy.ndarray of float64
        The same conversations, each by its share; and how many successes they lack.
    """

    n: Floats
    successes: Floats
    expected: Floats
    weight: Floats
    missing: Floats

    @property
    def difference(self) -> Floats:
        """Rate of the matched conversations, less what is expected."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.successes / self.n - self.expected)

    @property
    def lacking(self) -> Floats:
        """Successes that one conversation lacks."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.missing / self.weight)


def gaps_of(rows: Rows, matched: Matched) -> Gaps:
    """Return how far the rate of each series is below that of comparable conversations."""
    members = matched.members
    expected = matched.rates[rows.strata[members.rows]]
    good = rows.good[members.rows].astype(np.float64)
    n = members.sums(np.ones(len(good)))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = members.sums(expected) / n
    return Gaps(
        n=n,
        successes=members.sums(good),
        expected=mean,
        weight=members.sums(members.weights),
        missing=members.sums(members.weights * (expected - good)),
    )
