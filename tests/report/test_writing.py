"""A report from end to end: what is in the page, the same for the same data, whole or not there."""

from __future__ import annotations

import base64
import os
import stat
import subprocess
import sys
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.report import contents, writing
from chatdash_analysis.report.contents import CONTENTS
from chatdash_analysis.report.parts import Figure, Section, Table
from chatdash_analysis.showing.readable import readable_table
from tests.report.html_pages import Element, read_page, rows_of, section_of, table_with

HOSTILE = "<script>harm()</script>\"><img src=x onerror='harm()'>{{7*7}}{% x %}</style>\u202e\x00"
PHONE, MAIL = "+49 171 5550123", "ana.gomez@example.com"
LARGEST = 2_000_000


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    return cda.load_sample(1_000)


@pytest.fixture(scope="module")
def written(sample, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    before = sample.copy(deep=True)
    assert cda.write_report(sample, path, period="2026-05", tz="Europe/Berlin") == path
    pd.testing.assert_frame_equal(sample, before)
    return path


@pytest.fixture(scope="module")
def page(written) -> Element:
    return read_page(written.read_text("utf-8"))


@pytest.fixture(scope="module")
def hostile(sample, tmp_path_factory) -> str:
    names = ["channel", "platform", "device", "os", "browser", "country_code", "ended_reason"]
    names += [name for name in sample if name.startswith("custom_") and sample[name].dtype == "str"]
    texts = sample.assign(
        agent_name=sample["agent_id"] + HOSTILE + PHONE,
        misunderstood_queries=sample["misunderstood_queries"].str.replace(
            '"]', f' {PHONE} {MAIL} <b onload=harm()>"]', regex=False
        ),
        **{name: sample[name] + HOSTILE for name in names},
    )
    planted = texts.assign(channel=texts["channel"] + f" {PHONE}", summary=f"{MAIL} {PHONE}")
    path = tmp_path_factory.mktemp("hostile") / "report.html"
    cda.write_report(planted, path, period="2026-05", title=HOSTILE, min_users=1)
    return path.read_text("utf-8")


def test_every_section_has_its_heading_and_says_something(page):
    found = page.all("main")[0].all("section")
    assert [one.attributes["id"] for one in found] == [entry.anchor for entry in CONTENTS]
    for one, entry in zip(found, CONTENTS, strict=True):
        assert one.all("h2")[0].text == entry.title
        assert len(one.all("p")[0].text) > 20
        assert "cannot be made" not in one.all("p")[0].text
    assert page.all("h1")[0].text == "Conversations in May 2026"


def test_each_picture_is_a_drawing_in_the_page_with_words_for_it(page):
    pictures = page.all("img")
    assert len(pictures) > 6
    for one in pictures:
        assert len(one.attributes["alt"]) > 40
        head, _, held = one.attributes["src"].partition(",")
        assert head == "data:image/svg+xml;base64"
        assert ET.fromstring(base64.b64decode(held)).tag.endswith("svg")


def test_each_table_has_a_caption_headings_and_a_method(page):
    tables = page.all("table")
    assert len(tables) > 12
    for table in tables:
        assert len(table.all("caption")[0].text) > 15
        assert table.all("th", scope="col")
        assert all(row.all("th", scope="row") for row in table.all("tbody")[0].all("tr"))
    assert len(page.all("p", **{"class": "method"})) == len(tables)


def test_the_numbers_are_those_of_the_public_functions(page, sample):
    conversations = cda.identify_users(sample[sample["created_at"] < "2026-05-31T22:00Z"])
    may = conversations[conversations["created_at"] >= "2026-04-30T22:00Z"]
    expected = readable_table(
        cda.rates_by(may, "agent_id"), ["agent_id", "n", "unknown", "excluded"]
    )
    table = rows_of(table_with(section_of(page, "loaded"), "Agents, and"))
    assert table[1:] == expected.to_numpy().tolist()

    april = conversations["created_at"] >= "2026-03-31T22:00Z"
    both = conversations[april].assign(
        period=[
            "May 2026" if late else "April 2026"
            for late in conversations[april].index.isin(may.index)
        ]
    )
    columns = ["period", "n", "unknown", "excluded", "rate"]
    expected = readable_table(cda.rates_by(both, "period"), columns)
    table = rows_of(table_with(section_of(page, "numbers"), "Success in"))
    assert [row[: len(columns)] for row in table[1:]] == expected.to_numpy().tolist()


def test_it_is_one_file_of_two_megabytes_at_most_that_only_its_owner_reads(written):
    assert written.stat().st_size < LARGEST
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert [path.name for path in written.parent.iterdir()] == [written.name]


def test_the_order_of_rows_does_not_matter(sample, written, tmp_path):
    # Rows without an id are told apart by what they hold.
    shuffled = sample.sample(frac=1, random_state=5)
    shuffled.attrs = sample.attrs
    again = cda.write_report(shuffled, tmp_path / "a.html", period="2026-05", tz="Europe/Berlin")
    assert again.read_bytes() == written.read_bytes()


def test_hostile_texts_stay_texts(hostile):
    page = read_page(hostile)
    assert page.all("h1")[0].text == " ".join(
        HOSTILE.replace("\u202e", "").replace("\x00", " ").split()
    )
    assert not {one.tag for one in page.all()} & {"script", "svg", "b onload", "iframe"}
    names = {name for one in page.all() for name in one.attributes}
    assert not [name for name in names if name.startswith("on")]
    assert {one.attributes["src"][:26] for one in page.all("img")} == {"data:image/svg+xml;base64,"}
    assert "<script" not in hostile
    assert "\x00" not in hostile
    assert "\u202e" not in hostile
    assert "{{7*7}}" in page.text
    assert "cannot be made" not in page.text
    assert len(hostile.encode()) < LARGEST


def test_personal_values_in_texts_are_nowhere(hostile, page):
    plain = read_page(hostile).text
    for secret in ("5550123", "555 0123", "ana.gomez", "gomez@"):
        assert secret not in hostile
        assert secret not in plain
    assert "[phone]" in plain
    drawn = [base64.b64decode(one.attributes["src"].partition(",")[2]) for one in page.all("img")]
    assert not any(b"<!--" in picture for picture in drawn)


def _many(levels: int) -> list[Section]:
    names = pd.Series([f"level {number} {'long ' * 50}" for number in range(levels)], dtype="str")
    frame = pd.DataFrame(dict.fromkeys(("agent", "channel", "topic"), names) | {"n": range(levels)})
    table = Table("c" * 50_000, "m" * 50_000, frame)
    return [
        Section(entry.anchor, entry.title, ["s" * 50_000] * 50, [table] * 3, ["n" * 50_000])
        for entry in CONTENTS
    ]


def test_five_thousand_levels_and_long_texts_fit(sample, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "make_sections", lambda material: _many(5_000))
    path = cda.write_report(sample, tmp_path / "a.html", period="2026-05", title="t" * 50_000)
    assert path.stat().st_size < LARGEST
    (said,) = {one.text for one in read_page(path.read_text()).all("p", **{"class": "left-out"})}
    assert said == f"The largest 15 of 5,000 rows; the others add up to {sum(range(4_985)):,} (n)."


def test_a_page_that_is_too_large_is_refused_and_the_old_one_stays(sample, tmp_path, monkeypatch):
    drawing = os.urandom(LARGEST)
    large = Section(
        "a", "A", parts=[Figure(drawing, "x", Table("c", "m", pd.DataFrame({"a": [1]})))]
    )
    monkeypatch.setattr(writing, "make_sections", lambda material: [large])
    old = tmp_path / "report.html"
    old.write_text("old")
    with pytest.raises(cda.InputError, match="more than 2,000,000"):
        cda.write_report(sample, old, period="2026-05")
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]


