"""Tests of chatdash_analysis.text.person_fields."""

from __future__ import annotations

import pandas as pd
import pytest

from chatdash_analysis.text.known import known_texts
from chatdash_analysis.text.person_fields import (
    inner_field,
    label_member,
    person_field,
    role_names,
)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("name", "name|callerName|caller_name|customer's full name|FIRST NAME|lastName|Vorname"),
        ("name", "patient.surname|customerfirstname|name of caller|nombre|guests name"),
        ("email", "email|E-Mail|customer_email|emailAddress|mail|contact e-mail address|Email 2"),
        ("phone", "phone|Phone Number|callback_number|from_number|to number|Telefon|mobile"),
        ("phone", "customerPhone|caller_id|waId|phone no. 2|callbackPhoneNumber"),
        ("user", "userId|user_id|customerID|patient id|memberId|external id|visitor-id"),
        ("lead", "leadId|lead_id"),
        ("call", "call_id|platformId|thread id"),
        ("address", "address|street|home address|zip code|postal_code|PLZ|address line 2"),
        ("birth", "dob|date_of_birth|birthday|birthDate|Geburtsdatum"),
        ("document", "SSN|passport number|policy_number|account number|IBAN|card number"),
        ("ip", "ip|ip_address|ipAddress|client ip"),
        ("handle", "instagram|twitter handle|insta_username"),
        ("place", "latitude|lng|coordinates"),
        ("", "plan name|agent name|company_name|product|email sent|phone_type|followUp.method"),
        ("", "order number|score|agentShift|Lead Score|appointment booked|agent_id|campaign_id"),
        ("", "clinic_id|filename|number|a|7|_|mailing|contact reason|caller intent|rating"),
    ],
)  # fmt: skip
def test_fields_are_told_by_what_they_are_called(kind, fields) -> None:
    assert {field: person_field(field) for field in fields.split("|")} == dict.fromkeys(
        fields.split("|"), kind
    )


def test_a_member_of_a_persons_field_is_of_the_person_too() -> None:
    assert inner_field("customer email", "value") == "customer email"
    assert inner_field("email", "rationale") == "rationale"
    assert inner_field("x", "y", bool) == "y"


@pytest.mark.parametrize(
    ("value", "member"),
    [
        ({"name": "Booked", "result": True}, "name"),
        ({"key": "email", "value": "x"}, "key"),
        ({"name": "", "key": "k", "value": 1}, "key"),
        ({"name": "Ben", "age": 5}, ""),
        ({"name": 5, "result": 1}, ""),
        ({}, ""),
    ],
)
def test_a_label_is_what_says_what_a_value_is(value, member) -> None:
    assert label_member(value) == member


def test_names_are_known_by_labels_and_inside_fields_of_names_and_labels_are_none() -> None:
    frame = pd.DataFrame({
        "custom_analysis": ['{"u": {"name": "Caller Name", "result": "Zoe"}}',
                            '{"u": {"name": "Appointment Booked", "result": "yes"}}'],
        "other_properties": ['{"name": {"first": "Kim"}}', None],
        "metadata_user_name": ["Ann", None],
    })  # fmt: skip
    known = known_texts(frame)
    assert sorted(known[0]) == ["Ann", "Kim", "Zoe"]
    assert known[1] == []


ROLES = (
    "customer|caller|patient|kunde|client|guest|contact|contact_person|owner|tenant|member|user"
    "|anrufer|gast|spouse|employee|contactPerson|Guests|patient 2|contact_first|guest_full"
)


@pytest.mark.parametrize("field", ROLES.split("|"))
def test_a_field_called_after_a_person_holds_names_where_they_look_so(field) -> None:
    names = ("Quinn Smith", "Zoe", "Ella Quux", "Ludwig van Beethoven", "Smith, J.", "Jo O'Brien",
             "Dr. Ana-Mar\u00eda L\u00f3pez", "\u738b\u82b3", "QUINN SMITH")  # fmt: skip
    others = ("new", "returning", "New", "Returning Customer", "New Patient", "VIP", "", "7",
              "Quinn 5", "wants to book", "The customer asked about the price of it")  # fmt: skip
    assert [text for text in names if not role_names(field, text)] == []
    assert [text for text in others if role_names(field, text)] == []


def test_other_fields_do_not_and_longer_ones_need_two_words() -> None:
    for field in ("plan", "hair style", "customer type", "patient_status", "", "7", "leads"):
        assert not role_names(field, "Quinn Smith"), field
    assert role_names("emergency_contact", "Quinn Smith")
    assert not role_names("call back customer", "Requested")


def test_the_first_and_last_of_a_person_are_names() -> None:
    assert person_field(inner_field("contact", "first")) == "name"
    assert person_field(inner_field("customer", "last")) == "name"
    assert inner_field("order", "first") == "first"
    assert inner_field("customer", "size") == "size"
