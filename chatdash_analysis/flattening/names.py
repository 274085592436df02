"""Column names of dynamic fields, decided by the set of fields and nothing else."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING

from chatdash_analysis.schema import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chatdash_analysis.flattening.flatten import Path

__all__ = ["CLASH", "both_names", "column_names", "raw_key"]

MAX_LENGTH = 80
# What the name of a field ends in that had to give way to another one.
CLASH = r"__[0-9a-f]{8}$"

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"\W+")


def column_names(paths: Iterable[Path], prefix: str) -> dict[Path, str]:
    """Name each field: snake_case, unique, independent of the order of `paths`.

    Where several fields would have the same name, the one that is spelt like it
    keeps it (else the first in alphabetical order); the others get a suffix made
    from their own spelling.
    """
    groups: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        groups[both_names(path, prefix)[0]].append(path)
    names = {}
    for name, members in groups.items():
        members.sort(key=lambda path: (prefix + "_".join(path) != name, len(path), path))
        for place, path in enumerate(members):
            plain = place == 0 and name not in BY_NAME
            names[path] = name if plain else both_names(path, prefix)[1]
    return names


def both_names(path: Path, prefix: str) -> tuple[str, str]:
    """Return the name that a field has alone, and the one it has beside its like."""
    name = prefix + _snake(path)
    return name, f"{name}__{_digest(path)}"


def _snake(path: Path) -> str:
    parts = []
    for key in path:
        text = _CAMEL.sub("_", unicodedata.normalize("NFKC", key))
        parts.append(_OTHER.sub("_", text).lower().strip("_") or "unnamed")
    name = "_".join(parts)
    return name if len(name) <= MAX_LENGTH else f"{name[:MAX_LENGTH]}__{_digest(path)}"


def _digest(path: Path) -> str:
    return hashlib.blake2s(json.dumps(path).encode(), digest_size=4).hexdigest()


def raw_key(path: Path) -> str:
    """Write a path as the key that the platform sent, keys of keys joined by dots."""
    return ".".join(key.replace(".", "\\.") for key in path)
