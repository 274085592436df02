"""What a comparison of periods needs of each conversation, as arrays of numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.codes import group_codes, user_codes
from chatdash_analysis.counts import group_sums
from chatdash_analysis.errors import InputError
from chatdash_analysis.periods import microseconds
from chatdash_analysis.rates import PRODUCTS, RATE_COLUMNS, with_rate
from chatdash_analysis.segments import (
    REACH_OUTCOMES,
    outcome_values,
    require_reach,
    with_flags,
    with_users,
)
from chatdash_analysis.tables import require_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chatdash_analysis.spans import Span

    Codes = NDArray[np.int64]
    Mask = NDArray[np.bool_]

__all__ = ["FACTS", "Rows", "coverage_changed", "period_rates", "rows_of"]

FACTS = ("n", "successes", "unknown", "excluded")
# Evaluations that come and go by less than this are nothing to worry about.
_COVERAGE = 0.03


@dataclass(frozen=True, slots=True)
class Rows:
    """Conversations that have a start, one a row.

    Attributes
    ----------
    instants : numpy.ndarray of int64
        When each started, in microseconds since 1970 UTC.
    cells : numpy.ndarray of int64
        Its cell; `keys` holds the labels of cell 0, 1, ...
    users : numpy.ndarray of int64
        Its person.
    facts : numpy.ndarray of int64, shape (rows, 4)
        Its 0 or 1 for each of ``n``, ``successes``, ``unknown`` and ``excluded``.
    undated : int
        Conversations left out because nobody knows when they started.
    """

    instants: Codes
    cells: Codes
    keys: pd.DataFrame
    users: Codes
    facts: Codes
    undated: int

    def inside(self, span: Span) -> Mask:
        """Tell which rows started in a period."""
        return span.holds(self.instants)

    def take(self, rows: Mask | Codes) -> Rows:
        """Return some rows, by a mask or by their places, with the cells that they have."""
        present, cells = np.unique(self.cells[rows], return_inverse=True)
        return replace(
            self,
            instants=self.instants[rows],
            cells=cells.astype(np.int64),
            keys=self.keys.take(present).reset_index(drop=True),
            users=self.users[rows],
            facts=self.facts[rows],
        )

    def regrouped(self, by: Sequence[str]) -> Rows:
        """Return the rows in the cells that fewer columns make."""
        cells, keys = group_codes(self.keys, by)
        return replace(self, cells=cells[self.cells], keys=keys)


def rows_of(
    conversations: pd.DataFrame, by: Sequence[str], *, outcome: str, users: str | None, use: str
) -> Rows:
    """Return the conversations that have a start, as numbers.

    Without `users`, each conversation is a person of its own.

    Raises
    ------
    InputError
        If the table is no DataFrame, or the outcome is not a flag.
    MissingColumnsError
        If a column is not there.
    """
    if not isinstance(conversations, pd.DataFrame):
        raise InputError(
            f"{use} takes a pandas DataFrame, not a {type(conversations).__name__}. Cut the periods"
            " out where the data is and pass the result as a DataFrame."
        )
    require_columns(conversations, ["created_at", *by, outcome], use)
    if outcome in REACH_OUTCOMES:
        require_reach(conversations, use)
    # People are told apart, and fields known to exist, by all conversations, dated or not.
    frame = with_flags(conversations, outcome)
    if users is not None:
        frame = with_users(frame, users, use=use)
    dated = frame["created_at"].notna().to_numpy(dtype=bool)
    facts = _facts(frame, outcome)[dated]
    columns = ["created_at", *by, *([] if users is None else [users])]
    frame = frame.loc[dated, list(dict.fromkeys(columns))]
    cells, keys = group_codes(frame, by)
    return Rows(
        instants=microseconds(frame["created_at"]),
        cells=cells,
        keys=keys,
        users=np.arange(len(frame)) if users is None else user_codes(frame[users]),
        facts=facts,
        undated=int((~dated).sum()),
    )


def _facts(frame: pd.DataFrame, outcome: str) -> Codes:
    import narwhals as nw

    asked = nw.from_native(frame, eager_only=True).select(**outcome_values(frame, outcome))
    columns = [asked[name].to_numpy().astype(np.int64) for name in FACTS]
    return np.stack(columns, axis=1)


def period_rates(rows: Rows, groups: Codes, size: int, *, level: float = 0.95) -> pd.DataFrame:
    """Return `RATE_COLUMNS` of the groups 0 to `size` - 1, also of those without rows."""
    import narwhals as nw

    counted = pd.DataFrame(rows.facts, columns=list(FACTS)).assign(group=groups, person=rows.users)
    table = group_sums(
        counted,
        ["group"],
        {name: nw.col(name) for name in FACTS},
        users="person",
        counting="n",
        products=PRODUCTS,
    ).set_index("group")
    every = table.reindex(range(size), fill_value=0)
    return with_rate(every, level=level)[list(RATE_COLUMNS)]


def coverage_changed(before: pd.DataFrame, after: pd.DataFrame) -> Mask:
    """Tell where evaluations are missing more or less often than before, and not by chance.

    Parameters
    ----------
    before, after : pandas.DataFrame
        ``n`` and ``unknown`` of the same groups.
    """
    missing_0, missing_1 = (table["unknown"].to_numpy(np.float64) for table in (before, after))
    all_0, all_1 = missing_0 + before["n"].to_numpy(), missing_1 + after["n"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.abs(missing_1 / all_1 - missing_0 / all_0)
        share = (missing_0 + missing_1) / (all_0 + all_1)
        error = np.sqrt(share * (1 - share) * (1 / all_0 + 1 / all_1))
    return np.asarray((gap > _COVERAGE) & (gap > 3 * error))
