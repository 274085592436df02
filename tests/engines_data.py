"""Made-up contacts for the tests of engines, and frames of every engine over them."""

from __future__ import annotations

import functools
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

if TYPE_CHECKING:
    from pathlib import Path

PARTITIONS = 4
# From some number of partitions on, Dask spreads the groups over several of them as well.
DASK_PARTITIONS = 20
# Frames of the others are made by `frame_of`.
ENGINES = ["polars", "duckdb", "dask", pytest.param("spark", marks=pytest.mark.spark)]
_CHANNELS = np.array(["phone", "Webchat", "web_call", "Ünö", "", None], dtype=object)
_DEVICES = np.array(["Mobile", "Desktop", None], dtype=object)
_FLAGS = np.array([True, False, None], dtype=object)
# Instants at which local days, weeks and years begin or clocks change, in Berlin and New York.
_TURNS = pd.to_datetime(
    ["2025-12-31T23:00Z", "2026-01-01T00:00Z", "2026-01-01T05:00Z", "2025-12-28T23:00Z",
     "2026-03-29T01:00Z", "2026-03-28T23:00Z", "2026-03-29T22:00Z", "2025-10-26T01:00Z",
     "2025-10-25T22:00Z", "2025-10-26T23:00Z", "2026-03-08T07:00Z", "2024-02-29T23:00Z"]
)  # fmt: skip


def contacts(rows: int, *, seed: int = 0) -> pd.DataFrame:
    """Make contacts of people who come back, with missing values of every kind.

    A twentieth lies within a second of a turn of the calendar; others share an instant.
    """
    rng = np.random.default_rng(seed)
    people = np.minimum(rng.integers(0, max(rows // 3, 1), rows), rng.integers(0, rows, rows))
    lead = np.char.add("lead-", people.astype(str)).astype(object)
    frame = {
        "created_at": _instants(rng, rows),
        "lead_id": pd.Series(np.where(rng.random(rows) < 0.08, None, lead), dtype="str"),
        "agent": rng.integers(0, 4, rows),
        "channel": pd.Series(rng.choice(_CHANNELS, rows), dtype="str"),
        "device": pd.Series(rng.choice(_DEVICES, rows), dtype="str"),
        "flag": pd.array(rng.choice(_FLAGS, rows), dtype="boolean"),
        "success": pd.array(rng.choice(_FLAGS, rows, p=[0.5, 0.3, 0.2]), dtype="boolean"),
        "minutes": np.where(rng.random(rows) < 0.3, np.nan, rng.exponential(3, rows)),
        "score": np.where(rng.random(rows) < 0.2, np.nan, rng.integers(0, 3, rows) / 2),
    }
    return pd.DataFrame(frame)


def _instants(rng: np.random.Generator, rows: int) -> pd.Series:
    first, last = (
        pd.Timestamp(day, tz="UTC").value // 1000 for day in ("2025-10-01", "2026-04-20")
    )
    micros = rng.integers(first, last, rows)
    near = rng.random(rows) < 0.05
    turns = _TURNS.as_unit("us").asi8[rng.integers(0, len(_TURNS), rows)]
    micros = np.where(near, turns + rng.integers(-1_000_000, 1_000_000, rows), micros)
    micros = np.where(rng.random(rows) < 0.05, micros // 3_600_000_000 * 3_600_000_000, micros)
    instants = pd.Series(pd.to_datetime(micros, unit="us", utc=True)).astype("datetime64[us, UTC]")
    return instants.mask(rng.random(rows) < 0.02)


def frame_of(engine: str, frame: pd.DataFrame, folder: Path) -> Any:
    """Return the rows as a lazy frame of an engine, in several files or partitions."""
    if engine == "dask":
        import dask.dataframe as dd

        return dd.from_pandas(frame, npartitions=DASK_PARTITIONS, sort=False)
    files = _files(frame, folder)
    if engine == "polars":
        import polars as pl

        return pl.scan_parquet(files)
    if engine == "duckdb":
        import duckdb

        connection = duckdb.connect()
        # A clock that changes at one minute past midnight, and half an hour beside the others.
        connection.execute("SET TimeZone = 'America/St_Johns'")
        return connection.read_parquet(files)
    return spark().read.parquet(*files)


def _files(frame: pd.DataFrame, folder: Path) -> list[str]:
    parts = np.array_split(np.arange(len(frame)), PARTITIONS)
    files = [str(folder / f"{number}.parquet") for number in range(PARTITIONS)]
    for file, part in zip(files, parts, strict=True):
        frame.iloc[part].to_parquet(file, index=False, row_group_size=50_000)
    return files


@functools.cache
def spark() -> Any:
    """Return a session on another clock than any test asks for, or skip the test."""
    sql = pytest.importorskip("pyspark.sql")
    if not shutil.which("java"):
        pytest.skip("Spark needs Java")
    return (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "3")
        .config("spark.sql.session.timeZone", "America/New_York")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
