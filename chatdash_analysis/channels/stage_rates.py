"""Rates of stages, of their product, and changes of them on the scale of logarithms.

The logarithm of a product is the sum of the logarithms, so that a change of the product
splits into one of each stage without a rest. Variances are those of sums over people of
what each of their conversations adds (linearisation).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from chatdash_analysis.channels.costs import effective_users
from chatdash_analysis.counts import exact_sums, group_sums
from chatdash_analysis.rates import FEW_USERS, PRODUCTS, RATE_COLUMNS, add_flag, wilson, with_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.channels.stages import Stage, Stages

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["NOT_RECORDED", "Cells", "log_change", "stage_rates"]

NOT_RECORDED = "not_recorded"


class Cells(NamedTuple):
    """The group and the person of each conversation, as numbers.

    Attributes
    ----------
    groups, users : numpy.ndarray of int
    size : int
        Number of groups.
    """

    groups: Codes
    users: Codes
    size: int


def stage_rates(stages: Stages, cells: Cells, *, level: float, min_n: int) -> list[pd.DataFrame]:
    """Return `RATE_COLUMNS` of the three stages and of their product, one row a group."""
    tables = [_rates(stage, cells, level=level, min_n=min_n) for stage in stages.single()]
    counts = _counts(stages, cells)
    flags = tables[1]["flags"].mask(counts.absent[1], NOT_RECORDED).astype("str")
    tables[1] = tables[1].assign(flags=flags)
    return [*tables, _overall(stages, counts, cells, level=level, min_n=min_n)]


def _rates(stage: Stage, cells: Cells, *, level: float, min_n: int) -> pd.DataFrame:
    import narwhals as nw

    rows = pd.DataFrame(
        {
            "group": cells.groups,
            "user": cells.users,
            "n": stage.known,
            "successes": stage.known & stage.passed,
            "unknown": stage.unknown,
            "excluded": ~stage.known & ~stage.unknown,
        }
    )
    values = {name: nw.col(name) for name in ("n", "successes", "unknown", "excluded")}
    table = group_sums(rows, ["group"], values, users="user", counting="n", products=PRODUCTS)
    every = table.set_index("group").reindex(range(cells.size), fill_value=0)
    return with_rate(every.reset_index(drop=True), level=level, min_n=min_n)[list(RATE_COLUMNS)]


def _overall(
    stages: Stages, counts: Counts, cells: Cells, *, level: float, min_n: int
) -> pd.DataFrame:
    """Return `RATE_COLUMNS` of all stages together: ``rate`` is the product of theirs.

    The interval is Wilson's on the number of conversations that would have the variance
    of the product, which is at least that of independent conversations.
    """
    table = _rates(stages.overall, cells, level=level, min_n=0)
    product = counts.product()
    people = table["users"].to_numpy()
    variance, freedom = _between_people(_moved(stages, cells), cells)
    freedom = np.where(people >= FEW_USERS, freedom, np.inf)
    effective = _effective(counts, product, variance, people)
    low, high = wilson(product * effective, effective, level=level, freedom=freedom)
    known = ~np.isnan(product)
    small = known & (counts.smallest() < min_n)
    flags = pd.Series("", index=table.index, dtype="str")
    flags = add_flag(flags, ~known, "no_known")
    flags = add_flag(flags, small, "small_n")
    flags = add_flag(flags, known & ~small & (people < FEW_USERS), "few_users")
    limits = {"rate": product, "low": low, "high": high}
    held = {name: np.where(small, np.nan, column) for name, column in limits.items()}
    return table.assign(**held, flags=flags)


class Counts(NamedTuple):
    """How many conversations are known at the three stages (first axis) of each group.

    Attributes
    ----------
    n, passed : numpy.ndarray, shape (3, groups)
        Of how many it is known how the stage went, and for how many it went well.
    unknown : numpy.ndarray, shape (3, groups)
        Of how many it is not known.
    """

    n: Floats
    passed: Floats
    unknown: Floats

    @property
    def absent(self) -> NDArray[np.bool_]:
        """Whether there is no such stage: conversations came to it, and none was looked at."""
        came = np.zeros(self.n.shape, dtype=np.bool_)
        came[1] = self.passed[0] > 0
        return np.asarray(came & (self.n == 0) & (self.unknown == 0))

    def rates(self) -> Floats:
        """Return the rate of each stage; 1 where it is absent, missing where not known."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.absent, 1.0, self.passed / self.n)

    def got_to(self) -> Floats:
        """Return the share of conversations that get to each stage, and through the last."""
        rates, share = self.rates(), np.ones((4, self.n.shape[1]))
        for place in range(3):
            # Whoever is lost early is lost, whatever is known of the later stages.
            share[place + 1] = np.where(share[place] == 0, 0, share[place] * rates[place])
        return share

    def product(self) -> Floats:
        """Return the share that gets through all stages."""
        return np.asarray(self.got_to()[-1])

    def reaching(self) -> Floats:
        """Return of how many conversations at the start each stage tells."""
        share = self.got_to()[:-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where((share > 0) & ~self.absent, self.n / share, np.inf)

    def smallest(self) -> Floats:
        """Return the smallest number known of a stage that matters."""
        return np.asarray(np.where(np.isinf(self.reaching()), np.inf, self.n).min(axis=0))


def _counts(stages: Stages, cells: Cells) -> Counts:
    def count(rows: NDArray[np.bool_]) -> Floats:
        return np.bincount(cells.groups[rows], minlength=cells.size).astype(np.float64)

    return Counts(
        *(
            np.array([count(getattr(stage, name)) for stage in stages.single()])
            for name in ("known", "passed", "unknown")
        )
    )


def _effective(counts: Counts, product: Floats, variance: Floats, people: Codes) -> Floats:
    """Return how many independent conversations would tell as much about the product."""
    with np.errstate(divide="ignore", invalid="ignore"):
        independent = np.where(counts.absent, 0, (1 - counts.rates()) / counts.passed).sum(axis=0)
        clustered = (people >= FEW_USERS) & np.isfinite(variance)
        variance = np.where(clustered, np.maximum(variance, independent), independent)
        effective = (1 - product) / (product * variance)
    inside = (product > 0) & (product < 1)
    return np.where(inside, effective, counts.reaching().min(axis=0))


def _moved(stages: Stages, cells: Cells) -> Floats:
    """Return how much each conversation moves the logarithm of the product of its group."""
    moved = [_influence(stage, cells.groups, cells.size) for stage in stages.single()]
    return np.asarray(np.nan_to_num(moved).sum(axis=0))


def _influence(stage: Stage, groups: Codes, size: int) -> Floats:
    """Return how much each conversation moves the logarithm of its group's rate."""
    n = np.bincount(groups[stage.known], minlength=size)
    passed = np.bincount(groups[stage.passed], minlength=size)
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = (stage.passed - (passed / n)[groups]) / passed[groups]
    return np.where(stage.known, moved, 0.0)


def _between_people(moved: Floats, cells: Cells) -> tuple[Floats, Floats]:
    """Return the variance of a sum of conversations, and its degrees of freedom.

    They are those of the effective number of people; infinite where nobody has two
    conversations.
    """
    top = int(cells.users.max(initial=0)) + 1
    pairs, pair = np.unique(cells.groups * top + cells.users, return_inverse=True)
    group = pairs // top
    held = np.bincount(pair, minlength=len(pairs)).astype(np.float64)
    people, n, nn = (
        np.bincount(group, weights=held**power, minlength=cells.size) for power in range(3)
    )
    squares = exact_sums(
        group, exact_sums(pair.astype(np.int64), moved, len(pairs)) ** 2, cells.size
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(people > 1, people / (people - 1) * squares, np.nan)
        freedom = np.where(nn > n, effective_users(n, nn) - 1, np.inf)
    return variance, freedom


def log_change(before: pd.DataFrame, after: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    """Return the change of the logarithm of a rate, and its interval.

    The interval comes from those of the two rates (square and add), so it is no less
    sound where a rate is 1. Both periods count as independent: the same people in both
    make it a little wide.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        (rate0, low0, high0), (rate1, low1, high1) = (
            [np.log(table[name].to_numpy()) for name in ("rate", "low", "high")]
            for table in (before, after)
        )
        change = np.where(np.isfinite(rate1 - rate0), rate1 - rate0, np.nan)
        low = change - np.hypot(rate1 - low1, high0 - rate0)
        high = change + np.hypot(high1 - rate1, rate0 - low0)
    return change, low, high
