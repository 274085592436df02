"""How often each cluster was asked about in each period, by how many people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.queries.links import unclustered
from chatdash_analysis.rates import precision, wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.queries.links import Links
    from chatdash_analysis.queries.trends.periods import Calendar

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

__all__ = ["Counts", "before", "count_trends", "intervals"]

# More misunderstood conversations than this share that nobody clustered, and a period is
# not known.
_UNCLUSTERED = 0.05


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of shape (series, periods), and of shape (periods,).

    Attributes
    ----------
    queries, conversations, users : numpy.ndarray of int64
        Queries of each cluster and period, conversations that hold one, people behind them.
    people : numpy.ndarray of int64
        All different people who asked, from the first period to this one.
    products : mapping of str to numpy.ndarray
        Sums over people that the variance of the rate needs.
    exposure, active : numpy.ndarray of int64, shape (periods,)
        All conversations of the period, and all people.
    missing, known : numpy.ndarray of bool, shape (periods,)
        Where some misunderstood queries were never clustered; where hardly any.
    """

    queries: Codes
    conversations: Codes
    users: Codes
    people: Codes
    products: dict[str, Floats]
    exposure: Codes
    active: Codes
    missing: Mask
    known: Mask


def count_trends(
    links: Links, calendar: Calendar, users: Codes, conversations: pd.DataFrame
) -> Counts:
    """Count queries, conversations and people by series and period."""
    shape = (links.series, len(calendar))
    places, clusters = links.pairs()
    asked = _Asked(places, clusters, calendar, users, shape)
    visits = _Visits(calendar, users)
    lost, asking = (
        visits.count(mask) for mask in (unclustered(links, conversations), _asking(links, users))
    )
    return Counts(
        queries=_table(links.clusters, calendar.of_rows[links.conversations], shape),
        conversations=_table(clusters, calendar.of_rows[places], shape),
        users=_table(asked.series, asked.period, shape),
        people=asked.people_so_far(),
        products=visits.products() | asked.products(visits),
        exposure=visits.count(calendar.dated),
        active=visits.active(),
        missing=lost > 0,
        known=lost <= _UNCLUSTERED * (lost + asking),
    )


def _asking(links: Links, users: Codes) -> Mask:
    mask = np.zeros(len(users), dtype=bool)
    mask[links.conversations] = True
    return mask


def _table(series: Codes, periods: Codes, shape: tuple[int, int]) -> Codes:
    """Count entries by series and period; those without a period are left out."""
    dated = periods >= 0
    where = series[dated] * shape[1] + periods[dated]
    return np.bincount(where, minlength=shape[0] * shape[1]).reshape(shape)


class _Visits:
    """The conversations of each person in each period."""

    def __init__(self, calendar: Calendar, users: Codes) -> None:
        self.size, self.periods = len(calendar), calendar.of_rows
        dated = calendar.dated
        self.keys, number = np.unique(
            users[dated] * self.size + self.periods[dated], return_counts=True
        )
        self.number = number.astype(np.float64)
        self.of_keys = self.keys % max(self.size, 1)

    def count(self, mask: Mask) -> Codes:
        """Count some conversations by period."""
        inside = self.periods[mask & (self.periods >= 0)]
        return np.bincount(inside, minlength=self.size).astype(np.int64)

    def active(self) -> Codes:
        """Count people by period."""
        return np.bincount(self.of_keys, minlength=self.size).astype(np.int64)

    def products(self) -> dict[str, Floats]:
        """Return the sums of powers of each person's conversations, by period."""
        return {
            "*".join("n" * power): np.bincount(
                self.of_keys, weights=self.number**power, minlength=self.size
            ).astype(np.float64)
            for power in (2, 3, 4)
        }

    def of(self, users: Codes, periods: Codes) -> Floats:
        """Return how many conversations some people had in some periods."""
        places = np.searchsorted(self.keys, users * self.size + periods)
        return np.asarray(self.number[places])


class _Asked:
    """The conversations of each person, series and period that hold such a query."""

    def __init__(
        self,
        places: Codes,
        clusters: Codes,
        calendar: Calendar,
        users: Codes,
        shape: tuple[int, int],
    ) -> None:
        self.shape = shape
        dated = calendar.dated[places]
        places, clusters = places[dated], clusters[dated]
        self._people = int(users.max(initial=-1)) + 1
        person = clusters * self._people + users[places]
        keys, number = np.unique(person * shape[1] + calendar.of_rows[places], return_counts=True)
        self.number = number.astype(np.float64)
        self.person, self.period = np.divmod(keys, max(shape[1], 1))
        self.series, self.user = np.divmod(self.person, max(self._people, 1))

    def people_so_far(self) -> Codes:
        """Count the different people of each series up to each period."""
        new = np.concatenate([[True], self.person[1:] != self.person[:-1]])[: len(self.person)]
        born = _table(self.series[new], self.period[new], self.shape)
        return born.cumsum(axis=1)

    def products(self, visits: _Visits) -> dict[str, Floats]:
        """Return the sums over people of the products with their own conversations."""
        all_of_them = visits.of(self.user, self.period) if len(self.user) else self.number
        where = self.series * self.shape[1] + self.period
        weights = {
            "n*successes": self.number * all_of_them,
            "successes*successes": self.number**2,
        }
        size = self.shape[0] * self.shape[1]
        return {
            name: np.bincount(where, weights=values, minlength=size)
            .reshape(self.shape)
            .astype(float)
            for name, values in weights.items()
        }


def intervals(counts: Counts, level: float) -> tuple[Floats, Floats, Floats]:
    """Return the share of conversations that hold such a query, and its interval.

    Conversations of one person resemble each other: see `chatdash_analysis.rates`.
    """
    shape = counts.conversations.shape
    columns = {
        "n": counts.exposure, "users": counts.active,
        "successes": counts.conversations, **counts.products,
    }  # fmt: skip
    table = pd.DataFrame(
        {name: np.broadcast_to(values, shape).ravel() for name, values in columns.items()}
    )
    effect, freedom = precision(table)
    n, some = (table[name].to_numpy(np.float64) for name in ("n", "successes"))
    low, high = wilson(some / effect, n / effect, level=level, freedom=freedom)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = some / n
    # Of nothing, rounding leaves a little.
    low = np.where(some == 0, np.minimum(low, 0), low)
    return rate.reshape(shape), low.reshape(shape), high.reshape(shape)


def before(values: Codes, usable: Mask, periods: int) -> Codes:
    """Sum values over the usable ones of so many periods before each period."""
    sums = np.cumsum(np.where(usable, values, 0), axis=-1)
    sums = np.concatenate([np.zeros((*sums.shape[:-1], 1), dtype=np.int64), sums], axis=-1)
    here = np.arange(values.shape[-1])
    return np.asarray(sums[..., here] - sums[..., np.maximum(here - periods, 0)])
