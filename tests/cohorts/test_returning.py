from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight

import chatdash_analysis as cda
from chatdash_analysis.cohorts.returning import contact_table, return_curve
from chatdash_analysis.errors import InputError, MissingColumnsError
from tests.cohorts.made import at_times, outcomes

CURVE_DTYPES = {
    "day": "int64",
    **dict.fromkeys(("at_risk", "returned"), "int64"),
    **dict.fromkeys(("rate", "low", "high"), "float64"),
    "flags": "str",
    "p_value": "float64",
}


def day(number: float) -> pd.Timestamp:
    return pd.Timestamp("2026-01-01", tz="UTC") + pd.Timedelta(days=number)


def simulated(
    runs: int, people: int, rng: np.random.Generator, share: float = 0.4
) -> tuple[pd.DataFrame, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """People first seen over 60 days, `share` of whom come back within 30 (exponential)."""
    first = rng.uniform(0, 60, (runs, people))
    pause = rng.exponential(-30 / np.log(1 - share), first.shape)
    person = np.arange(first.size)
    seen = first.ravel() + pause.ravel() <= 60
    frame = at_times(
        np.append(person, person[seen]), np.append(first.ravel(), (first + pause).ravel()[seen])
    )
    run = np.append(person, person[seen]) // people
    return frame.assign(run=run), first, pause


def test_a_small_curve() -> None:
    frame = at_times(["a", "a", "b", "b", "b", "c", "d"], [0, 1.5, 0, 2, 2.5, 1, 2])
    table = return_curve(frame, as_of=day(4), min_n=1)
    assert table["day"].tolist() == [0, 1, 2, 3]
    assert table["at_risk"].tolist() == [4, 4, 3, 1]
    assert table["returned"].tolist() == [0, 0, 2, 2]
    # 1.5 days: 1 of 4; 2 days: 1 of the 3 that are left, d leaves the data at that time.
    np.testing.assert_allclose(table["rate"], [0, 0, 0.5, 0.5])
    assert table.dtypes.astype(str).to_dict() == CURVE_DTYPES


def test_a_curve_tells_what_it_rests_on() -> None:
    frame = at_times(["a", None, "b"], [0, 1, 5])
    assert return_curve(frame, as_of="2026-01-04").attrs["cohorts"] == {
        "as_of": "2026-01-04T00:00:00+00:00",
        "start": "2026-01-01T00:00:00+00:00",
        "burn_in_days": None,
        "without_time": 0,
        "without_user": 1,
        "after_as_of": 1,
    }


@pytest.mark.parametrize("function", [return_curve, contact_table])
def test_as_of_is_local_where_it_has_no_zone(function: Any) -> None:
    frame = at_times([*"aab"], [0, 3.1, 3.3], evaluation_is_success=outcomes(True, False, True))
    # Midnight in New York is at 5 of UTC, between the two last contacts.
    local = function(frame, as_of="2026-01-04", tz="America/New_York", min_n=1)
    assert local.attrs["cohorts"]["as_of"] == "2026-01-04T05:00:00+00:00"
    assert local.attrs["cohorts"]["after_as_of"] == 1
    assert function(frame, as_of="2026-01-04").attrs["cohorts"]["after_as_of"] == 2
    same = function(frame, as_of=pd.Timestamp("2026-01-04T05:00Z"), min_n=1)
    pd.testing.assert_frame_equal(local, same)
    with pytest.raises(InputError, match="as_of='05/03/2026' is no date or time"):
        function(frame, as_of="05/03/2026")
    with pytest.raises(InputError, match="no time zone"):
        function(frame, tz="Mars")


def test_people_known_before_the_data_are_left_out_as_the_notes_say() -> None:
    frame = at_times([*"aabbcc"], [0, 95, 89, 91, 90, 99])
    first = frame.groupby("user_id")["created_at"].transform("min")
    new = frame[first >= frame["created_at"].min() + pd.Timedelta(days=90)]
    curve = return_curve(new, as_of=day(120), min_n=1)
    assert curve["at_risk"].iloc[0] == 1
    assert curve.set_index("day").loc[[8, 9], "returned"].tolist() == [0, 1]


def test_curve_and_interval_are_those_of_statsmodels() -> None:
    rng = np.random.default_rng(1)
    frame, first, pause = simulated(1, 400, rng)
    table = return_curve(frame, as_of=day(60), level=0.9, min_n=1)
    until = np.minimum(pause, 60 - first).ravel()
    expected = SurvfuncRight(until, (pause <= 60 - first).ravel().astype(int))
    place = np.searchsorted(expected.surv_times, table["day"], side="right") - 1
    inside = place >= 0
    stay, error = expected.surv_prob[place[inside]], expected.surv_prob_se[place[inside]]
    np.testing.assert_allclose(table.loc[inside, "rate"], 1 - stay)
    power = np.exp(stats.norm.ppf(0.95) * error / (stay * np.log(stay)))
    np.testing.assert_allclose(table.loc[inside, "low"], 1 - stay**power)
    np.testing.assert_allclose(table.loc[inside, "high"], 1 - stay ** (1 / power))


def test_the_30_day_return_of_a_growing_base_as_measured() -> None:
    # statistics, method 7: true .400, share who came back .309, Kaplan-Meier .400 (sd .035),
    # only those seen 30 days before the end .400 (sd .041).
    rng = np.random.default_rng(7)
    frame, first, pause = simulated(100, 300, rng)
    table = return_curve(frame, "run", as_of=day(60))
    month = table[table["day"] == 30]
    assert month["rate"].mean() == pytest.approx(0.400, abs=0.01)
    assert month["rate"].std() == pytest.approx(0.035, abs=0.006)
    back = pause <= np.minimum(30, 60 - first)
    assert back.mean() == pytest.approx(0.309, abs=0.005)
    mature = [back[run][first[run] <= 30].mean() for run in range(100)]
    assert np.mean(mature) == pytest.approx(0.400, abs=0.01)
    assert np.std(mature) > month["rate"].std()


def test_the_interval_covers_the_truth() -> None:
    rng = np.random.default_rng(8)
    covered = []
    for _ in range(4):
        frame, _, _ = simulated(100, 120, rng)
        table = return_curve(frame, "run", as_of=day(60))
        some = table[table["day"].isin([5, 30])]
        truth = np.where(some["day"] == 30, 0.4, 1 - 0.6 ** (1 / 6))
        covered.append(((some["low"] <= truth) & (truth <= some["high"])).mean())
    assert np.mean(covered) == pytest.approx(0.95, abs=0.02)


def test_the_test_of_two_curves_is_scipys_log_rank() -> None:
    rng = np.random.default_rng(2)
    frame, first, pause = simulated(2, 150, rng)
    until, back = np.minimum(pause, 60 - first), pause <= 60 - first
    groups = [stats.CensoredData(until[g][back[g]], right=until[g][~back[g]]) for g in (0, 1)]
    expected = stats.logrank(*groups).pvalue
    table = return_curve(frame, "run", as_of=day(60))
    np.testing.assert_allclose(table["p_value"], expected)


def test_equal_curves_are_told_apart_in_5_of_100_tables() -> None:
    rng = np.random.default_rng(4)
    p_values = []
    for _ in range(120):
        frame, _, _ = simulated(3, 40, rng)
        p_values.append(return_curve(frame, "run", as_of=day(60))["p_value"].iloc[0])
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.04)
    different = pd.concat(
        [simulated(1, 150, rng, share)[0].assign(run=run) for run, share in enumerate((0.2, 0.6))]
    )
    different["user_id"] += different["run"].astype("str")
    assert return_curve(different, "run", as_of=day(60))["p_value"].iloc[0] < 1e-4


