"""Rates of other conversations, corrected by an audit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.judging.correcting import correct_rates
from chatdash_analysis.rates import wilson


def _audit(sensitivity=0.9, specificity=0.8, wide=0.05, **columns) -> pd.DataFrame:
    figures = {"sensitivity": sensitivity, "specificity": specificity}
    ends = {f"{k}_low": v - wide for k, v in figures.items()}
    ends |= {f"{k}_high": v + wide for k, v in figures.items()}
    return pd.DataFrame({"scope": ["all"], **columns, **figures, **ends})


def _rates(*rates, wide=0.03, **columns) -> pd.DataFrame:
    rate = np.array(rates, dtype=float)
    return pd.DataFrame({**columns, "rate": rate, "low": rate - wide, "high": rate + wide})


def test_the_estimate_is_rogan_and_gladens_and_differences_grow_back():
    found = correct_rates(_rates(0.6), _audit(0.95, 0.6)).iloc[0]
    assert found["corrected_rate"] == pytest.approx(0.2 / 0.55)
    assert found["correction"] == "rogan-gladen"
    true = np.array([0.5, 0.7])
    seen = true * 0.9 + (1 - true) * 0.15
    assert np.diff(seen)[0] == pytest.approx(0.2 * 0.75)
    back = correct_rates(_rates(*seen), _audit(0.9, 0.85))["corrected_rate"]
    assert back.tolist() == pytest.approx(true.tolist())


def test_exact_figures_of_the_judge_leave_the_error_of_the_rate():
    found = correct_rates(_rates(0.6), _audit(wide=0)).iloc[0]
    assert found["corrected_low"] == pytest.approx((0.57 - 0.2) / 0.7)
    assert found["corrected_high"] == pytest.approx((0.63 - 0.2) / 0.7)


def test_intervals_hold_the_truth_of_another_period():
    rng, runs = np.random.default_rng(0), 4_000
    true, sensitivity, specificity = 0.55, 0.9, 0.8
    seen = true * sensitivity + (1 - true) * (1 - specificity)
    audit = {"scope": ["group"] * runs, "run": range(runs)}
    for name, share in (("sensitivity", sensitivity), ("specificity", specificity)):
        right = rng.binomial(100, share, runs)
        low, high = wilson(right, 100)
        audit |= {name: right / 100, f"{name}_low": low, f"{name}_high": high}
    successes = rng.binomial(500, seen, runs)
    low, high = wilson(successes, 500)
    rates = pd.DataFrame({"run": range(runs), "rate": successes / 500, "low": low, "high": high})
    found = correct_rates(rates, pd.DataFrame(audit), by="run")
    held = found["corrected_low"].le(true) & found["corrected_high"].ge(true)
    assert 0.94 <= held.mean() <= 0.965


def test_each_group_is_corrected_by_its_own_judge():
    audit = pd.concat(
        [
            _audit(0.9, 0.8, agent_id=[None]),
            _audit(0.7, 0.9, agent_id=["a"]).assign(scope="group"),
            _audit(0.8, 0.8, agent_id=[None]).assign(scope="group"),
        ]
    )
    rates = _rates(0.6, 0.6, 0.6, agent_id=["a", "b", None])
    found = correct_rates(rates, audit, by="agent_id")
    assert found["corrected_rate"].round(4).tolist()[::2] == [
        round(0.5 / 0.6, 4),
        round(0.4 / 0.6, 4),
    ]
    assert found["refused"].tolist() == ["", "no_audit", ""]
    for_all = correct_rates(rates, audit)["corrected_rate"]
    assert for_all.tolist() == pytest.approx([0.4 / 0.7] * 3)


def test_weak_judges_and_missing_rates_are_refused_not_clipped():
    found = correct_rates(_rates(0.6, np.nan), _audit(0.6, 0.65))
    assert found["refused"].tolist() == ["weak_judge", "no_rate"]
    assert found[["corrected_rate", "corrected_low", "corrected_high"]].isna().all(axis=None)
    chance = correct_rates(_rates(0.6), _audit(0.5, 0.5), min_youden=0)
    assert chance["refused"].tolist() == ["weak_judge"]


def test_an_impossible_estimate_is_clipped_and_says_so():
    found = correct_rates(_rates(0.1, 0.95), _audit(0.9, 0.8))
    assert found["corrected_rate"].tolist() == [0, 1]
    assert found["correction"].tolist() == ["rogan-gladen, clipped"] * 2


def test_a_judge_that_may_be_no_better_than_chance_leaves_everything_possible():
    found = correct_rates(_rates(0.5), _audit(0.7, 0.65, wide=0.4)).iloc[0]
    assert (found["corrected_low"], found["corrected_high"]) == (0, 1)


def test_results_keep_their_dtypes_and_the_caller_its_table():
    rates = _rates(0.6).set_index(pd.Index([9]))
    found = correct_rates(rates, _audit())
    assert rates.columns.tolist() == ["rate", "low", "high"]
    assert found.index.equals(pd.RangeIndex(1))
    empty = correct_rates(rates.iloc[:0], _audit())
    pd.testing.assert_series_equal(empty.dtypes, found.dtypes)


def test_bad_arguments_are_refused_in_words():
    with pytest.raises(MissingColumnsError, match="sensitivity"):
        correct_rates(_rates(0.6), pd.DataFrame({"scope": ["all"]}))
    with pytest.raises(MissingColumnsError, match="rate"):
        correct_rates(pd.DataFrame({"n": [1]}), _audit())
    with pytest.raises(InputError, match="several rows for one group"):
        correct_rates(_rates(0.6), pd.concat([_audit(), _audit()]))
    with pytest.raises(InputError, match="min_youden"):
        correct_rates(_rates(0.6), _audit(), min_youden="much")
