"""The space in which questions are compared: language by language around a centre."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Counts = NDArray[np.int64]
    Languages = Sequence[Any] | NDArray[Any]

__all__ = ["Space", "fit_space", "scaled"]

# A mean counts as that of so many questions more at the origin (of a language: at the mean of
# all), since what the few questions of a small pool share is what they are about.
_PRIOR = 30
# A language needs so many questions, and this share of all, for a centre of its own: few are
# as likely to be questions in another one, taken for it.
_LANGUAGE, _LANGUAGE_SHARE = 20, 0.05
# Fewer questions do not span the space, and would not tell what is new from what is near.
_SPANNING = 2_000
_AXES = 256
_BLOCK = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Where the centre of each language lies, and the axes that are kept.

    Attributes
    ----------
    languages : tuple of str
        Languages with a centre of their own.
    centres : numpy.ndarray of float32, shape (languages + 1, width)
        Their centres; the last row is that of all other questions.
    axes : numpy.ndarray of float32, shape (width, kept)
        What a centred vector is multiplied with.
    """

    languages: tuple[str, ...]
    centres: Vectors
    axes: Vectors

    def placed(self, vectors: Vectors, languages: Languages) -> Vectors:
        """Return vectors around the centre of their language, of length 1 at most.

        A vector of no length stays one: where nothing is known of a text, it must not lie
        beside others of which nothing is known.
        """
        placed = np.empty((len(vectors), self.axes.shape[1]), dtype=np.float32)
        rows = _language_rows(languages, self.languages)
        for start in range(0, len(vectors), _BLOCK):
            part = slice(start, start + _BLOCK)
            around = scaled(vectors[part] - self.centres[rows[part]])
            around[~vectors[part].any(axis=1)] = 0
            placed[part] = around @ self.axes
        return placed


def fit_space(vectors: Vectors, languages: Languages) -> Space:
    """Find the centres and the axes of distinct questions.

    Embedders put all questions of a language, and all of a trade, near each other; what
    is left around their mean is what tells them apart, so that one threshold fits all pools.
    """
    width = vectors.shape[1]
    mean = vectors.sum(axis=0, dtype=np.float64) / (len(vectors) + _PRIOR)
    own = _own_languages(languages)
    rows = _language_rows(languages, own)
    centres = [_language_mean(vectors[rows == place], mean) for place in range(len(own))]
    stacked = np.array([*centres, mean], dtype=np.float32)
    space = Space(own, stacked, np.eye(width, dtype=np.float32))
    if len(vectors) <= _SPANNING or width <= _AXES:
        return space
    return Space(own, stacked, _principal_axes(space.placed(vectors, languages)))


def _own_languages(languages: Languages) -> tuple[str, ...]:
    counts = pd.Series(pd.array(languages, dtype="str")).value_counts()
    least = max(_LANGUAGE, _LANGUAGE_SHARE * len(languages))
    own = sorted(counts.index[counts >= least])
    return tuple(own) if len(own) > 1 else ()


def _language_rows(languages: Languages, own: Sequence[str]) -> Counts:
    """Return which row of the centres each question belongs to."""
    places = pd.Index(own, dtype="str").get_indexer(pd.array(languages, dtype="str"))
    return np.where(places < 0, len(own), places).astype(np.int64)


def _language_mean(vectors: Vectors, mean: NDArray[np.float64]) -> NDArray[np.float64]:
    total = vectors.sum(axis=0, dtype=np.float64) + _PRIOR * mean
    return np.asarray(total / (len(vectors) + _PRIOR))


def _principal_axes(vectors: Vectors) -> Vectors:
    from scipy.linalg import eigh

    products = (vectors.T @ vectors).astype(np.float64)
    width = len(products)
    _, axes = eigh(products, subset_by_index=(width - _AXES, width - 1))
    return np.asarray(axes[:, ::-1], dtype=np.float32)


def scaled(vectors: Any) -> Vectors:
    """Return vectors of length 1; of no length where they had none."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    return np.asarray(vectors / np.maximum(lengths, 1e-6)[:, None], dtype=np.float32)
