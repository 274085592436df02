"""Files that are there whole or not at all, in folders that only their owner reads."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from chatdash_analysis.errors import CacheError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "TEMPORARY",
    "disk_errors",
    "private_folder",
    "replace_file",
    "sync_folder",
    "writer_lock",
]

_PREFIX = ".chatdash-"
# What a killed writer may leave behind.
TEMPORARY = r"\.chatdash-\w+\.tmp"
_LOCK = ".lock"
_ADVICE = {
    errno.ENOSPC: "The disk is full: free some room",
    errno.EDQUOT: "The disk quota is used up: free some room",
    errno.EFBIG: "The file would be larger than allowed here: raise the limit",
    errno.EROFS: "The disk is read-only",
    errno.EACCES: "You may not do that",
    errno.EPERM: "You may not do that",
}


@contextmanager
def disk_errors(folder: Path, verb: str) -> Iterator[None]:
    """Turn what the disk refuses into a `CacheError` that says what to do."""
    try:
        yield
    except OSError as error:
        cause = _ADVICE.get(error.errno or 0, "Check the disk")
        raise CacheError(
            f"Cannot {verb} the cache in {folder}: {error.strerror or error}. {cause}, or choose"
            " another folder with cache_dir= or CHATDASH_CACHE_DIR. What the cache held before is"
            " still there."
        ) from error


def private_folder(folder: Path) -> None:
    """Make a folder, and those above it, for their owner only."""
    if folder.is_dir():
        return
    if not folder.parent.exists():
        private_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)


def replace_file(path: Path, content: bytes | memoryview, *, beside: Path) -> None:
    """Write `content` to `path` through a temporary file in the folder `beside`.

    The content is on disk before the name is; call `sync_folder` to have the name on
    disk, too.
    """
    # mkstemp gives mode 0600 whatever the umask.
    handle, name = tempfile.mkstemp(prefix=_PREFIX, suffix=".tmp", dir=beside)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)  # noqa: PTH105 - a name, not a path, comes from mkstemp
    except BaseException:
        with suppress(OSError):
            os.unlink(name)  # noqa: PTH108 - likewise
        raise


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk; does nothing where folders cannot be synced."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def writer_lock(folder: Path, timeout: float) -> Iterator[None]:
    """Hold the lock of the kernel that one writer at a time can have.

    Raises
    ------
    CacheError
        If another writer holds it for longer than `timeout` seconds.
    """
    from filelock import FileLock, Timeout  # readers need none

    lock = FileLock(folder / _LOCK, timeout=timeout, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise CacheError(
            f"Another process has been writing to the cache in {folder} for more than"
            f" {timeout:.0f} seconds. Try again when it has finished."
        ) from None
    try:
        yield
    finally:
        lock.release()
