"""Answers, each of which once was or could be read wrong, and what is right."""

from __future__ import annotations

import contextlib
import json

import pyarrow as pa
import pytest

from chatdash_analysis.errors import ResponseError
from chatdash_analysis.loading.parsing import parse_conversations
from tests.oracle import differences, read_losslessly, rows_of
from tests.promises import DECLARED, expect_typed, parse


class Arriving:
    """A body that arrives in the pieces given."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = iter(pieces)

    def read(self, size: int) -> bytes:
        return next(self.pieces, b"")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"null",
        b"5",
        b'"[]"',
        b"{}",
        b'{"message": "Unauthorized"}',
        b'{"rows": []}',
        b"<!DOCTYPE html><html><body>[]</body></html>",
        b"[",
        b"[,]",
        b'[{"_id": "a"},]',
        b'[{"_id": "a"} {"_id": "b"}]',
        b'[{"_id": "a"}]]',
        b'[{"_id": "a"}],[]',
        b'[{"_id": "a"}] {"_id": "b"}',
        b'[{"_id": "a"}]}',
        b'[{"_id": "a"}}]',
        b"[{'_id': 'a'}]",
        b'[{_id: "a"}]',
        b'[{"_id": "a" "name": "b"}]',
        b'[{"_id": "a\n"}]',
        b'[{"_id": "\\x"}]',
        b'[{"cost": 01}]',
        b'[{"cost": 1.}]',
        b'[{"cost": +1}]',
    ],
)
@pytest.mark.parametrize("piece_size", [64, 1 << 20])
def test_what_is_no_json_array_is_an_error_of_ours(body: bytes, piece_size: int) -> None:
    with pytest.raises(ResponseError):
        parse(body, piece_size=piece_size)


@pytest.mark.parametrize("neighbour", ["", ",null", ',{"\\ud83d": 1}'])
@pytest.mark.parametrize(
    "member",
    [
        f'"cost":1{"0" * 400}',
        f'"cost":1{"0" * 4300}',
        f'"name":1{"0" * 4300}',
        f'"unknown":[1{"0" * 4300}]',
        f'"customAnalysis":{{"x":1{"0" * 4300},"y":true}}',
        '"cost":1e400',
        '"evaluation":{"isSuccess":1e400}',
        '"evaluation":{"isSuccess":"\\ud83d"}',
        '"read":"","read:":true',
        '"read":null,"read:":"perhaps"',
        '"read":false,"read:":true',
        '"read":true,"read":null',
        '"evaluation":{"isSuccess":true},"evaluation":{"reason":"x"}',
        '"mistunderstoodQueries":[{"question":"q","at":null},{"question":"r"}]',
        '"mistunderstoodQueries":["q"],"misunderstoodQueries":[{"question":"r"}]',
        '"\\u001f":1,"a\\"b":2,"\\\\":3',
        '"createdAt":"2024-02-30T00:00:00Z"',
        '"createdAt":"1969-12-31T23:59:59.9999999Z"',
        '"createdAt":"9999-12-31T23:59:59.999999-23:59"',
    ],
)
def test_a_trap_is_read_right_alone_and_beside_others(member: str, neighbour: str) -> None:
    body = f'[{{"_id":"trap",{member}}}{neighbour}]'.encode()
    row = rows_of(parse(body).table)[0]
    assert differences(read_losslessly(body)[0], row) == []


def test_a_byte_order_mark_is_no_part_of_the_data() -> None:
    assert _ids(b'\xef\xbb\xbf[{"_id": "a"}]') == ["a"]


def test_an_empty_array_is_an_empty_typed_table() -> None:
    parsed = parse(b" [ \n ] ")
    assert (len(parsed.table), parsed.count, parsed.rejected) == (0, 0, [])
    expect_typed(parsed.table)


@pytest.mark.parametrize("levels", [200, 900, 2000, 100_000])
@pytest.mark.parametrize("key", ["customAnalysis", "metadata", "unknown", "name", "evaluation"])
@pytest.mark.parametrize("identity", ['"_id":"b",', ""])
def test_a_bottomless_object_is_kept_or_refused_but_no_crash(
    key: str, levels: int, identity: str
) -> None:
    bottomless = '{"a":' * levels + "1" + "}" * levels
    body = f'[{{"_id":"a"}},{{{identity}"{key}":{bottomless}}},{{"_id":"c"}}]'.encode()
    try:
        parsed = parse(body)
    except ResponseError:
        return
    expect_typed(parsed.table)
    assert parsed.count == 3
    held = "".join(filter(None, _texts(parsed.table))) + "".join(parsed.rejected)
    assert held.count('{"a":') >= levels or parsed.rejected


@pytest.mark.parametrize("key", ["customAnalysis", "unknown", "name", "mistunderstoodQueries"])
@pytest.mark.parametrize("neighbour", ["", ",null"])
def test_nesting_near_the_limit_of_the_interpreter_is_no_crash(key: str, neighbour: str) -> None:
    # The limit is 1000, less the frames on the stack, which differ from call to call.
    for levels in range(800, 1000):
        body = f'[{{"{key}":{"[" * levels}1{"]" * levels}}}{neighbour}]'.encode()
        with contextlib.suppress(ResponseError):
            assert len(parse(body, piece_size=4096).table) == 1


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_does_not_know_is_refused_or_put_aside(word: str) -> None:
    body = f'[{{"_id":"a","cost":{word}}},{{"_id":"b","cost":2}}]'.encode()
    try:
        parsed = parse(body)
    except ResponseError:
        return
    assert parsed.table["cost"].to_pylist() == [None, 2.0]
    assert word in parsed.table["other_properties"][0].as_py()


@pytest.mark.parametrize("gap", [[b""], [b" ", b"\n"], [b" " * 70_000]])
@pytest.mark.parametrize("row", [b'{"_id":"a"}', b'{"_id":"a","cost":"5"}', b"null"])
def test_what_comes_long_after_the_array_is_noticed(row: bytes, gap: list[bytes]) -> None:
    with pytest.raises(ResponseError, match="goes on after"):
        parse_conversations(Arriving([b"[" + row + b"]", *filter(None, gap), b'{"error":1}']))


def test_bytes_that_are_no_utf8_become_replacement_characters() -> None:
    row = rows_of(parse(b'[{"_id":"a","name":"M\xfcller","city":"K\xf6ln"}]').table)[0]
    assert row["name"] == "M\ufffdller"
    assert json.loads(row["other_properties"]) == {"city": "K\ufffdln"}


@pytest.mark.parametrize("neighbour", [b"", b",null"])
def test_bytes_that_are_no_utf8_in_a_key_do_no_harm_either(neighbour: bytes) -> None:
    row = rows_of(parse(b'[{"_id":"a","stra\xdfe":"x"}' + neighbour + b"]").table)[0]
    assert json.loads(row["other_properties"]) == {"stra\ufffde": "x"}


def test_a_conversation_without_an_id_gets_one_that_depends_on_its_content_alone() -> None:
    first = _ids(b'[{"name":"a","cost":1},{"name":"b"}]')
    assert _ids(b'[{"name":"b"},{"cost":1,"name":"a"}]') == first[::-1]
    assert len(set(first)) == 2


def _ids(body: bytes) -> list[str]:
    ids: list[str] = parse(body).table["conversation_id"].to_pylist()
    return ids


def _texts(table: pa.Table) -> list[str | None]:
    names = [name for name, kind in DECLARED if kind == pa.string()]
    return [text for name in names for text in table[name].to_pylist()]
