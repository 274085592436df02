from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from chatdash_analysis import engine_cohorts
from chatdash_analysis.cohorts import counts as cohort_counts
from chatdash_analysis.engine_time import Clock, with_microseconds
from chatdash_analysis.errors import InputError
from chatdash_analysis.periods import period_codes
from tests.engines_data import ENGINES, contacts, frame_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

BERLIN: dict[str, Any] = {"users": "lead_id", "time": "created_at", "tz": "Europe/Berlin"}
WEEKS = BERLIN | {"freq": "W", "window": "calendar", "as_of": None}
WINDOWS = [("calendar", ()), ("rolling", ()), ("rolling", (1, 7, 30))]
# Clocks that change at odd minutes, by half an hour, at the end of a day or of a year, by a
# whole day, or that were no full minutes beside UTC.
ZONES = [
    "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe",
    "Asia/Kathmandu", "Atlantic/Azores", "Pacific/Apia", "Africa/Monrovia", "Asia/Tehran", "UTC",
]  # fmt: skip


def assert_equal(found: Iterable[pd.DataFrame], expected: Iterable[pd.DataFrame]) -> None:
    for ours, theirs in zip(found, expected, strict=True):
        pd.testing.assert_frame_equal(ours, theirs)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return contacts(100_000)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_counts_as_pandas(engine: str, frame: pd.DataFrame, tmp_path: Path) -> None:
    rows = frame_of(engine, frame, tmp_path)
    asked = WEEKS | {"by": ["channel", "flag"]}
    expected = cohort_counts.cohort_counts(frame, **asked)
    assert_equal(engine_cohorts.cohort_counts(rows, **asked), expected)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_counts_as_pandas_on_more_than_a_million_rows(
    engine: str, tmp_path: Path
) -> None:
    frame = contacts(1_100_000, seed=1)
    expected = cohort_counts.cohort_counts(frame, **WEEKS)
    rows = frame_of(engine, frame, tmp_path)
    assert_equal(engine_cohorts.cohort_counts(rows, **WEEKS), expected)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize(
    "as_of", [None, "2026-03-29T01:30", "2026-01-01", "2025-12-31T23:00", "2020-01-01"]
)
def test_every_window_counts_as_pandas(engine: str, as_of: str | None, tmp_path: Path) -> None:
    frame = contacts(6_000, seed=2)
    rows = frame_of(engine, frame, tmp_path)
    end = None if as_of is None else pd.Timestamp(as_of, tz="UTC")
    for freq, (window, edges), by in product("DWM", WINDOWS, ([], ["score", "device"])):
        asked = {"freq": freq, "window": window, "edges": edges, "as_of": end, "by": by}
        expected = cohort_counts.cohort_counts(frame, **BERLIN, **asked)
        assert_equal(engine_cohorts.cohort_counts(rows, **BERLIN, **asked), expected)


@pytest.mark.parametrize("engine", ["dask", pytest.param("spark", marks=pytest.mark.spark)])
def test_slow_starters_count_rolling_months_as_pandas(engine: str, tmp_path: Path) -> None:
    frame = contacts(5_000, seed=3)
    asked = BERLIN | {"freq": "M", "window": "rolling", "as_of": None, "by": ["flag"]}
    expected = cohort_counts.cohort_counts(frame, **asked)
    rows = frame_of(engine, frame, tmp_path)
    assert_equal(engine_cohorts.cohort_counts(rows, **asked), expected)


@pytest.mark.parametrize("engine", ["polars", "duckdb", "dask"])
@pytest.mark.parametrize("lacking", ["rows", "users", "times", "present"])
def test_nothing_to_count_gives_typed_tables(engine: str, lacking: str, tmp_path: Path) -> None:
    frame = contacts(40)
    if lacking == "rows":
        frame = frame.iloc[:0]
    elif lacking == "users":
        frame["lead_id"] = frame["lead_id"].mask(frame["lead_id"].notna())
    elif lacking == "times":
        frame["created_at"] = pd.Series([pd.NaT] * 40, dtype="datetime64[us, UTC]")
    else:
        frame["created_at"] += pd.Timedelta(days=36_525)
    asked = WEEKS | {"by": ["channel", "score", "flag"]}
    found = engine_cohorts.cohort_counts(frame_of(engine, frame, tmp_path), **asked)
    assert_equal(found, cohort_counts.cohort_counts(frame, **asked))
    assert len(found[0]) == 0


