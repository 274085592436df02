"""What is to be predicted: a flag, a measure or a label; and of which conversations it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from chatdash_analysis.datasets.tables.levels import are_shared
from chatdash_analysis.datasets.tables.personal_fields import names_people
from chatdash_analysis.datasets.tables.values import numbers, read_values
from chatdash_analysis.errors import InputError
from chatdash_analysis.schema import BY_NAME
from chatdash_analysis.segments import (
    REACH_OUTCOMES,
    outcome_values,
    require_reach,
    with_flag,
    with_flags,
)
from chatdash_analysis.tables import typed_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from chatdash_analysis.datasets.tables.rows import Rows
    from chatdash_analysis.datasets.tables.table import Task

__all__ = ["Target", "check_target", "dropped_rows", "read_target"]

_DROPPED = {"reason": "str", "rows": "int64"}


class Target(NamedTuple):
    """What is to be predicted of each conversation.

    Attributes
    ----------
    task : {"binary", "multiclass", "regression"}
        What kind of target it is.
    outcomes : pandas.Series
        ``float64`` (flags as 1 and 0) or ``str``; missing where unknown.
    known : numpy.ndarray of bool
        Which conversations can be learned from.
    lost : dict of str to int
        How many cannot, by reason.
    """

    task: Task
    outcomes: pd.Series
    known: NDArray[np.bool_]
    lost: dict[str, int]


def check_target(table: pd.DataFrame, target: str, users: str) -> None:
    """Refuse what cannot be a target: ids, people, free text, instants.

    Raises
    ------
    InputError
        If the target is one of these.
    IncompleteError
        If it asks who was reached, and only some of them were loaded.
    """
    declared = BY_NAME.get(target)
    wrong = ""
    if declared and declared.pii:
        wrong = "names people, or is free text"
    elif target in ("conversation_id", "agent_id", users):
        wrong = "is an id"
    elif declared and declared.kind == "instant":
        wrong = "is an instant"
    if wrong:
        raise _no_target(target, wrong)
    if target in REACH_OUTCOMES:
        require_reach(table, "training_table")


def _no_target(target: str, wrong: str) -> InputError:
    return InputError(
        f"target={target!r} {wrong}, which cannot be predicted. Choose a flag, a measure or a"
        " column of few labels: evaluation_is_success, duration_minutes, topic, a custom_* field."
    )


def read_target(rows: Rows, target: str, max_levels: int) -> Target:
    """Read the target of each conversation.

    Raises
    ------
    InputError
        If it is nowhere known, takes one value only, has too many labels, or is of no
        kind that can be predicted.
    """
    task, values = _typed(rows.table, target)
    if names_people(target, values):
        raise _no_target(target, "names people, by what it is called")
    fates = _fates(rows.table, target, values.notna().to_numpy())
    counts = {name: int(fates[name].sum()) for name in ("excluded", "unknown")}
    lost = {"no created_at": rows.undated, **counts}
    if task == "multiclass":
        shared = are_shared(values, rows.people, personal=target not in BY_NAME)
        lost["rare label"] = int((values.notna().to_numpy() & ~shared).sum())
        values = values.where(shared)
    _check_values(values, target, max_levels if task == "multiclass" else None, lost)
    return Target(task, values, values.notna().to_numpy(), lost)


def _typed(table: pd.DataFrame, target: str) -> tuple[Task, pd.Series]:
    declared = BY_NAME.get(target)
    if declared and declared.kind == "flag":
        return "binary", numbers(with_flag(table[[target]], target)[target])
    kind, values = read_values(table[target])
    if kind == "other":
        raise InputError(
            f"target={target!r} ({table[target].dtype}) holds no flags, numbers or labels. Make a"
            " column of one of these kinds first."
        )
    if kind == "text":
        return "multiclass", values
    measured = declared is not None and declared.kind in ("measure", "count")
    if kind == "flag" or (not measured and values.dropna().isin((0, 1)).all()):
        return "binary", values
    return "regression", values


def _fates(
    table: pd.DataFrame, target: str, known: NDArray[np.bool_]
) -> dict[str, NDArray[np.bool_]]:
    """Tell where the target is unknown although there could be one, and where there could not."""
    import narwhals as nw

    there = pd.array(known, dtype="boolean")
    there[~known] = pd.NA
    beside = [name for name in ("agent_id", "interacted", "no_answer") if name in table]
    frame = with_flags(table[beside].assign(**{target: there}), target)
    asked = {key: value for key, value in outcome_values(frame, target).items() if key != "n"}
    found = nw.from_native(frame, eager_only=True).select(**asked)
    return {name: found[name].to_numpy() for name in ("excluded", "unknown")}


def _check_values(
    values: pd.Series, target: str, max_levels: int | None, lost: dict[str, int]
) -> None:
    distinct = values.nunique()
    if distinct == 0:
        told = ", ".join(f"{name}: {count}" for name, count in lost.items())
        raise InputError(
            f"target={target!r} is known of none of the {len(values) + lost['no created_at']}"
            f" conversations as they are needed ({told}). Load others, wait for verdicts, or choose"
            " another target."
        )
    if distinct == 1:
        raise InputError(
            f"target={target!r} is the same in all {int(values.notna().sum())} conversations of"
            " which it is known, so that there is nothing to learn. Load more conversations or"
            " choose another target."
        )
    if max_levels is not None and distinct > max_levels:
        raise InputError(
            f"target={target!r} has {distinct} labels, more than max_levels={max_levels}. Join"
            " labels first, or raise max_levels."
        )


def dropped_rows(lost: dict[str, int]) -> pd.DataFrame:
    """Return how many conversations are not in the table, by reason."""
    rows = [(reason, count) for reason, count in lost.items() if count]
    return typed_table(rows, _DROPPED)
