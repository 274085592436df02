"""When conversations were seen without and with a verdict, from whatever tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.spans import read_moment
from chatdash_analysis.tables import require_columns, require_dataframe

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FROM_CACHE", "VERDICT", "as_instants", "moment_of", "read_sights"]

VERDICT = "evaluation_is_success"
_FACTS = ("created_at", "ended_at", "updated_at")
_SIGHTS = ("last_unjudged_at", "first_judged_at", "last_seen_at")
FROM_CACHE = (*_FACTS, *_SIGHTS)
_INSTANT = "datetime64[us, UTC]"


def read_sights(
    snapshots: pd.DataFrame | Mapping[Any, pd.DataFrame],
    by: Sequence[str],
    *,
    outcome: str,
    users: str,
    use: str,
) -> pd.DataFrame:
    """Return one row a conversation, in no order.

    Returns
    -------
    pandas.DataFrame
        The columns of `by`, `users` where there is one, and those of `FROM_CACHE` as
        instants; RangeIndex.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If what is given are no tables, or nobody knows when they were loaded.
    """
    if isinstance(snapshots, Mapping):
        return _from_snapshots(snapshots, by, outcome, users, use)
    require_dataframe(snapshots, use)
    # Sights are told by their own columns alone: any of them missing is a fault of the table.
    if not set(_SIGHTS) & {str(name) for name in snapshots.columns}:
        frame, moment = _rows(snapshots, by, outcome, users, use), moment_of(snapshots, use)
        judged = frame[outcome].notna()
        times = {
            "last_unjudged_at": moment.where(~judged),
            "first_judged_at": moment.where(judged),
        }
        return frame.assign(**times, last_seen_at=moment)[_kept(frame, by, users)]
    if outcome != VERDICT:
        raise InputError(
            f"outcome={outcome!r}: the cache notes when {VERDICT} arrived, nothing else. Give"
            " tables of conversations as they were at different times to follow another column."
        )
    require_columns(snapshots, [*by, "created_at", *_SIGHTS], use)
    frame = snapshots.reset_index(drop=True)
    return _with_instants(frame, FROM_CACHE)[_kept(frame, by, users)]


def _kept(frame: pd.DataFrame, by: Sequence[str], users: str) -> list[str]:
    people = [users] if users in frame.columns else []
    return list(dict.fromkeys([*by, *people, *FROM_CACHE]))


def _rows(
    frame: pd.DataFrame, by: Sequence[str], outcome: str, users: str, use: str
) -> pd.DataFrame:
    """Return the columns of a table of conversations that are needed here."""
    require_dataframe(frame, use)
    require_columns(frame, [*by, "created_at", outcome], use)
    if outcome in by or outcome in FROM_CACHE:
        raise InputError(f"outcome={outcome!r} cannot make groups or be a time as well.")
    extra = [n for n in ("conversation_id", "agent_id", users) if n in frame.columns]
    names = dict.fromkeys([*by, *extra, outcome, *(n for n in _FACTS if n in frame.columns)])
    return _with_instants(frame[list(names)].reset_index(drop=True), _FACTS)


def _with_instants(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    found = {
        name: as_instants(frame[name])
        if name in frame.columns
        else pd.Series(pd.NaT, index=frame.index, dtype=_INSTANT)
        for name in names
    }
    return frame.assign(**found)


def as_instants(column: pd.Series) -> pd.Series:
    """Return a column of instants in UTC, to the microsecond.

    Raises
    ------
    InputError
        If it holds something else, or times without a time zone.
    """
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.dt.tz_convert("UTC").dt.as_unit("us")
    if column.isna().all():
        return pd.Series(pd.NaT, index=column.index, dtype=_INSTANT, name=column.name)
    raise InputError(
        f"{column.name} is {column.dtype}, not instants with a time zone. Use"
        " pd.to_datetime(..., utc=True)."
    )


def moment_of(frame: pd.DataFrame, use: str) -> pd.Series:
    """Return for each row when its table was loaded, in a column of instants.

    Where several loads made the table, or nothing tells, the latest instant in it
    stands for that.
    """
    origin = frame.attrs.get("chatdash", {})
    fetched = origin.get("fetched_at") if isinstance(origin, dict) else None
    times = [as_instants(frame[name]) for name in _FACTS if name in frame.columns]
    latest = max((m for m in (column.max() for column in times) if pd.notna(m)), default=pd.NaT)
    moment = pd.NaT if fetched is None else read_moment(fetched, "fetched_at", "UTC")
    if pd.isna(moment) or (pd.notna(latest) and latest > moment):
        moment = latest
    if len(frame) and pd.isna(moment):
        raise InputError(
            f"{use}: nobody knows when the table was loaded. Give a mapping"
            " {moment: conversations}, or a table as load_conversations returns it."
        )
    return pd.Series(moment, index=pd.RangeIndex(len(frame)), dtype=_INSTANT)


def _from_snapshots(
    snapshots: Mapping[Any, pd.DataFrame], by: Sequence[str], outcome: str, users: str, use: str
) -> pd.DataFrame:
    if not snapshots:
        raise InputError(f"{use}: the mapping is empty. Give {{moment: conversations}}.")
    read = []
    for key, frame in snapshots.items():
        moment = read_moment(key, "the key of a snapshot", "UTC")
        rows = _rows(frame, by, outcome, users, use)
        require_columns(frame, ["conversation_id"], use)
        if len(rows) and (rows["created_at"] > moment).all():
            raise InputError(
                f"{use}: all conversations of the snapshot of {moment:%Y-%m-%d %H:%M} were created"
                " later. Give for each table the moment at which it was loaded."
            )
        read.append(rows.assign(moment=pd.Series(moment, index=rows.index, dtype=_INSTANT)))
    # A snapshot without rows has columns of any dtype, and must not impose it.
    filled = [rows for rows in read if len(rows)] or read[:1]
    long = pd.concat(filled, ignore_index=True)
    long = long[long["conversation_id"].notna()].reset_index(drop=True)
    return _united(long, by, outcome, users)


def _united(long: pd.DataFrame, by: Sequence[str], outcome: str, users: str) -> pd.DataFrame:
    """Follow each conversation through the snapshots."""
    keys = ["agent_id", "conversation_id"] if "agent_id" in long.columns else ["conversation_id"]
    number = long.groupby(keys, sort=False, dropna=False).ngroup()
    judged = long[outcome].notna()
    first = long["moment"].where(judged).groupby(number).transform("min")
    before = ~judged & (first.isna() | (long["moment"] < first))
    at_first = judged & (long["moment"] == first)
    groups = number.to_numpy()
    times = pd.DataFrame(
        {
            "created_at": long["created_at"].groupby(groups).min(),
            "ended_at": long["ended_at"].groupby(groups).max(),
            # As it was when the verdict was first seen: later changes say nothing of it.
            "updated_at": long["updated_at"].where(at_first).groupby(groups).min(),
            "last_unjudged_at": long["moment"].where(before).groupby(groups).max(),
            "first_judged_at": first.groupby(groups).min(),
            "last_seen_at": long["moment"].groupby(groups).max(),
        }
    )
    labels = [*by, *([users] if users in long.columns and users not in by else [])]
    latest = long.assign(number=number).sort_values(["number", "moment"], kind="stable")
    latest = latest.drop_duplicates("number", keep="last").set_index("number")[labels]
    frame = pd.concat([latest, times], axis="columns").sort_index().reset_index(drop=True)
    return frame[_kept(frame, by, users)]
