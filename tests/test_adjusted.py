"""Adjusted differences of frames: on any engine, and when they turn the sign."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

from chatdash_analysis.adjusted import adjusted_differences, warn_of_reversal, with_adjusted
from chatdash_analysis.segments import outcome_rates

OPTIONS = {"outcome": "good", "users": "who"}


def _frame(seed=0, rows=2000) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "os": rng.choice(["iOS", "Android", "Windows"], rows),
            "agent": rng.choice(["a", "b", "c"], rows),
            "month": rng.integers(1, 5, rows),
            "who": rng.choice([f"u{i}" for i in range(300)], rows),
            "good": pd.array(rng.random(rows) < 0.5, dtype="boolean"),
        }
    )
    frame = frame.astype({"os": "str", "agent": "str", "who": "str"})
    frame.loc[rng.random(rows) < 0.1, "good"] = pd.NA
    frame.loc[rng.random(rows) < 0.2, "who"] = None
    frame.loc[rng.random(rows) < 0.05, "agent"] = None
    return frame


def _crossed(n=400, *, effect=0.06, people=None) -> pd.DataFrame:
    """Return a frame in which most mobiles are in the language that does badly."""
    rows = []
    for language, rate, mobile in (("de", 0.85, 0.15), ("es", 0.55, 0.85)):
        for device, share in (("Mobile", mobile), ("Desktop", 1 - mobile)):
            size = round(n * share)
            good = round(size * (rate + effect * (device == "Mobile")))
            rows += [(language, device, number < good) for number in range(size)]
    frame = pd.DataFrame(rows, columns=["language", "os", "good"])
    return frame.assign(who=np.arange(len(frame)) % (people or len(frame)))


def _adjusted(frame: pd.DataFrame, strata=("language",)) -> pd.DataFrame:
    table = outcome_rates(frame, ["os"], min_n=10, rest=True, **OPTIONS)
    return with_adjusted(table, frame, ["os"], strata, **OPTIONS)


@pytest.mark.parametrize("by", [["os"], ["os", "agent"]])
def test_every_engine_gives_the_same(by):
    frame = _frame()
    if "agent" in by:
        frame = frame.dropna(subset="agent")
    expected = adjusted_differences(frame, by, ["month"], **OPTIONS)
    polars = pl.from_pandas(frame)
    for other in (polars, polars.lazy(), duckdb.sql("select * from polars")):
        found = adjusted_differences(other, by, ["month"], **OPTIONS)
        pd.testing.assert_frame_equal(found, expected)


def test_people_may_be_strata_on_every_engine():
    frame = _frame().dropna(subset="who")
    expected = adjusted_differences(frame, ["os"], ["who"], **OPTIONS)
    found = adjusted_differences(pl.from_pandas(frame), ["os"], ["who"], **OPTIONS)
    pd.testing.assert_frame_equal(found, expected)
    assert expected["strata_n"].between(200, 300).all()


def test_unknown_outcomes_and_missing_strata_do_not_contribute():
    frame = _frame()
    kept = frame.dropna(subset=["good", "agent"])
    assert len(kept) < len(frame)
    pd.testing.assert_frame_equal(
        adjusted_differences(frame, ["os"], ["agent", "month"], **OPTIONS),
        adjusted_differences(kept, ["os"], ["agent", "month"], **OPTIONS),
    )
    found = adjusted_differences(frame, ["os"], ["agent"], **OPTIONS)
    assert found["adjusted_n"].tolist() == [len(kept)] * 3


def test_conversations_without_a_person_are_each_of_a_person():
    frame = _frame().assign(who=None).astype({"who": "str"})
    numbered = frame.assign(who=np.arange(len(frame)))
    expected = adjusted_differences(numbered, ["os"], ["month"], **OPTIONS)
    for nobody in (frame, pl.from_pandas(frame)):
        found = adjusted_differences(nobody, ["os"], ["month"], **OPTIONS)
        pd.testing.assert_frame_equal(found, expected)


def test_the_order_of_rows_makes_no_difference_to_the_last_bit():
    frame = _frame()
    pd.testing.assert_frame_equal(
        adjusted_differences(frame.sample(frac=1, random_state=1), ["os"], ["agent"], **OPTIONS),
        adjusted_differences(frame, ["os"], ["agent"], **OPTIONS),
        check_exact=True,
    )


def test_the_frame_is_left_as_it_was():
    frame = _frame()
    before = frame.copy(deep=True)
    adjusted_differences(frame, ["os"], ["agent"], **OPTIONS)
    pd.testing.assert_frame_equal(frame, before)


def test_a_reversal_is_flagged_and_named_in_one_warning():
    table = _adjusted(_crossed())
    mobile = table.set_index("os").loc["Mobile"]
    assert mobile["difference_high"] < 0 < mobile["adjusted_difference"]
    assert table["flags"].tolist() == ["simpson", "simpson"]
    named = "strata of language: Desktop .15.0 and -6.3 points; Mobile -15.0 and .6.3 points"
    with pytest.warns(UserWarning, match=named) as caught:
        warn_of_reversal(table, ["os"], ["language"])
    assert len(caught) == 1


def test_opposite_signs_within_noise_are_no_reversal(recwarn):
    table = _adjusted(_crossed(40, effect=0.05))
    mobile = table.set_index("os").loc["Mobile"]
    assert mobile["difference"] < 0 < mobile["adjusted_difference"]
    assert mobile["difference_high"] > 0
    assert mobile["adjusted_difference_low"] < 0
    assert table["flags"].tolist() == ["", ""]
    warn_of_reversal(table, ["os"], ["language"])
    assert not recwarn.list


def test_among_groups_that_do_not_differ_reversals_are_rare():
    flagged = sum(
        _adjusted(_frame(seed, 600), ["month"])["flags"].str.contains("simpson").sum()
        for seed in range(25)
    )
    assert flagged <= 2


def test_without_common_strata_a_flag_says_so():
    frame = _crossed().assign(language=lambda rows: rows["os"])
    table = _adjusted(frame)
    assert table["flags"].tolist() == ["no_overlap", "no_overlap"]
    assert table["adjusted_difference"].isna().all()


def test_without_strata_what_is_added_is_missing_and_has_its_dtypes():
    table = _adjusted(_crossed(), ())
    assert table["adjusted_difference"].isna().all()
    assert table[["strata_n", "adjusted_n"]].to_numpy().tolist() == [[0, 0], [0, 0]]
    with_strata = _adjusted(_crossed())
    assert table.dtypes.to_dict() == with_strata.dtypes.to_dict()


def test_groups_too_small_for_a_rate_show_no_adjusted_difference():
    frame = _crossed()
    few = pd.DataFrame({"language": "de", "os": "Tablet", "good": [True] * 9, "who": range(9)})
    table = _adjusted(pd.concat([frame, few], ignore_index=True)).set_index("os")
    assert np.isnan(table.loc["Tablet", "adjusted_difference"])
    assert table.loc["Tablet", "flags"] == "small_n"
    assert table.loc["Mobile", "adjusted_n"] == 809
