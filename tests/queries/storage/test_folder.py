"""Saved clusters: plain files, read back bit for bit, in the old or the new state."""

from __future__ import annotations

import builtins
import json
import re
import stat
import threading

import duckdb
import filelock
import numpy as np
import pandas as pd
import polars as pl
import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.registry.refitting import first_registry
from chatdash_analysis.queries.storage import folder as module
from chatdash_analysis.queries.storage.folder import load_parts, save_parts
from tests.queries.storage.saved_states import (
    DTYPES,
    FACTS,
    ROWS,
    TABLE,
    VECTORS,
    save,
    snapshot,
    state,
)


def test_everything_is_read_back_as_it_was(tmp_path):
    arrays = {
        "vectors": VECTORS,
        "doubles": VECTORS.T.astype("float64")[::2],
        "odd": np.array([np.nan, -0.0, np.inf, 5e-324]),
        "counts": np.arange(5),
        "flags": np.array([True, False]),
        "none": np.zeros((0, 5), "float32"),
        "nothing": np.zeros(0),
    }
    tables = {
        "full": TABLE,
        "empty": TABLE.iloc[:0],
        "missing": TABLE.iloc[[1]].reset_index(drop=True),
    }
    assert (
        save_parts(str(tmp_path / "a"), tables=tables, arrays=arrays, facts=FACTS) == tmp_path / "a"
    )
    read_tables, read_arrays, facts = load_parts(str(tmp_path / "a"))
    assert facts == FACTS
    assert list(read_tables) == list(tables)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(read_tables[name], table, check_exact=True)
        assert read_tables[name].dtypes.astype(str).to_dict() == DTYPES
    assert list(read_arrays) == list(arrays)
    for name, array in arrays.items():
        assert (read_arrays[name].dtype, read_arrays[name].shape) == (array.dtype, array.shape)
        assert read_arrays[name].tobytes() == array.tobytes()
        assert read_arrays[name].flags.writeable


def test_a_registry_is_read_back_as_it_was(tmp_path):
    numbers = pd.Series({"a": 0, "b": 0, "c": -1, "d": 1})
    registry = first_registry(numbers, weights=pd.Series(1, index=numbers.index))
    tables = {
        name: getattr(registry, name) for name in ("clusters", "members", "earlier", "history")
    }
    save_parts(tmp_path / "r", tables=tables, arrays={}, facts={"version": registry.version})
    again, _, facts = load_parts(tmp_path / "r")
    assert facts == {"version": 1}
    for name, table in tables.items():
        pd.testing.assert_frame_equal(again[name], table)


def test_nothing_at_all_can_be_saved(tmp_path):
    save_parts(tmp_path / "a", tables={}, arrays={}, facts={})
    assert load_parts(tmp_path / "a") == ({}, {}, {})


def test_the_tables_given_are_not_changed_and_attrs_are_left_out(tmp_path):
    table = TABLE.copy()
    table.attrs["loaded"] = object()
    save_parts(tmp_path / "a", tables={"t": table}, arrays={}, facts={})
    assert "loaded" in table.attrs
    assert load_parts(tmp_path / "a")[0]["t"].attrs == {}


def test_other_tools_read_the_files(tmp_path):
    save(tmp_path / "a")
    files = {re.split("-", path.name)[0]: path for path in (tmp_path / "a").glob("*.parquet")}
    assert sorted(files) == ["changing", "same", "vectors"]
    rows = duckdb.sql(f"select text, n from '{files['same']}'").fetchall()
    assert rows == [(ROWS[0][0], 2**62), (None, 0), ("", -1)]
    vectors = duckdb.sql(f"select value from '{files['vectors']}'").fetchall()
    assert np.array([row[0] for row in vectors], "float32").tolist() == VECTORS.tolist()
    frame = pl.read_parquet(files["same"])
    assert frame["text"].to_list() == [ROWS[0][0], None, ""]
    assert frame["flag"].to_list() == [True, None, False]
    assert (pl.read_parquet(files["vectors"])["value"].to_numpy() == VECTORS).all()
    assert (np.stack(pd.read_parquet(files["vectors"])["value"]) == VECTORS).all()


def test_names_fit_every_system_and_hold_the_digest(tmp_path):
    save(tmp_path / "a")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names[-3:-1] == ["lock", "manifest.json"] or "manifest.json" in names
    for name in set(names) - {"lock", "manifest.json"}:
        assert re.fullmatch(r"[a-z][a-z0-9_]*-[0-9a-f]{32}\.parquet", name)
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    assert manifest["files"]["same"]["rows"] == 3
    assert manifest["files"]["same"]["file"] in names


