"""A real browser, without a screen and without a network beyond this machine."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.npm import install

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Check = Callable[[Any], list[str]]

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Chromium would otherwise ask hosts of its own while it runs.
ALONE = [
    "--disable-background-networking", "--disable-component-update", "--disable-quic",
    "--disable-sync", "--no-first-run", "--disable-gpu",
]  # fmt: skip
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("this needs Chromium, and it is not here")
    with sync_api.sync_playwright() as playwright:
        # As root, Chromium cannot use its sandbox; it opens nothing but pages of these tests.
        started = playwright.chromium.launch(
            executable_path=program, args=ALONE, chromium_sandbox=False
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def serious_findings() -> Check:
    """Return a function that names what axe-core finds serious in a page."""
    axe = install(Path(__file__).parent, "axe-core/axe.min.js").read_text()

    def check(page: Any) -> list[str]:
        # Evaluated, not added as a script, which the page's own policy would refuse.
        page.evaluate(axe)
        found = page.evaluate("async () => (await axe.run()).violations")
        return [
            f"{finding['id']}: {node['target']} {node['failureSummary']}"
            for finding in found
            if finding["impact"] in SERIOUS
            for node in finding["nodes"]
        ]

    return check
