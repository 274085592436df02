"""Notebooks read from files: headings, parameters, and files that are none."""

from __future__ import annotations

import importlib.util

import nbformat
import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.notebook_runs.reading import (
    Parameter,
    check_installed,
    heading,
    parameters_of,
    read_notebook,
)

from .sheets import write_notebook


def test_parameters_have_defaults_of_their_kind_and_help(tmp_path):
    cell = 'agents = None  # ids\nday = "2026-01-01"\nsize = 6_000  # how many\nkinds: list = None'
    notebook = read_notebook(write_notebook(tmp_path / "a.ipynb", cell))
    assert parameters_of(notebook) == [
        Parameter("agents", None, "ids"),
        Parameter("day", "2026-01-01", ""),
        Parameter("size", 6_000, "how many"),
        Parameter("kinds", None, "", "list"),
    ]


def test_a_computed_default_stays_text(tmp_path):
    notebook = read_notebook(write_notebook(tmp_path / "a.ipynb", "day = today()"))
    assert [one.default for one in parameters_of(notebook)] == ["today()"]


def test_the_heading_is_the_first_one(tmp_path):
    path = write_notebook(tmp_path / "a.ipynb", "", heading="Who comes back?")
    assert heading(read_notebook(path)) == "Who comes back?"


def test_a_notebook_without_heading_parameters_and_kernel_is_one(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}')
    notebook = read_notebook(path)
    assert (heading(notebook), parameters_of(notebook)) == ("", [])


@pytest.mark.parametrize("content", ["", "x", "{}", "[]", "1", '{"nbformat": 4}', '{"cells": 3}'])
def test_what_is_no_notebook_is_refused(content, tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text(content)
    with pytest.raises(InputError, match=r"a\.ipynb cannot be read as a notebook"):
        read_notebook(path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read as a notebook"):
        read_notebook(path)


def test_another_language_is_refused(tmp_path):
    path = write_notebook(tmp_path / "a.ipynb", "x <- 1")
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["language_info"] = {"name": "R"}
    nbformat.write(notebook, path)
    with pytest.raises(InputError, match="written in 'R'"):
        read_notebook(path)


def test_missing_packages_are_named_with_what_to_install(monkeypatch):
    check_installed()
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "papermill" else find(name)
    )
    with pytest.raises(InputError, match=r"needs papermill.*\"chatdash_analysis\[notebook\]\""):
        check_installed()
