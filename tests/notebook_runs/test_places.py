"""Names of notebooks, and the folders that they are sought in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.notebook_runs.listing import notebooks_text
from chatdash_analysis.notebook_runs.places import every_notebook, find_notebook

from .sheets import write_notebook

OWN = Path(__file__).parents[2] / "notebooks"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Stand in a project with notebooks of its own."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["02-cohorts", "02", "cohorts", "Cohorts"])
def test_a_notebook_is_found_by_name_number_and_words(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_notebook(name) == OWN / "02-cohorts.ipynb"


def test_a_notebook_is_found_by_its_path(tmp_path, monkeypatch):
    path = write_notebook(tmp_path / "mine.ipynb", "x = 1")
    monkeypatch.chdir(tmp_path)
    assert find_notebook("mine.ipynb") == path
    assert find_notebook(str(path)) == path


def test_the_project_that_one_stands_in_comes_first(project):
    path = write_notebook(project / "notebooks/02-cohorts.ipynb", "x = 1")
    (project / "data/deep").mkdir()
    assert find_notebook("cohorts") == path
    assert path in every_notebook()
    assert OWN / "02-cohorts.ipynb" not in every_notebook()
    assert find_notebook("03") == OWN / "03-channels.ipynb"


def test_a_name_of_two_is_refused(project):
    for name in ("07-first", "07-second"):
        write_notebook(project / f"notebooks/{name}.ipynb", "x = 1")
    with pytest.raises(InputError, match="'07' names 07-first, 07-second"):
        find_notebook("07")


@pytest.mark.parametrize("name", ["", "2", "nothing", "-", "coho", "x" * 5_000])
def test_an_unknown_name_is_refused_with_those_there_are(name):
    with pytest.raises(InputError, match="There are 00-quickstart, 01-load-and-cache"):
        find_notebook(name)


@pytest.mark.parametrize(
    "name", ["no.ipynb", "a/b", ".", "../b", "x" * 5_000 + ".ipynb", "a/\0.ipynb"]
)
def test_a_path_of_no_notebook_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=re.escape(f"{name!r} is no notebook")):
        find_notebook(name)


def test_the_list_tells_headings_and_each_parameter_once(project):
    write_notebook(project / "notebooks/99-mine.ipynb", "seed = 0  # a seed\nx = 1", heading="Mine")
    lines = notebooks_text().splitlines()
    assert "Quickstart: which channels succeed?" in lines[0]
    assert lines[0].startswith("00-quickstart  ")
    mine = next(n for n, line in enumerate(lines) if line.startswith("99-mine"))
    assert lines[mine].endswith("  Mine")
    assert lines[mine + 1 : mine + 3] == ["    seed = 0  # a seed", "    x = 1"]


def test_what_all_have_is_listed_at_the_end():
    _, title, shown = notebooks_text().partition("\n\nParameters of each:\n")
    assert title
    assert shown.splitlines()[0].startswith("    agents = None  # ids of agents")
