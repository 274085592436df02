"""Which questions are neighbours, and how closely, whatever the density around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Counts = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["GRAPH", "links", "reach", "reweighted"]

# How many neighbours a question is linked with.
GRAPH = 10
# A pool needs so many questions for each neighbour: in smaller ones the neighbours would be
# questions about something else.
_PER_NEIGHBOUR = 20
# Links inside of a known cluster are so many times stronger, those between two so much weaker.
_KNOWN = 2.0
_HALVINGS = 64


def reach(size: int) -> int:
    """Return with how many neighbours a question is linked in a pool of so many."""
    return min(GRAPH, size // _PER_NEIGHBOUR)


def links(neighbours: Counts, near: Vectors) -> Any:
    """Return the fuzzy neighbourhood graph of UMAP, a symmetric SciPy sparse array.

    Each question measures distance by its own surroundings: the nearest counts as 1, and the
    others fall off so that all together make log2 of their number. A link of either side is
    one of both.

    Parameters
    ----------
    neighbours : numpy.ndarray of int64, shape (n, at least 10)
        Nearest others, the nearest first; fewer where there are no more.
    near : numpy.ndarray of float32
        How near they are.

    References
    ----------
    L. McInnes, J. Healy and J. Melville (2018), UMAP: uniform manifold approximation and
    projection for dimension reduction, section 3.1.
    """
    from scipy.sparse import csr_array

    size, number = neighbours[:, :GRAPH].shape
    weights = _memberships(near[:, :GRAPH]) if number else np.empty((size, 0))
    starts = np.arange(size + 1) * number
    # A copy: the array of SciPy would share the numbers, and sort them in place.
    columns = neighbours[:, :GRAPH].flatten()
    graph = csr_array((weights.ravel(), columns, starts), shape=(size, size))
    graph.sort_indices()
    other = graph.T.tocsr()
    return (graph + other - graph * other).tocsr()


def reweighted(graph: Any, known: Counts) -> Any:
    """Return links that are stronger inside of a cluster that is known, and weaker between two.

    Parameters
    ----------
    graph : scipy.sparse array, shape (n, n)
        As of `links`.
    known : numpy.ndarray of int64, shape (n,)
        The cluster that each question was in before, -1 where none is known.
    """
    from scipy.sparse import coo_array

    table = graph.tocoo()
    one, other = known[table.row], known[table.col]
    factors = np.where(one == other, _KNOWN, 1 / _KNOWN)
    factors = np.where((one >= 0) & (other >= 0), factors, 1.0)
    return coo_array((table.data * factors, (table.row, table.col)), shape=graph.shape).tocsr()


def _memberships(near: Vectors) -> Floats:
    away = np.maximum(1 - near.astype(np.float64), 0)
    beyond = away - away[:, :1]
    wanted = np.log2(max(near.shape[1], 2))
    low, high = np.zeros(len(near)), np.full(len(near), np.inf)
    scale = np.ones(len(near))
    for _ in range(_HALVINGS):
        large = np.exp(-beyond / scale[:, None]).sum(axis=1) > wanted
        high, low = np.where(large, scale, high), np.where(large, low, scale)
        scale = np.where(np.isinf(high), 2 * scale, (low + high) / 2)
    # Where all are as near as the nearest, any scale will do.
    scale = np.maximum(scale, 1e-3 * max(float(away.mean()), 1e-6))
    return np.asarray(np.exp(-beyond / scale[:, None]))