@pytest.mark.parametrize("tz", ZONES)
def test_local_periods_are_those_of_the_calendar(tz: str) -> None:
    rng = np.random.default_rng(0)
    first, last = (np.datetime64(day, "us").astype("int64") for day in ("1968-01-01", "2039-01-01"))
    micros = np.sort(rng.integers(first, last, 30_000))
    # Also each of the days on which some clock of the last decades was changed.
    steps = np.arange(first, last, 6 * 3_600_000_000)
    instants = pd.Series(
        pd.to_datetime(np.concatenate([micros, steps, steps - 1]), unit="us", utc=True)
    ).astype("datetime64[us, UTC]")
    table = nw.from_native(pa.table({"t": pa.array(instants)})).lazy()
    rows = with_microseconds(table, "t")
    clock = Clock.between(tz, instants.min(), instants.max())
    for freq in ("D", "W", "M"):
        found = clock.with_period(rows, "t", "period", freq).collect("pyarrow").to_native()
        np.testing.assert_array_equal(found["period"].to_numpy(), period_codes(instants, freq, tz))


@pytest.mark.parametrize("engine", ENGINES)
def test_instants_are_the_same_on_every_clock(engine: str, tmp_path: Path) -> None:
    frame = contacts(2_000, seed=4)
    rows = with_microseconds(nw_frame(engine, frame, tmp_path).select("created_at"), "created_at")
    found = np.sort(rows.collect("pyarrow").to_native()["created_at"].to_numpy())
    expected = np.sort(frame["created_at"].dropna().astype("int64").to_numpy())
    np.testing.assert_array_equal(found, expected)


def nw_frame(engine: str, frame: pd.DataFrame, folder: Path) -> nw.LazyFrame[Any]:
    from chatdash_analysis.tables import lazy_frame

    return lazy_frame(frame_of(engine, frame, folder))


@pytest.mark.parametrize("engine", ["polars", "duckdb", "dask"])
@pytest.mark.parametrize(("window", "edges"), WINDOWS)
def test_a_period_that_begins_at_the_end_is_not_open(
    engine: str, window: str, edges: tuple[int, ...], tmp_path: Path
) -> None:
    times = ["2026-01-05T00:00:00Z", "2026-01-11T23:59:59Z", "2026-01-12T00:00:00Z"]
    frame = pd.DataFrame({"lead_id": list("abc"), "created_at": pd.to_datetime(times, utc=True)})
    frame["created_at"] = frame["created_at"].astype("datetime64[us, UTC]")
    end = pd.Timestamp("2026-01-12T00:00Z")
    asked = WEEKS | {"tz": "UTC", "window": window, "edges": edges, "as_of": end}
    found = engine_cohorts.cohort_counts(frame_of(engine, frame, tmp_path), **asked)
    assert_equal(found, cohort_counts.cohort_counts(frame, **asked))
    assert found[0]["open"].tolist().count(0) >= 1


def test_a_clock_set_back_over_midnight_counts_nobody_twice() -> None:
    # At 00:01 of 7 November 2010 it became 23:01 of the day before.
    times = ["2010-11-07T02:30:30Z", "2010-11-07T02:45:00Z", "2010-11-08T12:00:00Z"]
    frame = pd.DataFrame({"lead_id": "a", "created_at": pd.to_datetime(times, utc=True)})
    asked = WEEKS | {"freq": "D", "tz": "America/St_Johns"}
    found = engine_cohorts.cohort_counts(pa.Table.from_pandas(frame), **asked)
    assert_equal(found, cohort_counts.cohort_counts(frame, **asked))
    assert found[1]["users"].tolist() == [1]


def test_times_without_a_zone_are_refused() -> None:
    table = pa.table({"lead_id": ["a"], "created_at": pa.array([0], pa.timestamp("us"))})
    with pytest.raises(InputError, match=r"created_at is Datetime.*not instants with a time zone"):
        engine_cohorts.cohort_counts(table, **WEEKS)


@pytest.mark.parametrize("engine", ["polars", "duckdb", "dask"])
def test_only_small_tables_are_collected(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected = []
    collect = nw.LazyFrame.collect

    def counted(self: Any, *args: Any) -> Any:
        collected.append(len(result := collect(self, *args)))
        return result

    monkeypatch.setattr(nw.LazyFrame, "collect", counted)
    frame = contacts(30_000)
    users, active, facts = engine_cohorts.cohort_counts(frame_of(engine, frame, tmp_path), **WEEKS)
    assert max(collected) <= len(users) + len(active)
    assert users["users"].sum() == frame.dropna(subset=["created_at"])["lead_id"].nunique()
    assert facts["rows"].item() > 25_000
