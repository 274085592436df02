"""From vectors of distinct questions to clusters, of a few questions or of a million."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.progress import texts_bar
from chatdash_analysis.queries.clustering.growing import ALPHA, grow_clusters
from chatdash_analysis.queries.clustering.space import Space, fit_space
from chatdash_analysis.queries.clustering.tree import CUTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from chatdash_analysis.queries.clustering.growing import Grown
    from chatdash_analysis.queries.clustering.prototypes import Prototypes
    from chatdash_analysis.queries.clustering.tree import Cut, Granularity

    Vectors = NDArray[np.float32]
    Counts = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Words = NDArray[Any]
    Languages = Sequence[Any] | NDArray[Any]

__all__ = ["MOST", "Fit", "fit_clusters", "place"]

# Of more distinct questions a sample is clustered, and the others join it: the tree grows with
# the square of their number, and the number of clusters with the density of the neighbours.
MOST = 8_000
# What a first round leaves over is clustered on its own, as rare topics are hardly sampled.
_ROUNDS = 2
_LEFT_OVER = 50
_BLOCK = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Clusters of distinct questions, and what places new ones.

    Attributes
    ----------
    space : Space
        Where questions are compared.
    owners : numpy.ndarray of int64, shape (n,)
        The cluster of each question, from 0 on; -1 where it has none.
    reasons : numpy.ndarray of str, shape (n,)
        Why it has none: "off_topic" (far from what all others ask), "few" (too few
        queries like it) or "far" (not near enough to a cluster); "" where it has one.
    confidence : numpy.ndarray of float64, shape (n,)
        Share of the cluster's members that lie no nearer to it; NaN without a cluster.
    prototypes : Prototypes
        The parts of the clusters.
    rows : numpy.ndarray of int64
        The questions that the first tree was made of, ascending.
    placed : numpy.ndarray of float32, shape (rows, width)
        Where these lie in the space.
    least : float
        The mean similarity to its nearest below which a question is off topic.
    sampled : int
        How many clusters, the first ones, the first tree found.
    """

    space: Space
    owners: Counts
    reasons: Words
    confidence: Floats
    prototypes: Prototypes
    rows: Counts
    placed: Vectors
    least: float
    sampled: int

    @property
    def number(self) -> int:
        """How many clusters there are."""
        return int(self.owners.max(initial=-1)) + 1


def fit_clusters(
    vectors: Vectors,
    languages: Languages,
    weights: Counts,
    *,
    granularity: Granularity = "normal",
    min_size: int = 3,
    random_state: int = 0,
    known: Counts | None = None,
) -> Fit:
    """Cluster distinct questions.

    Parameters
    ----------
    vectors : numpy.ndarray of float32, shape (n, width)
        Vectors of length 1, in an order that the questions themselves give.
    languages : sequence of str or None, length n
        Language of each question.
    weights : numpy.ndarray of int64, shape (n,)
        How many queries each stands for.
    granularity, min_size, random_state
        As of `cluster_queries`.
    known : numpy.ndarray of int64, shape (n,), optional
        The cluster that each question was in before, -1 where none is known.
    """
    random = np.random.default_rng(random_state)
    names = np.asarray(languages, dtype=object)
    rows = _sample(np.arange(len(vectors)), random)
    space = fit_space(vectors[rows], names[rows])
    placed = space.placed(vectors[rows], names[rows])
    grow = partial(grow_clusters, where=CUTS[granularity], min_size=min_size)
    before = None if known is None else known[rows]
    grown = grow(placed, weights[rows], known=before)
    found = _Found(len(vectors), rows, grown)
    if len(rows) < len(vectors):
        pool = _Pool(space, vectors, names, weights)
        found.let_join(pool)
        _grow_from_the_rest(
            found, pool, partial(grow, least=grown.least), CUTS[granularity], random
        )
    confidence = found.prototypes.p_values(found.owners, found.scores)
    return Fit(
        space=space, owners=found.owners, reasons=found.reasons, confidence=confidence,
        prototypes=found.prototypes, rows=rows, placed=placed, least=grown.least,
        sampled=grown.number,
    )  # fmt: skip


