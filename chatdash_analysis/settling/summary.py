"""How long to wait for verdicts, and what is provisional until then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.settling.grid import DAY
from chatdash_analysis.settling.groups import TOLERANCE, check_share, groups_of, whole_days
from chatdash_analysis.settling.sights import VERDICT
from chatdash_analysis.spans import read_moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from chatdash_analysis.settling.delays import Since
    from chatdash_analysis.settling.groups import Group
    from chatdash_analysis.spans import Moment

__all__ = ["settling_summary"]

_DTYPES = {
    "trailing_days": "float64",
    "settled_after_days": "float64",
    "provisional_since": "datetime64[us, UTC]",
    "longest_days": "float64",
    "resolution_days": "float64",
    "never": "float64",
    "never_n": "int64",
    "n": "int64",
    "judged": "int64",
    "unjudged": "int64",
    "flags": "str",
}


def settling_summary(
    snapshots: pd.DataFrame | Mapping[Any, pd.DataFrame],
    *,
    by: str | Sequence[str] | None = "agent_id",
    outcome: str = VERDICT,
    since: Since = "ended_at",
    target: float = 0.95,
    tolerance: float = TOLERANCE,
    as_of: Moment | None = None,
) -> pd.DataFrame:
    """Tell how many days to wait for verdicts, and since when conversations are provisional.

    Parameters
    ----------
    snapshots : pandas.DataFrame or mapping
        As in `settling_curve`.
    by : str, sequence of str or None
        Columns that make the groups; None for all conversations together.
    outcome : str
        Column of which the first value is waited for.
    since : {"ended_at", "created_at"}
        From when delays count; from the creation where no end is known.
    target : float
        Share of the verdicts that must have come for a conversation to count as settled.
    tolerance : float
        Share of the verdicts that a refresh may miss.
    as_of : str, date or datetime, optional
        The moment that ``provisional_since`` counts back from (UTC where no zone is
        given); by default the last look.

    Returns
    -------
    pandas.DataFrame
        One row a group, sorted: the columns of `by`; ``trailing_days`` (smallest whole
        number of days after which at most `tolerance` of the verdicts are still to
        come: what a refresh must read again), ``settled_after_days`` (likewise for
        `target`), ``provisional_since`` (conversations since then are provisional),
        ``longest_days`` (longest delay that could be seen), ``resolution_days`` (median
        time between the looks that a verdict came between; missing with
        ``upper_bound``), ``never`` (of the conversations that were still looked at after
        ``trailing_days``, the share that had no verdict) of ``never_n``, ``n`` (verdicts
        that tell something), ``judged`` and ``unjudged`` (all conversations with and
        without a verdict), ``flags`` as in `settling_curve`, and ``no_verdicts`` or
        ``not_followed`` (no verdict tells when it came) where nothing can be said.
        ``attrs["settling"]`` holds the arguments and ``undated`` (rows without a time).

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If an argument cannot be used, or nobody knows when a table was loaded.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> summary = cda.settling_summary(cda.load_sample(600), by=None)
    >>> summary["flags"].tolist()
    ['upper_bound']
    """
    target, tolerance = check_share(target, "target"), check_share(tolerance, "tolerance")
    groups = groups_of(
        snapshots, by, outcome=outcome, since=since, users="user_id", use="settling_summary"
    )
    moment = groups.latest if as_of is None else read_moment(as_of, "as_of", "UTC")
    rows = [_row(group, target, tolerance) for group in groups]
    figures = pd.DataFrame(rows, columns=[n for n in _DTYPES if n != "provisional_since"])
    days = pd.to_timedelta(figures["settled_after_days"].astype("float64"), unit="D")
    figures["provisional_since"] = (
        pd.Series(moment, index=figures.index, dtype=_DTYPES["provisional_since"]) - days
    )
    figures = figures[list(_DTYPES)].astype(_DTYPES)
    table = pd.concat([groups.labels.reset_index(drop=True), figures], axis="columns")
    table.attrs["settling"] = {
        "outcome": outcome,
        "since": since,
        "target": target,
        "tolerance": tolerance,
        "as_of": None if pd.isna(moment) else moment.isoformat(),
        "undated": groups.undated,
    }
    return table


def _row(group: Group, target: float, tolerance: float) -> dict[str, Any]:
    judged = group.looks.judged
    known = bool(group.delays.number)
    trailing = whole_days(group.shares, 1 - tolerance) if known else np.nan
    awaited = group.looks.limit >= (trailing * DAY if known else np.inf)
    return {
        "trailing_days": trailing,
        "settled_after_days": whole_days(group.shares, target) if known else np.nan,
        "longest_days": group.longest_days,
        "resolution_days": group.delays.resolution(),
        "never": float((~judged[awaited]).mean()) if awaited.any() else np.nan,
        "never_n": int(awaited.sum()),
        "n": group.delays.number,
        "judged": int(judged.sum()),
        "unjudged": int((~judged).sum()),
        "flags": group.flags(),
    }
