from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from chatdash_analysis.errors import CacheError
from chatdash_analysis.loading.manifest import DamagedManifestError, read_manifest
from chatdash_analysis.loading.parts import DamagedPart
from tests.loading.store_tables import (
    ALL,
    batch,
    everything,
    hour,
    ids,
    leftovers,
    new_store,
    part_files,
    row,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chatdash_analysis.loading.store import Batch, Store


def batches() -> list[Batch]:
    made = []
    for agent in "ab":
        rows = [
            row(
                f"{agent}{number}",
                number * 2.0,
                agent,
                summary=f"words {number} " * 20,
                cost=number / 7,
                record=[True, False, None][number % 3],
                custom={"score": number / 3, "plan": "gold" if number % 2 else "free"},
            )
            for number in range(48)
        ]
        made.append(batch(-1, 99, rows, agent=agent))
    return made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = new_store(tmp_path)
    store.commit(batches())
    return store


def flipped(file: Path, count: int) -> Iterator[int]:
    """Flip one bit after the other in a file, each time in a sound copy."""
    sound, chance = file.read_bytes(), random.Random(file.name)
    places = [(chance.randrange(len(sound)), chance.randrange(8)) for _ in range(count)]
    for place, bit in [*places, *((len(sound) - 1 - n, n) for n in range(8))]:
        damaged = bytearray(sound)
        damaged[place] ^= 1 << bit
        file.write_bytes(damaged)
        yield place
    file.write_bytes(sound)


def test_one_flipped_bit_in_a_part_never_yields_wrong_rows(store: Store) -> None:
    whole, noticed = everything(store), 0
    for file in part_files(store):
        for place in flipped(file, 250):
            try:
                assert everything(store).equals(whole), f"bit in byte {place} of {file.name}"
            except DamagedPart as damage:
                noticed += damage.file == file.name
    # Some bits lie in columns that only tell when rows were seen, which are not read here.
    assert noticed > 450


def test_one_flipped_bit_is_found_by_verify_wherever_it_is(store: Store) -> None:
    file = part_files(store)[0]
    for _ in flipped(file, 40):
        assert [report["file"] for report in store.verify() if not report["ok"]] == [file.name]
    assert all(report["ok"] for report in store.verify())


def test_one_flipped_bit_in_the_manifest_makes_the_store_empty(store: Store) -> None:
    manifest = store.folder / "manifest.json"
    for place in flipped(manifest, 300):
        assert (len(everything(store)), store.coverage("a")) == (0, []), f"byte {place}"
        assert [report["ok"] for report in store.verify()] == [False]
        with pytest.raises(DamagedManifestError, match="is damaged"):
            read_manifest(store.folder)
    assert len(everything(store)) == 96


@pytest.mark.parametrize("size", [0, 3, 8, 1000, -1])
def test_a_cut_part_is_noticed(store: Store, size: int) -> None:
    file = part_files(store)[0]
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(DamagedPart, match="bytes and should have"):
        everything(store)


def test_a_foreign_parquet_file_in_the_place_of_a_part_is_noticed(store: Store) -> None:
    first, second = part_files(store)
    foreign = pq.read_table(first)
    pq.write_table(foreign, first)
    with pytest.raises(DamagedPart):
        everything(store)
    shutil.copy(second, first)
    with pytest.raises(DamagedPart):
        everything(store)


def test_a_deleted_part_is_noticed(store: Store) -> None:
    file = part_files(store)[0]
    file.unlink()
    with pytest.raises(DamagedPart, match="it is missing") as caught:
        everything(store)
    assert caught.value.file == file.name
    assert [report["problem"] for report in store.verify()] == ["it is missing", ""]


def test_damage_in_another_month_does_not_stop_a_read(store: Store) -> None:
    part_files(store)[1].write_bytes(b"")
    assert len(store.read(["a"], hour(0), hour(48))) == 24


def test_dropping_damage_takes_back_just_the_coverage_that_it_held(store: Store) -> None:
    january, february = part_files(store)
    whole = everything(store)
    february.write_bytes(february.read_bytes()[:-9])
    assert store.drop_damaged() == [february.name]
    assert part_files(store) == [january]
    for agent in "ab":
        edges = [(held.start, held.end) for held in store.coverage(agent)]
        assert edges[0] == (hour(-1), hour(48))
        assert edges[1][0] > hour(94)
    assert everything(store).equals(whole.slice(0, 48))
    store.commit(batches())
    assert everything(store).equals(whole)


def test_nothing_is_dropped_where_nothing_is_damaged(store: Store) -> None:
    before = (store.folder / "manifest.json").read_bytes()
    assert store.drop_damaged() == []
    assert (store.folder / "manifest.json").read_bytes() == before


def test_a_commit_over_a_damaged_part_drops_it_and_its_coverage(store: Store) -> None:
    january, february = part_files(store)
    damaged = bytearray(january.read_bytes())
    damaged[len(damaged) // 2 :] = bytes(len(damaged) - len(damaged) // 2)
    january.write_bytes(damaged)
    store.commit([batch(1, 5, [row("new", 2)], fetched=1)])
    assert february in part_files(store)
    assert ids(store, ["a"])[:2] == ["new", "a24"]
    assert [(held.start, held.end) for held in store.coverage("a")][:3] == [
        (hour(-1), hour(0)),
        (hour(1), hour(5)),
        (store.coverage("a")[2].start, hour(99)),
    ]
    assert all(report["ok"] for report in store.verify())


def test_clearing_an_agent_works_over_a_damaged_part(store: Store) -> None:
    part_files(store)[0].write_bytes(b"junk")
    store.clear(["a"])
    assert ids(store) == [f"b{number}" for number in range(24, 48)]
    assert all(report["ok"] for report in store.verify())


def test_a_store_with_a_damaged_manifest_is_filled_anew(store: Store) -> None:
    whole = everything(store)
    (store.folder / "manifest.json").write_bytes(b"{}")
    store.commit(batches())
    assert everything(store).equals(whole)
    assert leftovers(store) == set()


def test_a_manifest_that_is_whole_again_counts_again(store: Store) -> None:
    manifest = store.folder / "manifest.json"
    sound = manifest.read_bytes()
    manifest.write_bytes(sound[:-1])
    assert len(everything(store)) == 0
    manifest.write_bytes(sound)
    assert len(everything(store)) == 96


def _written_by(store: Store, **versions: int) -> None:
    import msgspec

    from chatdash_analysis.loading.manifest import save

    manifest = read_manifest(store.folder)
    assert manifest is not None
    save(store.folder, msgspec.structs.replace(manifest, **versions))


@pytest.mark.parametrize("version", ["format", "schema_version"])
def test_a_store_of_a_newer_version_is_neither_read_nor_overwritten(
    store: Store, version: str
) -> None:
    _written_by(store, **{version: 99})
    before = (store.folder / "manifest.json").read_bytes()
    for act in (lambda: everything(store), store.clear, lambda: store.commit([batch(0, 1)])):
        with pytest.raises(CacheError, match=r"newer version.*Update the package"):
            act()
    assert (store.folder / "manifest.json").read_bytes() == before
    assert len(part_files(store)) == 2


@pytest.mark.parametrize("version", ["format", "schema_version"])
def test_a_store_of_an_older_version_counts_as_empty_and_is_replaced(
    store: Store, version: str
) -> None:
    _written_by(store, **{version: 0})
    assert (ids(store), store.coverage("a")) == ([], [])
    store.commit([batch(0, 9, [row("x", 1)])])
    assert ids(store) == ["x"]
    assert leftovers(store) == set()


def test_what_a_killed_writer_left_is_removed_and_other_files_are_not(store: Store) -> None:
    parts = store.folder / "parts"
    ours = [store.folder / f"tmp-{'0' * 16}", parts / f"2026-01-{'f' * 32}.parquet"]
    others = [store.folder / "tmp-notes", parts / "my.parquet", parts / "2026-01-f.parquet"]
    for file in ours + others:
        file.write_bytes(b"content")
    store.commit([batch(0, 1, fetched=2)])
    assert [file.exists() for file in ours + others] == [False] * 2 + [True] * 3
    assert store.coverage("a")[1].flags == ALL
