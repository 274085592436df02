"""Features that are known later than they should be: by their name, and by their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.datasets.linting.findings import Finding
from chatdash_analysis.datasets.linting.separation import is_number, levels_of
from chatdash_analysis.datasets.tables.known import MOMENTS, UNKNOWN, moment_of
from chatdash_analysis.schema import BY_NAME
from chatdash_analysis.tables import require_columns, require_dataframe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.datasets.tables.table import TrainingTable

    Floats = NDArray[np.float64]

__all__ = ["known_later", "later_values"]

_ORDER = (*MOMENTS, "later")
# Fewer rows that differ from the usual value may agree by chance.
_LEAST = 10
_MOST_ROWS = 5_000


def known_later(table: TrainingTable) -> list[Finding]:
    """Return the features that are known later than `table.at`, or of which nobody says when."""
    told = dict(zip(table.columns["feature"], table.columns["known_at"], strict=True))
    found = []
    for name in map(str, table.features):
        moment = _later_of(told.get(name), BY_NAME[name].known_at if name in BY_NAME else None)
        if moment is None:
            moment = moment_of(name, {})
        if moment == UNKNOWN:
            advice = "Nobody says when it is known. Make it with training_table(..., known_at=...)."
            found.append(Finding("known_later", "warning", advice, feature=name, n=len(table)))
        elif _place(moment) > _place(table.at):
            advice = f"It is known at '{moment}', the table is of '{table.at}'. Leave it out."
            found.append(Finding("known_later", "leak", advice, feature=name, n=len(table)))
    return found or [Finding("known_later", "ok", "", n=len(table))]


def _later_of(told: Any, declared: str | None) -> str | None:
    """Return the later of two moments; text that names none says nothing."""
    moments = [moment for moment in (told, declared) if moment in _ORDER]
    return max(moments, key=_place, default=None)


def _place(moment: str) -> int:
    return _ORDER.index(moment) if moment in _ORDER else 0


def later_values(
    table: TrainingTable, conversations: pd.DataFrame | None, *, limit: float
) -> list[Finding]:
    """Return the features whose values are those of a column that is known later.

    Parameters
    ----------
    table : TrainingTable
        A table of these conversations.
    conversations : pandas.DataFrame or None
        With ``conversation_id``. Without any, nothing can be compared.
    limit : float
        Numbers are the same if their ranks correlate by more.

    Raises
    ------
    MissingColumnsError, InputError
        If it is no table of conversations.
    """
    if conversations is None:
        advice = "Give conversations= to compare features with columns that are known later."
        return [Finding("later_values", "unchecked", advice, limit=limit)]
    require_dataframe(conversations, "leak_lint")
    require_columns(conversations, ["conversation_id"], "leak_lint")
    features, columns = _beside(table, conversations)
    if not len(features):
        advice = "None of the conversations is in the table."
        return [Finding("later_values", "unchecked", advice, limit=limit)]
    listed = set(table.columns["feature"])
    same = [*_same_ranks(features, columns, limit), *_same_levels(features, columns)]
    found = [
        Finding(
            "later_values", "warning" if name in listed else "leak",
            f"Its values are those of {column}, which is known at '{moment_of(column, {})}'."
            " Leave it out, unless that only repeats what was known in time.",
            feature=name, value=value, limit=limit, n=len(features),
        )
        for name, column, value in same
    ]  # fmt: skip
    return found or [Finding("later_values", "ok", "", limit=limit, n=len(features))]


def _beside(table: TrainingTable, conversations: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return features and columns known later of the same conversations, the same rows."""
    late = [
        name for name in conversations
        if _place(moment_of(str(name), {})) > _place(table.at) and name != table.target.name
    ]  # fmt: skip
    ids = conversations["conversation_id"].astype("str")
    first = (~ids.duplicated() & ids.notna()).to_numpy(bool)
    columns = conversations.loc[first, late].set_axis(ids[first], axis=0)
    own = table.rows["conversation_id"].astype("str")
    rows = np.flatnonzero(own.isin(columns.index).to_numpy(bool))
    if len(rows) > _MOST_ROWS:
        by_id = rows[np.argsort(own.iloc[rows].to_numpy(object), kind="stable")]
        rows = by_id[np.linspace(0, len(rows) - 1, _MOST_ROWS).astype(np.int64)]
    found = columns.reindex(own.iloc[rows]).reset_index(drop=True)
    return table.features.iloc[rows].reset_index(drop=True), found


def _same_ranks(
    features: pd.DataFrame, columns: pd.DataFrame, limit: float
) -> list[tuple[str, str, float]]:
    one, other = _ranked(features), _ranked(columns)
    if one.empty or other.empty:
        return []
    correlation, both = _correlations(one.to_numpy(np.float64), other.to_numpy(np.float64))
    # A column with a value for half of the rows of a feature is not what it was made of.
    known = one.notna().sum().to_numpy()[:, None]
    same = (np.abs(correlation) > limit) & (2 * both >= known)
    return [
        (str(one.columns[row]), str(other.columns[place]), float(abs(correlation[row, place])))
        for row, place in np.argwhere(same)
    ]


def _ranked(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the ranks of the columns of numbers and flags that differ often enough."""
    held = {}
    for name in frame:
        column = frame[name]
        if getattr(column.dtype, "kind", "O") not in "biuf":
            continue
        ranks = pd.Series(column.to_numpy(np.float64, na_value=np.nan)).rank(pct=True)
        counts = ranks.value_counts()
        if len(counts) > 1 and counts.sum() - counts.iloc[0] >= _LEAST:
            held[name] = ranks
    return pd.DataFrame(held)


def _correlations(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Return the correlation of each pair of columns where both are known, and how many are."""
    known, held = (~np.isnan(values) for values in (one, other))
    a, b = (np.nan_to_num(values - 0.5) for values in (one, other))
    m, h = known.astype(np.float64), held.astype(np.float64)
    both = m.T @ h
    with np.errstate(divide="ignore", invalid="ignore"):
        covered = a.T @ b - (a.T @ h) * (m.T @ b) / both
        spread = (a**2).T @ h - (a.T @ h) ** 2 / both
        width = m.T @ b**2 - (m.T @ b) ** 2 / both
        correlation = covered / np.sqrt(np.maximum(spread, 1e-9) * np.maximum(width, 1e-9))
    return np.nan_to_num(correlation), both


def _same_levels(features: pd.DataFrame, columns: pd.DataFrame) -> list[tuple[str, str, float]]:
    one, other = _levels(features), _levels(columns)
    return [
        (name, column, 1.0)
        for name, codes in one.items()
        for column, others in other.items()
        if _one_to_one(codes, others)
    ]


def _levels(frame: pd.DataFrame) -> dict[str, NDArray[np.int64]]:
    """Return the codes of the columns of labels that differ often enough."""
    held = {}
    for name in frame:
        if is_number(frame[name]):
            continue
        codes = levels_of(frame[name])
        counts = np.sort(np.bincount(codes)[1:])
        if len(counts) > 1 and counts[:-1].sum() >= _LEAST:
            held[str(name)] = codes
    return held


def _one_to_one(one: NDArray[np.int64], other: NDArray[np.int64]) -> bool:
    both = (one > 0) & (other > 0)
    if 2 * both.sum() < (one > 0).sum():
        return False
    pairs = np.unique(np.column_stack([one[both], other[both]]), axis=0)
    distinct = [len(np.unique(side)) for side in pairs.T]
    common = np.bincount(one[both]).max(initial=0)
    return 1 < distinct[0] == distinct[1] == len(pairs) and both.sum() - common >= _LEAST
