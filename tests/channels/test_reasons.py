"""Why calls ended, platform by platform."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import chatdash_analysis as cda
from chatdash_analysis.channels.reasons import ended_reasons
from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.rates import RATE_COLUMNS
from chatdash_analysis.sandbox.sample import Sample

DTYPES = {
    "platform": "str",
    "channel": "str",
    "ended_reason": "str",
    "interacted": "boolean",
    "user_id": "str",
}


def calls(platform: str, *reasons: str | None, channel: str = "phone") -> pd.DataFrame:
    frame = pd.DataFrame({"ended_reason": reasons}, columns=list(DTYPES)).astype(DTYPES)
    users = [f"{platform}-{place}" for place in range(len(frame))]
    return frame.assign(platform=platform, channel=channel, user_id=users).astype(DTYPES)


@cache
def sample() -> pd.DataFrame:
    return cda.load_sample(4_000).assign(user_id=lambda c: c["lead_id"])


def test_platforms_are_told_apart_and_share_their_words():
    frame = pd.concat(
        [calls("retell", "dial_busy", "user_hangup"), calls("vapi", "customer-busy", "voicemail")]
    )
    table = ended_reasons(frame)
    columns = ["platform", "ended_family", "fault_side", "reasons", "conversations", "share"]
    assert table[columns].to_numpy().tolist() == [
        ["retell", "busy", "customer", "dial_busy", 1, 0.5],
        ["retell", "customer_hangup", "customer", "user_hangup", 1, 0.5],
        ["vapi", "busy", "customer", "customer-busy", 1, 0.5],
        ["vapi", "voicemail", "customer", "voicemail", 1, 0.5],
    ]


def test_a_family_has_a_row_for_each_side_that_is_at_fault():
    own = "call.in-progress.error-vapifault-openai-429-exceeded-quota"
    keys = "pipeline-error-openai-429-exceeded-quota"
    table = ended_reasons(calls("vapi", own, keys, keys))
    assert table[["ended_family", "fault_side", "conversations"]].to_numpy().tolist() == [
        ["error_quota", "configuration", 2],
        ["error_quota", "platform", 1],
    ]


def test_the_commonest_words_come_first_and_ties_in_order():
    words = ["dial_no_answer"] * 3 + ["user_declined"] * 4 + ["registered_call_timeout"] * 3
    table = ended_reasons(calls("retell", *words, "error_user_not_joined"))
    assert table["reasons"].tolist() == ["user_declined, dial_no_answer, registered_call_timeout"]


def test_calls_without_reason_are_unknown_and_chats_excluded():
    frame = pd.concat([
        calls("retell", "user_hangup", None, None, "something new"),
        calls("retell", None, channel="sms"),
        calls("botpress", None, channel="WhatsApp"),
    ])  # fmt: skip
    table = ended_reasons(frame, min_n=2).set_index("ended_family")
    assert table["platform"].unique().tolist() == ["retell"]
    assert table.index.tolist() == ["customer_hangup", "unknown"]
    assert table.loc["unknown", ["n", "successes", "unknown", "excluded"]].tolist() == [2, 1, 2, 1]
    assert table.loc["unknown", "reasons"] == "something new"
    assert table["rate"].tolist() == [0.5, 0.5]
    assert table["share"].tolist() == [0.2, 0.2]


def test_intervals_are_those_of_rates_by_people():
    told = sample()[sample()["ended_reason"].notna()]
    table = ended_reasons(sample()).set_index(["platform", "ended_family", "fault_side"])
    families = {"transferred": ["call_transfer", "assistant-forwarded-call"]}
    flags = told["ended_reason"].isin(families["transferred"]).astype("boolean")
    rates = cda.rates_by(told.assign(was_transferred=flags), "platform", outcome="was_transferred")
    expected = rates.set_index("platform")[["n", "successes", "users", "rate", "low", "high"]]
    for platform in ("retell", "vapi"):
        found = table.loc[(platform, "transferred", "human"), expected.columns]
        assert found.tolist() == pytest.approx(expected.loc[platform].tolist())


def test_rates_of_a_platform_sum_to_one():
    table = ended_reasons(sample())
    assert table.groupby("platform")["rate"].sum().tolist() == pytest.approx([1, 1, 1])
    assert (
        table.groupby("platform")["conversations"].sum().tolist()
        == table.groupby("platform")["n"].first().tolist()
    )


def test_the_outage_of_the_sample_lies_with_the_provider():
    outage = Sample(size=20_000, seed=0).truth().outage
    frame = cda.load_sample(20_000)
    inside = frame["created_at"].ge(outage.start) & frame["created_at"].lt(outage.end)
    during = frame[inside & (frame["agent_id"] == outage.agent_id)]
    table = ended_reasons(during, "agent_id", users="lead_id").set_index("ended_family")
    assert table.columns[:2].tolist() == ["platform", "agent_id"]
    assert table["conversations"].idxmax() == "error_provider"
    assert table.loc["error_provider", "fault_side"] == "provider"
    usual = ended_reasons(frame[~inside], users="lead_id").set_index(["platform", "ended_family"])
    assert usual.loc[("vapi", "error_provider"), "high"] < table.loc["error_provider", "low"]


def test_groups_of_few_reasons_show_counts_but_no_rate():
    frame = calls("retell", *["user_hangup"] * 8, "dial_busy", None)
    table = ended_reasons(frame)
    assert table[["rate", "low", "high"]].isna().all(axis=None)
    assert table["flags"].str.contains("small_n").all()
    assert table["n"].tolist() == [9, 9]
    shown = ended_reasons(frame, min_n=9).set_index("ended_family")
    assert shown.loc["customer_hangup", "rate"] == 8 / 9
    assert not shown["flags"].str.contains("small_n").any()
    with pytest.raises(InputError, match="min_n=-1"):
        ended_reasons(frame, min_n=-1)


def test_families_of_the_user_go_first():
    table = ended_reasons(calls("retell", "inactivity"), families={"inactivity": "quiet"})
    assert table[["ended_family", "fault_side"]].to_numpy().tolist() == [["quiet", "unknown"]]


def test_calls_that_reached_nobody_are_missed_if_they_were_not_loaded():
    assert ended_reasons(sample())["flags"].str.contains("reach_not_loaded").sum() == 0
    talked = sample()[sample()["interacted"]]
    assert ended_reasons(talked)["flags"].str.contains("reach_not_loaded").all()


def test_the_order_of_the_rows_makes_no_difference_and_the_table_stays():
    given = sample().copy(deep=True)
    shuffled = sample().sample(frac=1, random_state=4)
    assert_frame_equal(ended_reasons(shuffled), ended_reasons(given), check_exact=True)
    assert_frame_equal(given, sample())


def test_dtypes_are_the_same_for_any_table():
    full = ended_reasons(sample())
    columns = ["ended_family", "fault_side", "reasons", "conversations", "share", *RATE_COLUMNS]
    assert full.columns.tolist() == ["platform", *columns]
    chats = sample()[sample()["ended_reason"].isna()]
    for part in (sample().iloc[:0], sample().iloc[:1], chats, calls("vapi", "voicemail")):
        table = ended_reasons(part)
        assert table.dtypes.equals(full.dtypes)
        assert table.index.equals(pd.RangeIndex(len(table)))
    assert len(ended_reasons(chats)) == 0


def test_ten_thousand_unknown_texts_are_one_row():
    table = ended_reasons(calls("vapi", *(f"new-{place}" for place in np.arange(10_000))))
    assert table[["ended_family", "conversations"]].to_numpy().tolist() == [["unknown", 10_000]]
    assert table["reasons"].tolist() == ["new-0, new-1, new-10"]


def test_what_cannot_be_used_is_refused():
    with pytest.raises(MissingColumnsError, match="ended_reason"):
        ended_reasons(sample().drop(columns="ended_reason"))
    with pytest.raises(InputError, match="takes a pandas DataFrame"):
        ended_reasons("conversations")
    with pytest.raises(InputError, match="families"):
        ended_reasons(sample(), families=[])
    with pytest.raises(InputError, match="column reasons of its own"):
        ended_reasons(sample().assign(reasons="x"), "reasons")
