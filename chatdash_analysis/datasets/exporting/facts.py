"""All that is said of a data set, once: the recipe holds it, the card shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatdash_analysis.datasets.exporting.fingerprint import dataset_hash
from chatdash_analysis.datasets.exporting.frames import BESIDE
from chatdash_analysis.datasets.exporting.parts import WHOLE
from chatdash_analysis.datasets.exporting.recipe import FORMAT
from chatdash_analysis.datasets.exporting.summary import (
    class_facts,
    drop_facts,
    feature_facts,
    people_in_several,
    table_facts,
)
from chatdash_analysis.datasets.tables.table import Split

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from chatdash_analysis.datasets.tables.table import TrainingTable

    Facts = dict[str, Any]

__all__ = ["dataset_facts"]

_LEFT_OUT = ("column", "known_at", "reason")


def dataset_facts(
    table: TrainingTable,
    splits: Split | Mapping[str, TrainingTable] | None,
    frames: Mapping[str, tuple[pd.DataFrame, str]],
    *,
    lint: pd.DataFrame,
    keyed: bool,
    min_users: int,
    for_spreadsheet: bool,
) -> Facts:
    """Return what recipe and card say of a data set, ready for JSON."""
    plain = {name: frame for name, (frame, _) in frames.items()}
    ending = "csv" if for_spreadsheet else "parquet"
    tables = table_facts(plain)
    for name, (_, digest) in frames.items():
        # Hugging Face datasets keeps "all" for all splits together.
        split = "train" if name == WHOLE else name
        tables[name] |= {"file": f"{name}.{ending}", "split": split, "content_hash": digest}
    target = str(table.target.name)
    return {
        **FORMAT,
        "content_hash": dataset_hash({name: digest for name, (_, digest) in frames.items()}),
        "tables": tables,
        "people_in_several_parts": people_in_several(plain),
        "beside": list(BESIDE),
        "target": target,
        "task": table.task,
        "at": table.at,
        "classes": class_facts(plain, target, table.task, min_users),
        "features": feature_facts(table, plain, min_users),
        "left_out": _records(table.left_out.reindex(columns=list(_LEFT_OUT))),
        "dropped": drop_facts(table.dropped),
        "dropped_by_split": _dropped_by_split(table, splits),
        "lint": _records(lint),
        "privacy": [*table.privacy, *_privacy(table, keyed=keyed, min_users=min_users)],
        "table_recipe": table.recipe,
        "split_recipe": splits.recipe if isinstance(splits, Split) else {},
        "keyed_ids": keyed,
        "min_users": min_users,
        "for_spreadsheet": for_spreadsheet,
    }


def _dropped_by_split(
    table: TrainingTable, splits: Split | Mapping[str, TrainingTable] | None
) -> list[Facts]:
    """Return why rows of the table are in no part; a mapping of parts gives no reasons."""
    if splits is None:
        return []
    named = drop_facts(splits.dropped) if isinstance(splits, Split) else []
    parts = (splits.train, splits.test) if isinstance(splits, Split) else splits.values()
    held = {name for part in parts for name in part.rows["conversation_id"]}
    if isinstance(splits, Split):
        held |= set(splits.dropped["conversation_id"])
    absent = int((~table.rows["conversation_id"].isin(held)).sum())
    return [*named, {"reason": "in none of the parts", "rows": absent}] if absent else named


def _records(table: pd.DataFrame) -> list[Facts]:
    plain = table.astype(object).where(table.notna(), None)
    return [dict(zip(plain.columns, row, strict=True)) for row in plain.to_numpy().tolist()]


def _privacy(table: TrainingTable, *, keyed: bool, min_users: int) -> list[str]:
    """Return what the export itself did about personal data, in sentences."""
    people = (
        "In this folder the ids of people (group) and of conversations are keyed hashes"
        " (HMAC-SHA-256, 128 bits); the key is not in it. They hide who is who from others, but not"
        " from whoever holds the conversations: the time in created_at and the values of the"
        " features find a conversation again."
        if keyed
        else "In this folder people (group) are numbers in the order of their first conversation."
        " Conversations keep their ids: whoever may use the service can look them up by these."
    )
    shown = (
        f"This card names no class and no label of fewer than {min_users} people. The files hold"
        " every value of the features and of the target."
    )
    return [
        people,
        shown,
        "The text by which near-duplicates are found is not in it, unless it is a feature.",
        *_marked(table),
    ]


def _marked(table: TrainingTable) -> list[str]:
    if "pii" not in table.columns.columns:
        return []
    marked = table.columns.loc[table.columns["pii"].fillna("") != "", "feature"]
    names = ", ".join(str(name) for name in marked)
    return [f"These features are marked as personal: {names}."] if names else []
