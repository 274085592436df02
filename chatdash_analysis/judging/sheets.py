"""The sheet that people fill in: what they need to judge, and nothing that tells the verdict."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.schema import BY_NAME
from chatdash_analysis.tables import require_columns
from chatdash_analysis.text.known import known_texts
from chatdash_analysis.text.scrubbing import scrub

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CODE", "FILLED", "ID", "NOTE", "VERDICT", "filled_sheet", "shown_columns"]

ID = "conversation_id"
VERDICT = "human_verdict"
NOTE = "human_note"
CODE = "sampling_code"
FILLED = (VERDICT, NOTE, CODE)
_SHOWN = (
    "agent_id", "created_at", "channel", "duration_minutes", "ended_reason", "summary",
    "misunderstood_queries",
)  # fmt: skip


def shown_columns(
    conversations: pd.DataFrame, by: Sequence[str], columns: Sequence[str] | None, use: str
) -> list[str]:
    """Return what stands between the id and the cells to fill in."""
    if isinstance(columns, str):
        raise InputError(f"columns={columns!r} is one text. Give a list of names of columns.")
    if columns is None:
        chosen = [name for name in _SHOWN if name in conversations.columns]
    else:
        chosen = list(columns)
    require_columns(conversations, chosen, use)
    names = [name for name in dict.fromkeys([*by, *chosen]) if name != ID]
    clash = [name for name in names if name in FILLED]
    if clash:
        raise InputError(f"The sheet has a column {clash[0]} of its own. Rename yours.")
    return names


def filled_sheet(
    drawn: pd.DataFrame, names: Sequence[str], codes: Sequence[str], *, scrubbed: bool
) -> pd.DataFrame:
    """Return the sheet of conversations that were drawn."""
    known = known_texts(drawn) if scrubbed else None
    shown = {name: _shown(drawn[name], known) for name in names}
    sheet = pd.DataFrame({ID: drawn[ID].astype("str"), **shown}).reset_index(drop=True)
    return sheet.assign(
        **{
            VERDICT: pd.array([None] * len(sheet), dtype="boolean"),
            NOTE: pd.array([None] * len(sheet), dtype="str"),
            CODE: pd.array(list(codes), dtype="str"),
        }
    )


def _shown(column: pd.Series, known: pd.Series | None) -> pd.Series:
    if column.name == "misunderstood_queries":
        column = column.map(_questions, na_action="ignore").astype("str")
    if known is None or not _free_text(column):
        return column
    texts = column.astype("object").map(str, na_action="ignore").astype("str")
    return scrub(texts, known).mask(column.isna())


def _free_text(column: pd.Series) -> bool:
    """Tell whether people may be named: in all texts but those the column table clears.

    An identifier is shown as it is: only who names its column gets it, and masked it
    would be useless.
    """
    types = pd.api.types
    if types.is_numeric_dtype(column.dtype) or types.is_datetime64_any_dtype(column.dtype):
        return False
    declared = BY_NAME.get(str(column.name))
    return declared is None or declared.pii == "free_text"


def _questions(text: Any) -> str:
    try:
        questions = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return str(text)
    return " / ".join(map(str, questions)) if isinstance(questions, list) else str(text)
