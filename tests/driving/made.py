"""Conversations with planted fields."""

from __future__ import annotations

import numpy as np
import pandas as pd


def conversations(rng, n=2000, *, agents=2, people=None, reached=None, success=None):
    """Return conversations of half a year: those reached are judged, by chance or as given."""
    reached = np.ones(n, dtype=bool) if reached is None else np.asarray(reached)
    success = rng.random(n) < 0.7 if success is None else np.asarray(success)
    minutes = np.sort(rng.integers(0, 180 * 24 * 60, n))
    user = np.arange(n) if people is None else rng.integers(0, people, n)
    return pd.DataFrame(
        {
            "conversation_id": pd.Series([f"c{k:06d}" for k in range(n)], dtype="str"),
            "agent_id": pd.Series([f"a{k}" for k in rng.integers(0, agents, n)], dtype="str"),
            "channel": pd.Series(rng.choice(["phone", "web_call"], n), dtype="str"),
            "created_at": pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(minutes, "min"),
            "user_id": pd.Series([f"u{k}" for k in user], dtype="str"),
            "interacted": pd.array(reached, dtype="boolean"),
            "evaluation_is_success": pd.Series(success & reached, dtype="boolean"),
        }
    )


def clustered(rng, people, per, icc, *, rate=0.6):
    """Return people, strata and outcomes: conversations of one person are alike."""
    users = np.repeat(np.arange(people), np.maximum(rng.geometric(1 / per, people), 1))
    a = (1 - icc) / max(icc, 1e-9)
    chance = rng.beta(rate * a, (1 - rate) * a, people) if icc else np.full(people, rate)
    outcomes = (rng.random(len(users)) < chance[users]).astype(np.float64)
    strata = np.unique(rng.integers(0, 6, len(users)), return_inverse=True)[1]
    return users, strata, outcomes


def pooled(levels, users, least=5):
    """Put levels of few people together, and number the rest without holes."""
    people = pd.Series(users).groupby(levels).nunique()
    levels = np.where(people.reindex(levels).to_numpy() < least, -1, levels)
    return np.unique(levels, return_inverse=True)[1]
