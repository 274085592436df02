"""The league: luck does not win, limits hold, and who is compared with whom."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

import chatdash_analysis as cda
from chatdash_analysis.errors import IncompleteError, InputError, MissingColumnsError
from chatdash_analysis.league import league_table
from chatdash_analysis.rates import RATE_COLUMNS
from chatdash_analysis.segments import rates_by

COLUMNS = [
    *RATE_COLUMNS, "effective_n", "overall", "shrunken_rate", "shrunken_low", "shrunken_high",
    "p_better", "limit_low", "limit_high", "limit_low_998", "limit_high_998", "rank",
]  # fmt: skip


def _frame(agents, *, people=10**9) -> pd.DataFrame:
    """Return conversations from ``{agent: (n, successes)}``."""
    rows = [(agent, number < good) for agent, (n, good) in agents.items() for number in range(n)]
    frame = pd.DataFrame(rows, columns=["agent_id", "evaluation_is_success"])
    users = [f"{agent}-{number % people}" for number, agent in enumerate(frame["agent_id"])]
    return frame.assign(user_id=users).astype({"evaluation_is_success": "boolean"})


AGENTS = {"lucky": (12, 11), "good": (400, 300), "fair": (300, 190), "poor": (200, 110)}
AGENTS |= {"usual": (250, 155), "plain": (350, 220)}


def test_a_small_lucky_agent_has_the_best_rate_but_not_the_first_place():
    table = league_table(_frame(AGENTS))
    assert table["rate"].idxmax() == table.index[table["agent_id"] == "lucky"][0]
    assert table["agent_id"].tolist()[0] == "good"
    assert table["rank"].tolist() == [1, 2, 3, 4, 5, 6]
    lucky = table.set_index("agent_id").loc["lucky"]
    assert lucky["overall"] < lucky["shrunken_rate"] < lucky["rate"]


def test_values_are_those_computed_by_hand():
    table = league_table(_frame({"a": (100, 60), "b": (100, 50), "c": (100, 40)}))
    assert table.columns.tolist() == ["agent_id", *COLUMNS]
    assert table["agent_id"].tolist() == ["a", "b", "c"]
    assert table["effective_n"].tolist() == [100, 100, 100]
    assert table["overall"].tolist() == [0.5, 0.5, 0.5]
    # The variance of the rates is 0.01 = 0.25 (1 / 100 + rho 99 / 100), so that rho is 1 / 33 and
    # the mean of all weighs 32 conversations, 16 of them successes.
    assert table["shrunken_rate"].tolist() == pytest.approx([76 / 132, 66 / 132, 56 / 132])
    # Chance has the variance 0.25 / 100, a quarter of what is seen; tau**2 is the other 0.0075.
    for suffix, quantile in (("", 1.959964), ("_998", 3.090232)):
        assert table[f"limit_low{suffix}"].tolist() == pytest.approx([0.5 - 0.1 * quantile] * 3)
        assert table[f"limit_high{suffix}"].tolist() == pytest.approx([0.5 + 0.1 * quantile] * 3)
    # The three are mirrored at 0.5.
    better = table["p_better"].tolist()
    assert better[0] > better[1] == pytest.approx(0.5)
    assert better[0] + better[2] == pytest.approx(1)
    assert table["flags"].tolist() == ["", "", ""]


def test_limits_without_more_than_chance_are_those_computed_by_hand():
    table = league_table(_frame({"a": (100, 54), "b": (400, 196)})).set_index("agent_id")
    # tau**2 is 0: a is 0.8 standard errors of 0.05 from 0.5, and b 0.4 of one of 0.025.
    assert table["overall"].tolist() == [0.5, 0.5]
    half = np.array([0.05, 0.025]) * 1.959964
    assert table.loc[["a", "b"], "limit_low"].tolist() == pytest.approx(0.5 - half)
    assert table.loc[["a", "b"], "limit_high"].tolist() == pytest.approx(0.5 + half)


def test_rates_are_those_of_rates_by():
    conversations = cda.identify_users(cda.load_sample(1500))
    table = league_table(conversations, "channel").sort_values("channel", ignore_index=True)
    expected = rates_by(conversations, "channel")[["channel", *RATE_COLUMNS]]
    columns = ["channel", *RATE_COLUMNS[:-1]]
    pd.testing.assert_frame_equal(table[columns], expected[columns])


def test_conversations_of_the_same_people_count_for_less():
    agents = {f"a{number}": (300, 180) for number in range(8)}
    frame = _frame(agents)
    # Everybody of an agent always has the same outcome.
    same = frame.assign(
        user_id=frame["agent_id"] + (frame.groupby("agent_id").cumcount() // 6).astype(str)
    )
    alone, together = league_table(frame), league_table(same)
    np.testing.assert_allclose(together["effective_n"], 50, rtol=0.1)
    assert (
        (together["shrunken_high"] - together["shrunken_low"])
        .gt(alone["shrunken_high"] - alone["shrunken_low"])
        .all()
    )
    assert (together["limit_low"] < alone["limit_low"] - 0.05).all()


def test_one_of_twenty_like_agents_that_is_far_off_is_outside():
    rng = np.random.default_rng(0)
    agents = {f"a{number:02d}": (200, int(rng.binomial(200, 0.7))) for number in range(20)}
    table = league_table(_frame({**agents, "broken": (200, 60)})).set_index("agent_id")
    assert table.loc["broken", "flags"] == "outside_998"
    assert table["flags"].eq("outside_998").sum() == 1
    assert table.loc["broken", "rank"] == 21
    assert table.loc["broken", "p_better"] < 0.01


def test_agents_that_do_not_differ_are_outside_of_95_percent_one_time_in_twenty():
    rng = np.random.default_rng(1)
    agents = {f"a{number:03d}": (100, int(rng.binomial(100, 0.6))) for number in range(400)}
    flags = league_table(_frame(agents))["flags"]
    assert flags.eq("outside_95").mean() == pytest.approx(0.048, abs=0.02)
    assert flags.eq("outside_998").sum() <= 4


def test_small_groups_have_a_place_but_no_rate_and_no_verdict():
    table = league_table(_frame({**AGENTS, "new": (4, 0)})).set_index("agent_id")
    new = table.loc["new"]
    assert np.isnan(new["rate"])
    assert new["flags"] == "small_n"
    assert 0.3 < new["shrunken_rate"] < table["overall"].iloc[0]
    assert 1 < new["rank"] <= 7


def test_without_a_known_outcome_there_is_no_place():
    frame = _frame({**AGENTS, "idle": (5, 0)})
    idle = frame["agent_id"] == "idle"
    frame["evaluation_is_success"] = frame["evaluation_is_success"].mask(idle)
    last = league_table(frame).iloc[-1]
    assert last["agent_id"] == "idle"
    assert last["unknown"] == 5
    assert last[["rate", "shrunken_rate", "p_better", "limit_low", "rank"]].isna().all()
    assert last["flags"] == "no_known"


def test_equal_groups_share_a_rank_and_stand_in_the_order_of_their_labels():
    table = league_table(_frame({"b": (50, 30), "a": (50, 30), "c": (50, 20)}))
    assert table["agent_id"].tolist() == ["a", "b", "c"]
    assert table["rank"].tolist() == [1, 1, 3]


def test_a_single_group_is_not_shrunken():
    table = league_table(_frame({"only": (50, 30)}))
    assert table["shrunken_rate"].tolist() == [0.6]
    assert table["flags"].tolist() == ["single"]
    assert table[["shrunken_low", "p_better"]].isna().all(axis=None)
    assert table["rank"].tolist() == [1]


def test_leagues_apart_by_a_column_are_those_of_each_value():
    conversations = cda.identify_users(cda.load_sample(3000))
    table = league_table(conversations, "channel", apart_by="platform")
    assert table.columns[:2].tolist() == ["platform", "channel"]
    assert not table["flags"].str.contains("mixed_platforms").any()
    for platform, part in table.groupby("platform"):
        alone = league_table(conversations[conversations["platform"] == platform], "channel")
        pd.testing.assert_frame_equal(
            part.drop(columns="platform").reset_index(drop=True), alone, check_exact=True
        )


def test_evaluations_of_several_platforms_are_flagged():
    conversations = cda.load_sample(1500)
    assert league_table(conversations)["flags"].str.contains("mixed_platforms").all()
    one = conversations[conversations["platform"] == "vapi"]
    assert not league_table(one, "channel")["flags"].str.contains("mixed").any()
    other = league_table(conversations, outcome="custom_booked")
    assert not other["flags"].str.contains("mixed").any()


def test_order_of_rows_makes_no_difference():
    conversations = cda.identify_users(cda.load_sample(1500))
    mixed = conversations.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(
        league_table(mixed), league_table(conversations), check_exact=True
    )


def test_a_frame_of_another_engine_gives_the_same_league():
    frame = _frame(AGENTS, people=100)
    pd.testing.assert_frame_equal(league_table(pl.from_pandas(frame)), league_table(frame))


def test_dtypes_are_the_same_for_full_holed_and_empty_tables():
    frame = _frame(AGENTS)
    expected = league_table(frame).dtypes
    unknown = frame.assign(evaluation_is_success=pd.array([None] * len(frame), dtype="boolean"))
    for other in (frame[:0], frame[:1], unknown, frame.assign(evaluation_is_success=True)):
        table = league_table(other)
        pd.testing.assert_series_equal(table.dtypes, expected)
        assert isinstance(table.index, pd.RangeIndex)
    clients = frame.assign(client="x").astype({"client": "str"})
    empty = league_table(clients[:0], apart_by="client")
    pd.testing.assert_series_equal(empty.dtypes, league_table(clients, apart_by="client").dtypes)


def test_the_frame_is_left_as_it_was():
    frame = _frame(AGENTS)
    league_table(frame)
    pd.testing.assert_frame_equal(frame, _frame(AGENTS))


def test_several_columns_and_missing_labels_make_groups():
    frame = _frame(AGENTS).assign(campaign_id=None)
    frame.loc[::2, "campaign_id"] = "spring"
    frame = frame.astype({"campaign_id": "str"})
    table = league_table(frame, ["agent_id", "campaign_id"])
    assert len(table) == 12
    assert table["campaign_id"].isna().sum() == 6
    assert table["n"].sum() == len(frame)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"by": []}, InputError, "names no column"),
        ({"by": "agent_id", "apart_by": "agent_id"}, InputError, "also in by"),
        ({"by": "team"}, MissingColumnsError, "league_table needs the columns team"),
        ({"outcome": "user_id"}, InputError, "no flag"),
        ({"level": 0}, InputError, "no confidence level"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        league_table(_frame(AGENTS), **options)


def test_a_league_of_answered_calls_needs_the_unanswered_ones():
    conversations = cda.load_sample(1500)
    with pytest.raises(IncompleteError, match="league_table"):
        league_table(conversations[conversations["interacted"].eq(True)], outcome="no_answer")
    assert league_table(conversations, outcome="no_answer")["n"].sum() > 0
