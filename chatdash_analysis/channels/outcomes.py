"""How far conversations got, and which stage moved the result.

Platforms judge success by different rules, so each table keeps them apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.arguments import check_level
from chatdash_analysis.channels.by_platform import people_table, platform_groups
from chatdash_analysis.channels.stage_rates import NOT_RECORDED, Cells, log_change, stage_rates
from chatdash_analysis.channels.stages import STAGES, stages_of
from chatdash_analysis.codes import group_codes, user_codes
from chatdash_analysis.endings.families import endings
from chatdash_analysis.periods import microseconds
from chatdash_analysis.rates import FEW_USERS, RATE_COLUMNS, add_flag
from chatdash_analysis.segments import require_reach, with_flag
from chatdash_analysis.spans import holds_gap, in_periods, read_spans, require_loaded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo
    from typing import TypeAlias

    from chatdash_analysis.channels.stages import Stages
    from chatdash_analysis.spans import Moment

    Families: TypeAlias = pd.DataFrame | Mapping[Any, str]

__all__ = ["outcome_stages", "stage_change"]

_ALL_STAGES = (*STAGES, "overall")
_CHANGE_COLUMNS = (
    "stage", "n_before", "rate_before", "low_before", "high_before", "n_after", "rate_after",
    "low_after", "high_after", "log_change", "log_change_low", "log_change_high",
    "share_of_change", "flags",
)  # fmt: skip
_SHOWN = ["n", "rate", "low", "high"]


def outcome_stages(
    conversations: pd.DataFrame,
    by: str | Sequence[str] = "platform",
    *,
    outcome: str = "evaluation_is_success",
    users: str = "user_id",
    families: Families | None = None,
    min_n: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Split success into being reached, no technical fault, and success after both.

    The three rates multiply: an outage of a provider lowers the second and leaves the
    third, which tells about the agent itself. Platforms are never pooled, as they
    judge success by different rules.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations, with those in which nobody was reached.
    by : str or sequence of str
        Columns that make the groups; ``platform`` always is one.
    outcome : str
        Column of flags that says what succeeded.
    users : str
        Column that names people; `identify_users` adds ``user_id`` where it is missing.
    families : pandas.DataFrame or mapping, optional
        Families of ended reasons, as in `ended_reasons`.
    min_n : int
        Where fewer conversations are known, no rate is shown.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        Four rows a group: the columns of `by`, ``stage``, then ``n``, ``successes``,
        ``unknown``, ``excluded``, ``users``, ``rate``, ``low``, ``high`` and ``flags``.

        ``reached``
            Of all conversations. A call was not reached if it was not answered
            (``no_answer``), if it ended for a reason of the families no_answer, busy,
            voicemail, ivr, dial_failed, blocked or account_limit, or if the customer
            did nothing (``interacted`` is false); but a call that ended in a technical
            fault counts as reached. A chat was reached if the customer did anything.
        ``no_fault``
            Of those reached: they did not end for a reason of the families ``error_*``.
            Without ended reasons there is no such stage (flag ``not_recorded``): it
            counts as 1 in the product.
        ``success``
            Of those reached without a known fault.
        ``overall``
            The product of the three rates. ``n`` and ``successes`` count conversations
            whose way is known to its end; their ratio is less than the product where
            verdicts are missing, as only conversations that were reached can lack one.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If the table is no DataFrame, or the outcome is no flag.
    IncompleteError
        If only conversations with interaction were loaded.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> stages = cda.outcome_stages(cda.load_sample(600))
    >>> stages.loc[stages["platform"] == "retell", "stage"].tolist()
    ['reached', 'no_fault', 'success', 'overall']
    """
    check_level(level)
    names = platform_groups(by, conversations, ("stage", *RATE_COLUMNS))
    frame = _staged(conversations, names, outcome, users, "outcome_stages")
    stages, cells, keys = _stages(frame, names, outcome, users, families)
    tables = stage_rates(stages, cells, level=level, min_n=min_n)
    return _interleaved(keys, tables)[[*names, "stage", *RATE_COLUMNS]]


def _staged(
    conversations: Any, names: Sequence[str], outcome: str, users: str, use: str
) -> pd.DataFrame:
    needed = [*names, "channel", "interacted", "no_answer", "ended_reason", outcome]
    frame = people_table(conversations, needed, users, use)
    for name in dict.fromkeys(("interacted", "no_answer", outcome)):
        frame = with_flag(frame, name)
    require_reach(frame, use)
    return frame


def _stages(
    frame: pd.DataFrame, names: Sequence[str], outcome: str, users: str, families: Families | None
) -> tuple[Stages, Cells, pd.DataFrame]:
    groups, keys = group_codes(frame, names)
    ended = endings(frame, families)["ended_family"]
    stages = stages_of(frame, ended, outcome, groups)
    return stages, Cells(groups, user_codes(frame[users]), len(keys)), keys


