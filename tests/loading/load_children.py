"""What the child processes of the tests of the loader do."""

from __future__ import annotations

import functools
import os
import resource
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import chatdash_analysis as cda
from chatdash_analysis.loading import refreshing, windows, writing
from chatdash_analysis.loading.opening import open_store
from tests.loading.made import KEY

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    import pandas as pd


def in_small_portions() -> None:
    """Ask for a few rows at a time and commit each answer, as large loads do on the whole."""
    windows.TARGET_ROWS = 15
    writing.HELD_SECONDS = 0.0
    refreshing.Frontier = functools.partial(windows.Frontier, width=timedelta(days=8))


def texts(frame: pd.DataFrame) -> list[tuple[str, str, str]]:
    return list(
        zip(frame["agent_id"], frame["conversation_id"], frame["summary"].tolist(), strict=True)
    )


def load(said: Connection, url: str, options: dict[str, Any]) -> None:
    """Load, and tell the rows, or the error, or that a user interrupted it."""
    in_small_portions()
    client = cda.Client(KEY, base_url=url)
    said.send("begun")
    try:
        said.send(texts(cda.load_conversations(client=client, **options)))
    except cda.ChatDashError as error:
        said.send(f"{type(error).__name__}: {error}")
    except KeyboardInterrupt:
        said.send("interrupted")


def load_with_small_files(said: Connection, url: str, options: dict[str, Any], limit: int) -> None:
    """Load where no file may be larger than a limit, as on a disk that is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    load(said, url, options)


def load_without_rights(said: Connection, url: str, options: dict[str, Any]) -> None:
    """Load as a user whom file modes hold for."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    load(said, url, options)


def fetch(said: Connection, url: str, ask: dict[str, str]) -> None:
    """Fetch into the store, without reading all of it, and tell the peak of memory in MB."""
    import filelock  # noqa: F401 - imports shall not count
    import pyarrow.json  # noqa: F401
    import requests  # noqa: F401
    import stamina  # noqa: F401

    client = cda.Client(KEY, base_url=url)
    start, end = (
        datetime.fromisoformat(ask[name]).replace(tzinfo=UTC) for name in ("start", "end")
    )
    whole = {ask["agent"]: windows.Window(start, end)}
    Path("/proc/self/clear_refs").write_text("5")
    before = _memory("VmRSS")
    store = open_store(ask["cache"], client.base_url)
    refreshing.refresh_store(store, client, whole, 15, everything=False, allow_gaps=False)
    said.send(_memory("VmHWM") - before)


def _memory(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024
