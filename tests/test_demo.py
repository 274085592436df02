"""The demo: over HTTP, through the cache, to tables and a picture."""

from __future__ import annotations

import re
import socket

import pytest
from PIL import Image

import chatdash_analysis as cda
from chatdash_analysis import demo


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
