"""What weekly retention costs beside plain pandas: ``python -m tests.cohorts.speed``."""

from __future__ import annotations

import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from chatdash_analysis.cohorts.retention import retention_table

if TYPE_CHECKING:
    from collections.abc import Callable

TZ = "Europe/Berlin"


def made_contacts(rows: int, people: int, seed: int = 0) -> pd.DataFrame:
    """Make contacts of a year: `lead_id` of 24 hexadecimal digits, and `created_at`."""
    rng = np.random.default_rng(seed)
    ids, digits = rng.integers(0, people, rows), np.frombuffer(b"0123456789abcdef", np.uint8)
    text = digits[ids[:, np.newaxis] >> np.arange(92, -4, -4).clip(max=63) & 15]
    ends = np.arange(rows + 1, dtype=np.int64) * 24
    texts = pa.Array.from_buffers(
        pa.large_string(),
        rows,
        [None, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(text))],
    )
    at = np.datetime64("2025-01-01", "us") + rng.integers(0, 365 * 86_400_000_000, rows)
    leads = pa.table({"lead_id": texts}).to_pandas()["lead_id"]
    return pd.DataFrame({"lead_id": leads, "created_at": pd.DatetimeIndex(at, tz="UTC")})


def plain_retention(frame: pd.DataFrame, tz: str = TZ) -> pd.DataFrame:
    """Count active people by week and week of the first contact, as one writes it in pandas."""
    first = frame.groupby("lead_id")["created_at"].transform("min")
    week, cohort = (
        at.dt.tz_convert(tz).dt.tz_localize(None).dt.to_period("W").dt.start_time
        for at in (frame["created_at"], first)
    )
    period = (week - cohort).dt.days // 7
    cells = frame.assign(cohort=cohort, period=period).groupby(["cohort", "period"])
    return cells["lead_id"].nunique().reset_index(name="users")


def cpu_seconds(run: Callable[..., Any], *args: Any, **options: Any) -> float:
    """Return the CPU seconds of one run."""
    start = time.process_time()
    run(*args, **options)
    return time.process_time() - start


def cpu_ratio(frame: pd.DataFrame, runs: int = 5) -> float:
    """Return the CPU of `retention_table` over that of plain pandas: the median of pairs."""
    retention_table(frame.head(1_000), users="lead_id", tz=TZ)  # imports
    return statistics.median(
        cpu_seconds(retention_table, frame, users="lead_id", tz=TZ)
        / cpu_seconds(plain_retention, frame)
        for _ in range(runs)
    )


if __name__ == "__main__":
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    for share in (0.2, 0.6):
        print(share, round(cpu_ratio(made_contacts(rows, int(rows * share))), 3))
