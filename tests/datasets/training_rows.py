"""Small conversations for training tables, made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from chatdash_analysis.schema import COLUMNS


def conversations(n: int = 120, seed: int = 0, **columns: Any) -> pd.DataFrame:
    """Conversations of a third as many people, with a channel, a length and a verdict."""
    rng = np.random.default_rng(seed)
    created = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(
        np.sort(rng.integers(0, 60 * 24 * 60, n)), unit="min"
    )
    created = pd.Series(created).dt.as_unit("us")
    success = pd.Series(rng.integers(0, 2, n) == 1)
    table = {
        "conversation_id": pd.Series([f"c{k:04d}" for k in range(n)], dtype="str"),
        "agent_id": pd.Series(rng.choice(["a", "b"], n), dtype="str"),
        "user_id": pd.Series([f"u{k}" for k in rng.integers(0, max(n // 3, 1), n)], dtype="str"),
        "created_at": created,
        "ended_at": created + pd.Timedelta("5min"),
        "updated_at": created + pd.Timedelta("1h"),
        "channel": pd.Series(rng.choice(["phone", "webchat"], n), dtype="str"),
        "duration_minutes": success * 10.0 + rng.random(n),
        "evaluation_is_success": success.astype("boolean"),
    }
    return pd.DataFrame({**table, **columns})


def every_column(n: int = 240, seed: int = 0) -> pd.DataFrame:
    """Conversations with a value that varies in every column of the schema."""
    rng = np.random.default_rng(seed)
    table = {}
    for place, column in enumerate(COLUMNS):
        draw = rng.permutation(np.arange(n)) % 4
        texts = [f"{column.name} {word}" for word in np.array(list("pqrs"))[draw]]
        values: dict[str, Any] = {
            "text": pd.Series(texts),
            "instant": pd.Timestamp("2026-01-01", tz="UTC")
            + pd.to_timedelta(rng.permutation(n) * 37 + place, unit="min"),
            "flag": pd.Series(draw > 1).astype("boolean"),
            "measure": pd.Series(draw + rng.random(n)),
            "count": pd.Series(draw, dtype="int64"),
            "json": pd.Series([f'["{text}"]' for text in texts]),
        }
        table[column.name] = values[column.kind]
    return pd.DataFrame(table).assign(
        conversation_id=[f"c{k:04d}" for k in range(n)],
        no_answer=pd.Series(rng.integers(0, 2, n) == 1).astype("boolean"),
        user_id=[f"u{k}" for k in rng.integers(0, n // 3, n)],
    )
