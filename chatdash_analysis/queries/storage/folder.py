"""A folder of plain parquet files and a manifest: in its old or its new state, never between.

New files are written beside the old ones, under names that hold their digest. Then the
manifest is replaced, then the old files are removed. So whoever reads the manifest sees
one state, and whatever is killed in between leaves it readable.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatdash_analysis.disk import (
    TEMPORARY,
    private_folder,
    replace_file,
    sync_folder,
    writer_lock,
)
from chatdash_analysis.errors import CacheError, InputError
from chatdash_analysis.queries.storage.manifest import (
    MANIFEST,
    PART,
    Entry,
    Manifest,
    encode_manifest,
    read_manifest,
)
from chatdash_analysis.queries.storage.parts import (
    decode_array,
    decode_table,
    encode_array,
    encode_table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    import pandas as pd

    Tables = dict[str, pd.DataFrame]
    Arrays = dict[str, np.ndarray[Any, Any]]

__all__ = ["load_parts", "save_parts"]

_LOCK = "lock"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_OURS = re.compile(rf"{PART.pattern}|{TEMPORARY}")
_WAIT = 20.0
# A reader that finds files gone looks for the state that came after; writers are seldom.
_TRIES = 5


def save_parts(
    path: str | Path,
    *,
    tables: Mapping[str, pd.DataFrame],
    arrays: Mapping[str, np.ndarray[Any, Any]],
    facts: Mapping[str, Any],
) -> Path:
    """Save tables, arrays and facts as one folder, whole or not at all.

    Parameters
    ----------
    path : str or pathlib.Path
        A folder that is not there yet, is empty, or was saved by this function, whose
        content is then replaced. Files in it that are not of this function stay.
    tables : mapping of str to pandas.DataFrame
        Names are of a-z, 0-9 and _, at most 40 characters.
    arrays : mapping of str to numpy.ndarray
        Numbers in one or two dimensions; rows of two dimensions become lists of one length.
    facts : mapping
        What JSON can hold: texts, numbers, flags, None, lists, and mappings by text.

    Returns
    -------
    pathlib.Path
        The folder. Only its owner can enter it and read its files.

    Raises
    ------
    InputError
        If something cannot be saved, the folder holds other things, cannot be written, or is
        being written by another process. What was saved before is then unchanged.
    """
    folder = Path(path)
    contents, manifest = _encoded(tables, arrays, facts)
    with _disk_errors(folder, "written"):
        _require_ours(folder)
        private_folder(folder)
        with _locked(folder):
            _require_ours(folder)
            folder.chmod(0o700)
            try:
                _write(folder, contents, manifest)
            finally:
                _sweep(folder)
    return folder


def _encoded(
    tables: Mapping[str, pd.DataFrame],
    arrays: Mapping[str, np.ndarray[Any, Any]],
    facts: Mapping[str, Any],
) -> tuple[dict[str, bytes], bytes]:
    """Return the content of each file, and the manifest."""
    _check_names([*tables, *arrays])
    contents: dict[str, bytes] = {}
    entries: dict[str, Entry] = {}
    for name, table in tables.items():
        entries[name] = _entry("table", name, encode_table(name, table), len(table), contents)
    for name, array in arrays.items():
        entries[name] = _entry("array", name, encode_array(name, array), len(array), contents)
    return contents, encode_manifest(Manifest(facts, entries))


def _check_names(names: list[str]) -> None:
    wrong = [name for name in names if not (isinstance(name, str) and _NAME.fullmatch(name))]
    if wrong or len(set(names)) < len(names):
        raise InputError(
            f"The names {names!r} cannot all be names of files. Give each table and array a name"
            " of its own, of a-z, 0-9 and _, of at most 40 characters."
        )


def _entry(kind: str, name: str, content: bytes, rows: int, contents: dict[str, bytes]) -> Entry:
    digest = hashlib.sha256(content).hexdigest()
    file = f"{name}-{digest[:32]}.parquet"
    contents[file] = content
    return Entry(kind=kind, file=file, sha256=digest, rows=rows)


@contextlib.contextmanager
def _disk_errors(folder: Path, done: str) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except (OSError, ValueError) as error:  # a ValueError for a name with a NUL
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"The folder {str(folder)!r} could not be {done} ({reason}). Make room and see that it"
            " is yours, or choose another folder. What was saved there before is unchanged."
        ) from error


def _require_ours(folder: Path) -> None:
    """Refuse a folder that holds something else, before anything in it is touched."""
    if folder.is_file():
        raise InputError(f"{folder} is a file. Give the name of a folder.")
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    if MANIFEST in names:
        read_manifest(folder)
        return
    # What a first save leaves that was killed: the lock comes first, the manifest last.
    begun = _LOCK in names and all(name == _LOCK or _OURS.fullmatch(name) for name in names)
    if names and not begun:
        raise InputError(
            f"The folder {folder} holds other things and no saved clusters, so nothing was"
            " written. Give a folder of its own, one that is empty or not there yet."
        )


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(writer_lock(folder, _WAIT))
        except CacheError as error:
            raise InputError(
                f"Another process has been saving to {folder} for more than {_WAIT:g} seconds."
                " Wait until it is done, or choose another folder."
            ) from error
        yield


def _write(folder: Path, contents: Mapping[str, bytes], manifest: bytes) -> None:
    for file, content in contents.items():
        if not _holds(folder / file, content):
            replace_file(folder / file, content, beside=folder)
    sync_folder(folder)
    replace_file(folder / MANIFEST, manifest, beside=folder)
    sync_folder(folder)


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _sweep(folder: Path) -> None:
    """Remove files of ours that the manifest does not name."""
    try:
        manifest = read_manifest(folder) if (folder / MANIFEST).exists() else Manifest({}, {})
        named = {entry.file for entry in manifest.entries.values()}
        strays = [path for path in folder.iterdir() if _OURS.fullmatch(path.name)]
    except (InputError, OSError):
        return
    for path in strays:
        if path.name not in named:
            # Where a reader has it open, Windows does not let it go; the next save tries again.
            with contextlib.suppress(OSError):
                path.unlink()


def load_parts(path: str | Path) -> tuple[Tables, Arrays, dict[str, Any]]:
    """Load what `save_parts` saved.

    Parameters
    ----------
    path : str or pathlib.Path
        The folder.

    Returns
    -------
    tables : dict of str to pandas.DataFrame
    arrays : dict of str to numpy.ndarray
    facts : dict

    Raises
    ------
    InputError
        If there is nothing saved, if it is damaged or of a newer format.
    """
    folder = Path(path)
    with _disk_errors(folder, "read"):
        for _ in range(_TRIES):
            manifest = read_manifest(folder)
            contents = {
                name: _content(folder / entry.file) for name, entry in manifest.entries.items()
            }
            missing = [name for name, content in contents.items() if content is None]
            # A writer may have removed them; then the manifest is another one by now.
            if not missing or read_manifest(folder) == manifest:
                break
    return _decoded(folder, manifest, contents)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _decoded(
    folder: Path, manifest: Manifest, contents: Mapping[str, bytes | None]
) -> tuple[Tables, Arrays, dict[str, Any]]:
    tables: Tables = {}
    arrays: Arrays = {}
    for name, entry in manifest.entries.items():
        content = _checked(folder, entry, contents[name])
        if entry.kind == "table":
            tables[name] = decode_table(content)
        else:
            arrays[name] = decode_array(content)
    return tables, arrays, dict(manifest.facts)


def _checked(folder: Path, entry: Entry, content: bytes | None) -> bytes:
    if content is not None and hashlib.sha256(content).hexdigest() == entry.sha256:
        return content
    state = "is missing" if content is None else "is not as it was saved"
    raise InputError(
        f"The file {folder / entry.file} {state}, so that the clusters cannot be loaded. Bring the"
        " folder back from a copy, or make and save the clusters again elsewhere."
    )
