"""Which columns are looked at, and what is said of them."""

from __future__ import annotations

import pandas as pd
import pytest

from chatdash_analysis.driving.choosing import fields_of, known_at
from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.schema import BY_NAME

_ALL = [*BY_NAME, "user_id", "custom_x", "custom_call_successful", "metadata_plan", "mine", 7]


def _fields(fields=None, *, columns=_ALL, outcome="evaluation_is_success", later=False):
    frame = pd.DataFrame(
        "held", index=[0], columns=[*columns, *({"custom_x", outcome} - {*columns})]
    )
    return fields_of(
        frame, fields, outcome=outcome, taken=["agent_id", "user_id"], include_later=later,
        use="drivers",
    )  # fmt: skip


def test_identifiers_free_text_and_the_outcome_are_no_fields_by_default():
    names = {field.name for field in _fields(later=True)}
    assert {"custom_x", "metadata_plan", "channel", "topic", "read"} <= names
    assert not {name for name in names if name in BY_NAME and BY_NAME[name].pii}
    assert not names & {"evaluation_is_success", "conversation_id", "agent_id", "user_id", "mine"}


def test_fields_that_hold_nothing_are_those_of_other_agents_and_left_out_by_default():
    frame = pd.DataFrame({"evaluation_is_success": [True], "custom_x": [None], "custom_y": [1.0]})
    options = {
        "outcome": "evaluation_is_success",
        "taken": [],
        "include_later": False,
        "use": "drivers",
    }
    assert [field.name for field in fields_of(frame, None, **options)] == ["custom_y"]
    assert [field.name for field in fields_of(frame, "custom_x", **options)] == ["custom_x"]


def test_moments_are_those_of_the_column_table():
    assert [known_at(name) for name in ("channel", "custom_x", "metadata_x", "mine")] == [
        "start", "analysis", "end", None,
    ]  # fmt: skip


def test_what_is_known_after_the_outcome_is_left_out_unless_it_is_asked_for():
    assert "read" not in {field.name for field in _fields()}
    late = [field.name for field in _fields(later=True) if field.after_outcome]
    assert late == ["read"]
    early = {field.name for field in _fields(outcome="metadata_won")}
    assert "metadata_plan" in early
    assert not {"custom_x", "topic"} & early
    (asked,) = _fields("custom_x", outcome="metadata_won")
    assert asked.after_outcome


@pytest.mark.parametrize(
    ("name", "outcome", "restates"),
    [
        ("custom_call_successful", "evaluation_is_success", True),
        ("custom_solved_result", "evaluation_is_success", True),
        ("custom_success_evaluation", "evaluation_is_success", True),
        ("custom_appointment_booked", "evaluation_is_success", False),
        ("duration_minutes", "evaluation_is_success", True),
        ("ended_reason", "evaluation_is_success", True),
        ("duration_minutes", "custom_booked", False),
        ("topic", "evaluation_is_success", False),
        ("custom_appointment_booked__fcd55ffe", "custom_appointment_booked", True),
        ("custom_booked", "custom_appointment_booked", False),
    ],
)
def test_names_tell_what_restates_the_outcome(name, outcome, restates):
    (field,) = _fields(name, columns=[name], outcome=outcome)
    assert field.restates is restates


def test_fields_are_sorted_and_named_once():
    assert [field.name for field in _fields(["topic", "custom_x", "topic"])] == [
        "custom_x", "topic",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ([], "names no column"),
        ("evaluation_is_success", "is the outcome"),
        ("user_id", "the one of people"),
        ("phone", "names people"),
        ("summary", "names people"),
        ("conversation_id", "names people"),
        (7, "7 is no name"),
        (["topic", None], "None is no name"),
    ],
)
def test_what_can_go_with_nothing_is_refused(fields, message):
    with pytest.raises(InputError, match=message):
        _fields(fields)


def test_a_field_that_is_not_there_is_named():
    with pytest.raises(MissingColumnsError, match="lacks custom_y"):
        _fields("custom_y")


@pytest.mark.parametrize(
    ("name", "personal"),
    [
        ("custom_caller_name", True),
        ("custom_name", True),
        ("metadata_retell_first_name", True),
        ("custom_email", True),
        ("custom_contact_e_mail_address", True),
        ("custom_phone_number", True),
        ("custom_plan_name", False),
        ("custom_voicemail", False),
        ("channel", False),
    ],
)
def test_names_tell_which_texts_name_people(name, personal):
    (field,) = _fields(name, columns=[name])
    assert field.personal is personal
