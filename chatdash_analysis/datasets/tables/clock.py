"""When a conversation began, on the local clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.datasets.tables.features import Feature
from chatdash_analysis.periods import local_microseconds

if TYPE_CHECKING:
    from datetime import tzinfo

__all__ = ["CLOCK", "clock_features"]

CLOCK = ("created_hour", "created_day_of_week")
_HOUR = 3_600_000_000
_DAY = 24 * _HOUR
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def clock_features(created: pd.Series, tz: str | tzinfo) -> list[Feature]:
    """Return the hour and the day of the week; no month, which a time split never repeats."""
    local = local_microseconds(created, tz)
    # 1970-01-01 was a Thursday.
    days = pd.Categorical.from_codes((local // _DAY + 3) % 7, categories=pd.Index(_DAYS))
    hour, day = CLOCK
    return [
        Feature(
            hour,
            "created_at",
            pd.Series((local % _DAY) / _HOUR).astype(np.float64),
            "start",
            "When it began, on the local clock: 13.5 is half past one.",
            unit="hours since midnight",
        ),
        Feature(day, "created_at", pd.Series(days), "start", "Local day of the week."),
    ]
