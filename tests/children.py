"""Child processes for tests of kills, full disks and missing rights."""

from __future__ import annotations

import multiprocessing
from typing import Any

# One list for all tests: the server that children are forked from is started once in a
# process of tests, by whichever comes first, and who may read little may not be able to read
# Python itself.
PRELOADED = [
    "tests.datasets.exporting.export_children", "tests.loading.load_children",
    "tests.loading.store_children", "chatdash_analysis.loading.loader", "filelock", "http.client",
    "importlib.metadata", "platformdirs", "pyarrow.json", "requests", "stamina", "tqdm.auto",
]  # fmt: skip


def forkserver() -> Any:
    """Make processes quickly, without copying the threads of this one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context
