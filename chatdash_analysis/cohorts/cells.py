"""The cells of a retention table, from the small tables of `cohort_counts`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.codes import group_codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

__all__ = ["cohort_cells", "pooled_cells", "with_nobody"]


def cohort_cells(
    users: pd.DataFrame,
    active: pd.DataFrame,
    by: Sequence[str],
    *,
    unbounded: bool,
    brackets: int | None,
) -> pd.DataFrame:
    """Return for each cohort and period who was at risk and who of them came back.

    Parameters
    ----------
    users, active : pandas.DataFrame
        As `cohorts.counts.cohort_counts` returns them.
    by : sequence of str
        Columns that split the cohorts.
    unbounded : bool
        Whether a contact in a later period counts too.
    brackets : int, optional
        How many custom brackets there are; there is no period after the last.

    Returns
    -------
    pandas.DataFrame
        `by` columns, ``cohort``, ``period``, ``n`` (people who have the whole period behind
        them), ``successes`` of them, ``unknown`` (the rest of the cohort). One row for each
        period that has begun before `as_of` for somebody of the cohort.
    """
    codes, keys = group_codes(
        pd.concat([users[[*by, "cohort"]], active[[*by, "cohort"]]]), [*by, "cohort"]
    )
    keys = keys.iloc[: int(codes.max(initial=-1)) + 1]
    of_users, of_active = np.split(codes, [len(users)])
    exposure, opened, number = (
        users[name].to_numpy(np.int64) for name in ("exposure", "open", "users")
    )
    begun = np.maximum(_largest(of_users, exposure + opened, len(keys)), 1)
    if brackets is not None:
        begun = np.minimum(begun, brackets)
    cells = _Cells(begun)
    watched = exposure > 0
    ends = exposure[watched] - 1
    n = cells.from_here_on(of_users[watched], ends, number[watched])
    if unbounded:
        ends = np.minimum(users["last"].to_numpy(np.int64)[watched], ends)
        successes = cells.from_here_on(of_users[watched], ends, number[watched])
    else:
        there = active["period"].to_numpy(np.int64), active["users"].to_numpy(np.int64)
        successes = cells.totals(of_active, *there)
    size = np.zeros(len(keys), dtype=np.int64)
    np.add.at(size, of_users, number)
    table = keys.take(cells.cohort).reset_index(drop=True)
    return table.assign(
        period=cells.period, n=n, successes=successes, unknown=size[cells.cohort] - n
    )


def pooled_cells(cells: pd.DataFrame, by: Sequence[str], kept: NDArray[np.bool_]) -> pd.DataFrame:
    """Return for each period all people at risk together, and who of them came back.

    Parameters
    ----------
    cells : pandas.DataFrame
        As `cohort_cells` returns them.
    by : sequence of str
        Columns that split the cohorts.
    kept : numpy.ndarray of bool
        Which cells belong to cohorts that count; people of the others are ``excluded``.

    Returns
    -------
    pandas.DataFrame
        `by` columns, ``period``, ``n``, ``successes``, ``unknown``, ``excluded``. At least
        period 0 of each group.
    """
    codes, keys = group_codes(cells, by)
    keys = keys.iloc[: int(codes.max(initial=-1)) + 1]
    period = cells["period"].to_numpy(np.int64)
    begun = _largest(codes, np.where(kept, period, 0), len(keys)) + 1
    pooled = _Cells(begun)
    at = codes[kept], period[kept]
    n, successes = (
        pooled.totals(*at, cells[name].to_numpy(np.int64)[kept]) for name in ("n", "successes")
    )
    # Each cohort has a period 0, and everybody is in it.
    size = np.where(period == 0, cells["n"] + cells["unknown"], 0)
    included, excluded = np.zeros((2, len(keys)), dtype=np.int64)
    np.add.at(included, codes[kept], size[kept])
    np.add.at(excluded, codes[~kept], size[~kept])
    table = keys.take(pooled.cohort).reset_index(drop=True)
    return table.assign(
        period=pooled.period,
        n=n,
        successes=successes,
        unknown=included[pooled.cohort] - n,
        excluded=excluded[pooled.cohort],
    )


def with_nobody(pooled: pd.DataFrame, nobody: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Add conversations without a person to the excluded of their group.

    A group without any known person gets a row too.
    """
    codes, _ = group_codes(pd.concat([pooled[by], nobody[by]], ignore_index=True), by)
    known, alone = np.split(codes, [len(pooled)])
    number = np.zeros(int(codes.max(initial=-1)) + 1, dtype=np.int64)
    np.add.at(number, alone, nobody["nobody"].to_numpy(np.int64))
    pooled = pooled.assign(excluded=pooled["excluded"] + number[known])
    lost = nobody.loc[~np.isin(alone, known) & (number[alone] > 0)]
    counts = {"period": 0, "n": 0, "successes": 0, "unknown": 0, "excluded": lost["nobody"]}
    return pd.concat([pooled, lost[by].assign(**counts)], ignore_index=True)


def _largest(codes: Codes, values: Codes, size: int) -> Codes:
    found = np.zeros(size, dtype=np.int64)
    np.maximum.at(found, codes, values)
    return found


class _Cells:
    """Rows of cells of different lengths, one row a cohort, in one array.

    Parameters
    ----------
    lengths : numpy.ndarray of int64
        How many periods each cohort has.
    """

    def __init__(self, lengths: Codes) -> None:
        self.start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        self.cohort = np.repeat(np.arange(len(lengths)), lengths)
        self.period = np.arange(self.start[-1]) - self.start[self.cohort]

    def totals(self, cohort: Codes, period: Codes, values: Codes) -> Codes:
        """Sum values by cohort and period."""
        found = np.zeros(self.start[-1], dtype=np.int64)
        np.add.at(found, self.start[cohort] + period, values)
        return found

    def from_here_on(self, cohort: Codes, period: Codes, values: Codes) -> Codes:
        """Sum the values of a period and of all later ones of the cohort."""
        totals = self.totals(cohort, period, values)
        left: Codes = np.append(np.cumsum(totals[::-1])[::-1], 0)
        return totals if not len(totals) else left[:-1] - left[self.start[self.cohort + 1]]
