"""The page: its frame, its headings, and texts that stay texts."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from chatdash_analysis.report.pages import page_text
from chatdash_analysis.report.parts import Card, Figure, Material, Section, Table
from tests.report.html_pages import Element, read_page, rows_of, section_of
from tests.report.sections.materials import month

MATERIAL = Material(None, month("2026-05"), month("2026-04"), "Europe/Berlin", "x", 5)
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{7*7}}",
    "{% for x in y %}",
    "{# a comment #}",
    "</style></title></table></details>",
    "<!-- a comment -->",
    "]]> &lt;b&gt; &amp;",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "”half“",
]


def _sections(text: str) -> list[Section]:
    frame = pd.DataFrame({"agent": pd.Series([text, "b"], dtype="str"), text: ["c", text]})
    table = Table(text, text, frame, open=True)
    parts = [Figure(b"<svg/>", text, Table(text, text, frame)), table]
    return [
        Section("one", text, [text], parts, [text], [Card(text, text, text)]),
        Section("two", "Plain", ["Nothing here."]),
    ]


def _page(text: str) -> Element:
    return read_page(page_text(text, _sections(text), MATERIAL))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_texts(text):
    page, plain = _page(text), _page("harmless")
    # The same elements with the same attributes: nothing came out of a text.
    shape = [[(one.tag, sorted(one.attributes)) for one in own.all()] for own in (page, plain)]
    assert shape[0] == shape[1]
    shown = " ".join(text.split())
    assert page.all("h1")[0].text == page.all("title")[0].text == shown
    assert page.all("img")[0].attributes["alt"] == shown
    assert rows_of(page.all("table")[1])[2][1] == shown
    assert section_of(page, "one").all("p")[0].text == shown


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200f", "\x00", "\x1b", "\u2028"])
def test_signs_that_act_are_not_in_the_page(sign):
    text = page_text(f"a{sign}b", _sections(f"a{sign}b"), MATERIAL)
    text.encode("utf-8")
    assert sign not in text
    assert read_page(text).all("h1")[0].text in {"ab", "a b"}


def test_data_texts_are_isolated_from_the_direction_of_others():
    page = _page("\u05d0\u05d1")
    cells = [
        cell for table in page.all("table") for cell in table.all() if cell.tag in ("th", "td")
    ]
    assert {cell.children[0].tag for cell in cells} == {"bdi"}
    (quoted,) = section_of(_page("Ask “\u05d0” now"), "one").all("p")[0].all("bdi")
    assert quoted.text == "“\u05d0”"
    paragraph = section_of(_page("Ask “this” now, “that” (n = 2)"), "one").all("p")[0]
    assert paragraph.text == "Ask “this” now, “that” (n = 2)"


def test_the_frame_of_the_page():
    page = _page("A title")
    assert page.all("html")[0].attributes["lang"] == "en"
    (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    assert policy.attributes["content"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    )
    assert [len(page.all(tag)) for tag in ("h1", "main", "nav", "header", "footer")] == [1] * 5
    assert [one.text for one in page.all("main")[0].all("h2")] == ["A title", "Plain"]
    assert page.all("header")[0].all("p")[0].text == (
        "2026-05, compared with 2026-04. Time zone Europe/Berlin."
    )


def test_each_entry_of_the_contents_leads_to_its_section():
    page = _page("A title")
    links = [link.attributes["href"] for link in page.all("nav")[0].all("a")]
    assert links == ["#one", "#two"]
    ids = [one.attributes["id"] for one in page.all() if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    assert {link.attributes["href"][1:] for link in page.all("a")} <= set(ids)


def test_cards_stand_before_the_sections():
    (cards,) = _page("A title").all("dl")
    assert [one.text for one in cards.all() if one.tag in ("dt", "dd")] == ["A title"] * 3
    assert page_text("t", [Section("a", "A", ["b."])], MATERIAL).count("<dl") == 0


def test_each_figure_has_its_table_folded_below_it():
    section = section_of(_page("A title"), "one")
    (figure,), (folded,) = section.all("figure"), section.all("details")
    assert figure.all("figcaption")[0].text == "Figure 1. A title."
    assert "open" not in folded.attributes
    assert folded.all("summary")[0].text == "The figures of figure 1 as table 1"
    assert [one.text for one in section.all("caption")] == [
        "Table 1. A title.",
        "Table 2. A title.",
    ]
    assert [one.text for one in section.all("p", **{"class": "method"})] == ["Method: A title"] * 2


def test_tables_can_be_scrolled_and_read_by_ear():
    for table in _page("A title").all("table"):
        around = table.parent
        assert (around.attributes["role"], around.attributes["tabindex"]) == ("region", "0")
        assert around.attributes["aria-label"].startswith("Table ")
        assert {one.attributes["scope"] for one in table.all("thead")[0].all("th")} == {"col"}
        for row in table.all("tbody")[0].all("tr"):
            assert [cell.attributes.get("scope") for cell in row.all("th")] == ["row"]


def test_nothing_runs_and_nothing_is_asked_for():
    text = page_text("A title", _sections("b"), MATERIAL)
    page = read_page(text)
    assert not {one.tag for one in page.all()} & {"script", "link", "iframe", "object", "form"}
    names = {name for one in page.all() for name in one.attributes}
    assert not [name for name in names if name.startswith("on")]
    assert "http://" not in text
    assert "https://" not in text
    assert "url(" not in text
    assert "@import" not in text


def test_a_table_without_rows_and_a_page_without_figures():
    empty = Table("Nothing", "none.", pd.DataFrame({"agent": [], "n": []}), open=True)
    page = read_page(page_text("t", [Section("a", "A", ["b."], [empty])], MATERIAL))
    assert rows_of(page.all("table")[0]) == [["Agent", page.all("th")[1].text], ["No rows"]]
    assert page.all("img") == []


def test_colours_have_enough_contrast():
    def luminance(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    style = read_page(page_text("t", [], MATERIAL)).all("style")[0].text
    named = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", style))
    inks = [named["ink"], named["quiet"], named["accent"]]
    for ink in inks:
        for paper in ("#ffffff", named["wash"], "#fdf6e3"):
            light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5
