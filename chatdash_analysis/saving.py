"""Save a table for use elsewhere: whole or not at all, readable by its owner alone."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pandas as pd

from chatdash_analysis.disk import replace_file
from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

__all__ = ["check_target", "disarmed", "save_table", "write_bytes", "write_file"]

# Python's white space without the line feed. Arrow, which replaces faster, counts fewer as such.
_SPACES = "[\t\v\f\r\x1c-\x1f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*"
# Signs in full width count, too.
_MINUS_OR_PLUS = "+\\-\uff0b\uff0d\ufe62\ufe63\u2212"
_EQUALS_OR_AT = "=@\uff1d\uff20\ufe66\ufe6b"
# The start of a line that a spreadsheet may run as a formula, also after spaces: a cell of several
# lines can be pasted as several cells.
_LINE = f"(?m)^({_SPACES}[{_EQUALS_OR_AT}{_MINUS_OR_PLUS}\t\r])"
# The same behind what separates cells elsewhere: where that is a semicolon, a quote in the middle
# of a line holds nothing together. A smiley is no formula.
_CELL = f"([;|\t])({_SPACES}(?:[{_EQUALS_OR_AT}]|[{_MINUS_OR_PLUS}][\\w(=@+.,$\\-]))"


def save_table(table: pd.DataFrame, path: str | Path) -> Path:
    """Save a table as ``.parquet`` or ``.csv``, as the name of the file says.

    Parquet is lossless: ``pandas.read_parquet`` gives the dtypes and the
    ``attrs`` back. CSV is for spreadsheets: UTF-8 with a byte order mark (without it
    Excel takes the file for another encoding), every cell quoted, missing values empty,
    and what a spreadsheet would run as a formula gets a leading apostrophe: lines of text,
    names of columns too, that start with ``=``, ``+``, ``-`` or ``@``, also in full width or
    after spaces, with a tab or a carriage return, and what follows a semicolon, a bar or a
    tab, at which some spreadsheets cut.

    The file appears whole or not at all, and only its owner may read it.

    Raises
    ------
    InputError
        The name ends in something else, or the file cannot be written.
    """
    target = check_target(path)
    write = _WRITERS[target.suffix.lower()]
    write_file(target, lambda file: write(table, file))
    return target


def check_target(path: str | Path, *, endings: Sequence[str] = (".parquet", ".csv")) -> Path:
    """Return the path of a file that can be written, or say what is wrong with it.

    Raises
    ------
    InputError
        The name has none of the endings, or its folder is not there.
    """
    target = Path(path)
    if target.suffix.lower() not in endings:
        raise InputError(
            f"The name of the file decides its format, and {target.name!r} "
            + (
                f"does not end in {endings[0]}. Choose a name that does."
                if len(endings) == 1
                else f"ends in neither {' nor '.join(endings)}. Choose one of the two."
            )
        )
    if not _is_folder(target.parent) or _is_folder(target):
        raise InputError(
            f"{target} cannot be written: its folder is not there, or it is a folder itself. "
            "Make the folder first, or choose another file."
        )
    return target


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long
        return False


def _write_parquet(table: pd.DataFrame, file: IO[bytes]) -> None:
    table.to_parquet(file, engine="pyarrow", compression="zstd", index=False)


def _write_csv(table: pd.DataFrame, file: IO[bytes]) -> None:
    safe = table.set_axis(disarmed(pd.Series(map(str, table.columns), dtype="str")), axis=1)
    for place, dtype in enumerate(table.dtypes):
        if not _is_harmless(dtype):
            safe.isetitem(place, disarmed(table.iloc[:, place]))
    safe.to_csv(
        file, index=False, quoting=csv.QUOTE_ALL, encoding="utf-8-sig", lineterminator="\r\n"
    )


def _is_harmless(dtype: Any) -> bool:
    """Tell whether a column holds numbers, flags or instants, whatever library made it."""
    types = pd.api.types
    return bool(
        types.is_numeric_dtype(dtype)
        or types.is_datetime64_any_dtype(dtype)
        or types.is_timedelta64_dtype(dtype)
    )


def disarmed(column: pd.Series) -> pd.Series:
    """Return the values as texts that no spreadsheet runs as a formula; missing ones stay so."""
    if not isinstance(column.dtype, pd.StringDtype):
        column = column.astype("object").map(str, na_action="ignore").astype("str")
    lines = column.str.replace(_LINE, r"'\1", regex=True)
    return lines.str.replace(_CELL, r"\1'\2", regex=True)


_WRITERS: dict[str, Callable[[pd.DataFrame, Any], None]] = {
    ".parquet": _write_parquet,
    ".csv": _write_csv,
}


def write_file(target: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Let `write` fill a file that appears whole or not at all, for its owner alone.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    content = io.BytesIO()
    write(content)
    write_bytes(target, content.getbuffer())


def write_bytes(target: Path, data: bytes | memoryview) -> None:
    """Write a file that appears whole or not at all, for its owner alone.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    try:
        replace_file(target, data, beside=target.parent)
    except OSError as error:
        raise InputError(
            f"{target} could not be written ({error.strerror or error}). "
            "Choose another file, or make room for this one."
        ) from error
