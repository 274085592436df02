"""Length and cost of each group of conversations, from sums."""

from __future__ import annotations

from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.channels.costs import (
    COST_RANGES,
    cost_units,
    explained,
    mean_per_row,
    ratio_of_sums,
)
from chatdash_analysis.codes import group_codes
from chatdash_analysis.errors import InputError
from chatdash_analysis.tables import opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import narwhals as nw
    from numpy.typing import NDArray

__all__ = [
    "MEASURES",
    "SQUARES",
    "WORK_COLUMNS",
    "cost_columns",
    "cost_sources",
    "duration_columns",
    "measure_values",
    "with_numbers",
]

MEASURES = (
    "duration_minutes_n", "duration_minutes_mean", "duration_minutes_low", "duration_minutes_high",
    "cost_n", "cost_unit", "cost_total", "cost_per_success", "cost_per_success_low",
    "cost_per_success_high",
)  # fmt: skip
# Names of sums, which no column that makes groups may have.
WORK_COLUMNS = (
    "rows", "timed", "minutes", "priced", "spent", "bought", "long",
    "charged", *(f"{what} in {unit}" for what in ("calls", "costs") for unit in COST_RANGES),
    "mixed", "odd", "reach_loaded",
)  # fmt: skip
_HALF_A_MINUTE = 0.5
# Of which the sums over people of the products of their sums are needed.
SQUARES = [
    ("timed", "timed"), ("timed", "minutes"), ("minutes", "minutes"),
    ("priced", "priced"), ("spent", "spent"), ("spent", "bought"), ("bought", "bought"),
]  # fmt: skip


def with_numbers(frame: Any) -> Any:
    """Return a frame of any engine whose costs and lengths are numbers.

    Raises
    ------
    InputError
        If they are not. Numbers written as text are read in a DataFrame only, where it
        can be seen whether all of them are.
    """
    columns = ("cost", "duration_minutes")
    if isinstance(frame, pd.DataFrame):
        numbers = {name: _numbers(frame[name]) for name in columns}
        return frame.assign(**{name: own for name, own in numbers.items() if own is not None})
    return _checked(frame, columns)


def _checked(frame: Any, columns: Sequence[str]) -> Any:
    """Return a frame of another engine, whose columns have to be numbers."""
    import narwhals as nw

    rows = opened(frame)
    kinds = rows.collect_schema()
    # Some engines give a column that holds nothing a dtype of its own.
    empty = [name for name in columns if kinds[name] == nw.Unknown]
    for name in columns:
        if not kinds[name].is_numeric() and name not in empty:
            raise InputError(f"{name} is {kinds[name]}, not a number. Cast it to Float64 first.")
    return nw.to_native(rows.with_columns(nw.col(*empty).cast(nw.Float64))) if empty else frame


def _numbers(column: pd.Series) -> pd.Series | None:
    """Return a column of another dtype as numbers, None if they are numbers already."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return None
    values = column.astype(object)
    numbers = pd.to_numeric(values.where(values.map(_may_be_number)), errors="coerce")
    wrong = int((numbers.isna() & column.notna()).sum())
    if wrong:
        raise InputError(
            f"{column.name} has dtype {column.dtype}, and {wrong} of its {len(column)} values are"
            " no numbers. Turn it into numbers first: pandas.to_numeric does, and"
            ' errors="coerce" makes what it cannot read missing.'
        )
    return numbers.astype("float64")


def _may_be_number(value: object) -> bool:
    return isinstance(value, (str, Number)) and not isinstance(value, (bool, np.bool_, complex))


def measure_values(success: Mapping[str, nw.Expr]) -> dict[str, nw.Expr]:
    """Return what is summed up for lengths, costs, and costs of a success."""
    import narwhals as nw

    cost, minutes = nw.col("cost"), nw.col("duration_minutes")
    priced = _known(cost) & ~success["unknown"]
    return {
        "timed": _known(minutes),
        "minutes": nw.when(_known(minutes)).then(minutes),
        "cost_total": nw.when(_known(cost)).then(cost),
        "priced": priced,
        "spent": nw.when(priced).then(cost),
        "bought": priced & success["successes"],
    }


def cost_sources() -> dict[str, nw.Expr]:
    """Return what is summed up by platform to tell the unit of its costs."""
    import narwhals as nw

    cost, minutes = nw.col("cost"), nw.col("duration_minutes")
    # Shorter calls are often charged as if they were longer.
    long = _known(cost) & _known(minutes) & (minutes >= _HALF_A_MINUTE)
    # Products, as some engines refuse to divide by a length of 0.
    ranges = {
        unit: long & (cost >= minutes * low) & (cost < minutes * high)
        for unit, (low, high) in COST_RANGES.items()
    }
    return {
        "cost_n": _known(cost),
        "charged": nw.when(_known(cost)).then(cost.abs()),
        "long": long & (cost != 0),
        **{f"calls in {unit}": own for unit, own in ranges.items()},
        **{f"costs in {unit}": nw.when(own).then(cost) for unit, own in ranges.items()},
    }


def _known(column: nw.Expr) -> nw.Expr:
    return ~column.is_null() & column.is_finite().fill_null(value=False)


def duration_columns(sums: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return ``duration_minutes_*`` of each group."""
    mean, low, high = mean_per_row(
        sums["minutes"], sums["timed"], sums["timed*timed"], sums["timed*minutes"],
        sums["minutes*minutes"], level=level,
    )  # fmt: skip
    columns = (sums["timed"].astype("int64"), mean, low, high)
    return pd.DataFrame(dict(zip(MEASURES[:4], columns, strict=True)))


