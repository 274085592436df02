"""Features that tell too much: nearly or exactly the target; and those that tell nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.datasets.linting.findings import Finding
from chatdash_analysis.datasets.linting.identifying import naming_findings
from chatdash_analysis.datasets.linting.separation import (
    STRONG,
    Asked,
    Strength,
    folds_of,
    is_number,
    levels_of,
    numbers_of,
    strength,
)
from chatdash_analysis.datasets.splitting.parting import people_of
from chatdash_analysis.datasets.tables.values import read_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.datasets.linting.findings import Status
    from chatdash_analysis.datasets.tables.table import Task, TrainingTable

__all__ = ["feature_findings", "sampled"]

_MOST_ROWS = 20_000
# So many features as strong are expected by chance alone: for a leak, and for a warning.
_SURE, _POSSIBLE = 0.01, 0.1
_EXACT = 1e-9


def sampled(table: TrainingTable, seed: int, most: int = _MOST_ROWS) -> TrainingTable:
    """Return the table by id, and of many rows some: the same ones in any order of rows."""
    order = np.argsort(table.rows["conversation_id"].astype("str").to_numpy(object), kind="stable")
    if len(order) > most:
        order = order[np.sort(np.random.default_rng(seed).permutation(len(order))[:most])]
    features, target, rows = (
        part.iloc[order].reset_index(drop=True)
        for part in (table.features, table.target, table.rows)
    )
    return replace(table, features=features, target=target, rows=rows)


def feature_findings(
    table: TrainingTable, *, split: str, side: str, limit: float, seed: int
) -> list[Finding]:
    """Return what each feature tells of the target on one side of a split."""
    table = sampled(table, seed)
    table, unread = _readable(table)
    people = people_of(table)
    where: dict[str, Any] = {
        "split": split,
        "side": side,
        "n": len(table),
        "people": len(np.unique(people)),
    }
    told = [
        *_unread(unread, where), *_constant(table, where), *naming_findings(table, people, where),
    ]  # fmt: skip
    classes = table.target.nunique()
    if table.task != "regression" and classes < 2:
        advice = "All rows have one class, so that nothing can be learned or scored."
        alone = Finding("one_class", "warning", advice, **where, value=float(classes), limit=2.0)
        return [alone, *told]
    asked = Asked.of(table.task, table.target, people, folds_of(people, seed))
    strengths = [strength(table.features[name], asked) for name in table.features]
    return [
        Finding("one_class", "ok", "", **where, value=float(classes), limit=2.0),
        *told,
        *_copies(table, strengths, where),
        *_strong(table, strengths, where, limit),
    ]


def _readable(table: TrainingTable) -> tuple[TrainingTable, list[str]]:
    """Return the table with what objects hold, and the names of features that hold no values."""
    held, unread = {}, []
    for name, column in table.features.items():
        if column.dtype.kind not in "Oc" or isinstance(
            column.dtype, pd.CategoricalDtype | pd.StringDtype
        ):
            held[name] = column
            continue
        read = read_values(column)
        if read.kind == "other":
            unread.append(str(name))
        else:
            held[name] = read.series
    return replace(table, features=pd.DataFrame(held, index=table.features.index)), unread


def _unread(names: list[str], where: dict[str, Any]) -> list[Finding]:
    advice = "Its values cannot be read. Make numbers, labels or text of them."
    found = [Finding("readable", "unchecked", advice, **where, feature=name) for name in names]
    return found or [Finding("readable", "ok", "", **where)]


def _constant(table: TrainingTable, where: dict[str, Any]) -> list[Finding]:
    found = [
        Finding(
            "constant", "warning", _tells_nothing(table.features[name]), **where, feature=name,
            value=float(table.features[name].notna().any()), limit=2.0,
        )
        for name in table.features
        if _is_constant(table.features[name])
    ]  # fmt: skip
    return found or [Finding("constant", "ok", "", **where, limit=2.0)]


def _tells_nothing(column: pd.Series) -> str:
    return "It has one value here." if column.notna().any() else "It has no value here."


def _is_constant(column: pd.Series) -> bool:
    values = column.to_numpy(object)
    known = column.notna().to_numpy(bool)
    return bool((~known).all() or (known.all() and (values == values[0]).all()))


def _copies(
    table: TrainingTable, strengths: list[Strength], where: dict[str, Any]
) -> list[Finding]:
    advice = "It says exactly what the target says. Leave it out, or explain how that can be."
    found = []
    for name, told in zip(table.features, strengths, strict=True):
        column, luck = table.features[name], told.chance * len(strengths)
        if luck < _POSSIBLE and _is_copy(column, table.target, table.task):
            said = (advice,) if luck < _SURE else (advice, _FEW)
            status: Status = "leak" if luck < _SURE else "warning"
            value = float(column.notna().mean())
            found.append(
                Finding("target_copy", status, " ".join(said), **where, feature=name, value=value)
            )
    return found or [Finding("target_copy", "ok", "", **where)]


_FEW = "There are too few people here to rule out chance."


def _is_copy(column: pd.Series, target: pd.Series, task: Task) -> bool:
    """Tell whether values and targets go one to one, wherever there is a value."""
    known = column.notna().to_numpy(bool)
    if known.sum() < 2:
        return False
    if task == "regression":
        numbers = target.to_numpy(np.float64)[known]
        return is_number(column) and _is_line(numbers_of(column)[known], numbers)
    values, held = pd.factorize((numbers_of if is_number(column) else levels_of)(column)[known])
    if len(held) > target.nunique():
        return False
    labels, classes = pd.factorize(target[known])
    count = len(classes)
    return 1 < count == len(held) == len(np.unique(values * count + labels))


def _is_line(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    if len(one) < 3 or not np.isfinite(one).all() or np.ptp(one) == 0 or np.ptp(other) == 0:
        return False
    return bool(abs(np.corrcoef(one, other)[0, 1]) > 1 - _EXACT)


def _strong(
    table: TrainingTable, strengths: list[Strength], where: dict[str, Any], limit: float
) -> list[Finding]:
    """Return the features that are too strong, or else the strongest."""
    values = np.array([strength.value for strength in strengths])
    if not len(values) or np.isnan(values).all():
        advice = "No feature has values that differ."
        return [Finding("single_feature_auc", "unchecked", advice, **where, limit=limit)]
    # The chance is 1 of those that are not strong at all.
    luck = np.array([strength.chance for strength in strengths]) * len(strengths)
    said = np.flatnonzero((luck < _SURE) | ((values > limit) & (luck < _POSSIBLE)))
    places = sorted(said, key=lambda k: -values[k]) or [np.nanargmax(values)]
    return [
        _judged(table.features.columns[k], float(values[k]), float(luck[k]), limit, where)
        for k in places
    ]


def _judged(name: str, value: float, luck: float, limit: float, where: dict[str, Any]) -> Finding:
    status: Status = "ok"
    advice = "The strongest feature."
    if value > limit and luck < _SURE:
        status = "leak"
        advice = "Alone it nearly says the target. Find out when it is known and how it is made."
    elif value > limit and luck < _POSSIBLE:
        status, advice = "warning", f"Alone it nearly says the target. {_FEW}"
    elif luck < _SURE:
        status = "warning"
        advice = "Alone it says much of the target. Make sure that it is known in time."
    elif value > STRONG:
        advice = "The strongest feature; chance makes one as strong where so few have a value."
    return Finding(
        "single_feature_auc", status, advice, **where, feature=name, value=value, limit=limit
    )
