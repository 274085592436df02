"""The tables that users get: rates, q-values, flags, and an order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.rates import RATE_COLUMNS, false_discovery, with_rate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]

__all__ = ["DRIVERS", "LEVELS", "TAKEN", "arranged"]

_RATES = {
    **dict.fromkeys(RATE_COLUMNS[:5], "int64"),
    **dict.fromkeys(RATE_COLUMNS[5:8], "float64"),
    "flags": "str",
}
_ADJUSTED = {
    "adjusted_difference": "float64", "adjusted_difference_low": "float64",
    "adjusted_difference_high": "float64", "strata_n": "int64", "adjusted_n": "int64",
    "p_value": "float64", "q_value": "float64",
}  # fmt: skip
# Columns and dtypes of the two tables, behind those of `by`.
DRIVERS = {
    "field": "str", "known_at": "str", "kind": "str", "levels": "int64", "strength": "float64",
    "strength_measure": "str", "auc": "float64", "auc_low": "float64", "auc_high": "float64",
    **_RATES, "level": "str", **_ADJUSTED,
}  # fmt: skip
LEVELS = {
    "field": "str", "known_at": "str", "kind": "str", "level": "str", **_RATES, **_ADJUSTED,
    "strength": "float64", "strength_measure": "str", "field_n": "int64",
    "field_p_value": "float64", "field_q_value": "float64",
}  # fmt: skip
TAKEN = tuple(dict.fromkeys([*DRIVERS, *LEVELS, "_group", "_noted"]))
_APART = ("after_outcome", "may_restate_outcome")


def arranged(
    table: pd.DataFrame, by: Sequence[str], dtypes: Mapping[str, str], *, level: float
) -> pd.DataFrame:
    """Return what was measured with rates and q-values, sorted, in the promised columns."""
    noted, apart = table["_noted"], _holds_any(table["_noted"])
    table = with_rate(table.drop(columns="_noted"), level=level)
    table["flags"] = _joined(noted, table["flags"])
    field_p = table["field_p_value"].to_numpy(np.float64)
    first = ~table.duplicated(["_group", "field", "kind"]).to_numpy()
    field_q = _q_values(np.where(first, field_p, np.nan), apart)
    each = dtypes is LEVELS
    own = table["adjusted_p_value"].to_numpy(np.float64) if each else field_p
    table = table.assign(
        p_value=own,
        q_value=_q_values(own, apart) if each else field_q,
        field_q_value=_repeated(field_q, first),
        **{name: table[name].fillna(0) for name in ("strata_n", "adjusted_n")},
    )
    order = _order(table, apart, level, together=each)
    return table.iloc[order][[*by, *dtypes]].astype(dict(dtypes)).reset_index(drop=True)


def _holds_any(flags: pd.Series) -> Flags:
    return np.array(
        [any(name in text.split(", ") for name in _APART) for text in flags], dtype=bool
    )


def _joined(noted: pd.Series, flags: pd.Series) -> pd.Series:
    pairs = zip(noted, flags, strict=True)
    return pd.Series([", ".join(filter(None, pair)) for pair in pairs], dtype="str")


def _q_values(p_values: Floats, apart: Flags) -> Floats:
    """Return q-values; what restates the outcome is certain, and would help all others along."""
    found = np.full(len(p_values), np.nan)
    for family in (apart, ~apart):
        found[family] = false_discovery(p_values[family])
    return found


def _repeated(values: Floats, first: Flags) -> Floats:
    """Return the value of the first row of each field in all of its rows."""
    return values[first][np.cumsum(first) - 1] if len(values) else values


def _order(table: pd.DataFrame, apart: Flags, level: float, *, together: bool) -> Codes:
    """Sort by group, by what was found, by strength and by name; a field's levels together."""
    tested = table["field_p_value"].notna().to_numpy()
    found = (table["field_q_value"] < 1 - level).to_numpy()
    place = np.select([~tested, apart], [3, 2], np.where(found, 0, 1))
    keys = pd.DataFrame(
        {
            "group": table["_group"],
            "place": place,
            "strength": -table["strength"].where(tested, 0.0).fillna(0.0),
            "field": table["field"],
            "kind": table["kind"].eq("absent"),
        }
    )
    order: Codes = keys.sort_values(list(keys), kind="stable").index.to_numpy(np.int64)
    if not together:
        return order
    keys["best"] = pd.Series(np.argsort(order), index=keys.index)
    keys["best"] = keys.groupby(["group", "field"])["best"].transform("min")
    levels: Codes = keys.sort_values(["best", "kind"], kind="stable").index.to_numpy(np.int64)
    return levels
