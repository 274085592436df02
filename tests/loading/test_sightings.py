"""The store remembers when it saw each conversation without and first with a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.errors import CacheError, InputError
from chatdash_analysis.loading import commit, transaction
from chatdash_analysis.loading.folders import store_folder
from chatdash_analysis.loading.opening import open_store
from chatdash_analysis.loading.sightings import load_sightings
from chatdash_analysis.loading.store import Batch, Store
from chatdash_analysis.privacy.guarding import guard_of
from chatdash_analysis.sandbox.server import StandIn
from tests.loading.made import AGENT, AGENTS, KEY, conversations
from tests.loading.store_tables import EVER, URL, batch, everything, hour, part_files, row

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ("last_unjudged_at", "first_judged_at", "last_seen_at")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(store_folder(tmp_path, URL), URL)


def judged(key: str | None, at: float | None, *, success: bool = True, **values: Any) -> Any:
    return row(key, at, evaluation_is_success=success, **values)


def seen(store: Store) -> dict[str, list[float | None]]:
    """Return the hours of the sights by conversation id."""
    rows = store.sightings(["a", "b"], *EVER).to_pylist()
    return {
        r["conversation_id"]: [
            None if r[name] is None else (r[name] - hour(0)).total_seconds() / 3600
            for name in COLUMNS
        ]
        for r in rows
    }


def test_a_verdict_lies_between_the_last_look_without_and_the_first_with_it(store: Store) -> None:
    store.commit([batch(0, 9, [row("x", 1), row("y", 2), judged("z", 3)], fetched=10)])
    assert seen(store) == {"x": [10, None, 10], "y": [10, None, 10], "z": [None, 10, 10]}
    store.commit([batch(0, 9, [row("x", 1), row("y", 2), judged("z", 3)], fetched=20)])
    store.commit([batch(0, 9, [judged("x", 1), row("y", 2), judged("z", 3)], fetched=30)])
    assert seen(store) == {"x": [20, 30, 30], "y": [30, None, 30], "z": [None, 10, 30]}
    store.commit([batch(0, 9, [judged("x", 1), judged("y", 2), judged("z", 3)], fetched=40)])
    assert seen(store) == {"x": [20, 30, 40], "y": [30, 40, 40], "z": [None, 10, 40]}


def test_a_load_counts_from_its_start_without_and_at_its_end_with_a_verdict(store: Store) -> None:
    first, second = (batch(0, 9, rows, fetched=at) for rows, at in (
        ([row("x", 1)], 10), ([judged("x", 1)], 20)))  # fmt: skip
    store.commit([Batch(first.agent_id, first.interval, first.table, hour(12))])
    store.commit([Batch(second.agent_id, second.interval, second.table, hour(23))])
    assert seen(store) == {"x": [10, 23, 23]}


def test_the_first_verdict_stays_the_first_when_it_changes_or_is_withdrawn(store: Store) -> None:
    for fetched, content in (
        (10, row("x", 1)),
        (20, judged("x", 1)),
        (30, judged("x", 1, success=False)),
        (40, row("x", 1)),
        (50, judged("x", 1)),
    ):
        store.commit([batch(0, 9, [content], fetched=fetched)])
    assert seen(store) == {"x": [10, 20, 50]}


def test_looking_again_at_the_same_rewrites_no_file(store: Store) -> None:
    rows = [row("x", 1), judged("y", 2)]
    store.commit([batch(0, 9, rows, fetched=10)])
    before = part_files(store)
    store.commit([batch(0, 9, rows, fetched=20)])
    assert part_files(store) == before
    assert seen(store) == {"x": [20, None, 20], "y": [None, 10, 20]}


def test_what_is_deleted_is_forgotten(store: Store) -> None:
    store.commit([batch(0, 9, [row("x", 1), judged("y", 2)], fetched=10)])
    store.commit([batch(0, 9, [judged("y", 2)], fetched=20)])
    assert seen(store) == {"y": [None, 10, 20]}
    store.clear()
    assert seen(store) == {}


def test_sights_go_along_when_a_conversation_moves_or_months_are_rewritten(store: Store) -> None:
    store.commit([batch(0, 99, [row("x", 1), row("y", 2), row("w", 60)], fetched=100)])
    store.commit([batch(0, 99, [judged("x", 50), judged("y", 2), row("w", 60)], fetched=110)])
    store.commit([batch(0, 9, [judged("y", 2), row("v", 3)], fetched=120)])
    assert seen(store) == {
        "v": [120, None, 120], "w": [110, None, 110], "x": [100, 110, 110], "y": [100, 110, 120],
    }  # fmt: skip


def test_equal_ids_of_two_agents_are_two_conversations(store: Store) -> None:
    store.commit([batch(0, 9, [row("x", 1)], fetched=10)])
    store.commit([batch(0, 9, [judged("x", 1, agent="b")], agent="b", fetched=20)])
    store.commit([
        batch(0, 9, [judged("x", 1)], fetched=30),
        batch(0, 9, [judged("x", 1, agent="b")], agent="b", fetched=30),
    ])  # fmt: skip
    table = store.sightings(["a", "b"], *EVER).sort_by("agent_id")
    assert table["first_judged_at"].to_pylist() == [hour(30), hour(20)]
    assert table["last_unjudged_at"].to_pylist() == [hour(10), None]


def test_copies_of_one_conversation_in_an_answer_count_once(store: Store) -> None:
    store.commit([batch(0, 9, [row("x", 1)], fetched=10)])
    copies = [judged("x", 1, updated_at=hour(7), served=2), row("x", 1, updated_at=hour(6))]
    store.commit([batch(0, 9, copies, fetched=20)])
    assert seen(store) == {"x": [10, 20, 20]}


def test_rows_without_an_id_are_left_out(store: Store) -> None:
    rows = [judged(None, 1), judged(None, None, placed_at=hour(2)), judged("x", 3)]
    store.commit([batch(0, 9, rows, fetched=10)])
    before = part_files(store)
    store.commit([batch(0, 9, rows, fetched=20)])
    assert (part_files(store), seen(store)) == (before, {"x": [None, 10, 20]})


def test_combinations_fetched_at_different_times_count_by_the_oldest(store: Store) -> None:
    store.commit([batch(0, 9, [row("x", 1, served=1)], flags=1, fetched=10)])
    store.commit([batch(0, 9, [row("y", 2, served=2)], flags=2, fetched=20)])
    assert seen(store) == {"x": [10, None, 10], "y": [10, None, 10]}


def test_frames_and_plain_reads_show_nothing_of_it(store: Store) -> None:
    store.commit([batch(0, 9, [judged("x", 1)], fetched=10)])
    assert not {"judged_at", "unjudged_at"} & set(everything(store).column_names)


@pytest.fixture
def earlier_version(monkeypatch: pytest.MonkeyPatch):
    """Files are written as before the store kept sights."""
    with monkeypatch.context() as patched:
        patched.setattr(commit, "with_sights", lambda table, sights: table)
        yield patched


def test_a_store_of_an_earlier_version_opens_and_learns(store: Store, earlier_version) -> None:
    rows = [row("x", 1), judged("y", 2, custom={"Plan": "pro"}), row("w", 60)]
    store.commit([batch(0, 99, rows, fetched=100)])
    names = pd.read_parquet(part_files(store)[0]).columns
    assert not {"judged_at", "unjudged_at"} & set(names)
    earlier_version.undo()
    whole = everything(store)
    assert seen(store) == {"x": [100, None, 100], "y": [None, 100, 100], "w": [100, None, 100]}
    later = [judged("x", 1), judged("y", 2, custom={"Plan": "pro"}), row("w", 60)]
    store.commit([batch(0, 99, later, fetched=110)])
    assert seen(store) == {"x": [100, 110, 110], "y": [None, 100, 110], "w": [110, None, 110]}
    assert everything(store).schema == whole.schema
    # One month is rewritten, of the other the old file stays: both are read together.
    assert len(part_files(store)) == 2


def test_a_commit_that_fails_leaves_rows_and_sights_as_they_were(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.commit([batch(0, 9, [row("x", 1)], fetched=10)])
    before = everything(store), seen(store)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(transaction, "save", refuse)
        with pytest.raises(CacheError):
            store.commit([batch(0, 9, [judged("x", 1)], fetched=20)])
    assert (everything(store), seen(store)) == before
    store.commit([batch(0, 9, [judged("x", 1)], fetched=30)])
    assert seen(store) == {"x": [10, 30, 30]}


def test_the_table_has_the_promised_columns_full_and_empty(store: Store, tmp_path: Path) -> None:
    empty = load_sightings(cache_dir=tmp_path, base_url=URL)
    store.commit([batch(0, 9, [judged("y", 2), row("x", 1)], fetched=10)])
    full = load_sightings(cache_dir=tmp_path, base_url=URL)
    times = ("created_at", "ended_at", "updated_at", *COLUMNS)
    dtypes = {"conversation_id": "str", "agent_id": "str"}
    dtypes |= dict.fromkeys(times, "datetime64[us, UTC]")
    for frame in (empty, full):
        assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == dtypes
        assert isinstance(frame.index, pd.RangeIndex)
    assert (len(empty), full["conversation_id"].tolist()) == (0, ["x", "y"])
    assert len(load_sightings("b", cache_dir=tmp_path, base_url=URL)) == 0
    assert len(load_sightings(["a", "b"], cache_dir=tmp_path, base_url=URL)) == 2


def test_what_was_stored_without_personal_data_has_sights_of_its_own(tmp_path: Path) -> None:
    guarded = open_store(tmp_path, URL, guard_of("drop"))
    guarded.commit([batch(0, 9, [row("x", 1, name="Ann")], fetched=10)])
    guarded.commit([batch(0, 9, [judged("x", 1, name="Ann")], fetched=20)])
    table = load_sightings(cache_dir=tmp_path, base_url=URL, pii="drop")
    assert table["conversation_id"].tolist() == ["x"]
    assert table["last_unjudged_at"].tolist() == [hour(10)]
    assert len(load_sightings(cache_dir=tmp_path, base_url=URL)) == 0


@pytest.mark.parametrize("agents", [5, [5], b"a", pd.DataFrame({"agent_id": ["a"]})])
def test_agents_that_are_no_ids_are_refused(agents: object, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="agent ids"):
        load_sightings(agents, cache_dir=tmp_path, base_url=URL)  # type: ignore[arg-type]


def test_loads_note_what_they_saw_and_nothing_is_fetched_for_it(tmp_path: Path) -> None:
    rows = conversations(40)
    late = {k: v for k, v in rows[0].items() if k != "evaluation"}
    arguments: dict[str, Any] = {"start": "2026-03-01", "end": "2026-05-01", "cache_dir": tmp_path}
    with StandIn([late, *rows[1:]], AGENTS) as service:
        arguments["client"] = cda.Client(KEY, base_url=service.url)
        cda.load_conversations(AGENT, **arguments)
        service.upsert(rows[0])
        cda.load_conversations(AGENT, refresh="all", **arguments)
        asked = len(service.requests)
        table = load_sightings(cache_dir=tmp_path, base_url=service.url)
        assert len(service.requests) == asked
    table = table.set_index("conversation_id")
    assert table["first_judged_at"].notna().all()
    assert table.index[table["last_unjudged_at"].notna()].tolist() == [rows[0]["_id"]]
    found = table.loc[rows[0]["_id"]]
    assert found["last_unjudged_at"] < found["first_judged_at"] <= found["last_seen_at"]
    others = table.drop(rows[0]["_id"])
    assert (others["first_judged_at"] < found["last_unjudged_at"] + pd.Timedelta("1min")).all()
    assert (others["first_judged_at"] < others["last_seen_at"]).all()
