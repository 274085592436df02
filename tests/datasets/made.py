"""Training tables made by hand, small and with a known truth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.datasets.tables.table import COLUMN_DTYPES, ROW_DTYPES, TrainingTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DAY_ONE = pd.Timestamp("2026-01-01", tz="UTC")
WORDS = [
    "parcel",
    "invoice",
    "refund",
    "dentist",
    "booking",
    "delivery",
    "window",
    "battery",
    "garden",
    "hotel",
    "ticket",
    "password",
    "colour",
    "carpet",
    "engine",
    "kitchen",
    "laptop",
    "camera",
    "bicycle",
    "concert",
    "museum",
    "doctor",
    "school",
    "bridge",
]


def made(
    target: Sequence[object],
    *,
    days: Sequence[float] | None = None,
    groups: Sequence[str] | None = None,
    texts: Sequence[str | None] | None = None,
    features: Mapping[str, object] | None = None,
    known_at: Mapping[str, str] | None = None,
    task: str = "binary",
    at: str = "start",
) -> TrainingTable:
    """Return a table, oldest first; by default of a person a row, one a day, without texts."""
    size = len(target)
    days = range(size) if days is None else days
    rows = pd.DataFrame(
        {
            "conversation_id": [f"c{number:05d}" for number in range(size)],
            "agent_id": "a",
            "created_at": [DAY_ONE + pd.Timedelta(days=float(day)) for day in days],
            "group": [f"p{number:05d}" for number in range(size)] if groups is None else groups,
            "text": [None] * size if texts is None else texts,
        }
    )
    rows["created_at"] = pd.to_datetime(rows["created_at"], utc=True)
    held = pd.DataFrame(dict(features or {}), index=pd.RangeIndex(size))
    dtypes = {"binary": "int64", "regression": "float64", "multiclass": "str"}
    labels = pd.Series(list(target), name="evaluation_is_success", dtype=dtypes[task])
    order = rows["created_at"].argsort(kind="stable")
    rows, held, labels = (part.iloc[order].reset_index(drop=True) for part in (rows, held, labels))
    return TrainingTable(
        features=held,
        target=labels,
        rows=rows.astype(ROW_DTYPES),
        columns=_columns(held, known_at or {}),
        left_out=pd.DataFrame({"column": [], "known_at": [], "reason": []}, dtype="str"),
        dropped=pd.DataFrame({"reason": [], "rows": []}).astype({"reason": "str", "rows": "int64"}),
        task=task,
        at=at,
    )


def _columns(features: pd.DataFrame, known_at: Mapping[str, str]) -> pd.DataFrame:
    rows = [
        {
            "feature": name, "column": name, "dtype": str(features[name].dtype), "unit": "",
            "known_at": known_at.get(name, "start"), "pii": "", "description": "",
            "missing": int(features[name].isna().sum()),
            "coverage": float(features[name].notna().mean()),
        }
        for name in features
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMN_DTYPES)).astype(COLUMN_DTYPES)


def clean(
    rng: np.random.Generator, *, rows: int = 600, people: int = 250, width: int = 6
) -> TrainingTable:
    """Return a table without leaks: features say something of the target, and people differ."""
    person = rng.integers(0, people, rows)
    numbers = rng.normal(size=(rows, width))
    traits = rng.normal(size=people)[person]
    chance = 1 / (1 + np.exp(-0.8 * numbers[:, 0] - 0.6 * traits))
    features: dict[str, object] = {f"f{place}": column for place, column in enumerate(numbers.T)}
    features["trait"] = np.round(traits, 1)  # a finer one would name each person
    features["channel"] = pd.Categorical(rng.choice(["web", "voice", "sms"], rows))
    features["city"] = pd.Categorical([f"city {number}" for number in rng.integers(0, 80, rows)])
    features["holed"] = np.where(rng.random(rows) < 0.6, np.nan, numbers[:, 1])
    return made(
        (rng.random(rows) < chance).astype(int),
        days=np.sort(rng.uniform(0, 120, rows)),
        groups=[f"p{number:05d}" for number in person],
        texts=[sentence(rng) for _ in range(rows)],
        features=features,
    )


def sentence(rng: np.random.Generator, words: int = 7) -> str:
    """Return words in random order, about 45 characters."""
    return " ".join(rng.choice(WORDS, words, replace=False))


def shuffled(table: TrainingTable, rng: np.random.Generator) -> TrainingTable:
    """Return the same rows in another order, which no function may care about."""
    order = rng.permutation(len(table))
    features, target, rows = (
        part.iloc[order].reset_index(drop=True)
        for part in (table.features, table.target, table.rows)
    )
    return replace(table, features=features, target=target, rows=rows)
