"""Each group beside all others with something else held fixed, on frames of any engine."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.codes import group_codes, user_codes
from chatdash_analysis.counting import group_sums
from chatdash_analysis.mantel_haenszel import ADJUSTED_COLUMNS, mantel_haenszel
from chatdash_analysis.rates import add_flag

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["adjusted_differences", "warn_of_reversal", "with_adjusted"]

_USER = "_user"
_COUNTS = ["n", "successes"]
_SIZES = list(ADJUSTED_COLUMNS[-2:])
_VALUES = list(ADJUSTED_COLUMNS[:-2])


def adjusted_differences(
    frame: Any,
    by: Sequence[str],
    strata: Sequence[str],
    *,
    outcome: str,
    users: str,
    level: float = 0.95,
) -> pd.DataFrame:
    """Compare the rate of each group with that of all others inside the same strata.

    Parameters
    ----------
    frame : pandas.DataFrame or frame of another engine
        Conversations, with a flag as `outcome`.
    by, strata : sequence of str
        Columns that make the groups, and columns to hold fixed. A conversation in
        which one of `strata` is missing does not contribute.
    outcome, users : str
        Column of flags, and column that names people.
    level : float
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        One row a group with a known outcome: the columns of `by`, then those of
        `mantel_haenszel`.

    Examples
    --------
    >>> import pandas as pd
    >>> from chatdash_analysis.adjusted import adjusted_differences
    >>> frame = pd.DataFrame({
    ...     "os": ["iOS", "Android"] * 4, "language": ["de"] * 4 + ["es"] * 4,
    ...     "good": [True, True, True, False, True, False, False, False], "who": range(8),
    ... })
    >>> found = adjusted_differences(frame, ["os"], ["language"], outcome="good", users="who")
    >>> found[["os", "adjusted_difference", "strata_n"]].values.tolist()
    [['Android', -0.5, 2], ['iOS', 0.5, 2]]
    """
    rows = _known_rows(frame, [*by, *strata], outcome, users)
    groups, labels = group_codes(rows, by)
    stratum, _ = group_codes(rows, strata)
    people = user_codes(rows[_USER])
    usable = rows[list(strata)].notna().all(axis=1).to_numpy(bool)
    n, successes = (rows[name].to_numpy(np.int64)[usable] for name in _COUNTS)
    found = mantel_haenszel(
        stratum[usable], groups[usable], users=people[usable], n=n, successes=successes,
        size=len(labels), level=level,
    )  # fmt: skip
    return labels.join(found)


def _known_rows(frame: Any, columns: list[str], outcome: str, users: str) -> pd.DataFrame:
    """Return `columns`, the person, ``n`` and ``successes`` of what has a known outcome."""
    if isinstance(frame, pd.DataFrame):
        known = frame.loc[frame[outcome].notna(), list(dict.fromkeys([*columns, outcome, users]))]
        good = known[outcome].astype("int64")
        return known[columns].assign(**{_USER: known[users]}, n=1, successes=good)
    import narwhals as nw

    values = {"n": ~nw.col(outcome).is_null(), "successes": nw.col(outcome)}
    # A person is in few strata and groups, so this is far smaller than the frame.
    table = group_sums(frame, list(dict.fromkeys([*columns, users])), values)
    table = table[table["n"] > 0]
    return _one_by_one(table[columns].assign(**{_USER: table[users]}, **table[_COUNTS]))


def _one_by_one(table: pd.DataFrame) -> pd.DataFrame:
    """Give each conversation without a person a row of its own, as a person of its own."""
    nobody = table[_USER].isna()
    times = table.loc[nobody, "n"].to_numpy(np.int64)
    alone = table[nobody].loc[lambda rows: rows.index.repeat(times)]
    number = np.arange(len(alone)) - np.repeat(np.cumsum(times) - times, times)
    good = (number < alone["successes"].to_numpy(np.int64)).astype(np.int64)
    return pd.concat([table[~nobody], alone.assign(n=1, successes=good)], ignore_index=True)


def with_adjusted(
    table: pd.DataFrame,
    frame: Any,
    by: Sequence[str],
    strata: Sequence[str],
    *,
    outcome: str,
    users: str,
    level: float = 0.95,
) -> pd.DataFrame:
    """Add adjusted differences to the groups of a table that show one against the rest.

    Parameters
    ----------
    table : pandas.DataFrame
        Result of `outcome_rates` with ``rest=True`` on the same frame.
    frame, by, strata, outcome, users, level
        As for `adjusted_differences`; without `strata` what is added is missing.

    Returns
    -------
    pandas.DataFrame
        The table with the columns of `mantel_haenszel`. Flags are ``no_overlap`` (no
        stratum has both sides), and ``simpson``: the two differences have opposite
        signs, and the interval of at least one of them excludes 0. Groups that do not
        differ have opposite signs half of the time.
    """
    if not strata:
        return table.assign(**dict.fromkeys(_VALUES, np.nan), **dict.fromkeys(_SIZES, 0))
    found = adjusted_differences(frame, by, strata, outcome=outcome, users=users, level=level)
    table = table.merge(found, on=list(by), how="left")
    compared = table["difference"].notna()
    table[_SIZES] = table[_SIZES].fillna(0).astype("int64")
    table[_VALUES] = table[_VALUES].where(compared)
    flags = add_flag(table["flags"], compared & (table["strata_n"] == 0), "no_overlap")
    opposite = table["difference"] * table["adjusted_difference"] < 0
    clear = _excludes_zero(table, "difference") | _excludes_zero(table, "adjusted_difference")
    return table.assign(flags=add_flag(flags, opposite & clear, "simpson"))


def _excludes_zero(table: pd.DataFrame, difference: str) -> pd.Series:
    return (table[f"{difference}_low"] > 0) | (table[f"{difference}_high"] < 0)


def warn_of_reversal(table: pd.DataFrame, by: Sequence[str], strata: Sequence[str]) -> None:
    """Warn the caller's caller of the groups with the flag ``simpson``, by name."""
    found = table[table["flags"].str.contains("simpson")]
    if found.empty:
        return
    labels = found[list(by)].astype("str").agg(" / ".join, axis=1)
    differences = zip(labels, found["difference"], found["adjusted_difference"], strict=True)
    groups = "; ".join(f"{a} {100 * b:+.1f} and {100 * c:+.1f} points" for a, b, c in differences)
    warnings.warn(
        f"Against the rest, overall and inside the strata of {', '.join(strata)}: {groups}. The"
        " signs are opposite, so something else that the groups differ in makes the difference"
        " overall. Compare by adjusted_difference.",
        stacklevel=3,
    )