def test_groups_are_those_of_the_first_contact_and_missing_is_the_last() -> None:
    frame = at_times(
        ["a", "a", "b", "c", "c"],
        [0, 1, 0, 2, 4],
        channel=pd.array(["web", "sms", None, "sms", "web"], dtype="str"),
    )
    table = return_curve(frame, "channel", as_of=day(10), min_n=1)
    last = table.drop_duplicates("channel", keep="last")
    assert last["channel"].tolist()[:2] == ["sms", "web"]
    assert last["channel"].isna().tolist() == [False, False, True]
    assert last["returned"].tolist() == [1, 1, 0]


def test_everybody_or_nobody_has_returned() -> None:
    never = return_curve(at_times(range(20), np.zeros(20)), as_of=day(3))
    assert never["rate"].tolist() == [0, 0, 0, 0]
    assert never["low"].tolist() == [0, 0, 0, 0]
    assert never["high"].max() == pytest.approx(0.161, abs=0.001)  # Wilson, 0 of 20
    assert never["p_value"].isna().all()
    people = [*range(20), *range(20)]
    always = return_curve(at_times(people, [0] * 20 + [1] * 20), as_of=day(3))
    assert always["rate"].tolist() == [0, 1]
    assert always["low"].iloc[1] == pytest.approx(1 - 0.161, abs=0.001)
    at_once = return_curve(at_times(people, [0] * 40), as_of=day(3))
    assert at_once["rate"].tolist() == [1]


