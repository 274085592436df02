"""Lead the store from one state to the next, by one writer at a time."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from chatdash_analysis.disk import (
    TEMPORARY,
    disk_errors,
    private_folder,
    replace_file,
    sync_folder,
    writer_lock,
)
from chatdash_analysis.errors import CacheError
from chatdash_analysis.loading import parts
from chatdash_analysis.loading.manifest import load, save

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chatdash_analysis.loading.manifest import Manifest

__all__ = ["transact"]

_TEMPORARY = re.compile(TEMPORARY)


def transact(folder: Path, change: Callable[[Manifest], Manifest], timeout: float) -> None:
    """Replace the state of the store by what `change` makes of it.

    New parts are on disk before the manifest that names them; old ones go after it.
    What a killed or failed writer left behind goes too.

    Raises
    ------
    CacheError
        If the disk refuses, or other writers take longer than `timeout` seconds.
    """
    with disk_errors(folder, "write to"):
        private_folder(folder / parts.FOLDER)
        with writer_lock(folder, timeout):
            _prepare(folder)
            before = after = load(folder)
            try:
                after = change(before)
                if after != before:
                    sync_folder(folder / parts.FOLDER)
                    save(folder, after)
            finally:
                _tidy(folder, (before, after))


def _prepare(folder: Path) -> None:
    # Under the lock: whoever holds it deletes the unfinished files of others.
    for place in (folder, folder / parts.FOLDER):
        if place.stat().st_mode & 0o077:
            place.chmod(0o700)
    # The folder may lie inside somebody's repository, and it holds personal data.
    ignore = folder / ".gitignore"
    if not ignore.exists():
        replace_file(ignore, b"*\n", beside=folder)


def _tidy(folder: Path, states: tuple[Manifest, Manifest]) -> None:
    """Delete what the manifest does not name; nothing if the manifest is in doubt."""
    with contextlib.suppress(OSError, CacheError):
        state = load(folder)
        if state not in states:
            return
        named = {part.file for part in state.parts}
        for file in (folder / parts.FOLDER).iterdir():
            if parts.NAME.fullmatch(file.name) and file.name not in named:
                file.unlink()
        for file in folder.iterdir():
            if _TEMPORARY.fullmatch(file.name):
                file.unlink()
