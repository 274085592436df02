"""Features that name people: one value for each person, and another for every other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.datasets.linting.findings import Finding
from chatdash_analysis.datasets.linting.separation import is_number, levels_of, numbers_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.datasets.linting.findings import Status
    from chatdash_analysis.datasets.tables.table import TrainingTable

    Codes = NDArray[np.int64]

__all__ = ["LIMIT", "naming_findings", "share_named"]

# From this share of people on whom a feature names, it is said; from the other on it is sure.
LIMIT = 0.9
_SURE = 0.99
# Of fewer people it may be chance that their values differ.
_LEAST_PEOPLE = 20

_ADVICE = (
    "It has one value for each person and another for everybody else, as an id has: a model learns"
    " people by heart from it, and it says who they are. Leave it out"
)
_OR = ", or round it."
_ROWS = "It has another value in each row, as an id has, so that nothing can be learned of it."


def naming_findings(table: TrainingTable, people: Codes, where: dict[str, Any]) -> list[Finding]:
    """Return the features by which one can tell people, or conversations, apart."""
    judged = [
        _judged(str(name), table.features[name], people, where | {"limit": LIMIT})
        for name in table.features
    ]
    found = [finding for finding in judged if finding is not None]
    return found or [Finding("names_people", "ok", "", **where, limit=LIMIT)]


def _judged(name: str, column: pd.Series, people: Codes, where: dict[str, Any]) -> Finding | None:
    share = share_named(column, people)
    if share >= LIMIT:
        # A measure may be as fine as to differ for everybody without being meant as an id.
        measure = _has_fractions(column)
        status: Status = "leak" if share >= _SURE and not measure else "warning"
        advice = f"{_ADVICE}{_OR if measure else '.'}"
        return Finding("names_people", status, advice, **where, feature=name, value=share)
    if _differs_in_each_row(column):
        return Finding("names_people", "warning", _ROWS, **where, feature=name, value=1.0)
    return None


def share_named(column: pd.Series, people: Codes) -> float:
    """Return the share of people who have one value, which nobody else has.

    It is the smaller one of two: of all people with a value, and of those with several. Of
    people with one conversation alone every fine measure would name each. 0 where fewer than
    20 people have several values.
    """
    known = column.notna().to_numpy(bool)
    codes = _codes(column)[known]
    own = np.unique(people[known], return_inverse=True)[1].astype(np.int64)
    rows, size = np.bincount(own), int(codes.max(initial=-1)) + 1
    several = rows >= 2
    if several.sum() < _LEAST_PEOPLE or size < LIMIT * len(rows):
        return 0.0
    who, what = np.divmod(np.unique(own * size + codes), size)
    shared = np.bincount(what, minlength=size) > 1
    others = np.bincount(who, weights=shared[what], minlength=len(rows)) > 0
    named = (np.bincount(who, minlength=len(rows)) == 1) & ~others
    return float(min(named.mean(), named[several].mean()))


def _codes(column: pd.Series) -> Codes:
    values = numbers_of(column) if is_number(column) else levels_of(column)
    return np.asarray(pd.factorize(values)[0], dtype=np.int64)


def _has_fractions(column: pd.Series) -> bool:
    if not is_number(column):
        return False
    numbers = numbers_of(column)
    finite = numbers[np.isfinite(numbers)]
    return bool((finite != np.floor(finite)).any())


def _differs_in_each_row(column: pd.Series) -> bool:
    """Tell whether labels, or texts of one word, are all different."""
    if is_number(column):
        return False
    held = column.dropna().astype("str")
    if len(held) < _LEAST_PEOPLE or not held.is_unique:
        return False
    words = not isinstance(column.dtype, pd.StringDtype)
    return words or not held.str.strip().str.contains(r"\s", regex=True).any()
