"""Whether clusters come out again from other questions of the same kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.queries.clustering.growing import tree_clusters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.queries.clustering.tree import Cut

    Vectors = NDArray[np.float32]
    Counts = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["stability"]

_SHARE = 0.8
# Up to so many questions, so many samples; what a sample costs grows with the square.
_SAMPLES = ((500, 25), (1_500, 15), (3_000, 8), (4_500, 4))
_LEAST_SAMPLES = 2


def stability(
    placed: Vectors,
    weights: Counts,
    owners: Counts,
    *,
    where: Cut,
    min_size: int,
    least: float,
    random: np.random.Generator,
) -> Floats:
    """Return how well each cluster is found again when only 80 % of the questions are there.

    The mean over samples of the Jaccard index with the most similar cluster of a new fit, on the
    questions of the sample (Hennig 2007, Cluster-wise assessment of cluster stability). NaN for
    clusters of which no sample held a question.

    Parameters
    ----------
    placed, weights, where, min_size, least
        As of `grow_clusters`.
    owners : numpy.ndarray of int64, shape (n,)
        The cluster of each question in the fit, -1 for none.
    random : numpy.random.Generator
        Draws the samples.
    """
    number = int(owners.max(initial=-1)) + 1
    sums, times = np.zeros(number), np.zeros(number)
    for _ in range(_samples(len(placed)) if number else 0):
        rows = np.sort(random.choice(len(placed), round(_SHARE * len(placed)), replace=False))
        again = tree_clusters(
            placed[rows], weights[rows], where=where, min_size=min_size, least=least
        ).owners
        best, held = _best_overlaps(owners[rows], again, number)
        sums += np.where(held, best, 0)
        times += held
    return np.where(times > 0, sums / np.maximum(times, 1), np.nan)


def _samples(size: int) -> int:
    return next((times for most, times in _SAMPLES if size <= most), _LEAST_SAMPLES)


def _best_overlaps(owners: Counts, again: Counts, number: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the best Jaccard index of each cluster, and whether it has any question here."""
    width = int(again.max(initial=-1)) + 1
    both = np.zeros((number, width))
    held = (owners >= 0) & (again >= 0)
    np.add.at(both, (owners[held], again[held]), 1)
    before = np.bincount(owners[owners >= 0], minlength=number)
    after = np.bincount(again[again >= 0], minlength=width)
    overlap = both / np.maximum(before[:, None] + after[None, :] - both, 1)
    return overlap.max(axis=1, initial=0.0), before > 0