def test_only_the_owner_can_enter_and_read(tmp_path):
    (tmp_path / "a").mkdir(mode=0o755)
    save(tmp_path / "a")
    save(tmp_path / "new" / "b")
    for folder in (tmp_path / "a", tmp_path / "new" / "b"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_the_next_save_replaces_the_state_and_leaves_no_old_file(tmp_path):
    folder = tmp_path / "a"
    save(folder, 1)
    (folder / "notes.txt").write_text("of the user")
    before = set(snapshot(folder))
    save(folder, 2)
    assert state(folder) == 2
    after = set(snapshot(folder))
    assert len(after) == len(before)
    assert len(before & after) == 4  # the lock, the manifest, the notes, the table that is the same
    assert (folder / "notes.txt").read_text() == "of the user"


def test_saving_the_same_again_changes_nothing(tmp_path):
    save(tmp_path / "a")
    before = snapshot(tmp_path)
    save(tmp_path / "a")
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    "files",
    [
        {"report.csv": "a"},
        {"manifest.json": "{}"},
        {"manifest.json": "[]"},
        {"manifest.json": '{"format": "another", "version": 1}'},
        {"manifest.json": "not JSON"},
        {"manifest.json": "[" * 100_000},
        {"lock": "", "report.csv": "a"},
        {"same-0123456789abcdef0123456789abcdef.parquet": "a"},
    ],
)
def test_a_folder_that_holds_something_else_is_not_touched(tmp_path, files):
    folder = tmp_path / "a"
    folder.mkdir(mode=0o755)
    for name, content in files.items():
        (folder / name).write_text(content)
    before = snapshot(folder)
    with pytest.raises(InputError, match=r"other things|something else|not as it was saved"):
        save(folder)
    assert snapshot(folder) == before
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_a_file_and_impossible_names_are_refused(tmp_path):
    (tmp_path / "a").write_text("x")
    for path, said in (
        (tmp_path / "a", "is a file"),
        (tmp_path / "a" / "b", "could not be written"),
        (tmp_path / ("x" * 300), "could not be written"),
        (str(tmp_path / "nul\x00"), "could not be written"),
    ):
        with pytest.raises(InputError, match=said):
            save(path)
    assert (tmp_path / "a").read_text() == "x"


@pytest.mark.parametrize("path", ["missing", "empty", "nul\x00", "x" * 300, "file", "file/inside"])
def test_where_nothing_is_saved_nothing_is_loaded(tmp_path, path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"no saved clusters|could not be read"):
        load_parts(str(tmp_path / path))


def test_a_second_writer_waits_and_then_is_told(tmp_path, monkeypatch):
    save(tmp_path / "a", 1)
    monkeypatch.setattr(module, "_WAIT", 0.1)
    with filelock.FileLock(tmp_path / "a" / "lock"):
        with pytest.raises(InputError, match="Another process has been saving"):
            save(tmp_path / "a", 2)
        assert state(tmp_path / "a") == 1
    save(tmp_path / "a", 2)
    assert state(tmp_path / "a") == 2


def test_readers_see_whole_states_while_others_write(tmp_path):
    folder = tmp_path / "a"
    save(folder, 1)
    problems: list[BaseException] = []

    def write(numbers: range) -> None:
        try:
            for n in numbers:
                save(folder, n)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test has to tell
            problems.append(error)

    threads = [threading.Thread(target=write, args=(range(k, 40, 2),)) for k in (2, 3)]
    for thread in threads:
        thread.start()
    seen = set()
    while any(thread.is_alive() for thread in threads):
        seen.add(state(folder))
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(seen) > 3
    assert state(folder) in {38, 39}
    assert len(snapshot(folder)) == 5


def test_a_reader_whose_files_go_away_reads_the_state_that_came(tmp_path, monkeypatch):
    folder = tmp_path / "a"
    save(folder, 1)
    real, done = module.read_manifest, []

    def late(path):
        found = real(path)
        if not done:
            done.append(True)
            save(folder, 2)
        return found

    monkeypatch.setattr(module, "read_manifest", late)
    assert state(folder) == 2


def test_hundreds_of_thousands_of_rows(tmp_path):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "duplicate_group": pd.Series([f"{n:032x}" for n in range(200_000)], dtype="str"),
            "cluster_id": pd.Series(rng.integers(0, 999, 200_000), dtype="int64")
            .map("q{:03d}".format)
            .astype("str")
            .mask(rng.random(200_000) < 0.2),
        }
    )
    vectors = rng.standard_normal((200_000, 16)).astype("float32")
    save_parts(tmp_path / "a", tables={"members": table}, arrays={"v": vectors}, facts={})
    tables, arrays, _ = load_parts(tmp_path / "a")
    pd.testing.assert_frame_equal(tables["members"], table)
    assert arrays["v"].tobytes() == vectors.tobytes()


def test_loading_runs_no_code_of_the_files(tmp_path, monkeypatch):
    save(tmp_path / "a")
    import pickle

    def refuse(*arguments, **options):
        raise AssertionError("unpickled")

    monkeypatch.setattr(pickle, "loads", refuse)
    monkeypatch.setattr(pickle, "load", refuse)
    monkeypatch.setattr(builtins, "eval", refuse)
    assert state(tmp_path / "a") == 1
