"""Conversations with fields, made for tests; each test says what it needs."""

from __future__ import annotations

import numpy as np
import pandas as pd

START = pd.Timestamp("2026-01-05", tz="UTC")  # a Monday
WORDS = (
    *("call", "lead", "customer", "issue", "booking", "order", "quote", "price", "date", "service"),
    *("visit", "budget", "size", "plan", "status", "type", "reason", "score", "outcome", "next"),
    *("step", "language", "urgency", "transfer", "offer", "source", "device", "room", "guest"),
)
VOCABULARIES = (
    *(("low", "normal", "high"), ("yes", "no", "maybe"), ("positive", "neutral", "negative")),
    *(("new", "open", "closed", "won"), ("a1", "a2", "a3", "a4"), ("b1", "b2", "b3", "b4", "b5")),
    *(("c1", "c2", "c3"), ("d1", "d2", "d3", "d4", "d5", "d6"), ("e1", "e2", "e3", "e4")),
)


def conversations(**columns) -> pd.DataFrame:
    """Return rows an hour apart, all of one agent and each of another person."""
    size = len(next(iter(columns.values())))
    base = {
        "agent_id": pd.Series(["a"] * size, dtype="str"),
        "created_at": pd.Series(START + pd.to_timedelta(np.arange(size), unit="h")).dt.as_unit(
            "us"
        ),
        "user_id": pd.Series([f"u{n}" for n in range(size)], dtype="str"),
    }
    return pd.DataFrame({**base, **{name: _column(values) for name, values in columns.items()}})


def _column(values) -> pd.Series:
    if isinstance(values, pd.Series):
        return values
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return pd.Series(pd.array(values, dtype="boolean"))
    if all(isinstance(value, str) for value in known):
        return pd.Series(values, dtype="str")
    return pd.Series(values)


def field(rng, size: int, *, start: int = 0, stop: int | None = None, kind: str = "") -> pd.Series:
    """Return a random field that lives from one row to another, unlike any other one."""
    kind = kind or rng.choice(["text", "boolean", "number", "free"], p=[0.4, 0.3, 0.2, 0.1])
    place = np.arange(size)
    stop = size if stop is None else stop
    held = (place >= start) & (place < stop) & (rng.random(size) < rng.uniform(0.3, 1))
    if kind == "boolean":
        return pd.Series(pd.array(rng.random(size) < rng.uniform(0.1, 0.9), dtype="boolean")).where(
            held
        )
    if kind == "number":
        return pd.Series(rng.integers(1, rng.choice([5, 10, 100]), size).astype(float)).where(held)
    if kind == "text":
        words = VOCABULARIES[rng.integers(len(VOCABULARIES))]
        texts = rng.choice(words, size, p=rng.dirichlet(np.full(len(words), 3.0)))
    else:
        texts = [f"said {number} things" for number in rng.integers(0, 10**6, size)]
    return pd.Series(texts, dtype="str").where(held)


def key(rng) -> str:
    return "custom_" + "_".join(rng.choice(WORDS, rng.integers(1, 4), replace=False))
