"""Conversations with a known truth: what people would say, and a judge that errs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def conversations(verdicts: Sequence[bool | None], **columns: Sequence[object]) -> pd.DataFrame:
    """Return rows with ids c000, c001, ...; each of a person of its own unless told."""
    size = len(verdicts)
    base = {
        "conversation_id": pd.Series([f"c{k:03d}" for k in range(size)], dtype="str"),
        "agent_id": pd.Series(["a"] * size, dtype="str"),
        "user_id": pd.Series([f"u{k}" for k in range(size)], dtype="str"),
        "evaluation_is_success": pd.array(list(verdicts), dtype="boolean"),
    }
    return pd.DataFrame({**base, **{name: pd.Series(v) for name, v in columns.items()}})


def by_cells(cells: Mapping[tuple[bool, bool], int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return conversations of which (verdict, answer) occur so often, and the sheet of all."""
    pairs = [pair for pair, number in cells.items() for _ in range(number)]
    table = conversations([verdict for verdict, _ in pairs])
    answers = pd.array([answer for _, answer in pairs], dtype="boolean")
    sheet = pd.DataFrame({"conversation_id": table["conversation_id"], "human_verdict": answers})
    return table, sheet


def drawn_people(
    rng: np.random.Generator, *, people: int, rate: float, sensitivity: float, specificity: float,
    likeness: float = 0.3, each: float = 3.0, agents: int = 3,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Return person, agent, verdict and truth of conversations.

    The conversations of a person resemble each other (`likeness`, the intraclass
    correlation), and agents succeed differently.
    """
    user = np.repeat(np.arange(people), 1 + rng.poisson(each - 1, people))
    agent = rng.integers(0, agents, people)
    base = rate + np.linspace(-0.1, 0.1, agents) * (agents > 1)
    odds = (1 - likeness) / likeness
    own = rng.beta(base[agent] * odds, (1 - base[agent]) * odds)
    truth = rng.random(len(user)) < own[user]
    right = np.where(truth, sensitivity, specificity)
    verdict = np.where(rng.random(len(user)) < right, truth, ~truth)
    return user, agent[user], verdict, truth


def population(rng: np.random.Generator, **options: float) -> tuple[pd.DataFrame, np.ndarray]:
    """Return `drawn_people` as conversations, and what people would say of each."""
    user, agent, verdict, truth = drawn_people(rng, **options)
    table = conversations(
        verdict.tolist(),
        agent_id=np.char.add("a", agent.astype(str)),
        user_id=np.char.add("u", user.astype(str)),
    )
    return table, truth
