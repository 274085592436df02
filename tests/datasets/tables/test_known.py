"""Which column may be a feature at which moment."""

from __future__ import annotations

import pytest

from chatdash_analysis.datasets.tables.known import (
    MOMENTS,
    Asked,
    check_moments,
    moment_of,
    planned,
)
from chatdash_analysis.errors import InputError
from chatdash_analysis.schema import BY_NAME, COLUMNS

ORDER = ["start", "during", "end", "analysis", "later"]


def asked(**changes):
    options = {
        "target": "custom_booked", "at": "start", "tz": "UTC", "history": True, "text": "keep",
        "users": "user_id", "known_at": {}, "leave_out": frozenset(), "max_levels": 30,
    }  # fmt: skip
    return Asked(**{**options, **changes})


def used(columns, **changes):
    uses, _ = planned(columns, asked(**changes))
    return {use.column: use.role for use in uses}


@pytest.mark.parametrize("at", MOMENTS)
@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_no_column_of_the_schema_is_used_before_it_is_known(column, at):
    found = column.name in used(BY_NAME, at=at)
    timely = ORDER.index(column.known_at) <= ORDER.index(at)
    never = column.known_at == "later" or column.kind == "instant"
    raw = column.kind == "json" and column.name != "misunderstood_queries"
    learned = column.pii == "identifier" and at in ("start", "during")
    assert found == (timely and not (never or raw or learned or column.name == "conversation_id"))


@pytest.mark.parametrize("column", ["user_id", "user_key"])
def test_what_recognises_the_person_is_no_feature_whatever_is_said_of_it(column):
    assert used([column, "channel"], known_at={column: "start"}) == {"channel": "value"}


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_identifiers_and_free_text_are_never_used_by_their_values(column):
    role = used(BY_NAME, at="analysis").get(column.name)
    expected = {"identifier": {"presence", None}, "free_text": {"text", None}}
    assert role in expected.get(column.pii, {"value", None})


@pytest.mark.parametrize("at", MOMENTS)
def test_each_column_is_either_used_or_left_out_with_a_reason(at):
    columns = [*BY_NAME, "custom_booked", "custom_x", "metadata_plan", "mine", "user_id"]
    uses, others = planned(columns, asked(at=at))
    assert sorted([use.column for use in uses] + [left.column for left in others]) == sorted(
        columns
    )
    assert all(left.reason for left in others)


def test_dynamic_fields_have_their_moments_and_own_columns_have_none():
    columns = ["custom_x", "metadata_plan", "mine"]
    assert [moment_of(name, {}) for name in columns] == ["analysis", "end", "unknown"]
    assert used(columns, at="start") == {}
    assert used(columns, at="end") == {"metadata_plan": "value"}
    assert used(columns, at="analysis") == {"custom_x": "value", "metadata_plan": "value"}


def test_the_user_may_say_when_a_column_is_known():
    said = {"metadata_plan": "start", "mine": "start", "lead_id": "start", "channel": "end"}
    assert used([*said], known_at=said) == {
        "lead_id": "presence",
        "metadata_plan": "value",
        "mine": "value",
    }


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("evaluation_is_success", ["evaluation_reason", "custom_call_successful"]),
        ("custom_call_successful", ["evaluation_is_success", "evaluation_reason"]),
        ("topic", ["subtopic"]),
        ("duration_minutes", ["cost"]),
        ("no_answer", ["ended_reason", "interacted"]),
        ("misunderstood_count", ["misunderstood_queries"]),
        ("custom_lead_score", ["custom_lead_score__877dcab8"]),
    ],
)
def test_what_says_the_target_in_other_words_is_left_out(target, told):
    columns = [target, *told, "channel"]
    assert used(columns, target=target, at="analysis") == {"channel": "value"}


def test_free_text_is_left_out_unless_asked_for():
    columns = ["summary", "misunderstood_queries"]
    assert used(columns, at="analysis", text=None) == {}
    assert used(columns, at="analysis", text="embed") == dict.fromkeys(columns, "text")


@pytest.mark.parametrize(
    ("target", "at"), [("channel", "start"), ("record", "start"), ("no_answer", "analysis"),
                       ("interacted", "end"), ("metadata_plan", "analysis"),
                       ("interacted", "during"), ("duration_minutes", "end"),
                       ("no_answer", "end")]
)  # fmt: skip
def test_a_target_that_is_known_by_then_is_refused(target, at):
    with pytest.raises(InputError, match="needs no prediction"):
        check_moments(asked(target=target, at=at), {target})


@pytest.mark.parametrize(
    ("target", "at"), [("evaluation_is_success", "analysis"), ("no_answer", "during"),
                       ("read", "end"), ("mine", "analysis")]
)  # fmt: skip
def test_a_target_that_becomes_known_then_or_later_is_taken(target, at):
    check_moments(asked(target=target, at=at), {target})


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"at": "before"}, "at='before' is no moment"),
        ({"at": ["start"]}, "is no moment"),
        ({"known_at": {"nowhere": "start"}}, "no such column"),
        ({"known_at": {"channel": "soon"}}, "names no moment"),
        ({"known_at": {"duration_minutes": "start"}}, "known at 'end' and no earlier"),
        ({"known_at": {"custom_booked": "start"}}, "needs no prediction"),
    ],
)
def test_moments_that_cannot_be_are_refused(changes, match):
    with pytest.raises(InputError, match=match):
        check_moments(asked(**changes), {"channel", "duration_minutes", "custom_booked"})
