"""What is told of each group of conversations: delays, thresholds and warnings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.errors import InputError
from chatdash_analysis.settling.delays import delays_of, looks_of
from chatdash_analysis.settling.grid import DAY, EDGES, days_of
from chatdash_analysis.settling.sights import FROM_CACHE, read_sights

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from chatdash_analysis.settling.delays import Delays, Looks, Since

    Floats = NDArray[np.float64]

__all__ = ["TOLERANCE", "Group", "Groups", "check_share", "groups_of", "whole_days"]

# Of the verdicts that will come, the share that a refresh may miss.
TOLERANCE = 0.01
_FEW = 30
_RESULTS = (
    "delay_days", "settled", "low", "high", "n", "flags", "trailing_days", "settled_after_days",
    "provisional_since", "longest_days", "resolution_days", "never", "never_n", "judged",
    "unjudged",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """The delays of one group, and the share of verdicts that have come at each edge."""

    delays: Delays
    shares: Floats

    @property
    def looks(self) -> Looks:
        """All conversations of the group."""
        return self.delays.looks

    @property
    def longest_days(self) -> float:
        """The longest delay that could be seen."""
        return float(days_of(np.array([self.delays.size]))[0]) if self.delays.number else np.nan

    def flags(self) -> str:
        """Say what must be known to read the figures."""
        if not self.delays.number:
            return "no_verdicts" if not self.looks.judged.any() else "not_followed"
        trailing = whole_days(self.shares, 1 - TOLERANCE)
        found = {
            "few_verdicts": self.delays.number < _FEW,
            "upper_bound": self.delays.source == "updated_at",
            "coarse": self.delays.resolution() > max(trailing, 1.0),
            "cut_short": trailing > self.longest_days / 2,
        }
        return ", ".join(name for name, holds in found.items() if holds)


@dataclass(frozen=True, slots=True)
class Groups:
    """All groups: their labels, when something was looked at last, and rows without a time."""

    labels: pd.DataFrame
    looks: Looks
    latest: pd.Timestamp
    undated: int

    def __iter__(self) -> Iterator[Group]:
        """Work the groups out one by one, in the order of the labels."""
        rows = np.argsort(self.looks.group, kind="stable")
        ends = np.searchsorted(self.looks.group[rows], np.arange(len(self.labels) + 1))
        for start, end in pairwise(ends):
            delays = delays_of(self.looks.take(rows[start:end]))
            none = np.zeros(1)
            yield Group(delays, delays.shares() if delays.number else none)


def groups_of(
    snapshots: pd.DataFrame | Mapping[Any, pd.DataFrame],
    by: str | Sequence[str] | None,
    *,
    outcome: str,
    since: Since,
    users: str,
    use: str,
) -> Groups:
    """Read what was seen and part it into groups.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If an argument cannot be used.
    """
    names = _names(by)
    sights = read_sights(snapshots, names, outcome=outcome, users=users, use=use)
    looks, labels, undated = looks_of(sights, names, since=since, users=users)
    return Groups(labels, looks, sights["last_seen_at"].max(), undated)


def _names(by: str | Sequence[str] | None) -> list[str]:
    names: list[Any] = list(by or ()) if isinstance(by, Iterable | None) else [by]
    names = [by] if isinstance(by, str) else names
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise InputError(f"by={by!r}: name each column that makes groups once.")
    if set(names) & {*FROM_CACHE, *_RESULTS}:
        raise InputError(f"by={by!r}: times and columns of the result make no groups.")
    return names


def whole_days(shares: Floats, share: float) -> float:
    """Return the smallest whole number of days after which a share of the verdicts has come."""
    # One that is reached exactly must not be missed by a rounding error.
    place = int(np.argmax(shares >= share - 1e-9))
    return float(-(-int(EDGES[place]) // DAY))


def check_share(value: float, name: str) -> float:
    """Return a share; raise `InputError` unless it lies between 0 and 1."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise InputError(f"{name}={value!r} is no share. Give 0.95, for example.")
    if not 0 < value < 1:
        raise InputError(f"{name}={value!r} does not lie between 0 and 1. Give a share.")
    return float(value)
