"""What the child processes of the tests of the exported folder do."""

from __future__ import annotations

import os
import resource
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from chatdash_analysis.datasets.exporting.verify import verify_dataset
from chatdash_analysis.errors import InputError
from tests.datasets.exporting.exported import export, made

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    from chatdash_analysis.datasets.tables.table import TrainingTable


def version(number: int) -> TrainingTable:
    """Return a table whose rows all say the same number."""
    table = made(50 + number % 3)
    return replace(table, features=table.features.assign(minutes=float(number)))


def version_of(folder: Path) -> int:
    """Read the number back; fail unless the folder is whole. -1 where there is none."""
    if not folder.exists():
        return -1
    verify_dataset(folder)
    (number,) = pd.read_parquet(folder / "all.parquet")["minutes"].unique()
    assert f"{number}" in (folder / "README.md").read_text()
    return int(number)


def export_version(folder: Path, number: int) -> None:
    """Export a version over what is there; its card says its number, too."""
    export(version(number), folder, overwrite=True, title=f"{float(number)}")


def export_on_and_on(folder: Path, first: int, said: Connection) -> None:
    """Export version after version, telling each before it begins, until killed."""
    while True:
        said.send(first)
        export_version(folder, first)
        first += 1


def export_many(folder: Path, first: int, count: int, said: Connection) -> None:
    """Export some versions, one after the other."""
    for number in range(first, first + count):
        export_version(folder, number)
    said.send("done")


def export_with_small_files(folder: Path, limit: int, said: Connection) -> None:
    """Export where no file may be larger than a limit, as on a disk that is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    said.send(_error_of(folder))


def export_without_rights(folder: Path, said: Connection) -> None:
    """Export as a user who may not write."""
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    said.send(_error_of(folder))


def _error_of(folder: Path) -> str:
    try:
        export_version(folder, 1)
    except InputError as error:
        return str(error)
    return "no error"
