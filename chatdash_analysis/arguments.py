"""Arguments that many functions share, checked in one way."""

from __future__ import annotations

from numbers import Real

import numpy as np

from chatdash_analysis.errors import InputError

__all__ = ["check_level", "check_min_n"]


def check_level(level: float) -> float:
    """Return a confidence level; raise `InputError` unless it lies between 0 and 1."""
    if isinstance(level, bool) or not isinstance(level, Real) or not 0 < level < 1:
        raise InputError(f"level={level!r} is no confidence level. Give 0.95, for example.")
    return level


def check_min_n(min_n: int) -> int:
    """Return the smallest `n` that is shown; raise `InputError` unless it is a number."""
    if isinstance(min_n, bool) or not isinstance(min_n, (int, np.integer)) or min_n < 0:
        raise InputError(f"min_n={min_n!r} is no number of conversations. Give 10, for example.")
    return int(min_n)
