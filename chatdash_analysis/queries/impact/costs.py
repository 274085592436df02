"""What the conversations of each series cost, where their costs can be added up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.codes import group_codes
from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.queries.impact.rows import Members

__all__ = ["costs_of"]


def costs_of(conversations: pd.DataFrame, members: Members) -> pd.DataFrame:
    """Add up costs by series; a conversation in several series counts by its share.

    Platforms count in cents, dollars or credits, so that costs of several of them, or of
    unknown ones, are not added up.

    Returns
    -------
    pandas.DataFrame
        One row a series: ``cost``, ``cost_platform`` (in whose unit; both missing if there
        is no cost or they are not added up) and ``mixed``.
    """
    if "cost" not in conversations or "platform" not in conversations:
        return _table(np.full(members.size, np.nan), [None] * members.size, np.zeros(members.size))
    costs = _numbers(conversations["cost"])[members.rows]
    priced = np.isfinite(costs)
    platforms, labels = group_codes(conversations, ["platform"])
    named = labels["platform"].notna().to_numpy(dtype=bool)
    pairs = np.unique(np.stack([members.series, platforms[members.rows]])[:, priced], axis=1)
    several = np.bincount(pairs[0], minlength=members.size)
    only = np.zeros(members.size, dtype=np.int64)
    only[pairs[0]] = pairs[1]
    single = (several == 1) & (named[only] if len(named) else False)
    total = members.sums(np.where(priced, costs * members.weights, 0.0))
    names = [
        labels["platform"].iloc[k] if own else None for k, own in zip(only, single, strict=True)
    ]
    return _table(np.where(single, total, np.nan), names, (several > 0) & ~single)


def _table(
    cost: NDArray[np.float64], platform: list[str | None], mixed: NDArray[np.generic]
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cost": cost,
            "cost_platform": pd.Series(platform, dtype="str"),
            "mixed": mixed.astype(bool),
        }
    )


def _numbers(column: pd.Series) -> NDArray[np.float64]:
    if not pd.api.types.is_numeric_dtype(column) and column.notna().any():
        raise InputError(f"cost is {column.dtype}, not a number. Turn it into numbers first.")
    return np.asarray(pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan))
