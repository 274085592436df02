"""How alike two questions are, by their smoothed vectors and by their surroundings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.queries.clustering.linking import GRAPH
from chatdash_analysis.queries.clustering.neighbours import nearest
from chatdash_analysis.queries.clustering.space import scaled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Counts = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["distances", "smoothed", "surroundings"]

# Neighbours that draw a vector towards them, and how often.
_DRAWING, _ROUNDS = 8, 3
# How often the steps of a walk are doubled, and how many places are kept each time.
_DOUBLED, _KEPT = 3, 128
# What of the similarity is that of surroundings, with all neighbours; the rest is of vectors.
_SURROUNDINGS = 0.5
# How much nearer questions come that were in one cluster before, and how much less alike others
# become. With these, more than 99 % of the clusters of real questions keep their id when a tenth
# is new (without, 92 %), and topics are found as well as without.
_TOGETHER, _APART = 0.3, 0.1
_ROWS = 512


def distances(
    vectors: Vectors, neighbours: Counts, near: Vectors, links: Any, known: Counts | None = None
) -> Floats:
    """Return the distance of each pair of questions, 0 to 2, in the condensed form of SciPy.

    It is 1 less the mean of two similarities: the cosine of the vectors after they were drawn to
    their neighbours, which knows what texts mean; and the overlap of where random walks from
    both end, which knows what lies between them.

    Parameters
    ----------
    vectors : numpy.ndarray of float32, shape (n, width)
        Questions in their `Space`.
    neighbours : numpy.ndarray of int64, shape (n, up to 10)
        Nearest others, the nearest first.
    near : numpy.ndarray of float32
        How near they are.
    links : scipy.sparse array, shape (n, n)
        As `links` makes them.
    known : numpy.ndarray of int64, shape (n,), optional
        The cluster that a question was in before, -1 where none is known. What was together
        comes nearer, what was apart farther, so that small changes of the data change nothing
        (evolutionary clustering: Chakrabarti, Kumar and Tomkins 2006).
    """
    drawn = smoothed(vectors, neighbours, near)
    walks = surroundings(links)
    # Where there are few neighbours to walk to, walks tell little.
    surrounding = _SURROUNDINGS * neighbours.shape[1] / GRAPH
    size = len(vectors)
    result = np.empty(size * (size - 1) // 2, dtype=np.float64)
    done = 0
    for start in range(0, size, _ROWS):
        stop = min(start + _ROWS, size)
        alike = (1 - surrounding) * (drawn[start:stop] @ drawn[start:].T)
        alike += surrounding * (walks[start:stop] @ walks[start:].T).toarray()
        if known is not None:
            _keep_as_known(alike, known[start:stop], known[start:])
        for row in range(stop - start):
            others = alike[row, row + 1 :]
            result[done : done + len(others)] = others
            done += len(others)
    np.subtract(1, result, out=result)
    return np.maximum(result, 0, out=result)


def _keep_as_known(alike: Vectors, one: Counts, other: Counts) -> None:
    both = (one[:, None] >= 0) & (other[None, :] >= 0)
    same = both & (one[:, None] == other[None, :])
    alike[same] += _TOGETHER * (1 - alike[same])
    alike[both & ~same] -= _APART


def smoothed(vectors: Vectors, neighbours: Counts, near: Vectors) -> Vectors:
    """Draw each vector three times half-way to its 8 nearest, of which the nearer count more.

    Parameters
    ----------
    vectors, neighbours, near
        As of `distances`.
    """
    drawn = scaled(vectors)
    number = min(_DRAWING, neighbours.shape[1])
    for again in range(_ROUNDS if number else 0):
        if again:
            neighbours, near = nearest(drawn, number)
        weights = by_rows(_weights(neighbours[:, :_DRAWING], near[:, :_DRAWING]))
        drawn = scaled(drawn + weights @ drawn)
    return drawn


def surroundings(links: Any) -> Any:
    """Return where random walks of eight steps end, as roots of the shares.

    A step stays where it is half of the time. After two, four and eight steps the 128
    likeliest places are kept. The rows have length 1, so that their products are Hellinger
    affinities.
    """
    from scipy.sparse import eye_array

    ends = (0.5 * eye_array(links.shape[0]) + 0.5 * by_rows(links)).tocsr()
    for _ in range(_DOUBLED):
        ends = _likeliest((ends @ ends).tocsr())
    ends.data = np.sqrt(ends.data)
    lengths = np.sqrt(np.asarray(ends.multiply(ends).sum(axis=1)).ravel())
    return _times_rows(ends, 1 / np.maximum(lengths, 1e-9)).astype(np.float32)


def by_rows(weights: Any) -> Any:
    """Return weights that add up to 1 in each row that has any."""
    sums = np.asarray(weights.sum(axis=1)).ravel()
    return _times_rows(weights, 1 / np.where(sums > 0, sums, 1))


def _weights(neighbours: Counts, near: Vectors) -> Any:
    from scipy.sparse import csr_array

    size, number = neighbours.shape
    values = np.maximum(near, 0).astype(np.float64) ** 2
    starts = np.arange(size + 1) * number
    return csr_array((values.ravel(), neighbours.flatten(), starts), shape=(size, size))


def _times_rows(matrix: Any, factors: Floats) -> Any:
    from scipy.sparse import diags_array

    return (diags_array(factors) @ matrix).tocsr()


def _likeliest(ends: Any) -> Any:
    """Keep the largest values of each row; of equal ones those at the front."""
    ends.sum_duplicates()
    lengths = np.diff(ends.indptr)
    long = np.flatnonzero(lengths > _KEPT)
    for row in long:
        part = slice(ends.indptr[row], ends.indptr[row + 1])
        values = ends.data[part]
        least = np.partition(values, len(values) - _KEPT)[len(values) - _KEPT]
        spare = _KEPT - int((values > least).sum())
        equal = np.flatnonzero(values == least)[spare:]
        values[values < least] = 0
        values[equal] = 0
    ends.eliminate_zeros()
    return ends
