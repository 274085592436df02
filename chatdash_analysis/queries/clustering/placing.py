"""Where new questions belong: with members of a cluster, or with each other."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.queries.clustering.growing import ALPHA
from chatdash_analysis.queries.clustering.neighbours import nearest
from chatdash_analysis.queries.clustering.prototypes import Prototypes

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Counts = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Words = NDArray[Any]

__all__ = ["place_among"]

# Nearest members that tell how near a question is to a cluster.
_NEAREST = 3
# Other new questions that tell how near it is to them: so many of a batch as large as the
# members, and fewer of a smaller one, where they lie less densely; at least as many as members.
_OTHERS = 12
# A question is about something new where it is nearer to other new ones by more than this less
# than to the cluster. Chosen on public questions with topics left out: below, few topics are
# noticed, above, members are lost.
_MARGIN = 0.025
_BLOCK = 2_000
_MOST_OTHERS = 8_000


def place_among(members: Vectors, owners: Counts, vectors: Vectors) -> tuple[Counts, Floats, Words]:
    """Place new questions into clusters, or leave them to a pool.

    A question goes to the cluster to whose nearest three members it is nearest on average, if
    at least 5 % of the members of the cluster lie no nearer to three others (a conformal
    p-value, see `Prototypes.p_values`), and if other new questions are not nearer still.

    Parameters
    ----------
    members : numpy.ndarray of float32, shape (m, width)
        Questions that are in clusters, of length 1.
    owners : numpy.ndarray of int64, shape (m,)
        The cluster of each, from 0 on.
    vectors : numpy.ndarray of float32, shape (n, width)
        New questions, of length 1.

    Returns
    -------
    owners : numpy.ndarray of int64, shape (n,)
        The cluster of each new question; -1 where it has none.
    p_values : numpy.ndarray of float64, shape (n,)
        Of the nearest cluster; NaN without clusters.
    reasons : numpy.ndarray of str, shape (n,)
        Why it has none: "far" (not near enough to a cluster) or "new" (nearer to other new
        questions); "" where it has one.
    """
    order = np.argsort(owners, kind="stable")
    members, owners = members[order], owners[order]
    found, scores = _nearest_clusters(members, owners, vectors)
    p_values = _calibration(members, owners).p_values(found, scores)
    near = (found >= 0) & (p_values >= ALPHA)
    new = near & (_among_others(vectors, len(members)) > scores + _MARGIN)
    reasons = np.where(near, np.where(new, "new", ""), "far")
    return np.where(near & ~new, found, -1), p_values, reasons


def _nearest_clusters(members: Vectors, owners: Counts, vectors: Vectors) -> tuple[Counts, Vectors]:
    found = np.full(len(vectors), -1, dtype=np.int64)
    scores = np.zeros(len(vectors), dtype=np.float32)
    if not len(members):
        return found, scores
    names, starts = np.unique(owners, return_index=True)
    for start in range(0, len(vectors), _BLOCK):
        part = slice(start, start + _BLOCK)
        products = vectors[part] @ members.T
        columns = np.split(products, starts[1:], axis=1)
        each = np.stack([_mean_of_largest(column) for column in columns], axis=1)
        best = each.argmax(axis=1)
        found[part], scores[part] = names[best], each[np.arange(len(best)), best]
    return found, scores


def _mean_of_largest(products: Vectors) -> Vectors:
    number = min(_NEAREST, products.shape[1])
    largest = np.partition(products, products.shape[1] - number, axis=1)[:, -number:]
    return np.asarray(largest.mean(axis=1))


def _calibration(members: Vectors, owners: Counts) -> Prototypes:
    """Return how near each member is to its cluster without itself; 1 where it is alone."""
    scores = np.ones(len(members), dtype=np.float32)
    starts = np.append(np.unique(owners, return_index=True)[1], len(owners))
    for start, stop in pairwise(starts):
        _, near = nearest(members[start:stop], _NEAREST)
        if near.shape[1]:
            scores[start:stop] = near.mean(axis=1)
    order = np.lexsort((scores, owners))
    nothing = np.empty((0, members.shape[1]), dtype=np.float32)
    return Prototypes(nothing, np.empty(0, dtype=np.int64), scores[order], owners[order])


def _among_others(vectors: Vectors, members: int) -> Vectors:
    """Return the mean similarity of each new question to its nearest others among the new ones."""
    size = len(vectors)
    if size <= _NEAREST or not members:
        return np.full(size, -np.inf, dtype=np.float32)
    others = np.arange(0, size, -(-size // _MOST_OTHERS))
    number = min(max(_NEAREST, round(_OTHERS * len(others) / members)), len(others) - 1)
    result = np.empty(size, dtype=np.float32)
    for start in range(0, size, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, size))
        products = vectors[rows] @ vectors[others].T
        products[rows[:, None] == others[None, :]] = -np.inf
        largest = np.partition(products, len(others) - number, axis=1)[:, -number:]
        result[rows] = largest.mean(axis=1)
    return result
