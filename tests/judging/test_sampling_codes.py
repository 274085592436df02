"""The code that a row of the sheet carries."""

from __future__ import annotations

import pytest

from chatdash_analysis.judging.sampling_codes import Drawn, code_of, drawn_from


def test_a_code_gives_back_how_its_row_was_drawn():
    drawn = Drawn(4_000_000_000, 65_537, 3_000_000)
    code = code_of("69563eed100e70032a7b6417", drawn)
    assert drawn_from("69563eed100e70032a7b6417", code) == drawn
    assert drawn_from("69563eed100e70032a7b6417", f" {code.upper()} ") == drawn


def test_rows_of_one_stratum_look_unlike_and_never_like_numbers():
    codes = [code_of(f"c{k}", Drawn(1, 0, 480)) for k in range(500)]
    assert len({code[:4] for code in codes}) > 450
    assert all(code[0] == "s" and len(code) == 25 for code in codes)


@pytest.mark.parametrize("code", ["", "s", "shello", "1.5", "s" + "a" * 24, "s" + "ä" * 24])
def test_anything_else_is_no_code(code):
    assert drawn_from("c1", code) is None


def test_the_code_of_another_conversation_is_refused():
    code = code_of("c1", Drawn(1, 2, 3))
    assert drawn_from("c2", code) is None
