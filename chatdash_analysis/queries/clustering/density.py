"""Which questions are about nothing that others ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.queries.clustering.neighbours import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

__all__ = ["least_density", "mean_of_nearest", "off_topic_score"]

_NEAREST = 5
_CUT = 0.6
# Of fewer questions, the middle says nothing.
_FEW = 20


def off_topic_score(vectors: Vectors) -> Vectors:
    """Return the mean similarity of each question to its 5 nearest: low where it stands alone.

    Parameters
    ----------
    vectors : numpy.ndarray of float32, shape (n, width)
        Questions in their `Space`.
    """
    return mean_of_nearest(nearest(vectors, _NEAREST)[1])


def mean_of_nearest(similarities: Vectors) -> Vectors:
    """Return the same from similarities to neighbours, the nearest first."""
    near = similarities[:, :_NEAREST]
    if not near.shape[1]:
        return np.zeros(len(near), dtype=np.float32)
    return np.asarray(near.mean(axis=1), dtype=np.float32)


def least_density(scores: Vectors) -> float:
    """Return the score below which a question is far from what all others ask."""
    middle = float(np.median(scores)) if len(scores) >= _FEW else 0.0
    # Where most are like nothing else, none of them stands apart.
    return _CUT * middle if middle > 0 else -np.inf
