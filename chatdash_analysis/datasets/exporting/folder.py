"""A folder that is there whole or not at all.

Its files are written into a hidden folder beside it, which then gets its name. A lock file
tells whether the process that made the hidden folder still lives; the next export beside it
removes what a killed one left.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from chatdash_analysis.datasets.exporting.recipe import listed_files
from chatdash_analysis.datasets.exporting.swap import swap_folders
from chatdash_analysis.disk import replace_file, sync_folder
from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["check_folder", "publish"]

_PREFIX = ".chatdash-export-"
_LOCK = ".lock"
# Nobody else asks for a lock of ours, but for the moment of a sweep.
_PATIENCE = 10.0


def check_folder(path: str | Path, *, overwrite: bool) -> Path:
    """Return the path of a folder that `publish` can make, or say what is wrong with it.

    Raises
    ------
    InputError
        If it is there and is not to be replaced, or the folder that it should stand in is
        not there.
    """
    try:
        target = Path(path).absolute()
    except TypeError:
        raise InputError(
            f"path is a {type(path).__name__}. Give the name of a folder, as text or as a Path."
        ) from None
    with _disk_errors(target):
        if not target.parent.is_dir():
            raise InputError(
                f"The folder {str(path)!r} cannot be made: {target.parent.name!r}, which it should"
                " stand in, is no folder. Make that first, or choose another place."
            )
        _require_free(target, overwrite=overwrite)
    return target


@contextlib.contextmanager
def _disk_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    # A ValueError for a name with a NUL, the last for a disk that knows no locks.
    except (OSError, ValueError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"The folder {str(target)!r} could not be written ({reason}), so nothing was. Make"
            " room and see that you may write there, or choose another place."
        ) from error


def _require_free(target: Path, *, overwrite: bool) -> None:
    """Refuse to touch what is not an export of ours, or not to be replaced."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise InputError(f"{str(target)!r} is a file or a link. Give the name of a new folder.")
    if not target.exists():
        return
    if not overwrite:
        raise InputError(
            f"{str(target)!r} exists, and nothing was written. Give the name of a new folder, or"
            " overwrite=True to replace an export."
        )
    names = [path.name for path in target.iterdir()]
    strays = sorted(set(names) - listed_files(target)) if names else []
    if strays:
        raise InputError(
            f"{str(target)!r} holds other things than an export, such as {strays[0]!r}, which"
            " overwriting would destroy. Nothing was written. Give the name of a new folder."
        )


def publish(target: Path, contents: Mapping[str, bytes | memoryview], *, overwrite: bool) -> None:
    """Write files as one folder that appears whole, for its owner alone.

    Raises
    ------
    InputError
        If it cannot be written, or is there by now and is not to be replaced. What was
        there before is then unchanged.
    """
    with _disk_errors(target):
        _sweep(target.parent)
        with _staging(target.parent) as folder:
            for name, content in contents.items():
                replace_file(folder / name, content, beside=folder)
            sync_folder(folder)
            sync_folder(target.parent)  # fails while nothing is done yet, if at all
            _require_free(target, overwrite=overwrite)
            if target.exists():
                swap_folders(folder, target)
            else:
                folder.rename(target)
            sync_folder(target.parent)


@contextlib.contextmanager
def _staging(parent: Path) -> Iterator[Path]:
    folder = parent / f"{_PREFIX}{secrets.token_hex(8)}"
    lock = parent / f"{folder.name}{_LOCK}"
    # The lock waits for ever for a file that cannot be made; this says why it cannot.
    lock.touch(mode=0o600, exist_ok=False)
    with filelock.FileLock(lock, timeout=_PATIENCE, mode=0o600):
        try:
            folder.mkdir(mode=0o700)
            folder.chmod(0o700)  # whatever the umask took away
            yield folder
        finally:
            _remove(folder, lock)
    _remove(folder, lock)  # Windows lets no lock file go that is held


def _sweep(parent: Path) -> None:
    """Remove what killed exports left; those of processes that live hold their lock."""
    for lock in parent.glob(f"{_PREFIX}*{_LOCK}"):
        folder = lock.with_name(lock.name.removesuffix(_LOCK))
        with contextlib.suppress(OSError), filelock.FileLock(lock, timeout=0, mode=0o600):
            _remove(folder, lock)


def _remove(folder: Path, lock: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        with contextlib.suppress(OSError):
            lock.unlink(missing_ok=True)
