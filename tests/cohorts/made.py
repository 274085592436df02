"""Small conversations made by hand, and what tests read of their tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

# Of a table of retention.
DTYPES = {
    "cohort": "datetime64[us]",
    "cohort_label": "str",
    "period": "int64",
    "period_label": "str",
    **dict.fromkeys(("n", "successes", "unknown", "excluded", "users"), "int64"),
    **dict.fromkeys(("rate", "low", "high"), "float64"),
    "flags": "str",
}


def contacts(*rows: tuple[str | None, str | None], **columns: list[Any]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["user_id", "created_at"]).astype({"user_id": "str"})
    times = pd.to_datetime(frame["created_at"], utc=True, format="ISO8601")
    return frame.assign(created_at=times.astype("datetime64[us, UTC]"), **columns)


def at_times(people: Any, days: Any, start: str = "2026-01-01", **columns: Any) -> pd.DataFrame:
    """Make contacts at so many days after a start."""
    micros = np.rint(np.asarray(days, dtype=float) * 86_400_000_000).astype("int64")
    at = pd.DatetimeIndex(np.datetime64(start, "us") + micros, tz="UTC")
    people = pd.Series(np.asarray(people)).astype("str")
    return pd.DataFrame({"user_id": people, "created_at": at.as_unit("us")}).assign(**columns)


def outcomes(*values: bool | None) -> Any:
    return pd.array(list(values), dtype="boolean")


THREE = contacts(
    ("ann", "2026-01-05T10:00:00Z"),
    ("ann", "2026-01-06T10:00:00Z"),
    ("ann", "2026-01-20T10:00:00Z"),
    ("bob", "2026-01-07T10:00:00Z"),
    ("cat", "2026-01-13T10:00:00Z"),
    ("cat", "2026-01-19T10:00:00Z"),
    ("dan", "2026-01-21T10:00:00Z"),
)


def cells(table: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return list(table[list(columns)].itertuples(index=False, name=None))


def pooled(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["cohort"].isna()].set_index("period")