def _interleaved(keys: pd.DataFrame, tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put the stages of each group below each other."""
    size = len(keys)
    order = np.arange(4 * size).reshape(4, size).T.ravel()
    stage = pd.Series(np.repeat(_ALL_STAGES, size), dtype="str")
    labels = pd.concat([keys] * 4, ignore_index=True).assign(stage=stage)
    table = labels.join(pd.concat(tables, ignore_index=True))
    return table.take(order).reset_index(drop=True)


# Each is a choice that whoever reads the result has to know.
def stage_change(  # noqa: PLR0913
    conversations: pd.DataFrame,
    by: str | Sequence[str] = "platform",
    *,
    before: Sequence[Moment],
    after: Sequence[Moment],
    outcome: str = "evaluation_is_success",
    users: str = "user_id",
    families: Families | None = None,
    tz: str | tzinfo = "UTC",
    min_n: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Split the change of success between two periods among its stages.

    The logarithm of the product of `outcome_stages` is the sum of those of its rates,
    so its change is the sum of theirs, without a rest.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations of both periods.
    by : str or sequence of str
        Columns that make the groups; ``platform`` always is one.
    before, after : (start, end)
        Half-open periods as ISO 8601 text, dates or datetimes; a conversation belongs
        where it started.
    outcome, users, families
        As in `outcome_stages`.
    tz : str or tzinfo
        Time zone of dates without one.
    min_n : int
        Where fewer conversations are known in a period, its rate and the change are
        missing.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        Four rows a group: the columns of `by`, ``stage`` (``reached``, ``no_fault``,
        ``success``, ``overall``); for each period (``_before``, ``_after``) ``n``,
        ``rate``, ``low`` and ``high`` of `outcome_stages`; ``log_change`` (of the
        natural logarithm of the rate: -0.1 is about 10 % less) with ``log_change_low``
        to ``log_change_high``, ``share_of_change`` (of that of the product), and
        ``flags``: ``not_recorded``, ``small_n`` (fewer than `min_n` in a period),
        ``no_log`` (a rate is 0 or not known), ``few_users`` (fewer than 5 in a period),
        ``gap`` (part of a period could not be loaded) and ``undated`` (conversations
        without ``created_at`` were left out).

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If a period is empty or none, the two overlap, or the outcome is no flag.
    IncompleteError
        If part of a period, or conversations without interaction, were never loaded.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> change = cda.stage_change(
    ...     cda.load_sample(2_000),
    ...     before=("2026-01-01", "2026-03-01"), after=("2026-03-01", "2026-05-01"),
    ... ).set_index(["platform", "stage"])["log_change"]
    >>> parts = change["vapi"].drop("overall")
    >>> bool(abs(parts.sum() - change["vapi", "overall"]) < 1e-12)
    True
    """
    check_level(level)
    names = platform_groups(by, conversations, _CHANGE_COLUMNS)
    spans = read_spans(before, after, tz)
    require_loaded(conversations, spans, "stage_change")
    frame = _staged(conversations, [*names, "created_at"], outcome, users, "stage_change")
    dated = frame[frame["created_at"].notna()]
    inside, later = in_periods(microseconds(dated["created_at"]), spans)
    missing = len(frame) > len(dated)
    frame = dated[inside].reset_index(drop=True)
    stages, cells, keys = _stages(frame, names, outcome, users, families)
    periods = Cells(cells.groups * 2 + later, cells.users, cells.size * 2)
    tables = _changes(stage_rates(stages, periods, level=level, min_n=min_n))
    table = _interleaved(keys, tables)
    flags = table["flags"]
    for name, mark in (("gap", holds_gap(conversations, spans)), ("undated", missing)):
        flags = add_flag(flags, [mark] * len(table), name)
    return table.assign(flags=flags)[[*names, *_CHANGE_COLUMNS]]


def _changes(rates: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Return the change of each stage, and of the product as the sum of them."""
    tables = [_change(rate.iloc[0::2], rate.iloc[1::2]) for rate in rates]
    total = sum(table["log_change"] for table in tables[:-1])
    tables[-1] = tables[-1].assign(log_change=total)
    share = [(table["log_change"] / total).where(total != 0) + 0.0 for table in tables]
    return [table.assign(share_of_change=part) for table, part in zip(tables, share, strict=True)]


def _change(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    before, after = before.reset_index(drop=True), after.reset_index(drop=True)
    change, low, high = log_change(before, after)
    absent = before["flags"].eq(NOT_RECORDED) | after["flags"].eq(NOT_RECORDED)
    flags = pd.Series("", index=before.index, dtype="str").mask(absent, NOT_RECORDED)
    small = (before["flags"] + after["flags"]).str.contains("small_n") & ~absent
    flags = add_flag(flags, small, "small_n")
    flags = add_flag(flags, np.isnan(change) & ~absent & ~small, "no_log")
    few = np.minimum(before["users"], after["users"]).between(1, FEW_USERS - 1)
    return pd.DataFrame(
        {
            **before[_SHOWN].add_suffix("_before"),
            **after[_SHOWN].add_suffix("_after"),
            "log_change": np.where(absent, 0.0, change),
            "log_change_low": np.where(absent, 0.0, low),
            "log_change_high": np.where(absent, 0.0, high),
            "flags": add_flag(flags, few, "few_users"),
        }
    )
