"""Answers beside their conversations, and what each stands for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.judging.answers import filled_rows
from chatdash_analysis.judging.matching import matched
from chatdash_analysis.judging.sampling_codes import Drawn, code_of

IDS = pd.Series(["a", "b", "c", "-d"], dtype="str")


def _matched(ids, verdicts, codes=None):
    sheet = pd.DataFrame({"conversation_id": ids, "human_verdict": verdicts})
    if codes is not None:
        sheet["sampling_code"] = [
            code_of(one, Drawn(*drawn)) if drawn else ""
            for one, drawn in zip(ids, codes, strict=True)
        ]
    return matched(filled_rows(sheet), IDS)


def test_each_answer_stands_for_its_stratum_by_the_judged_rows_of_it():
    drawn = [(1, 0, 100), (1, 0, 100), (1, 0, 100), (1, 1, 30)]
    found = _matched(["c", "a", "b", "-d"], [1, 0, None, 1], drawn)
    assert found.places.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(found.verdicts, [0, np.nan, 1, 1])
    np.testing.assert_array_equal(found.weights, [50, np.nan, 50, 30])
    assert found.weighted


def test_strata_of_two_draws_are_two():
    found = _matched(["a", "b"], [1, 0], [(1, 0, 100), (2, 0, 100)])
    assert found.weights.tolist() == [100, 100]


def test_without_codes_all_weigh_alike_and_apostrophes_of_ids_are_taken_off():
    found = _matched(["'-d", "a"], ["yes", "no"])
    assert (found.places.tolist(), found.weights.tolist()) == ([0, 3], [1, 1])
    assert not found.weighted


def test_a_conversation_counts_once_and_an_answer_wins_over_none():
    found = _matched(["a", "b", "a", "b"], ["", "no", "yes", "no"])
    assert (found.verdicts.tolist(), found.repeated) == ([1, 0], 2)


def test_contradictions_strangers_and_sorted_cells_are_refused_with_their_rows():
    with pytest.raises(InputError, match=r"both yes and no .* in rows 0, 2 "):
        _matched(["a", "b", "a"], ["yes", "no", "no"])
    with pytest.raises(InputError, match="no conversation here, in row 1 "):
        _matched(["a", "1.5E+23"], ["yes", "no"])
    with pytest.raises(InputError, match=r"sampling_code does not belong .* row 1 "):
        _matched(["a", "b"], ["yes", "no"], [(1, 0, 9), None])
    sheet = pd.DataFrame({"conversation_id": ["a", "b"], "human_verdict": [1, 0]})
    codes = [code_of(one, Drawn(1, 0, 9)) for one in ("b", "a")]
    with pytest.raises(InputError, match="sorted apart"):
        matched(filled_rows(sheet.assign(sampling_code=codes)), IDS)
