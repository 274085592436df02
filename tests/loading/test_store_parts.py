from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from chatdash_analysis.flattening.columns import combine
from chatdash_analysis.loading.grouping import MAX_FIELDS, MAX_ROWS, MAX_SMALL, Shape, grouped
from chatdash_analysis.schema import COLUMNS
from tests.loading.store_tables import (
    ALL,
    batch,
    everything,
    hour,
    ids,
    new_store,
    parts_of,
    row,
    table,
)

if TYPE_CHECKING:
    from pathlib import Path

    from chatdash_analysis.loading.store import Store

MICROSECONDS = 3_600_000_000


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return new_store(tmp_path)


def only_file(store: Store) -> Path:
    (file,) = (store.folder / "parts").iterdir()
    return file


def many(count: int, start: float, end: float, agent: str = "a") -> pa.Table:
    """Make a long table of one agent, evenly spread over some hours, in disorder."""
    begin, width = hour(start).timestamp() * 1e6, (end - start) * MICROSECONDS
    at = (begin + np.random.default_rng(0).permutation(count) * (width / count)).astype("int64")
    made = table([]).schema.empty_table()
    arrays = {name: pa.nulls(count, made.schema.field(name).type) for name in made.column_names}
    arrays["conversation_id"] = pa.array([f"{agent}{moment}" for moment in at])
    arrays["agent_id"] = pa.repeat(pa.scalar(agent), count)
    arrays["created_at"] = pa.array(at, pa.timestamp("us", "UTC"))
    arrays["misunderstood_count"] = pa.array(np.arange(count))
    arrays["served"] = pa.array(np.full(count, ALL, "int8"))
    return pa.Table.from_arrays(list(arrays.values()), schema=made.schema)


FULL = {"custom": {"score": 1.5, "done": True, "plan": "gold"}}
FILLED = {
    column.name: {"text": "t", "json": "{}", "flag": True, "measure": 0.5, "instant": hour(2)}.get(
        column.kind, 3
    )
    for column in COLUMNS
    if column.name not in ("agent_id", "conversation_id", "created_at")
}


@pytest.mark.parametrize(
    "rows",
    [
        [row("x", 1, **FILLED, **FULL)],
        [row("x", 1, **FILLED, **FULL), row("y", 2)],
        [row(None, None, placed_at=hour(1))],
    ],
    ids=["full", "holed", "empty columns"],
)
def test_plain_pandas_reads_a_part_with_the_promised_dtypes(
    store: Store, rows: list[dict[str, object]]
) -> None:
    store.commit([batch(0, 9, rows)])
    read = pd.read_parquet(only_file(store))
    promised = {column.name: column.dtype for column in COLUMNS}
    service = ("placed_at", "unjudged_at", "judged_at")
    promised |= dict.fromkeys(service, "datetime64[us, UTC]")
    promised |= {"custom_score": "float64", "custom_done": "boolean", "custom_plan": "str"}
    found = {name: str(dtype) for name, dtype in read.dtypes.items() if name != "served"}
    assert found == {name: promised[name] for name in found}
    assert {column.name for column in COLUMNS} <= set(found)
    assert isinstance(read.index, pd.RangeIndex)


def test_other_engines_read_a_part(store: Store) -> None:
    import duckdb
    import polars as pl

    store.commit([batch(0, 9, [row("x", 1, **FILLED, **FULL), row("y", 2)])])
    file = str(only_file(store))
    query = f"select conversation_id, record, custom_score from '{file}' order by 1"
    expected = [("x", True, 1.5), ("y", None, None)]
    assert duckdb.sql(query).fetchall() == expected
    read = pl.read_parquet(file)
    assert read.select("conversation_id", "record", "custom_score").rows() == expected


def test_parts_hold_one_month_each_and_all_agents_together(store: Store) -> None:
    store.commit(
        [batch(0, 99, [row("x", 1, a), row("y", 50, a)], agent=a) for a in ("b", "a", "c")]
    )
    months = [(part.month, [run.agent_id for run in part.runs]) for part in parts_of(store)]
    assert months == [("2026-01", ["a", "b", "c"]), ("2026-02", ["a", "b", "c"])]


