"""The pages of the documentation, built once for all tests that read or open them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from filelock import FileLock

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
# What a build leaves in its own folder; a fresh clone has none of it.
MADE = ("_build", "generated", "notebooks", "__pycache__")
LONGEST_SECONDS = 600
# A build that takes too long ends, and says where it stood.
BUILD = (
    f"import faulthandler, sys; faulthandler.dump_traceback_later({LONGEST_SECONDS}, exit=True);"
    "from sphinx.cmd.build import main; sys.exit(main(sys.argv[1:]))"
)


class Site(NamedTuple):
    """What a build returned."""

    folder: Path
    status: int
    warnings: str
    output: str


def build_once(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Build the pages, or return what an earlier test of this run built."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # one build for all processes of tests
    folder /= "documentation"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "lock"):
        report = folder / "report.json"
        if not report.exists():
            report.write_text(json.dumps(_build(folder)))
    return Site(folder / "html", *json.loads(report.read_text()))


def _build(folder: Path) -> tuple[int, str, str]:
    """Build from a copy of the sources, as from a fresh clone and as `make docs` does."""
    shutil.copytree(DOCS, folder / "docs", ignore=shutil.ignore_patterns(*MADE))
    for name in ("notebooks", "data", "CHANGELOG.md", "README.md"):
        (folder / name).symlink_to(ROOT / name)
    options = ["--fail-on-warning", "--keep-going", "--nitpicky", "--quiet", "--builder", "html"]
    # Apart from the rest: a kernel that is told to end may complain of its sockets.
    warnings = folder / "warnings.txt"
    options += ["--warning-file", str(warnings)]
    places = ["--doctree-dir", folder / "doctrees", folder / "docs", folder / "html"]
    done = subprocess.run(
        [sys.executable, "-c", BUILD, *options, *places],
        capture_output=True, text=True, check=False, cwd=folder, timeout=LONGEST_SECONDS + 60,
    )  # fmt: skip
    told = warnings.read_text() if warnings.exists() else "no warnings were written"
    return done.returncode, told, done.stdout + done.stderr
