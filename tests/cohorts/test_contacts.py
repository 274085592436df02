from __future__ import annotations

from datetime import date, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from chatdash_analysis.cohorts.contacts import contacts_of, first_labels, observed_until
from chatdash_analysis.errors import InputError


def at_times(people: Any, days: Any, start: str = "2026-01-01") -> pd.DataFrame:
    """Make contacts at so many days after a start."""
    micros = (np.asarray(days) * 86_400_000_000).astype("int64")
    at = pd.DatetimeIndex(np.datetime64(start, "us") + micros, tz="UTC")
    people = pd.Series(np.asarray(people)).astype("str")
    return pd.DataFrame({"user_id": people, "created_at": at.as_unit("us")})


def until(frame: Any, as_of: Any = None, tz: Any = "UTC") -> pd.Timestamp | None:
    return observed_until(frame, "created_at", as_of, tz)


def test_the_end_of_the_loaded_range_is_until_when_was_observed() -> None:
    frame = at_times(["a", "b"], [0, 1], "2026-01-05")
    assert until(frame) is None
    frame.attrs["chatdash"] = {"end": "2026-01-07T00:00:00.000Z"}
    assert until(frame) == pd.Timestamp("2026-01-07", tz="UTC")
    assert until(frame.head(0)) is None
    frame.attrs["chatdash"] = {"source": "a file"}
    assert until(frame) is None


def test_a_frame_that_was_cut_later_does_not_reach_the_end_that_it_tells() -> None:
    frame = at_times(["a", "b"], [0, 1], "2026-01-05")
    frame.attrs["chatdash"] = {"end": "2026-03-01T00:00:00.000Z"}
    assert until(frame) is None
    # An agent that is silent for two months anyway may be silent for one at the end.
    quiet = at_times(["a", "b"], [0, 60])
    quiet.attrs["chatdash"] = {"end": "2026-04-01T00:00:00.000Z"}
    assert until(quiet) == pd.Timestamp("2026-04-01", tz="UTC")


def test_nothing_is_observed_in_the_future() -> None:
    today = pd.Timestamp.now("UTC")
    frame = at_times(["a", "b"], [0, 90_000], today.strftime("%Y-%m-%d"))
    frame.attrs["chatdash"] = {"end": "2999-01-01T00:00:00.000Z"}
    found = until(frame)
    assert found is not None
    assert today <= found <= pd.Timestamp.now("UTC")


@pytest.mark.parametrize("as_of", ["2026-01-09", date(2026, 1, 9), pd.Timestamp("2026-01-09")])
def test_as_of_is_local_where_it_has_no_zone(as_of: Any) -> None:
    frame = at_times(["a"], [0])
    found = until(frame, as_of, "America/New_York")
    assert found == pd.Timestamp("2026-01-09T05:00:00Z")
    assert until(frame, "2026-01-09T00:00:00+01:00") == pd.Timestamp("2026-01-08T23:00:00Z")


@pytest.mark.parametrize("as_of", ["soon", "", pd.NaT, [1], "2026-13-01", "05/03/2026"])
def test_what_is_no_date_is_refused(as_of: Any) -> None:
    with pytest.raises(InputError, match="is no date or time"):
        until(at_times(["a"], [0]), as_of)


def test_a_zone_that_there_is_not_is_named() -> None:
    with pytest.raises(InputError, match="tz='Mars' is no time zone"):
        until(at_times(["a"], [0]), "2026-01-09", "Mars")
    with pytest.raises(InputError, match="tz='Mars' is no time zone"):
        until(at_times(["a"], [0]), None, "Mars")


def test_a_zone_need_not_be_a_name() -> None:
    found = until(at_times(["a"], [0]), "2026-01-09", timezone(timedelta(hours=-5)))
    assert found == pd.Timestamp("2026-01-09T05:00:00Z")


def test_frames_of_other_engines_end_at_the_latest_contact() -> None:
    frame = at_times(["a", "b"], [0, 1], "2026-01-05")
    assert until(pl.from_pandas(frame)) is None
    assert until(pl.from_pandas(frame), "2026-01-09") == pd.Timestamp("2026-01-09T00:00:00Z")


def test_people_are_numbered_without_holes_and_seen_first_at_their_earliest() -> None:
    frame = at_times([*"baab"], [3, 2, 1, 4])
    found = contacts_of(frame, users="user_id", time="created_at", as_of=None)
    assert found.people.tolist() == [0, 1, 1, 0]
    assert ((found.first - found.first.min()) // 86_400_000_000).tolist() == [2, 0]
    assert len(found.end) == 1
    assert len(contacts_of(frame.head(0), users="user_id", time="created_at", as_of=None).end) == 0


def test_the_label_of_the_first_contact() -> None:
    frame = at_times([*"baab"], [3, 2, 1, 3]).assign(k=["y", "z", "x", "w"])
    found = contacts_of(frame, users="user_id", time="created_at", as_of=None)
    group, keys = first_labels(found, ["k"])
    assert keys["k"].take(group).tolist() == ["w", "x"]
