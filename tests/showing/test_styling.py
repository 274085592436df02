"""Styled tables: what they show is text, and the same each time."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chatdash_analysis as cda
from chatdash_analysis import InputError, MissingColumnsError

HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</td></table><b>", "&lt;b&gt;",
    "\" onclick='x'", "{{ 7 * 7 }}", "{% raw %}", "$\\frac{1}{2}$", "<!--", "\x00<svg/onload=x>",
    "]]>", "\u202e<b>", "</style><script>x</script>",
]  # fmt: skip


class Page(HTMLParser):
    """Which elements and texts a page has, as a browser reads it."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data):
        if data.strip() and self.tags[-1] != "style":
            self.texts.append(data.strip())


@pytest.fixture(scope="module")
def channels():
    return cda.rates_by(cda.load_sample(600), "channel")


def test_a_rate_is_shown_with_interval_and_counts(channels):
    page = Page(cda.style_table(channels, ["channel", "rate"], caption="By channel").to_html())
    assert page.texts[:5] == ["By channel", "Channel", "Rate", "Known", "Unknown"]
    row = channels.iloc[0]
    low, high = f"{row['low'] * 100:.1f}", f"{row['high'] * 100:.1f}"
    assert page.texts[6] == f"{row['rate'] * 100:.1f} % ({low} to {high})"
    assert page.texts[7:9] == [str(row["n"]), str(row["unknown"])]


def test_numbers_stand_at_the_right_and_texts_at_the_left(channels):
    html = cda.style_table(channels, ["channel", "rate"]).to_html()
    sides = re.findall(r"\.col(\d) \{\s*text-align: (\w+);", html)
    assert sides == [("0", "left"), ("1", "right"), ("2", "right"), ("3", "right")]


def test_the_number_of_a_row_is_not_shown(channels):
    html = cda.style_table(channels, ["channel"]).to_html()
    assert "row_heading" not in html
    assert len(re.findall("<tr>", html)) == len(channels) + 1


def test_the_html_is_the_same_each_time_and_in_each_process(channels):
    code = (
        "import chatdash_analysis as cda;"
        "print(cda.style_table(cda.rates_by(cda.load_sample(600), 'channel'),"
        " caption='c').to_html(), end='')"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout == cda.style_table(channels, caption="c").to_html()


def test_two_tables_on_one_page_do_not_share_their_style(channels):
    one, other = (cda.style_table(channels, [name]).to_html() for name in ("channel", "rate"))
    marks = [re.findall(r'<table id="(\w+)"', html) for html in (one, other)]
    assert marks[0] != marks[1]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_texts_stay_inert_in_cells_headings_labels_and_captions(text):
    table = pd.DataFrame(
        {"channel": [text], text: [text], "flags": [text], "cost": [1.0], "cost_unit": [text]},
        index=pd.Index([text], name=f"label {text}"),
    )
    plain = pd.DataFrame({"channel": ["a"], "b": ["b"], "flags": ["c"], "cost": [1.0]})
    html = cda.style_table(table, caption=text).to_html()
    page, usual = Page(html), Page(cda.style_table(plain.set_index("b"), caption="d").to_html())
    assert set(page.tags) == set(usual.tags) == {
        "style", "table", "caption", "thead", "tbody", "tr", "th", "td",
    }  # fmt: skip
    assert set(page.attributes) == set(usual.attributes)
    assert page.texts[-1].startswith("1.00")
    # Nothing between dollar signs becomes a formula in a notebook.
    assert re.search(r'<table [^>]*class="[^"]*tex2jax_ignore[^"]*mathjax_ignore', html)


@given(st.text(max_size=30))
def test_any_text_is_read_back_as_it_stands(text):
    styled = cda.style_table(pd.DataFrame({"channel": [f"a{text}z"]}), caption=f"b{text}y")
    shown = Page(styled.to_html()).texts
    cell = styled.data.iloc[0, 0]
    assert shown == [f"b{cell[1:-1]}y", "Channel", cell]


def test_the_styles_of_ones_own_tables_are_not_touched(channels):
    before = channels.style.to_html(table_uuid="mine")
    cda.style_table(channels).to_html()
    assert channels.style.to_html(table_uuid="mine") == before


def test_settings_of_pandas_change_nothing(channels):
    plain = cda.style_table(channels).to_html()
    with pd.option_context(
        "styler.format.precision", 0, "styler.format.na_rep", "none", "styler.format.escape", None,
        "styler.sparse.index", False, "styler.html.mathjax", False,
    ):  # fmt: skip
        changed = cda.style_table(channels).to_html()
    assert Page(changed).texts == Page(plain).texts


def test_notebooks_show_it_as_html(channels):
    styled = cda.style_table(channels)
    assert Page(styled._repr_html_()).texts == Page(styled.to_html()).texts


def test_an_empty_table_shows_its_headings():
    empty = cda.rates_by(cda.load_sample(300), "channel").iloc[:0]
    page = Page(cda.style_table(empty, ["channel", "rate"], caption="Nothing").to_html())
    assert page.texts == ["Nothing", "Channel", "Rate", "Known", "Unknown"]
    assert Page(cda.style_table(pd.DataFrame()).to_html()).texts == []


def test_what_cannot_be_shown_is_refused_by_name(channels):
    with pytest.raises(MissingColumnsError, match="style_table needs the columns"):
        cda.style_table(channels, ["surprise"])
    with pytest.raises(InputError, match="style_table takes a pandas DataFrame"):
        cda.style_table([1])
    with pytest.raises(InputError, match="caption must be a text; got int"):
        cda.style_table(channels, caption=7)


def test_long_tables_show_as_many_rows_as_pandas_and_say_so():
    table = pd.DataFrame({"channel": [f"c{row}" for row in range(1_200)]})
    with pd.option_context("display.max_rows", 7):
        long, plain = cda.style_table(table, caption="Mine"), cda.style_table(table)
        assert cda.style_table(table.head(7)).caption is None
    assert long.data["Channel"].tolist() == [f"c{row}" for row in range(7)]
    assert long.caption.startswith("Mine (The first 7 of 1,200 rows")
    assert plain.caption.startswith("The first 7 of 1,200 rows")
    with pd.option_context("display.max_rows", None):
        assert len(cda.style_table(table).data) == 1_200


def test_tables_of_equal_texts_that_stand_at_other_sides_do_not_share_their_style():
    marks = {cda.style_table(pd.DataFrame({"mine": [own]})).uuid for own in (1, "1")}
    assert len(marks) == 2
