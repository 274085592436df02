"""The demo: over HTTP, through the cache, to tables and a picture."""

from __future__ import annotations

import json
import socket
from collections import Counter

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


def test_frequent_questions_are_counted_as_another_way_counts_them():
    conversations = cda.load_sample(1500)
    texts = conversations["misunderstood_queries"].dropna()
    expected = Counter(q.strip().casefold() for text in texts for q in json.loads(text))

    found = demo.frequent_questions(conversations)

    assert len(found) == 10
    assert found.tolist() == [count for _, count in expected.most_common(10)]
    assert all(expected[question] == count for question, count in found.items())
