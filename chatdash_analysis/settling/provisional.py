"""Which recent periods of a table are provisional, because verdicts are still to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.codes import group_codes
from chatdash_analysis.counts import exact_sums
from chatdash_analysis.errors import InputError
from chatdash_analysis.periods import period_codes, period_starts
from chatdash_analysis.rates import add_flag
from chatdash_analysis.settling.grid import DAY
from chatdash_analysis.settling.groups import check_share
from chatdash_analysis.settling.sights import VERDICT, as_instants, moment_of
from chatdash_analysis.spans import read_moment
from chatdash_analysis.tables import AS_RETURNED, require_columns, require_dataframe

if TYPE_CHECKING:
    from datetime import tzinfo

    from numpy.typing import NDArray

    from chatdash_analysis.periods import Freq
    from chatdash_analysis.spans import Moment

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["provisional_periods"]

_NEEDED = ("delay_days", "settled", "n", "flags")
_DTYPES = {
    "period": "datetime64[us]",
    "conversations": "int64",
    "n": "int64",
    "unknown": "int64",
    "settled": "float64",
    "provisional": "boolean",
    "flags": "str",
}


def provisional_periods(
    conversations: pd.DataFrame,
    curve: pd.DataFrame,
    *,
    outcome: str = VERDICT,
    target: float = 0.95,
    freq: Freq = "W",
    tz: str | tzinfo = "UTC",
    as_of: Moment | None = None,
) -> pd.DataFrame:
    """Mark the periods of a table whose rates may still change, because verdicts are missing.

    A missing verdict of a young conversation is no failure: if a fifth of the rows is too
    young to be evaluated, missing-as-failure shows .56 where the truth is .70.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations, of which the newest may not be evaluated yet.
    curve : pandas.DataFrame
        What `settling_curve` returned. Where it has groups, the conversations need the
        same columns.
    outcome : str
        Column that is missing until there is a verdict.
    target : float
        Share of its verdicts that must be expected for each conversation of a period.
    freq : {"D", "W", "M"}
        Length of the periods: days, weeks from Monday, months.
    tz : str or tzinfo
        Time zone of the periods.
    as_of : str, date or datetime, optional
        When the table was loaded; by default what it says itself, or the latest instant
        in it.

    Returns
    -------
    pandas.DataFrame
        One row a group and period, sorted: the columns of groups of the curve;
        ``period`` (its first local day), ``conversations``, ``n`` and ``unknown`` (of them,
        with and without a verdict); ``settled`` (share of those
        verdicts that will ever come which is expected to be there, averaged over the
        conversations); ``provisional`` (for some conversation it is below `target`;
        missing where the curve says nothing of the group); ``flags``: ``no_curve``
        (likewise). ``attrs["settling"]`` holds ``target``, ``as_of`` and ``undated`` (rows left
        out, without ``created_at``).

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If an argument cannot be used.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> conversations = cda.load_sample(600)
    >>> curve = cda.settling_curve(conversations, by=None)
    >>> weeks = cda.provisional_periods(conversations, curve, as_of="2026-07-01")
    >>> weeks["provisional"].tail(3).tolist()
    [False, True, True]
    """
    check_share(target, "target")
    names = _groups_of(curve)
    require_dataframe(conversations, "provisional_periods")
    require_columns(conversations, [*names, "created_at", outcome], "provisional_periods")
    frame = conversations[conversations["created_at"].notna()].reset_index(drop=True)
    moment = _moment(conversations, as_of)
    expected = _expected(frame, curve, names, moment)
    created = as_instants(frame["created_at"])
    marks = frame[names].assign(**{_PERIOD: period_codes(created, freq, tz)})
    codes, labels = group_codes(marks, [*names, _PERIOD])
    counts = _counted(codes, len(labels), frame[outcome].notna().to_numpy(), expected, target)
    counts["period"] = period_starts(labels.pop(_PERIOD).to_numpy(), freq)
    table = pd.concat([labels, counts[list(_DTYPES)].astype(_DTYPES)], axis="columns")
    table.attrs["settling"] = {
        "target": target,
        "as_of": None if moment is None else moment.isoformat(),
        "undated": len(conversations) - len(frame),
    }
    return table


# No column of the groups may bear this name.
_PERIOD = "delay_days"


def _groups_of(curve: pd.DataFrame) -> list[str]:
    require_dataframe(curve, "provisional_periods")
    require_columns(curve, _NEEDED, "provisional_periods", advice=AS_RETURNED)
    names = [str(name) for name in curve.columns]
    groups = names[: names.index("delay_days")]
    clash = sorted({*groups} & {*_DTYPES})
    if clash:
        raise InputError(
            f"The groups are named {', '.join(clash)}, as columns of the result are. Rename the"
            " columns of the conversations before the curve is made."
        )
    return groups


def _moment(conversations: pd.DataFrame, as_of: Moment | None) -> pd.Timestamp | None:
    if as_of is not None:
        return read_moment(as_of, "as_of", "UTC")
    if not len(conversations):
        return None
    moment: pd.Timestamp = moment_of(conversations, "provisional_periods").iloc[0]
    return moment


def _expected(
    frame: pd.DataFrame, curve: pd.DataFrame, names: list[str], moment: pd.Timestamp | None
) -> Floats:
    """Return for each conversation the share of verdicts that have come at its age."""
    expected = np.full(len(frame), np.nan)
    if moment is None or not len(curve):
        return expected
    origin = as_instants(frame["created_at"])
    if "ended_at" in frame.columns and curve.attrs.get("settling", {}).get("since") != "created_at":
        origin = as_instants(frame["ended_at"]).fillna(origin)
    ages = (moment - origin).dt.total_seconds().to_numpy() * 1e6 / DAY
    # Both tables together, so that equal labels have equal numbers.
    both = pd.concat([frame[names].astype("object"), curve[names].astype("object")])
    codes, _ = group_codes(both.reset_index(drop=True).convert_dtypes(), names)
    mine, theirs = codes[: len(frame)], codes[len(frame) :]
    for group in np.unique(theirs):
        points = curve[theirs == group].sort_values("delay_days", kind="stable")
        rows = np.flatnonzero(mine == group)
        place = np.searchsorted(points["delay_days"].to_numpy(), ages[rows], side="right")
        expected[rows] = np.append(0.0, points["settled"].to_numpy())[place]
    return expected


def _counted(
    codes: Codes, size: int, judged: NDArray[np.bool_], expected: Floats, target: float
) -> pd.DataFrame:
    number = np.bincount(codes, minlength=size)
    with_verdict = np.bincount(codes[judged], minlength=size)
    silent = np.bincount(codes[np.isnan(expected)], minlength=size) > 0
    # A hair below, so that a share that was rounded is not taken for less.
    early = np.bincount(codes[expected < target - 1e-9], minlength=size) > 0
    sums = exact_sums(codes, np.nan_to_num(expected), size)
    flags = pd.Series("", index=pd.RangeIndex(size), dtype="str")
    return pd.DataFrame(
        {
            "conversations": number,
            "n": with_verdict,
            "unknown": number - with_verdict,
            "settled": np.where(silent, np.nan, sums / np.maximum(number, 1)),
            "provisional": pd.array(early, dtype="boolean"),
            "flags": add_flag(flags, silent, "no_curve"),
        }
    ).assign(provisional=lambda table: table["provisional"].mask(silent))
