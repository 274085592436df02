"""Installs and runs Stoplight Prism, the independent counterpart made from the contract.

Prism is a program of its own that reads `openapi.yaml`: as a mock server it makes
up answers, as a proxy it refuses requests and answers that break the contract.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.npm import install

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
CONTRACT = HERE / "openapi.yaml"
PROGRAM = "@stoplight/prism-cli/dist/index.js"

# A cold start takes 3 to 6 seconds on an idle machine.
READY_SECONDS = 90
STOP_SECONDS = 10


@contextmanager
def mock(folder: Path, *, seed: int) -> Iterator[str]:
    """Serve made-up answers to what the contract allows; give the base URL."""
    made_up = ["-d", "--seed", str(seed), "--json-schema-faker-fillProperties"]
    with _running(folder, "mock", [], made_up) as url:
        yield url


@contextmanager
def proxy(folder: Path, upstream: str) -> Iterator[str]:
    """Stand before `upstream` and refuse what breaks the contract; give the base URL."""
    with _running(folder, "proxy", [upstream], ["--errors"]) as url:
        yield url


@contextmanager
def _running(folder: Path, command: str, upstream: list[str], options: list[str]) -> Iterator[str]:
    program = install(HERE, PROGRAM)
    port = _free_port()
    where = ["-h", "127.0.0.1", "-p", str(port)]
    log = folder / f"prism-{command}-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["node", str(program), command, str(CONTRACT), *upstream, *where, *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_ready(process, port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"Prism did not begin to listen:\n{log.read_text(errors='replace')[-3000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the whole group: Prism may have started processes of its own."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
            process.wait(STOP_SECONDS)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
        break
    process.wait(STOP_SECONDS)
