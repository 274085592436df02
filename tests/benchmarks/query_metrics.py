"""How well clusters match known topics; a query in no cluster counts against them.

Only queries with a topic are scored. One that was left out (label -1) is wrong in the
accuracy; the other measures see all that were left out as one more cluster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEFT_OUT = -1
SCORES = ("acc", "nmi", "ari", "ami", "b3")


def scores(
    truth: NDArray[Any], found: NDArray[np.int64], off_topic: NDArray[np.bool_]
) -> dict[str, float | None]:
    """Return the five scores in percent, numbers of clusters, and shares left out."""
    from sklearn.metrics import (
        adjusted_mutual_info_score,
        adjusted_rand_score,
        normalized_mutual_info_score,
    )

    inside, labels = _codes(truth[~off_topic]), found[~off_topic]
    return {
        "acc": 100 * accuracy(inside, labels),
        "nmi": 100 * normalized_mutual_info_score(inside, labels),
        "ari": 100 * adjusted_rand_score(inside, labels),
        "ami": 100 * adjusted_mutual_info_score(inside, labels),
        "b3": 100 * b_cubed(inside, labels),
        "k": len(np.unique(found[found != LEFT_OUT])),
        "true_k": len(np.unique(inside)),
        "left_out": 100 * float(np.mean(labels == LEFT_OUT)),
        "left_out_off": _percent(found[off_topic] == LEFT_OUT),
    }


def accuracy(truth: NDArray[Any], found: NDArray[np.int64]) -> float:
    """Return the share of queries that are right when each cluster stands for one topic."""
    from scipy.optimize import linear_sum_assignment

    counts = contingency(truth, found)[:, np.unique(found) != LEFT_OUT]
    rows, columns = linear_sum_assignment(counts, maximize=True)
    return float(counts[rows, columns].sum()) / len(truth)


def b_cubed(truth: NDArray[Any], found: NDArray[np.int64]) -> float:
    """Return the F1 of B-cubed precision and recall.

    A query's precision is the share of its cluster that has its topic, its recall the share
    of its topic that is in its cluster; both are averaged over queries.

    References
    ----------
    Bagga and Baldwin (1998), "Entity-based cross-document coreferencing using the vector
    space model".
    """
    counts = contingency(truth, found)
    squares = counts.astype(float) ** 2
    precision = float((squares / counts.sum(axis=0)).sum()) / len(truth)
    recall = float((squares / counts.sum(axis=1, keepdims=True)).sum()) / len(truth)
    return 2 * precision * recall / (precision + recall)


def contingency(truth: NDArray[Any], found: NDArray[Any]) -> NDArray[np.int64]:
    """Count the queries of each topic (row) in each cluster (column), both sorted."""
    rows, columns = _codes(truth), _codes(found)
    counts = np.zeros((rows.max() + 1, columns.max() + 1), np.int64)
    np.add.at(counts, (rows, columns), 1)
    return counts


def off_topic_auc(score: NDArray[np.float64], off_topic: NDArray[np.bool_]) -> float | None:
    """Return the chance, in percent, that an off-topic query has the higher score."""
    from sklearn.metrics import roc_auc_score

    if not off_topic.any() or off_topic.all():
        return None
    return 100 * float(roc_auc_score(off_topic, score))


def attached(vectors: NDArray[np.float32], found: NDArray[np.int64]) -> NDArray[np.int64]:
    """Put each query that was left out into the cluster whose centre is nearest by cosine."""
    out = found == LEFT_OUT
    if not out.any() or out.all():
        return found
    names, codes = np.unique(found[~out], return_inverse=True)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    centres = np.zeros((len(names), vectors.shape[1]))
    np.add.at(centres, codes, unit[~out])
    centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-12)
    whole = found.copy()
    whole[out] = names[np.argmax(unit[out] @ centres.T, axis=1)]
    return whole


def _codes(labels: NDArray[Any]) -> NDArray[np.int64]:
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _percent(chosen: NDArray[np.bool_]) -> float | None:
    return 100 * float(np.mean(chosen)) if chosen.size else None
