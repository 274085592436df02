"""A report as its readers see it: on a phone, on a desk, on paper, and by ear."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader

import chatdash_analysis as cda

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

pytestmark = pytest.mark.browser

WIDTHS = (390, 1280)
HOSTILE = (
    "<script>window.harmed = 1</script>\"><img src=x onerror='window.harmed = 1'>"
    "</style></details><svg onload='window.harmed = 1'>{{ 7 * 7 }}"
)
QUESTION = "where is the parking"
A4 = (595, 842)  # points


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    conversations = cda.load_sample(6_000, seed=0)
    return cda.write_report(conversations, folder / "report.html", period="2026-05")


@pytest.fixture(scope="module")
def hostile_report(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    sample = cda.load_sample(2_000, seed=0)
    texts = ["channel", "platform", "device", "os", "browser", "ended_reason", "agent_id"]
    texts += ["country_code", "topic", "subtopic", "summary"]
    custom = [name for name in sample if name.startswith("custom_") and sample[name].dtype == "str"]
    found = [name for name in (*texts, *custom) if name in sample]
    hostile = sample.assign(
        agent_name=sample["agent_id"].str[-2:].radd("Agent ") + HOSTILE,
        misunderstood_queries=_asked_by_many(sample),
        **{name: sample[name] + HOSTILE for name in found},
    )
    return cda.write_report(hostile, folder / "report.html", period="2026-05", title=HOSTILE)


def _asked_by_many(sample: pd.DataFrame) -> pd.Series:
    """Return queries that are the same hostile one wherever there was any."""
    none = sample["misunderstood_count"].fillna(0).eq(0)
    return sample["misunderstood_queries"].where(none, json.dumps([f"{QUESTION} {HOSTILE}"]))


def opened(browser: Any, path: Path, *, width: int, script: bool = True) -> tuple[Any, list[str]]:
    """Open a page; return it with the addresses that it asked for beside its own."""
    page = browser.new_page(viewport={"width": width, "height": 900}, java_script_enabled=script)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri(), wait_until="load")
    return page, [url for url in asked if url != path.as_uri() and not url.startswith("data:")]


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_serious_folded_or_unfolded(browser, serious_findings, report, width):
    page, _ = opened(browser, report, width=width)
    assert serious_findings(page) == []
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert serious_findings(page) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_the_window_and_asks_for_nothing(browser, report, width):
    page, asked = opened(browser, report, width=width, script=False)
    assert asked == []
    page.close()
    page, _ = opened(browser, report, width=width)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    broken = "[...document.images].filter(one => !one.complete || !one.naturalWidth).length"
    assert page.evaluate("document.images.length") > 5
    assert page.evaluate(broken) == 0
    silent = "[...document.images].filter(one => one.alt.length < 20).length"
    assert page.evaluate(silent) == 0


def test_each_table_has_a_caption_and_headings_for_columns_and_rows(browser, report):
    page, _ = opened(browser, report, width=1280)
    lacking = """[...document.querySelectorAll('table')].filter(table =>
        !table.caption || !table.querySelector('thead th[scope=col]')
        || [...table.tBodies[0].rows].some(row => !row.querySelector('th[scope=row]'))).length"""
    assert page.evaluate("document.querySelectorAll('table').length") > 8
    assert page.evaluate(lacking) == 0


def test_it_prints_on_a4_with_nothing_beyond_the_edge(browser, report):
    page, _ = opened(browser, report, width=1280)
    printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    sizes = {tuple(round(float(side)) for side in sheet.mediabox[2:]) for sheet in printed.pages}
    assert {tuple(abs(a - b) <= 1 for a, b in zip(size, A4, strict=True)) for size in sizes} == {
        (True, True)
    }
    assert 3 <= len(printed.pages) <= 40
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 900})  # A4 between its margins, at 96 dpi
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 680


def test_hostile_names_stay_text(browser, serious_findings, hostile_report):
    page, asked = opened(browser, hostile_report, width=1280)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert asked == []
    assert page.evaluate("window.harmed") is None
    assert page.evaluate("document.querySelectorAll('script, main svg, [onerror]').length") == 0
    shown = page.inner_text("body")
    assert "{{ 7 * 7 }}" in shown
    # What is no markup of each is there to be read: none fell out unseen.
    left = ' = 1 "> {{ 7 * 7 }}'
    for part, name in (("loaded", "Agent 11"), ("channels", "phone"), ("misunderstood", QUESTION)):
        words = page.inner_text(f"#{part}")
        assert re.search(rf"{name}[^{{}}]{{0,40}}{re.escape(left)}", words), part
    assert page.evaluate("document.title").startswith(HOSTILE[:20])
    assert serious_findings(page) == []