def place(
    space: Space, prototypes: Prototypes, vectors: Vectors, languages: Languages
) -> tuple[Counts, Floats, Vectors]:
    """Return the cluster of each new question (-1: none is near enough), p-value and nearness."""
    owners = np.empty(len(vectors), dtype=np.int64)
    scores = np.empty(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), _BLOCK):
        part = slice(start, start + _BLOCK)
        placed = space.placed(vectors[part], languages[part])
        owners[part], scores[part] = prototypes.nearest(placed)
    p_values = prototypes.p_values(owners, scores)
    return np.where(p_values >= ALPHA, owners, -1), p_values, scores


def _sample(rows: Counts, random: np.random.Generator) -> Counts:
    if len(rows) <= MOST:
        return rows
    return np.sort(random.choice(rows, MOST, replace=False))


def _grow_from_the_rest(
    found: _Found, pool: _Pool, grow: Callable[..., Grown], where: Cut, random: np.random.Generator
) -> None:
    """Cluster what is left over on its own, as rare topics are hardly in the sample."""
    for _ in range(_ROUNDS):
        left = np.flatnonzero(found.owners < 0)
        if len(left) < _LEFT_OVER:
            return
        rows = _sample(left, random)
        more = grow(pool.space.placed(pool.vectors[rows], pool.names[rows]), pool.weights[rows])
        if not more.number:
            return
        found.add(rows, more, where)
        found.let_join(pool)


@dataclass(frozen=True, slots=True, eq=False)
class _Pool:
    """All questions, and where they are compared."""

    space: Space
    vectors: Vectors
    names: Words
    weights: Counts


class _Found:
    """What is known so far of each question."""

    def __init__(self, size: int, rows: Counts, grown: Grown) -> None:
        self.owners = np.full(size, -1, dtype=np.int64)
        self.reasons = np.full(size, "far", dtype="U9")
        self.scores = np.zeros(size, dtype=np.float32)
        self.prototypes = grown.prototypes
        self._take(rows, grown.owners, grown.reasons, grown.scores)

    def _take(self, rows: Counts, owners: Counts, reasons: Words, scores: Vectors) -> None:
        self.owners[rows], self.reasons[rows], self.scores[rows] = owners, reasons, scores

    def let_join(self, pool: _Pool) -> None:
        """Let questions without a cluster join those that are near enough."""
        left = np.flatnonzero(self.owners < 0)
        with texts_bar(len(left), "Joining clusters", least=_BLOCK) as bar:
            for start in range(0, len(left), _BLOCK):
                rows = left[start : start + _BLOCK]
                owners, _, scores = place(
                    pool.space, self.prototypes, pool.vectors[rows], pool.names[rows]
                )
                joins = owners >= 0
                self._take(rows[joins], owners[joins], np.array(""), scores[joins])
                bar.update(len(rows))

    def add(self, rows: Counts, grown: Grown, where: Cut) -> None:
        """Add clusters of what was left over."""
        names = self._names(grown, where)
        self.prototypes = self.prototypes.joined(grown.prototypes.renamed(names))
        held = grown.owners >= 0
        # Why a question has no cluster is told by those that it was first compared with.
        reasons = np.where(held | (self.reasons[rows] == "far"), grown.reasons, self.reasons[rows])
        owners = np.where(held, names[grown.owners], -1)
        self._take(rows, owners, reasons, grown.scores)

    def _names(self, grown: Grown, where: Cut) -> Counts:
        """Return numbers for new clusters; one that lies at an old one is part of it."""
        first = int(self.prototypes.owners.max(initial=-1)) + 1
        names = np.arange(first, first + grown.number)
        near, similarity = self.prototypes.nearest(grown.prototypes.vectors)
        for owner in range(grown.number):
            parts = grown.prototypes.owners == owner
            old, counts = np.unique(near[parts], return_counts=True)
            if similarity[parts].mean() >= 1 - where.near and old[0] >= 0:
                names[owner] = old[counts.argmax()]
        # Without gaps, and the old ones as they were.
        return np.unique(np.append(np.arange(first), names), return_inverse=True)[1][first:]
