"""Put a folder where another one stands, in one step where the system can."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import secrets
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["swap_folders"]

_HERE = -100  # AT_FDCWD
_EXCHANGE = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS
_UNSUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


def swap_folders(new: Path, old: Path) -> None:
    """Let two folders change names. Whoever looks finds one of them under each.

    Where the system cannot swap (Windows, some network disks) there is a moment without
    `old`. Killed in it, the folder stays whole under a name beside that begins with
    ``replaced-``.
    """
    if _exchanged(new, old):
        return
    aside = old.with_name(f"replaced-{secrets.token_hex(8)}")
    old.rename(aside)
    try:
        new.rename(old)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.rename(old)
        raise
    aside.rename(new)


def _exchanged(new: Path, old: Path) -> bool:
    """Tell whether the system could swap the two in one step, and did."""
    if os.name != "posix":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    paths = os.fsencode(new), os.fsencode(old)
    if sys.platform == "darwin" and hasattr(library, "renamex_np"):
        failed = library.renamex_np(*paths, _EXCHANGE)
    elif hasattr(library, "renameat2"):
        failed = library.renameat2(_HERE, paths[0], _HERE, paths[1], _EXCHANGE)
    else:
        return False
    code = ctypes.get_errno()
    if failed and code not in _UNSUPPORTED:
        raise OSError(code, os.strerror(code))
    return not failed
