"""Small training tables, made by hand, for the tests of the export."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.datasets.exporting.export import export_dataset
from chatdash_analysis.datasets.tables.table import COLUMN_DTYPES, ROW_DTYPES, Split, TrainingTable
from chatdash_analysis.tables import typed_table

if TYPE_CHECKING:
    from pathlib import Path

PLACES = ["Berlin", "Paris", "Köln"]


def made(n: int = 12, *, people: int = 6, **changed: Any) -> TrainingTable:
    """Return a table of `n` rows and three features: a measure, a category, a text."""
    number = np.arange(n)
    labels = pd.CategoricalDtype(pd.Index([*PLACES, "Nowhere"], dtype="str"))
    place = pd.Series([PLACES[i % 3] if i % 4 else None for i in range(n)], dtype=labels)
    features = pd.DataFrame({
        "minutes": pd.Series(np.where(number % 5 == 4, np.nan, number / 3), dtype="float64"),
        "place": place,
        "question": pd.Series([f"where is parcel {i}?" for i in range(n)], dtype="str"),
    })  # fmt: skip
    table = TrainingTable(
        features=features,
        target=pd.Series(number % 2, dtype="int64", name="success"),
        rows=rows_of(n, people),
        columns=columns_of(features),
        left_out=pd.DataFrame(
            {"column": ["duration"], "known_at": ["end"], "reason": ["known too late"]}
        ),
        dropped=pd.DataFrame({"reason": ["no target"], "rows": [3]}),
        task="binary",
        at="start",
        privacy=("No names.",),
        recipe={
            "function": "training_table",
            "arguments": {"target": "success", "at": "start"},
            "source": {"agents": ["a1"], "start": "2026-01-01", "end": "2026-02-01"},
        },
    )
    return replace(table, **changed)


def rows_of(n: int, people: int) -> pd.DataFrame:
    """Return what stands beside features: an hour apart, people by turns."""
    start = pd.Timestamp("2026-01-05 08:00", tz="UTC")
    rows = [
        [f"conv-{i:04d}", "a1", start + pd.Timedelta(hours=i), f"person-{i % people}", f"t{i}"]
        for i in range(n)
    ]
    return typed_table(rows, ROW_DTYPES)


def columns_of(features: pd.DataFrame) -> pd.DataFrame:
    """Return one row a feature, as training_table describes it."""
    missing = features.isna().sum()
    rows = [
        [name, name, str(features[name].dtype), "", "start", "", missing[name], 0.5, "A thing."]
        for name in features.columns
    ]
    return typed_table(rows, COLUMN_DTYPES)


def halved(table: TrainingTable) -> Split:
    """Return the people of even and of odd numbers apart, and one row on neither side."""
    even = table.rows["group"].str[-1].astype("int64") % 2 == 0
    dropped = pd.DataFrame({"conversation_id": ["conv-9999"], "reason": ["embargo"]})
    recipe = {"function": "split_by_user", "arguments": {"test_size": 0.5, "random_state": 0}}
    return Split(table.take(even.to_numpy()), table.take(~even.to_numpy()), dropped, recipe)


def with_features(features: pd.DataFrame, **changed: Any) -> TrainingTable:
    """Return a table of other features."""
    return made(len(features), features=features, columns=columns_of(features), **changed)


def export(table: Any, path: Any, **choices: Any) -> Path:
    """Export without looking for leaks, which takes longer than all the rest."""
    return export_dataset(table, path, **{"lint": pd.DataFrame(), **choices})


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
