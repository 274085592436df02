"""Which devices, operating systems and browsers do well; and where they are known at all.

The three columns are empty for calls, WhatsApp and Instagram. A conversation without a
device differs from one with a device in everything else too, so it is never part of a
comparison: it is counted as excluded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.adjusted import warn_of_reversal, with_adjusted
from chatdash_analysis.arguments import check_level
from chatdash_analysis.counting import group_sums, labels_of
from chatdash_analysis.devices.families import DEVICE_COLUMNS
from chatdash_analysis.devices.labels import has_value, with_families
from chatdash_analysis.errors import InputError
from chatdash_analysis.mantel_haenszel import ADJUSTED_COLUMNS
from chatdash_analysis.rates import RATE_COLUMNS
from chatdash_analysis.segments import outcome_rates, with_flag, with_users
from chatdash_analysis.tables import opened, require_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["device_coverage", "device_crosstab", "device_summary"]

_COMPARED = ("rest_rate", "difference", "difference_low", "difference_high")
_SUMMARY = (
    *RATE_COLUMNS, *_COMPARED, "lift", "p_value", "q_value", *ADJUSTED_COLUMNS,
)  # fmt: skip
# What rates read besides the columns that are named.
_ALSO_READ = ("interacted", "no_answer", "agent_id")


def device_summary(
    conversations: Any,
    by: str | Sequence[str] = "device",
    *,
    outcome: str = "evaluation_is_success",
    users: str = "user_id",
    strata: str | Sequence[str] = (),
    min_n: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Compare devices, operating systems or browsers, also with other things held fixed.

    Mobile may do worse than desktop only because those who write in one language have
    mobiles. With `strata` each group is also compared with the others inside the same
    language (agent, month, ...), by Mantel and Haenszel.

    Parameters
    ----------
    conversations : pandas.DataFrame or frame of another engine
        Conversations; polars, DuckDB, Dask and PySpark frames as of `scan_cache`.
    by : str or sequence of str
        ``device``, ``os``, ``browser``, or several of them. Raw values are put together
        in families: "Mobile Safari 17" is Safari.
    outcome : str
        Column of flags.
    users : str
        Column that names people. If a DataFrame has no ``user_id``, `identify_users`
        adds it; frames of other engines need a column, ``lead_id`` for example.
    strata : str or sequence of str
        Columns to hold fixed. Conversations that lack one of them do not contribute
        to the adjusted difference.
    min_n : int
        Groups with fewer known outcomes show counts but no rate.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a family, sorted: the columns of `by`; ``n``, ``successes``, ``unknown``,
        ``excluded``, ``users``, ``rate``, ``low``, ``high``, ``flags`` as in `rates_by`;
        against all other families ``rest_rate``, ``difference``, ``difference_low``,
        ``difference_high``, ``lift`` (``rate / rest_rate``), ``p_value`` and ``q_value``;
        inside the strata ``adjusted_difference``, ``adjusted_difference_low``,
        ``adjusted_difference_high``, ``adjusted_p_value``, ``strata_n`` (strata with
        conversations on both sides) and ``adjusted_n`` (known outcomes in them).

        Without `strata` the adjusted columns are missing. Flags of their own are
        ``simpson`` (``difference`` and ``adjusted_difference`` have opposite signs, and
        the interval of at least one of them excludes 0) and ``no_overlap`` (no stratum
        has both sides). Conversations without a value are a last row without a label
        and without a rate, all of them ``excluded`` (flag ``no_value``).

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If `by` names another column, `strata` one of `by`, or the outcome is no flag.
    IncompleteError
        If the outcome asks who was reached, and only conversations with interaction
        were loaded.

    Warns
    -----
    UserWarning
        If a group has the flag ``simpson``.

    References
    ----------
    See `chatdash_analysis.mantel_haenszel`.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> devices = cda.device_summary(cda.load_sample(600), by="os")
    >>> devices["os"].tolist()
    ['Android', 'Linux', 'Mac OS', 'Windows', 'iOS', nan]
    """
    check_level(level)
    names = _device_columns(by, conversations)
    held = _strata(strata, names, outcome)
    columns = [*names, *held, outcome]
    frame = _needed(conversations, columns, users, "device_summary")
    frame, without = with_families(frame, names)
    table = outcome_rates(
        frame, names, outcome=outcome, users=users, min_n=min_n, level=level, rest=True,
        use="device_summary",
    )  # fmt: skip
    table = table.assign(lift=_ratio(table["rate"], table["rest_rate"]))
    table = with_adjusted(table, frame, names, held, outcome=outcome, users=users, level=level)
    warn_of_reversal(table, names, held)
    return _with_excluded(table[[*names, *_SUMMARY]], without)


def _device_columns(by: str | Sequence[str], frame: Any) -> list[str]:
    names = labels_of(by, frame, ())
    others = [name for name in names if name not in DEVICE_COLUMNS]
    if others or not names:
        raise InputError(
            f"by={by!r} is not about devices; it can be device, os, browser, or several of them."
            " Use strata= to hold another column fixed, device_crosstab to cross one with it, or"
            " rates_by for other groups."
        )
    return names


