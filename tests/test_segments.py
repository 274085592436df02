"""Rates by group: what counts as known, unknown and excluded, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.errors import IncompleteError, InputError, MissingColumnsError
from chatdash_analysis.rates import RATE_COLUMNS, design_effect
from chatdash_analysis.sandbox.sample import Sample
from chatdash_analysis.segments import outcome_rates, require_reach


def _rows(**columns) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    base = {
        "agent_id": pd.Series(["x"] * size, dtype="str"),
        "user_id": pd.Series(range(size)).map("u{}".format).astype("str"),
        "interacted": pd.array([True] * size, dtype="boolean"),
        "no_answer": pd.array([None] * size, dtype="boolean"),
    }
    given = {
        name: pd.array(values, dtype="boolean")
        if set(values) <= {True, False, None}
        else pd.Series(values)
        for name, values in columns.items()
    }
    return pd.DataFrame({**base, **given})


def test_unknown_outcomes_are_never_failures_and_impossible_ones_are_excluded():
    rows = _rows(
        channel=["a"] * 6,
        evaluation_is_success=[True, False, None, None, None, True],
        interacted=[True, True, True, False, True, False],
        no_answer=[None, None, None, None, True, None],
    )
    table = cda.rates_by(rows, "channel", min_n=1)
    assert table.loc[0, ["n", "successes", "unknown", "excluded"]].tolist() == [3, 2, 1, 2]
    assert table["rate"][0] == pytest.approx(2 / 3)


def test_agents_that_never_have_a_field_are_excluded_from_its_rate():
    rows = _rows(agent_id=["x", "x", "y", "y"], custom_booked=[True, None, None, None])
    table = cda.rates_by(rows, "agent_id", outcome="custom_booked", min_n=1)
    assert table[["n", "unknown", "excluded"]].to_numpy().tolist() == [[1, 1, 0], [0, 0, 2]]
    # That nobody judged an agent's conversations yet does not mean that they have no outcome.
    judged = rows.rename(columns={"custom_booked": "evaluation_is_success"})
    table = cda.rates_by(judged, "agent_id", min_n=1)
    assert table[["n", "unknown", "excluded"]].to_numpy().tolist() == [[1, 1, 0], [0, 2, 0]]


def test_every_conversation_is_counted_once():
    conversations = cda.load_sample(1500, seed=3)
    for outcome in ("evaluation_is_success", "custom_booked", "no_answer", "interacted"):
        table = cda.rates_by(conversations, ["channel", "device"], outcome=outcome)
        assert table[["n", "unknown", "excluded"]].to_numpy().sum() == 1500


def test_rates_of_the_sample_are_those_that_were_planted():
    sample = Sample(size=20_000, seed=1)
    conversations = cda.load_sample(20_000, seed=1)
    before = conversations[conversations["created_at"] < sample.truth().change_at]
    faults = before["ended_reason"].isin(sample.truth().outage.reasons)
    planted = sample.truth().success_by_channel(changed=False)
    table = cda.rates_by(before[~faults], "channel").set_index("channel")
    for channel in ("Webchat", "WhatsApp", "Instagram"):
        row = table.loc[channel]
        assert row["low"] <= planted[channel] <= row["high"], channel


def test_the_interval_knows_the_people():
    users = ["a", "a", "a", "b", "b", "c", "d", "e", "f", "f"] * 2
    outcomes = [True, True, True, False, False, True, False, True, False, False] * 2
    rows = _rows(channel=["x"] * 20, user_id=users, evaluation_is_success=outcomes)
    row = cda.rates_by(rows, "channel").iloc[0]
    people = rows.groupby("user_id")["evaluation_is_success"].agg(["size", "sum"]).astype(float)
    m, s = people["size"], people["sum"]
    effect = design_effect([20], [10], [6], [(m * m).sum()], [(m * s).sum()], [(s * s).sum()])[0]
    assert effect > 2
    alone = cda.rates_by(rows.assign(user_id=None), "channel").iloc[0]
    assert row["users"] == 6
    assert alone["users"] == 20
    assert row["high"] - row["low"] > 1.4 * (alone["high"] - alone["low"])


def test_the_order_of_rows_changes_nothing():
    conversations = cda.identify_users(cda.load_sample(800))
    shuffled = conversations.sample(frac=1, random_state=5)
    by = ["platform", "channel"]
    pd.testing.assert_frame_equal(
        cda.rates_by(conversations, by), cda.rates_by(shuffled, by), check_exact=True
    )


@pytest.mark.parametrize("size", [0, 1, 800])
def test_dtypes_are_promised(size):
    table = cda.rates_by(cda.load_sample(800).head(size), ["channel", "interacted"])
    whole = dict.fromkeys(RATE_COLUMNS[:5], "int64")
    compared = (
        "rest_rate",
        "difference",
        "difference_low",
        "difference_high",
        "p_value",
        "q_value",
    )
    measures = dict.fromkeys((*RATE_COLUMNS[5:8], *compared), "float64")
    expected = {"channel": "str", "interacted": "boolean", **whole, **measures, "flags": "str"}
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == expected
    assert table.index.equals(pd.RangeIndex(len(table)))


def test_a_table_with_nothing_but_unknown_outcomes_has_no_rates():
    rows = _rows(channel=["a", "b"], evaluation_is_success=[None, None])
    table = cda.rates_by(rows, "channel")
    assert table["flags"].tolist() == ["no_known", "no_known"]
    assert table[["rate", "low", "high", "p_value"]].isna().all(axis=None)
    # The same where pandas could not know that these are flags.
    untyped = rows.assign(evaluation_is_success=np.nan)
    pd.testing.assert_frame_equal(cda.rates_by(untyped, "channel"), table)


@pytest.mark.parametrize(
    "values", [[1, 0, 1, 1], [1.0, 0.0, 1.0, 1.0], np.array([True, False, True, True], object)]
)
def test_flags_may_be_numbers_or_objects(values):
    rows = _rows(channel=["a"] * 4).assign(done=values)
    assert cda.rates_by(rows, "channel", outcome="done", min_n=1)["successes"].tolist() == [3]


@pytest.mark.parametrize("values", [["yes", "no"], [1, 2], [0.5, 1.0], ["true", "false"]])
def test_an_outcome_that_is_no_flag_is_refused(values):
    rows = _rows(channel=["a", "a"]).assign(done=values)
    with pytest.raises(InputError, match="done is no flag: it holds 2 distinct values"):
        cda.rates_by(rows, "channel", outcome="done")


def test_missing_columns_are_named_with_what_is_needed():
    rows = _rows(channel=["a"])
    with pytest.raises(MissingColumnsError, match="rates_by needs the columns channel, evaluation"):
        cda.rates_by(rows, "channel")
    with pytest.raises(MissingColumnsError, match="lacks person") as caught:
        cda.rates_by(_rows(channel=["a"], evaluation_is_success=[True]), "channel", users="person")
    assert caught.value.missing == ["person"]


@pytest.mark.parametrize("by", ["n", ["channel", "rate"], ["rows"]])
def test_groups_named_like_a_column_of_the_table_are_refused(by):
    rows = _rows(channel=["a"], n=["x"], rate=["y"], rows=["z"], evaluation_is_success=[True])
    with pytest.raises(InputError, match="Rename yours"):
        cda.rates_by(rows, by)
    with pytest.raises(InputError, match="names a column twice"):
        cda.rates_by(rows, ["channel", "channel"])


@pytest.mark.parametrize("outcome", ["no_answer", "interacted", "record"])
def test_reach_is_refused_where_its_denominator_was_never_loaded(outcome):
    conversations = cda.load_sample(400)
    default = conversations[conversations["interacted"] & conversations["record"]]
    with pytest.raises(IncompleteError, match=r"asks who was reached.*interacted=None"):
        cda.rates_by(default, "channel", outcome=outcome)
    # What was loaded counts, not which rows are left of it.
    default.attrs["chatdash"]["combinations"] = ["recorded, interacted", "recorded, not interacted"]
    assert cda.rates_by(default, "channel", outcome=outcome)["n"].sum() > 0
    conversations.attrs["chatdash"]["combinations"] = ["recorded, interacted"]
    with pytest.raises(IncompleteError):
        require_reach(conversations, "test")
    assert cda.rates_by(default, "channel")["n"].sum() > 0


def test_ten_thousand_groups_are_taken():
    rng = np.random.default_rng(0)
    rows = _rows(channel=rng.integers(0, 10_000, 60_000)).assign(
        evaluation_is_success=rng.random(60_000) < 0.5
    )
    table = outcome_rates(
        rows, "channel", outcome="evaluation_is_success", users="user_id", min_n=1, rest=True
    )
    assert len(table) == rows["channel"].nunique()
    assert (table["q_value"] <= 0.05).mean() < 0.001
