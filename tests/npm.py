"""Installs programs of others, which tests use, from the npm registry."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from pathlib import Path

INSTALL_SECONDS = 300


def install(folder: Path, needed: str) -> Path:
    """Install what `package.json` of a folder names; return the file that is needed of it.

    Without npm, or where it cannot install, the test is skipped; in CI a failure fails.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("this needs node and npm, and they are not here")
    modules = folder / "node_modules"
    modules.mkdir(exist_ok=True)
    with FileLock(modules / ".installing"):
        problem = "" if _is_installed(folder) else _install(npm, folder, needed)
    if problem and os.environ.get("CI") == "true":
        pytest.fail(f"npm could not install: {problem}")
    if problem:
        pytest.skip(f"npm could not install: {problem}")
    return modules / needed


def _packages(folder: Path) -> dict[str, str]:
    wanted: dict[str, str] = json.loads((folder / "package.json").read_text())["dependencies"]
    return wanted


def _is_installed(folder: Path) -> bool:
    # Written last, so that an interrupted installation is done again.
    marker = folder / "node_modules/.installed"
    return marker.exists() and json.loads(marker.read_text()) == _packages(folder)


def _install(npm: str, folder: Path, needed: str) -> str:
    """Run npm; return what went wrong, or nothing."""
    # No scripts of packages run. A lock file would name the registry of this machine.
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]
    patience = ["--fetch-retries", "1", "--loglevel", "error"]
    command = [npm, "install", "--prefix", str(folder), *quiet, *patience]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode or not (folder / "node_modules" / needed).exists():
        return " ".join(done.stderr.split())[:500] or f"npm ended with {done.returncode}"
    (folder / "node_modules/.installed").write_text(json.dumps(_packages(folder)))
    return ""
