"""In which conversations there was somebody to speak with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.endings.families import NOT_REACHED, endings
from chatdash_analysis.segments import with_flag

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

__all__ = ["connected"]


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


def _is(conversations: pd.DataFrame, name: str, value: bool) -> Flags:
    if name not in conversations.columns:
        return np.zeros(len(conversations), dtype=np.bool_)
    column = with_flag(conversations, name)[name].astype("boolean")
    return np.asarray(column.eq(value).fillna(value=False), dtype=np.bool_)


def _not_reached(conversations: pd.DataFrame) -> Flags:
    if "ended_reason" not in conversations.columns:
        return np.zeros(len(conversations), dtype=np.bool_)
    frame = conversations[["ended_reason"]].assign(platform=conversations.get("platform"))
    families = endings(frame)["ended_family"]
    return np.asarray(families.isin(NOT_REACHED), dtype=np.bool_)
