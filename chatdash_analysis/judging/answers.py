"""What people wrote into the sheet, from a table or from a file that a spreadsheet saved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.judging.sheet_files import read_sheet
from chatdash_analysis.judging.sheets import CODE, ID, VERDICT
from chatdash_analysis.tables import require_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Filled", "filled_rows", "named_rows"]

_USE = "judge_audit"
# True, yes and 1 in the languages of spreadsheets that people have in front of them.
# fmt: off
_YES = frozenset((
    "1", "1.0", "1,0", "true", "t", "yes", "y", "success", "pass", "wahr", "ja", "j",
    "erfolg", "vrai", "oui", "verdadero", "si", "sí", "s", "vero", "waar", "verdadeiro", "sim", "x",
))
_NO = frozenset((
    "0", "0.0", "0,0", "false", "f", "no", "n", "failure", "fail", "falsch", "nein", "misserfolg",
    "faux", "non", "falso", "onwaar", "nee", "não", "nao",
))
# fmt: on
# A tick says yes only beside cells that say no: alone, an empty cell may mean either.
_TICK = "x"
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Filled:
    """The rows of a sheet that name a conversation.

    Attributes
    ----------
    ids, codes : list of str
        Conversation and sampling code of each row; "" where there is none.
    verdicts : numpy.ndarray of float64
        1 for success, 0 for failure, NaN where the cell is empty.
    rows : numpy.ndarray of int64
        The place of each row, as `counting` counts them.
    counting : str
        How the places are counted, for messages.
    """

    ids: list[str]
    codes: list[str]
    verdicts: NDArray[np.float64]
    rows: NDArray[np.int64]
    counting: str


def filled_rows(labels: pd.DataFrame | str | Path) -> Filled:
    """Return the rows of a filled sheet.

    Raises
    ------
    InputError
        If the file cannot be read, a verdict is no yes or no, or a verdict has no id.
    MissingColumnsError
        If the sheet has no ids or no verdicts.
    """
    sheet, first, counting = _sheet(labels)
    require_columns(
        sheet, [ID, VERDICT], _USE, advice="Give the sheet that audit_sample made, filled in."
    )
    rows = np.arange(first, first + len(sheet), dtype=np.int64)
    verdicts = _verdicts(sheet[VERDICT], rows, counting)
    ids = [_text(value) for value in sheet[ID]]
    codes = [_text(v) for v in sheet[CODE]] if CODE in sheet.columns else [""] * len(sheet)
    named = np.array([bool(one) for one in ids], dtype=bool)
    lost = rows[~named & ~np.isnan(verdicts)]
    if len(lost):
        raise InputError(
            f"The sheet has verdicts without conversation_id in {named_rows(lost, counting)}. Put"
            " the ids back, or empty the verdicts."
        )
    kept = np.flatnonzero(named)
    return Filled(
        [ids[k] for k in kept], [codes[k] for k in kept], verdicts[kept], rows[kept], counting
    )


def _sheet(labels: Any) -> tuple[pd.DataFrame, int, str]:
    """Return the sheet, the number of its first row, and how rows are counted."""
    if isinstance(labels, pd.DataFrame):
        return labels, 0, "counted from 0"
    if isinstance(labels, (str, Path)):
        # A spreadsheet calls the row below the names of the columns 2.
        return read_sheet(Path(labels)), 2, "as the spreadsheet counts them"
    raise InputError(
        f"labels is a {type(labels).__name__}. Give the filled sheet as a DataFrame, or the path of"
        " its file."
    )


def named_rows(rows: Sequence[int] | NDArray[np.int64], counting: str) -> str:
    """Return rows for a message."""
    shown = ", ".join(map(str, list(rows)[:_SHOWN])) + (", ..." if len(rows) > _SHOWN else "")
    return f"{'row' if len(rows) == 1 else 'rows'} {shown} ({counting})"


def _text(value: Any) -> str:
    return "" if _missing(value) else str(value).strip()


def _missing(value: Any) -> bool:
    # Of a list, isna gives one answer an item.
    return bool(np.ndim(value) == 0 and pd.isna(value))


def _verdicts(column: pd.Series, rows: NDArray[np.int64], counting: str) -> NDArray[np.float64]:
    words = [_word(value) for value in column]
    unknown = rows[[bool(word) and word not in _YES and word not in _NO for word in words]]
    if len(unknown):
        raise InputError(
            f"human_verdict is neither yes nor no in {named_rows(unknown, counting)}. Write true or"
            " false (yes or no, 1 or 0, ja or nein), and leave empty what cannot be judged."
        )
    if _TICK in words and not _NO.intersection(words):
        raise InputError(
            "human_verdict holds ticks (x) and no cell that says no, so that an empty cell may mean"
            " a failure or that nobody judged it. Write no where the conversation failed."
        )
    values = [np.nan if not word else float(word in _YES) for word in words]
    return np.array(values, dtype=np.float64)


def _word(value: Any) -> str:
    # The apostrophe keeps spreadsheets from reading a cell as a formula.
    return _text(value).lstrip("'").strip().casefold()
