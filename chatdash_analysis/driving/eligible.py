"""Where a field could have a value, and where it could not: what is compared with what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.codes import group_codes, joint_codes, user_codes
from chatdash_analysis.errors import InputError
from chatdash_analysis.periods import microseconds, period_codes
from chatdash_analysis.reached import connected, reach_is_told
from chatdash_analysis.segments import REACH_OUTCOMES, outcome_values, with_flags, with_users
from chatdash_analysis.tables import require_columns, require_dataframe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    import pandas as pd
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Flags = NDArray[np.bool_]

__all__ = ["STRATA", "Rows", "could_have", "rows_of", "strata_of", "taken"]

# Inside whose combinations, and in each month of its own, levels are compared.
STRATA = ("agent_id", "channel")
_USED = ("interacted", "no_answer", "platform", "ended_reason", "conversation_id")


@dataclass(frozen=True, slots=True)
class Rows:
    """Conversations in an order that depends on what they are alone, and what is known of them.

    Attributes
    ----------
    frame : pandas.DataFrame
        The fields, and the columns that make strata.
    users, agents, cells, months, strata : numpy.ndarray of int64
        Numbers of the person, the agent, the agent and channel, the local month, and of
        agent, channel and month together.
    named : numpy.ndarray of bool
        Whether the person is known; of those who are not, each conversation is one.
    times : numpy.ndarray of int64
        When each was created, in microseconds.
    known, good, eligible, told : numpy.ndarray of bool
        Whether the outcome is known, whether it is a success, whether somebody was reached
        and there could be an outcome, and whether anything tells if somebody was.
    """

    frame: pd.DataFrame
    users: Codes
    named: Flags
    agents: Codes
    cells: Codes
    months: Codes
    strata: Codes
    times: Codes
    known: Flags
    good: Flags
    eligible: Flags
    told: Flags

    def __len__(self) -> int:
        return len(self.users)


def rows_of(
    conversations: pd.DataFrame,
    fields: Sequence[str],
    by: Sequence[str],
    *,
    outcome: str,
    users: str,
    tz: str | tzinfo,
    use: str,
) -> tuple[Rows, pd.DataFrame]:
    """Return the conversations, and the columns of `by` in the same order."""
    frame = _checked(conversations, fields, by, outcome=outcome, users=users, use=use)
    dated = frame["created_at"].notna().to_numpy(np.bool_)
    times, months = np.zeros((2, len(frame)), dtype=np.int64)
    times[dated] = microseconds(frame.loc[dated, "created_at"])
    months[dated] = period_codes(frame.loc[dated, "created_at"], "M", tz)
    known, good, excluded = _outcome(frame, outcome)
    eligible = dated & connected(frame) & ~excluded
    cells = group_codes(frame, STRATA)[0]
    order = _order(frame, (good, known, cells, times))
    frame = frame.take(order)
    rows = Rows(
        frame=frame[list(dict.fromkeys([*fields, *STRATA]))].reset_index(drop=True),
        users=joint_codes(user_codes(frame[users])),
        named=frame[users].notna().to_numpy(np.bool_),
        agents=group_codes(frame, STRATA[:1])[0],
        cells=cells[order],
        months=months[order],
        strata=joint_codes(cells[order], months[order]),
        times=times[order],
        known=known[order],
        good=good[order],
        eligible=eligible[order],
        told=reach_is_told(frame),
    )
    return rows, frame[list(by)].reset_index(drop=True)


def _checked(
    conversations: pd.DataFrame,
    fields: Sequence[str],
    by: Sequence[str],
    *,
    outcome: str,
    users: str,
    use: str,
) -> pd.DataFrame:
    """Return the columns that are read, with people and with flags for the outcome."""
    require_dataframe(conversations, use)
    require_columns(conversations, [outcome, "created_at", *STRATA, *by, *fields], use)
    if outcome in REACH_OUTCOMES:
        raise InputError(
            f"outcome={outcome!r} says who was reached, and {use} looks only at conversations in"
            " which somebody was. Use rates_by, or an outcome such as 'evaluation_is_success'."
        )
    if outcome in by:
        raise InputError(f"by={outcome!r} is the outcome: each group would have one outcome.")
    frame = with_users(conversations.reset_index(drop=True), users, use=use)
    read = dict.fromkeys([*fields, *by, *STRATA, outcome, "created_at", users, *_USED])
    return with_flags(frame[[name for name in read if name in frame]], outcome)


def _outcome(frame: pd.DataFrame, outcome: str) -> list[Flags]:
    """Return whether the outcome is known, whether it is good, and whether there could be none."""
    import narwhals as nw

    values = outcome_values(frame, outcome)
    read = dict.fromkeys([outcome, "agent_id", "interacted", "no_answer"])
    held = nw.from_native(frame[[name for name in read if name in frame]], eager_only=True)
    found = nw.to_native(held.select(**values))
    return [
        found[name].to_numpy(dtype=np.bool_, na_value=False)
        for name in ("n", "successes", "excluded")
    ]


def _order(frame: pd.DataFrame, keys: Sequence[NDArray[np.generic]]) -> Codes:
    if "conversation_id" not in frame:
        return np.lexsort(keys)
    return np.lexsort((group_codes(frame, ["conversation_id"])[0], *keys))


def taken(rows: Rows, places: Codes) -> Rows:
    """Return some of the rows, with numbers of their own."""
    cells, months = rows.cells[places], rows.months[places]
    return Rows(
        frame=rows.frame.take(places).reset_index(drop=True),
        users=joint_codes(rows.users[places]),
        named=rows.named[places],
        agents=joint_codes(rows.agents[places]),
        cells=joint_codes(cells),
        months=months,
        strata=joint_codes(cells, months),
        times=rows.times[places],
        known=rows.known[places],
        good=rows.good[places],
        eligible=rows.eligible[places],
        told=rows.told[places],
    )


def strata_of(rows: Rows, field: str) -> Codes:
    """Return agent, channel and month without the field itself, which would explain it away."""
    if field not in STRATA:
        return rows.strata
    left = [name for name in STRATA if name != field]
    return joint_codes(group_codes(rows.frame, left)[0], rows.months)


def could_have(rows: Rows, present: Flags) -> Flags:
    """Tell in which conversations a field could have a value.

    Those where somebody was reached, of an agent and channel that ever has the field,
    from when the agent first had it until it last had it. So a field that is new, was
    dropped or was renamed is not "absent" before and afterwards.

    Parameters
    ----------
    rows : Rows
        The conversations.
    present : numpy.ndarray of bool
        Where the field has a value.
    """
    agents = int(rows.agents.max(initial=-1)) + 1
    first = np.full(agents, np.iinfo(np.int64).max)
    last = np.full(agents, np.iinfo(np.int64).min)
    np.minimum.at(first, rows.agents[present], rows.times[present])
    np.maximum.at(last, rows.agents[present], rows.times[present])
    ever = np.zeros(int(rows.cells.max(initial=-1)) + 1, dtype=np.bool_)
    ever[rows.cells[present]] = True
    seen = (rows.times >= first[rows.agents]) & (rows.times <= last[rows.agents])
    return np.asarray(rows.eligible & ever[rows.cells] & seen)
