"""Files in every form give the same table."""

from __future__ import annotations

import gzip
import json

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chatdash_analysis import errors
from chatdash_analysis.loading.saved import read_conversations
from tests.loading.made import conversations

ROWS = conversations(40)


@pytest.fixture
def expected(tmp_path):
    file = tmp_path / "expected.json"
    file.write_text(json.dumps(ROWS))
    return read_conversations(file)


def test_a_saved_answer_is_read_whole(expected):
    ids = [r["_id"] for r in sorted(ROWS, key=lambda r: (r["createdAt"], r["_id"]))]
    assert expected["conversation_id"].tolist() == ids
    assert expected.attrs["chatdash"]["source"] == "expected.json"


FORMS = {
    "pretty array": json.dumps(ROWS, indent=2).encode(),
    "lines": b"\n".join(json.dumps(r).encode() for r in ROWS),
    "lines with blanks": b"\r\n\r\n".join(json.dumps(r).encode() for r in ROWS) + b"\r\n\n",
    "marked lines": b"\xef\xbb\xbf" + b"\n".join(json.dumps(r).encode() for r in ROWS),
    "leading space": b"\n \n" + json.dumps(ROWS).encode(),
}


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_table(tmp_path, expected, form, zipped):
    file = tmp_path / "file"
    file.write_bytes(gzip.compress(FORMS[form]) if zipped else FORMS[form])
    # Raw JSON keeps the white space it was sent with.
    as_sent = ["custom_analysis"] if form == "pretty array" else []
    assert read_conversations(file).drop(columns=as_sent).equals(expected.drop(columns=as_sent))


def test_one_pretty_object_is_one_conversation(tmp_path):
    file = tmp_path / "one.json"
    file.write_text(json.dumps(ROWS[0], indent=4))
    assert read_conversations(file)["conversation_id"].tolist() == [ROWS[0]["_id"]]


def test_parquet_of_a_frame_comes_back_the_same(tmp_path, expected):
    expected.to_parquet(tmp_path / "frame.parquet")
    assert read_conversations(tmp_path / "frame.parquet").equals(expected)


def test_gaps_of_a_saved_table_are_not_forgotten(tmp_path, expected):
    expected.attrs["chatdash"]["gaps"] = [{"agent_id": "a", "reason": "lost"}]
    expected.to_parquet(tmp_path / "frame.parquet")
    again = read_conversations(tmp_path / "frame.parquet")
    assert again.attrs["chatdash"]["gaps"] == [{"agent_id": "a", "reason": "lost"}]
    assert again.attrs["chatdash"]["source"] == "frame.parquet"


def test_parquet_written_by_duckdb_comes_back_the_same(tmp_path, expected):
    expected.to_parquet(tmp_path / "frame.parquet")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone='UTC'")
        connection.execute(f"COPY (FROM '{tmp_path}/frame.parquet') TO '{tmp_path}/duck.parquet'")
    assert read_conversations(tmp_path / "duck.parquet").equals(expected)


def test_parquet_with_the_names_of_the_service_goes_through_the_parser(tmp_path):
    table = pa.Table.from_pylist([{"_id": "c1", "duration": 2.5, "name": "A"}])
    pq.write_table(table, tmp_path / "raw.parquet")
    frame = read_conversations(tmp_path / "raw.parquet")
    assert frame[["conversation_id", "duration_minutes", "name"]].to_numpy().tolist() == [
        ["c1", 2.5, "A"]
    ]


def test_of_several_copies_the_newest_stands_in_any_order(tmp_path):
    old = {**ROWS[0], "updatedAt": "2026-01-01T00:00:00.000Z", "summary": "old"}
    tables = []
    for name, rows in (("a", [old, *ROWS]), ("b", [*ROWS[::-1], old])):
        (tmp_path / name).write_text(json.dumps(rows))
        tables.append(read_conversations(tmp_path / name))
    assert tables[0].equals(tables[1])
    assert "old" not in set(tables[0]["summary"])
    assert len(tables[0]) == len(ROWS)


def test_equal_updates_are_settled_by_content_not_by_order(tmp_path):
    twins = [{"_id": "c", "summary": text} for text in ("x", "y")]
    found = []
    for name, rows in (("a", twins), ("b", twins[::-1])):
        (tmp_path / name).write_text(json.dumps(rows))
        found.append(read_conversations(tmp_path / name)["summary"].tolist())
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"hello", "does not hold conversations"),
        (b"<html>", "HTML"),
        (b'"text"', "does not hold"),
        (b'[{"_id": "1"', "ends inside"),
        (b'{"_id": "1"}\n{"_id": ', "does not hold"),
        (b"PAR1 but not really", "does not hold|cannot be read"),
        (gzip.compress(b'[{"_id": "1"}]', mtime=0)[:-9], "cannot be read"),
        (b"\x1f\x8b garbage", "cannot be read"),
    ],
)
def test_a_file_without_conversations_is_an_error_that_names_it(tmp_path, content, message):
    file = tmp_path / "strange.bin"
    file.write_bytes(content)
    with pytest.raises(errors.InputError, match=message) as caught:
        read_conversations(file)
    assert "strange.bin" in str(caught.value)


def test_a_missing_file_a_folder_and_other_parquet_are_errors(tmp_path):
    with pytest.raises(errors.InputError, match="No such file"):
        read_conversations(tmp_path / "nowhere.json")
    with pytest.raises(errors.InputError, match="directory"):
        read_conversations(tmp_path)
    pd.DataFrame({"x": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(errors.InputError, match="neither the column conversation_id"):
        read_conversations(tmp_path / "other.parquet")
