"""Save a table for use elsewhere: whole or not at all, readable by its owner alone."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import IO, TYPE_CHECKING

from chatdash_analysis.disk import replace_file
from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import pandas as pd

__all__ = ["check_target", "save_table", "write_file"]

# Python's white space without the line feed. Arrow, which replaces faster, counts fewer as such.
_SPACES = "[\t\v\f\r\x1c-\x1f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*"
# The start of a line that a spreadsheet may run as a formula, also in full width, and after
# spaces: a cell of several lines can be pasted as several cells.
FORMULA = f"(?m)^({_SPACES}[=+\\-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b\u2212\t\r])"


def save_table(table: pd.DataFrame, path: str | Path) -> Path:
    """Save a table as ``.parquet`` or ``.csv``, as the name of the file says.

    Parquet is lossless: ``pandas.read_parquet`` gives the dtypes and the
    ``attrs`` back. CSV is for spreadsheets: UTF-8 with a byte order mark (without it
    Excel takes the file for another encoding), every cell quoted, missing values empty,
    and lines of text that a spreadsheet would run as a formula (they start with ``=``,
    ``+``, ``-`` or ``@``, also in full width or after spaces, with a tab or a carriage
    return) get a leading apostrophe.

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


def check_target(path: str | Path) -> Path:
    """Return the path of a file that `save_table` can write, or say what is wrong with it.

    Raises
    ------
    InputError
        The name ends in neither ``.parquet`` nor ``.csv``, or its folder is not there.
    """
    target = Path(path)
    if target.suffix.lower() not in _WRITERS:
        raise InputError(
            f"The name of the file decides its format, and {target.name!r} ends in neither "
            ".parquet nor .csv. Choose one of the two."
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
    texts = table.select_dtypes(include="str").columns
    safe = {name: table[name].str.replace(FORMULA, r"'\1", regex=True) for name in texts}
    table.assign(**safe).to_csv(
        file, index=False, quoting=csv.QUOTE_ALL, encoding="utf-8-sig", lineterminator="\r\n"
    )


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
    try:
        replace_file(target, content.getbuffer(), beside=target.parent)
    except OSError as error:
        raise InputError(
            f"{target} could not be written ({error.strerror or error}). "
            "Choose another file, or make room for this one."
        ) from error
