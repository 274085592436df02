from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

import chatdash_analysis as cda
from chatdash_analysis.cohorts.resolved import resolved_for_good
from chatdash_analysis.errors import InputError, MissingColumnsError

DTYPES = {
    "within_days": "float64",
    **dict.fromkeys(("n", "successes", "unknown", "excluded", "users"), "int64"),
    **dict.fromkeys(("rate", "low", "high"), "float64"),
    "flags": "str",
    "at_risk": "int64",
    **dict.fromkeys(("success_rate", "recontact_rate"), "float64"),
}
START = np.datetime64("2026-01-01", "us")


def instants(days: Any) -> pd.DatetimeIndex:
    micros = np.rint(np.asarray(days, dtype=float) * 86_400_000_000).astype("int64")
    return pd.DatetimeIndex(START + micros, tz="UTC").as_unit("us")


def conversations(people: Any, days: Any, good: Any, hours: Any = 0, **columns: Any) -> Any:
    """Make conversations at so many days after the start of 2026, each of so many hours."""
    days = np.asarray(days, dtype=float)
    return pd.DataFrame(
        {
            "user_id": pd.Series(np.asarray(people)).astype("str"),
            "created_at": instants(days),
            "ended_at": instants(days + np.asarray(hours) / 24),
            "evaluation_is_success": pd.array(list(good), dtype="boolean"),
            **columns,
        }
    )


def day(number: float) -> pd.Timestamp:
    return pd.Timestamp("2026-01-01", tz="UTC") + pd.Timedelta(days=number)


SMALL = conversations(
    [*"aaabbcde", None],
    [0, 2, 12, 0, 1, 0, 0, 0, 0],
    [True, True, False, False, True, True, None, True, True],
    channel=["web", "voice", "web", "web", "web", "web", "web", "voice", "web"],
)


def test_followed_to_the_end_it_is_a_plain_share() -> None:
    table = resolved_for_good(SMALL, within_days=(1, 2, 10), as_of=day(40), min_n=1, n_boot=100)
    # Of 7 known outcomes 5 are good: a's first (back after 2 days) and second (after 10), those of
    # b, c and e (not back).
    assert table["n"].tolist() == [7, 7, 7]
    assert table["successes"].tolist() == [5, 4, 3]
    np.testing.assert_allclose(table["rate"], [5 / 7, 4 / 7, 3 / 7])
    np.testing.assert_allclose(table["success_rate"], 5 / 7)
    np.testing.assert_allclose(table["recontact_rate"], [0, 1 / 5, 2 / 5], atol=1e-12)
    assert table["at_risk"].tolist() == [5, 4, 3]
    assert table["unknown"].tolist() == [1, 1, 1]
    assert table["users"].tolist() == [4, 4, 4]
    assert table.attrs["cohorts"] == {
        "as_of": "2026-02-10T00:00:00+00:00",
        "start": "2026-01-01T00:00:00+00:00",
        "burn_in_days": None,
        "without_time": 0,
        "without_user": 1,
        "after_as_of": 0,
    }
    assert table.dtypes.astype(str).to_dict() == DTYPES


def test_coming_back_on_another_channel_counts() -> None:
    table = resolved_for_good(SMALL, "channel", within_days=[5], as_of=day(40), min_n=1, n_boot=100)
    assert table[["channel", "n", "successes"]].to_numpy().tolist() == [
        ["voice", 2, 2],
        ["web", 5, 2],
    ]


def test_time_runs_from_the_end_of_the_conversation() -> None:
    frame = conversations(["a", "a"], [0, 2], [True, None], hours=[36, 1])
    within = {"within_days": (0.4, 0.5), "as_of": day(9), "min_n": 1}
    assert resolved_for_good(frame, **within)["successes"].tolist() == [1, 0]
    # Without an end, or with one before the beginning, from the creation.
    for end in (pd.NaT, day(-3)):
        other = frame.assign(ended_at=pd.Series([end, end], dtype="datetime64[us, UTC]"))
        found = resolved_for_good(other, within_days=(1.9, 2), as_of=day(9), min_n=1)
        assert found["successes"].tolist() == [1, 0]


def test_coming_back_before_the_conversation_is_closed_is_coming_back() -> None:
    frame = conversations(["a", "a"], [0, 1], [True, None], hours=[72, 1])
    table = resolved_for_good(frame, within_days=[0.01], as_of=day(9), min_n=1)
    assert table["successes"].tolist() == [0]


def test_what_begins_at_the_same_instant_is_no_recontact() -> None:
    frame = conversations(["a", "a", "a"], [0, 0, 4], [True, True, None])
    table = resolved_for_good(frame, within_days=(3, 4), as_of=day(9), min_n=1)
    assert table["successes"].tolist() == [2, 0]


