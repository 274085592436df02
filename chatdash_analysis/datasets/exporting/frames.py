"""The frames that are written: one a part, with the same columns and types in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.datasets.exporting.codes import Codes
from chatdash_analysis.datasets.exporting.fingerprint import kinds_of, row_digests, table_hash
from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatdash_analysis.datasets.tables.table import TrainingTable

__all__ = ["BESIDE", "exported_frames"]

# What stands beside features and target.
BESIDE = ("conversation_id", "created_at", "group")


def exported_frames(
    parts: Mapping[str, TrainingTable], whole: TrainingTable, secret: bytes | None
) -> dict[str, tuple[pd.DataFrame, str]]:
    """Return the frame of each part and its hash.

    A frame has the columns of `BESIDE`, the features and the target, oldest row first. Its
    order depends on the values alone.

    Raises
    ------
    InputError
        If a column cannot be written, two have one name, or a row has no conversation.
    """
    codes = Codes([whole.rows, *(part.rows for part in parts.values())], secret)
    frames = {name: _joined(part, codes) for name, part in parts.items()}
    labels = _common_labels(list(frames.values()))
    return {name: _ordered(frame.astype(labels)) for name, frame in frames.items()}


def _joined(part: TrainingTable, codes: Codes) -> pd.DataFrame:
    beside = {
        "conversation_id": codes.conversations(part.rows),
        "created_at": part.rows["created_at"],
        "group": codes.groups(part.rows),
    }
    _check_names([*beside, *part.features.columns, part.target.name])
    parts = [pd.DataFrame(beside), part.features, part.target.to_frame()]
    frame = pd.concat([piece.reset_index(drop=True) for piece in parts], axis="columns")
    frame.attrs = {}
    return frame.astype(_changes(frame))


def _check_names(names: list[Any]) -> None:
    wrong = [name for name in names if not isinstance(name, str) or not _encodable(name)]
    twice = sorted({name for name in names if names.count(name) > 1}) if not wrong else []
    if wrong or twice:
        raise InputError(
            f"The column {(wrong or twice)[0]!r} cannot be exported: each needs a name of its own,"
            f" which is a text, and {', '.join(BESIDE)} are taken. Rename it in the table."
        )


def _encodable(name: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def _changes(frame: pd.DataFrame) -> dict[str, str]:
    """Return the types of the columns that are held in another way than they are written."""
    kinds = zip(frame.columns, frame.dtypes, kinds_of(frame), strict=True)
    return {
        name: "str" if kind == "text" else "datetime64[us, UTC]"
        for name, dtype, kind in kinds
        if kind == "instant" or (isinstance(dtype, pd.StringDtype) and dtype != "str")
    }


def _common_labels(frames: list[pd.DataFrame]) -> dict[str, pd.CategoricalDtype]:
    """Return one type for each category: the labels that occur in any frame, in their order."""
    found: dict[str, pd.CategoricalDtype] = {}
    for name in frames[0].select_dtypes("category").columns:
        columns = [frame[name].cat for frame in frames]
        used = set().union(*(column.categories[_used(column)] for column in columns))
        order = dict.fromkeys(label for column in columns for label in column.categories)
        ordered = all(column.ordered for column in columns)
        labels = pd.Index([label for label in order if label in used], dtype="str")
        found[str(name)] = pd.CategoricalDtype(labels, ordered=ordered)
    return found


def _used(column: Any) -> Any:
    codes = np.unique(column.codes)
    return codes[codes >= 0]


def _ordered(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the frame, oldest row first, and its hash."""
    digests = row_digests(frame)
    # By digest where all else is equal, so that the order given never counts.
    keys = [np.argsort(np.argsort(digests, kind="stable"), kind="stable")]
    keys += [pd.factorize(frame[name], sort=True)[0] for name in ("conversation_id", "created_at")]
    return frame.iloc[np.lexsort(keys)].reset_index(drop=True), table_hash(frame, digests)
