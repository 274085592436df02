"""Disks that are full, and folders that cannot be written or made."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import chatdash_analysis as cda
from chatdash_analysis.sandbox.server import StandIn
from tests.loading import load_children as children
from tests.loading.loads import OLD, answer, expected, load, options, starting
from tests.loading.made import AGENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.loading.loads import Begin

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="limits, modes and users of POSIX"),
    pytest.mark.usefixtures("clean_environment"),
]


@pytest.fixture
def service() -> Iterator[StandIn]:
    with StandIn(OLD, AGENTS) as running:
        yield running


@pytest.fixture
def begin() -> Iterator[Begin]:
    with starting() as start:
        yield start


@pytest.mark.parametrize("limit", [0, 3_000, 12_000])
def test_a_full_disk_is_an_error_and_leaves_what_was_there(limit, service, begin, tmp_path):
    load(service, tmp_path, end="2026-03-20")
    before = load(service, tmp_path, end="2026-03-20", refresh="never")
    _, said = begin(children.load_with_small_files, service.url, options(tmp_path), limit)
    message = answer(said)
    assert message.startswith("CacheError: Cannot write to the cache")
    assert "Free some space there, or choose another folder with cache_dir=" in message
    assert load(service, tmp_path, end="2026-03-20", refresh="never") == before
    assert cda.verify_cache(tmp_path)["ok"].all()
    assert load(service, tmp_path) == expected(OLD)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach, unlike tmp_path."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_folder_that_may_only_be_read_serves_what_it_has(service, begin, open_folder):
    cache = open_folder / "cache"
    load(service, cache, end="2026-03-20")
    for place in (cache, *cache.rglob("*")):
        place.chmod(0o555 if place.is_dir() else 0o444)
    known = options(cache, end="2026-03-20")
    for refresh in ("auto", "never"):
        child = begin(children.load_without_rights, service.url, {**known, "refresh": refresh})
        assert answer(child[1]) == expected(OLD, end="2026-03-20")
    message = answer(begin(children.load_without_rights, service.url, options(cache))[1])
    assert message.startswith("CacheError: Cannot write to the cache")
    assert "Make the folder readable and writable for you, or choose another" in message
    assert load(service, cache) == expected(OLD)


def test_a_folder_that_cannot_be_made_is_an_error_before_much_is_fetched(
    service, begin, open_folder
):
    cache = open_folder / "cache"
    message = answer(begin(children.load_without_rights, service.url, options(cache))[1])
    assert message.startswith("CacheError: Cannot write to the cache")
    assert len(service.requests) <= 1
