"""The share of verdicts that has come after each delay."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import lognorm

import chatdash_analysis as cda
from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.settling.curve import settling_curve
from tests.settling.worlds import NAT, START, instants, looked_at, sights

COLUMNS = {
    "agent_id": "str", "delay_days": "float64", "settled": "float64", "low": "float64",
    "high": "float64", "n": "int64", "flags": "str",
}  # fmt: skip
TRUTH = lognorm(s=1.0, scale=1.0)


def lognormal_world(seed: int, number: int, **looks: float) -> pd.DataFrame:
    """Return looks at conversations of which one in five is never judged."""
    rng = np.random.default_rng(seed)
    created = rng.uniform(0, looks["days"], number)
    arrived = created + TRUTH.rvs(number, random_state=rng)
    arrived[rng.random(number) < 0.2] = np.inf
    return looked_at(created, arrived, **looks)


def at(curve: pd.DataFrame, days: list[float]) -> pd.DataFrame:
    return curve.set_index("delay_days").loc[days]


@pytest.mark.parametrize("every", [1, 7])
def test_the_true_curve_is_found_from_daily_and_weekly_looks(every):
    days = [1, 2, 3, 5, 7, 14]
    worlds = [lognormal_world(s, 1500, days=98, every=every, trailing=30) for s in range(6)]
    curves = [at(settling_curve(w, by=None, n_boot=100), days) for w in worlds]
    truth = TRUTH.cdf(days)
    mean = np.mean([curve["settled"] for curve in curves], axis=0)
    np.testing.assert_allclose(mean, truth, atol=0.06 if every == 7 else 0.03)
    held = np.mean([(c["low"] <= truth) & (truth <= c["high"]) for c in curves])
    assert held > 0.8


def test_a_mixture_of_quick_and_nightly_verdicts_is_found():
    rng = np.random.default_rng(3)
    created = rng.uniform(0, 60, 4000)
    delay = np.where(rng.random(4000) < 0.6, rng.uniform(0, 0.02, 4000), rng.uniform(2, 4, 4000))
    looked = looked_at(created, created + delay, days=60, every=0.5, trailing=14)
    curve = at(settling_curve(looked, by=None), [1, 3, 4])
    np.testing.assert_allclose(curve["settled"], [0.6, 0.8, 1.0], atol=0.05)


def test_an_updated_at_that_tells_each_delay_does_not_make_looks_seem_early():
    rng = np.random.default_rng(0)
    created = rng.uniform(0, 60, 4000)
    arrived = created + rng.exponential(1.0, 4000)
    looked = looked_at(created, arrived, days=75, every=1, trailing=14)
    assert len(looked) == 4000
    curve = at(settling_curve(looked.assign(updated_at=instants(arrived)), by=None), [1, 2, 3])
    np.testing.assert_allclose(curve["settled"], 1 - np.exp([-1.0, -2.0, -3.0]), atol=0.03)


def test_exact_delays_of_young_conversations_are_not_taken_for_all():
    # updated_at tells each delay; those of the newest are short because they are new.
    rng = np.random.default_rng(0)
    created, delay = np.round(rng.uniform(0, 60, 5000), 2), rng.integers(1, 21, 5000)
    there = created + delay <= 60
    frame = pd.DataFrame({
        "conversation_id": [f"c{n}" for n in range(5000)], "agent_id": "a",
        "created_at": instants(created),
        "updated_at": instants(np.where(there, created + delay, created)),
        "evaluation_is_success": pd.array(np.where(there, True, None), dtype="boolean"),
    })  # fmt: skip
    curve = settling_curve({START + pd.Timedelta("60D"): frame}, since="created_at")
    assert curve["flags"].unique().tolist() == ["upper_bound"]
    naive = np.mean(delay[there] <= 10)
    found = float(at(curve, [10.0])["settled"].iloc[0])
    assert naive > 0.55
    assert found == pytest.approx(0.5, abs=0.03)


def test_snapshots_tell_the_same_as_what_the_cache_saw():
    rng = np.random.default_rng(5)
    created, delay = rng.uniform(0, 20, 400), rng.uniform(0, 6, 400)
    moments = np.arange(1, 26)
    base = pd.DataFrame({
        "conversation_id": [f"c{n}" for n in range(400)], "agent_id": "a",
        "created_at": instants(created), "ended_at": instants(created),
    })  # fmt: skip
    snapshots = {
        START + pd.Timedelta(days=int(now)): base.assign(
            evaluation_is_success=pd.array(
                np.where(created + delay <= now, True, None), dtype="boolean"
            )
        )[created < now]
        for now in moments
    }
    looked = looked_at(created, created + delay, days=25, every=1, trailing=999)
    expected = settling_curve(looked, by=None)
    for order in (list(snapshots), list(snapshots)[::-1]):
        found = settling_curve({m: snapshots[m].sample(frac=1) for m in order}, by=None)
        pd.testing.assert_frame_equal(found, expected)


def test_the_order_of_rows_does_not_matter():
    looked = lognormal_world(1, 400, days=30, every=1, trailing=14)
    shuffled = looked.sample(frac=1, random_state=0).set_index(np.zeros(len(looked), int))
    pd.testing.assert_frame_equal(settling_curve(looked), settling_curve(shuffled))


def test_a_copy_is_returned_and_the_table_stays_as_it_was():
    looked = lognormal_world(1, 100, days=30, every=1, trailing=14)
    before = looked.copy(deep=True)
    settling_curve(looked)
    pd.testing.assert_frame_equal(looked, before)


def test_conversations_of_the_same_people_widen_the_interval():
    looked = lognormal_world(2, 600, days=60, every=1, trailing=30)
    delay = (looked["first_judged_at"] - looked["created_at"]).dt.total_seconds().fillna(0)
    # People whose verdicts come equally late.
    people = (delay.rank(method="first") // 20).astype("int64")
    alone = at(settling_curve(looked, by=None), [2.0])
    together = at(settling_curve(looked.assign(user_id=people), by=None), [2.0])
    assert alone["settled"].tolist() == together["settled"].tolist()
    widths = [(c["high"] - c["low"]).iloc[0] for c in (alone, together)]
    assert widths[1] > 1.5 * widths[0]


def test_columns_and_dtypes_are_the_same_full_and_empty():
    looked = lognormal_world(1, 100, days=30, every=1, trailing=14)
    for table in (looked, looked.iloc[:0], looked.iloc[:1]):
        curve = settling_curve(table)
        assert {name: str(dtype) for name, dtype in curve.dtypes.items()} == COLUMNS
        assert isinstance(curve.index, pd.RangeIndex)
    assert settling_curve(looked, by=None).columns.tolist() == list(COLUMNS)[1:]
    several = settling_curve(looked.assign(channel="phone"), by=["agent_id", "channel"])
    assert several.columns[:3].tolist() == ["agent_id", "channel", "delay_days"]
    conversations = cda.load_sample(100)
    assert len(settling_curve(conversations.iloc[:0])) == 0
    assert len(settling_curve(conversations.assign(evaluation_is_success=pd.NA))) == 0


def test_each_group_has_its_own_curve():
    rng = np.random.default_rng(0)
    created = np.concatenate([rng.uniform(0, 40, 300)] * 2)
    delay = np.repeat([0.5, 5.5], 300)
    looked = looked_at(created, created + delay, days=40, every=1, trailing=20)
    looked["agent_id"] = np.repeat(["quick", "slow"], 300)[: len(looked)]
    looked["agent_id"] = np.where(
        looked["first_judged_at"] - looked["created_at"] > pd.Timedelta("4D"), "slow", "quick"
    )
    curve = settling_curve(looked).set_index(["agent_id", "delay_days"])["settled"]
    assert curve["quick", 2.0] == pytest.approx(1)
    assert curve["slow", 4.0] < 0.05
    assert curve["slow", 7.0] == pytest.approx(1)


def test_an_interval_is_no_point_though_all_verdicts_were_quick():
    created = np.linspace(0, 30, 40)
    looked = looked_at(created, created + 0.1, days=40, every=1, trailing=10)
    row = at(settling_curve(looked, by=None), [3.0]).iloc[0]
    assert row["settled"] == pytest.approx(1)
    assert 0.85 < row["low"] < 0.95
    assert row["high"] == 1


def test_a_clock_that_was_wrong_and_times_before_the_end_do_no_harm():
    looked = sights([1, 1, 5], [9, 0, NAT], [4, 0.5, 4], [12, 12, 3])
    curve = settling_curve(looked, by=None)
    assert curve["settled"].between(0, 1).all()


@pytest.mark.parametrize(("arguments", "message"), [
    ({"by": "nope"}, "lacks nope"),
    ({"by": "first_judged_at"}, "make no groups"),
    ({"by": ["agent_id", "agent_id"]}, "once"),
    ({"by": 5}, "once"),
    ({"outcome": "resolved"}, "the cache notes"),
    ({"since": "now"}, "neither 'ended_at'"),
    ({"level": 1.5}, "confidence level"),
    ({"n_boot": 3}, "resamples"),
])  # fmt: skip
def test_arguments_that_cannot_be_used_are_refused(arguments, message):
    looked = lognormal_world(1, 60, days=30, every=1, trailing=14)
    with pytest.raises((InputError, MissingColumnsError), match=message):
        settling_curve(looked, **arguments)


@pytest.mark.parametrize(("table", "message"), [
    (5, "takes a pandas DataFrame"),
    ({}, "mapping is empty"),
    ({"soon": cda.load_sample(10)}, "no date or time"),
    ({"2020-01-01": cda.load_sample(10)}, "were created later"),
    ({"2026-08-01": [1]}, "takes a pandas DataFrame"),
    ({"2026-08-01": cda.load_sample(10).drop(columns="conversation_id")}, "conversation_id"),
    (cda.load_sample(10).drop(columns="created_at"), "created_at"),
    (cda.load_sample(10).drop(columns="evaluation_is_success"), "evaluation_is_success"),
    (cda.load_sample(10).assign(created_at="2026"), "not instants"),
    (cda.load_sample(10).assign(created_at=pd.Timestamp("2026-01-01")), "not instants"),
    (sights([1], [2], [3], [4]).drop(columns="last_seen_at"), "last_seen_at"),
])  # fmt: skip
def test_tables_that_tell_nothing_are_refused(table, message):
    with pytest.raises((InputError, MissingColumnsError), match=message):
        settling_curve(table)
