"""Whether an exported data set still is what was exported."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from chatdash_analysis.datasets.exporting.files import from_parquet
from chatdash_analysis.datasets.exporting.fingerprint import dataset_hash, table_hash
from chatdash_analysis.datasets.exporting.recipe import read_recipe
from chatdash_analysis.errors import InputError

__all__ = ["verify_dataset"]


def verify_dataset(path: str | Path) -> str:
    """Check that the tables in a folder are those that `export_dataset` wrote.

    Parameters
    ----------
    path : str or pathlib.Path
        The folder.

    Returns
    -------
    str
        The content hash of the data set, which its card and its recipe tell. It depends on
        the names, types and values of the tables alone, so that two folders of one hash hold
        the same data, however their files were compressed or ordered.

    Raises
    ------
    InputError
        If it is no export, or a table is missing or not as it was exported.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> cda.verify_dataset("no_such_folder")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    chatdash_analysis.errors.InputError: 'no_such_folder' is no data set ...
    """
    if not isinstance(path, str | Path):
        raise InputError(f"path is a {type(path).__name__}. Give the folder of an export.")
    folder = Path(path)
    recipe = read_recipe(folder)
    try:
        tables = {str(name): dict(entry) for name, entry in recipe["tables"].items()}
        hashes = {name: _checked(folder, entry) for name, entry in tables.items()}
        whole = dataset_hash(hashes) == recipe["content_hash"]
    except (KeyError, TypeError, AttributeError) as error:
        raise _changed("recipe.json") from error
    if not whole:
        raise _changed("recipe.json")
    return str(recipe["content_hash"])


def _checked(folder: Path, entry: dict[str, Any]) -> str:
    """Return the hash of a table, which must be the one of its entry."""
    file, expected = str(entry["file"]), str(entry["content_hash"])
    if "file_sha256" not in entry:
        found = table_hash(from_parquet(folder / file))
    else:  # CSV does not give the values back as they were, so the file as such is checked
        same = hashlib.sha256(_content(folder / file)).hexdigest() == entry["file_sha256"]
        found = expected if same else ""
    if found != expected:
        raise _changed(file)
    return found


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise _changed(path.name) from error


def _changed(file: str) -> InputError:
    return InputError(
        f"The file {file} is missing, or not as it was exported. Bring the folder back from a"
        " copy, or export the table again."
    )
