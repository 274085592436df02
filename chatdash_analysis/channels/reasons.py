"""Why calls ended, in the same words for all platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.arguments import check_level
from chatdash_analysis.channels.by_platform import people_table, platform_groups
from chatdash_analysis.channels.stages import is_voice
from chatdash_analysis.codes import group_codes, user_codes
from chatdash_analysis.counts import exact_sums
from chatdash_analysis.endings.families import endings
from chatdash_analysis.rates import RATE_COLUMNS, add_flag, with_rate
from chatdash_analysis.segments import reach_is_loaded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

__all__ = ["ended_reasons"]

_COLUMNS = ("ended_family", "fault_side", "reasons", "conversations", "share", *RATE_COLUMNS)
_NOT_LOADED = "reach_not_loaded"
_SHOWN = 3


def ended_reasons(
    conversations: pd.DataFrame,
    by: str | Sequence[str] = "platform",
    *,
    families: pd.DataFrame | Mapping[Any, str] | None = None,
    users: str = "user_id",
    min_n: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Count why calls ended, in the same words for all platforms.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations.
    by : str or sequence of str
        Columns that make the groups; ``platform`` always is one.
    families : pandas.DataFrame or mapping, optional
        Families of reasons that go before those of `ended_reason_families`: a table of
        ``reason`` and ``family``, and if wanted ``platform`` and ``fault_side``, or a
        mapping of a reason, or of ``(platform, reason)``, to a family.
    users : str
        Column that names people; `identify_users` adds ``user_id`` where it is missing.
    min_n : int
        Groups with fewer conversations that have a reason show counts but no rate.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a group, family and fault side, sorted: the columns of `by`,
        ``ended_family`` (``unknown`` for words that are in no map), ``fault_side`` (who
        made it end: customer, assistant, carrier, configuration, provider, platform,
        human or unknown), ``reasons`` (up to three raw texts, the commonest first),
        ``conversations`` and their ``share`` of the group; then ``n`` (conversations of
        the group that have a reason), ``successes`` (those of the family), ``unknown``
        (calls without a reason), ``excluded`` (chats, which have none), ``users``,
        ``rate`` (the family's part of `n`) with ``low`` and ``high``, and ``flags``
        as in `rates_by`, and ``reach_not_loaded`` where calls that reached nobody were
        not loaded.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If the table is no DataFrame, or `families` cannot be read.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> reasons = cda.ended_reasons(cda.load_sample(600)).set_index(["platform", "ended_family"])
    >>> reasons.loc[("retell", "voicemail"), ["fault_side", "reasons"]].tolist()
    ['customer', 'voicemail_reached']
    """
    check_level(level)
    names = platform_groups(by, conversations, _COLUMNS)
    frame = people_table(
        conversations, [*names, "channel", "interacted", "ended_reason"], users, "ended_reasons"
    )
    groups, keys = group_codes(frame, names)
    ended = endings(frame, families).assign(group=groups)
    kinds, seen = group_codes(ended, ["group", "ended_family", "fault_side"])
    group_of, told = seen["group"].to_numpy(), seen["ended_family"].notna().to_numpy()
    counts = _shares(
        groups, kinds, group_of, told, users=user_codes(frame[users]), voice=is_voice(frame)
    )
    table = with_rate(counts, level=level, min_n=min_n)
    table = table.assign(
        ended_family=seen["ended_family"],
        fault_side=seen["fault_side"],
        reasons=_commonest(frame["ended_reason"], kinds, len(seen)),
        flags=add_flag(table["flags"], [not reach_is_loaded(frame)] * len(table), _NOT_LOADED),
    )
    labels = keys.take(group_of).reset_index(drop=True)
    return labels.join(table)[[*names, *_COLUMNS]][told].reset_index(drop=True)


def _shares(
    groups: Codes,
    kinds: Codes,
    group_of: Codes,
    told: NDArray[np.bool_],
    *,
    users: Codes,
    voice: NDArray[np.bool_],
) -> pd.DataFrame:
    """Count each kind of ending, and those of its group that have any.

    Returns
    -------
    pandas.DataFrame
        One row a kind: ``conversations``, ``share`` and what `with_rate` takes.
    """
    size, top = int(groups.max(initial=-1)) + 1, int(users.max(initial=0)) + 1
    counted = told[kinds]
    n = np.bincount(groups[counted], minlength=size)
    unknown = np.bincount(groups[~counted & voice], minlength=size)
    rows = np.bincount(groups, minlength=size)
    # Conversations of each person in each group, and in each kind of ending.
    people, person = np.unique((groups * top + users)[counted], return_inverse=True)
    own = np.bincount(person, minlength=len(people)).astype(np.float64)
    pairs, pair = np.unique((kinds * top + users)[counted], return_inverse=True)
    held = np.bincount(pair, minlength=len(pairs)).astype(np.float64)
    kind = pairs // top
    of_person = np.searchsorted(people, group_of[kind] * top + pairs % top)
    some = np.bincount(kinds, minlength=len(group_of))
    counts = {
        "conversations": some,
        "share": some / rows[group_of],
        "n": n[group_of],
        "successes": np.where(told, some, 0),
        "unknown": unknown[group_of],
        "excluded": (rows - n - unknown)[group_of],
        "users": np.bincount(people // top, minlength=size)[group_of],
        **{
            "*".join("n" * power): exact_sums(people // top, own**power, size)[group_of]
            for power in (2, 3, 4)
        },
        "n*successes": exact_sums(kind, held * own[of_person], len(group_of)),
        "successes*successes": exact_sums(kind, held**2, len(group_of)),
    }
    return pd.DataFrame(counts)


def _commonest(reasons: pd.Series, kinds: Codes, size: int) -> pd.Series:
    """Return the commonest texts of each kind of ending, joined by commas."""
    codes, seen = group_codes(pd.DataFrame({"kind": kinds, "reason": reasons}), ["kind", "reason"])
    seen = seen.assign(count=np.bincount(codes, minlength=len(seen)))
    seen = seen.sort_values(["kind", "count", "reason"], ascending=[True, False, True])
    first = seen.groupby("kind").head(_SHOWN)
    joined = first.groupby("kind")["reason"].agg(lambda texts: ", ".join(texts.dropna()))
    return joined.reindex(range(size), fill_value="").astype("str")