def _strata(strata: str | Sequence[str], by: Sequence[str], outcome: str) -> list[str]:
    names = [strata] if isinstance(strata, str) else list(strata)
    clash = [name for name in names if name in (*by, outcome)]
    if clash or len(set(names)) < len(names):
        raise InputError(
            f"strata={strata!r} must be columns other than {', '.join([*by, outcome])}, each named"
            " once."
        )
    return names


def _needed(frame: Any, columns: Sequence[str], users: str, use: str) -> Any:
    """Return the frame with people and a flag as outcome; of a DataFrame only what is read."""
    frame = opened(frame)
    require_columns(frame, columns, use)
    frame = with_users(with_flag(frame, columns[-1]), users, use=use)
    if not isinstance(frame, pd.DataFrame):
        return frame
    read = dict.fromkeys([*columns, users, *_ALSO_READ])
    return frame[[name for name in read if name in frame.columns]]


def _ratio(rate: pd.Series, rest_rate: pd.Series) -> pd.Series:
    return rate / rest_rate.where(rest_rate > 0)


def _with_excluded(table: pd.DataFrame, without: int) -> pd.DataFrame:
    """Add the conversations that have no value as a row that is compared with nothing."""
    if without == 0:
        return table
    row: dict[str, Any] = {name: 0 for name in table if table[name].dtype == "int64"}
    row |= {"excluded": without, "flags": "no_value"}
    last = pd.DataFrame([row]).reindex(columns=table.columns).astype(table.dtypes.to_dict())
    return pd.concat([table, last], ignore_index=True)


def device_crosstab(
    conversations: Any,
    *,
    rows: str = "os",
    columns: str = "browser",
    outcome: str = "evaluation_is_success",
    users: str = "user_id",
    min_n: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Count conversations and give the rate for each pair of two columns.

    Parameters
    ----------
    conversations : pandas.DataFrame or frame of another engine
        Conversations, as for `device_summary`.
    rows, columns : str
        Two columns, at least one of them ``device``, ``os`` or ``browser``, which are
        put together in families; of other columns a missing label is a label.
    outcome, users, min_n, level
        As for `device_summary`.

    Returns
    -------
    pandas.DataFrame
        One row a pair that occurs, sorted: `rows`, `columns`, ``conversations``, then
        ``n``, ``successes``, ``unknown``, ``excluded``, ``users``, ``rate``, ``low``,
        ``high``, ``flags`` as in `rates_by`. Conversations without a device are a last
        row without labels, all ``excluded`` (flag ``no_value``).

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If neither column is about devices, both are the same, or the outcome is no flag.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> pairs = cda.device_crosstab(cda.load_sample(600), rows="device", columns="os")
    >>> wide = pairs.dropna(subset="os").pivot(index="device", columns="os", values="conversations")
    >>> wide.columns.tolist()
    ['Android', 'Linux', 'Mac OS', 'Windows', 'iOS']
    """
    check_level(level)
    names = [rows, columns]
    if rows == columns or not set(names) & set(DEVICE_COLUMNS):
        raise InputError(
            f"rows={rows!r} and columns={columns!r} must be two columns, at least one of them"
            " device, os or browser. Use rates_by for others."
        )
    labels_of(names, opened(conversations), ("conversations", *RATE_COLUMNS))
    frame = _needed(conversations, [*names, outcome], users, "device_crosstab")
    frame, without = with_families(frame, names)
    table = outcome_rates(
        frame, names, outcome=outcome, users=users, min_n=min_n, level=level,
        use="device_crosstab",
    )  # fmt: skip
    table = _with_excluded(table, without)
    table.insert(2, "conversations", table[["n", "unknown", "excluded"]].sum(axis=1))
    return table


def device_coverage(conversations: Any, by: str | Sequence[str] = "channel") -> pd.DataFrame:
    """Count how many conversations of each channel say anything about the device.

    Parameters
    ----------
    conversations : pandas.DataFrame or frame of another engine
        Conversations.
    by : str or sequence of str
        Columns that make the groups.

    Returns
    -------
    pandas.DataFrame
        Three rows a group: the columns of `by`, ``column`` (``device``, ``os``,
        ``browser``), ``conversations``, ``with_value`` of them, and ``coverage``, the
        share of these.

    Raises
    ------
    MissingColumnsError
        If a column is not there.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> coverage = cda.device_coverage(cda.load_sample(600))
    >>> coverage.loc[coverage["coverage"] > 0, "channel"].unique().tolist()
    ['Webchat']
    """
    frame = opened(conversations)
    taken = ("column", "conversations", "with_value", "coverage", "rows", *DEVICE_COLUMNS)
    names = labels_of(by, frame, taken)
    require_columns(frame, [*names, *DEVICE_COLUMNS], "device_coverage")
    sums = group_sums(frame, names, {name: has_value(name) for name in DEVICE_COLUMNS})
    # Three rows a group, in the order of the groups.
    table = sums.loc[sums.index.repeat(len(DEVICE_COLUMNS)), [*names, "rows"]]
    table = table.rename(columns={"rows": "conversations"}).reset_index(drop=True)
    with_value = sums[list(DEVICE_COLUMNS)].to_numpy(np.int64).ravel()
    share = with_value / table["conversations"].to_numpy(np.float64)
    table.insert(len(names), "column", pd.Series(list(DEVICE_COLUMNS) * len(sums), dtype="str"))
    return table.assign(with_value=with_value, coverage=share)
