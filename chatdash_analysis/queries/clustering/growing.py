"""Clusters of at most some thousands of questions: those that are clustered by a tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chatdash_analysis.queries.clustering.affinity import distances
from chatdash_analysis.queries.clustering.density import least_density, mean_of_nearest
from chatdash_analysis.queries.clustering.linking import GRAPH, links, reach, reweighted
from chatdash_analysis.queries.clustering.neighbours import nearest
from chatdash_analysis.queries.clustering.prototypes import Prototypes, fit_prototypes
from chatdash_analysis.queries.clustering.tree import Cut, Tree, cut, grow, large_enough

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Counts = NDArray[np.int64]
    Words = NDArray[Any]

__all__ = ["ALPHA", "Grown", "grow_clusters", "tree_clusters"]

# A question joins a cluster unless fewer than this share of its members lie as far out.
ALPHA = 0.05
# Parts of a cluster are those that join below this share of the distance at which clusters do.
_PARTS = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Grown:
    """What became of questions.

    Attributes
    ----------
    owners : numpy.ndarray of int64, shape (n,)
        The cluster of each question, -1 where it has none.
    reasons : numpy.ndarray of str, shape (n,)
        Why it has none: "off_topic" or "few"; "" where it has one.
    scores : numpy.ndarray of float32, shape (n,)
        How near it is to the nearest cluster; for members without themselves.
    prototypes : Prototypes
        The parts of the clusters.
    least : float
        The mean similarity to its nearest below which a question is off topic.
    """

    owners: Counts
    reasons: Words
    scores: Vectors
    prototypes: Prototypes
    least: float

    @property
    def number(self) -> int:
        """How many clusters there are."""
        return int(self.prototypes.owners.max(initial=-1)) + 1


class TreeClusters(NamedTuple):
    """The cluster and the part of each question, -1 for none; whether it is on topic."""

    owners: Counts
    parts: Counts
    on_topic: NDArray[np.bool_]
    least: float


def grow_clusters(
    placed: Vectors,
    weights: Counts,
    *,
    where: Cut,
    min_size: int,
    least: float | None = None,
    known: Counts | None = None,
) -> Grown:
    """Cluster questions by the tree; what is left of it joins a cluster if it is near enough.

    Parameters
    ----------
    placed : numpy.ndarray of float32, shape (n, width)
        Questions in their `Space`.
    weights : numpy.ndarray of int64, shape (n,)
        How many queries each stands for.
    where : Cut
        Where the tree is cut.
    min_size : int
        Clusters of fewer queries are none.
    least : float, optional
        As in `Grown`; by default found from these questions.
    known : numpy.ndarray of int64, shape (n,), optional
        As of `distances`.
    """
    owners, parts, on_topic, least = tree_clusters(
        placed, weights, where=where, min_size=min_size, least=least, known=known
    )
    prototypes, scores = fit_prototypes(placed, owners, parts)
    reasons = np.where(on_topic, np.where(owners < 0, "few", ""), "off_topic").astype("U9")
    loose = np.flatnonzero(reasons == "few")
    joined, scores[loose] = prototypes.nearest(placed[loose])
    joins = prototypes.p_values(joined, scores[loose]) >= ALPHA
    owners[loose[joins]] = joined[joins]
    reasons[loose[joins]] = ""
    return Grown(owners, reasons, scores, prototypes, least)


def tree_clusters(
    placed: Vectors,
    weights: Counts,
    *,
    where: Cut,
    min_size: int,
    least: float | None = None,
    known: Counts | None = None,
) -> TreeClusters:
    """Return what the tree alone makes of questions.

    Parameters
    ----------
    placed, weights, where, min_size, least, known
        As of `grow_clusters`.
    """
    density = mean_of_nearest(nearest(placed, GRAPH)[1])
    least = least_density(density) if least is None else least
    # A vector of no length says nothing of what its text is about.
    stray = (density < least) | ~placed.any(axis=1)
    owners, parts = np.full((2, len(placed)), -1, dtype=np.int64)
    rows = np.flatnonzero(~stray)
    if len(rows):
        before = None if known is None else known[rows]
        tree = _tree(placed[rows], before)
        owners[rows] = large_enough(cut(tree, where), weights[rows], min_size)
        height = _PARTS * where.near
        parts[rows] = cut(tree, Cut(height, height, 0))
    # What was sent often is no stray, but nothing for others either: the tree would force it.
    alone = np.flatnonzero(stray & (weights >= min_size))
    owners[alone] = owners.max(initial=-1) + 1 + np.arange(len(alone))
    return TreeClusters(owners, parts, ~stray | (weights >= min_size), least)


def _tree(placed: Vectors, known: Counts | None) -> Tree:
    neighbours, near = nearest(placed, reach(len(placed)))
    graph = links(neighbours, near)
    if known is not None:
        graph = reweighted(graph, known)
    return grow(distances(placed, neighbours, near, graph, known), graph, placed)
