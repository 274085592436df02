"""The folder is there whole or not at all, whatever happens while it is written."""

from __future__ import annotations

import errno
import os
import random
import stat
import tempfile
import time
from pathlib import Path
from typing import Any

import filelock
import pytest

from chatdash_analysis.datasets.exporting import folder as folders
from chatdash_analysis.datasets.exporting import swap
from chatdash_analysis.datasets.exporting.verify import verify_dataset
from chatdash_analysis.errors import InputError
from tests.children import forkserver
from tests.datasets.exporting import export_children as children
from tests.datasets.exporting.exported import contents, export, made

KILLS = 24
posix = pytest.mark.skipif(os.name != "posix", reason="modes, limits and users of POSIX")


@pytest.fixture(scope="module")
def processes() -> Any:
    return forkserver()


@pytest.fixture
def start(processes):
    """Start a child that is ended with the test; return it and what it says."""
    started = []

    def begin(target, *args):
        ours, theirs = processes.Pipe(duplex=False)
        process = processes.Process(target=target, args=(*args, theirs))
        started.append((process, theirs))  # closed here, the end would look like a word
        process.start()
        return process, ours

    yield begin
    for process, _ in started:
        process.kill()
        process.join()


def hidden(parent: Path) -> list[str]:
    return sorted(path.name for path in parent.iterdir() if path.name.startswith("."))


def test_killed_at_any_moment_the_folder_is_the_one_before_or_after(tmp_path, start):
    folder, chance = tmp_path / "set", random.Random(0)
    number, untidy = -1, 0
    for turn in range(KILLS):
        process, says = start(children.export_on_and_on, folder, number + 1)
        assert says.poll(30)
        time.sleep(chance.uniform(0, 0.12))
        while turn % 2 and process.is_alive() and not hidden(tmp_path):
            pass  # every other kill comes while files are being written
        process.kill()
        process.join()
        begun = says.recv()
        while says.poll():
            begun = says.recv()
        number = children.version_of(folder)
        assert number in (begun - 1, begun)
        untidy += bool(hidden(tmp_path))
    assert untidy > KILLS // 6, "the kills came at harmless moments only"
    children.export_version(folder, number + 1)
    assert children.version_of(folder) == number + 1
    assert list(tmp_path.iterdir()) == [folder]


def test_a_killed_first_export_leaves_nothing_under_the_name(tmp_path, start):
    folder, untidy = tmp_path / "set", 0
    for _ in range(6):
        process, says = start(children.export_on_and_on, folder, 0)
        assert says.poll(30)
        while process.is_alive() and not hidden(tmp_path):
            pass
        process.kill()
        process.join()
        assert children.version_of(folder) in (-1, 0, 1, 2)
        untidy += bool(hidden(tmp_path))
        folders._sweep(tmp_path)
        assert hidden(tmp_path) == []
        if folder.exists():
            folder.rename(tmp_path / f"done{time.monotonic_ns()}")
    assert untidy


def test_many_processes_export_to_one_name_at_once(tmp_path, start):
    folder, count = tmp_path / "set", 8
    children.export_version(folder, 0)
    said = [start(children.export_many, folder, number, count)[1] for number in (100, 200)]
    looks = 0
    while not all(says.poll() for says in said):
        assert folder.is_dir()  # at every moment one of them is there
        looks += 1
    assert looks > 100
    assert [says.recv() for says in said] == ["done"] * 2
    assert children.version_of(folder) in (107, 207)
    assert list(tmp_path.iterdir()) == [folder]


def test_what_a_living_export_writes_is_not_swept(tmp_path):
    begun = tmp_path / ".chatdash-export-0123456789abcdef"
    begun.mkdir()
    with filelock.FileLock(tmp_path / f"{begun.name}.lock"):
        export(made(), tmp_path / "one")
        assert begun.is_dir()
    export(made(), tmp_path / "two")
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("limit", [0, 1_000, 4_000])
@posix
def test_a_full_disk_is_an_error_and_what_was_there_stays(tmp_path, start, limit):
    folder = tmp_path / "set"
    children.export_version(folder, 0)
    before = contents(folder)
    assert limit < max(map(len, before.values()))
    for target in (folder, tmp_path / "new"):
        _, says = start(children.export_with_small_files, target, limit)
        assert says.poll(30)
        assert "so nothing was. Make room" in says.recv()
    assert contents(folder) == before
    assert list(tmp_path.iterdir()) == [folder]


@posix
def test_a_place_that_may_not_be_written_is_an_error(start):
    with tempfile.TemporaryDirectory() as name:
        parent = Path(name)
        parent.chmod(0o755)
        _, says = start(children.export_without_rights, parent / "set")
        assert says.poll(30)
        assert "could not be written (Permission denied), so nothing was" in says.recv()
        parent.chmod(0o000)
        _, says = start(children.export_without_rights, parent / "set")
        assert says.poll(30)
        assert "Permission denied" in says.recv()
        parent.chmod(0o755)
        assert list(parent.iterdir()) == []


@pytest.mark.parametrize("umask", [0o000, 0o777])
@posix
def test_only_the_owner_can_enter_and_read_whatever_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        folder = export(made(), tmp_path / "set")
        export(made(), folder, overwrite=True)
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_what_exists_is_replaced_on_demand_only(tmp_path):
    folder = export(made(), tmp_path / "set")
    before = contents(folder)
    with pytest.raises(InputError, match=r"exists, and nothing was written.*overwrite=True"):
        export(made(20), folder)
    assert contents(folder) == before
    export(made(20), folder, overwrite=True, for_spreadsheet=True)
    assert list(contents(folder)) == ["README.md", "all.csv", "recipe.json"]
    assert list(tmp_path.iterdir()) == [folder]


