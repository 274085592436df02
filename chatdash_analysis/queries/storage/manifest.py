"""The manifest of saved clusters: which files belong to the state, and plain facts."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["MANIFEST", "PART", "Entry", "Manifest", "encode_manifest", "read_manifest"]

MANIFEST = "manifest.json"
PART = re.compile(r"[a-z][a-z0-9_]{0,39}-[0-9a-f]{32}\.parquet")

_FORMAT = "chatdash_analysis clusters"
_VERSION = 1
_KINDS = ("table", "array")


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One file: ``kind`` (``"table"`` or ``"array"``), its name, its digest, its rows."""

    kind: str
    file: str
    sha256: str
    rows: int


@dataclasses.dataclass(frozen=True, slots=True)
class Manifest:
    """One state of the folder."""

    facts: Mapping[str, Any]
    entries: dict[str, Entry]


def encode_manifest(manifest: Manifest) -> bytes:
    """Return the manifest as JSON that carries its own digest.

    Raises
    ------
    InputError
        If the facts are more than JSON can hold.
    """
    content = {
        "facts": manifest.facts,
        "files": {name: dataclasses.asdict(entry) for name, entry in manifest.entries.items()},
    }
    try:
        again = json.loads(_canonical(content))["facts"]
        same = isinstance(again, dict) and bool(again == manifest.facts)
    except (TypeError, ValueError, RecursionError):
        same = False
    if not same:
        raise InputError(
            "The facts cannot be saved as JSON. Give texts, whole and finite numbers, flags, None,"
            " lists, and mappings by text."
        )
    head = {"format": _FORMAT, "version": _VERSION, "sha256": _digest(content)}
    return json.dumps({**head, **content}, indent=1, allow_nan=False).encode()


def _canonical(content: dict[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(content).encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read and check the manifest in `folder`.

    Raises
    ------
    InputError
        If it is not there, damaged, of something else, or of a newer format.
    """
    try:
        text = (folder / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(
            f"There are no saved clusters in {folder}: it holds no {MANIFEST}. Give the folder"
            " that they were saved to."
        ) from None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _damaged(folder) from error
    if not isinstance(found, dict) or found.get("format") != _FORMAT:
        raise InputError(
            f"The {MANIFEST} in {folder} belongs to something else than saved clusters. Give"
            " another folder."
        )
    _check_version(folder, found.get("version"))
    return _parsed(folder, found)


def _damaged(folder: Path) -> InputError:
    return InputError(
        f"The file {folder / MANIFEST} is not as it was saved, so that the clusters cannot be"
        " used. Bring the folder back from a copy, or delete it and save the clusters again."
    )


def _check_version(folder: Path, version: object) -> None:
    if isinstance(version, int) and version > _VERSION:
        raise InputError(
            f"The clusters in {folder} were saved by a newer version of chatdash_analysis (format"
            f" {version}; this version knows {_VERSION}). Update the package, or give another"
            " folder."
        )
    if version != _VERSION or isinstance(version, bool):
        raise _damaged(folder)


def _parsed(folder: Path, found: dict[str, Any]) -> Manifest:
    try:
        content = {name: found[name] for name in ("facts", "files")}
        whole = _digest(content) == found["sha256"]
        entries = {name: Entry(**entry) for name, entry in content["files"].items()}
        fit = all(PART.fullmatch(e.file) and e.kind in _KINDS for e in entries.values())
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _damaged(folder) from error
    if not (whole and fit):
        raise _damaged(folder)
    return Manifest(content["facts"], entries)
