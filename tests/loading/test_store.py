from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.flattening.columns import BASE
from chatdash_analysis.loading.store import Batch, Interval, Store
from tests.loading.store_tables import (
    ALL,
    EVER,
    URL,
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


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return new_store(tmp_path)


def test_a_store_that_does_not_exist_is_empty_and_typed(store: Store) -> None:
    assert everything(store).schema.equals(BASE)
    assert len(everything(store)) == 0
    assert store.coverage("a") == []
    assert (store.agents(), store.notes(), store.info(), store.verify()) == ([], {}, [], [])
    assert not store.folder.exists()


def test_rows_come_back_as_they_were_committed(store: Store) -> None:
    rows = [
        row("x", 1, record=True, cost=1.5, summary="Ä \0 '\"\n", custom={"Budget": 2.5}),
        row("y", 2, record=None, ended_at=hour(3.25), custom={"Budget": None, "ok": False}),
    ]
    store.commit([batch(0, 5, rows)])
    assert everything(store).equals(table(rows))


def test_the_path_of_a_dynamic_field_comes_back(store: Store) -> None:
    store.commit([batch(0, 5, [row("x", 1, custom={"Budget": 2.5})])])
    metadata = everything(store).schema.field("custom_budget").metadata
    assert json.loads(metadata[b"path"]) == ["Budget"]


def test_what_is_stored_is_there_for_another_process_that_opens_it(store: Store) -> None:
    store.commit([batch(0, 5, [row("x", 1)])])
    assert ids(Store(store.folder, URL)) == ["x"]


def test_rows_come_by_month_agent_time_and_id_however_they_were_committed(store: Store) -> None:
    store.commit([batch(40, 60, [row("z", 50), row("y", 41), row("x", 41)])])
    store.commit([batch(0, 60, [row("w", 41, "b"), row("v", 10, "b")], agent="b")])
    store.commit([batch(0, 20, [row("u", 10)])])
    assert ids(store) == ["u", "x", "y", "v", "w", "z"]


def test_a_stretch_is_half_open(store: Store) -> None:
    store.commit([batch(0, 9, [row("x", 1), row("y", 2), row("z", 3)])])
    assert store.read(["a"], hour(1), hour(3))["conversation_id"].to_pylist() == ["x", "y"]


def test_only_the_rows_of_the_agents_asked_for_come(store: Store) -> None:
    rows = {agent: [row(agent.upper(), 1, agent)] for agent in "abc"}
    store.commit([batch(0, 9, rows[agent], agent=agent) for agent in "abc"])
    assert ids(store, ["c", "a", "c", "nobody"]) == ["A", "C"]


def test_a_row_without_creation_time_stands_where_it_was_placed(store: Store) -> None:
    undated = row("x", None, placed_at=hour(50))
    store.commit([batch(40, 60, [row("y", 51), undated, row("z", 49)])])
    assert ids(store) == ["z", "x", "y"]
    assert store.read(["a"], hour(50), hour(51)).equals(table([undated]))
    store.commit([batch(50, 51)])
    assert ids(store) == ["z", "y"]


def test_a_conversation_on_the_edge_of_a_month_lies_on_its_side(store: Store) -> None:
    last = hour(48) - timedelta(microseconds=1)
    store.commit([batch(0, 99, [row("x", 1, created_at=last), row("y", 48)])])
    assert [part.rows for part in parts_of(store)] == [1, 1]
    assert store.read(["a"], last, hour(48))["conversation_id"].to_pylist() == ["x"]
    assert store.read(["a"], hour(48), hour(99))["conversation_id"].to_pylist() == ["y"]


def test_what_was_asked_for_again_and_did_not_come_is_gone(store: Store) -> None:
    store.commit([batch(0, 60, [row("x", 1), row("y", 2), row("z", 50)])])
    store.commit([batch(2, 60, [row("z", 50)], fetched=1)])
    assert ids(store) == ["x", "z"]


def test_an_answer_for_other_combinations_adds_its_rows(store: Store) -> None:
    store.commit([batch(0, 9, [row("x", 1, served=1)], flags=1)])
    store.commit([batch(0, 9, [row("y", 2, served=2)], flags=2)])
    assert everything(store)["served"].to_pylist() == [1, 2]
    store.commit([batch(0, 9, [], flags=2)])
    assert ids(store) == ["x"]


def test_a_stored_row_loses_the_combinations_under_which_it_no_longer_comes(store: Store) -> None:
    store.commit([batch(0, 9, [row("x", 1, served=3)], flags=3)])
    store.commit([batch(0, 9, [], flags=2)])
    assert everything(store)["served"].to_pylist() == [1]


def test_a_conversation_that_moved_is_one_row_in_its_new_place(store: Store) -> None:
    store.commit([batch(0, 60, [row("x", 1, updated_at=hour(1)), row("y", 2)])])
    store.commit([batch(49, 60, [row("x", 50, updated_at=hour(50))])])
    assert ids(store) == ["y", "x"]


def test_an_outdated_copy_elsewhere_does_not_replace_a_stored_row(store: Store) -> None:
    store.commit([batch(0, 40, [row("x", 1, updated_at=hour(9), topic="new")])])
    store.commit([batch(49, 60, [row("x", 50, updated_at=hour(5), topic="old")])])
    assert everything(store)["topic"].to_pylist() == ["new"]


def test_copies_within_one_answer_end_as_the_newest(store: Store) -> None:
    rows = [
        row("x", 1, updated_at=None, topic="never", served=1),
        row("x", 2, updated_at=hour(7), topic="last", served=2),
        row("x", 3, updated_at=hour(6), topic="first", served=4),
    ]
    store.commit([batch(0, 9, rows)])
    assert everything(store)["topic"].to_pylist() == ["last"]
    assert everything(store)["served"].to_pylist() == [7]


def test_the_coverage_tells_what_was_fetched(store: Store) -> None:
    store.commit([batch(0, 9, fetched=10, rejected=2), batch(3, 5, agent="b", flags=3)])
    store.commit([batch(9, 12, fetched=10)])
    assert store.coverage("a") == [Interval(hour(0), hour(12), ALL, hour(10), 2)]
    assert store.coverage("b") == [Interval(hour(3), hour(5), 3, hour(0))]


def test_rows_of_another_agent_are_refused(store: Store) -> None:
    with pytest.raises(InputError, match=r"1 rows do not belong.*fetched for agent b"):
        store.commit([batch(0, 9, [row("x", 1, "a")], agent="b")])
    with pytest.raises(InputError, match="do not belong"):
        store.commit([batch(0, 9, [row("x", 1, agent_id=None)])])
    assert ids(store) == []


@pytest.mark.parametrize("at", [0.5, 9, None])
def test_rows_outside_the_stretch_or_without_a_place_are_refused(
    store: Store, at: float | None
) -> None:
    with pytest.raises(InputError, match="do not belong"):
        store.commit([batch(1, 9, [row("x", at)])])


def test_instants_without_a_time_zone_are_refused(store: Store) -> None:
    naive = hour(0).replace(tzinfo=None)
    with pytest.raises(InputError, match="aware instants"):
        store.commit([Batch("a", Interval(naive, hour(1), ALL, hour(0)), table([]))])
    with pytest.raises(InputError, match="aware instants"):
        store.read(["a"], naive, hour(1))


def test_an_empty_commit_writes_nothing(store: Store) -> None:
    store.commit([])
    assert not store.folder.exists()


def test_agents_are_remembered_without_their_secrets(store: Store) -> None:
    agent = {"agent_id": "a", "name": "Ann", "client_id": None, "platform": "vapi", "apiKey": "s3"}
    store.remember_agents([agent])
    assert Store(store.folder, URL).agents() == [
        {"agent_id": "a", "name": "Ann", "client_id": None, "platform": "vapi"}
    ]
    assert "s3" not in (store.folder / "manifest.json").read_text()


def test_notes_are_added_to_those_before(store: Store) -> None:
    store.remember(pad_ms=1, habits={"false": "ignored"})
    store.remember(pad_ms=2)
    assert Store(store.folder, URL).notes() == {"pad_ms": 2, "habits": {"false": "ignored"}}


def test_what_is_known_already_is_not_written_again(store: Store) -> None:
    store.remember(pad_ms=1)
    before = (store.folder / "manifest.json").stat().st_ino
    store.remember(pad_ms=1)
    assert (store.folder / "manifest.json").stat().st_ino == before


def test_info_describes_each_agent(store: Store) -> None:
    store.commit([batch(0, 60, [row("x", 1), row("y", 50)], flags=7)])
    store.commit([batch(60, 70, flags=5), batch(0, 1, agent="b")])
    first, second = store.info()
    size = first.pop("bytes")
    assert first == {
        "agent_id": "a",
        "conversations": 2,
        "first": hour(1),
        "last": hour(50),
        "parts": 2,
        "covered_from": hour(0),
        "covered_to": hour(70),
        "flags": 5,
    }
    assert size == sum(f.stat().st_size for f in (store.folder / "parts").iterdir())
    assert (second["agent_id"], second["conversations"], second["first"]) == ("b", 0, None)


def test_clearing_an_agent_leaves_the_others(store: Store) -> None:
    rows = {agent: [row(agent.upper(), 1, agent), row(agent * 2, 50, agent)] for agent in "abc"}
    store.commit([batch(0, 60, rows[agent], agent=agent) for agent in "abc"])
    store.clear(["a", "c", "nobody"])
    assert ids(store) == ["B", "bb"]
    assert (store.coverage("a"), len(store.coverage("b"))) == ([], 1)
    assert b"aa" not in b"".join(f.read_bytes() for f in store.folder.rglob("*.parquet"))


def test_clearing_everything_leaves_no_part(store: Store) -> None:
    store.commit([batch(0, 60, [row("x", 1)])])
    store.remember(pad_ms=2)
    store.clear()
    assert (ids(store), store.coverage("a"), store.notes()) == ([], [], {})
    assert list((store.folder / "parts").iterdir()) == []


def test_clearing_what_does_not_exist_creates_nothing(store: Store) -> None:
    store.clear()
    store.clear(["a"])
    assert not store.folder.exists()


def test_a_password_in_the_address_is_not_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", "https://user:pa55@chat.example/v1/")
    store.remember(pad_ms=1)
    assert store.base_url == "https://chat.example/v1"
    assert "pa55" not in (store.folder / "manifest.json").read_text()


@pytest.mark.parametrize("columns", [["conversation_id"], ["topic", "created_at", "served"]])
def test_columns_come_as_asked_for(store: Store, columns: list[str]) -> None:
    rows = [row("x", 1, topic="t"), row("y", 50), row("z", 51)]
    store.commit([batch(0, 60, rows)])
    store.commit([batch(0, 60, [row("w", 50.5, "b")], agent="b")])
    read = store.read(["a", "b"], hour(0), hour(51), columns=columns)
    assert read.equals(store.read(["a", "b"], hour(0), hour(51)).select(columns))
    assert isinstance(read, pa.Table)
    assert read.column_names == columns


def test_every_row_is_read_without_bounds(store: Store) -> None:
    store.commit([batch(0, 9, [row("x", 1)])])
    assert len(store.read(["a"], *EVER)) == 1
