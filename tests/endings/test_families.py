"""Families and fault sides of ended reasons."""

from __future__ import annotations

from importlib.resources import files

import pandas as pd
import pytest

from chatdash_analysis.endings.families import FAULTS, NOT_REACHED, ended_reason_families, endings
from chatdash_analysis.errors import InputError, MissingColumnsError

IN_PROGRESS = "call.in-progress.error"


def calls(*rows: tuple[str | None, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["platform", "ended_reason"], dtype="str")


def of(platform: str | None, reason: str | None, families: object = None) -> list[str | None]:
    ended = endings(calls((platform, reason)), families)
    return ended.astype(object).where(ended.notna(), None).iloc[0].tolist()


def test_the_shipped_table_has_every_reason_once_and_no_blank():
    table = ended_reason_families()
    assert len(table) == 615
    assert not table.duplicated(["platform", "reason"]).any()
    assert (table != "").all(axis=None)
    assert table.notna().all(axis=None)
    assert table.dtypes.eq("str").all()
    assert table.groupby("platform").size().to_dict() == {
        "elevenlabs": 10,
        "retell": 34,
        "vapi": 571,
    }


def test_fault_sides_are_the_documented_ones():
    assert set(ended_reason_families()["fault_side"]) == {
        "assistant",
        "carrier",
        "configuration",
        "customer",
        "human",
        "platform",
        "provider",
        "unknown",
    }


def test_the_families_that_decide_the_stages_are_families_of_the_table():
    assert set(ended_reason_families()["family"]) >= FAULTS | NOT_REACHED


def test_the_data_is_in_the_package():
    assert files("chatdash_analysis.endings").joinpath("ended_reason_family.csv").is_file()


@pytest.mark.parametrize(
    ("platform", "reason", "family", "side"),
    [
        ("retell", "user_hangup", "customer_hangup", "customer"),
        ("retell", "agent_hangup", "agent_hangup", "assistant"),
        ("retell", "dial_no_answer", "no_answer", "customer"),
        ("retell", "dial_failed", "dial_failed", "carrier"),
        ("retell", "concurrency_limit_reached", "account_limit", "configuration"),
        ("retell", "error_retell", "error_platform", "platform"),
        ("retell", "error_unknown", "error_other", "unknown"),
        ("retell", "call_transfer", "transferred", "human"),
        ("vapi", f"{IN_PROGRESS}-providerfault-openai-llm-failed", "error_provider", "provider"),
        ("vapi", "pipeline-error-openai-401-incorrect-api-key", "error_config", "configuration"),
        ("vapi", "pipeline-error-openai-429-exceeded-quota", "error_quota", "configuration"),
        ("elevenlabs", "end_call tool was called.", "agent_hangup", "assistant"),
    ],
)  # fmt: skip
def test_reasons_of_the_platforms(platform, reason, family, side):
    assert of(platform, reason) == [family, side]


def test_what_vapi_calls_its_own_fault_lies_with_the_platform_in_every_family():
    own = ended_reason_families().loc[lambda t: t["reason"].str.contains("vapifault")]
    assert len(own) > 100
    assert set(own["fault_side"]) == {"platform"}


def test_case_spaces_and_the_full_stop_make_no_difference():
    for spelling in (
        "End_Call tool was called.",
        "  end_call   tool was\tcalled",
        "END_CALL TOOL WAS CALLED. ",
    ):
        assert of("elevenlabs", spelling) == ["agent_hangup", "assistant"]


def test_unknown_words_are_unknown_and_no_words_are_missing():
    assert of("retell", "a reason of tomorrow") == ["unknown", "unknown"]
    assert of("retell", None) == [None, None]


def test_a_reason_is_known_without_its_platform():
    assert of(None, "dial_busy") == ["busy", "customer"]
    assert of("custom", "dial_busy") == ["busy", "customer"]


def test_a_mapping_goes_before_the_shipped_table_and_leaves_the_rest():
    families = {"inactivity": "no_answer", ("vapi", "voicemail"): "answered by a machine"}
    assert of("retell", "inactivity", families) == ["no_answer", "customer"]
    assert of("vapi", "voicemail", families) == ["answered by a machine", "unknown"]
    assert of("retell", "voicemail_reached", families) == ["voicemail", "customer"]


def test_a_reason_given_for_one_platform_leaves_the_others():
    families = {("vapi", "inactivity timeout"): "no_answer"}
    assert of("elevenlabs", "Inactivity timeout", families) == ["inactivity", "customer"]
    assert of("vapi", "Inactivity timeout", families) == ["no_answer", "customer"]


def test_a_table_may_say_the_fault_side_too():
    families = pd.DataFrame(
        {"reason": ["dial_busy"], "family": ["busy"], "fault_side": ["carrier"]}, dtype="str"
    )
    assert of("retell", "dial_busy", families) == ["busy", "carrier"]


def test_the_returned_table_can_be_changed_and_passed_back():
    families = ended_reason_families()
    families.loc[families["reason"] == "ivr_reached", "family"] = "menu"
    assert of("retell", "ivr_reached", families) == ["menu", "customer"]
    assert of("retell", "ivr_reached") == ["ivr", "customer"]


def test_families_are_refused_with_advice():
    with pytest.raises(InputError, match="ended_reason_families"):
        endings(calls(), ["voicemail"])
    with pytest.raises(InputError, match="pair of platform and reason"):
        endings(calls(), {("vapi", "voicemail", "x"): "no_answer"})
    with pytest.raises(InputError, match="are texts, got 'voicemail' and 3"):
        endings(calls(), {"voicemail": 3})
    with pytest.raises(MissingColumnsError, match="family"):
        endings(calls(), pd.DataFrame({"reason": ["voicemail"]}))


def test_answers_follow_the_order_of_the_rows():
    rows = [("retell", "user_hangup"), (None, None), ("vapi", "voicemail"), ("retell", "x")] * 3
    shuffled = rows[5:] + rows[:5]
    straight = endings(calls(*rows))["ended_family"].tolist()
    assert endings(calls(*shuffled))["ended_family"].tolist() == straight[5:] + straight[:5]


@pytest.mark.parametrize("rows", [[], [(None, None)], [("vapi", "voicemail")]])
def test_dtypes_are_the_same_for_any_table(rows):
    ended = endings(calls(*rows))
    assert ended.dtypes.to_dict() == {"ended_family": "str", "fault_side": "str"}
    assert ended.index.equals(pd.RangeIndex(len(rows)))
