"""How exactly a series' distance from comparable conversations is known, by people drawn again."""

from __future__ import annotations

from math import lcm
from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.rates import newcombe, wilson
from chatdash_analysis.resampling import people_of, percentile_interval, replicates

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from chatdash_analysis.queries.impact.rows import Members, Rows
    from chatdash_analysis.queries.impact.strata import Gaps, Matched
    from chatdash_analysis.resampling import People

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["gap_intervals"]

# Shares of conversations are counted in whole parts; if more parts were needed, in these.
_FINEST = 1 << 32
# With fewer resamples that hold a series, nothing is said of it.
_USABLE = 0.95


def gap_intervals(
    rows: Rows,
    matched: Matched,
    gaps: Gaps,
    *,
    level: float,
    n_boot: int,
    random_state: int | np.random.Generator | None,
) -> tuple[Floats, Floats, Floats]:
    """Return the intervals of `lacking` and of `difference`, and the variance of the first.

    Whole people are drawn again, with what they asked and with what they did in comparable
    conversations.

    Returns
    -------
    lacking, difference : numpy.ndarray, shape (2, series)
        Lower and upper limits.
    variance : numpy.ndarray, shape (series,)
    """
    people, statistic = _problem(rows, matched)
    drawn = replicates(people, statistic, n_boot=n_boot, random_state=random_state)
    number = matched.members.people(rows)
    ends = np.full((2, 2, len(number)), np.nan)
    for series, own in enumerate(number):
        ends[..., series] = percentile_interval(drawn[..., series], people=int(own), level=level)
    centres = np.stack([-gaps.lacking, gaps.difference])
    ends = _with_one_outcome(ends, centres, gaps, number, level)
    return -ends[::-1, 0], ends[:, 1], _variance(drawn[:, 0], gaps)


def _problem(rows: Rows, matched: Matched) -> tuple[People, Callable[[Floats], Floats]]:
    """Return everybody's sums, and what makes both differences of each series of them."""
    members, size = matched.members, len(matched.rates)
    pair = members.series * max(size, 1) + rows.strata[members.rows]
    cells, slots = np.unique(pair, return_inverse=True)
    series, strata = np.divmod(cells, max(size, 1))
    held = np.flatnonzero(matched.reference)
    people = people_of(
        rows.users[np.concatenate([members.rows, held])],
        np.concatenate([slots, len(cells) + rows.strata[held]]),
        np.concatenate([_values(rows, members), _reference_values(rows, held)]),
        size=len(cells) + size,
    )

    def statistic(sums: Floats) -> Floats:
        asked, reference = sums[:, : len(cells)], sums[:, len(cells) :]
        # A stratum of which no comparable conversation was drawn keeps the rate that it had.
        rates = np.broadcast_to(matched.rates, reference.shape[:2]).copy()
        np.divide(reference[..., 1], reference[..., 0], out=rates, where=reference[..., 0] > 0)
        sides = (asked[..., :2], asked[..., 2:])
        found = [_difference(side, rates[:, strata], series, members.size) for side in sides]
        return np.stack(found, axis=1)

    return people, statistic


def _values(rows: Rows, members: Members) -> Codes:
    """Return conversations and successes, by share and as they are, as whole numbers."""
    parts = lcm(*np.unique(members.parts).tolist())
    share = parts // members.parts if parts <= _FINEST else np.rint(_FINEST / members.parts)
    good = rows.good[members.rows]
    columns = [share, share * good, np.ones_like(good), good]
    return np.stack(columns, axis=1).astype(np.int64)


def _reference_values(rows: Rows, held: Codes) -> Codes:
    values = np.zeros((len(held), 4), dtype=np.int64)
    values[:, 0], values[:, 1] = 1, rows.good[held]
    return values


def _difference(counts: Floats, rates: Floats, series: Codes, size: int) -> Floats:
    """Return rate less expected rate of each series, from counts of series and stratum."""
    from scipy.sparse import csr_array

    cells = np.arange(len(series))
    gather = csr_array((np.ones(len(series)), (series, cells)), shape=(size, len(series)))
    n, more = counts[..., 0], counts[..., 1] - rates * counts[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((gather @ more.T).T / (gather @ n.T).T)


def _with_one_outcome(
    ends: Floats, centres: Floats, gaps: Gaps, people: Codes, level: float
) -> Floats:
    """Widen intervals of series whose conversations all end the same.

    Drawing them again says nothing of their rate; Wilson's interval for so many people does,
    and Newcombe's formula joins it with what was drawn of comparable conversations.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = gaps.successes / gaps.n
    same = ((rate == 0) | (rate == 1)) & ~np.isnan(ends).any(axis=(0, 1))
    low, high = wilson(rate * people, people, level=level)
    _, *limits = newcombe(rate, low, high, rate - centres, rate - ends[1], rate - ends[0])
    return np.where(same, np.array(limits), ends)


def _variance(drawn: Floats, gaps: Gaps) -> Floats:
    """Return the variance over resamples, at least what a rate near the one seen would have."""
    variance = np.full(drawn.shape[1], np.nan)
    usable = np.isfinite(drawn).mean(axis=0) >= _USABLE
    variance[usable] = np.nanvar(drawn[:, usable], axis=0, ddof=1)
    # With a success and a failure more: of equal outcomes the resamples show no variance.
    near = (gaps.successes + 1) / (gaps.n + 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.maximum(variance, near * (1 - near) / gaps.n))
