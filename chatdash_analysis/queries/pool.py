"""Equal questions as one: what is embedded and clustered, in an order that rows cannot change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.naming.phrases import MASK
from chatdash_analysis.queries.questions import TEXT_COLUMNS, text_table
from chatdash_analysis.tables import require_columns
from chatdash_analysis.text.languages import language_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]

__all__ = ["Pool", "pool_of", "query_table"]

_ADVICE = "Pass the table of misunderstood_queries, or a Series or list of texts."


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Distinct questions, ordered by their duplicate group.

    Attributes
    ----------
    groups : numpy.ndarray of str, shape (n,)
        Their duplicate groups.
    texts, scrubbed : numpy.ndarray of str, shape (n,)
        What is embedded of each, and what may be shown.
    languages : numpy.ndarray of str or None, shape (n,)
        Language of each.
    weights : numpy.ndarray of int64, shape (n,)
        How many queries each stands for.
    codes : numpy.ndarray of int64, shape (queries,)
        The question of each row of the table; -1 for empty ones.
    """

    groups: NDArray[Any]
    texts: NDArray[Any]
    scrubbed: NDArray[Any]
    languages: NDArray[Any]
    weights: Counts
    codes: Counts

    def __len__(self) -> int:
        return len(self.groups)


def query_table(queries: Any, use: str) -> pd.DataFrame:
    """Return the table of queries, or make one of texts; rows keep their order, not their index.

    A table with all columns of `text_table` is taken as it is. In another one they are made of
    ``question``, but for ``language`` where the table has one.

    Raises
    ------
    InputError
        If it holds something else than texts, a ``query_id`` twice, or ``created_at`` holds no
        instants.
    MissingColumnsError
        If it is a table without ``question``.
    """
    if isinstance(queries, dict | set | frozenset):
        raise InputError(f"{use}: {type(queries).__name__} holds no texts in an order. {_ADVICE}")
    if not isinstance(queries, pd.DataFrame):
        return text_table(queries)
    require_columns(queries, ["question"], use, advice=_ADVICE)
    _require_times(queries, use)
    _require_once(queries, use)
    table = queries.reset_index(drop=True)
    if set(TEXT_COLUMNS) <= set(table.columns):
        return table.astype(dict.fromkeys(TEXT_COLUMNS, "str"))
    made = text_table(table["question"])
    if "language" in table.columns:
        made["language"] = language_codes(table["language"])
    return table.assign(**{name: made[name] for name in TEXT_COLUMNS})


def _require_once(table: pd.DataFrame, use: str) -> None:
    if "query_id" not in table:
        return
    twice = table["query_id"].dropna().duplicated()
    if twice.any():
        raise InputError(
            f"{use}: {int(twice.sum())} rows have a query_id that was there before, so that they"
            " would count twice. Keep one row of each, with drop_duplicates('query_id')."
        )


def _require_times(table: pd.DataFrame, use: str) -> None:
    times = table.get("created_at")
    if times is None or isinstance(times.dtype, pd.DatetimeTZDtype) or times.isna().all():
        return
    raise InputError(
        f"{use}: created_at is {times.dtype}, not instants with a time zone. Use"
        " pd.to_datetime(..., utc=True), or drop the column."
    )


def pool_of(table: pd.DataFrame) -> Pool:
    """Fold the queries of a table that ask the same.

    Of several texts of one group the most common one stands for it; of several as common,
    the first in the alphabet.
    """
    held = table["duplicate_group"].notna().to_numpy()
    rows = table.loc[held, ["duplicate_group", "prepared", "scrubbed", "language"]]
    codes = np.full(len(table), -1, dtype=np.int64)
    found, names = pd.factorize(rows["duplicate_group"], sort=True)
    codes[held] = found
    rows = rows.assign(code=found)
    groups = names.to_numpy(dtype=object)
    return Pool(
        groups=groups,
        texts=_commonest(rows, "prepared", len(groups), ""),
        scrubbed=_commonest(_masked_if_any(rows), "scrubbed", len(groups), ""),
        languages=_commonest(rows, "language", len(groups), None),
        weights=np.bincount(found, minlength=len(groups)).astype(np.int64),
        codes=codes,
    )


def _masked_if_any(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without texts of which another copy had to be masked.

    Whose name it is, is known in some conversations only, but it is the same text in all.
    """
    masked = rows["scrubbed"].str.contains(MASK).fillna(value=False)
    return rows[masked | ~rows["code"].isin(rows.loc[masked, "code"])]


def _commonest(rows: pd.DataFrame, name: str, size: int, default: Any) -> NDArray[Any]:
    counted = rows.dropna(subset=name).groupby(["code", name], as_index=False).size()
    counted = counted.sort_values(["code", "size", name], ascending=[True, False, True])
    first = counted.drop_duplicates("code")
    values = np.full(size, default, dtype=object)
    values[first["code"].to_numpy()] = first[name].to_numpy(dtype=object)
    return values
