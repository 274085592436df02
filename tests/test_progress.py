"""Progress bars keep quiet where nobody watches."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from chatdash_analysis.progress import nobody_watches


@pytest.fixture(autouse=True)
def plain_process(monkeypatch):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_is_watched_and_a_file_is_not(monkeypatch, terminal):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    assert nobody_watches() is not terminal


def test_a_notebook_is_watched(monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    assert not nobody_watches()


@pytest.mark.parametrize(("value", "quiet"), [("1", True), ("0", False), ("", False)])
def test_the_switch_of_tqdm_is_heeded(monkeypatch, value, quiet):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TQDM_DISABLE", value)
    assert nobody_watches() is quiet
