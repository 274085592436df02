"""Counts, rates, differences and tests of many comparisons, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from chatdash_analysis.codes import dense
from chatdash_analysis.driving.association import NO_AUC, Auc, auc, corrected_v
from chatdash_analysis.driving.choosing import Field
from chatdash_analysis.driving.parts import Part, people_per_level
from chatdash_analysis.driving.scores import score_test
from chatdash_analysis.mantel_haenszel import ADJUSTED_COLUMNS, mantel_haenszel
from chatdash_analysis.rates import PRODUCTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Columns = dict[str, NDArray[Any]]

__all__ = ["measured"]

# Above it a field says so nearly the same as the outcome that it may be the outcome.
_RESTATED = 0.9
# Conversations whose differences are adjusted at one time.
_BATCH = 100_000


def measured(
    parts: Iterable[Part], *, min_users: int, level: float, each_level: bool
) -> pd.DataFrame:
    """Return one row a part, or one row a level, with counts and whatever was measured.

    Parameters
    ----------
    parts : iterable of Part
        What is compared.
    min_users : int
        With fewer people in all levels but one, nothing is measured.
    level : float
        Confidence level.
    each_level : bool
        One row a level; else one a part, with the difference of its last level if it
        has two, or of the absence.
    """
    tables = [
        _rows(batch, min_users=min_users, level=level, each_level=each_level)
        for batch in _batches(parts)
    ]
    return pd.concat(tables, ignore_index=True) if tables else _nothing()


def _nothing() -> pd.DataFrame:
    """Return the columns of a table without rows."""
    empty, none = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.bool_)
    part = Part(
        group=0, field=Field("", None, after_outcome=False, restates=False), kind="category",
        levels=empty, labels=[""], numbers=np.empty(0), users=empty, strata=empty, known=none,
        good=none, excluded=np.zeros(1, dtype=np.int64), outside=0, flags=(),
    )  # fmt: skip
    return pd.DataFrame(_columns(part, _Facts(), None, each_level=False)).iloc[:0]


def _batches(parts: Iterable[Part]) -> Iterator[list[Part]]:
    batch: list[Part] = []
    size = 0
    for part in parts:
        batch.append(part)
        size += len(part.levels)
        if size > _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _rows(batch: list[Part], *, min_users: int, level: float, each_level: bool) -> pd.DataFrame:
    found = [_measure(part, min_users, level) for part in batch]
    compared = {
        place: part
        for place, (part, facts) in enumerate(zip(batch, found, strict=True))
        if facts.sides > 1 and (each_level or len(part.labels) == 2)
    }
    differences = _differences(compared, level)
    tables = [
        _columns(part, facts, differences.get(place), each_level=each_level)
        for place, (part, facts) in enumerate(zip(batch, found, strict=True))
    ]
    return pd.DataFrame(
        {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
    )


class _Facts(NamedTuple):
    """What was measured of a part; ``sides`` are its levels with enough people."""

    sides: int = 0
    strength: float = np.nan
    measure: str | None = None
    auc: Auc = NO_AUC
    p_value: float = np.nan
    flags: tuple[str, ...] = ()


def _measure(part: Part, min_users: int, level: float) -> _Facts:
    """Measure a part unless there is nothing to compare."""
    if part.flags:
        return _Facts(flags=part.flags)
    outcomes = part.good[part.known]
    if not len(outcomes):
        return _Facts()
    sides = _sides(part.levels[part.known], part.users[part.known], min_users)
    if sides < 2:
        return _Facts(flags=("few_users",))
    if outcomes.all() or not outcomes.any():
        return _Facts()
    return _tested(part, sides, level)


def _sides(levels: Codes, users: Codes, min_users: int) -> int:
    people = people_per_level(levels, users, int(levels.max(initial=-1)) + 1)
    return int((people >= min_users).sum())


def _tested(part: Part, sides: int, level: float) -> _Facts:
    known = part.known
    outcomes = part.good[known].astype(np.float64)
    levels, users, strata = (
        dense(codes[known])[0] for codes in (part.levels, part.users, part.strata)
    )
    if part.kind == "number":
        ranks = _ranks(part.numbers[known])
        area = auc(outcomes, ranks, users, level=level)
        strength, measure = area.strength, "auc"
        test = score_test(outcomes, np.zeros_like(levels), strata, users, values=ranks)
    else:
        area, measure = NO_AUC, "cramers_v"
        strength = corrected_v(outcomes, levels, users)
        test = score_test(outcomes, levels, strata, users)
    flags = ("may_restate_outcome",) if strength >= _RESTATED else ()
    flags = (*flags, "no_overlap") if not test.rank else flags
    return _Facts(sides, strength, measure, area, test.p_value, flags)


def _ranks(values: Floats) -> Floats:
    """Return mid-ranks from -1 to 1: large values weigh no more than others."""
    ordered = np.sort(values)
    left = np.searchsorted(ordered, values, side="left")
    right = np.searchsorted(ordered, values, side="right")
    return np.asarray((left + right) / len(values) - 1.0)


def _differences(parts: dict[int, Part], level: float) -> dict[int, Columns]:
    """Return the adjusted differences of the levels of each part, from one computation.

    Strata of different parts have different numbers, so that nothing is compared across.
    """
    if not parts:
        return {}
    columns: list[list[Codes]] = [[], [], [], []]
    strata = groups = 0
    ends = []
    for part in parts.values():
        known = part.known
        own, _ = dense(part.strata[known])
        found = (own + strata, part.levels[known] + groups, part.users[known], part.good[known])
        for column, values in zip(columns, found, strict=True):
            column.append(values.astype(np.int64))
        strata += int(own.max(initial=-1)) + 1
        groups += len(part.labels)
        ends.append(groups)
    stratum, group, users, good = (np.concatenate(column) for column in columns)
    table = mantel_haenszel(
        stratum, group, users=users, n=np.ones_like(good), successes=good, size=groups, level=level
    )
    starts = [0, *ends[:-1]]
    found_of = {name: table[name].to_numpy() for name in ADJUSTED_COLUMNS}
    return {
        place: {name: column[start:end] for name, column in found_of.items()}
        for place, start, end in zip(parts, starts, ends, strict=True)
    }


def _columns(
    part: Part, facts: _Facts, differences: Columns | None, *, each_level: bool
) -> Columns:
    """Return the columns of the rows of one part."""
    size = len(part.labels)
    absent = part.kind == "absent"
    if each_level:
        shown = np.arange(size - 1 if absent else 0, size)
        counts = {name: column[shown] for name, column in _counts(part, part.levels, size).items()}
        labels: list[str | None] = [part.labels[k] or None for k in shown]
        excluded = part.excluded[shown]
    else:
        shown = np.array([size - 1])
        counts = _counts(part, np.where(absent & (part.levels != shown), -1, 0), 1)
        labels = [part.labels[-1] if absent or differences is not None else None]
        excluded = np.array([part.outside])
    facts_of = {
        "_group": part.group,
        "field": part.field.name,
        "known_at": part.field.known_at,
        "kind": part.kind,
        "levels": size,
        "strength": facts.strength,
        "strength_measure": facts.measure,
        **{name: getattr(facts.auc, at) for name, at in _AUC.items()},
        "field_n": int(part.known.sum()),
        "field_p_value": facts.p_value,
        "_noted": ", ".join(dict.fromkeys((*_marks(part), *facts.flags))),
    }
    repeated = {
        name: np.full(len(shown), fact, dtype=object if isinstance(fact, str | None) else None)
        for name, fact in facts_of.items()
    }
    nothing = dict.fromkeys(ADJUSTED_COLUMNS, np.full(len(shown), np.nan))
    adjusted = {
        name: nothing[name] if differences is None else differences[name][shown]
        for name in ADJUSTED_COLUMNS
    }
    return {
        **repeated, "level": np.array(labels, dtype=object), **counts, "excluded": excluded,
        **adjusted,
    }  # fmt: skip


_AUC = {"auc": "auc", "auc_low": "low", "auc_high": "high"}


def _marks(part: Part) -> Iterator[str]:
    if part.field.after_outcome:
        yield "after_outcome"
    if part.field.restates and part.kind != "absent":
        yield "may_restate_outcome"


def _counts(part: Part, levels: Codes, size: int) -> Columns:
    """Return counts and products of each level, as `with_rate` needs them; -1 is in none."""
    inside = levels >= 0
    known = inside & part.known
    codes, users, good = levels[known], part.users[known], part.good[known]
    width = int(users.max(initial=-1)) + 1
    place, first = dense(codes * width + users)
    of = codes[first]
    sums = {
        "n": np.bincount(place, minlength=len(first)).astype(np.float64),
        "successes": np.bincount(place, weights=good, minlength=len(first)),
    }
    counts: Columns = {
        name: np.bincount(of, weights=column, minlength=size) for name, column in sums.items()
    }
    counts["unknown"] = np.bincount(levels[inside & ~part.known], minlength=size)
    counts["users"] = np.bincount(of, minlength=size)
    for names in PRODUCTS:
        product = np.prod([sums[name] for name in names], axis=0)
        counts["*".join(names)] = np.bincount(of, weights=product, minlength=size)
    return counts
