"""Fixtures of the tests that talk to a scripted server."""

from __future__ import annotations

import sys

import pytest
import stamina

VARIABLES = [
    "ALL_PROXY", "CHATDASH_API_KEY", "CHATDASH_BASE_URL", "CURL_CA_BUNDLE", "HTTPS_PROXY",
    "HTTP_PROXY", "NETRC", "NO_PROXY", "REQUESTS_CA_BUNDLE",
]  # fmt: skip


@pytest.fixture
def clean_environment(monkeypatch):
    """No key, address, proxy or certificate of the machine reaches the test."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setitem(sys.modules, "keyring", None)


@pytest.fixture
def no_waits():
    """Attempts follow each other without waits."""
    with stamina.set_testing(True, attempts=9, cap=True):
        yield


@pytest.fixture
def real_waits(no_waits):
    """For one test of a file without waits, they are waited."""
    with stamina.set_testing(False):
        yield
