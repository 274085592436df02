"""How well one feature alone tells the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.datasets.tables.table import Task

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

__all__ = [
    "STRONG",
    "Asked",
    "Strength",
    "chance_of",
    "folds_of",
    "is_number",
    "levels_of",
    "numbers_of",
    "rank_auc",
    "strength",
]

# Strong enough to ask why, far above what honest features reach.
STRONG = 0.9

_FOLDS = 5
_BINS = 10
# Rates of levels are drawn towards the overall one by so many rows.
_PRIOR_ROWS = 5.0
_MOST_CLASSES = 20
_MOST_TEXTS = 5_000
_MOST_TERMS = 20_000


@dataclass(frozen=True)
class Asked:
    """What features are held against.

    Attributes
    ----------
    task : str
    target : pandas.Series
    flags : list of numpy.ndarray of bool
        One a class (of two, the second), the most common ones; none for a number.
    people, folds : numpy.ndarray of int64
        The person of each row, and in which part of a cross-validation they are.
    """

    task: Task
    target: pd.Series
    flags: list[Mask]
    people: Codes
    folds: Codes

    @classmethod
    def of(cls, task: Task, target: pd.Series, people: Codes, folds: Codes) -> Asked:
        """Return what there is to be told about a target and the people behind it."""
        if task == "regression":
            return cls(task, target, [], people, folds)
        counts = target.value_counts().sort_index().sort_values(kind="stable")[::-1]
        labels = sorted(counts.index)[1:] if len(counts) == 2 else counts.index[:_MOST_CLASSES]
        flags = [(target == label).to_numpy(bool) for label in labels]
        return cls(task, target, flags, people, folds)


@dataclass(frozen=True)
class Strength:
    """How strong a feature is.

    Attributes
    ----------
    value : float
        The area under the ROC curve, 0.5 for nothing to 1 (of several classes the
        largest of one against the rest), or Spearman's rank correlation without its
        sign; NaN where it cannot be told.
    chance : float
        An upper limit of how probable as much is without any association; 1 where the
        value is no more than 0.9.
    n : int
        Rows.
    """

    value: float
    chance: float
    n: int


def folds_of(people: Codes, seed: int) -> Codes:
    """Return a number from 0 to 4 for each row, the same for all rows of a person."""
    order = np.random.default_rng(seed).permutation(int(people.max(initial=-1)) + 1)
    return (order % _FOLDS)[people]


def is_number(column: pd.Series) -> bool:
    """Tell whether a feature holds numbers, flags, instants or stretches of time."""
    categories = isinstance(column.dtype, pd.CategoricalDtype)
    return not categories and getattr(column.dtype, "kind", "O") in "biufMm"


def numbers_of(column: pd.Series) -> Floats:
    """Return a feature of numbers, missing ones as NaN."""
    if column.dtype.kind in "Mm":
        column = column.astype("int64").astype("float64").where(column.notna())
    return np.asarray(column.to_numpy(np.float64, na_value=np.nan))


def levels_of(column: pd.Series) -> Codes:
    """Return the number of each level from 1 on, in the order of their names; 0 is missing."""
    names = column.astype("str").where(column.notna())
    return np.asarray(pd.factorize(names, sort=True)[0], dtype=np.int64) + 1


def strength(column: pd.Series, asked: Asked) -> Strength:
    """Return how well a feature tells the target.

    A number is ranked, and also cut into ten parts of which a missing value is an
    eleventh; one with repeated values may be a code, so that its values are levels, too.
    Levels, and these parts, are replaced by the rate of the target among people of other
    folds, so that levels of one row each tell nothing. Text is the best that a linear model
    of its words says of people of other folds.
    """
    everybody, known = np.ones(len(column), dtype=bool), column.notna().to_numpy(bool)
    if is_number(column):
        numbers = numbers_of(column)
        found = [(_by_level(_parts(numbers), asked), everybody), (_by_rank(numbers, asked), known)]
        values = np.asarray(pd.factorize(numbers)[0], dtype=np.int64) + 1
        if _BINS < values.max(initial=0) < known.sum():
            found.append((_by_level(values, asked), everybody))
    else:
        found = [(_by_level(levels_of(column), asked), everybody)]
    if isinstance(column.dtype, pd.StringDtype):
        found.append((_by_words(column, asked), everybody))
    value = _largest([value for value, _ in found])
    if not value > STRONG:
        return Strength(value, 1.0, len(column))
    chances = [chance_of(value, asked, rows) for one, rows in found if one == value]
    return Strength(value, min(chances), len(column))


def _largest(found: list[float]) -> float:
    return max((value for value in found if not np.isnan(value)), default=float("nan"))


def _parts(numbers: Floats) -> Codes:
    """Return in which tenth by rank each number is, from 1 on; 0 where it is missing."""
    parts, known = np.zeros(len(numbers), dtype=np.int64), ~np.isnan(numbers)
    if known.any():
        ranks = _ranks(numbers[known])
        parts[known] = 1 + np.minimum((ranks - 0.5) / known.sum() * _BINS, _BINS - 1).astype(int)
    return parts


def _by_rank(numbers: Floats, asked: Asked) -> float:
    known = ~np.isnan(numbers)
    if asked.task == "regression":
        return abs(_spearman(numbers[known], asked.target.to_numpy(np.float64)[known]))
    found = [rank_auc(numbers[known], flags[known]) for flags in asked.flags]
    return _largest([max(value, 1 - value) for value in found])


def rank_auc(values: Floats, flags: Mask) -> float:
    """Return the area under the ROC curve; NaN where all flags are the same."""
    yes, size = int(flags.sum()), len(flags)
    if yes in (0, size):
        return float("nan")
    ranks = _ranks(values)
    return float((ranks[flags].sum() - yes * (yes + 1) / 2) / (yes * (size - yes)))


def _ranks(values: Floats) -> Floats:
    """Return ranks from 1 on, the mean of them for equal values."""
    return np.asarray(pd.Series(values).rank(), dtype=np.float64)


def _spearman(one: Floats, other: Floats) -> float:
    ranks = [_ranks(values) for values in (one, other)]
    if len(one) < 3 or any(np.ptp(values) == 0 for values in ranks):
        return float("nan")
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _by_level(codes: Codes, asked: Asked) -> float:
    if asked.task == "regression":
        target = asked.target.to_numpy(np.float64)
        return _spearman(_other_folds(codes, target, asked.folds), target)
    found = [
        rank_auc(_other_folds(codes, flags.astype(np.float64), asked.folds), flags)
        for flags in asked.flags
    ]
    return _largest(found)


def _other_folds(codes: Codes, target: Floats, folds: Codes) -> Floats:
    """Return for each row the mean target of its level in the other folds."""
    size = int(codes.max(initial=0)) + 1
    cells, shape = folds * size + codes, (_FOLDS, size)
    rows = np.bincount(cells, minlength=_FOLDS * size).reshape(shape)
    sums = np.bincount(cells, weights=target, minlength=_FOLDS * size).reshape(shape)
    rows, sums = rows.sum(axis=0) - rows, sums.sum(axis=0) - sums
    # One base for all folds: those of the folds would tell the fold, and by it the target.
    rates = (sums + _PRIOR_ROWS * target.mean()) / (rows + _PRIOR_ROWS)
    return np.asarray(rates[folds, codes])


def _by_words(column: pd.Series, asked: Asked) -> float:
    size = min(len(column), _MOST_TEXTS)
    chosen = np.linspace(0, len(column) - 1, size).astype(np.int64)
    texts, folds = column.iloc[chosen].fillna("").tolist(), asked.folds[chosen]
    if asked.task == "regression":
        target = asked.target.to_numpy(np.float64)[chosen]
        return _spearman(_predicted(texts, target, folds), target)
    found = [
        rank_auc(_predicted(texts, flags[chosen], folds), flags[chosen]) for flags in asked.flags
    ]
    return _largest(found)


def _predicted(texts: list[str], target: NDArray[Any], folds: Codes) -> Floats:
    """Return what a linear model of words says of the people of each other fold."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import Ridge

    said = np.full(len(texts), float(target.mean()) if len(target) else 0.0)
    try:
        vectorizer = TfidfVectorizer(sublinear_tf=True, max_features=_MOST_TERMS)
        terms = vectorizer.fit_transform(texts)
    except ValueError:  # no text holds a word
        return said
    for fold in np.unique(folds):
        there = folds == fold
        if there.all():
            continue
        # Ranks are all that counts, so that a regression will do for classes.
        model = Ridge(alpha=1.0, solver="sparse_cg", tol=1e-4, random_state=0)
        model.fit(terms[~there], target[~there].astype(np.float64))
        said[there] = model.predict(terms[there])
    return said


