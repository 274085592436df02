"""How long to wait for verdicts, and since when conversations are provisional."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.errors import InputError
from chatdash_analysis.settling.summary import settling_summary
from tests.settling.worlds import NAT, START, looked_at, sights

DTYPES = {
    "agent_id": "str", "trailing_days": "float64", "settled_after_days": "float64",
    "provisional_since": "datetime64[us, UTC]", "longest_days": "float64",
    "resolution_days": "float64", "never": "float64", "never_n": "int64", "n": "int64",
    "judged": "int64", "unjudged": "int64", "flags": "str",
}  # fmt: skip


def uniform_world(
    seed: int, slowest: float, *, number: int = 1500, never: float = 0.2, **looks: float
) -> pd.DataFrame:
    """Return looks at conversations whose verdicts come evenly within so many days."""
    rng = np.random.default_rng(seed)
    created = rng.uniform(0, looks["days"], number)
    arrived = created + rng.uniform(0, slowest, number)
    arrived[rng.random(number) < never] = np.inf
    return looked_at(created, arrived, **looks)


@pytest.mark.parametrize("every", [1, 7])
@pytest.mark.parametrize("slowest", [3, 20])
def test_the_trailing_window_is_where_one_in_a_hundred_is_left(slowest, every):
    looked = uniform_world(0, slowest, days=120, every=every, trailing=60)
    row = settling_summary(looked, by=None).iloc[0]
    assert row["trailing_days"] == pytest.approx(slowest, abs=1.5)
    assert row["settled_after_days"] == pytest.approx(0.95 * slowest, abs=1.5)
    assert row["longest_days"] > 55
    assert "cut_short" not in row["flags"]


def test_a_window_that_ends_too_early_is_seen_to():
    looked = uniform_world(0, 20, days=120, every=1, trailing=7)
    row = settling_summary(looked, by=None).iloc[0]
    assert (row["longest_days"], row["flags"]) == (8, "cut_short")
    assert row["trailing_days"] >= 7


def test_looks_too_far_apart_are_named():
    row = settling_summary(uniform_world(0, 3, days=280, every=28, trailing=60), by=None).iloc[0]
    assert row["resolution_days"] > 10
    assert "coarse" in row["flags"]
    row = settling_summary(uniform_world(0, 3, days=60, every=0.25, trailing=60), by=None).iloc[0]
    assert row["resolution_days"] == pytest.approx(0.25)
    assert row["flags"] == ""


def test_those_that_never_get_a_verdict_are_counted_after_the_window():
    looked = uniform_world(1, 3, days=60, every=1, trailing=60, never=0.3)
    row = settling_summary(looked, by=None).iloc[0]
    assert row["never"] == pytest.approx(0.3, abs=0.04)
    assert row["judged"] + row["unjudged"] == len(looked)
    # The young ones without a verdict are not all among them.
    assert row["unjudged"] > row["never"] * row["never_n"]
    once = looked["last_unjudged_at"].isna() & (looked["first_judged_at"] == looked["last_seen_at"])
    assert row["n"] == row["judged"] - once.sum()


def test_conversations_seen_once_with_their_verdict_tell_nothing():
    looked = sights(np.arange(9), [NAT] * 9, np.arange(9) + 300, np.arange(9) + 300)
    row = settling_summary(looked, by=None).iloc[0]
    assert (row["n"], row["judged"], row["flags"]) == (0, 9, "not_followed")
    assert np.isnan(row["trailing_days"])
    assert pd.isna(row["provisional_since"])


def test_few_that_were_followed_give_way_to_what_updated_at_tells():
    backlog = np.linspace(0, 30, 400)
    created = np.concatenate([backlog, np.linspace(390, 399, 10)])
    updated = created + np.concatenate([np.full(400, 12.0), np.full(10, 0.25)])
    first = np.concatenate([np.full(400, 390.0), created[400:] + 0.5])
    unjudged = np.concatenate([np.full(400, NAT), created[400:] + 0.2])
    looked = sights(created, unjudged, first, np.full(410, 400.0), updated=updated)
    looked.loc[:399, "last_seen_at"] = looked.loc[:399, "first_judged_at"]
    row = settling_summary(looked, by=None).iloc[0]
    assert (row["n"], row["trailing_days"], row["flags"]) == (410, 12, "upper_bound")


def test_an_updated_at_that_does_not_move_is_not_believed():
    rng = np.random.default_rng(0)
    created = rng.uniform(0, 60, 800)
    arrived = created + rng.uniform(0, 6, 800)
    looked = looked_at(created, arrived, days=60, every=1, trailing=30)
    at_once = looked.assign(updated_at=looked["created_at"])
    moving = looked.assign(updated_at=looked["first_judged_at"])
    found = [settling_summary(t, by=None)["trailing_days"].iloc[0] for t in (at_once, moving)]
    assert found[0] == found[1]
    assert found[0] in (6, 7)


def test_a_verdict_that_changed_or_went_counts_from_its_first_sight():
    base = cda.load_sample(200).assign(agent_id="a")
    base["evaluation_is_success"] = pd.array([None] * 200, dtype="boolean")
    yes, no = (base.assign(evaluation_is_success=v) for v in (True, False))
    days = ["2026-07-02", "2026-07-03", "2026-07-04", "2026-07-05"]
    told = settling_summary(dict(zip(days, [base, yes, no, base], strict=True)), by=None)
    plain = settling_summary(dict(zip(days, [base, yes, yes, yes], strict=True)), by=None)
    pd.testing.assert_frame_equal(told, plain)
    assert told["judged"].iloc[0] == 200


def test_conversations_that_were_deleted_count_as_long_as_they_were_there():
    base = cda.load_sample(200)
    unjudged = base.assign(evaluation_is_success=pd.array([None] * 200, dtype="boolean"))
    snapshots = {"2026-07-02": unjudged, "2026-07-03": unjudged.iloc[:0], "2026-07-04": base}
    row = settling_summary({**snapshots, "2026-07-05": base.iloc[50:]}, by=None).iloc[0]
    assert row["judged"] + row["unjudged"] == 200
    assert row["judged"] == base["evaluation_is_success"].notna().sum()


def test_the_provisional_stretch_counts_back_from_the_last_look_or_a_moment():
    looked = uniform_world(0, 3, days=60, every=1, trailing=30)
    row = settling_summary(looked, by=None).iloc[0]
    days = pd.Timedelta(days=row["settled_after_days"])
    assert row["provisional_since"] == START + pd.Timedelta(days=60) - days
    row = settling_summary(looked, by=None, as_of="2026-06-01").iloc[0]
    assert row["provisional_since"] == pd.Timestamp("2026-06-01", tz="UTC") - days


def test_a_stricter_tolerance_asks_for_a_longer_window():
    looked = uniform_world(0, 20, days=120, every=1, trailing=60)
    windows = [
        settling_summary(looked, by=None, tolerance=t)["trailing_days"].iloc[0]
        for t in (0.2, 0.05, 0.01)
    ]
    assert windows == sorted(windows)
    assert windows[0] == pytest.approx(16, abs=1.5)


def test_columns_and_dtypes_are_the_same_full_and_empty():
    looked = uniform_world(0, 3, number=200, days=30, every=1, trailing=30)
    for table in (looked, looked.iloc[:0], looked.iloc[:1], cda.load_sample(50).iloc[:0]):
        summary = settling_summary(table)
        assert {name: str(dtype) for name, dtype in summary.dtypes.items()} == DTYPES
        assert isinstance(summary.index, pd.RangeIndex)
    assert len(settling_summary(looked.iloc[:0])) == 0
    assert len(settling_summary(looked)) == 1


def test_conversations_without_a_time_are_counted_and_left_out():
    looked = uniform_world(0, 3, number=200, days=30, every=1, trailing=30)
    holed = looked.assign(created_at=looked["created_at"].where(looked.index > 4), ended_at=pd.NaT)
    summary = settling_summary(holed)
    assert summary.attrs["settling"]["undated"] == 5
    assert (summary["judged"] + summary["unjudged"]).iloc[0] == len(looked) - 5


@pytest.mark.parametrize(("arguments", "message"), [
    ({"target": 95}, "between 0 and 1"),
    ({"tolerance": "little"}, "no share"),
    ({"tolerance": True}, "no share"),
    ({"as_of": "yesterday"}, "no date or time"),
])  # fmt: skip
def test_arguments_that_cannot_be_used_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        settling_summary(cda.load_sample(20), **arguments)
