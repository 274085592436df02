"""Count the members of JSON objects without decoding them.

In sound JSON a quote inside a text stands behind a backslash. So a quote and a colon
after it end a key, unless a backslash is before them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import Any

__all__ = ["count_members"]

QUOTE, COLON, BACKSLASH, SPACE, N = b'":\\ n'


def count_members(text: bytes | memoryview) -> int | None:
    """Count the keys whose value is not null, at every depth of sound JSON.

    Returns
    -------
    int or None
        Never too low; too high where a text begins with a colon; None where white
        space or backslashes make it hard to tell.
    """
    data = np.frombuffer(text, np.uint8)
    if len(data) < 8:
        return 0
    quote, following = data[2:-3] == QUOTE, data[3:-2]
    spaced = np.flatnonzero(quote & (following <= SPACE)) + 2
    colons = np.flatnonzero(quote & (following == COLON)) + 2
    inside = data[colons - 1] == BACKSLASH
    if _may_end(data, spaced) or (data[colons[inside] - 2] == BACKSLASH).any():
        return None
    keys = colons[~inside]
    values = data[keys + 2]
    values = np.where(values == SPACE, data[keys + 3], values)
    return None if (values <= SPACE).any() else int(np.count_nonzero(values != N))


def _may_end(data: Any, quotes: Any) -> bool:
    """Whether one of these quotes may end a text or a key, not stand in one."""
    before, further = data[quotes - 1], data[quotes - 2]
    return bool(((before != BACKSLASH) | (further == BACKSLASH)).any())
