"""The words that tell where personal data stand, read once from ``personal.toml``."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["choices", "personal_words"]


@cache
def personal_words(kind: str) -> frozenset[str]:
    """Return one of the lists, in lower case."""
    import tomllib

    lists = tomllib.loads((files(__package__) / "personal.toml").read_text("utf-8"))
    return frozenset(lists[kind])


def choices(phrases: Iterable[str]) -> str:
    """Return a pattern that matches any of some phrases, longer ones first."""
    ordered = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return "|".join(map(re.escape, ordered))
