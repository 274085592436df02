"""One line a channel: length and cost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from pandas.testing import assert_frame_equal

from chatdash_analysis.channels.summary import channel_summary
from chatdash_analysis.errors import InputError
from chatdash_analysis.sandbox.sample import Sample
from tests.channels.summary_rows import CALL, line, rows, sample


def test_means_of_length_are_those_of_all_calls_that_have_one():
    lengths = [1.0, 2.0, 6.0, None]
    table = channel_summary(rows(*(CALL | {"duration_minutes": x} for x in lengths)))
    n, mean, low, high = line(
        table,
        "phone",
        *(f"duration_minutes_{name}" for name in ("n", "mean", "low", "high")),
    )
    assert (n, mean) == (3, 3.0)
    assert low < 3 < high
    assert line(table, "~", "duration_minutes_n", "duration_minutes_mean") == [
        0,
        pytest.approx(np.nan, nan_ok=True),
    ]


def priced(cost: float, *, minutes: float = 2.0, **other: object) -> dict:
    return CALL | {"cost": cost, "duration_minutes": minutes} | other


def costs(*given: dict) -> list:
    table = channel_summary(rows(*given), min_n=1)
    return line(table, "phone", "cost_n", "cost_unit", "cost_total", "flags")


@pytest.mark.parametrize(("cost", "unit"), [(0.2, "dollars"), (20.0, "cents"), (900.0, "credits")])
def test_the_unit_of_costs_is_guessed_from_what_a_minute_costs(cost, unit):
    calls = [priced(cost, evaluation_is_success=success) for success in (True, False)] * 5
    n, found, total, flags = costs(*calls)
    assert (n, found, total) == (10, unit, pytest.approx(10 * cost))
    assert "unit" not in flags


def test_costs_of_several_platforms_are_not_added_up():
    n, unit, total, flags = costs(priced(0.2), priced(20.0, platform="retell"))
    assert n == 2
    assert pd.isna(unit)
    assert np.isnan(total)
    assert "mixed_cost_units" in flags


def test_costs_of_an_unknown_platform_are_not_added_up():
    _, _, total, flags = costs(priced(0.2, platform=None))
    assert np.isnan(total)
    assert "mixed_cost_units" in flags


def test_a_platform_without_costs_does_not_mix():
    assert costs(priced(0.2), CALL | {"platform": "retell"})[:3] == [1, "dollars", 0.2]


def test_costs_that_no_unit_explains_are_not_added_up():
    _, unit, total, flags = costs(priced(4.0))
    assert pd.isna(unit)
    assert np.isnan(total)
    assert "odd_cost_unit" in flags


def test_two_units_within_a_platform_are_noticed_in_every_channel_of_it():
    calls = [priced(0.2)] * 8 + [priced(20.0, channel="web_call")] * 2
    _, _, total, flags = costs(*calls)
    assert np.isnan(total)
    assert "odd_cost_unit" in flags


def test_short_calls_do_not_tell_the_unit():
    assert costs(*[priced(0.2)] * 3, *[priced(0.01, minutes=0.02)] * 5)[1] == "dollars"
    _, unit, total, flags = costs(priced(0.1, minutes=0.02))
    assert pd.isna([unit, total]).all()
    assert "odd_cost_unit" in flags


def dollar_calls(**changed: object) -> pd.DataFrame:
    """2000 calls at 12 cents a minute, in dollars; 5 % of them are those of agent B."""
    rng = np.random.default_rng(0)
    calls = rows(*[CALL] * 2_000, silent=False).assign(
        agent_id=np.where(np.arange(2_000) < 1_900, "A", "B"),
        duration_minutes=rng.uniform(1, 5, 2_000),
        evaluation_is_success=pd.array(rng.random(2_000) < 0.6, dtype="boolean"),
    )
    return calls.assign(cost=0.12 * calls["duration_minutes"]).assign(**changed)


def first_800(calls: pd.DataFrame) -> np.ndarray:
    return np.arange(len(calls)) < 800


ODD_COSTS = {
    "an agent in cents": {"cost": lambda c: c["cost"] * np.where(c["agent_id"] == "B", 100, 1)},
    "one huge cost": {"cost": lambda c: c["cost"].where(c.index != 5, 1e6)},
    "one huge cost without length": {
        "cost": lambda c: c["cost"].where(c.index != 5, 1e6),
        "duration_minutes": lambda c: c["duration_minutes"].where(c.index != 5),
    },
    "cents without length": {
        "cost": lambda c: c["cost"] * np.where(first_800(c), 100, 1),
        "duration_minutes": lambda c: c["duration_minutes"].mask(first_800(c)),
    },
    "short calls in cents": {
        "cost": lambda c: c["cost"].mask(first_800(c), 12.0),
        "duration_minutes": lambda c: c["duration_minutes"].mask(first_800(c), 0.4),
    },
    "no lengths": {"duration_minutes": np.nan},
    "infinite lengths": {"duration_minutes": np.inf},
    "negative costs": {"cost": lambda c: -c["cost"]},
    "some negative costs": {"cost": lambda c: c["cost"] * np.where(first_800(c), -1, 1)},
}
MONEY = ["cost_unit", "cost_total", "cost_per_success", "cost_per_success_low"]
MONEY += ["cost_per_success_high"]


@pytest.mark.parametrize("changed", ODD_COSTS.values(), ids=ODD_COSTS)
@pytest.mark.parametrize("engine", ["pandas", "polars"])
def test_costs_in_part_unexplained_are_not_added_up(changed, engine):
    calls = dollar_calls(**changed)
    frame = pl.from_pandas(calls) if engine == "polars" else calls
    for by in ("agent_id", ["platform", "channel"]):
        table = channel_summary(frame, by)
        assert table["cost_n"].sum() == 2_000
        assert table[MONEY].isna().all(axis=None)
        assert table["flags"].str.contains("odd_cost_unit").all()


def test_the_same_costs_are_added_up_where_all_are_explained():
    calls = dollar_calls()
    table = channel_summary(calls, "agent_id")
    assert table["cost_unit"].tolist() == ["dollars", "dollars"]
    expected = calls["cost"].groupby(calls["agent_id"]).sum()
    assert table["cost_total"].tolist() == pytest.approx(expected.tolist())
    assert table[MONEY].notna().all(axis=None)
    assert not table["flags"].str.contains("unit").any()


def test_a_group_has_to_have_the_unit_of_its_platform():
    credits_of_a = [priced(900.0)] * 95
    dollars_of_b = [priced(0.2)] * 5
    free_of_c = [priced(0.0)] * 3
    calls = rows(*credits_of_a, *dollars_of_b, *free_of_c, silent=False).assign(
        agent_id=["A"] * 95 + ["B"] * 5 + ["C"] * 3
    )
    table = channel_summary(calls, "agent_id")
    assert table["cost_unit"].fillna("?").tolist() == ["credits", "?", "credits"]
    assert table["cost_total"].fillna(-1).tolist() == [95 * 900, -1, 0]
    assert table["flags"].str.contains("odd_cost_unit").tolist() == [False, True, False]


@pytest.mark.parametrize("dtype", ["object", "str", "string", "category", "Float64"])
@pytest.mark.parametrize("column", ["cost", "duration_minutes"])
def test_numbers_of_any_dtype_are_numbers(column, dtype):
    calls = rows(*[priced(0.2), priced(0.25, minutes=2.5), CALL] * 4)
    given = calls.assign(**{column: calls[column].astype(dtype)})
    assert_frame_equal(channel_summary(given), channel_summary(calls))
    assert_frame_equal(channel_summary(given.iloc[:0]), channel_summary(calls.iloc[:0]))
    assert given[column].dtype == dtype


@pytest.mark.parametrize("column", ["cost", "duration_minutes"])
@pytest.mark.parametrize("value", ["2 EUR", "1,5", "", True, [1]])
def test_what_is_no_number_is_refused(column, value):
    given = rows(CALL, CALL)
    values = pd.Series([value, 0.2, "0.3"], dtype=object)
    with pytest.raises(InputError, match=f"{column} has dtype object, and 1 of its 3 values"):
        channel_summary(given.assign(**{column: values}))


def test_other_engines_want_numbers():
    frame = pl.from_pandas(rows(priced(0.2))).with_columns(agent_id=pl.lit("A"))
    with pytest.raises(InputError, match="cost is String, not a number"):
        channel_summary(frame.with_columns(pl.col("cost").cast(pl.String)))
    empty = channel_summary(frame.with_columns(cost=pl.lit(None)))
    assert empty["cost_n"].eq(0).all()


def test_an_infinite_or_missing_cost_is_no_cost():
    assert costs(priced(0.2), priced(np.inf), priced(np.nan))[:3] == [1, "dollars", 0.2]


def test_cost_of_a_success_counts_calls_that_reached_nobody_and_not_those_without_verdict():
    calls = [
        priced(0.2, evaluation_is_success=True),
        priced(0.3, evaluation_is_success=False),
        priced(0.4, interacted=False),
        priced(0.5),
        priced(0.6, evaluation_is_success=True),
    ]
    table = channel_summary(rows(*calls), min_n=1)
    total, price = line(table, "phone", "cost_total", "cost_per_success")
    assert total == pytest.approx(2.0)
    assert price == pytest.approx((0.2 + 0.3 + 0.4 + 0.6) / 2)


def test_without_a_success_it_has_no_cost():
    table = channel_summary(rows(*[priced(0.2, evaluation_is_success=False)] * 9))
    columns = [name for name in table.columns if name.startswith("cost_per_success")]
    assert table[columns].isna().all(axis=None)
    assert line(table, "phone", "cost_total")[0] == pytest.approx(1.8)


@pytest.mark.parametrize("size", [2_000, 12_000])
def test_units_of_the_sample_are_found(size):
    truth = Sample(size=size, seed=0).truth()
    names = {p: u.removeprefix("US ") for p, u in truth.cost_units.items()}
    for by in (["platform"], ["platform", "channel"]):
        table = channel_summary(sample(size), by)
        paid = table[table["cost_n"] > 0]
        assert paid["cost_unit"].tolist() == [names[platform] for platform in paid["platform"]]
        assert paid["cost_total"].notna().all()
        assert set(paid["platform"]) == set(names)


def test_channels_of_several_platforms_have_no_total():
    by_channel = channel_summary(sample()).set_index("channel")
    assert by_channel.loc[["phone", "web_call"], "flags"].eq("mixed_cost_units").all()
    assert by_channel.loc[["phone", "web_call"], "cost_total"].isna().all()
