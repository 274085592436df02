"""What an estimate of impact needs of each conversation, as arrays of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.codes import group_codes, joint_codes, user_codes
from chatdash_analysis.counts import exact_sums
from chatdash_analysis.periods import period_codes
from chatdash_analysis.queries.links import misunderstood
from chatdash_analysis.segments import (
    REACH_OUTCOMES,
    outcome_values,
    require_reach,
    with_flags,
    with_users,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    import pandas as pd
    from numpy.typing import NDArray

    from chatdash_analysis.queries.links import Links

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

__all__ = ["FACTS", "Members", "Rows", "members_of", "rows_of"]

FACTS = ("n", "successes", "unknown", "excluded")


@dataclass(frozen=True, slots=True)
class Rows:
    """All conversations, one a row.

    Attributes
    ----------
    users : numpy.ndarray of int64
        Its person.
    strata : numpy.ndarray of int64
        Its stratum, month included; -1 without ``created_at``.
    facts : numpy.ndarray of int64, shape (rows, 4)
        Its 0 or 1 for each of `FACTS`.
    clean : numpy.ndarray of bool
        Whether nothing in it was misunderstood.
    """

    users: Codes
    strata: Codes
    facts: Codes
    clean: Mask

    @property
    def known(self) -> Mask:
        """Tell which outcomes are known."""
        return self.facts[:, 0] > 0

    @property
    def good(self) -> Codes:
        """Tell which conversations succeeded."""
        return self.facts[:, 1]


def rows_of(
    conversations: pd.DataFrame,
    links: Links,
    *,
    outcome: str,
    users: str,
    strata: Sequence[str],
    tz: str | tzinfo,
) -> Rows:
    """Return the conversations as numbers; each month of the local clock has own strata."""
    if outcome in REACH_OUTCOMES:
        require_reach(conversations, "cluster_impact")
    frame = with_users(with_flags(conversations, outcome), users, use="cluster_impact")
    clean = misunderstood(conversations) == 0
    clean[links.conversations] = False
    return Rows(user_codes(frame[users]), _strata(frame, strata, tz), _facts(frame, outcome), clean)


def _facts(frame: pd.DataFrame, outcome: str) -> Codes:
    import narwhals as nw

    asked = nw.from_native(frame, eager_only=True).select(**outcome_values(frame, outcome))
    return np.stack([asked[name].to_numpy().astype(np.int64) for name in FACTS], axis=1)


def _strata(frame: pd.DataFrame, strata: Sequence[str], tz: str | tzinfo) -> Codes:
    dated = frame["created_at"].notna().to_numpy(dtype=bool)
    months = period_codes(frame.loc[dated, "created_at"], "M", tz)
    codes, _ = group_codes(frame.loc[dated], strata)
    found = np.full(len(frame), -1, dtype=np.int64)
    found[dated] = joint_codes(codes, months)
    return found


@dataclass(frozen=True, slots=True)
class Members:
    """One entry a conversation and series: the clusters, "unassigned", and all of them.

    Attributes
    ----------
    rows, series : numpy.ndarray of int64
        The conversation, and the series in which it counts.
    parts : numpy.ndarray of int64
        In how many series the conversation is; 1 in the total.
    size : int
        How many series there are; the last one is the total.
    """

    rows: Codes
    series: Codes
    parts: Codes
    size: int

    @property
    def weights(self) -> Floats:
        """How much the conversation counts, so that all series add up to the total."""
        return 1.0 / self.parts

    def sums(self, values: Floats) -> Floats:
        """Add up one value an entry by series."""
        return exact_sums(self.series, np.asarray(values, dtype=np.float64), self.size)

    def people(self, rows: Rows, mask: Mask | None = None) -> Codes:
        """Count the people behind some of the entries by series."""
        chosen = slice(None) if mask is None else mask
        width = int(rows.users.max(initial=-1)) + 1
        pairs = np.unique(self.series[chosen] * width + rows.users[self.rows[chosen]])
        return np.bincount(pairs // max(width, 1), minlength=self.size).astype(np.int64)


def members_of(links: Links) -> Members:
    """Return in which series each conversation with a misunderstood query is."""
    rows, series = links.pairs()
    everyone, place, number = np.unique(rows, return_inverse=True, return_counts=True)
    total = np.full(len(everyone), links.series, dtype=np.int64)
    return Members(
        np.concatenate([rows, everyone]),
        np.concatenate([series, total]),
        np.concatenate([number[place], np.ones_like(everyone)]).astype(np.int64),
        links.series + 1,
    )
