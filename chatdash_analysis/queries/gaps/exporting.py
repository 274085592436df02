"""What the bot's builder gets: the gaps as a sheet to answer, or as data to train intents."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.gaps.variants import question_variants, shown_texts
from chatdash_analysis.queries.links import require_clusters
from chatdash_analysis.queries.naming.phrases import MASK
from chatdash_analysis.saving import save_table, write_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

__all__ = ["export_gaps"]

# A text that was masked, or cut off.
_NOT_WHOLE = rf"{MASK.pattern}|…$"
_USE = "export_gaps"
_FROM_QUERIES = ("cluster_id", "scrubbed", "duplicate_group")
_FROM_SUMMARY = (
    "cluster_id", "label", "key_phrase", "status", "n", "conversations", "first_seen",
    "last_seen", "languages",
)  # fmt: skip
_SHEET = {
    "cluster_id": "str", "question": "str", "variants": "str", "key_phrase": "str",
    "queries": "int64", "conversations": "float64", "users": "float64",
    "first_seen": "datetime64[us, UTC]", "last_seen": "datetime64[us, UTC]",
    "languages": "str", "status": "str", "suggested_answer": "str",
}  # fmt: skip
_TRAINING = {"intent": "str", "text": "str", "language": "str"}
_SUFFIXES = {"sheet": (".csv",), "training": (".csv", ".json")}


def export_gaps(
    clusters: Any,
    path: str | Path,
    *,
    kind: Literal["sheet", "training"] = "sheet",
    min_users: int = 5,
    users: str = "user_id",
    variants: int = 10,
    top: int | None = None,
) -> pd.DataFrame:
    """Write what the agent does not understand to a file, for those who teach it.

    The file holds masked texts only. Clusters that too few people asked about are left out. So
    is a text that only one person sent, if something in it was masked or it is longer than 200
    characters: what stands beside a name identifies as a name does. Masking finds what it
    knows, so read the file before it goes further.

    The file appears whole or not at all, and only its owner may read it. In CSV, lines that a
    spreadsheet would run as a formula get a leading apostrophe.

    Parameters
    ----------
    clusters : QueryClusters
        What `cluster_queries` returned.
    path : str or Path
        ``.csv``; for training data also ``.json``:
        ``{"intents": [{"intent": ..., "name": ..., "examples": [...]}]}``.
    kind : {"sheet", "training"}
        A sheet with a row a cluster, or training data with a row an example.
    min_users : int
        Clusters of fewer known people are left out. 0 keeps all, and needs no column of people.
    users : str
        Column that names people, as given to `misunderstood_queries`.
    variants : int
        Most texts of a cluster, those of most people first.
    top : int, optional
        Only the first so many of the clusters that are left: the largest.

    Returns
    -------
    pandas.DataFrame
        What was written, without the apostrophes. Of a sheet: ``cluster_id``, ``question`` (the
        label; where it is a masked text of one person, the key phrase), ``variants`` (other
        texts, a line each), ``key_phrase``, ``queries``, ``conversations``, ``users`` (known
        people), ``first_seen``, ``last_seen``, ``languages``, ``status`` and
        ``suggested_answer`` (empty, to be filled in). Of training data: ``intent`` (the
        cluster's id, which stays the same), ``text``, ``language``.
        ``attrs["left_out"]`` counts ``clusters`` and ``queries`` of too few people, and
        ``texts`` that only one person sent.

    Raises
    ------
    InputError
        If `kind` or the file's ending is unknown, a number is none, people are to be counted
        but no query has one, or the file cannot be written.
    MissingColumnsError
        If the clusters lack a column.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from types import SimpleNamespace
    >>> import pandas as pd
    >>> import chatdash_analysis as cda
    >>> queries = cda.text_table(["Where is my parcel?", "where is my parcel"])
    >>> queries = queries.assign(cluster_id="q001")
    >>> summary = pd.DataFrame({
    ...     "cluster_id": ["q001"], "label": ["Where is my parcel?"], "key_phrase": ["parcel"],
    ...     "status": ["open"], "n": [2], "conversations": [2.0], "first_seen": [pd.NaT],
    ...     "last_seen": [pd.NaT], "languages": ["en 100 %"]})
    >>> clusters = SimpleNamespace(queries=queries, summary=summary)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = cda.export_gaps(clusters, Path(folder) / "gaps.csv", min_users=0)
    >>> table[["question", "queries"]].values.tolist()
    [['Where is my parcel?', 2]]
    """
    target = _checked_target(path, kind)
    _check_numbers({"min_users": min_users, "variants": variants, "top": 0 if top is None else top})
    gaps = _gaps(clusters, users, min_users=min_users, variants=variants, top=top)
    table = (_sheet if kind == "sheet" else _training)(gaps)
    if target.suffix.lower() == ".json":
        content = _as_json(table, gaps.summary)
        write_bytes(target, content)
    else:
        save_table(_counted(table), target)
    table.attrs["left_out"] = dict(gaps.left_out)
    return table


def _checked_target(path: str | Path, kind: str) -> Path:
    if kind not in _SUFFIXES:
        raise InputError(f"kind={kind!r} is unknown. Give 'sheet' or 'training'.")
    target = Path(path)
    if target.suffix.lower() not in _SUFFIXES[kind]:
        raise InputError(
            f"The name of the file decides its format, and {target.name!r} does not end in"
            f" {' or '.join(_SUFFIXES[kind])}, which kind={kind!r} can be written as."
        )
    return target


def _check_numbers(numbers: Mapping[str, Any]) -> None:
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
            raise InputError(f"{name}={value!r} is no number of them. Give 5, for example.")


@dataclass(frozen=True)
class _Gaps:
    """The clusters that are written, their texts, and what is left out."""

    summary: pd.DataFrame
    texts: pd.DataFrame
    left_out: Mapping[str, int]


def _gaps(clusters: Any, users: str, *, min_users: int, variants: int, top: int | None) -> _Gaps:
    queries, summary = require_clusters(
        clusters, _USE, queries=_FROM_QUERIES, summary=_FROM_SUMMARY
    )
    people = _people(queries, users, required=min_users > 0)
    summary = summary.assign(users=summary["cluster_id"].map(people).astype("float64"))
    enough = summary["users"].fillna(0).ge(min_users)
    kept = summary[enough].head(top) if top is not None else summary[enough]
    texts = question_variants(queries[queries["cluster_id"].isin(kept["cluster_id"])], users=users)
    left_out = {
        "clusters": int((~enough).sum()),
        "queries": int(summary.loc[~enough, "n"].sum()),
        "texts": texts.attrs["left_out"],
    }
    return _Gaps(_named(kept, texts), texts.groupby("cluster_id").head(variants), left_out)


def _named(summary: pd.DataFrame, texts: pd.DataFrame) -> pd.DataFrame:
    """Return the summary with masked names.

    A label that was masked, or cut off, gives way unless it may be exported as a text.
    """
    label, phrase = shown_texts(summary["label"]), shown_texts(summary["key_phrase"])
    held = pd.MultiIndex.from_frame(texts[["cluster_id", "text"]])
    allowed = pd.MultiIndex.from_arrays([summary["cluster_id"], label]).isin(held)
    return summary.assign(
        label=label.where(allowed | ~label.str.contains(_NOT_WHOLE), phrase).array,
        key_phrase=phrase.array,
    )


def _people(queries: pd.DataFrame, users: str, *, required: bool) -> pd.Series:
    """Return the number of known people of each cluster; without a column of people, none."""
    known = users in queries.columns and (queries[users].notna().any() or queries.empty)
    if known:
        return queries.groupby("cluster_id")[users].nunique().astype("float64")
    if required:
        raise InputError(
            f"No query has a person in the column {users!r}, so that nobody knows which clusters"
            " too few people asked about. Cluster what misunderstood_queries(conversations)"
            " returns, name the column with users=, or pass min_users=0 to write all clusters."
        )
    return pd.Series(dtype="float64")


def _sheet(gaps: _Gaps) -> pd.DataFrame:
    summary = gaps.summary
    texts = gaps.texts.merge(summary[["cluster_id", "label"]], on="cluster_id")
    others = texts[texts["text"].ne(texts["label"])]
    lines = others.groupby("cluster_id")["text"].agg("\n".join)
    table = summary.rename(columns={"label": "question", "n": "queries"}).assign(
        variants=summary["cluster_id"].map(lines).astype("str").fillna(""), suggested_answer=""
    )
    for name in ("first_seen", "last_seen"):
        table[name] = pd.to_datetime(table[name], utc=True)
    return table[list(_SHEET)].astype(_SHEET).reset_index(drop=True)


def _training(gaps: _Gaps) -> pd.DataFrame:
    """Return a row an example, by cluster as in the summary."""
    order = gaps.summary[["cluster_id"]]
    table = order.merge(gaps.texts, on="cluster_id").rename(columns={"cluster_id": "intent"})
    return table[list(_TRAINING)].astype(_TRAINING).reset_index(drop=True)


def _counted(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table as a spreadsheet shows it best: counts without decimals."""
    counts = {name: "Int64" for name in ("conversations", "users") if name in table.columns}
    return table.astype(counts)


def _as_json(table: pd.DataFrame, summary: pd.DataFrame) -> bytes:
    names = dict(zip(summary["cluster_id"], summary["label"], strict=True))
    intents = [
        {"intent": intent, "name": names[intent], "examples": rows["text"].tolist()}
        for intent, rows in table.groupby("intent", sort=False)
    ]
    return json.dumps({"intents": intents}, ensure_ascii=False, indent=2).encode("utf-8")
