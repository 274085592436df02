"""What is found out about each cluster once, when it is fitted: labels, examples, quality."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.queries.clustering.space import scaled
from chatdash_analysis.queries.clustering.stability import stability
from chatdash_analysis.queries.clustering.tree import CUTS
from chatdash_analysis.queries.naming.labels import example_questions, label_clusters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.queries.clustering.fitting import Fit
    from chatdash_analysis.queries.model import Settings
    from chatdash_analysis.queries.pool import Pool

    Vectors = NDArray[np.float32]
    Counts = NDArray[np.int64]

__all__ = ["EXAMPLES", "FACTS", "cluster_facts"]

FACTS = {
    "own_id": "str",
    "label": "str",
    "key_phrase": "str",
    "cohesion": "float64",
    "stability": "float64",
    "distinct": "int64",
}
EXAMPLES = {"own_id": "str", "kind": "str", "rank": "int64", "question": "str"}
# Of a cluster so many questions tell enough for its label.
_READ = 400


def cluster_facts(
    fit: Fit, pool: Pool, vectors: Vectors, ids: NDArray[Any], *, settings: Settings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one row a cluster (`FACTS`), and its examples (`EXAMPLES`), by the number of the fit.

    Parameters
    ----------
    fit, pool
        What was clustered, and how.
    vectors : numpy.ndarray of float32, shape (n, width)
        The vectors of the pool.
    ids : numpy.ndarray of str
        The id of each number.
    settings : Settings
        How it was clustered.
    """
    rows = _read_rows(fit.owners, fit.number)
    owners, weights = fit.owners[rows], pool.weights[rows]
    placed = scaled(fit.space.placed(vectors[rows], pool.languages[rows]))
    scrubbed = pool.scrubbed[rows].tolist()
    labels = label_clusters(
        pool.texts[rows].tolist(), scrubbed, weights, placed, owners, fit.number,
        pool.languages[rows].tolist(),
    )  # fmt: skip
    labels = labels.set_index("number").reindex(range(fit.number))
    facts = pd.DataFrame(
        {
            "own_id": ids,
            "label": labels["label"].to_numpy(),
            "key_phrase": labels["key_phrase"].to_numpy(),
            "cohesion": _cohesion(placed, owners, fit.number),
            "stability": _stability(fit, pool, settings),
            "distinct": np.bincount(fit.owners[fit.owners >= 0], minlength=fit.number),
        }
    ).astype(FACTS)
    examples = example_questions(scrubbed, weights, placed, owners, fit.number)
    examples = examples.assign(own_id=ids[examples["number"].to_numpy(dtype=np.int64)])
    return facts, examples[list(EXAMPLES)].astype(EXAMPLES)


def _read_rows(owners: Counts, number: int) -> Counts:
    """Return the questions that are read: all of a small cluster, every so many-th of others."""
    order = np.argsort(owners, kind="stable")
    order = order[owners[order] >= 0]
    sizes = np.bincount(owners[order], minlength=number)
    rank = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    every = np.repeat(np.maximum(np.ceil(sizes / _READ), 1).astype(np.int64), sizes)
    return np.sort(order[rank % every == 0])


def _cohesion(placed: Vectors, owners: Counts, number: int) -> NDArray[np.float64]:
    """Return the mean cosine of the members of each cluster with its centre."""
    sums = np.zeros((number, placed.shape[1]))
    np.add.at(sums, owners, placed)
    sizes = np.bincount(owners, minlength=number)
    # The mean of cosines with the mean direction is the length of the mean.
    return np.asarray(np.sqrt((sums**2).sum(axis=1)) / np.maximum(sizes, 1))


def _stability(fit: Fit, pool: Pool, settings: Settings) -> NDArray[np.float64]:
    """Return the stability of what the first tree found; other clusters are not in its sample."""
    owners = fit.owners[fit.rows]
    values = stability(
        fit.placed,
        pool.weights[fit.rows],
        np.where(owners < fit.sampled, owners, -1),
        where=CUTS[settings.granularity],
        min_size=settings.min_size,
        least=fit.least,
        random=np.random.default_rng(settings.random_state),
    )
    return np.append(values, np.full(fit.number - len(values), np.nan))