def test_a_damaged_export_is_replaced(tmp_path):
    folder = export(made(), tmp_path / "set")
    (folder / "all.parquet").write_bytes(b"")
    export(made(), folder, overwrite=True)
    verify_dataset(folder)


def _stray(folder):
    export(made(), folder)
    (folder / "model.pkl").write_text("weeks of work")


def _recipe_of_something_else(folder):
    folder.mkdir()
    (folder / "recipe.json").write_text('{"format": "cake"}')


def _link_to_export(folder):
    folder.symlink_to(export(made(), folder.parent / "real"))


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (lambda path: path.write_text("mine"), "is a file or a link"),
        (_stray, r"other things than an export, such as 'model\.pkl'"),
        (_recipe_of_something_else, "no data set that export_dataset wrote"),
        (lambda path: (path.mkdir(), (path / "a").touch()), "no data set"),
        (_link_to_export, "is a file or a link"),
        (lambda path: path.symlink_to(path.parent / "nowhere"), "is a file or a link"),
    ],
)
def test_what_is_no_export_is_never_replaced(tmp_path, there, said):
    there(tmp_path / "set")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    with pytest.raises(InputError, match=said):
        export(made(), tmp_path / "set", overwrite=True)
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_an_empty_folder_is_replaced_on_demand_only(tmp_path):
    with pytest.raises(InputError, match="exists"):
        export(made(), tmp_path)
    (tmp_path / "set").mkdir(mode=0o755)
    verify_dataset(export(made(), tmp_path / "set", overwrite=True))


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "missing/set", "file/set", 7, None])
def test_names_that_cannot_be_folders_are_errors_of_ours(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"could not be written|cannot be made|path is a"):
        export(made(), tmp_path / name if isinstance(name, str) else name)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["Größe 漢字 🙂", "with 'quotes' | \\ <b>", "x" * 250, ".hidden"])
def test_names_of_all_kinds_are_folders(tmp_path, name):
    for _ in range(2):
        folder = export(made(), tmp_path / name, overwrite=True)
    verify_dataset(folder)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_relative_name_is_taken_from_where_one_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert export(made(), "set") == tmp_path / "set"


def test_a_folder_that_appears_meanwhile_is_not_overwritten(tmp_path, monkeypatch):
    target = tmp_path / "set"
    write = folders.replace_file

    def write_and_be_late(path, content, *, beside):
        write(path, content, beside=beside)
        target.mkdir(exist_ok=True)
        (target / "mine").touch()

    monkeypatch.setattr(folders, "replace_file", write_and_be_late)
    with pytest.raises(InputError, match="exists"):
        export(made(), target)
    assert [path.name for path in tmp_path.rglob("*")] == ["set", "mine"]


def test_where_the_system_cannot_swap_folders_two_renames_do(tmp_path, monkeypatch):
    monkeypatch.setattr(swap, "_exchanged", lambda new, old: False)
    folder = tmp_path / "set"
    for number in (1, 2):
        children.export_version(folder, number)
        assert children.version_of(folder) == number
    assert list(tmp_path.iterdir()) == [folder]


def test_the_old_folder_comes_back_if_the_second_rename_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(swap, "_exchanged", lambda new, old: False)
    folder, rename = tmp_path / "set", Path.rename
    children.export_version(folder, 1)

    def fail_once(self, target):
        if self.name.startswith(".chatdash") and target == folder:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_once)
    with pytest.raises(InputError, match="Input/output error"):
        children.export_version(folder, 2)
    assert children.version_of(folder) == 1
    assert list(tmp_path.iterdir()) == [folder]


@posix
def test_the_system_here_swaps_folders_in_one_step(tmp_path):
    one, other = tmp_path / "one", tmp_path / "ö"
    one.mkdir()
    other.mkdir()
    (one / "1").touch()
    swapped = swap._exchanged(one, other)
    assert [path.name for path in other.iterdir()] == (["1"] if swapped else [])
    with pytest.raises(OSError, match="No such file"):
        swap._exchanged(one, tmp_path / "missing")


def test_a_folder_that_goes_meanwhile_is_an_error_and_no_wait(tmp_path, monkeypatch):
    parent = tmp_path / "parent"
    parent.mkdir()
    swept = folders._sweep

    def gone(folder):
        swept(folder)
        folder.rmdir()

    monkeypatch.setattr(folders, "_sweep", gone)
    with pytest.raises(InputError, match="could not be written"):
        export(made(), parent / "set")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that takes no files")
def test_a_place_that_takes_no_files_is_an_error_and_no_wait():
    with pytest.raises(InputError, match="could not be written"):
        export(made(), "/proc/x")


def test_a_lock_that_cannot_be_had_is_an_error_after_a_while(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "_PATIENCE", 0.1)
    monkeypatch.setattr(folders.secrets, "token_hex", lambda size: "0" * size)
    name = f"{folders._PREFIX}{'0' * 8}{folders._LOCK}"
    monkeypatch.setattr(Path, "touch", lambda self, **_: None)
    with (
        filelock.FileLock(tmp_path / name),
        pytest.raises(InputError, match="could not be written"),
    ):
        export(made(), tmp_path / "set")
