"""From JSON bytes to a typed table: what the documented and the undocumented become."""

from __future__ import annotations

import io
import json

import pyarrow as pa
import pytest

from chatdash_analysis import errors
from chatdash_analysis.flattening.columns import BASE
from chatdash_analysis.loading import careful, parsing
from chatdash_analysis.loading.parsing import parse_conversations

FULL = {
    "_id": "65f000000000000000000001",
    "agentId": "a1",
    "createdAt": "2026-05-04T14:17:05.101Z",
    "endedAt": "2026-05-04T16:17:05+02:00",
    "updatedAt": "2026-05-04T14:17:05.123456Z",
    "record": True,
    "interacted": False,
    "duration": 3,
    "cost": 0.25,
    "phone": "+12025550101",
    "evaluation": {"isSuccess": True, "reason": "Booked."},
    "mistunderstoodQueries": [{"question": "cn22 form where"}, {"question": ""}],
    "customAnalysis": {"booked": True, "n": 2},
    "metadata": {"source": "google_ads"},
}


def parse(rows, **options):
    body = rows if isinstance(rows, bytes) else json.dumps(rows).encode()
    return parse_conversations(io.BytesIO(body), **options)


def row(**changes):
    table = parse([{**FULL, **changes}]).table
    table.validate(full=True)
    return table.to_pylist()[0]


def test_a_documented_conversation_is_typed():
    found = row()
    assert found["conversation_id"] == FULL["_id"]
    assert found["created_at"].isoformat() == "2026-05-04T14:17:05.101000+00:00"
    assert found["ended_at"].isoformat() == "2026-05-04T14:17:05+00:00"
    assert found["updated_at"].microsecond == 123456
    assert (found["record"], found["interacted"], found["read"]) == (True, False, None)
    assert (found["duration_minutes"], found["cost"]) == (3.0, 0.25)
    assert (found["evaluation_is_success"], found["evaluation_reason"]) == (True, "Booked.")
    assert json.loads(found["misunderstood_queries"]) == ["cn22 form where"]
    assert found["misunderstood_count"] == 1
    assert json.loads(found["custom_analysis"]) == FULL["customAnalysis"]
    assert json.loads(found["metadata"]) == FULL["metadata"]
    assert (found["custom_booked"], found["custom_n"]) == (True, 2.0)
    assert found["other_properties"] is None


def test_an_empty_answer_is_an_empty_typed_table():
    assert parse(b" [ ] \n").table.schema == BASE
    assert parse([]).count == 0


@pytest.mark.parametrize("nothing", [None, "", "missing"])
@pytest.mark.parametrize(
    ("key", "column"),
    [
        ("name", "name"),
        ("endedAt", "ended_at"),
        ("duration", "duration_minutes"),
        ("read", "read"),
        ("customAnalysis", "custom_analysis"),
        ("evaluation", "evaluation_reason"),
        ("mistunderstoodQueries", "misunderstood_queries"),
    ],
)
def test_missing_null_and_empty_are_one(nothing, key, column):
    changed = {k: v for k, v in FULL.items() if k != key}
    if nothing != "missing":
        changed[key] = nothing
    found = parse([changed]).table.to_pylist()[0]
    assert found[column] is None
    assert found["other_properties"] is None


