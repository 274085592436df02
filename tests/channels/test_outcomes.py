"""How far conversations got, stage by stage."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from chatdash_analysis.channels.outcomes import outcome_stages
from chatdash_analysis.errors import IncompleteError, InputError, MissingColumnsError
from chatdash_analysis.rates import RATE_COLUMNS
from chatdash_analysis.sandbox.sample import Sample
from tests.channels.stage_rows import CALL, CHAT, FAULT, rows, sample

COUNTS = ["n", "successes", "unknown", "excluded"]


def counts(*given: dict, **options: object) -> dict[str, list[int]]:
    """Counts of the stages of the platform of the first conversation."""
    table = outcome_stages(rows(*given), **options)
    table = table[table["platform"] == given[0]["platform"]].set_index("stage")
    return {stage: table.loc[stage, COUNTS].tolist() for stage in table.index}


def reached(**given: object) -> str:
    n, successes, unknown, _ = counts(CALL | given)["reached"]
    return "unknown" if unknown else "yes" if successes else "no" if n else "nowhere"


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"interacted": True}, "yes"),
        ({"interacted": False}, "no"),
        ({"interacted": True, "no_answer": True}, "no"),
        ({"interacted": True, "no_answer": False}, "yes"),
        ({"interacted": True, "ended_reason": "voicemail"}, "no"),
        ({"interacted": True, "ended_reason": "customer-did-not-answer"}, "no"),
        ({"interacted": True, "ended_reason": "vonage-rejected"}, "no"),
        ({"interacted": True, "ended_reason": "some new reason"}, "yes"),
        ({"interacted": True, "ended_reason": None}, "yes"),
        ({"interacted": False, "ended_reason": FAULT}, "yes"),
        ({"no_answer": True, "ended_reason": FAULT}, "yes"),
        ({"no_answer": False, "ended_reason": None}, "yes"),
        ({}, "yes"),
        ({"ended_reason": None}, "unknown"),
        ({"ended_reason": "some new reason"}, "unknown"),
        ({"channel": "chat"}, "unknown"),
        ({"channel": "chat", "interacted": True}, "yes"),
    ],
)
def test_what_counts_as_reached(given, answer):
    assert reached(**given) == answer


def test_faults_are_told_by_the_reason_among_those_reached():
    calls = [
        CALL | {"interacted": True},
        CALL | {"interacted": True, "ended_reason": FAULT},
        CALL | {"interacted": True, "ended_reason": None},
        CALL | {"interacted": True, "ended_reason": "some new reason"},
        CALL | {"interacted": False},
    ]
    assert counts(*calls)["no_fault"] == [2, 1, 2, 1]


def test_success_is_asked_of_those_reached_without_a_known_fault():
    calls = [
        CALL | {"interacted": True, "evaluation_is_success": True},
        CALL | {"interacted": True, "evaluation_is_success": False},
        CALL | {"interacted": True},
        CALL | {"interacted": True, "ended_reason": FAULT, "evaluation_is_success": False},
        CALL | {"interacted": True, "ended_reason": None, "evaluation_is_success": True},
        CALL | {"interacted": False},
    ]
    found = counts(*calls)
    assert found["success"] == [3, 2, 1, 2]
    assert found["overall"] == [5, 2, 1, 0]


def test_chats_have_no_stage_of_faults():
    chats = [CHAT | {"interacted": True, "evaluation_is_success": x} for x in (True, False)] * 10
    table = outcome_stages(rows(*chats, CHAT | {"interacted": False}))
    table = table[table["platform"] == "botpress"].set_index("stage")
    assert table.loc["no_fault", [*COUNTS, "flags"]].tolist() == [0, 0, 0, 21, "not_recorded"]
    assert np.isnan(table.loc["no_fault", "rate"])
    assert table.loc["overall", "rate"] == pytest.approx(10 / 21)


def test_chats_count_as_sound_beside_calls_of_the_same_platform():
    given = [CALL | {"interacted": True}, CALL | {"interacted": True, "ended_reason": FAULT}]
    chat = {"platform": "vapi", "channel": "chat", "interacted": True}
    assert counts(*given, chat)["no_fault"] == [3, 2, 0, 0]


def test_the_three_rates_multiply_to_the_share_of_successes_where_all_is_known():
    known = sample().dropna(subset=["evaluation_is_success"])
    unreached = sample()[~sample()["interacted"]]
    calls = pd.concat([known[known["ended_reason"].notna()], unreached])
    calls = calls[calls["platform"].isin(["retell", "vapi", "elevenlabs"])]
    table = outcome_stages(calls).set_index(["platform", "stage"])
    for platform, part in calls.groupby("platform"):
        share = part["evaluation_is_success"].fillna(value=False).mean()
        rates = table.loc[platform, "rate"]
        assert rates["overall"] == pytest.approx(share)
        assert rates.drop("overall").prod() == pytest.approx(share)


def test_missing_verdicts_do_not_lower_the_product():
    judged = [CALL | {"interacted": True, "evaluation_is_success": True}] * 20
    unknown, silent = [CALL | {"interacted": True}] * 20, [CALL | {"interacted": False}] * 40
    table = outcome_stages(rows(*judged, *unknown, *silent))
    overall = table[(table["platform"] == "vapi") & (table["stage"] == "overall")].iloc[0]
    assert overall[COUNTS].tolist() == [60, 20, 20, 0]
    assert overall["rate"] == pytest.approx(0.5)
    assert overall["low"] < 0.5 < overall["high"]


def test_nobody_reached_is_a_product_of_zero():
    table = outcome_stages(rows(*[CALL | {"interacted": False}] * 30)).set_index("stage")
    overall = table.loc["overall"].iloc[0]
    assert (overall["rate"], overall["low"]) == (0, 0)
    assert 0.05 < overall["high"] < 0.2


def test_without_verdicts_there_is_no_product():
    table = outcome_stages(rows(*[CALL | {"interacted": True}] * 30)).set_index("stage")
    overall = table.loc["overall"].iloc[0]
    assert np.isnan(overall["rate"])
    assert overall["flags"] == "no_known"


def test_reasons_that_are_all_unknown_leave_no_product():
    calls = [CALL | {"interacted": True, "evaluation_is_success": True, "ended_reason": None}] * 30
    table = outcome_stages(rows(*calls)).set_index("stage")
    assert table.loc["no_fault", "unknown"].iloc[0] == 30
    assert np.isnan(table.loc["overall", "rate"].iloc[0])


def test_small_stages_show_no_product():
    calls = [CALL | {"interacted": True, "evaluation_is_success": True}] * 9
    calls += [CALL | {"interacted": True}] * 20
    overall = outcome_stages(rows(*calls)).iloc[3]
    assert overall["stage"] == "overall"
    assert (overall["n"], overall["flags"]) == (9, "small_n")
    assert np.isnan(overall["rate"])
    assert outcome_stages(rows(*calls), min_n=9).iloc[3]["rate"] == 1


def test_the_user_decides_what_a_reason_means():
    call = CALL | {"interacted": True, "ended_reason": "silence-timed-out"}
    assert counts(call)["reached"][1] == 1
    assert counts(call, families={"silence-timed-out": "no_answer"})["reached"][1] == 0
    assert counts(call, families={"silence-timed-out": "error_config"})["no_fault"][:2] == [1, 0]


def test_platforms_are_never_pooled():
    table = outcome_stages(sample(), "channel")
    assert table.columns[:3].tolist() == ["platform", "channel", "stage"]
    assert table.groupby(["platform", "channel"]).size().eq(4).all()


def test_custom_outcomes_leave_out_agents_without_the_field():
    table = outcome_stages(sample(), outcome="custom_room_booked").set_index(["platform", "stage"])
    assert table.loc[("elevenlabs", "success"), "n"] > 0
    assert table.loc[("retell", "success"), ["n", "unknown"]].tolist() == [0, 0]


def test_reach_needs_the_conversations_without_interaction():
    talked = sample()[sample()["interacted"]]
    with pytest.raises(IncompleteError, match="outcome_stages asks who was reached"):
        outcome_stages(talked)


def test_what_cannot_be_used_is_refused():
    with pytest.raises(InputError, match="takes a pandas DataFrame, not a list"):
        outcome_stages([])
    with pytest.raises(MissingColumnsError, match="ended_reason"):
        outcome_stages(sample().drop(columns="ended_reason"))
    with pytest.raises(InputError, match="is no flag"):
        outcome_stages(sample(), outcome="topic")
    with pytest.raises(InputError, match="column stage of its own"):
        outcome_stages(sample().assign(stage="x"), "stage")


def test_reach_of_the_sample_is_found():
    truth = Sample(size=4_000, seed=0).truth()
    before = sample()[sample()["created_at"] < truth.change_at]
    table = outcome_stages(before, ["platform", "channel"])
    table = table[table["stage"] == "reached"].groupby("channel")[["n", "successes"]].sum()
    for channel, rate in truth.reached_by_channel(changed=False).items():
        n, successes = table.loc[channel]
        assert abs(successes / n - rate) < 3.3 * np.sqrt(rate * (1 - rate) / n)


def test_the_order_of_the_rows_makes_no_difference_and_the_table_stays():
    given = sample().copy(deep=True)
    shuffled = sample().sample(frac=1, random_state=3)
    assert_frame_equal(outcome_stages(shuffled), outcome_stages(given), check_exact=True)
    assert_frame_equal(given, sample())


def test_dtypes_are_the_same_for_any_table():
    full = outcome_stages(sample())
    silent = sample()[~sample()["interacted"]]
    unknown = sample().assign(evaluation_is_success=pd.array([None] * 4_000, dtype="boolean"))
    for part in (sample().iloc[:0], silent.iloc[:1], silent, unknown):
        table = outcome_stages(part)
        assert table.dtypes.equals(full.dtypes)
        assert table.index.equals(pd.RangeIndex(len(table)))


def test_columns_of_the_stages_are_those_of_every_table_of_rates():
    table = outcome_stages(sample())
    assert table.columns.tolist() == ["platform", "stage", *RATE_COLUMNS]
    assert table["stage"].tolist()[:4] == ["reached", "no_fault", "success", "overall"]
    assert (
        (table["n"] + table["unknown"] + table["excluded"])
        .groupby(table["platform"])
        .nunique()
        .eq(1)
        .all()
    )
