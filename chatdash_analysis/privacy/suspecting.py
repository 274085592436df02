"""Columns of a guarded table that may still name people: for the user to look at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.privacy.pseudonyms import IDENTIFIER_KINDS
from chatdash_analysis.schema import BY_NAME
from chatdash_analysis.text.names import looks_like_name

if TYPE_CHECKING:
    import pandas as pd

    from chatdash_analysis.privacy.rules import Words

__all__ = ["with_suspected"]

_IDS = frozenset({"conversation_id", "agent_id", "user_key"})
# Without points: versions of browsers have as many digits.
_NUMBER = re.compile(r"(?<![\w-])\+?\d[\d ()/-]{5,}\d(?![\w-])")
_FEWEST, _MOST = 7, 15
_LOOK = 200
# Shares of different texts that look like names; and how often one comes on average, as a share.
_NAMES, _RARE = 0.5, 0.2
# Single words with capitals are names more seldom: cities and products are written so.
_WORDS, _DIFFERENT, _SINGLE = 0.8, 10, 0.5


def with_suspected(done: dict[str, Any], frame: pd.DataFrame, words: Words) -> dict[str, Any]:
    """Return what was done, with the list ``suspected`` if there is something to look at.

    Parameters
    ----------
    done : dict
        What was done to the table.
    frame : pandas.DataFrame
        The table afterwards.
    words : Words
        What the user said of columns; those are not looked at.
    """
    found = [name for name in frame.columns if _suspected(frame[name], str(name), words)]
    return {**done, "suspected": [str(name) for name in found]} if found else done


def _suspected(column: pd.Series, name: str, words: Words) -> bool:
    if name in _IDS or name in IDENTIFIER_KINDS or words.said_of(frozenset({name})):
        return False
    known = BY_NAME.get(name)
    if known is not None and (known.pii or known.kind != "text"):
        return False
    held = [item for item in column.tolist() if isinstance(item, str) and item]
    distinct = sorted(set(held))
    if any(_holds_contact(text) for text in distinct):
        return True
    return known is None and bool(distinct) and _names(distinct, len(distinct) / len(held))


def _holds_contact(text: str) -> bool:
    if "@" in text:
        return True
    numbers = _NUMBER.findall(text)
    return any(_FEWEST <= sum(map(str.isdigit, number)) <= _MOST for number in numbers)


def _names(distinct: list[str], rare: float) -> bool:
    places = np.linspace(0, len(distinct) - 1, min(len(distinct), _LOOK)).astype(int)
    texts = [distinct[place] for place in places]
    named = [text for text in texts if looks_like_name(text)]
    several = sum(" " in text for text in named)
    if several / len(texts) >= _NAMES and rare >= _RARE:
        return True
    many = len(distinct) >= _DIFFERENT and rare > _SINGLE
    return many and len(named) / len(texts) >= _WORDS
