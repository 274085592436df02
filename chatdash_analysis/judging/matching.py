"""Answers beside the conversations that they are about, and how many each stands for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.judging.answers import Filled, named_rows
from chatdash_analysis.judging.sampling_codes import Drawn, drawn_from

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["Sheet", "matched"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One entry a conversation of the sheet.

    Attributes
    ----------
    places : numpy.ndarray of int64
        The row of the conversation.
    verdicts : numpy.ndarray of float64
        What people said: 1, 0, or NaN where they said nothing.
    weights : numpy.ndarray of float64
        How many conversations each answer stands for, up to a factor; NaN where nobody
        judged.
    weighted : bool
        Whether the weights come from sampling codes.
    repeated : int
        Rows of the sheet that said what another row said.
    """

    places: Codes
    verdicts: Floats
    weights: Floats
    weighted: bool
    repeated: int


def matched(filled: Filled, ids: pd.Series) -> Sheet:
    """Return the sheet's rows by the row of their conversation.

    Raises
    ------
    InputError
        If a row is about a conversation that is not there, two rows contradict each
        other, or a sampling code does not belong to its row.
    """
    texts = ids.astype("str")
    places = _places(filled, texts)
    kept = _one_each(filled, places)
    places, verdicts = places[kept], filled.verdicts[kept]
    drawn = _drawn(filled, kept, texts.iloc[places].tolist())
    weights = _weights(drawn, ~np.isnan(verdicts))
    return Sheet(places, verdicts, weights, drawn is not None, len(filled.rows) - len(kept))


def _places(filled: Filled, ids: pd.Series) -> Codes:
    index = pd.Index(ids)
    places = index.get_indexer(pd.Index(filled.ids, dtype="str"))
    # An apostrophe that was added to an id like -a1 on its way into a spreadsheet.
    bare = pd.Index([one.removeprefix("'") for one in filled.ids], dtype="str")
    places = np.where(places < 0, index.get_indexer(bare), places)
    lost = filled.rows[places < 0]
    if len(lost):
        raise InputError(
            "The sheet has ids that are no conversation here, in"
            f" {named_rows(lost, filled.counting)}. Give the conversations that the sample was"
            " drawn from; if a spreadsheet made numbers of the ids, open the file again with that"
            " column as text."
        )
    return np.asarray(places, dtype=np.int64)


def _one_each(filled: Filled, places: Codes) -> Codes:
    """Return one row of the sheet for each conversation: one that says something, if any does."""
    silent = np.isnan(filled.verdicts)
    table = pd.DataFrame({"place": places, "verdict": filled.verdicts})
    spread = table.groupby("place")["verdict"].transform("nunique").to_numpy()
    if (spread > 1).any():
        rows = named_rows(filled.rows[spread > 1], filled.counting)
        raise InputError(
            f"The sheet says both yes and no about one conversation, in {rows}. Settle which holds;"
            " two people's answers are audited one after the other."
        )
    order = np.lexsort((filled.rows, silent, places))
    _, first = np.unique(places[order], return_index=True)
    return np.asarray(order[first], dtype=np.int64)


def _drawn(filled: Filled, kept: Codes, ids: list[str]) -> list[Drawn] | None:
    """Return how each row was drawn; None where no row says."""
    codes = [filled.codes[row] for row in kept]
    if not any(codes):
        return None
    drawn = [drawn_from(one, code) for one, code in zip(ids, codes, strict=True)]
    wrong = filled.rows[kept[[how is None for how in drawn]]]
    if len(wrong):
        raise InputError(
            "The sampling_code does not belong to the conversation in"
            f" {named_rows(np.sort(wrong), filled.counting)}: cells of the sheet were sorted apart,"
            " changed or emptied. Use the sheet as it was filled in. Leave the whole column away"
            " only if the rows were drawn at random."
        )
    return [how for how in drawn if how is not None]


def _weights(drawn: list[Drawn] | None, judged: NDArray[np.bool_]) -> Floats:
    """Return the conversations of each stratum by its judged rows."""
    if drawn is None:
        return np.where(judged, 1.0, np.nan)
    counted = Counter(how for how, is_judged in zip(drawn, judged, strict=True) if is_judged)
    sizes = np.array([how.size for how in drawn], dtype=np.float64)
    numbers = np.array([counted[how] for how in drawn], dtype=np.float64)
    return np.where(judged, sizes / np.maximum(numbers, 1.0), np.nan)
