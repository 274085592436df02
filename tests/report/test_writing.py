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
    assert [row[: len(columns)] for row in table] == [list(expected), *expected.to_numpy().tolist()]


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


def _material_of(frame: pd.DataFrame, **how: object):
    now, before = writing.choose_periods(frame, "2026-05", None, "UTC")
    arguments = {"tz": "UTC", "outcome": "evaluation_is_success", "min_users": 5, "sightings": None}
    return writing._material(frame, now, before, **arguments | how)


def test_what_came_after_the_period_does_not_matter(sample):
    early = sample[sample["created_at"] < "2026-06-01T00:00Z"]
    one, other = _material_of(sample), _material_of(early)
    pd.testing.assert_frame_equal(one.conversations, other.conversations)
    assert one.conversations["created_at"].is_monotonic_increasing
    assert one.conversations.attrs["chatdash"]["agents"] == sample.attrs["chatdash"]["agents"]


def test_people_who_are_known_already_stay_who_they_are(sample):
    own = sample.assign(user_id=sample["lead_id"].astype("str"))
    held = _material_of(own).conversations
    assert held["user_id"].equals(held["lead_id"].astype("str"))


def test_rows_that_nothing_names_have_an_order_too(sample):
    nameless = sample.assign(conversation_id=None, created_at=sample["created_at"].dt.floor("D"))
    one = _material_of(nameless.assign(user_id="a")).conversations
    other = _material_of(nameless.assign(user_id="a").sample(frac=1, random_state=1)).conversations
    pd.testing.assert_frame_equal(one, other)


def test_conversations_without_a_date_are_left_out_and_counted(sample):
    undated = sample.assign(created_at=sample["created_at"].mask(sample.index % 10 == 0))
    material = _material_of(undated)
    assert material.undated == undated["created_at"].isna().sum() == 100
    assert material.conversations["created_at"].notna().all()


@pytest.mark.parametrize(
    ("names", "title"),
    [
        (["Ana's line"], "Ana's line: May 2026"),
        (["B", "A"], "A and B: May 2026"),
        (["A", "A"], "A (id 0) and A (id 1): May 2026"),
        (["D", "C", "B", "A"], "Conversations in May 2026"),
        (["x" * 100], "x" * 59 + "…: May 2026"),
        (["call +49 171 5550123"], "call [phone]: May 2026"),
    ],
    ids=["one", "two", "alike", "many", "long", "phone"],
)
def test_the_heading_names_a_few_agents(sample, names, title):
    place = [number % len(names) for number in range(len(sample))]
    frame = sample.assign(
        agent_id=[f"id {number}" for number in place], agent_name=[names[k] for k in place]
    )
    assert writing._title(_material_of(frame)) == title
