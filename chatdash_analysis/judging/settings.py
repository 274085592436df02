"""Arguments of this package, checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from chatdash_analysis.errors import InputError

__all__ = ["share_of_one", "whole_number"]


def whole_number(name: str, value: Any, least: int) -> int:
    """Return a whole number; raise `InputError` unless it is one of `least` or more."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise InputError(f"{name}={value!r} is no whole number of {least} or more.")
    return int(value)


def share_of_one(name: str, value: Any) -> float:
    """Return a share; raise `InputError` unless it lies between 0 and 1."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise InputError(f"{name}={value!r} does not lie between 0 and 1.")
    return float(value)
