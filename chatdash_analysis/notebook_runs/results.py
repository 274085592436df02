"""Where the result of a run lies, and what of it is kept."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from chatdash_analysis.errors import InputError
from chatdash_analysis.loading.folders import exports_folder
from chatdash_analysis.notebook_runs.places import SUFFIX
from chatdash_analysis.notebook_runs.values import without_key
from chatdash_analysis.saving import write_bytes

if TYPE_CHECKING:
    from typing import Any

__all__ = ["check_result", "has_run", "keep_result"]

# What papermill notes of a run and others may see.
_NOTES = ("parameters", "start_time", "end_time", "duration", "exception", "version")


def check_result(notebook: Path, output: str | Path | None) -> Path:
    """Return the file to write, or the folder where a new one gets its name.

    Raises
    ------
    InputError
        If the file cannot be written, or is the notebook itself.
    """
    if output is None:
        return _exports()
    target = Path(output)
    try:
        usable = target.parent.is_dir() and not target.is_dir()
        is_source = target.exists() and target.samefile(notebook)
    except (OSError, ValueError):  # too long a name, or a zero byte in it
        usable = is_source = False
    if target.suffix != SUFFIX or not usable or not os.access(target.parent, os.W_OK):
        raise InputError(
            f"{target} cannot be written: its name does not end in {SUFFIX}, its folder is not "
            "there or not yours to write, or it is a folder itself. Choose another file."
        )
    if is_source:
        raise InputError(
            f"{target} is the notebook itself; its results go into another file. Choose another "
            "name, or leave the output out."
        )
    return target


def _exports() -> Path:
    try:
        folder = exports_folder()
        writable = os.access(folder, os.W_OK)
    except OSError:  # no working directory, or a file where the folder should be
        writable = False
    if not writable:
        raise InputError(
            "The result cannot be saved: neither data/exports of the project that you stand in "
            "nor the working folder can be written. Name a file with -o."
        )
    return folder


def has_run(notebook: Any) -> bool:
    """Tell whether a cell was begun."""
    return any(cell.get("execution_count") for cell in notebook.cells)


def keep_result(notebook: Any, target: Path, *, name: str) -> Path:
    """Save what ran, for its owner alone, without the key and what tells of this machine.

    Return its path, from the working directory where it lies below. `target` is the file, or the
    folder that gets a new one called after `name` and the time.

    Raises
    ------
    InputError
        If the file cannot be written; it says where the result is instead.
    """
    import nbformat

    _clean(notebook)
    content = without_key(nbformat.writes(notebook)).encode()
    try:
        return _shown(_written(content, target, name))
    except InputError as error:
        raise InputError(f"{error} {_kept_elsewhere(content, name)}") from error


def _kept_elsewhere(content: bytes, name: str) -> str:
    """Save beside temporary files what cannot be saved where it should be; say how that went."""
    try:
        kept = _written(content, Path(tempfile.gettempdir()), name)
    except (InputError, OSError):
        return "What ran could not be kept anywhere else either."
    return f"For now, what ran is kept in {kept}"


def _written(content: bytes, target: Path, name: str) -> Path:
    """Write a result into a file, or into a new one of a folder."""
    if not target.is_dir():
        write_bytes(target, content)
        return target
    file = _new_file(target, name)
    try:
        write_bytes(file, content)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return file


def _clean(notebook: Any) -> None:
    noted = notebook.metadata.get("papermill", {})
    notebook.metadata["papermill"] = {key: noted[key] for key in _NOTES if key in noted}
    for cell in notebook.cells:
        # It calls cells complete that an interrupt kept from running.
        cell.metadata.pop("papermill", None)
        if not cell.metadata.get("tags", True):
            del cell.metadata["tags"]


def _new_file(folder: Path, name: str) -> Path:
    """Make an empty file of a name that is free."""
    stem = f"{name}-{datetime.now().astimezone():%Y-%m-%d-%H%M%S}"
    for number in count(1):
        file = folder / f"{stem}{f'-{number}' * (number > 1)}{SUFFIX}"
        try:
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            continue
        except OSError as error:
            raise InputError(
                f"{file} could not be written ({error.strerror}). Name a file with -o."
            ) from error
        return file
    raise AssertionError


def _shown(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
