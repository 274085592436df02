"""A training table as a folder that other people and other libraries can use."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.datasets.exporting.card import dataset_card
from chatdash_analysis.datasets.exporting.codes import read_secret
from chatdash_analysis.datasets.exporting.facts import dataset_facts
from chatdash_analysis.datasets.exporting.files import as_csv, as_parquet
from chatdash_analysis.datasets.exporting.folder import check_folder, publish
from chatdash_analysis.datasets.exporting.frames import exported_frames
from chatdash_analysis.datasets.exporting.markdown import one_line
from chatdash_analysis.datasets.exporting.parts import parts_of
from chatdash_analysis.datasets.exporting.recipe import CARD, RECIPE, as_json
from chatdash_analysis.datasets.linting.lint import leak_lint
from chatdash_analysis.errors import InputError
from chatdash_analysis.tables import AS_RETURNED, require_columns, require_dataframe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from chatdash_analysis.datasets.tables.table import Split, TrainingTable

__all__ = ["export_dataset"]


# Each is a choice that decides what leaves the house.
def export_dataset(
    table: TrainingTable,
    path: str | Path,
    *,
    splits: Split | Mapping[str, TrainingTable] | None = None,
    for_spreadsheet: bool = False,
    secret: str | bytes | None = None,
    min_users: int = 5,
    lint: pd.DataFrame | None = None,
    overwrite: bool = False,
    title: str | None = None,
) -> Path:
    """Write a training table as a folder: a parquet file a part, a card and a recipe.

    The folder appears whole or not at all, and only its owner may enter it. The same table
    gives the same bytes, whatever the order of its rows. Each file holds ``conversation_id``,
    ``created_at`` and ``group``, then the features, then the target; in every part with the
    same types. pandas, Hugging Face ``datasets`` (by the folder) and DuckDB load it as it is.

    Parameters
    ----------
    table : TrainingTable
        What `training_table` returned.
    path : str or pathlib.Path
        The folder to make. The folder that it stands in must be there.
    splits : Split or mapping of str to TrainingTable, optional
        What `split_by_time` or `split_by_user` returned, or tables by name: each becomes a
        file of that name. Without it there is one file, ``all.parquet``, which ``datasets``
        calls ``train``.
    for_spreadsheet : bool
        CSV instead of parquet: cells and names of columns that a spreadsheet would run as a
        formula get a leading apostrophe. Types are lost.
    secret : str or bytes, optional
        At least 16 random bytes. With it, people and conversations get codes that cannot be
        turned back into ids without it, and that are the same in every export with the same
        secret. Whoever holds the conversations can still find them again by their time
        (``created_at`` is exact) and their features: the codes do not make a data set
        anonymous. Without a secret, people are numbered (``g000001`` is whose conversation came
        first) and conversations keep the ids of the service. The ids of people are never
        written.
    min_users : int
        Classes and labels of fewer people are not named in card and recipe. The files hold
        every value.
    lint : pandas.DataFrame, optional
        What `leak_lint` found, for the card. Without it, it is called with table and splits;
        an empty table leaves it out.
    overwrite : bool
        Whether to replace an export that stands there. Anything else is never replaced.
    title : str, optional
        Title of the card.

    Returns
    -------
    pathlib.Path
        The folder. It holds the tables, ``README.md`` (the card) and ``recipe.json``, which
        tells the content hash; `verify_dataset` computes it anew.

    Raises
    ------
    InputError
        If an argument cannot be used, a table has no rows or a column that cannot be written,
        the folder exists, or cannot be written. Nothing is then left behind, and what stood
        there is unchanged.
    MissingColumnsError
        If a table lacks a column that stands beside its features.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> import chatdash_analysis as cda
    >>> table = cda.training_table(cda.load_sample(400), target="evaluation_is_success")
    >>> split = cda.split_by_user(table)
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     folder = cda.export_dataset(
    ...         table, Path(parent) / "success", splits=split, lint=pd.DataFrame()
    ...     )
    ...     files = sorted(file.name for file in folder.iterdir())
    ...     train = pd.read_parquet(folder / "train.parquet")
    ...     content_hash = cda.verify_dataset(folder)
    >>> files
    ['README.md', 'recipe.json', 'test.parquet', 'train.parquet']
    >>> train.columns[:4].tolist()
    ['conversation_id', 'created_at', 'group', 'created_hour']
    >>> len(content_hash)
    64
    """
    _check_flags(overwrite=overwrite, for_spreadsheet=for_spreadsheet)
    target = check_folder(path, overwrite=overwrite)
    key = read_secret(secret)
    _check_choices(min_users, title)
    frames = exported_frames(parts_of(table, splits), table, key)
    facts = dataset_facts(
        table,
        splits,
        frames,
        lint=leak_lint(table, splits) if lint is None else _checked_lint(lint),
        keyed=key is not None,
        min_users=min_users,
        for_spreadsheet=for_spreadsheet,
    )
    named = one_line(title or "") or f"Conversations: {one_line(facts['target'])}"
    contents = _tables(facts, frames)
    contents[CARD] = dataset_card(facts, named).encode()
    contents[RECIPE] = as_json(facts).encode()
    publish(target, contents, overwrite=overwrite)
    return target


def _checked_lint(lint: pd.DataFrame) -> pd.DataFrame:
    require_dataframe(lint, "export_dataset (lint)")
    if len(lint):
        require_columns(lint, ["check", "status"], "export_dataset (lint)", advice=AS_RETURNED)
    return lint


def _tables(
    facts: dict[str, Any], frames: Mapping[str, tuple[pd.DataFrame, str]]
) -> dict[str, bytes | memoryview]:
    contents: dict[str, bytes | memoryview] = {}
    for name, (frame, _) in frames.items():
        entry = facts["tables"][name]
        content = as_csv(frame) if facts["for_spreadsheet"] else as_parquet(frame)
        contents[entry["file"]] = content
        if facts["for_spreadsheet"]:
            entry["file_sha256"] = hashlib.sha256(content).hexdigest()
    return contents


def _check_choices(min_users: int, title: str | None) -> None:
    if isinstance(min_users, bool) or not isinstance(min_users, int | np.integer) or min_users < 0:
        raise InputError(f"min_users={min_users!r} is no number of people. Give 5, for example.")
    if title is not None and not isinstance(title, str):
        raise InputError(f"title is a {type(title).__name__}. Give a text, or leave it out.")


def _check_flags(**flags: bool) -> None:
    for name, flag in flags.items():
        # "no" would count as true, and replace what was there.
        if not isinstance(flag, bool | np.bool_):
            raise InputError(f"{name} is a {type(flag).__name__}. Give True or False.")