def test_where_few_are_at_risk_there_is_no_rate() -> None:
    frame = at_times(range(12), np.arange(12) / 2)
    table = return_curve(frame, as_of=day(6), min_n=10)
    assert table["at_risk"].tolist() == [12, 11, 9, 7, 5, 3, 1]
    assert table["rate"].notna().tolist() == [True, True, *[False] * 5]
    assert table["flags"].tolist() == ["", "", *["small_n"] * 5]


def test_curves_keep_their_dtypes_when_empty_or_tiny() -> None:
    frame = at_times(["a", None], [0, 1], channel=pd.array(["x", None], dtype="str"))
    for some in (frame, frame.head(1), frame.head(0), frame.tail(1)):
        table = return_curve(some, "channel")
        assert table.dtypes.astype(str).to_dict() == {"channel": "str", **CURVE_DTYPES}
        assert table.index.equals(pd.RangeIndex(len(table)))
    assert return_curve(frame.tail(1), "channel").empty


def test_order_of_rows_changes_no_curve() -> None:
    frame = cda.load_sample(700)
    expected = return_curve(frame, "channel")
    found = return_curve(frame.sample(frac=1, random_state=1), "channel")
    pd.testing.assert_frame_equal(found, expected)


def test_groups_that_say_nothing_do_not_break_the_test() -> None:
    frame = at_times([*"aabbcd"], [0, 5, 0, 6, 0, 9.5], group=[1, 1, 1, 1, 2, 3])
    table = return_curve(frame, "group", as_of=day(10), min_n=1)
    # Group 3 was followed for half a day, before anybody came back.
    without = return_curve(frame[frame["group"] < 3], "group", as_of=day(10), min_n=1)
    assert table["p_value"].iloc[0] == pytest.approx(without["p_value"].iloc[0])
    assert 0 < table["p_value"].iloc[0] < 1


def test_if_all_return_at_once_there_is_nothing_to_compare() -> None:
    frame = at_times([*"aabb"], [0, 5, 0, 5], group=[1, 1, 2, 2])
    assert return_curve(frame, "group", as_of=day(10))["p_value"].isna().all()


def test_too_many_curves_are_refused() -> None:
    frame = at_times(range(101), np.zeros(101), group=range(101))
    with pytest.raises(InputError, match="101 curves; 100 are possible"):
        return_curve(frame, "group")
    assert len(return_curve(frame.head(100), "group")) == 100


def test_curves_refuse_what_they_cannot_use() -> None:
    frame = at_times(["a"], [0])
    with pytest.raises(InputError, match=r"return_curve needs a pandas\.DataFrame"):
        return_curve(pl.from_pandas(frame))  # type: ignore[arg-type]
    with pytest.raises(MissingColumnsError, match="created_at"):
        return_curve(frame.drop(columns="created_at"))
    with pytest.raises(InputError, match="column rate of its own"):
        return_curve(frame.assign(rate=1), "rate")
    with pytest.raises(InputError, match="level"):
        return_curve(frame, level=95)
