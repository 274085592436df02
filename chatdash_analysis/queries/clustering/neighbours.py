"""Nearest neighbours by cosine similarity, all of them looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Counts = NDArray[np.int64]

__all__ = ["nearest"]

# Similarities that are held at one time.
_HELD = 4_000_000


def nearest(vectors: Vectors, number: int) -> tuple[Counts, Vectors]:
    """Return the nearest others of each vector.

    Every pair is compared: up to some thousands of questions this costs less than an index
    does, and loses none.

    Parameters
    ----------
    vectors : numpy.ndarray of float32, shape (n, width)
        Vectors of length 1 at most.
    number : int
        How many neighbours; at most n - 1 are found.

    Returns
    -------
    neighbours : numpy.ndarray of int64, shape (n, number)
        Their rows, the nearest first.
    similarities : numpy.ndarray of float32, shape (n, number)
        How near they are: inner products.
    """
    size = len(vectors)
    number = max(min(number, size - 1), 0)
    rows = np.empty((size, number), dtype=np.int64)
    found = np.empty((size, number), dtype=np.float32)
    step = max(_HELD // max(size, 1), 1)
    for start in range(0, size if number else 0, step):
        stop = min(start + step, size)
        products = vectors[start:stop] @ vectors.T
        products[np.arange(stop - start), np.arange(start, stop)] = -np.inf
        best = np.argpartition(products, size - number, axis=1)[:, size - number :]
        near = np.take_along_axis(products, best, axis=1)
        order = np.lexsort((best, -near), axis=1)
        rows[start:stop] = np.take_along_axis(best, order, axis=1)
        found[start:stop] = np.take_along_axis(near, order, axis=1)
    return rows, found
