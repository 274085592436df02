from __future__ import annotations

from pathlib import Path

import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.loading.folders import cache_folder, public_address, store_folder


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, for a user whose folders are empty too."""
    for name in ("home", "work"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home" / "caches"))
    monkeypatch.delenv("CHATDASH_CACHE_DIR", raising=False)
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "work" / "pyproject.toml").touch()
    (tmp_path / "work" / "data").mkdir()
    return tmp_path / "work"


def test_the_argument_counts_first(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATDASH_CACHE_DIR", str(tmp_path / "other"))
    assert cache_folder(tmp_path / "mine") == tmp_path / "mine"
    assert cache_folder(str(tmp_path / "mine")) == tmp_path / "mine"


def test_then_the_environment_as_it_is_when_called(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATDASH_CACHE_DIR", str(tmp_path / "other"))
    assert cache_folder() == tmp_path / "other"
    monkeypatch.setenv("CHATDASH_CACHE_DIR", "")
    assert cache_folder() == project / "data" / "cache"


def test_then_the_nearest_project_around_the_working_directory(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = project / "notebooks" / "deep"
    (inner / "data").mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert cache_folder() == project / "data" / "cache"
    (inner / "pyproject.toml").touch()
    assert cache_folder() == inner / "data" / "cache"


@pytest.mark.parametrize("only", ["pyproject.toml", "data"])
def test_half_a_project_is_none(tmp_path: Path, only: str) -> None:
    (tmp_path / "work" / only).mkdir()
    assert cache_folder() == tmp_path / "home" / "caches" / "chatdash"


def test_a_working_directory_that_is_gone_is_no_project(tmp_path: Path) -> None:
    (tmp_path / "work").rmdir()
    assert cache_folder() == tmp_path / "home" / "caches" / "chatdash"


def test_a_relative_folder_and_the_home_folder_are_spelt_out(tmp_path: Path) -> None:
    assert cache_folder("mine") == tmp_path / "work" / "mine"
    assert cache_folder("~/mine") == tmp_path / "home" / "mine"


def test_finding_the_folder_creates_nothing(tmp_path: Path) -> None:
    assert not cache_folder("mine").exists()
    assert not cache_folder().exists()


@pytest.mark.parametrize("place", ["", "a-file", "~nobody-of-this-name/x"])
def test_a_place_that_cannot_be_a_folder_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "work" / "a-file").touch()
    with pytest.raises(InputError):
        cache_folder(place)


def test_each_service_has_a_folder_that_tells_its_host() -> None:
    cache = Path("cache")
    folder = store_folder(cache, "https://api.chat-dash.com/v1/public")
    assert folder.parent == cache
    assert folder.name.startswith("api.chat-dash.com-")
    assert folder == store_folder(cache, "https://api.chat-dash.com/v1/public/")
    others = [
        "https://api.chat-dash.com/v2",
        "http://api.chat-dash.com/v1/public",
        "http://[::1]:80",
    ]
    assert len({folder, *(store_folder(cache, other) for other in others)}) == 4


@pytest.mark.parametrize(
    "base_url", ["", "///", "..", "https://..", "http://a/../..", "http://" + "x" * 999, "a:b@c"]
)
def test_no_address_leads_out_of_the_cache_folder(tmp_path: Path, base_url: str) -> None:
    folder = store_folder(tmp_path, base_url)
    assert folder.resolve().parent == tmp_path.resolve()
    assert len(folder.name) < 100


def test_a_name_and_a_password_in_the_address_are_not_shown() -> None:
    address = "https://user:pa55@host.example:8080/v1/"
    assert public_address(address) == "https://host.example:8080/v1"
    assert store_folder(Path(), address) == store_folder(Path(), public_address(address))
    assert store_folder(Path(), address).name.startswith("host.example-8080-")
