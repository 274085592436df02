"""Whatever becomes of the files of the cache: right rows, or an error; never other rows."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import chatdash_analysis as cda
from chatdash_analysis.sandbox.server import StandIn
from tests.loading.made import AGENT, AGENTS, KEY, UTC, conversations, expected_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

ROWS = conversations(50)
RANGE = {"start": "2026-03-01", "end": "2026-05-01"}
FLIPS = {"manifest.json": 16, "2026-03": 28, "2026-04": 28, ".gitignore": 4}

pytestmark = pytest.mark.usefixtures("clean_environment")


@pytest.fixture(scope="module")
def service() -> Iterator[StandIn]:
    with StandIn(ROWS, AGENTS) as running:
        yield running


def load(service: StandIn, cache: Path | None, **options: Any) -> pd.DataFrame:
    client = cda.Client(KEY, base_url=service.url)
    return cda.load_conversations(AGENT, client=client, cache_dir=cache, **RANGE | options)


@pytest.fixture(scope="module")
def sound(service, tmp_path_factory) -> tuple[Path, pd.DataFrame]:
    """A sound cache, and what is in it."""
    cache = tmp_path_factory.mktemp("sound")
    frame = load(service, cache)
    assert frame["conversation_id"].tolist() == expected_ids(ROWS, **RANGE)
    assert frame["summary"].notna().all()
    return cache, frame


@pytest.fixture
def copies(sound, tmp_path, caplog) -> Callable[[], Path]:
    """Make copies of the sound cache."""
    caplog.set_level(logging.ERROR)  # that damage is met is said each time

    def copy() -> Path:
        cache = tmp_path / str(len(list(tmp_path.iterdir())))
        shutil.copytree(sound[0], cache)
        return cache

    return copy


def found(cache: Path, name: str) -> Path:
    """Return the file of a cache whose name begins so."""
    (file,) = (f for f in cache.rglob("*") if f.is_file() and f.name.startswith(name))
    return file


def right_or_error(service: StandIn, cache: Path, frame: pd.DataFrame) -> bool:
    """Whether reading offline gives the right rows, or one of the two errors it may raise."""
    try:
        return load(service, cache, refresh="never").equals(frame)
    except (cda.IncompleteError, cda.CacheError):
        return True


def only_of(month: str, requests: list[Any]) -> bool:
    """Whether each request lies in one month, but for a margin."""
    first = dt.datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC)
    last, margin = first + dt.timedelta(days=31), dt.timedelta(seconds=1)
    asked = [
        [dt.datetime.fromisoformat(request.query[name]) for name in ("startDate", "endDate")]
        for request in requests
    ]
    return all(first - margin <= start and end <= last + margin for start, end in asked)


@pytest.mark.parametrize("name", FLIPS)
def test_a_flipped_bit_never_changes_a_row(name, service, sound, copies):
    chance, noticed = random.Random(name), 0
    for turn in range(FLIPS[name]):
        cache = copies()
        file = found(cache, name)
        content = bytearray(file.read_bytes())
        place, bit = chance.randrange(len(content)), chance.randrange(8)
        content[place] ^= 1 << bit
        file.write_bytes(content)
        if name != ".gitignore":
            assert not cda.verify_cache(cache)["ok"].all()
        where = f"bit {bit} of byte {place} of {len(content)}"
        if turn % 2:
            assert right_or_error(service, cache, sound[1]), where
        before = len(service.requests)
        assert load(service, cache).equals(sound[1]), where
        asked = service.requests[before:]
        assert name == "manifest.json" or not asked or only_of(name, asked), where
        assert not asked or cda.verify_cache(cache)["ok"].all(), where
        noticed += bool(asked)
        assert load(service, cache, refresh="never").equals(sound[1]), where
        shutil.rmtree(cache)
    # What is no part of a page, such as the padding of its header, may change unnoticed.
    assert noticed > FLIPS[name] // 2 or name == ".gitignore"


def replaced_by_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink,
    "empty": lambda file: file.write_bytes(b""),
    "half": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "without its last byte": lambda file: file.write_bytes(file.read_bytes()[:-1]),
    "with a byte more": lambda file: file.write_bytes(file.read_bytes() + b"\0"),
    "zeros": lambda file: file.write_bytes(bytes(file.stat().st_size)),
    "noise": lambda file: file.write_bytes(random.Random(0).randbytes(file.stat().st_size)),
    "text": lambda file: file.write_text("{}"),
    "list": lambda file: file.write_text("[" * 100_000),
    "twice": lambda file: file.write_bytes(file.read_bytes() * 2),
    "a link to nowhere": lambda file: (file.unlink(), file.symlink_to("nowhere")),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("name", ["manifest.json", "2026-03"])
def test_a_damaged_file_is_fetched_again_and_nothing_else(name, damage, service, sound, copies):
    for offline_first in (False, True):
        cache = copies()
        damage(found(cache, name))
        if offline_first:
            assert right_or_error(service, cache, sound[1])
        before = len(service.requests)
        assert load(service, cache).equals(sound[1])
        asked = service.requests[before:]
        assert asked
        assert name == "manifest.json" or only_of(name, asked)
        assert cda.verify_cache(cache)["ok"].all()
        assert load(service, cache, refresh="never").equals(sound[1])


@pytest.mark.parametrize("name", [".gitignore", "lock"])
@pytest.mark.parametrize("damage", [d for d in DAMAGES if "link" not in d])
def test_a_file_that_holds_no_rows_is_not_missed(name, damage, service, sound, copies):
    cache = copies()
    DAMAGES[damage](found(cache, name))
    before = len(service.requests)
    assert load(service, cache).equals(sound[1])
    assert len(service.requests) == before
    assert load(service, cache, refresh="all").equals(sound[1])
    assert cda.verify_cache(cache)["ok"].all()


@pytest.mark.parametrize("name", ["lock", ".gitignore", "manifest.json"])
def test_a_link_in_the_place_of_a_file_leads_no_write_elsewhere(name, service, sound, copies):
    cache = copies()
    victim = cache / "victim"
    victim.write_text("mine")
    found(cache, name).unlink()
    (found(cache, "2026-03").parents[1] / name).symlink_to(victim)
    # Whoever could place such a lock could have any file opened for writing.
    refused = pytest.raises(cda.CacheError, match="choose another folder")
    with refused if name == "lock" else contextlib.nullcontext():
        assert load(service, cache, refresh="all").equals(sound[1])
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("name", ["manifest.json", "2026-03"])
def test_a_folder_in_the_place_of_a_file_is_an_error_that_names_it(name, service, sound, copies):
    cache = copies()
    replaced_by_a_folder(found(cache, name))
    for refresh in ("never", "auto"):
        with pytest.raises(cda.CacheError, match=str(cache)):
            load(service, cache, refresh=refresh)


def test_one_part_under_the_name_of_another_is_not_taken_for_it(service, sound, copies):
    cache = copies()
    march, april = found(cache, "2026-03"), found(cache, "2026-04")
    content = march.read_bytes()
    march.write_bytes(april.read_bytes())
    april.write_bytes(content)
    assert right_or_error(service, cache, sound[1])
    assert load(service, cache).equals(sound[1])
    assert cda.verify_cache(cache)["ok"].all()


def test_a_manifest_of_another_time_does_not_bring_rows_back(service, sound, copies):
    cache, other = copies(), copies()
    load(service, other, start="2026-02-01", refresh="all")
    cda.clear_cache(AGENT, cache_dir=cache)
    shutil.copy(found(other, "manifest.json"), found(cache, "manifest.json"))
    assert right_or_error(service, cache, sound[1])
    assert load(service, cache).equals(sound[1])


def test_strange_files_are_neither_read_nor_in_the_way(service, sound, copies):
    cache = copies()
    part = found(cache, "2026-03")
    for name in ("notes.txt", "2026-03-copy.parquet", "2026-05-" + "0" * 32 + ".parquet"):
        shutil.copy(part, part.parent / name)
    (cache / "strange").mkdir()
    (cache / "strange" / "manifest.json").write_text("not ours")
    before = len(service.requests)
    assert load(service, cache).equals(sound[1])
    assert len(service.requests) == before
    checked = cda.verify_cache(cache)
    assert checked["ok"].tolist().count(False) == 1
    assert (part.parent / "notes.txt").exists()


def test_an_unwritable_place_is_named(service, tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_text("mine")
    before = len(service.requests)
    with pytest.raises(cda.InputError, match=f"cache_dir={file} is a file"):
        load(service, file)
    monkeypatch.setenv("CHATDASH_CACHE_DIR", str(file))
    with pytest.raises(cda.InputError, match=f"CHATDASH_CACHE_DIR={file} is a file"):
        load(service, None)
    assert len(service.requests) == before
    with pytest.raises(cda.CacheError, match=r"choose another folder with cache_dir="):
        load(service, file / "below")
    assert file.read_text() == "mine"


def test_the_cache_lies_where_argument_environment_and_project_say(service, tmp_path, monkeypatch):
    places = {name: tmp_path / name for name in ("user", "project/data/cache", "variable", "given")}
    (tmp_path / "project" / "data").mkdir(parents=True)
    (tmp_path / "project" / "notebooks").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "project" / "pyproject.toml").touch()
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _: places["user"])

    def used(**options: Any) -> list[str]:
        load(service, options.get("cache_dir"))
        names = [name for name, place in places.items() if place.exists()]
        for name in names:
            shutil.rmtree(places[name])
        return names

    monkeypatch.chdir(tmp_path / "outside")
    assert used() == ["user"]
    monkeypatch.chdir(tmp_path / "project" / "notebooks")
    assert used() == ["project/data/cache"]
    monkeypatch.setenv("CHATDASH_CACHE_DIR", str(places["variable"]))
    assert used() == ["variable"]
    assert used(cache_dir=places["given"]) == ["given"]
