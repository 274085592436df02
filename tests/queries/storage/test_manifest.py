"""Damage to saved clusters is noticed, and said where it is."""

from __future__ import annotations

import json
import re

import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.storage.folder import load_parts
from tests.queries.storage.saved_states import save, snapshot, state


def test_every_damaged_file_is_named(tmp_path):
    folder = tmp_path / "a"
    save(folder)
    for path in sorted(folder.glob("*.parquet")):
        whole = path.read_bytes()
        for damaged in (whole[:-1], whole + b"x", b"", flipped(whole)):
            path.write_bytes(damaged)
            with pytest.raises(InputError, match=f"{re.escape(path.name)} is not as it was saved"):
                load_parts(folder)
        path.unlink()
        with pytest.raises(InputError, match=f"{re.escape(path.name)} is missing"):
            load_parts(folder)
        path.write_bytes(whole)
    assert state(folder) == 1


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def test_saving_mends_a_file_that_was_damaged(tmp_path):
    save(tmp_path / "a")
    for path in (tmp_path / "a").glob("*.parquet"):
        path.write_bytes(b"x")
    save(tmp_path / "a")
    assert state(tmp_path / "a") == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m["facts"].update(n=2),
        lambda m: m["files"]["same"].update(rows=4),
        lambda m: m["files"]["same"].update(file="../../x.parquet"),
        lambda m: m["files"].pop("same"),
        lambda m: m.pop("files"),
        lambda m: m.pop("sha256"),
        lambda m: m.update(files=[]),
        lambda m: m.update(version="1"),
        lambda m: m.update(version=0),
        lambda m: m.update(version=True),
    ],
)
def test_a_changed_manifest_is_noticed(tmp_path, change):
    save(tmp_path / "a")
    path = tmp_path / "a" / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    before = snapshot(tmp_path)
    for use in (load_parts, save):
        with pytest.raises(InputError, match=r"manifest\.json is not as it was saved"):
            use(tmp_path / "a")
    assert snapshot(tmp_path) == before


def test_the_manifest_may_be_written_out_in_another_way(tmp_path):
    save(tmp_path / "a")
    path = tmp_path / "a" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text())))
    assert state(tmp_path / "a") == 1


def test_a_newer_format_is_neither_read_nor_replaced(tmp_path):
    save(tmp_path / "a")
    path = tmp_path / "a" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 2}))
    for use in (load_parts, save):
        with pytest.raises(InputError, match=r"newer version .* Update the package"):
            use(tmp_path / "a")


def test_a_manifest_that_was_deleted_can_be_made_anew(tmp_path):
    save(tmp_path / "a", 1)
    (tmp_path / "a" / "manifest.json").unlink()
    save(tmp_path / "a", 2)
    assert state(tmp_path / "a") == 2
