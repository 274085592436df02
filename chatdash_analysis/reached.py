"""In which conversations there was somebody to speak with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.endings.families import NOT_REACHED, UNKNOWN, endings
from chatdash_analysis.segments import with_flag

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

__all__ = ["connected", "reach_is_told"]


def connected(conversations: pd.DataFrame) -> Flags:
    """Tell in which conversations there was somebody to speak with.

    Not where ``interacted`` is false, ``no_answer`` is true, or ``ended_reason`` says that
    nobody was reached (busy, voicemail, ...). What is missing says nothing against it, be
    it a value or a whole column.

    Raises
    ------
    InputError
        If ``interacted`` or ``no_answer`` holds more than true, false and missing.
    """
    silent = _is(conversations, "interacted", False)
    unanswered = _is(conversations, "no_answer", True)
    return ~(silent | unanswered | _not_reached(conversations))


def reach_is_told(conversations: pd.DataFrame) -> Flags:
    """Tell in which conversations anything says whether there was somebody to speak with."""
    told = np.zeros(len(conversations), dtype=np.bool_)
    for name in ("interacted", "no_answer"):
        if name in conversations.columns:
            told |= conversations[name].notna().to_numpy(np.bool_)
    families = _families(conversations)
    return told | np.asarray(families.notna() & families.ne(UNKNOWN), dtype=np.bool_)


def _is(conversations: pd.DataFrame, name: str, value: bool) -> Flags:
    if name not in conversations.columns:
        return np.zeros(len(conversations), dtype=np.bool_)
    column = with_flag(conversations, name)[name].astype("boolean")
    return np.asarray(column.eq(value).fillna(value=False), dtype=np.bool_)


def _not_reached(conversations: pd.DataFrame) -> Flags:
    return np.asarray(_families(conversations).isin(NOT_REACHED), dtype=np.bool_)


def _families(conversations: pd.DataFrame) -> pd.Series:
    if "ended_reason" not in conversations.columns:
        return pd.Series(None, index=range(len(conversations)), dtype="str")
    frame = conversations[["ended_reason"]].assign(platform=conversations.get("platform"))
    return endings(frame)["ended_family"]
