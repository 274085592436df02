"""Tests of chatdash_analysis.privacy.guarding: what is done to rows before they are kept."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest
from hypothesis import given, settings

from chatdash_analysis.errors import InputError
from chatdash_analysis.flattening.columns import BASE, dynamic_paths
from chatdash_analysis.loading.parsing import parse_conversations
from chatdash_analysis.privacy.guarding import Guard, guard_of
from chatdash_analysis.privacy.policy import PseudonymPolicy
from chatdash_analysis.schema import COLUMNS
from tests.strategies import conversation_bytes

POLICY = PseudonymPolicy(secret="correct horse battery staple")
PERSONAL = [c.name for c in COLUMNS if c.pii and c.name != "custom_analysis"]


def parsed(*rows):
    return parse_conversations(io.BytesIO(json.dumps(rows).encode())).table


def test_drop_leaves_flags_numbers_and_verdicts_of_the_fields_and_no_text() -> None:
    analysis = {
        "booked": "Yes", "plan": "silver", "score": 4.5, "ticket": 10421134, "phone": 12345,
        "email": {"value": "z@x.de", "rationale": "said", "json_schema": {"type": "string"}},
        "solved": {"result": "success", "criteria_id": "solved", "rationale": "by the rules"},
        "6f0c2e3a-1b7d-4c58-9a21-5d0e7b3f1a01": {"name": "Is New", "result": True},
        "z@x.de": True, "tags": ["a", 1, "no"], "lead": None,
    }  # fmt: skip
    row = {"_id": "c", "agentId": "a", "name": "Zoe", "metadata": {"n": 1}, "summary": "Zoe",
           "mistunderstoodQueries": [{"question": "a?"}, {"question": "b?"}], "topic": "T",
           "customAnalysis": analysis, "oddProperty": 5}  # fmt: skip
    table = Guard(None)(parsed(row))
    assert all(table[name].null_count == 1 for name in PERSONAL)
    assert table["misunderstood_count"].to_pylist() == [2]
    assert table["topic"].to_pylist() == ["T"]
    kept = {name: table[name].to_pylist()[0] for name in dynamic_paths(table).values()}
    assert kept == {
        "custom_booked": "Yes", "custom_score": 4.5, "custom_solved_result": "success",
        "custom_is_new": True, "custom_email": True, "custom_tags": '[null,1,"no"]',
    }  # fmt: skip
    assert "z@x" not in str(table.to_pylist()) + str(table.schema)


def test_a_policy_may_keep_drop_and_name_fields_while_loading() -> None:
    policy = PseudonymPolicy(
        secret="correct horse battery staple",
        keep=["custom_due"],
        drop=["custom_diet", "ended_at", "topic"],
        identifiers=["metadata_ref"],
    )
    row = {"_id": "c", "topic": "T", "endedAt": "2026-01-01T00:00:00Z", "metadata": {"ref": 5},
           "customAnalysis": {"due": "2026-03-01", "diet": "vegan"}}  # fmt: skip
    table = guard_of(policy)(parsed(row))
    assert table["custom_due"].to_pylist() == ["2026-03-01"]
    assert "custom_diet" not in table.column_names
    assert table["topic"].null_count == table["ended_at"].null_count == 1
    assert json.loads(table["metadata"][0].as_py())["ref"].startswith("id:")


@settings(max_examples=40, deadline=None)
@given(conversation_bytes())
def test_any_answer_is_guarded_and_keeps_its_rows_and_types(body) -> None:
    table = parse_conversations(io.BytesIO(body)).table
    for guard in (Guard(None), Guard(POLICY)):
        guarded = guard(table)
        assert len(guarded) == len(table)
        assert guarded.schema.names[: len(BASE)] == BASE.names
        assert all(guarded.schema.field(name).type == BASE.field(name).type for name in BASE.names)
        assert guarded["conversation_id"].equals(table["conversation_id"])
        for name in ("custom_analysis", "metadata", "other_properties", "misunderstood_queries"):
            for text in guarded[name].drop_null().to_pylist():
                json.loads(text)


def test_the_choices_have_labels_and_descriptions() -> None:
    assert guard_of("keep") is None
    assert (guard_of("drop").label, guard_of("drop").describe()) == ("drop", {"pii": "drop"})
    assert guard_of(POLICY).label == POLICY.label
    for odd in ("Drop", "", None, ("drop",), "correct horse battery staple"):
        with pytest.raises(InputError, match="give 'keep', 'drop' or PseudonymPolicy") as caught:
            guard_of(odd)
        assert "horse" not in str(caught.value)


def test_what_a_description_of_a_table_suspects_is_what_may_still_name_people() -> None:
    frame = pd.DataFrame({"campaign_id": ["zoe@x.de"], "custom_who": ["Zoe Quill"], "note": [None]})
    assert guard_of("drop").describe(frame)["suspected"] == ["campaign_id", "custom_who"]
    assert guard_of("drop").describe(frame[["note"]]) == {"pii": "drop"}


@pytest.mark.parametrize("pii", ["drop", POLICY])
def test_labels_lose_contacts_and_stay_otherwise(pii) -> None:
    rows = [
        {
            "_id": "c",
            "topic": "Opening hours",
            "subtopic": "z@x.de wrote",
            "endedReason": "dial_busy",
        },
        {"_id": "d", "topic": "call 0171 2345678", "subtopic": None, "endedReason": "error 500"},
    ]
    table = guard_of(pii)(parsed(*rows))
    assert table["topic"].to_pylist() == ["Opening hours", "call [phone]"]
    assert table["subtopic"].to_pylist() == ["[email] wrote", None]
    assert table["ended_reason"].to_pylist() == ["dial_busy", "error 500"]


@pytest.mark.parametrize("pii", ["drop", POLICY])
def test_a_name_beside_a_contact_goes_from_labels_by_every_choice(pii) -> None:
    row = {"_id": "c", "name": "Zoe Quill", "topic": "Zoe Quill 0171 2345678"}
    table = guard_of(pii)(parsed(row))
    assert table["topic"].to_pylist() == ["[name] [phone]"]
