"""Where the cache lies."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from chatdash_analysis.errors import InputError

__all__ = ["cache_folder", "exports_folder", "project_folder", "public_address", "store_folder"]

_VARIABLE = "CHATDASH_CACHE_DIR"


def cache_folder(cache_dir: str | os.PathLike[str] | None = None) -> Path:
    """Return the cache folder; it need not exist yet.

    The first of: `cache_dir`; the environment variable ``CHATDASH_CACHE_DIR``;
    ``data/cache`` in the working directory or its nearest parent that holds both
    ``pyproject.toml`` and ``data``; the user's cache folder.

    Raises
    ------
    InputError
        If the place is a file, or the home folder of ``~`` is unknown.
    """
    given = cache_dir if cache_dir is not None else os.environ.get(_VARIABLE) or None
    if given is None:
        return _project_cache() or _user_cache()
    source = "cache_dir" if cache_dir is not None else _VARIABLE
    if not isinstance(given, (str, os.PathLike)) or not os.fspath(given):
        raise InputError(f"{source}={given!r} names no folder. Name one, or leave it out.")
    try:
        folder = Path(given).expanduser().absolute()
        is_file = folder.exists() and not folder.is_dir()
    except (RuntimeError, ValueError, TypeError, OSError) as error:
        raise InputError(f"{source}={given!r}: {error} Give the full path.") from error
    if is_file:
        raise InputError(f"{source}={folder} is a file. Name a folder for the cache.")
    return folder


def _project_cache() -> Path | None:
    project = project_folder()
    return project / "data" / "cache" if project else None


def project_folder() -> Path | None:
    """Return the project that the working directory lies in, if it lies in one."""
    try:
        here = Path.cwd()
    except OSError:  # the working directory has been deleted
        return None
    for folder in (here, *here.parents):
        if (folder / "pyproject.toml").is_file() and (folder / "data").is_dir():
            return folder
    return None


def _user_cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("chatdash")


def exports_folder(cache: Path | None = None) -> Path:
    """Return the folder of exports beside the cache of a project, else the working directory.

    Without `cache` the project is the one that the working directory lies in.
    """
    cache = cache or _project_cache()
    if cache is None or (cache.parent.name, cache.name) != ("data", "cache"):
        return Path.cwd()
    exports = cache.with_name("exports")
    exports.mkdir(mode=0o700, exist_ok=True)
    return exports


def store_folder(cache: Path, base_url: str) -> Path:
    """Return the folder of the store of one service: its host, readable, and a hash."""
    address = public_address(base_url)
    parts = urlsplit(address if "//" in address else f"//{address}")
    slug = re.sub(r"[^a-z0-9.]+", "-", parts.netloc.lower()).strip(".-")[:60] or "service"
    return cache / f"{slug}-{hashlib.sha256(address.encode()).hexdigest()[:10]}"


def public_address(base_url: str) -> str:
    """Return the address without a name and password in it, and without a slash at the end."""
    return re.sub(r"^([a-z]+://)?[^/]*@", r"\1", base_url, flags=re.IGNORECASE).rstrip("/")
