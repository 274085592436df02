"""What card and recipe say of the values: counts by part, classes, coverage of features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatdash_analysis.datasets.tables.table import TrainingTable

    Facts = list[dict[str, Any]]
    Frames = Mapping[str, pd.DataFrame]

__all__ = ["class_facts", "drop_facts", "feature_facts", "people_in_several", "table_facts"]

_SHOWN = 8
_UNNAMED = "\0"  # no label has it
_FIELDS = ("column", "dtype", "unit", "known_at", "pii", "description")
_QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


def table_facts(frames: Frames) -> dict[str, dict[str, Any]]:
    """Return the rows, people and period of each part."""
    return {
        name: {
            "rows": len(frame),
            "people": int(frame["group"].nunique()),
            "first": _moment(frame["created_at"].min()),
            "last": _moment(frame["created_at"].max()),
        }
        for name, frame in frames.items()
    }


def _moment(instant: Any) -> str | None:
    return None if pd.isna(instant) else f"{instant:%Y-%m-%d %H:%M} UTC"


def people_in_several(frames: Frames) -> int:
    """Count the people who are in more than one part."""
    groups = pd.concat([frame["group"].drop_duplicates() for frame in frames.values()])
    return int((groups.value_counts() > 1).sum())


def class_facts(frames: Frames, target: str, task: str, min_users: int) -> Facts:
    """Return the classes of the target with their rows in each part, most frequent first.

    Classes of too few people make one entry without a name. A measure has no classes, but
    its distribution in each part.
    """
    if task == "regression":
        return [{"part": name, **_distribution(frame[target])} for name, frame in frames.items()]
    pieces = [frame[[target, "group"]].assign(part=name) for name, frame in frames.items()]
    rows = pd.concat(pieces, ignore_index=True)
    rows["label"] = rows[target].astype("str")
    if task == "multiclass":
        rows["label"] = _shown_labels(rows["label"], rows["group"], min_users)
    rows["label"] = rows["label"].fillna(_UNNAMED)
    counts = rows.groupby(["label", "part"]).size()
    total = rows.groupby("label").size()
    order = sorted(total.index, key=lambda label: (label == _UNNAMED, -total[label], label))
    return [
        {
            "label": None if label == _UNNAMED else label,
            "rows": {part: int(counts.get((label, part), 0)) for part in frames},
        }
        for label in order
    ]


def _distribution(values: pd.Series) -> dict[str, float]:
    finite = values[np.isfinite(values)]
    # Sorted, so that the sums do not depend on the order of the rows.
    ordered = finite.sort_values(ignore_index=True)
    quantiles = {name: float(ordered.quantile(share)) for name, share in _QUANTILES.items()}
    return {"mean": float(ordered.mean()), "sd": float(ordered.std()), **quantiles}


def _shown_labels(labels: pd.Series, people: pd.Series, min_users: int) -> pd.Series:
    reach = people.groupby(labels).nunique()
    return labels.where(labels.map(reach) >= min_users)


def feature_facts(table: TrainingTable, frames: Frames, min_users: int) -> Facts:
    """Return of each feature what it is, how much of it is there, and its frequent labels."""
    known = table.columns.drop_duplicates("feature").set_index("feature")
    known = known.reindex(index=table.features.columns, columns=list(_FIELDS))
    coverage = {name: 1 - frame.isna().mean() for name, frame in frames.items()}
    whole = pd.concat(list(frames.values()), ignore_index=True)
    labelled = set(whole.select_dtypes("category").columns)
    return [
        {
            "feature": name,
            **dict(zip(_FIELDS, fields, strict=True)),
            "coverage": {part: float(shares[name]) for part, shares in coverage.items()},
            **(_labels(whole[name], whole["group"], min_users) if name in labelled else {}),
        }
        for name, *fields in known.astype("str").fillna("").itertuples(name=None)
    ]


def _labels(column: pd.Series, people: pd.Series, min_users: int) -> dict[str, Any]:
    """Return the most frequent labels of a category, and how many are not named."""
    held = column.dropna().astype("str")
    counts = _shown_labels(held, people[column.notna()], min_users).value_counts()
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]
    named = [str(label) for label, _ in order]
    return {"labels": named, "labels_not_named": int(held.nunique()) - len(named)}


def drop_facts(dropped: pd.DataFrame) -> Facts:
    """Return how many rows were dropped for each reason, from rows or from counts."""
    if "rows" in dropped.columns:
        counts = dropped.groupby("reason", sort=False)["rows"].sum()
    else:
        counts = dropped["reason"].value_counts().sort_index()
    return [{"reason": str(reason), "rows": int(rows)} for reason, rows in counts.items()]