@pytest.mark.parametrize(
    ("change", "column", "value", "kept"),
    [
        ({"cost": "0.12"}, "cost", 0.12, {"cost": "0.12"}),
        ({"cost": "lots"}, "cost", None, {"cost": "lots"}),
        ({"cost": True}, "cost", None, {"cost": True}),
        ({"read": 1}, "read", True, {"read": 1}),
        ({"read": "maybe"}, "read", None, {"read": "maybe"}),
        ({"name": 5}, "name", "5", {"name": 5}),
        ({"name": ["x"]}, "name", None, {"name": ["x"]}),
        ({"evaluation": []}, "evaluation_is_success", None, {"evaluation": []}),
        ({"evaluation": {"isSuccess": "yes?"}}, "evaluation_is_success", None,
         {"evaluation.isSuccess": "yes?"}),
        ({"evaluation": {"isSuccess": True, "score": 7}}, "evaluation_is_success", True,
         {"evaluation": {"isSuccess": True, "score": 7}}),
        ({"createdAt": "2026-05-04T14:17:05"}, "created_at", "2026-05-04T14:17:05+00:00",
         {"createdAt": "2026-05-04T14:17:05"}),
        ({"createdAt": "2026-05-04T14:17:05.123456789Z"}, "created_at",
         "2026-05-04T14:17:05.123456+00:00", {"createdAt": "2026-05-04T14:17:05.123456789Z"}),
        ({"createdAt": "2026-02-30T00:00:00Z"}, "created_at", None,
         {"createdAt": "2026-02-30T00:00:00Z"}),
        ({"createdAt": 1714832225101}, "created_at", None, {"createdAt": 1714832225101}),
        ({"mistunderstoodQueries": ["bare"]}, "misunderstood_queries", '["bare"]', None),
        ({"mistunderstoodQueries": [{"question": "q", "count": 2}]}, "misunderstood_count", 1,
         {"mistunderstoodQueries": [{"question": "q", "count": 2}]}),
        ({"brandNew": {"x": [1]}}, "name", None, {"brandNew": {"x": [1]}}),
        ({"customAnalysis": ["x"]}, "custom_analysis", '["x"]', None),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_put_aside_as_it_was_sent(change, column, value, kept):
    found = row(**change)
    shown = found[column].isoformat() if hasattr(found[column], "isoformat") else found[column]
    assert shown == value
    assert (found["other_properties"] and json.loads(found["other_properties"])) == kept


@pytest.mark.parametrize(
    "spelling", ["mistunderstoodQueries", "misunderstoodQueries", "misunderstoodQuery"]
)
def test_every_spelling_of_the_questions_is_read(spelling):
    changed = {k: v for k, v in FULL.items() if k != "mistunderstoodQueries"}
    found = parse([{**changed, spelling: [{"question": "why"}]}]).table.to_pylist()[0]
    assert found["misunderstood_queries"] == '["why"]'
    assert found["other_properties"] is None


def test_the_key_with_a_colon_is_read():
    assert row(**{"read:": True})["read"] is True


def test_a_conversation_without_an_id_gets_one_from_its_content():
    first, again, other = (row(_id=None, name=name)["conversation_id"] for name in ("a", "a", "b"))
    assert first.startswith("no-id-")
    assert first == again != other


def test_elements_that_are_no_conversations_are_counted_with_their_fault():
    parsed = parse([FULL, None, 5, "x", [FULL], {**FULL, "_id": "2"}])
    assert (len(parsed.table), parsed.count, len(parsed.rejected)) == (2, 6, 4)
    assert parsed.rejected[0] == "not an object: null"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "answer is empty"),
        (b"  ", "answer is empty"),
        (b"<!doctype html><p>502", "HTML page"),
        (b'{"message": "no"}', "not a JSON array"),
        (b"[", "ends inside"),
        (b'[{"_id": "1"}', "ends inside"),
        (b'[{"_id": "1"},', "ends inside"),
        (b'[{"_id": "1"}] trailing', "goes on after"),
        (b'[{"_id": }]', "ends inside|cannot be read"),
        (b"[" + b'{"customAnalysis":' * 1 + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_body_that_is_no_array_of_conversations_is_an_error(body, message):
    with pytest.raises(errors.ResponseError, match=message):
        parse(body)


def test_a_mark_and_space_before_the_array_do_not_matter():
    assert parse(b'\xef\xbb\xbf\n [{"_id": "1"}]').count == 1


@pytest.mark.parametrize("size", [64, 500, 5_000, 1 << 20])
@pytest.mark.parametrize("indent", [None, 2])
def test_the_table_does_not_depend_on_the_size_of_pieces(size, indent):
    rows = [{**FULL, "_id": f"{i:024x}", "name": 'a },{ "b" ' * (i % 3)} for i in range(60)]
    rows[17]["cost"] = "7"
    rows[23]["customAnalysis"] = {"n": "x", "list": [{"a": 1}, {"b": 2}]}
    rows[31]["name"] = "cut \ud83d emoji \U0001f600"
    rows[40] = None
    body = json.dumps(rows, indent=indent).encode()
    whole, pieces = parse(body), parse(body, piece_size=size)
    assert pieces.table.equals(whole.table)
    assert pieces.rejected == whole.rejected
    assert whole.table["name"].to_pylist()[31] == "cut \ufffd emoji \U0001f600"


def test_the_careful_way_gives_the_same_as_the_fast_one(monkeypatch):
    rows = [{**FULL, "_id": f"{i:024x}", "new": i, "cost": i / 7} for i in range(50)]
    fast = parse(rows)
    monkeypatch.setattr(parsing, "_fast_columns", lambda piece: None)
    assert parse(rows).table.equals(fast.table)


def test_documented_conversations_never_need_care(monkeypatch):
    monkeypatch.setattr(parsing, "careful_columns", careful.careful_columns)
    calls = []
    monkeypatch.setattr(parsing, "careful_columns", calls.append)
    parse([{**FULL, "_id": str(i), "unknown": i} for i in range(10)])
    assert calls == []


def test_invalid_bytes_and_numbers_do_not_stop_a_load():
    body = (
        b'[{"_id":"1","name":"\xff","cost":NaN},{"_id":"2","cost":1e999,"duration":1e400},'
        b'{"_id":"3","name":"a\\u0000b","customAnalysis":{"n":1e999,"m":2}}]'
    )
    table = parse(body).table
    table.validate(full=True)
    assert table["name"].to_pylist() == ["\ufffd", None, "a\x00b"]
    assert table["cost"].to_pylist() == [None, None, None]
    assert table["custom_m"].to_pylist() == [None, None, 2.0]


def test_of_a_doubled_key_the_last_stands():
    assert parse(b'[{"_id":"1","name":"a","name":"b"}]').table["name"].to_pylist() == ["b"]


def test_types_are_those_of_the_column_table():
    table = parse([FULL]).table
    assert table.schema.field("created_at").type == pa.timestamp("us", "UTC")
    assert pa.schema([table.schema.field(name) for name in BASE.names]) == BASE
