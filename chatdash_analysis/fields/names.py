"""The names of people in conversations, to tell names among the values of fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatdash_analysis.fields.suspicion import key_words

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["names_of"]

_COLUMNS = ("name", "live_agent_name")


def names_of(frame: pd.DataFrame) -> frozenset[str]:
    """Return the parts of the names of customers and staff, in lower case."""
    held = [frame[name] for name in _COLUMNS if name in frame.columns]
    names = {name for column in held for name in column.dropna().unique() if isinstance(name, str)}
    return frozenset(word for name in names for word in key_words(name) if len(word) > 1)
