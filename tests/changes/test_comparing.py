"""Before and after a date: the row, its flags, and what chance does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import chatdash_analysis as cda
from chatdash_analysis.changes.comparing import compare_periods
from chatdash_analysis.changes.placebos import placebo_table
from chatdash_analysis.changes.sentences import comparison_sentence
from chatdash_analysis.errors import InputError, MissingColumnsError

AT = "2026-05-01"


def made_up(
    *, weeks: int = 30, per_day: int = 30, seed: int = 0, lift: float = 0.0, drift: bool = False
) -> pd.DataFrame:
    """Conversations until 28 days after the date; `lift` is what every rate gains there.

    With `drift` the phone, where rates are low, replaces the web at the date.
    """
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2026-05-29", tz="UTC") - pd.Timedelta(weeks=weeks)
    n = weeks * 7 * per_day
    created = start + pd.to_timedelta(np.sort(rng.uniform(0, weeks * 7, n)), unit="D")
    later = np.asarray(created >= pd.Timestamp(AT, tz="UTC"))
    phone = rng.random(n) < np.where(later & drift, 0.7, 0.3)
    user = rng.integers(0, n // 3, n)
    own = rng.random(n) < np.sqrt(0.2)
    luck = np.where(own, rng.random(n)[user], rng.random(n))
    success = luck < np.where(phone, 0.45, 0.75) + lift * later
    return pd.DataFrame(
        {
            "created_at": pd.DatetimeIndex(created).as_unit("us"),
            "channel": pd.Series(np.where(phone, "phone", "web"), dtype="str"),
            "agent_id": pd.Series(rng.choice(["a", "b"], n), dtype="str"),
            "user_id": pd.Series([f"u{k}" for k in user], dtype="str"),
            "evaluation_is_success": pd.array(success, dtype="boolean"),
        }
    )


def compared(frame: pd.DataFrame, **more) -> pd.DataFrame:
    return compare_periods(frame, **({"at": AT, "n_boot": 200} | more))


def flags(table: pd.DataFrame) -> set[str]:
    return set(table["flags"].iloc[0].split(", ")) - {""}


def test_columns_and_dtypes_are_those_promised():
    table = compared(made_up())

    counts = ("n", "successes", "unknown", "excluded", "users")
    expected = dict.fromkeys(("start", "at", "end"), "datetime64[us, UTC]") | {"days": "int64"}
    for period in ("before", "after"):
        expected |= {f"{name}_{period}": "int64" for name in counts}
        expected |= {f"{name}_{period}": "float64" for name in ("rate", "low", "high")}
    expected |= dict.fromkeys(
        ("difference", *(f"adjusted_difference{end}" for end in ("", "_low", "_high"))), "float64"
    )
    expected |= dict.fromkeys(("control_n_before", "control_n_after"), "int64")
    expected |= {"control_difference": "float64", "placebos": "int64", "as_large": "int64"}
    expected |= {"placebo_p": "float64", "flags": "str"}
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == expected
    assert table.columns.tolist() == list(expected)
    assert table.index.equals(pd.RangeIndex(1))


def test_row_agrees_with_the_table_of_placebos():
    frame = made_up()

    row = compared(frame, strata="channel", days=14).iloc[0]

    placebos = placebo_table(frame, at=AT, strata="channel", days=14)
    assert row["adjusted_difference"] == placebos["adjusted_difference"].iloc[-1]
    assert row["placebos"] == len(placebos) - 1
    sizes = placebos["adjusted_difference"].abs()
    assert row["as_large"] == (sizes.iloc[:-1] >= sizes.iloc[-1]).sum()
    weight = np.sqrt(2)
    assert row["placebo_p"] == (weight + row["as_large"]) / (weight + row["placebos"])
    assert (
        row["adjusted_difference_low"]
        < row["adjusted_difference"]
        < row["adjusted_difference_high"]
    )
    assert (row["end"] - row["start"]).days == 28


def test_gain_is_found_although_the_mix_pulls_the_rate_down():
    row = compared(made_up(lift=0.1, drift=True, per_day=60), strata="channel").iloc[0]

    assert row["difference"] < 0
    assert row["adjusted_difference_low"] < 0.1 < row["adjusted_difference_high"]
    assert row["adjusted_difference_low"] > 0
    assert row["as_large"] == 0


def test_change_of_the_mix_alone_is_no_difference():
    frame = made_up(drift=True, per_day=60)

    plain, held = compared(frame).iloc[0], compared(frame, strata="channel").iloc[0]

    assert plain["adjusted_difference"] == pytest.approx(plain["difference"], abs=1e-12)
    assert held["difference"] == plain["difference"] < -0.05
    assert plain["adjusted_difference_high"] < -0.05
    assert held["adjusted_difference_low"] < 0 < held["adjusted_difference_high"]


def test_intervals_follow_the_level():
    frame = made_up(weeks=10)

    usual, wide = compared(frame, strata="channel"), compared(frame, strata="channel", level=0.99)

    for low, high in (("adjusted_difference_low", "adjusted_difference_high"),
                      ("low_after", "high_after")):  # fmt: skip
        assert wide[low].iloc[0] < usual[low].iloc[0] < usual[high].iloc[0] < wide[high].iloc[0]
    assert wide["adjusted_difference"].equals(usual["adjusted_difference"])
    assert wide.attrs["compare_periods"]["level"] == 0.99
    assert "(99 % interval " in comparison_sentence(wide)
    with pytest.raises(InputError, match="no confidence level"):
        compared(frame, level=95)


def test_what_moves_the_control_agents_too_is_taken_off():
    frame = made_up(lift=0.1, per_day=60)
    agent_a = frame["agent_id"].eq("a") & (frame["created_at"] >= pd.Timestamp(AT, tz="UTC"))
    rng = np.random.default_rng(1)
    frame["evaluation_is_success"] |= agent_a & (rng.random(len(frame)) < 0.5)

    row = compared(frame, control="b").iloc[0]

    assert row["control_difference"] == pytest.approx(0.1, abs=0.04)
    assert (
        row["adjusted_difference_low"] > 0.08
    )  # half of the failures of a are gone, on top of the lift
    assert row["n_before"] + row["control_n_before"] == pytest.approx(28 * 60, rel=0.1)
    agent = frame[frame["agent_id"].eq("a")]
    assert row["rate_after"] == compared(agent)["rate_after"].iloc[0]


def test_neither_order_nor_names_of_people_matter_and_seeds_do():
    frame = made_up(weeks=12)
    shuffled = frame.sample(frac=1, random_state=3)
    renamed = shuffled.assign(user_id="p" + shuffled["user_id"])

    table = compared(frame, strata="channel")

    assert_frame_equal(table, compared(shuffled, strata="channel"))
    assert_frame_equal(table, compared(renamed, strata="channel"))
    other = compared(frame, strata="channel", random_state=5)
    assert other["adjusted_difference_low"].iloc[0] != table["adjusted_difference_low"].iloc[0]
    assert other["adjusted_difference"].iloc[0] == table["adjusted_difference"].iloc[0]


def test_the_callers_frame_stays_as_it_is():
    frame = made_up(weeks=10)
    copy = frame.copy(deep=True)

    compared(frame, strata="channel")

    assert_frame_equal(frame, copy)


def test_quiet_data_bear_no_flag():
    assert flags(compared(made_up(weeks=60), strata="channel")) == set()


def test_days_that_are_no_whole_weeks_are_flagged():
    assert "weekday_imbalance" in flags(compared(made_up(), days=10))


@pytest.mark.parametrize(("weeks", "days", "few"), [(24, 7, False), (23, 7, True), (40, 28, True)])
def test_too_few_placebos_for_five_percent_are_flagged(weeks, days, few):
    table = compared(made_up(weeks=weeks, per_day=10), days=days)

    assert ("few_placebos" in flags(table)) is few
    assert table["placebos"].iloc[0] > 0


def test_no_earlier_date_at_all_is_an_answer():
    row = compared(made_up(weeks=8)).iloc[0]

    assert (row["placebos"], row["as_large"], row["placebo_p"]) == (0, 0, 1.0)
    assert "few_placebos" in row["flags"]


def test_verdicts_that_are_still_to_come_are_flagged():
    frame = made_up(weeks=60)
    last = frame["created_at"] >= "2026-05-26"
    late = last & (np.arange(len(frame)) % 2 == 0)
    early = frame["created_at"].between("2026-05-05", "2026-05-07") & (
        np.arange(len(frame)) % 2 == 0
    )

    waiting = frame.assign(evaluation_is_success=frame["evaluation_is_success"].mask(late))
    holed = frame.assign(evaluation_is_success=frame["evaluation_is_success"].mask(early))

    assert "unsettled" in flags(compared(waiting))
    assert "unsettled" not in flags(compared(holed))
    assert "coverage_changed" in flags(compared(holed))


def test_fewer_than_five_people_have_no_interval():
    frame = made_up(weeks=10)
    table = compared(frame.assign(user_id=frame["user_id"].str[-1:].map(lambda k: str(int(k) % 4))))

    assert "few_users" in flags(table)
    assert table[["adjusted_difference_low", "adjusted_difference_high"]].isna().all(axis=None)
    assert table["adjusted_difference"].notna().all()


def test_cells_of_one_period_only_are_flagged():
    frame = made_up(weeks=10)
    later = frame["created_at"] >= pd.Timestamp(AT, tz="UTC")
    replaced = frame["channel"].mask(later & frame["channel"].eq("phone"), "new")

    assert "unmatched_mix" in flags(compared(frame.assign(channel=replaced), strata="channel"))


def test_tables_that_do_not_fill_the_periods_are_flagged():
    frame = made_up(weeks=8)
    created = frame["created_at"]

    assert flags(compared(frame[created < "2026-05-20"])) == {"few_placebos", "ends_early"}
    assert flags(compared(frame[created >= "2026-04-10"])) == {"few_placebos", "starts_late"}


def test_gaps_and_rows_without_a_start_are_flagged():
    frame = made_up(weeks=60)
    undated = frame.head(3).assign(created_at=frame["created_at"].where(lambda at: at.isna()))
    frame = pd.concat([frame, undated], ignore_index=True)
    frame.attrs["chatdash"] = {
        "gaps": [{"start": "2026-04-20T00:00:00Z", "end": "2026-04-21T00:00:00Z"}]
    }

    assert flags(compared(frame)) == {"gap", "undated"}


def test_outcomes_that_nobody_knows_are_a_typed_answer():
    frame = made_up(weeks=10)
    frame["evaluation_is_success"] = pd.array([None] * len(frame), dtype="boolean")

    row = compared(frame, strata="channel").iloc[0]

    assert (row["n_before"], row["unknown_before"] > 0) == (0, True)
    assert np.isnan(
        [row["adjusted_difference"], row["adjusted_difference_low"], row["rate_after"]]
    ).all()
    assert (row["placebos"], row["placebo_p"]) == (0, 1.0)


def test_bad_input_is_refused():
    frame = made_up(weeks=10)

    with pytest.raises(InputError, match="holds no conversations"):
        compared(frame.head(0))
    with pytest.raises(InputError, match="takes a pandas DataFrame"):
        compared([1, 2])
    with pytest.raises(MissingColumnsError, match="compare_periods needs"):
        compared(frame.drop(columns="created_at"))
    with pytest.raises(InputError, match="100 or more"):
        compared(frame, n_boot=10)


def test_chance_seldom_looks_like_a_difference():
    # Nothing changes; people come back, and their outcomes are alike (correlation 0.2).
    alarms, misses, runs = 0, 0, 60
    for seed in range(runs):
        row = compared(made_up(weeks=30, per_day=15, seed=seed), strata="channel", days=7).iloc[0]
        alarms += row["placebo_p"] <= 0.05
        misses += not row["adjusted_difference_low"] <= 0 <= row["adjusted_difference_high"]
    # By chance more than 7 of 60 happen in 1 % of the runs.
    assert alarms <= 7
    assert misses <= 7


def test_planted_change_is_seen():
    row = compared(cda.load_sample(20_000), strata="channel", users="lead_id").iloc[0]

    assert row["difference"] < -0.03
    assert row["adjusted_difference_low"] < 0.03 < row["adjusted_difference_high"]
    assert row["adjusted_difference_low"] > 0
    assert row["as_large"] <= 1