def chance_of(value: float, asked: Asked, rows: Mask) -> float:
    """Return an upper limit of how probable so strong a feature is by chance.

    People count, not rows: all rows of a person may be alike. The larger of two
    probabilities is taken: that of an approximation (the normal one; Student's for a
    correlation), and that chance brings all people into the order of the target.
    """
    # scipy.stats would take a second to import.
    from scipy.special import gammaln, ndtr, stdtr

    if np.isnan(value):
        return 1.0
    if asked.task == "regression":
        # A degree of freedom less than Student's test of a correlation has: ranks have tails.
        total = len(np.unique(asked.people[rows]))
        if total <= 3:
            return 1.0
        t = value * np.sqrt((total - 3) / max(1 - value**2, 1e-12))
        return min(2 * max(float(stdtr(total - 3, -t)), float(np.exp(-gammaln(total + 1)))), 1.0)
    least = 1.0
    for flags in asked.flags:
        yes, no = (len(np.unique(asked.people[rows & mask])) for mask in (flags, ~flags))
        if yes and no:
            z = (value - 0.5) / np.sqrt((yes + no + 1) / (12 * yes * no))
            order = gammaln(yes + no + 1) - gammaln(yes + 1) - gammaln(no + 1)
            least = min(least, 2 * max(float(ndtr(-z)), float(np.exp(-order))))
    return min(least * len(asked.flags), 1.0)
