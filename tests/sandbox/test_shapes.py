"""How conversations look under each switch."""

from __future__ import annotations

import json
from math import isnan

import pytest

from chatdash_analysis.sandbox.shapes import OPTIONAL

CALL = {"duration": 1.5, "cost": 0.25, "read": True, "mistunderstoodQueries": [{"question": "?"}]}


@pytest.fixture
def shown(serve, fetch, conversation):
    """Return the only row, as it looks under some switches."""

    def show(properties, **switches):
        (row,) = fetch(serve([conversation(1, **properties)], **switches)).json()
        return row

    return show


def test_rows_look_as_they_were_given_unless_told(shown, conversation) -> None:
    given = {**CALL, "note": None, "topic": "", "name": "Zoë 🙂"}
    assert shown(given) == conversation(1, **given)


@pytest.mark.parametrize("spelling", ["misunderstoodQueries", "misunderstoodQuery"])
def test_names_can_be_those_of_other_versions(shown, spelling) -> None:
    row = shown(CALL, spelling=spelling, read_key="read:")
    assert row[spelling] == [{"question": "?"}]
    assert row["read:"] is True
    assert not {"read", "mistunderstoodQueries"} & set(row)


def test_units_and_forms_of_numbers_can_be_others(shown) -> None:
    row = shown(CALL, duration_in_seconds=True, cost_in_cents=True)
    assert (row["duration"], row["cost"]) == (90, 25)
    row = shown(CALL, numbers_as_text=True)
    assert (row["duration"], row["cost"]) == ("1.5", "0.25")


@pytest.mark.parametrize(("nulls", "expected"), [("null", {None}), ("empty", {""})])
def test_absent_values_can_be_blank(shown, nulls, expected) -> None:
    row = shown(CALL, nulls=nulls)
    absent = set(OPTIONAL) - set(CALL) - {"updatedAt"}
    assert {row[name] for name in absent} == expected
    assert row["duration"] == 1.5


def test_absent_values_can_be_missing_or_mixed(shown) -> None:
    assert not {"note", "topic"} & set(shown({"note": None, "topic": ""}, nulls="missing"))
    mixed = shown({}, nulls="mixed")
    styles = {mixed.get(name, "missing") for name in OPTIONAL if name != "updatedAt"}
    assert styles == {"missing", None, ""}


def test_rows_can_carry_and_lack_properties(shown) -> None:
    row = shown(CALL, extra_keys=True, hide=("createdAt", "cost"))
    assert row["sentimentScore"] == 0.25
    assert not {"createdAt", "cost"} & set(row)


def test_texts_and_numbers_can_be_awkward(serve, fetch, conversation) -> None:
    switches = {"lone_surrogates": True, "nul_characters": True, "nan_tokens": True}
    body = fetch(serve([conversation(1, name="Ava")], **switches)).content
    assert b'"name":"Ava\\ud83d\\u0000"' in body
    assert isnan(json.loads(body)[0]["cost"])


def test_junk_can_stand_among_the_rows(serve, fetch, conversation) -> None:
    answer = fetch(serve([conversation(1), conversation(2)], element_junk=True)).json()
    assert [item["_id"] for item in answer if isinstance(item, dict)] == ["c02", "c01"]
    assert None in answer
    assert 7 in answer


def test_rows_can_come_twice(serve, ids, conversation) -> None:
    rows = [conversation(day) for day in range(1, 7)]
    answer = ids(serve(rows, duplicates="twice"))
    assert answer == ["c06", "c06", "c05", "c04", "c03", "c02", "c01", "c03"]


def test_stale_copies_are_older_and_know_less(serve, fetch, conversation) -> None:
    rows = [conversation(day, topic="price") for day in range(1, 5)]
    answer = fetch(serve(rows, duplicates="stale")).json()
    front, end = answer[0], answer[-1]
    assert (front["_id"], end["_id"]) == ("c04", "c01")
    assert front["updatedAt"] == "2026-05-03T12:00:00.000Z"
    assert "topic" not in front
    assert answer[1]["topic"] == "price"


def test_updated_at_can_change_though_nothing_else_did(serve, fetch, conversation) -> None:
    row = conversation(1)
    (shown,) = fetch(serve([row], touch_updated_at=True)).json()
    assert shown.pop("updatedAt") > row.pop("updatedAt")
    assert shown == row
