"""Files of filled sheets, as spreadsheets save them: their encodings and separators."""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING

import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.judging.sheets import ID, VERDICT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["read_sheet"]

_TEXTS = (".csv", ".tsv", ".txt")
_SEPARATORS = (",", ";", "\t", "|")


def read_sheet(path: Path) -> pd.DataFrame:
    """Return the rows of a sheet, all cells as text; empty ones are "".

    Raises
    ------
    InputError
        If the file is not there, is no text or parquet file, or lacks the columns.
    """
    suffix = path.suffix.lower()
    if suffix not in (*_TEXTS, ".parquet"):
        raise InputError(
            f"{path.name} is no file that can be read here. Save the sheet as CSV (in Excel or"
            " LibreOffice: save as, CSV UTF-8), or give a DataFrame."
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"{path} cannot be read ({reason}). Give the filled sheet.") from error
    return _from_parquet(content, path) if suffix == ".parquet" else _from_text(content, path)


def _from_parquet(content: bytes, path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(io.BytesIO(content))
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} is no whole parquet file. Save the sheet again.") from error


def _from_text(content: bytes, path: Path) -> pd.DataFrame:
    text = _decoded(content)
    # Excel may say in the first line what separates the cells.
    if text[:4].casefold() == "sep=":
        text = text.partition("\n")[2]
    records = _records(text)
    if records is None:
        raise InputError(
            f"{path.name} has no columns {ID} and {VERDICT} in its first row. Keep the names of the"
            " columns as audit_sample wrote them, and save as CSV."
        )
    header, *rows = records
    names = [name.strip().lstrip("'") for name in header]
    width = len(names)
    long = [place for place, row in enumerate(rows, start=2) if any(row[width:])]
    if long:
        raise InputError(
            f"{path.name} has more cells than columns in row {long[0]} (as the spreadsheet counts"
            " them). Save the sheet again as CSV."
        )
    cells = [[*row[:width], *[""] * (width - len(row))] for row in rows]
    return pd.DataFrame(cells, columns=names, dtype="str")


def _decoded(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What Excel calls CSV without more; only notes and texts can be hurt by it.
        return content.decode("cp1252", errors="replace")


def _records(text: str) -> list[list[str]] | None:
    """Return the rows, by the separator that parts the names of the columns."""
    for separator in _SEPARATORS:
        header = next(_rows(text.partition("\n")[0], separator), [])
        if {ID, VERDICT} <= {name.strip().lstrip("'") for name in header}:
            return list(_rows(text, separator))
    return None


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)
