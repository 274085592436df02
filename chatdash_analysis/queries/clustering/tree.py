"""The tree of distinct questions, and cuts through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Counts = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["CUTS", "Cut", "Granularity", "Tree", "cut", "grow", "large_enough"]

Granularity = Literal["fine", "normal", "coarse"]


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a tree is cut.

    Attributes
    ----------
    near, far : float
        Branches are one cluster where they join below `near`, and two above `far`.
    tied : float
        Between the two they are one if this share of the links of the smaller one, or
        more, lead to the other.
    """

    near: float
    far: float
    tied: float


# Each splits what the next one splits, so that clusters of one lie inside those of the next.
CUTS: dict[str, Cut] = {
    "fine": Cut(0.4, 0.65, 0.4),
    "normal": Cut(0.5, 0.8, 0.3),
    "coarse": Cut(0.65, 0.9, 0.2),
}


# Questions whose pairs are hardly more alike on average than any two are no topic, whatever lies
# between them. On real topics a bound up to 0.15 changes nothing.
_COHERENT = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """How questions join, the nearest first.

    Attributes
    ----------
    merges : numpy.ndarray of float64, shape (n - 1, 4)
        Both branches, their distance and the number of questions, as SciPy has it.
    ties : numpy.ndarray of float64, shape (n - 1,)
        Share of the links of the smaller branch that lead to the other one.
    coherence : numpy.ndarray of float64, shape (n - 1,)
        Mean similarity of all pairs of questions below the merge.
    """

    merges: Floats
    ties: Floats
    coherence: Floats

    @property
    def size(self) -> int:
        """How many questions there are."""
        return len(self.merges) + 1


def grow(distances: Floats, links: Any, vectors: Vectors) -> Tree:
    """Join questions by average linkage.

    Parameters
    ----------
    distances : numpy.ndarray of float64, shape (n * (n - 1) / 2,)
        In the condensed form of SciPy.
    links : scipy.sparse array, shape (n, n)
        Weights between questions that are neighbours, symmetric.
    vectors : numpy.ndarray of float32, shape (n, width)
        Questions in their `Space`.
    """
    from scipy.cluster.hierarchy import linkage

    if not len(distances):
        return Tree(np.empty((0, 4)), np.empty(0), np.empty(0))
    merges = np.asarray(linkage(distances, "average"))
    return Tree(merges, _ties(merges, links.tocoo()), _coherence(merges, vectors))


def _ties(merges: Floats, links: Any) -> Floats:
    size = len(merges) + 1
    branches = merges[:, :2].astype(np.int64)
    parents = np.empty(2 * size - 1, dtype=np.int64)
    parents[branches] = np.arange(size, 2 * size - 1)[:, None]
    across = np.zeros(2 * size - 1)
    one, other, weights = links.row.astype(np.int64), links.col.astype(np.int64), links.data
    while len(one):
        # A branch has a higher number than what is inside, so that the lower one climbs.
        climbs = one < other
        one = np.where(climbs, parents[one], one)
        other = np.where(climbs, other, parents[other])
        met = one == other
        across += np.bincount(one[met], weights=weights[met], minlength=len(across))
        one, other, weights = one[~met], other[~met], weights[~met]
    volumes = np.zeros(2 * size - 1)
    volumes[:size] = np.asarray(links.tocsr().sum(axis=1)).ravel()
    for place, (left, right) in enumerate(branches):
        volumes[size + place] = volumes[left] + volumes[right]
    smaller = volumes[branches].min(axis=1)
    return np.asarray(across[size:] / np.maximum(smaller, 1e-12))


def _coherence(merges: Floats, vectors: Vectors) -> Floats:
    size = len(vectors)
    sums = np.zeros((2 * size - 1, vectors.shape[1]), dtype=np.float32)
    own = np.zeros(2 * size - 1)
    sums[:size], own[:size] = vectors, np.einsum("ij,ij->i", vectors, vectors)
    for place, (left, right) in enumerate(merges[:, :2].astype(np.int64)):
        sums[size + place] = sums[left] + sums[right]
        own[size + place] = own[left] + own[right]
    # All pairs together are the square of the sum without what each is with itself.
    pairs = np.einsum("ij,ij->i", sums[size:], sums[size:], dtype=np.float64) - own[size:]
    return np.asarray(pairs / (merges[:, 3] * (merges[:, 3] - 1)))


def cut(tree: Tree, where: Cut) -> Counts:
    """Return the number of the cluster of each question, from 0 on."""
    size = tree.size
    heights = tree.merges[:, 2]
    hardly_tied = (heights > where.near) & (tree.ties < where.tied)
    apart = (heights > where.far) | (tree.coherence < _COHERENT) | hardly_tied
    # Ids of branches, from the root down; a branch that is not split passes its own on.
    owners = np.arange(2 * size - 1)
    whole = np.zeros(2 * size - 1, dtype=bool)
    for place in range(len(apart) - 1, -1, -1):
        node = size + place
        if whole[node] or not apart[place]:
            branches = tree.merges[place, :2].astype(np.int64)
            owners[branches] = owners[node]
            whole[branches] = True
    return np.asarray(np.unique(owners[:size], return_inverse=True)[1], dtype=np.int64)


def large_enough(owners: Counts, weights: Counts, min_size: int) -> Counts:
    """Return numbers by the first question of each cluster; -1 for those with too few queries."""
    sizes = np.bincount(owners, weights=weights)
    kept = np.where(sizes[owners] >= min_size, owners, -1)
    names, first, places = np.unique(kept, return_index=True, return_inverse=True)
    order = np.argsort(first)
    order = order[names[order] >= 0]
    numbers = np.full(len(names), -1, dtype=np.int64)
    numbers[order] = np.arange(len(order))
    return np.asarray(numbers[places], dtype=np.int64)
