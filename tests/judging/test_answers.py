"""What people wrote into the sheet."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.judging.answers import filled_rows


def _sheet(verdicts, **columns) -> pd.DataFrame:
    ids = [f"c{k}" for k in range(len(verdicts))]
    return pd.DataFrame({"conversation_id": ids, "human_verdict": verdicts, **columns})


@pytest.mark.parametrize(
    "verdicts",
    [
        pd.array([True, False, None], dtype="boolean"),
        [True, False, None],
        [1.0, 0.0, np.nan],
        pd.array([1, 0, None], dtype="Int64"),
        ["yes", "NO", ""],
        [" Ja", "nein ", "  "],
        ["WAHR", "FALSCH", None],
        ["'1", "0,0", "'"],
        ["x", "n", ""],
        pd.Categorical(["true", "false", None]),
    ],
    ids=str,
)
def test_yes_and_no_are_understood_however_they_are_written(verdicts):
    found = filled_rows(_sheet(verdicts)).verdicts
    np.testing.assert_array_equal(found, [1, 0, np.nan])


def test_unknown_words_are_refused_with_their_rows_and_without_their_words():
    with pytest.raises(
        InputError, match=r"neither yes nor no in rows 1, 3 \(counted from 0\)"
    ) as e:
        filled_rows(_sheet(["yes", "Ana was angry", "no", 2]))
    assert "Ana" not in str(e.value)
    with pytest.raises(InputError, match="in row 0 "):
        filled_rows(_sheet([[1, 2]]))
    with pytest.raises(InputError, match=r"18, 19, \.\.\. \("):
        filled_rows(_sheet(["?"] * 30))


def test_ticks_alone_do_not_say_what_an_empty_cell_means():
    with pytest.raises(InputError, match=r"ticks \(x\)"):
        filled_rows(_sheet(["x", "", "X"]))
    assert filled_rows(_sheet(["x", "no", ""])).verdicts[:2].tolist() == [1, 0]


def test_rows_without_id_are_refused_only_if_they_hold_a_verdict():
    sheet = pd.DataFrame({"conversation_id": ["a", None, ""], "human_verdict": ["no", "", None]})
    assert filled_rows(sheet).ids == ["a"]
    with pytest.raises(InputError, match="without conversation_id in rows 1, 2 "):
        filled_rows(sheet.assign(human_verdict="yes"))


def test_a_sheet_lacking_columns_or_of_another_kind_is_refused():
    with pytest.raises(MissingColumnsError, match=r"human_verdict.*audit_sample made"):
        filled_rows(pd.DataFrame({"conversation_id": ["a"]}))
    with pytest.raises(InputError, match="labels is a list"):
        filled_rows([["a", True]])
