"""The parts of a data set: the tables that are written, by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chatdash_analysis.datasets.splitting.parting import check_origin
from chatdash_analysis.datasets.tables.table import ROW_DTYPES, Split, TrainingTable
from chatdash_analysis.errors import InputError
from chatdash_analysis.tables import require_columns

__all__ = ["WHOLE", "parts_of"]

# The part of a table that was not split. Hugging Face datasets keeps the word for itself.
WHOLE = "all"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ADVICE = "Pass a table as training_table returns it."


def parts_of(
    table: TrainingTable, splits: Split | Mapping[str, TrainingTable] | None
) -> dict[str, TrainingTable]:
    """Return the parts of a table by name; ``{"all": table}`` where it is not split.

    Raises
    ------
    InputError
        If something is no table, has no rows, or does not come from this table.
    MissingColumnsError
        If the rows of a table lack a column.
    """
    _check_table(table, "table")
    if splits is None:
        return {WHOLE: table}
    if isinstance(splits, Split):
        splits = {"train": splits.train, "test": splits.test}
    _check_names(splits)
    for name, part in splits.items():
        _check_table(part, f"splits[{name!r}]")
        check_origin(table, part, f"splits[{name!r}]")
    return dict(splits)


def _check_table(table: Any, argument: str) -> None:
    if not isinstance(table, TrainingTable):
        raise InputError(
            f"{argument} is a {type(table).__name__}. Give a TrainingTable, as training_table"
            " returns it."
        )
    require_columns(table.rows, ROW_DTYPES, "export_dataset", advice=_ADVICE)
    require_columns(table.columns, ["feature"], "export_dataset", advice=_ADVICE)
    if not len(table):
        raise InputError(
            f"{argument} has no rows, and other libraries cannot load a data set without any."
            " Load more conversations, or split them in another way."
        )
    if not len(table.features) == len(table.target) == len(table.rows):
        raise InputError(f"{argument} has features, target and rows of several lengths. {_ADVICE}")


def _check_names(splits: Any) -> None:
    if not isinstance(splits, Mapping) or not splits:
        raise InputError(
            f"splits is a {type(splits).__name__}"
            f"{' without tables' if isinstance(splits, Mapping) else ''}. Give what split_by_time"
            " or split_by_user returned, or tables by name:"
            ' {"train": split.train, "test": split.test}.'
        )
    wrong = [name for name in splits if not (isinstance(name, str) and _NAME.fullmatch(name))]
    if wrong or WHOLE in splits:
        raise InputError(
            f"splits names a table {(wrong or [WHOLE])[0]!r}, which cannot be the name of its file."
            " Give each a name of a-z, 0-9 and _, of at most 40 characters, and none all."
        )