def test_an_error_of_a_section_leaves_the_old_page(sample, tmp_path, monkeypatch):
    def fails(_):
        raise cda.InputError("no such thing")

    entries = (contents.Entry("a", "A", fails),)
    monkeypatch.setattr(writing, "make_sections", lambda m: contents.make_sections(m, entries))
    old = tmp_path / "report.html"
    old.write_text("old")
    with pytest.raises(cda.InputError, match="no such thing"):
        cda.write_report(sample, old, period="2026-05")
    assert old.read_text() == "old"


def test_a_write_that_is_killed_leaves_the_old_page(tmp_path):
    old = tmp_path / "report.html"
    old.write_text("old")
    code = (
        "import os, sys, pathlib\n"
        "import chatdash_analysis as cda\n"
        "from chatdash_analysis.report import contents, writing\n"
        "few = contents.CONTENTS[:2]\n"
        "writing.make_sections = lambda material: contents.make_sections(material, few)\n"
        "pathlib.Path.replace = lambda *_: os._exit(9)\n"
        "cda.write_report(cda.load_sample(300), sys.argv[1], period='2026-05')\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(old)], check=False)
    assert done.returncode == 9
    assert old.read_text() == "old"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_rights_is_an_error(sample, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "make_sections", lambda material: [])
    tmp_path.chmod(0o500)
    with pytest.raises(cda.InputError, match="could not be written"):
        cda.write_report(sample, tmp_path / "report.html", period="2026-05")


@pytest.mark.parametrize("told", [None, ["sample"], {"gaps": 5}, {"end": "soon"}], ids=str)
def test_a_load_that_cannot_be_read_is_said_to_be_unknown(sample, tmp_path, monkeypatch, told):
    few = contents.CONTENTS[:2]
    monkeypatch.setattr(writing, "make_sections", lambda m: contents.make_sections(m, few))
    frame = sample.copy(deep=False)
    frame.attrs = {"chatdash": told}
    page = cda.write_report(frame, tmp_path / "a.html", period="2026-05").read_text("utf-8")
    assert (
        "do not say from when to when they were loaded"
        in section_of(read_page(page), "loaded").text
    )


def test_lengths_that_cannot_be_are_said_and_left_out(sample, tmp_path, monkeypatch):
    few = contents.CONTENTS[:2]
    monkeypatch.setattr(writing, "make_sections", lambda m: contents.make_sections(m, few))
    lengths = sample["duration_minutes"]
    wrong = lengths.notna() & (sample.groupby(lengths.notna()).cumcount() < 40)
    frame = sample.assign(duration_minutes=lengths.mask(wrong, -1e6))
    page = read_page(cda.write_report(frame, tmp_path / "a.html", period="2026-05").read_text())
    held = (wrong & (sample["created_at"] < "2026-06-01T00:00Z")).sum()
    assert f"{held} conversations had a length or a cost" in section_of(page, "loaded").text
    assert "-" not in "".join(rows_of(table_with(page, "mean length"))[2][3:])