def cost_columns(
    sums: pd.DataFrame, sources: pd.DataFrame, names: Sequence[str], level: float
) -> pd.DataFrame:
    """Return ``cost_*`` of each group, and where costs were not added up, and why.

    Parameters
    ----------
    sums : pandas.DataFrame
        Sums by group.
    sources : pandas.DataFrame
        Sums of `cost_sources` by group and platform.
    names : sequence of str
        Columns that make the groups.

    Returns
    -------
    pandas.DataFrame
        The cost columns of `MEASURES`, ``mixed`` (costs of several platforms, or of
        unknown ones) and ``odd`` (costs of which no unit explains nearly all).
    """
    table = _by_source(sources, names, len(sums))
    added = table["cost_n"].gt(0) & ~table["mixed"] & ~table["odd"]
    ratio = ratio_of_sums(
        sums["spent"], sums["bought"], sums["priced"], sums["priced*priced"], sums["spent*spent"],
        sums["spent*bought"], sums["bought*bought"], level=level,
    )  # fmt: skip
    found = dict(zip(MEASURES[6:], (sums["cost_total"], *ratio), strict=True))
    return table.assign(
        cost_unit=table["cost_unit"].where(added),
        **{name: np.where(added, column, np.nan) for name, column in found.items()},
    )


def _by_source(sources: pd.DataFrame, names: Sequence[str], size: int) -> pd.DataFrame:
    """Return of each group how many costs it has, and whether they are of one known unit."""
    groups, _ = group_codes(sources, names)
    platforms, labels = group_codes(sources, ["platform"])
    costs = sources["cost_n"].to_numpy()
    # One line for each group and platform that has costs.
    pairs = np.unique(np.stack([groups, platforms])[:, costs > 0], axis=1)
    several = np.bincount(pairs[0], minlength=size)
    only = np.full(size, len(labels), dtype=np.int64)
    only[pairs[0]] = pairs[1]
    named = np.append(labels["platform"].notna().to_numpy(dtype=bool), False)
    mixed = (several > 1) | ((several == 1) & ~named[only])
    units = np.array([*cost_units(*_evidence(sources, platforms, len(labels))), None], dtype=object)
    sure = _explained_by(units[only], _evidence(sources, groups, size))
    return pd.DataFrame(
        {
            "cost_n": np.bincount(groups, weights=costs, minlength=size).astype(np.int64),
            "cost_unit": pd.Series(units[only], dtype="str"),
            "mixed": mixed,
            "odd": (several > 0) & ~mixed & ~sure,
        }
    )


def _evidence(
    sources: pd.DataFrame, codes: NDArray[np.int64], size: int
) -> tuple[NDArray[np.float64], ...]:
    """Sum by code what `cost_units` looks at: calls, their number, costs, their sum."""

    def total(name: str) -> NDArray[np.float64]:
        return np.bincount(codes, weights=sources[name], minlength=size).astype(np.float64)

    calls, costs = (
        np.array([total(f"{what} in {unit}") for unit in COST_RANGES])
        for what in ("calls", "costs")
    )
    return calls, total("long"), costs, total("charged")


def _explained_by(
    units: NDArray[np.object_], evidence: tuple[NDArray[np.float64], ...]
) -> NDArray[np.bool_]:
    """Tell which groups' own costs are in the unit of their platform."""
    calls, total, costs, spent = evidence
    sure = np.zeros(len(units), dtype=bool)
    for place, unit in enumerate(COST_RANGES):
        sure |= (units == unit) & explained(calls[place], total, costs[place], spent)
    return sure
