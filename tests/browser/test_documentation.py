"""The documentation as its readers see it: on a phone and on a desk, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.documentation import build_once

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser

WIDTHS = (390, 1280)
PAGES = (
    "index.html",
    "start.html",
    "data-dictionary.html",
    "how-to/one-off-question.html",
    "api/generated/chatdash_analysis.rates_by.html",
    "notebooks/05-misunderstood-queries.html",
    "errors/index.html",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_once(tmp_path_factory).folder


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_by_all_and_asks_no_other_host(
    browser, serious_findings, folder, name, width, scheme
):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((folder / name).as_uri(), wait_until="load")
    assert [url for url in asked if not url.startswith((folder.as_uri(), "data:"))] == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert page.locator("html").get_attribute("data-theme") == scheme
    assert serious_findings(page) == []
    page.close()
