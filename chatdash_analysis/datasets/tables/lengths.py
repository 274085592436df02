"""Lengths of time, as text with a unit or as a timedelta."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

__all__ = ["read_length"]


def read_length(length: object) -> pd.Timedelta | None:
    """Read a length of time; None if it is none. A number without a unit is none."""
    units = isinstance(length, str) and any(letter.isalpha() for letter in length)
    if not units and not isinstance(length, (timedelta, np.timedelta64)):
        return None
    try:
        read = pd.Timedelta(length)
        return None if pd.isna(read) else read.as_unit("us")
    except (ValueError, OverflowError):
        return None