def test_only_what_counts_as_recontact_counts() -> None:
    frame = conversations(["a"] * 4, [0, 1, 2, 3], [True, None, None, None]).assign(
        complaint=pd.array([False, False, None, True], dtype="boolean")
    )
    table = resolved_for_good(
        frame, within_days=(2, 3), counts_as_recontact="complaint", as_of=day(9), min_n=1
    )
    assert table["successes"].tolist() == [1, 0]


def simulated(runs: int, people: int, rng: np.random.Generator, hazard: float) -> pd.DataFrame:
    """Make people who turn up within 60 days and then come back again and again.

    Outcomes of one person resemble each other (beta-binomial, mean .6, correlation 1/6); how
    soon somebody comes back does not depend on the outcome.
    """
    number = runs * people
    likely = rng.beta(3, 2, number)
    first, pauses = rng.uniform(0, 60, (number, 1)), rng.exponential(1 / hazard, (number, 11))
    days = np.cumsum(np.column_stack([first, pauses]), axis=1)
    person = np.repeat(np.arange(number), 12)
    seen = days.ravel() < 60
    good = rng.random(len(person)) < likely[person]
    frame = conversations(person[seen], days.ravel()[seen], good[seen])
    return frame.assign(run=person[seen] // people)  # type: ignore[no-any-return]


def test_the_30_day_recontact_as_measured_and_the_interval_covers_the_truth() -> None:
    # statistics, method 7: true .400 within 30 days; those who are not followed for so long
    # make the plain share too low, Kaplan and Meier do not.
    rng = np.random.default_rng(5)
    hazard = -np.log(0.6) / 30
    frame = simulated(200, 80, rng, hazard)
    table = resolved_for_good(frame, "run", within_days=(7, 30), as_of=day(60), n_boot=200)
    month = table[table["within_days"] == 30]
    assert month["recontact_rate"].mean() == pytest.approx(0.400, abs=0.01)
    truth = 0.6 * np.exp(-hazard * table["within_days"])
    assert month["rate"].mean() == pytest.approx(0.36, abs=0.01)
    assert (month["successes"] / month["n"]).mean() > 0.41
    covered = (table["low"] <= truth) & (truth <= table["high"])
    assert covered.mean() == pytest.approx(0.95, abs=0.03)


def test_the_share_without_recontact_is_scipys() -> None:
    frame = simulated(1, 150, np.random.default_rng(1), 0.03)
    table = resolved_for_good(frame, within_days=(1, 5, 20, 45), as_of=day(60), n_boot=100)
    ordered = frame.sort_values(["user_id", "created_at"])
    later = ordered.groupby("user_id")["created_at"].shift(-1)
    until = (later.fillna(day(60)) - ordered["created_at"]) / pd.Timedelta(days=1)
    good, back = ordered["evaluation_is_success"].to_numpy(bool), later.notna().to_numpy()
    stay = stats.ecdf(stats.CensoredData(until[good & back], right=until[good & ~back])).sf
    np.testing.assert_allclose(table["recontact_rate"], 1 - stay.evaluate([1, 5, 20, 45]))
    np.testing.assert_allclose(table["rate"], good.mean() * stay.evaluate([1, 5, 20, 45]))


def test_the_interval_knows_how_many_people_there_are() -> None:
    good = np.random.default_rng(3).random(800) < 0.4
    options = {"within_days": [5], "as_of": day(9), "n_boot": 1_000}
    frame = conversations(np.arange(800), np.zeros(800), good)
    one_each = resolved_for_good(frame, **options).iloc[0]
    limits = proportion_confint(one_each["successes"], 800, method="wilson")
    assert (one_each["low"], one_each["high"]) == pytest.approx(limits, abs=0.006)
    # Eight conversations of a person with the same outcome tell no more than one.
    same = conversations(np.arange(800) // 8, np.zeros(800), good[:100].repeat(8))
    eight_each = resolved_for_good(same, **options).iloc[0]
    limits = proportion_confint(good[:100].sum(), 100, method="wilson")
    assert (eight_each["low"], eight_each["high"]) == pytest.approx(limits, abs=0.02)


def test_seed_and_order_of_rows() -> None:
    frame = cda.load_sample(700)
    expected = resolved_for_good(frame, "channel", n_boot=100)
    shuffled = frame.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(resolved_for_good(shuffled, "channel", n_boot=100), expected)
    other = resolved_for_good(frame, "channel", n_boot=100, random_state=1)
    assert not other["low"].equals(expected["low"])
    pd.testing.assert_series_equal(other["rate"], expected["rate"])


def test_a_generator_gives_other_draws_each_time_and_the_same_from_the_same_seed() -> None:
    frame = cda.load_sample(300)
    rng = np.random.default_rng(4)
    first, second = (resolved_for_good(frame, n_boot=100, random_state=rng) for _ in range(2))
    assert not first["low"].equals(second["low"])
    again = resolved_for_good(frame, n_boot=100, random_state=np.random.default_rng(4))
    pd.testing.assert_frame_equal(again, first)
    pd.testing.assert_frame_equal(resolved_for_good(frame, n_boot=100, random_state=4), first)
    any_draws = resolved_for_good(frame, n_boot=100, random_state=None)
    pd.testing.assert_series_equal(any_draws["rate"], first["rate"])


def test_as_of_is_local_where_it_has_no_zone() -> None:
    local = resolved_for_good(SMALL, as_of="2026-01-20", tz="America/New_York", n_boot=100)
    assert local.attrs["cohorts"]["as_of"] == "2026-01-20T05:00:00+00:00"
    same = resolved_for_good(SMALL, as_of=pd.Timestamp("2026-01-20T05:00Z"), n_boot=100)
    pd.testing.assert_frame_equal(local, same)


def test_rates_that_nothing_supports_are_missing() -> None:
    frame = conversations(np.arange(30), np.linspace(0, 9, 30), [True] * 20 + [False] * 10)
    table = resolved_for_good(frame, within_days=(2, 6, 20), as_of=day(10))
    assert table["flags"].tolist() == ["", "", "short_follow_up"]
    assert table["rate"].isna().tolist() == [False, False, True]
    # All successes that there are, few as they are, are followed to the end.
    few = conversations(np.arange(30), np.zeros(30), [True] * 3 + [False] * 27)
    assert resolved_for_good(few, as_of=day(40))["flags"].tolist() == [""] * 5
    small = resolved_for_good(frame, min_n=31, within_days=[2], as_of=day(10))
    assert small["flags"].tolist() == ["small_n"]
    assert small[["rate", "low", "high"]].isna().all(axis=None)
    assert small["success_rate"].tolist() == [pytest.approx(2 / 3)]


def test_equal_outcomes_and_few_people_get_wilsons_interval_on_people() -> None:
    for outcome, limits in ((True, (0.839, 1.0)), (False, (0.0, 0.161))):
        frame = conversations(np.arange(40) // 2, np.zeros(40), [outcome] * 40)
        table = resolved_for_good(frame, within_days=[5], as_of=day(9)).iloc[0]
        assert table["rate"] == float(outcome)
        assert (table["low"], table["high"]) == pytest.approx(limits, abs=0.001)
    crowd = conversations(np.arange(20) % 4, np.zeros(20), [True, False] * 10)
    table = resolved_for_good(crowd, within_days=[5], as_of=day(9)).iloc[0]
    assert table["flags"] == "few_users"
    expected = proportion_confint(2, 4, method="wilson")
    assert (table["low"], table["high"]) == pytest.approx(expected)


@pytest.mark.parametrize("by", [None, "channel"])
def test_dtypes_are_promised_also_for_empty_tables(by: str | None) -> None:
    expected = ({"channel": "str"} if by else {}) | DTYPES
    frame = SMALL.astype({"channel": "str"})
    unknown = frame.assign(evaluation_is_success=pd.array([None] * 9, dtype="boolean"))
    for some in (frame, frame.head(1), frame.head(0), frame.tail(1), unknown):
        table = resolved_for_good(some, by, n_boot=100, as_of=day(50))
        assert table.dtypes.astype(str).to_dict() == expected
        assert table.index.equals(pd.RangeIndex(len(table)))
    nothing = resolved_for_good(unknown, by, n_boot=100)
    assert set(nothing["flags"]) == {"no_known"}
    assert nothing["success_rate"].isna().all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"within_days": []}, "no stretches of time"),
        ({"within_days": (7, 1)}, "ascending"),
        ({"within_days": (0, 1)}, "above 0"),
        ({"level": 1.5}, "level"),
        ({"by": "rate"}, "column rate of its own"),
        ({"outcome": "text"}, "no flag"),
        ({"counts_as_recontact": "text"}, "no flag"),
        ({"n_boot": 1}, "n_boot"),
        ({"random_state": -1}, "random_state=-1 is no seed"),
        ({"random_state": "seed"}, "is no seed"),
        ({"as_of": "05/03/2026"}, "as_of='05/03/2026' is no date or time"),
        ({"tz": "Mars"}, "no time zone"),
    ],
)
def test_arguments_that_are_not_possible_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        resolved_for_good(SMALL.assign(rate=1, text="maybe"), **options)


def test_missing_columns_and_other_engines_are_refused() -> None:
    with pytest.raises(MissingColumnsError, match="ended_at"):
        resolved_for_good(SMALL.drop(columns="ended_at"))
    with pytest.raises(MissingColumnsError, match="complaint"):
        resolved_for_good(SMALL, counts_as_recontact="complaint")
    with pytest.raises(InputError, match=r"resolved_for_good needs a pandas\.DataFrame"):
        resolved_for_good(pl.from_pandas(SMALL))  # type: ignore[arg-type]
