"""Which questions stand for a cluster: near its own centre, away from the nearest other one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Vectors = NDArray[np.float32]

__all__ = ["centres_of", "closeness", "distinctness", "first_of_each", "spread_out"]

# How much nearness to another cluster counts against nearness to the own one.
_CONTRAST = 0.5
# How much a question's likeness to those already chosen counts against its nearness.
_LIKENESS = 0.5
# Bounds the memory of similarities: rows at a time, times clusters.
_BLOCK = 4_096


def centres_of(vectors: Vectors, weights: Ints, owners: Ints, number: int) -> Vectors:
    """Return the mean vector of each cluster's queries, of length 1 (0 for an empty cluster).

    Parameters
    ----------
    vectors : array of shape (n, d)
        Vectors of the distinct questions, of length 1.
    weights : array of shape (n,)
        How many queries each question stands for.
    owners : array of shape (n,)
        Number of the cluster that each belongs to; -1 for none.
    number : int
        Number of clusters.
    """
    from scipy.sparse import csr_array

    held = np.flatnonzero(owners >= 0)
    shape = (number, len(owners))
    members = csr_array((weights[held].astype(np.float32), (owners[held], held)), shape=shape)
    return _of_length_one(members @ vectors)


def _of_length_one(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return result


def closeness(vectors: Vectors, owners: Ints, centres: Vectors) -> Floats:
    """Return the cosine of each vector with the centre of its cluster; 0 where it has none."""
    held = owners >= 0
    own = np.einsum("ij,ij->i", vectors[held], centres[owners[held]])
    result = np.zeros(len(vectors))
    result[held] = own
    return result


def distinctness(vectors: Vectors, owners: Ints, centres: Vectors) -> Floats:
    """Return the cosine with the own centre less half of that with the nearest other centre.

    The centre alone favours questions that could stand in several clusters ("what about my
    card?"). What sets a cluster apart names it better.
    """
    nearest = [_nearest_other(vectors[rows], owners[rows], centres) for rows in _blocks(vectors)]
    other = np.concatenate([*nearest, np.zeros(0)])
    return closeness(vectors, owners, centres) - _CONTRAST * other


def _blocks(vectors: Vectors) -> Iterator[slice]:
    for start in range(0, len(vectors), _BLOCK):
        yield slice(start, start + _BLOCK)


def _nearest_other(vectors: Vectors, owners: Ints, centres: Vectors) -> Floats:
    if len(centres) < 2:
        return np.zeros(len(vectors))
    similar = vectors @ centres.T
    held = np.flatnonzero(owners >= 0)
    similar[held, owners[held]] = -np.inf
    return np.asarray(similar.max(axis=1), dtype=np.float64)


def first_of_each(scores: Floats, owners: Ints, number: int) -> Ints:
    """Return the row with the highest score in each cluster, the first of equals; -1 for none."""
    # Sums in another order differ in the last digits; equal questions must stay equal.
    order = np.lexsort((np.arange(len(owners)), -np.round(scores, 5), owners))
    order = order[owners[order] >= 0]
    clusters, at = np.unique(owners[order], return_index=True)
    best = np.full(number, -1, dtype=np.int64)
    best[clusters] = order[at]
    return best


def spread_out(vectors: Vectors, scores: Floats, wanted: int) -> list[int]:
    """Choose rows with high scores that are unlike each other, the best first.

    Greedy maximal marginal relevance: each choice weighs its score against its likeness to
    what was chosen before.

    References
    ----------
    Carbonell and Goldstein (1998), The use of MMR, diversity-based reranking, SIGIR.
    """
    left = np.round(scores, 5)
    chosen: list[int] = []
    alike = np.full(len(scores), -np.inf)
    for _ in range(min(wanted, len(scores))):
        penalty = _LIKENESS * np.maximum(alike, 0)
        best = int(np.argmax(np.round(left - penalty, 5)))
        chosen.append(best)
        left[best] = -np.inf
        alike = np.maximum(alike, vectors @ vectors[best])
    return chosen
