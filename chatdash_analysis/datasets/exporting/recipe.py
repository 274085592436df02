"""The recipe of a data set: what it holds and how it was made, as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CARD", "FORMAT", "RECIPE", "as_json", "listed_files", "plain", "read_recipe"]

CARD = "README.md"
RECIPE = "recipe.json"
FORMAT = {"format": "chatdash_analysis dataset", "version": 1}


def as_json(facts: Mapping[str, Any]) -> str:
    """Return facts as JSON, sorted, the same for the same facts.

    Raises
    ------
    InputError
        If something is more than JSON can hold.
    """
    try:
        return json.dumps(plain(facts), indent=2, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            "The recipe of the table or of the split cannot be written as JSON. Keep texts,"
            " numbers, flags, None, lists, and mappings by text in it."
        ) from error


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: NaN as None, moments as text, numbers of NumPy plain."""
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, date | timedelta):
        return str(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read_recipe(folder: Path) -> dict[str, Any]:
    """Read the recipe in a folder.

    Raises
    ------
    InputError
        If there is none, or it is damaged or of something else.
    """
    try:
        found = json.loads((folder / RECIPE).read_bytes())
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("format") != FORMAT["format"]:
        raise InputError(
            f"{str(folder)!r} is no data set that export_dataset wrote: it holds no {RECIPE} of"
            " one, or a damaged one. Give the folder of an export."
        )
    return found


def listed_files(folder: Path) -> set[str]:
    """Return the names of all files that belong to the data set in a folder.

    Raises
    ------
    InputError
        As `read_recipe` does.
    """
    tables = read_recipe(folder).get("tables")
    entries = tables.values() if isinstance(tables, dict) else ()
    files = {entry.get("file") for entry in entries if isinstance(entry, dict)}
    return {CARD, RECIPE, *(name for name in files if isinstance(name, str))}
