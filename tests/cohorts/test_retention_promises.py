from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from statsmodels.stats.proportion import proportion_confint

import chatdash_analysis as cda
from chatdash_analysis.cohorts.retention import cohort_metric, retention_table
from chatdash_analysis.errors import InputError, MissingColumnsError
from tests.cohorts.made import DTYPES, THREE, at_times, pooled


@pytest.mark.parametrize("options", [{}, {"by": "channel"}, {"brackets": (1, 7)}, {"freq": "D"}])
def test_dtypes_are_promised_also_for_empty_tables(options: dict[str, Any]) -> None:
    frame = at_times(["a", "a", "b"], [0, 8, 9]).assign(
        channel=pd.array(["web", "web", None], dtype="str")
    )
    expected = ({"channel": "str"} if "by" in options else {}) | DTYPES
    timeless = frame.assign(created_at=frame["created_at"].where(frame["user_id"] == "nobody"))
    for some in (frame, frame.head(1), frame.head(0), timeless):
        table = retention_table(some, **options)
        assert table.dtypes.astype(str).to_dict() == expected
        assert table.index.equals(pd.RangeIndex(len(table)))
    assert retention_table(frame.head(0), **options).empty


def test_order_of_rows_changes_nothing_and_the_frame_stays_as_it_was() -> None:
    frame = cda.load_sample(800)
    before = frame.copy()
    expected = retention_table(frame, by="channel", freq="M", burn_in="auto")
    pd.testing.assert_frame_equal(frame, before)
    shuffled = frame.sample(frac=1, random_state=3)
    found = retention_table(shuffled, by="channel", freq="M", burn_in="auto")
    pd.testing.assert_frame_equal(found, expected)


def test_several_columns_of_groups() -> None:
    frame = cda.load_sample(800)
    table = retention_table(frame, by=["platform", "channel"], freq="M", min_n=1)
    assert table.columns[:3].tolist() == ["platform", "channel", "cohort"]
    whole = pooled(retention_table(frame, freq="M")).loc[0]
    parts = pooled(table).loc[0]
    assert parts["n"].sum() == whole["n"]
    assert parts["excluded"].sum() == whole["excluded"]


def test_the_range_of_rules_is_that_of_the_three_tables() -> None:
    sample = cda.load_sample(800)
    table = retention_table(sample, rule="range", freq="M")
    for name, rule in (("rate", "default"), ("rate_strict", "strict"), ("rate_loose", "loose")):
        other = retention_table(sample, rule=rule, freq="M")  # type: ignore[arg-type]
        same = table.merge(other, on=["cohort", "period"], suffixes=("", "_other"), how="left")
        np.testing.assert_array_equal(table[name], same["rate_other"])
    assert table.columns[-2:].tolist() == ["rate_strict", "rate_loose"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"freq": "Q"}, "none of D, W, M"),
        ({"kind": "bounded"}, "neither 'on' nor 'unbounded'"),
        ({"window": "sliding"}, "neither 'calendar' nor 'rolling'"),
        ({"tz": "Berlin"}, "no time zone"),
        ({"brackets": [7, 3]}, "ascending"),
        ({"brackets": []}, "ascending"),
        ({"brackets": [0.5]}, "whole days"),
        ({"burn_in": "90 days"}, "'auto'"),
        ({"burn_in": timedelta(days=-1)}, "no stretch of time"),
        ({"as_of": "soon"}, "no date or time"),
        ({"as_of": "05/03/2026"}, "as_of='05/03/2026' is no date or time"),
        ({"level": 95}, "level"),
        ({"by": "cohort"}, "column cohort of its own"),
        ({"rule": "strict", "users": "lead"}, "one of the two"),
        ({"rule": "wild"}, "rule='wild'"),
    ],
)
def test_arguments_that_are_not_possible_are_refused(options: dict[str, Any], message: str) -> None:
    frame = THREE.assign(cohort=1, lead="a")
    with pytest.raises(InputError, match=message):
        retention_table(frame, **options)


def test_the_level_is_that_of_the_intervals() -> None:
    rng = np.random.default_rng(2)
    frame = at_times(rng.integers(0, 80, 900), rng.uniform(0, 40, 900))
    frame["evaluation_is_success"] = pd.array(rng.random(900) < 0.5, dtype="boolean")
    for function in (retention_table, cohort_metric):
        narrow, wide = (function(frame, level=level) for level in (0.5, 0.99))
        shown = narrow["rate"].between(0.01, 0.99)
        assert shown.sum() > 4
        assert (narrow["low"] > wide["low"])[shown].all()
        pd.testing.assert_series_equal(narrow["rate"], wide["rate"])
    table = retention_table(frame, level=0.8)
    shown = table[table["n"] >= 10]
    low, _ = proportion_confint(shown["successes"], shown["n"], alpha=0.2, method="wilson")
    np.testing.assert_allclose(shown["low"], np.clip(low, 0, 1), atol=1e-12)


def test_a_zone_may_be_given_without_a_name() -> None:
    named = retention_table(THREE, tz="Etc/GMT-3", as_of="2026-01-26")
    fixed = retention_table(THREE, tz=timezone(timedelta(hours=3)), as_of="2026-01-26")
    pd.testing.assert_frame_equal(named, fixed)
    other = retention_table(
        pl.from_pandas(THREE), tz=timezone(timedelta(hours=3)), as_of="2026-01-26"
    )
    pd.testing.assert_frame_equal(other, fixed)


def test_the_end_of_the_loaded_range_counts_where_the_table_tells_it() -> None:
    loaded = THREE.copy()
    loaded.attrs["chatdash"] = {"end": "2026-01-26T00:00:00.000Z"}
    expected = retention_table(THREE, as_of="2026-01-26")
    pd.testing.assert_frame_equal(retention_table(loaded), expected)
    untold = retention_table(THREE)
    assert untold.attrs["cohorts"]["as_of"] == "2026-01-21T10:00:00+00:00"
    pd.testing.assert_frame_equal(retention_table(pl.from_pandas(loaded)), untold)


def test_missing_columns_are_named() -> None:
    with pytest.raises(MissingColumnsError, match=r"retention_table needs .*created_at"):
        retention_table(THREE.drop(columns="created_at"))
    with pytest.raises(MissingColumnsError, match="lead_id"):
        retention_table(THREE, users="lead_id")


def test_instants_without_a_zone_are_refused() -> None:
    naive = THREE.assign(created_at=THREE["created_at"].dt.tz_localize(None))
    with pytest.raises(InputError, match="time zone"):
        retention_table(naive)


def test_any_zone_of_the_column_gives_the_same_table() -> None:
    elsewhere = THREE.assign(created_at=THREE["created_at"].dt.tz_convert("Asia/Tokyo"))
    pd.testing.assert_frame_equal(retention_table(elsewhere), retention_table(THREE))


def test_a_frame_of_another_engine_gives_the_same_table() -> None:
    expected = retention_table(THREE, tz="Europe/Berlin", as_of="2026-01-26")
    found = retention_table(pl.from_pandas(THREE), tz="Europe/Berlin", as_of="2026-01-26")
    pd.testing.assert_frame_equal(found, expected)
    for option in ({"burn_in": "auto"}, {"rule": "strict"}):
        with pytest.raises(InputError, match=r"=.* needs a pandas\.DataFrame"):
            retention_table(pl.from_pandas(THREE), **option)  # type: ignore[arg-type]