def test_an_ancient_conversation_has_a_month_too(store: Store) -> None:
    ancient = hour(0).replace(year=878)
    width = (hour(0) - ancient).total_seconds() / 3600
    store.commit([batch(-width, 9, [row("x", 1, created_at=ancient), row("y", 1)])])
    assert [part.month for part in parts_of(store)] == ["0878-01", "2026-01"]
    assert ids(store) == ["x", "y"]


def test_rows_that_come_again_unchanged_leave_the_file_alone(store: Store) -> None:
    rows = [row("x", 1, custom={"k": "v"}), row("y", 2), row("z", 3, custom={"k": "w"})]
    store.commit([batch(0, 9, rows)])
    before = only_file(store).stat()
    store.commit([batch(1, 3, rows[:2], fetched=1)])
    assert only_file(store).stat().st_ino == before.st_ino
    assert [held.fetched_at for held in store.coverage("a")] == [hour(0), hour(1), hour(0)]
    store.commit([batch(1, 3, [rows[0], {**rows[1], "topic": "new"}])])
    assert only_file(store).stat().st_ino != before.st_ino


def test_many_small_commits_end_in_few_files(store: Store) -> None:
    for number in range(40):
        store.commit([batch(number, number + 1, [row(f"{number:02}", number)])])
    assert len(parts_of(store)) <= MAX_SMALL
    assert ids(store) == [f"{number:02}" for number in range(40)]


def test_a_small_commit_beside_stored_rows_adds_a_file_and_rewrites_none(store: Store) -> None:
    store.commit([batch(0, 9, [row("x", 1)])])
    first = only_file(store)
    store.commit([batch(9, 20, [row("y", 10)])])
    assert len(parts_of(store)) == 2
    assert first.exists()


def test_a_large_agent_is_cut_by_time_and_only_the_cut_that_changes_is_rewritten(
    store: Store,
) -> None:
    store.commit([batch(0, 48, many(2 * MAX_ROWS + 7, 0, 48))])
    before = {part.file: part for part in parts_of(store)}
    assert sorted(part.rows for part in before.values()) == [133_335, 133_336, 133_336]
    store.commit([batch(0, 1, [row("x", 0.5)])])
    after = {part.file: part for part in parts_of(store)}
    assert len(after.keys() & before.keys()) == 2
    kept = (2 * MAX_ROWS + 7) * 47 // 48
    assert sum(part.rows for part in after.values()) == pytest.approx(kept + 1, abs=1)
    read = store.read(["a"], hour(0), hour(48), columns=["created_at"])["created_at"]
    assert (np.diff(read.cast("int64").to_numpy()) > 0).all()


