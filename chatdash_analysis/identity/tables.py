"""What identification answers as tables: names of people, conflicts, coverage."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from chatdash_analysis.identity.merge import KINDS, REASONS
from chatdash_analysis.identity.values import agents_of, paired
from chatdash_analysis.tables import typed_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatdash_analysis.identity.hubs import Refused
    from chatdash_analysis.identity.rules import Identified
    from chatdash_analysis.identity.values import Codes, Key

__all__ = ["conflict_table", "summary_table", "user_columns"]

Names = npt.NDArray[np.object_]

_CONFLICTS = {
    "conflict": "str",
    "key": "str",
    "reason": "str",
    "conversations": "int64",
    "without_user": "int64",
    "users": "int64",
    "user_ids": "str",
    "agents": "int64",
    "agent_ids": "str",
}
_SUMMARY = {
    "rule": "str",
    "conversations": "int64",
    "identified": "int64",
    "coverage": "float64",
    "users": "int64",
    "conversations_per_user": "float64",
    "conflicts": "int64",
}
_DIGITS = 16  # of a digest: among a million values two are alike with a chance of 3 in 10^8
_SHOWN = 20


def user_columns(found: Identified) -> dict[str, Any]:
    """Return the names of the people and the kinds of keys, for each conversation."""
    kinds = np.array([*KINDS, None], dtype=object)
    names = np.concatenate((_names(found), kinds[-1:]))
    return {
        "user_id": pd.array(names[found.people.of_row], dtype="str"),
        "user_key": pd.array(kinds[found.people.tie], dtype="str"),
    }


def _names(found: Identified) -> Names:
    """Return the name of each person who has conversations."""
    people = found.people
    names = np.full(len(people.kinds), None, dtype=object)
    used = np.zeros(len(people.kinds), dtype=np.bool_)
    used[people.of_row[people.of_row >= 0]] = True
    for key in found.keys:
        which = np.flatnonzero(used & (people.kinds == KINDS.index(key.kind)))
        names[which] = _named(key, people.named_by[which])
    return names


def _named(key: Key, codes: Codes) -> list[str]:
    """Return names for values: a lead's id as it is, others without saying the value."""
    texts: list[str] = key.texts.take(codes).to_pylist()
    if key.kind == "lead":
        return texts
    start = key.kind + ":"
    return [f"{key.kind}-{sha256((start + text).encode()).hexdigest()[:_DIGITS]}" for text in texts]


def conflict_table(conversations: pd.DataFrame, found: Identified) -> pd.DataFrame:
    """Return one row for each value that was refused."""
    names, agents = _names(found), agents_of(conversations)
    ids = np.array(agents[1].to_pylist(), dtype=object)
    rows = [
        row for refused in found.refused for row in _rows(refused, found, names, agents[0], ids)
    ]
    table = typed_table(rows, _CONFLICTS)
    order = ["conversations", "users", "conflict"]
    return table.sort_values(order, ascending=[False, False, True], ignore_index=True)


def _rows(
    refused: Refused, found: Identified, names: Names, agents: Codes, ids: Names
) -> Iterator[tuple[Any, ...]]:
    key, reasons = refused
    bad = np.flatnonzero(reasons)
    codes = np.append(np.where(reasons > 0, np.cumsum(reasons > 0) - 1, -1), -1)[key.codes]
    people, tie = found.people.of_row, found.people.tie
    # Who is there by this value's own doing, or by a weaker key's, is not in the conflict.
    known = np.where(tie < KINDS.index(key.kind), people, -1)
    users, seen = _grouped(codes, known, names, len(bad)), _grouped(codes, agents, ids, len(bad))
    counts = np.bincount(codes[codes >= 0], minlength=len(bad))
    lost = np.bincount(codes[(codes >= 0) & (people < 0)], minlength=len(bad))
    for at, name in enumerate(_named(key, bad)):
        reason = REASONS[reasons[bad[at]]]
        yield name, key.kind, reason, counts[at], lost[at], *_listed(users[at]), *_listed(seen[at])


def _grouped(groups: Codes, members: Codes, names: Names, size: int) -> list[list[str]]:
    """Return the names of each group's members, each once and sorted."""
    _, group, member = paired(groups, members)
    held: list[list[str]] = [[] for _ in range(size)]
    for at, name in zip(group, names[member], strict=True):
        held[at].append(name)
    return [sorted(found) for found in held]


def _listed(names: list[str]) -> tuple[int, str]:
    more = [f"and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return len(names), ", ".join([*names[:_SHOWN], *more])


def summary_table(rules: list[tuple[str, Identified]]) -> pd.DataFrame:
    """Return one row for each rule: how many conversations and people it knows."""
    return typed_table([_counts(rule, found) for rule, found in rules], _SUMMARY)


def _counts(rule: str, found: Identified) -> tuple[Any, ...]:
    of_row = found.people.of_row
    known = of_row[of_row >= 0]
    users = len(np.unique(known))
    return (
        rule,
        len(of_row),
        len(known),
        len(known) / len(of_row) if len(of_row) else np.nan,
        users,
        len(known) / users if users else np.nan,
        sum(np.count_nonzero(refused.reasons) for refused in found.refused),
    )
