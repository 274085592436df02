"""How many conversations are drawn of each group and verdict.

Neyman's allocation makes the draws of a stratum proportional to its size times the
spread of what people will answer in it, which nobody knows before. A judge that is wrong
as often about successes as about failures has the same product for both verdicts of a
group, whatever its rate: so each verdict gets half. Between groups the product goes with
the geometric mean of the two verdicts' numbers.

References
----------
Neyman (1934), On the two different aspects of the representative method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

__all__ = ["allocate"]

# Of each stratum so many at least; fewer where the sample is small, but never a single one, which
# tells nothing about the spread.
_AT_LEAST = (5, 4, 3, 2)


def allocate(sizes: Codes, n: int) -> Codes:
    """Return how many of each stratum are drawn, `n` in all.

    Parameters
    ----------
    sizes : numpy.ndarray of int64, shape (groups, 2)
        Conversations of each group, by verdict.
    n : int
        How many to draw; all if there are not more.

    Raises
    ------
    InputError
        If `n` is too small for two of each stratum.
    """
    most = sizes.ravel()
    if n >= most.sum():
        return sizes.copy()
    least = _least(most, n)
    # A group with one verdict has no product; a single conversation stands for the other.
    product = np.sqrt(sizes * np.maximum(sizes[:, ::-1], 1.0)).ravel()
    wanted = _scaled(product, least, most, n)
    drawn = np.minimum(np.floor(wanted + 1e-9), most).astype(np.int64)
    open_ = np.flatnonzero(drawn < most)
    by_remainder = open_[np.argsort(drawn[open_] - wanted[open_], kind="stable")]
    drawn[by_remainder[: n - drawn.sum()]] += 1
    return drawn.reshape(sizes.shape)


def _least(most: Codes, n: int) -> Codes:
    for least in _AT_LEAST:
        floor = np.minimum(most, least)
        if floor.sum() <= n:
            return floor
    needed = int(np.minimum(most, _AT_LEAST[-1]).sum())
    raise InputError(
        f"n={n} is too few: the conversations fall into {int((most > 0).sum())} parts (groups of"
        f" `by` x verdict), and each needs two. Give n={needed} or more, or fewer groups: by=None"
        " makes only the two verdicts."
    )


def _scaled(product: NDArray[np.float64], least: Codes, most: Codes, n: int) -> NDArray[np.float64]:
    """Return numbers in proportion to `product` within their bounds that sum to `n`."""
    low, high = 0.0, 1.0
    while np.clip(product * high, least, most).sum() < n:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        if np.clip(product * middle, least, most).sum() < n:
            low = middle
        else:
            high = middle
    return np.asarray(np.clip(product * high, least, most), dtype=np.float64)
