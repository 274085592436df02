from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chatdash_analysis.errors import CacheError
from tests.children import forkserver
from tests.loading import store_children as children
from tests.loading.store_tables import leftovers, new_store, part_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes, limits and users of POSIX")


def run(target: Callable[..., None], *args: object, answers: int = 1) -> list[str]:
    """Let another process act; return what it says."""
    context = forkserver()
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=target, args=(*args, theirs))
    process.start()
    said = [ours.recv() for _ in range(answers) if ours.poll(30)]
    process.join()
    return said


@pytest.mark.parametrize("limit", [0, 5_000, 12_000])
def test_a_full_disk_is_an_error_and_the_old_state_stays(tmp_path: Path, limit: int) -> None:
    store = new_store(tmp_path)
    store.commit([children.version(0)])
    sizes = [*(file.stat().st_size for file in part_files(store)), 0]
    assert limit < max(sizes)
    (message,) = run(children.commit_with_small_files, store.folder, limit)
    assert "Cannot write to the cache" in message
    assert "What was stored before is unchanged. Free some space there, or choose" in message
    assert children.version_of(store) == 0
    assert leftovers(store) == set()
    store.commit([children.version(1)])
    assert children.version_of(store) == 1


def test_a_disk_that_is_full_from_the_start_leaves_no_store(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    (message,) = run(children.commit_with_small_files, store.folder, 5_000)
    assert "Free some space" in message
    assert (children.version_of(store), leftovers(store)) == (-1, set())


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Make a folder that every user can reach, unlike tmp_path."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def _set_modes(folder: Path, folders: int, files: int) -> None:
    for place in (folder, *folder.rglob("*")):
        place.chmod(folders if place.is_dir() else files)


def test_a_store_that_may_only_be_read_is_read_and_not_written(open_folder: Path) -> None:
    store = new_store(open_folder)
    store.commit([children.version(0)])
    _set_modes(store.folder, 0o555, 0o444)
    written, read = run(children.act_without_rights, store.folder, answers=2)
    _set_modes(store.folder, 0o700, 0o600)
    assert "Make the folder readable and writable for you, or choose another" in written
    assert read == "no error"
    assert children.version_of(store) == 0


def test_a_store_that_may_not_be_read_is_an_error(open_folder: Path) -> None:
    store = new_store(open_folder)
    store.commit([children.version(0)])
    _set_modes(store.folder, 0o000, 0o000)
    written, read = run(children.act_without_rights, store.folder, answers=2)
    _set_modes(store.folder, 0o700, 0o600)
    assert "Make the folder readable" in written
    assert "Cannot read the cache" in read


def test_a_part_that_may_not_be_read_is_not_taken_for_damaged(open_folder: Path) -> None:
    store = new_store(open_folder)
    store.commit([children.version(0)])
    _set_modes(store.folder, 0o755, 0o644)
    for file in part_files(store):
        file.chmod(0o000)
    _, read = run(children.act_without_rights, store.folder, answers=2)
    assert "Cannot read the cache" in read


def test_a_file_in_the_place_of_the_store_is_an_error(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.folder.write_text("a file")
    with pytest.raises(CacheError, match=r"Cannot write to the cache .* choose another folder"):
        store.commit([children.version(0)])
    assert store.folder.read_text() == "a file"


@pytest.mark.parametrize("umask", [0o000, 0o777])
def test_only_the_owner_can_enter_and_read_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    store = new_store(tmp_path / "deep" / "cache")
    before = os.umask(umask)
    try:
        store.commit([children.version(0)])
        store.commit([children.version(1)])
    finally:
        os.umask(before)
    modes: dict[Any, set[int]] = {True: set(), False: set()}
    for place in (tmp_path / "deep", *(tmp_path / "deep").rglob("*")):
        modes[place.is_dir()].add(stat.S_IMODE(place.stat().st_mode))
    assert modes == {True: {0o700}, False: {0o600}}


def test_a_store_that_others_could_enter_is_closed_at_the_next_write(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.folder.mkdir(mode=0o755)
    store.commit([children.version(0)])
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


def test_the_modes_of_a_folder_that_was_there_are_left_alone(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o755)
    new_store(cache).commit([children.version(0)])
    assert stat.S_IMODE(cache.stat().st_mode) == 0o755


def test_git_is_told_to_ignore_the_store(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.commit([children.version(0)])
    assert (store.folder / ".gitignore").read_text() == "*\n"
