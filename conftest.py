"""What every test and doctest stands on: no settings of whoever runs them."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

# The same examples in every run, so that a change is judged and not chance; `make test-all`
# looks further.
settings.register_profile("same", derandomize=True, database=None)
settings.register_profile("further", derandomize=False)
settings.load_profile("same")


def pytest_configure() -> None:
    """Hear interrupts: a shell that starts a command in the background makes it ignore them."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("CHATDASH_"):
            monkeypatch.delenv(name)
