"""This package's own part of the benchmark: the only module here that calls it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tests.benchmarks.query_measure import Inputs, Method

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from chatdash_analysis.queries.clusters import QueryClusters

AUTO = "auto"  # what users get who name no embedder
EMBEDDERS = ("use", "minilm", "minilm+use", "tfidf", AUTO)


@dataclass(frozen=True)
class Known:
    """Embeds by looking up: what embedding costs stays out of the time of clustering."""

    vectors: Mapping[str, NDArray[np.float32]]

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the row of each text; zeros for one that is unknown."""
        nothing = np.zeros_like(next(iter(self.vectors.values())))
        return np.stack([self.vectors.get(text, nothing) for text in texts])


def known(table: pd.DataFrame, vectors: NDArray[np.float32]) -> Known:
    """Return what embeds the texts of `table` as the rows of `vectors`."""
    return Known(dict(zip(table["prepared"], vectors, strict=True)))


def cluster(table: pd.DataFrame, embed: Known) -> QueryClusters:
    """Cluster a table of texts whose vectors are known, at the settings that users get."""
    from chatdash_analysis.queries.clusters import cluster_queries

    return cluster_queries(table, embed=embed)


def codes(cluster_ids: pd.Series) -> NDArray[np.int64]:
    """Number the clusters; a query in none is -1."""
    return pd.factorize(cluster_ids, sort=True)[0].astype(np.int64)


def save_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table of texts where a measured process can read it."""
    table.to_json(path, orient="split", index=False)


def _read_table(path: str) -> pd.DataFrame:
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    return pd.DataFrame(content["data"], columns=content["columns"]).astype("str")


def _read_both(inputs: Inputs) -> tuple[pd.DataFrame, NDArray[np.float32]]:
    return _read_table(inputs["table"]), np.load(inputs["vectors"])


def _prepare_clustering(inputs: Inputs) -> tuple[pd.DataFrame, Known]:
    table, vectors = _read_both(inputs)
    return table, known(table, vectors)


def _run_clustering(prepared: tuple[pd.DataFrame, Known]) -> dict[str, Any]:
    return {"labels": codes(cluster(*prepared).queries["cluster_id"])}


def _prepare_embedding(inputs: Inputs) -> tuple[Any, list[str]]:
    from chatdash_analysis.queries.embedding.choosing import choose_embedder

    table = _read_table(inputs["table"])
    texts, languages = table["prepared"].tolist(), table["language"].tolist()
    name = None if inputs["embed"] == AUTO else inputs["embed"]
    return choose_embedder(name, texts, languages), texts


def _run_embedding(prepared: tuple[Any, list[str]]) -> dict[str, Any]:
    model, texts = prepared
    return {"vectors": model.embed(texts)}


def _run_scoring(prepared: tuple[pd.DataFrame, NDArray[np.float32]]) -> dict[str, Any]:
    """Score each query as its text: high where nothing else is like it."""
    from chatdash_analysis.queries.clustering.density import off_topic_score
    from chatdash_analysis.queries.clustering.space import fit_space

    table, vectors = prepared
    groups = table["duplicate_group"].fillna("").to_numpy(dtype=str)
    _, first, rows = np.unique(groups, return_index=True, return_inverse=True)
    languages = table["language"].to_numpy(dtype=object)[first]
    space = fit_space(vectors[first], languages)
    return {"score": -off_topic_score(space.placed(vectors[first], languages))[rows]}


def _prepare_huge(inputs: Inputs) -> NDArray[np.float32]:
    """Return real vectors in 384 dimensions, each many times and each time a little elsewhere."""
    random = np.random.default_rng(0)
    base = _unit(np.load(inputs["vectors"]))
    if base.shape[1] > _WIDTH:
        turn = np.linalg.qr(random.normal(size=(base.shape[1], _WIDTH)))[0].astype(np.float32)
        base = _unit((base - base.mean(axis=0)) @ turn)
    vectors = base[random.integers(0, len(base), inputs["count"])]
    step = np.float32(_AWAY / np.sqrt(vectors.shape[1]))
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK]
        block += step * random.standard_normal(block.shape, dtype=np.float32)
        block[:] = _unit(block)
    return vectors


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _run_huge(vectors: NDArray[np.float32]) -> dict[str, Any]:
    """Cluster distinct vectors without languages, at the settings that users get."""
    from chatdash_analysis.queries.clustering.fitting import fit_clusters

    fit = fit_clusters(vectors, [None] * len(vectors), np.ones(len(vectors), dtype=np.int64))
    return {"labels": fit.owners}


_PACKAGE = "chatdash_analysis.queries"
_WIDTH, _BLOCK = 384, 50_000
_AWAY = 0.5  # length of the step away from a real vector of length 1
_HEAVY = (
    "scipy.sparse",
    "scipy.linalg",
    "scipy.cluster.hierarchy",
    f"{_PACKAGE}.clustering.fitting",
)
METHODS = {
    "embed": Method((), _run_embedding, _prepare_embedding),
    "ours": Method(
        (f"{_PACKAGE}.clusters", "sklearn", "scipy"), _run_clustering, _prepare_clustering
    ),
    "huge": Method(_HEAVY, _run_huge, _prepare_huge),
    "off_topic": Method((), _run_scoring, _read_both),
}
