"""What every test and doctest stands on: no settings of whoever runs them."""

from __future__ import annotations

import os
import signal

import pytest


def pytest_configure() -> None:
    """Hear interrupts: a shell that starts a command in the background makes it ignore them."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("CHATDASH_"):
            monkeypatch.delenv(name)
