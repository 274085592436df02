"""One line a channel: success, hand-off and no answer; and countries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import chatdash_analysis as cda
from chatdash_analysis.channels.summary import channel_summary, country_summary
from chatdash_analysis.errors import IncompleteError, InputError, MissingColumnsError
from chatdash_analysis.rates import RATE_COLUMNS, wilson
from chatdash_analysis.sandbox.sample import Sample
from tests.channels.summary_rows import CALL, CHAT, DTYPES, line, rows, sample


def handoff(*given: dict) -> list:
    counts = ("n", "successes", "unknown", "excluded")
    return line(
        channel_summary(rows(*given)), given[0]["channel"], *(f"handoff_{c}" for c in counts)
    )


def no_answer(*given: dict) -> list:
    counts = ("n", "successes", "unknown", "excluded")
    return line(
        channel_summary(rows(*given)), given[0]["channel"], *(f"no_answer_{c}" for c in counts)
    )


def test_success_is_that_of_rates_by():
    summary = channel_summary(sample(), ["platform", "channel"])
    rates = cda.rates_by(sample(), ["platform", "channel"])
    same = ["platform", "channel", *(name for name in RATE_COLUMNS if name != "flags")]
    assert_frame_equal(summary[same], rates[same])


def test_shares_are_of_all_conversations():
    summary = channel_summary(sample())
    assert summary["conversations"].sum() == 4_000
    assert summary["share"].tolist() == (summary["conversations"] / 4_000).tolist()


def test_a_handoff_is_asked_for_or_done():
    chats = [CHAT | {"status": status} for status in ("ai", "pending", "human", "ai")]
    assert handoff(*chats) == [4, 2, 0, 0]


def test_a_chat_without_status_is_unknown_and_one_without_a_word_excluded():
    silent = CHAT | {"interacted": False, "status": "ai"}
    assert handoff(CHAT, CHAT | {"status": "closed"}, silent, CHAT | {"status": "ai"}) == [
        1,
        0,
        2,
        1,
    ]


@pytest.mark.parametrize(
    ("platform", "channel"),
    [
        ("botpress", "WhatsApp"),
        ("openai", "Instagram"),
        ("vapi", "phone"),
        ("elevenlabs", "widget"),
        ("retell", None),
        ("custom", "something else"),
    ],
)
def test_where_nobody_can_take_over_the_status_says_nothing(platform, channel):
    given = {"platform": platform, "channel": channel, "interacted": True, "status": "ai"}
    table = channel_summary(rows(given), min_n=1).set_index("channel")
    counts = table.loc[channel or np.nan, ["handoff_n", "handoff_unknown", "handoff_excluded"]]
    assert counts.tolist() == [0, 0, 1]


@pytest.mark.parametrize("channel", ["webchat", "Web Chat", "web-chat", "WEB_CHAT", " Widget "])
def test_widgets_are_known_in_any_spelling(channel):
    assert handoff(CHAT | {"channel": channel, "status": "human"})[:2] == [1, 1]


def test_a_widget_without_any_handoff_is_flagged_as_it_may_be_another_one():
    chats = [CHAT | {"status": "ai"}] * 12
    assert line(channel_summary(rows(*chats)), "Webchat", "handoff_rate", "flags")[0] == 0
    assert "no_handoff_seen" in line(channel_summary(rows(*chats)), "Webchat", "flags")[0]
    some = channel_summary(rows(*chats, CHAT | {"status": "human"}))
    assert "no_handoff_seen" not in line(some, "Webchat", "flags")[0]


def test_no_answer_is_a_matter_of_calls():
    calls = [CALL | {"no_answer": answer} for answer in (True, False, None, True)]
    assert no_answer(*calls) == [3, 2, 1, 0]
    assert no_answer(CHAT | {"no_answer": False}) == [0, 0, 0, 1]


def test_a_call_is_known_by_its_channel_or_its_platform():
    assert no_answer({"channel": "phone", "no_answer": False})[0] == 1
    assert no_answer({"platform": "Retell", "channel": "?", "no_answer": False})[0] == 1
    assert no_answer({"platform": "elevenlabs", "channel": "whatsapp", "no_answer": False})[0] == 0


def test_answers_are_not_told_if_only_conversations_with_interaction_were_loaded():
    calls = [CALL | {"no_answer": False}] * 20
    table = channel_summary(rows(*calls, silent=False))
    columns = ("no_answer_n", "no_answer_unknown", "no_answer_excluded", "flags")
    *counts, flags = line(table, "phone", *columns)
    assert counts == [0, 0, 20]
    assert "reach_not_loaded" in flags
    assert table["no_answer_rate"].isna().all()


def test_an_outcome_of_reach_is_refused_then():
    with pytest.raises(IncompleteError, match="asks who was reached"):
        channel_summary(rows(CALL, silent=False), outcome="no_answer")


def test_intervals_of_the_sides_know_that_people_come_back():
    chats = [
        CHAT | {"status": "human" if user % 4 == 0 else "ai", "user_id": f"u{user}"}
        for user in range(60)
        for _ in range(5)
    ]
    low, high = line(channel_summary(rows(*chats)), "Webchat", "handoff_low", "handoff_high")
    few_low, few_high = wilson(15, 60, freedom=59)
    assert (low, high) == pytest.approx((few_low, few_high), abs=0.003)


def test_a_rate_of_a_side_that_is_not_shown_says_why():
    chats = [CHAT | {"status": "human" if place else "ai"} for place in range(12)]
    few = [CHAT | {"channel": "widget", "status": "ai"}] * 9
    calls = [CALL | {"no_answer": True}] * 11
    table = channel_summary(rows(*chats, *few, *calls))
    for channel, *expected in (
        ("Webchat", "", "no_known"),
        ("widget", "small_n", "no_known"),
        ("phone", "no_known", "one_outcome"),
    ):
        assert line(table, channel, "handoff_flags", "no_answer_flags") == expected
    shown = channel_summary(rows(*chats, *few, *calls), min_n=9)
    assert line(shown, "widget", "handoff_rate", "handoff_flags") == [0, "one_outcome"]
    for side in ("handoff", "no_answer"):
        hidden = table[f"{side}_flags"].str.contains("small_n|no_known")
        assert table[f"{side}_rate"].isna().equals(hidden)


def test_a_side_that_was_not_loaded_is_not_known():
    table = channel_summary(rows(*[CALL | {"no_answer": False}] * 20, silent=False))
    assert line(table, "phone", "no_answer_flags") == ["no_known"]


def test_success_of_the_sample_is_found():
    truth = Sample(size=4_000, seed=0).truth()
    sound = sample()["ended_reason"].isin(truth.outage.reasons) | sample()[
        "ended_reason"
    ].str.contains("error", na=False)
    before = sample()[~sound & (sample()["created_at"] < truth.change_at)]
    table = channel_summary(before, level=0.999).set_index("channel")
    for channel, rate in truth.success_by_channel(changed=False).items():
        assert table.loc[channel, "low"] < rate < table.loc[channel, "high"]


def test_the_order_of_the_rows_makes_no_difference():
    shuffled = sample().sample(frac=1, random_state=1)
    for by in ("channel", ["platform", "channel"], []):
        assert_frame_equal(
            channel_summary(shuffled, by), channel_summary(sample(), by), check_exact=True
        )


def test_the_table_given_stays_as_it_was():
    given = sample().copy(deep=True)
    channel_summary(given)
    assert_frame_equal(given, sample())


def test_dtypes_are_the_same_for_any_table():
    full = channel_summary(sample())
    unknown = sample().assign(evaluation_is_success=pd.array([None] * 4_000, dtype="boolean"))
    for part in (sample().iloc[:0], sample().iloc[:1], sample().iloc[:200], unknown):
        table = channel_summary(part)
        assert table.dtypes.equals(full.dtypes)
        assert table.index.equals(pd.RangeIndex(len(table)))
    assert full.dtypes[["conversations", "handoff_n", "cost_n"]].eq("int64").all()
    assert full.dtypes[["share", "cost_total", "handoff_rate"]].eq("float64").all()
    assert full.dtypes[["channel", "cost_unit", "flags", "handoff_flags"]].eq("str").all()


def test_missing_labels_come_last():
    table = channel_summary(rows(CHAT, {"platform": "x"}, CALL))
    assert table["channel"].fillna("-").tolist() == ["Webchat", "phone", "~", "-"]


def test_ten_thousand_groups_are_no_trouble():
    many = sample().iloc[np.arange(20_000) % 4_000].reset_index(drop=True)
    many = many.assign(shop=(np.arange(20_000) % 10_000).astype(str), user_id=many.index.map(str))
    table = channel_summary(many, "shop")
    assert len(table) == 10_000
    assert table["conversations"].eq(2).all()


@pytest.mark.parametrize("engine", ["polars", "lazy", "duckdb"])
def test_other_engines_give_the_same_answer(engine):
    frame = engine_frame(engine, sample())
    for by in ("channel", ["platform", "channel"]):
        assert_frame_equal(channel_summary(frame, by), channel_summary(sample(), by), rtol=1e-9)
    assert_frame_equal(country_summary(frame), country_summary(sample()))


def engine_frame(engine: str, frame: pd.DataFrame):
    import duckdb
    import polars as pl

    columns = [*DTYPES, "agent_id", "country_code"]
    table = pl.from_pandas(frame[columns])
    if engine == "polars":
        return table
    return table.lazy() if engine == "lazy" else duckdb.from_arrow(table.to_arrow())


def test_groups_may_not_be_named_like_a_column_of_the_table():
    with pytest.raises(InputError, match="share"):
        channel_summary(sample().assign(share="x"), "share")
    with pytest.raises(InputError, match="minutes"):
        channel_summary(sample().assign(minutes="x"), "minutes")


def test_missing_columns_are_named():
    with pytest.raises(MissingColumnsError, match="lacks status, cost") as raised:
        channel_summary(sample().drop(columns=["status", "cost"]))
    assert raised.value.missing == ["status", "cost"]
    with pytest.raises(MissingColumnsError, match="country_code"):
        country_summary(sample().drop(columns="country_code"))


def test_an_outcome_that_is_no_flag_is_refused():
    with pytest.raises(InputError, match="is no flag"):
        channel_summary(sample(), outcome="topic")


def test_countries_have_shares_and_namibia_is_not_missing():
    countries = pd.Series(["NA", "DE", None, "DE"] * 5, dtype="str")
    table = country_summary(rows(*[CHAT] * 20, silent=False).assign(country_code=countries))
    assert table["country_code"].fillna("?").tolist() == ["DE", "NA", "?"]
    assert table["conversations"].tolist() == [10, 5, 5]
    assert table["share"].tolist() == [0.5, 0.25, 0.25]
    assert table.columns.tolist() == ["country_code", "conversations", "share", *RATE_COLUMNS]


def test_no_countries_is_an_empty_table_of_the_same_dtypes():
    table = country_summary(sample().iloc[:0])
    assert len(table) == 0
    assert table.dtypes.equals(country_summary(sample()).dtypes)
