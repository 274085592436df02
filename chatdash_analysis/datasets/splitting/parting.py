"""What all splits share: nobody on both sides, no text on both sides, and two usable sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from chatdash_analysis.datasets.tables.table import Split, TrainingTable
from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from chatdash_analysis.datasets.splitting.near_duplicates import Alike

    Codes = NDArray[np.int64]
    Mask = NDArray[np.bool_]

__all__ = [
    "EMBARGO",
    "LATER",
    "PERSON",
    "TEXT",
    "Keep",
    "check_keep",
    "check_origin",
    "check_table",
    "part",
    "people_of",
]

Keep = Literal["train", "test"]

EMBARGO = "embargo"
LATER = "later than the test"
PERSON = "person on both sides"
TEXT = "near-duplicate text on both sides"


def check_table(table: TrainingTable, use: str) -> None:
    """Raise `InputError` unless this is a training table with rows, the same in all parts."""
    if not isinstance(table, TrainingTable):
        raise InputError(
            f"{use} takes a TrainingTable, not a {type(table).__name__}. training_table(...) makes"
            " one of conversations."
        )
    if not len(table):
        raise InputError(f"{use}: the table has no rows.")
    sizes = {name: len(getattr(table, name)) for name in ("features", "target", "rows")}
    if len(set(sizes.values())) > 1:
        held = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
        raise InputError(
            f"{use}: the parts of the table differ in length ({held}). table.take(rows) takes rows"
            " of all of them."
        )
    if not table.features.columns.is_unique:
        raise InputError(f"{use}: several features have the same name. Rename or drop them.")


def check_origin(table: TrainingTable, part: TrainingTable, name: str) -> None:
    """Raise `InputError` unless a part, called so, has columns and conversations of the table."""
    same = _layout(table) == _layout(part)
    known = part.rows["conversation_id"].isin(table.rows["conversation_id"])
    if not (same and known.all()):
        lack = "conversations" if same else "columns"
        raise InputError(
            f"{name} has other {lack} than the table, so that it was not made of it. Split the"
            " table that is given."
        )


def _layout(table: TrainingTable) -> list[tuple[Any, str]]:
    columns: list[pd.Series] = [column for _, column in table.features.items()]
    return [(column.name, column.dtype.name) for column in [*columns, table.target]]


def check_keep(keep: Keep) -> Keep:
    """Return which side keeps its rows; raise `InputError` unless it is one of the two."""
    if keep not in ("train", "test"):
        raise InputError(f"keep={keep!r} is neither 'train' nor 'test'.")
    return keep


def people_of(table: TrainingTable) -> Codes:
    """Return a number for each row's person, in the order of their names.

    A row without a name is a person of its own.
    """
    group = table.rows["group"]
    alone = "\0" + table.rows["conversation_id"].astype("str")
    return np.asarray(pd.factorize(group.where(group.notna(), alone), sort=True)[0], np.int64)


def part(
    table: TrainingTable,
    train: Mask,
    test: Mask,
    *,
    alike: Alike,
    keep: Keep,
    recipe: Mapping[str, Any],
    reasons: Mapping[str, Mask],
) -> Split:
    """Return the split, after rows whose person or text is on both sides went from one of them.

    Parameters
    ----------
    table : TrainingTable
        All rows.
    train, test : numpy.ndarray of bool
        Where each row belongs; in neither for the rows of `reasons`.
    alike : Alike
        Near-duplicates of the rows of `table`.
    keep : {"train", "test"}
        The side that keeps its rows.
    recipe : mapping
        How the sides were made.
    reasons : mapping of str to numpy.ndarray of bool
        Why rows are on neither side already.

    Raises
    ------
    InputError
        If a side is empty, or has one class only.
    """
    kept, other = (train, test) if keep == "train" else (test, train)
    people = people_of(table)
    stuck = bool(kept.any() and np.isin(people[kept], people[other]).all())
    known = other & np.isin(people, people[kept])
    told = other & ~known & alike.of(kept)
    other = other & ~known & ~told
    train, test = (kept, other) if keep == "train" else (other, kept)
    lost = {**reasons, PERSON: known, TEXT: told}
    counts = {reason: int(mask.sum()) for reason, mask in lost.items()}
    _require_usable(table, {"train": train, "test": test}, counts, None if stuck else keep)
    return Split(
        table.take(train),
        table.take(test),
        _dropped(table, lost),
        {**recipe, "keep": keep, "dropped": counts},
        np.flatnonzero(train),
        np.flatnonzero(test),
    )


def _dropped(table: TrainingTable, lost: Mapping[str, Mask]) -> pd.DataFrame:
    reason = np.full(len(table), None, dtype=object)
    for name, mask in lost.items():
        reason[mask] = name
    listed = pd.DataFrame({"conversation_id": table.rows["conversation_id"], "reason": reason})
    listed = listed[listed["reason"].notna()].reset_index(drop=True)
    return listed.astype({"conversation_id": "str", "reason": "str"})


def _require_usable(
    table: TrainingTable, sides: Mapping[str, Mask], counts: Mapping[str, int], keep: Keep | None
) -> None:
    for name, mask in sides.items():
        if not mask.any():
            raise InputError(f"No row is left to {name}: {_lost(counts)}. {_advice(counts, keep)}")
        classes = table.target[mask].nunique()
        if table.task != "regression" and classes < 2:
            raise InputError(
                f"All {int(mask.sum()):,} rows left to {name} have one class of"
                f" {table.target.name}, so that nothing can be learned or scored:"
                f" {_lost(counts)}. {_advice(counts, keep)}"
            )


def _lost(counts: Mapping[str, int]) -> str:
    lost = [f"{number:,} went for '{reason}'" for reason, number in counts.items() if number]
    return ", ".join(lost) or "none was dropped"


def _advice(counts: Mapping[str, int], keep: Keep | None) -> str:
    if keep is None:
        return (
            "Everybody of one side is on the other, too, so that the other choice of keep leaves"
            " nothing either. Use split_by_user, or load conversations of more people."
        )
    other = "train" if keep == "test" else "test"
    advice = f"Give keep={other!r} to drop them from the other side, or split_by_user."
    if counts[TEXT]:
        return (
            f"{advice} If most texts of one kind are worded alike, leave them out of the table,"
            " training_table(..., leave_out='evaluation_reason') for example, or give"
            " similarity=None, which compares no texts."
        )
    if counts[PERSON]:
        return advice
    return "Choose another moment, fewer splits or a shorter embargo, or load more conversations."
