"""The content hash: one for one content, pinned, and told apart from every other."""

from __future__ import annotations

import hashlib
import struct

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chatdash_analysis.datasets.exporting.fingerprint import dataset_hash, table_hash
from chatdash_analysis.errors import InputError

PINNED = "8a7308922ec2cbeac074f5615cb6a6306c5d4737e429399589f3e1ca40b2017d"


def fixed() -> pd.DataFrame:
    """Return one cell of everything that a table can hold."""
    instants = pd.to_datetime(["2026-01-01 00:00:00.000001", None], utc=True)
    return pd.DataFrame({
        "é": pd.Series(["Köln", None], dtype="str"),
        "number": pd.Series([-0.0, np.nan]),
        "count": pd.Series([-1, 2**62], dtype="int64"),
        "when": pd.Series(instants.as_unit("us")),
        "label": pd.Series(["a", "b"], dtype="category"),
    })  # fmt: skip


def by_the_book(frame: pd.DataFrame) -> str:
    """Compute the hash cell by cell, as the format says."""

    def text(value: object) -> bytes:
        if pd.isna(value):
            return struct.pack("<Q", 2**64 - 1)
        return struct.pack("<Q", len(str(value).encode())) + str(value).encode()

    def cell(value: object, kind: str) -> bytes:
        if kind == "float64":
            missing = bytes.fromhex("000000000000f87f")
            return missing if np.isnan(value) else struct.pack("<d", value or 0.0)
        if kind == "int64":
            return struct.pack("<q", value)
        if pd.isna(value):
            return struct.pack("<q", -(2**63))
        return struct.pack("<q", (value - pd.Timestamp(0, tz="UTC")) // pd.Timedelta("1us"))

    names = {"str": "text", "category": "text", "datetime64[us, UTC]": "instant"}
    kinds = [names.get(str(dtype), str(dtype)) for dtype in frame.dtypes]
    rows = []
    for row in frame.astype(object).itertuples(index=False):
        cells = list(zip(row, kinds, strict=True))
        content = b"".join(cell(value, kind) for value, kind in cells if kind != "text")
        content += b"".join(text(value) for value, kind in cells if kind == "text")
        rows.append(hashlib.sha256(content).digest())
    head = text("chatdash_analysis table 1") + struct.pack("<Q", len(kinds))
    head += b"".join(text(n) + text(k) for n, k in zip(frame.columns, kinds, strict=True))
    head += struct.pack("<Q", len(frame)) + b"".join(sorted(rows))
    return hashlib.sha256(head).hexdigest()


def test_the_hash_of_a_fixed_table_is_the_same_for_ever():
    assert table_hash(fixed()) == PINNED
    assert table_hash(fixed()) == by_the_book(fixed())


def test_the_hash_of_a_data_set_is_made_of_names_and_hashes_in_any_order():
    one, two = table_hash(fixed()), table_hash(fixed()[:1])
    head = struct.pack("<Q", 27) + b"chatdash_analysis dataset 1"
    content = head + struct.pack("<Q", 1) + b"a" + bytes.fromhex(one)
    content += struct.pack("<Q", 1) + b"b" + bytes.fromhex(two)
    assert dataset_hash({"b": two, "a": one}) == hashlib.sha256(content).hexdigest()
    assert dataset_hash({"b": one, "a": two}) != dataset_hash({"b": two, "a": one})


def test_how_a_table_is_held_does_not_count():
    frame = fixed()
    odd_nan = np.array([0x7FF8000000000001], dtype="<u8").view("<f8")[0]
    held = frame.assign(
        number=[0.0, odd_nan],
        label=frame["label"].astype("str"),
        when=frame["when"].dt.tz_convert("Asia/Tokyo"),
    ).astype({"é": pd.CategoricalDtype(["x", "Köln"])})
    held.index = [7, 7]
    assert table_hash(held) == table_hash(frame)
    assert table_hash(frame[::-1]) == table_hash(frame)
    assert table_hash(pd.concat([frame[:1], frame[1:]])) == table_hash(frame)


@pytest.mark.parametrize(
    "changed",
    [
        lambda t: t[t.columns[::-1]],
        lambda t: t.rename(columns={"é": "e\u0301"}),
        lambda t: t.astype({"count": "float64"}),
        lambda t: t.drop(columns="count"),
        lambda t: t[:1],
        lambda t: pd.concat([t, t[:1]]),
        lambda t: t.assign(when=t["when"] + pd.Timedelta("1us")),
        lambda t: t.assign(label=t["label"].astype(object).where([True, False], "")),
        lambda t: t.assign(number=[np.nextafter(0, 1), np.nan]),
    ],
)
def test_any_other_content_has_another_hash(changed):
    other = changed(fixed())
    assert table_hash(other.astype({"label": "str"} if "label" in other else {})) != PINNED


CELLS = st.tuples(
    st.floats(width=64) | st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.none(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.none(),
)


def frame_of(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    dtypes = ("float64", "int64", "str", "str")
    columns = zip("abcd", zip(*rows, strict=True), dtypes, strict=True)
    return pd.DataFrame({name: pd.Series(list(v), dtype=dtype) for name, v, dtype in columns})


def same(one: object, other: object) -> bool:
    return (pd.isna(one) and pd.isna(other)) or one == other


@settings(max_examples=60, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=5), st.data())
def test_the_hash_changes_with_any_value_and_with_nothing_else(rows, data):
    frame = frame_of(rows)
    assert table_hash(frame) == by_the_book(frame)
    assert table_hash(frame_of(data.draw(st.permutations(rows)))) == table_hash(frame)
    place = data.draw(st.integers(0, len(rows) - 1))
    row, cell = rows[place], data.draw(st.integers(0, 3))
    other = (*row[:cell], data.draw(CELLS)[cell], *row[cell + 1 :])
    assume(not same(row[cell], other[cell]))
    changed = [*rows[:place], other, *rows[place + 1 :]]
    assert table_hash(frame_of(changed)) != table_hash(frame)


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([True]),
        pd.Series([1], dtype="int32"),
        pd.Series([[1]]),
        pd.Series(["a"], dtype="object"),
        pd.Series([1], dtype="category"),
        pd.Series(pd.to_datetime(["2026-01-01"])),
    ],
)
def test_other_types_are_refused_with_what_is_possible(values):
    with pytest.raises(InputError, match=r"The column 'x' is .*float64, int64, str, instants"):
        table_hash(pd.DataFrame({"x": values}))


def test_half_a_character_is_an_error_of_ours():
    labels = pd.CategoricalDtype(pd.Index(["\ud800"], dtype="object"))
    frame = pd.DataFrame({"x": pd.Categorical.from_codes([0], dtype=labels)})
    with pytest.raises(InputError, match="half a character"):
        table_hash(frame)
