"""Whether a model can tell from the features on which side of a split a conversation is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.datasets.linting.findings import Finding
from chatdash_analysis.datasets.linting.separation import (
    Asked,
    folds_of,
    is_number,
    levels_of,
    numbers_of,
    strength,
)
from chatdash_analysis.datasets.linting.suspects import sampled
from chatdash_analysis.datasets.splitting.parting import people_of
from chatdash_analysis.resampling import percentile_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.datasets.tables.table import TrainingTable

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

__all__ = ["adversarial_finding", "auc_interval"]

_LEAST_PEOPLE = 20
# Numbers that the model looks at in each round: rows times features.
_MOST_CELLS = 2_000_000
_LEAST_ROWS = 2_000
_MOST_FEATURES = 200
_MOST_ROWS = 20_000
# Levels that the boosted trees of scikit-learn can take.
_LEVELS = 250
_RESAMPLES = 200
_SHOWN = 3
_HUGE = 1e300


def adversarial_finding(
    train: TrainingTable, test: TrainingTable, *, split: str, limit: float, seed: int
) -> Finding:
    """Return how well features tell the sides apart, of people whom the model has not seen."""
    width = max(train.features.shape[1], 1)
    most = int(np.clip(_MOST_CELLS // width, _LEAST_ROWS, _MOST_ROWS)) // 2
    sides = [sampled(side, seed, most) for side in (train, test)]
    people = [people_of(side) for side in sides]
    few = min(len(np.unique(own)) for own in people)
    everybody = np.concatenate([people[0], people[1] + int(people[0].max(initial=-1)) + 1])
    where: dict[str, Any] = {
        "split": split, "n": len(everybody), "people": len(np.unique(everybody)), "limit": limit,
    }  # fmt: skip
    features = _joined(*sides)
    if few < _LEAST_PEOPLE or not features.shape[1]:
        advice = f"It needs features, and {_LEAST_PEOPLE} people on each side."
        return Finding("adversarial_auc", "unchecked", advice, **where)
    tested = np.repeat([False, True], [len(side) for side in sides])
    folds = np.concatenate([folds_of(own, seed) for own in people])
    said = _predicted(features, tested, folds, seed)
    value, low, high = auc_interval(said, tested, everybody, seed=seed)
    # Drift in time is no leak, but whoever reads the score has to know.
    differs = value > limit and low > 0.5
    top = _differing(features, tested, everybody, folds) if differs else []
    advice = (
        "The sides differ: in "
        + ", ".join(f"{name} ({auc:.2f})" for name, auc in top)
        + ". Between"
        " times this is drift, and the score holds for the time of the test; between people the"
        " split is uneven, or a feature names them."
        if top
        else ""
    )
    return Finding(
        "adversarial_auc", "warning" if differs else "ok", advice, **where,
        feature=top[0][0] if top else None, value=value, low=low, high=high,
    )  # fmt: skip


def _joined(train: TrainingTable, test: TrainingTable) -> pd.DataFrame:
    """Return the features of both that are numbers or levels, as numbers."""
    held = {}
    for name in train.features:
        if name not in test.features or isinstance(train.features[name].dtype, pd.StringDtype):
            continue
        both = [side.features[name] for side in (train, test)]
        if any(isinstance(part.dtype, pd.CategoricalDtype) for part in both):
            both = [part.astype("str") for part in both]
        column = pd.concat(both, ignore_index=True)
        if column.isna().all():
            continue
        if is_number(column):
            # The trees take the middle between two values, and there is none of infinite ones.
            held[name] = np.clip(numbers_of(column), -_HUGE, _HUGE)
        else:
            held[name] = pd.Categorical(_common(levels_of(column)))
    return pd.DataFrame(held)


def _common(codes: Codes) -> Codes:
    """Return codes of the most common levels; all others are one."""
    counts = np.bincount(codes)
    kept = np.lexsort((np.arange(len(counts)), -counts))[:_LEVELS]
    return np.where(np.isin(codes, kept), codes, -1)


def _predicted(features: pd.DataFrame, tested: Mask, folds: Codes, seed: int) -> Floats:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    said = np.zeros(len(features))
    for fold in np.unique(folds):
        there = folds == fold
        seen = _useful(features[~there], tested[~there])
        if not len(seen):
            continue
        model = HistGradientBoostingClassifier(
            max_iter=40, max_leaf_nodes=8, learning_rate=0.15, early_stopping=False,
            categorical_features="from_dtype", random_state=seed,
        )  # fmt: skip
        # The order in which threads add up would show in the last digits, and on a busy machine
        # they wait for each other.
        with threadpool_limits(limits=1):
            model.fit(features.loc[~there, seen], tested[~there])
            said[there] = model.predict_proba(features.loc[there, seen])[:, 1]
    return said


def _useful(features: pd.DataFrame, tested: Mask) -> pd.Index:
    """Return the features with any value; of many, those whose ranks or holes differ most."""
    # The trees refuse a feature without any value to learn from.
    seen = features.columns[features.notna().any()]
    if len(seen) <= _MOST_FEATURES:
        return seen
    numbers = features[seen].apply(lambda column: column.astype("float64"))
    ranks, holes = numbers.rank(pct=True).fillna(0.5), numbers.isna()
    differing = [(part[tested].mean() - part[~tested].mean()).abs() for part in (ranks, holes)]
    order = np.argsort(-np.maximum(*differing).to_numpy(), kind="stable")
    return seen[np.sort(order[:_MOST_FEATURES])]


def auc_interval(
    values: Floats, flags: Mask, people: Codes, *, seed: int, level: float = 0.95
) -> tuple[float, float, float]:
    """Return the area under the ROC curve with its interval from a bootstrap over people."""
    order = np.argsort(values, kind="stable")
    flags, people = flags[order], np.unique(people[order], return_inverse=True)[1]
    groups = np.unique(values[order], return_inverse=True)[1]
    number = int(people.max()) + 1
    rng = np.random.default_rng(seed)
    aucs = np.empty(_RESAMPLES)
    for place in range(_RESAMPLES):
        drawn = np.bincount(rng.integers(0, number, number), minlength=number)
        aucs[place] = _weighted_auc(groups, flags, drawn[people])
    low, high = percentile_interval(aucs, people=number, level=level)
    plain = _weighted_auc(groups, flags, np.ones(len(flags)))
    return plain, float(low), float(high)


def _weighted_auc(groups: Codes, flags: Mask, weights: NDArray[Any]) -> float:
    """Return the AUC of rows that count several times; `groups` number values upwards."""
    yes = np.bincount(groups, weights=weights * flags)
    no = np.bincount(groups, weights=weights * ~flags)
    total = yes.sum() * no.sum()
    return float((yes * (np.cumsum(no) - no / 2)).sum() / total) if total else float("nan")


def _differing(
    features: pd.DataFrame, tested: Mask, people: Codes, folds: Codes
) -> list[tuple[str, float]]:
    """Return the features that differ most between the sides, with their own AUC."""
    target = pd.Series(tested.astype(np.int64))
    asked = Asked.of("binary", target, people, folds)
    found = [(str(name), strength(features[name], asked).value) for name in features]
    known = [(name, value) for name, value in found if not np.isnan(value)]
    return sorted(known, key=lambda pair: (-pair[1], pair[0]))[:_SHOWN]
