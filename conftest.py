"""What every test and doctest stands on: no settings of whoever runs them, and a folder."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def pytest_configure() -> None:
    """Hear interrupts: a shell that starts a command in the background makes it ignore them."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("CHATDASH_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _folder_of_doctests(request: pytest.FixtureRequest, doctest_namespace: dict[str, Any]) -> None:
    if isinstance(request.node, pytest.DoctestItem):
        folder: Path = request.getfixturevalue("tmp_path")
        doctest_namespace["tmp_path"] = folder
