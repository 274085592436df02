"""Files that are whole or not there: written beside, synced, renamed; one writer at a time."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from typing import TYPE_CHECKING

import filelock

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

TEMPORARY = r"tmp-[0-9a-f]{16}"

_LOCK = "lock"
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would change line ends without it
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_ELSEWHERE = "choose another folder with cache_dir= or CHATDASH_CACHE_DIR"


@contextlib.contextmanager
def disk_errors(folder: Path, doing: str) -> Iterator[None]:
    """Turn an OSError inside into an error that says what to do.

    Raises
    ------
    CacheError
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise CacheError(
            f"Cannot {doing} the cache in {folder}: {reason}. What was stored before is"
            f" unchanged. {_advice(error.errno)}"
        ) from error


def _advice(code: int | None) -> str:
    if code in _FULL:
        return f"Free some space there, or {_ELSEWHERE}."
    if code in _FORBIDDEN:
        return f"Make the folder readable and writable for you, or {_ELSEWHERE}."
    return f"Check the disk and the folder, or {_ELSEWHERE}."


def private_folder(folder: Path) -> None:
    """Create a folder that only its owner can enter, with the parents that are missing."""
    if not folder.is_dir():
        private_folder(folder.parent)
        with contextlib.suppress(FileExistsError):  # another process was faster
            folder.mkdir(mode=0o700)
            folder.chmod(0o700)  # whatever the umask took away


def replace_file(target: Path, content: bytes | memoryview, *, beside: Path) -> None:
    """Write a private file whole: under another name in `beside`, synced, then renamed."""
    temporary = beside / f"tmp-{secrets.token_hex(8)}"
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        with os.fdopen(handle, "wb", buffering=0) as file:
            temporary.chmod(0o600)  # whatever the umask took away
            view = memoryview(content)
            while view:
                view = view[file.write(view) :]
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` last through a power cut."""
    if os.name != "posix":  # elsewhere a folder cannot be opened, nor need it be
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def writer_lock(folder: Path, timeout: float) -> Iterator[None]:
    """Hold the kernel's lock that only one writer of `folder` can have.

    Raises
    ------
    CacheError
        If another process holds it for longer than `timeout` seconds.
    """
    lock = filelock.FileLock(folder / _LOCK, timeout=timeout, mode=0o600)
    try:
        lock.acquire(poll_interval=0.02)
    except filelock.Timeout as error:
        raise CacheError(
            f"Another process has been writing to the cache in {folder} for more than"
            f" {timeout:g} seconds. Wait until it is done, or end it, and try again."
        ) from error
    try:
        yield
    finally:
        lock.release()
