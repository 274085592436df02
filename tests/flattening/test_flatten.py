"""The three shapes of customAnalysis, told apart by structure."""

from __future__ import annotations

import pytest

from chatdash_analysis.flattening.flatten import as_text, collect, decode_objects, flatten

UUID = "550e8400-e29b-41d4-a716-446655440001"


def test_flat_retell_fields_keep_their_scalars_and_drop_nothing_but_the_empty():
    value = {"booked": True, "party": 2, "price": 129.5, "who": "Ava", "notes": "", "when": None}
    assert dict(flatten(value)) == {
        ("booked",): True,
        ("party",): 2,
        ("price",): 129.5,
        ("who",): "Ava",
    }


def test_nested_vapi_objects_become_paths():
    value = {"issue": {"category": "technical"}, "followUp": {"required": True}, "tags": ["a", 1]}
    assert dict(flatten(value)) == {
        ("issue", "category"): "technical",
        ("followUp", "required"): True,
        ("tags",): '["a",1]',
    }


def test_vapi_outputs_are_named_by_their_name_not_their_uuid():
    value = {UUID: {"name": "CSAT", "result": {"score": 8, "why": "fine"}}}
    assert dict(flatten(value)) == {("CSAT", "score"): 8, ("CSAT", "why"): "fine"}


def test_name_and_result_without_a_uuid_are_ordinary_keys():
    assert dict(flatten({"test": {"name": "x", "result": 1}})) == {
        ("test", "name"): "x",
        ("test", "result"): 1,
    }


def test_elevenlabs_values_are_unwrapped_and_rationales_left_out():
    value = {
        "rating": {"value": 4, "json_schema": {"type": "integer"}, "rationale": "said so"},
        "order": {"value": None, "rationale": "Not mentioned."},
    }
    assert dict(flatten(value)) == {("rating",): 4}


def test_elevenlabs_criteria_stay_three_valued():
    value = {
        "data_collection_results": {"topic": {"value": "pricing", "rationale": "."}},
        "data_collection_results_list": [{"data_collection_id": "topic"}],
        "evaluation_criteria_results": {
            "topic": {"criteria_id": "topic", "result": "unknown", "rationale": "short", "score": 2}
        },
    }
    assert dict(flatten(value)) == {
        ("topic",): "pricing",
        ("topic", "result"): "unknown",
        ("topic", "score"): 2,
    }


def test_a_container_that_is_no_container_keeps_its_value():
    assert dict(flatten({"structuredData": "plain text"})) == {("structuredData",): "plain text"}
    multi = {"structuredDataMulti": [{"key": "sales", "result": {"qualified": True}}]}
    assert dict(flatten(multi)) == {("sales", "qualified"): True}


def test_depth_is_limited_and_the_rest_stays_json():
    value = {"a": {"b": {"c": {"d": {"e": 1}}}}}
    assert dict(flatten(value)) == {("a", "b", "c"): '{"d":{"e":1}}'}


def test_dotted_keys_and_nested_keys_do_not_meet():
    assert dict(flatten({"a.b": 1, "a": {"b": 2}})) == {("a.b",): 1, ("a", "b"): 2}


def test_collect_gives_the_same_as_flatten():
    rows = [{"x": 1, "y": {"z": "t"}, "n": None, "e": ""}, {"x": True, "l": [1]}, {}]
    expected: dict = {}
    for number, row in enumerate(rows):
        for path, item in flatten(row):
            places, values = expected.setdefault(path, ([], []))
            places.append(number)
            values.append(item)
    assert dict(collect(enumerate(rows))) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        (5.0, "5"),
        (True, "true"),
        (0.1, "0.1"),
        (1e21, "1e+21"),
        (10**30, "1" + "0" * 30),
        (float("nan"), None),
        (float("inf"), None),
        ("x", "x"),
        (-0.0, "0"),
    ],
)
def test_one_writer_for_scalars_whatever_their_column_held(value, text):
    assert as_text(value) == text


def test_a_text_that_no_decoder_takes_does_not_spoil_its_neighbours():
    assert decode_objects([b'{"a":1}', b'{"a":', b'{"a":1e999}', b'{"s":"\\ud83d"}']) == [
        {"a": 1},
        None,
        {"a": float("inf")},
        {"s": "\ufffd"},
    ]