def test_agents_share_files_up_to_a_number_of_rows() -> None:
    shapes = {
        "a": Shape(MAX_ROWS // 2),
        "b": Shape(MAX_ROWS // 2 + 1),
        "c": Shape(10),
        "d": Shape(5),
    }
    assert grouped(shapes) == [{"a", "c", "d"}, {"b"}]


def test_agents_share_files_up_to_a_number_of_fields(store: Store) -> None:
    width = MAX_FIELDS // 2
    for agent in "abc":
        custom = {f"{agent}{number:03}": "v" for number in range(width)}
        rows = [row(agent, 1, agent, custom=custom)]
        store.commit([batch(0, 9, rows, agent=agent)])
    for agent in "abc":
        store.commit([batch(9, 10, [row(f"{agent}2", 9, agent)], agent=agent)])
    assert max(len(part.fields) for part in parts_of(store)) <= MAX_FIELDS
    for agent in "abc":
        fields = [f.name for f in everything(store, [agent]).schema if f.metadata]
        assert len(fields) == width


def test_an_agent_comes_without_the_fields_of_others(store: Store) -> None:
    answers = [batch(0, 9, [row(a, 1, a, custom={a: "v"})], agent=a) for a in "ab"]
    store.commit(answers)
    assert len(parts_of(store)) == 1
    assert everything(store, ["a"]).equals(answers[0].table)
    assert everything(store, ["b"]).equals(answers[1].table)


def test_the_type_of_an_agents_field_does_not_depend_on_other_agents(store: Store) -> None:
    values: dict[str, object] = {"a": 1.5, "b": "much", "c": 2.5, "d": True}
    for agent, value in values.items():
        rows = [row(agent, 1, agent, custom={"budget": value}), row(agent * 2, 2, agent)]
        store.commit([batch(0, 9, rows, agent=agent)])
    store.commit([batch(9, 10, agent=agent) for agent in values])
    types = {a: everything(store, [a]).schema.field("custom_budget").type for a in values}
    assert list(map(str, types.values())) == ["double", "string", "double", "bool"]
    assert everything(store, "abcd")["custom_budget"].to_pylist()[::2] == [
        "1.5",
        "much",
        "2.5",
        "true",
    ]


def test_a_text_that_gave_way_to_a_number_leaves_the_field_a_number(store: Store) -> None:
    rows = [row("x", 1, custom={"k": "much"}), row("y", 2)]
    store.commit([batch(0, 9, rows)])
    rows[0] = row("x", 1, custom={"k": 1.5})
    store.commit([batch(0, 2, rows[:1])])
    assert everything(store).equals(table(rows))


def test_a_text_outside_the_stretch_leaves_the_field_a_number(store: Store) -> None:
    rows = [row("x", 1, custom={"k": "much"}), row("y", 2), row("z", 50, custom={"k": 1.5})]
    store.commit([batch(0, 3, rows[:2]), batch(3, 99, rows[2:])])
    assert store.read(["a"], hour(2), hour(99)).equals(table(rows[1:]))
    assert everything(store)["custom_k"].to_pylist() == ["much", None, "1.5"]


def test_an_agent_with_too_many_fields_has_its_own_file(store: Store) -> None:
    wide = {f"k{number}": "v" for number in range(600)}
    rows = [row("x", 1, custom=wide), row("y", 2, custom={"k0": "v"})]
    answers = [batch(0, 9, table(rows, overflow=True)), batch(0, 9, [row("z", 1, "b")], agent="b")]
    store.commit(answers)
    assert [[run.agent_id for run in part.runs] for part in parts_of(store)] == [["a"], ["b"]]
    assert [part.overflow for part in parts_of(store)] == [True, False]
    assert everything(store, ["a"]).equals(combine([answers[0].table]))
    assert everything(store, ["b"]).equals(answers[1].table)


def test_fields_are_told_apart_by_their_keys_where_names_collide(store: Store) -> None:
    store.commit([batch(0, 9, [row("x", 1, custom={"Plan": "upper"})])])
    store.commit([batch(49, 60, [row("y", 50, custom={"plan": "lower"})])])
    whole = everything(store)
    names = [name for name in whole.column_names if name.startswith("custom_plan")]
    values = {tuple(whole[name].to_pylist()) for name in names}
    assert values == {("upper", None), (None, "lower")}
    for name in names:
        read = store.read(["a"], hour(0), hour(99), columns=["conversation_id", name])
        assert read[name].to_pylist() == whole[name].to_pylist()


def test_a_field_that_no_row_has_is_a_column_of_nulls(store: Store) -> None:
    store.commit([batch(0, 99, [row("x", 1, custom={"k": 1.5}), row("y", 50)])])
    read = store.read(["a"], hour(0), hour(99), columns=["custom_nothing", "custom_k"])
    assert read.column_names == ["custom_nothing", "custom_k"]
    assert read.to_pydict() == {"custom_nothing": [None, None], "custom_k": [1.5, None]}


def test_a_field_whose_last_value_went_is_gone(store: Store) -> None:
    store.commit([batch(0, 9, [row("x", 1, custom={"k": 1.5}), row("y", 2)])])
    store.commit([batch(0, 2, [row("x", 1)])])
    assert everything(store).equals(table([row("x", 1), row("y", 2)]))


def test_the_same_content_has_the_same_name(tmp_path: Path) -> None:
    names = set()
    for name in ("first", "second"):
        store = new_store(tmp_path / name)
        store.commit([batch(0, 9, [row("x", 1, custom={"k": 1.5})])])
        names.add(only_file(store).name)
    assert len(names) == 1


def test_ids_of_any_length_and_kind_are_found_again(store: Store) -> None:
    keys = ["", "é" * 50_000, "\U0001f600" + "z" * 99, None]
    store.commit([batch(0, 9, [row(key, 1, updated_at=hour(1)) for key in keys])])
    moved = [row(key, 50, updated_at=hour(2)) for key in keys[:3]]
    store.commit([batch(49, 60, moved)])
    assert everything(store)["created_at"].to_pylist() == [hour(1), *[hour(50)] * 3]
    assert len((store.folder / "manifest.json").read_bytes()) < 5_000
