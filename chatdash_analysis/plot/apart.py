"""Places of texts beside the axes, so that none stands on another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["spread_out"]


def spread_out(wished: Floats, *, step: float) -> Floats:
    """Return places between 0 and 1 that are `step` apart, each as near as can be to its wish.

    They keep the order of the wishes. More than fit between 0 and 1 share the room evenly.
    """
    from scipy.optimize import isotonic_regression

    if not len(wished):
        return wished
    number = len(wished)
    step = min(step, 1 / max(number - 1, 1))
    order = np.argsort(-wished, kind="stable")
    down = step * np.arange(number)
    # Where no two may be nearer than a step, the falling places plus their steps may not rise.
    fitted: Floats = isotonic_regression(wished[order] + down, increasing=False).x
    # Those pushed beyond an end come back, and move their neighbours.
    kept = np.maximum(np.minimum(fitted - down, 1 - down), down[::-1])
    places = np.empty(number)
    places[order] = kept
    return places
