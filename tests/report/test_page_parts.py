"""Tables of a page: which rows are shown, and how long a text may be."""

from __future__ import annotations

import base64

import numpy as np
import pandas as pd

from chatdash_analysis.report.page_parts import MOST_ROWS, page_sections, plain
from chatdash_analysis.report.parts import Figure, Section, Table
from chatdash_analysis.showing.numbers import MISSING


def _table(frame: pd.DataFrame, columns: list[str] | None = None) -> Table:
    return Table("A caption", "rates_by: a method.", frame, columns)


def _groups(size: int) -> pd.DataFrame:
    random = np.random.default_rng(0)
    names = pd.Series([f"group {number}" for number in range(size)], dtype="str")
    return pd.DataFrame({"agent": names, "n": random.permutation(size)})


def _only(*parts: Table | Figure):
    (section,) = page_sections([Section("here", "Title", ["Text."], parts)])
    return section.parts


def test_headings_and_methods_are_in_the_words_of_a_client():
    frame = pd.DataFrame({"agent": ["a"], "n": [3], "unknown": [0], "excluded": [1]})
    (part,) = _only(Table("A caption", "rates_by: those judged; rates: see n.", frame))
    assert [name for name, _ in part.table.headings] == [
        "Agent", "Known", "Unknown", "Nothing to judge",
    ]  # fmt: skip
    assert part.method == "Those judged; rates: see n. (Function: rates_by.)"


def test_a_table_may_have_headings_of_its_own():
    frame = pd.DataFrame({"agent": ["a"], "n": [3], "successes": [1], "excluded": [1]})
    own = Table("A caption", "rates_by: words.", frame, headings={"Successes": "Calls"})
    (part,) = _only(own)
    assert [name for name, _ in part.table.headings] == [
        "Agent", "n", "Calls", "Nothing to judge",
    ]  # fmt: skip


def test_columns_that_say_nothing_in_any_row_are_left_out():
    frame = pd.DataFrame({
        "agent": [None, None],
        "n": [3, 4],
        "unknown": [0, 0],
        "cost_total": [np.nan, np.nan],
        "flags": ["", ""],
        "note": ["", "said once"],
    })  # fmt: skip
    (part,) = _only(_table(frame))
    # The first column names the rows, whatever it holds; and a nought says something.
    assert part.table.headings == [
        ("Agent", False), ("Known", True), ("Unknown", True), ("Note", False),
    ]  # fmt: skip
    assert part.table.rows == [[MISSING, "3", "0", ""], [MISSING, "4", "0", "said once"]]


def test_a_short_table_is_shown_whole():
    (part,) = _only(_table(_groups(MOST_ROWS)))
    assert len(part.table.rows) == MOST_ROWS
    assert part.table.left_out == ""


def test_of_many_groups_the_largest_are_shown_in_their_order():
    frame = _groups(812)
    (part,) = _only(_table(frame))
    largest = frame[frame["n"] >= 812 - MOST_ROWS]
    assert [row[0] for row in part.table.rows] == largest["agent"].tolist()
    rest = frame["n"].sum() - largest["n"].sum()
    assert part.table.left_out == f"The largest 50 of 812 rows; the others add up to {rest:,} (n)."


def test_of_many_days_the_first_are_shown():
    frame = pd.DataFrame({"day": range(90), "n": range(90)})
    (part,) = _only(_table(frame))
    assert [row[0] for row in part.table.rows] == [str(day) for day in range(MOST_ROWS)]
    assert part.table.left_out == "The first 50 of 90 rows."


def test_people_are_not_added_up():
    frame = pd.DataFrame({"agent": [f"a{k}" for k in range(60)], "users": range(60)})
    (part,) = _only(_table(frame))
    assert part.table.left_out == "The largest 50 of 60 rows."


def test_groups_without_a_size_are_shown_from_the_first():
    frame = pd.DataFrame({"agent": [f"a{k}" for k in range(60)], "rate": np.nan})
    (part,) = _only(_table(frame))
    assert part.table.rows[0][0] == "a0"
    assert part.table.left_out == "The first 50 of 60 rows."


def test_a_table_without_rows_has_its_headings():
    (part,) = _only(_table(_groups(3).head(0)))
    assert part.table.rows == []
    assert part.table.headings[0] == ("Agent", False)


def test_long_texts_are_cut_and_hidden_signs_go():
    frame = pd.DataFrame({"agent": ["x" * 5_000, "a\u202eb\x00c\nd"], "n": [1, 2]})
    (part,) = _only(_table(frame))
    assert part.table.rows[0][0] == "x" * 159 + "…"
    assert part.table.rows[1][0] == "ab c d"
    assert plain("y" * 3_000).endswith("y…")
    assert len(plain("y" * 3_000)) == 2_000
    assert plain("y" * 2_000) == "y" * 2_000


def test_parts_are_numbered_through_the_page_and_pictures_are_in_it():
    table = _table(_groups(2))
    figure = Figure(b"<svg/>", "A picture.", table)
    first, second = page_sections(
        [Section("a", "A", parts=[table, figure]), Section("b", "B", parts=[table])]
    )
    assert [part.number for part in (*first.parts, *second.parts)] == [1, 2, 3]
    drawn = first.parts[1]
    assert base64.b64decode(drawn.source.partition("base64,")[2]) == b"<svg/>"
    assert drawn.alt == "A picture."
    assert first.parts[0].source == first.parts[0].alt == ""


def test_columns_are_those_asked_for_and_numbers_stand_at_the_right():
    (part,) = _only(_table(_groups(2).assign(secret="no"), ["agent", "n"]))
    assert [right for _, right in part.table.headings] == [False, True]
    assert "no" not in {cell for row in part.table.rows for cell in row}


def test_a_section_has_no_end_of_paragraphs():
    (section,) = page_sections([Section("a", "A", ["text."] * 500, notes=["note."] * 500)])
    assert len(section.sentences) == len(section.notes) == 40
