"""What is on both sides of a split: rows, people, texts, times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from chatdash_analysis.datasets.linting.findings import Finding, numbered
from chatdash_analysis.datasets.splitting.near_duplicates import find_alike

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatdash_analysis.datasets.tables.table import TrainingTable

__all__ = ["Pair", "crossing_findings"]


class Pair(NamedTuple):
    """Two tables to be held against each other.

    Attributes
    ----------
    name, first, second : str
        What the split and its sides are called.
    train, test : TrainingTable
    recipe : mapping
        How the split was made, where that is known.
    """

    name: str
    first: str
    second: str
    train: TrainingTable
    test: TrainingTable
    recipe: Mapping[str, Any]


def crossing_findings(pair: Pair, *, similarity: float | None) -> list[Finding]:
    """Return what is on both sides."""
    return [
        _shared(pair, "rows", "conversation_id"),
        _shared(pair, "people", "group"),
        _texts(pair, similarity),
        _times(pair),
    ]


def _shared(pair: Pair, check: str, column: str) -> Finding:
    names = [set(side.rows[column].dropna()) for side in (pair.train, pair.test)]
    both = len(names[0] & names[1])
    what = numbered(both, "conversation" if column == "conversation_id" else "group")
    advice = f"{what} on both sides: what is learnt of them is not predicted." if both else ""
    return Finding(
        check, "leak" if both else "ok", advice, pair.name, value=float(both), limit=0.0,
        n=len(pair.train) + len(pair.test), people=_people(pair),
    )  # fmt: skip


def _people(pair: Pair) -> int:
    return len(set(pair.train.rows["group"]) | set(pair.test.rows["group"]))


def _texts(pair: Pair, similarity: float | None) -> Finding:
    texts = pd.concat([pair.train.rows["text"], pair.test.rows["text"]], ignore_index=True)
    tested = np.repeat([False, True], [len(pair.train), len(pair.test)])
    where: dict[str, Any] = {"split": pair.name, "limit": 0.0, "people": _people(pair)}
    if similarity is None:
        advice = "Texts were not compared: similarity=None."
        return Finding("near_duplicates", "unchecked", advice, n=len(texts), **where)
    alike = find_alike(texts, similarity)
    pairs = alike.pairs(~tested, tested)
    where["n"] = int(alike.compared.sum())
    if not where["n"]:
        advice = _uncompared(bool(texts.notna().any()), pair.train.at)
        return Finding("near_duplicates", "unchecked", advice, **where)
    rows = int((alike.of(~tested) & tested).sum())
    advice = (
        f"{numbered(pairs, 'pair')} of near-duplicate texts across the sides;"
        f" {numbered(rows, 'row')} of {pair.second} have one in {pair.first}."
    )
    if not pairs:
        return Finding("near_duplicates", "ok", "", value=0.0, **where)
    return Finding("near_duplicates", "leak", advice, value=float(pairs), **where)


def _uncompared(held: bool, at: str) -> str:
    if held:
        return "No text is long enough to be compared."
    if at == "analysis":
        return "The table holds no texts."
    return (
        f"The table holds no texts: they are compared only at 'analysis', where they are features,"
        f" and it was made at {at!r}."
    )


def _times(pair: Pair) -> Finding:
    last, starts = pair.train.rows["created_at"].max(), pair.test.rows["created_at"]
    embargo = pd.Timedelta(pair.recipe.get("embargo", 0))
    early = int((starts <= last + embargo).sum())
    where: dict[str, Any] = {
        "split": pair.name, "value": float(early), "limit": 0.0, "n": len(starts),
        "people": int(pair.test.rows["group"].nunique()),
    }  # fmt: skip
    if not early:
        return Finding("time_order", "ok", "", **where)
    what = f"{numbered(early, 'row')} of {pair.second} started before the last of {pair.first}"
    if pair.recipe.get("method") == "split_by_user":
        advice = f"{what}, as in any split by person: the score is not one of the future."
        return Finding("time_order", "ok", advice, **where)
    timed = pair.recipe.get("method") in ("split_by_time", "cross_validation")
    advice = f"{what}, its embargo included: the model has seen the future of its test."
    return Finding("time_order", "leak" if timed else "warning", advice, **where)
