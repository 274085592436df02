"""Each group beside the rest: correlation, false alarms, who is tested."""

from __future__ import annotations

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import test_proportions_2indep as proportions_test

from chatdash_analysis.contrasts import compare_with_rest
from chatdash_analysis.counts import group_sums
from chatdash_analysis.rates import PRODUCTS

VALUES = {"n": ~nw.col("y").is_null(), "successes": nw.col("y")}


def _compared(rows: pd.DataFrame, **options) -> pd.DataFrame:
    table = group_sums(rows, ["g"], VALUES, users="u", counting="n", products=PRODUCTS, rest=True)
    return compare_with_rest(table, **options)


def _drawn(rng, *, groups, per_group, icc, own_people, rate=0.6) -> pd.DataFrame:
    size = groups * per_group
    chance = (
        np.full(size, rate)
        if icc == 0
        else rng.beta(rate * (1 / icc - 1), (1 - rate) * (1 / icc - 1), size)
    )
    person = np.repeat(np.arange(size), rng.geometric(0.25, size))
    group = person % groups if own_people else rng.integers(0, groups, len(person))
    return pd.DataFrame({"g": group, "u": person, "y": rng.random(len(person)) < chance[person]})


def test_with_one_conversation_a_person_the_test_is_the_usual_score_test():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {"g": ["a"] * 4000 + ["b"] * 6000, "u": range(10_000), "y": rng.random(10_000) < 0.4}
    )
    compared = _compared(rows)
    a, b = rows.groupby("g")["y"].sum()
    expected = proportions_test(a, 4000, b, 6000, method="score", compare="diff", correction=False)
    assert compared["p_value"][0] == pytest.approx(expected.pvalue, rel=1e-2)
    assert compared["difference"][0] == pytest.approx(a / 4000 - b / 6000)
    assert compared["difference"][0] == pytest.approx(-compared["difference"][1])
    assert compared["rest_rate"].tolist() == pytest.approx([b / 6000, a / 4000])


@pytest.mark.parametrize("icc", [0, 0.3])
@pytest.mark.parametrize("own_people", [True, False])
def test_null_data_give_a_false_alarm_in_at_most_5_percent_of_tables(icc, own_people):
    rng = np.random.default_rng(5)
    tables = 200
    alarms = sum(
        (_compared(_drawn(rng, groups=10, per_group=25, icc=icc, own_people=own_people))["q_value"]
         <= 0.05).any()
        for _ in range(tables)
    )  # fmt: skip
    # 5 % of 200 are 10; more than 17 would happen in 1 of 100 runs by chance.
    assert alarms <= 17


@pytest.mark.parametrize("own_people", [True, False])
def test_the_interval_of_a_difference_covers_the_truth(own_people):
    rng = np.random.default_rng(6)
    covered = [
        _compared(_drawn(rng, groups=2, per_group=80, icc=0.3, own_people=own_people))
        .eval("difference_low <= 0 and difference_high >= 0")
        .iloc[0]
        for _ in range(250)
    ]
    # Three standard errors about 95 %.
    assert 0.91 <= np.mean(covered) <= 0.99


def test_people_on_both_sides_make_the_difference_more_certain():
    rng = np.random.default_rng(7)
    both = _drawn(rng, groups=2, per_group=200, icc=0.5, own_people=False)
    apart = both.assign(u=both["u"].astype(str) + "/" + both["g"].astype(str))
    width = [
        t["difference_high"].iloc[0] - t["difference_low"].iloc[0]
        for t in (_compared(both), _compared(apart))
    ]
    assert width[0] < width[1]


def test_small_groups_are_neither_tested_nor_counted_among_the_comparisons():
    rows = pd.DataFrame(
        {
            "g": ["a"] * 50 + ["b"] * 50 + ["tiny"] * 3,
            "u": range(103),
            "y": [True] * 40 + [False] * 10 + [True] * 20 + [False] * 30 + [True] * 3,
        }
    )
    compared = _compared(rows, min_n=10)
    assert compared.loc[2].drop("rest_rate").isna().all()
    assert compared["q_value"][0] == pytest.approx(compared["p_value"].max())


@pytest.mark.parametrize("outcomes", [[True], [False], [True, False]])
def test_one_group_has_no_rest(outcomes):
    rows = pd.DataFrame({"g": "a", "u": range(20), "y": outcomes * (20 // len(outcomes))})
    assert _compared(rows).isna().all(axis=None)


def test_equal_outcomes_everywhere_differ_by_nothing():
    rows = pd.DataFrame({"g": ["a", "b"] * 20, "u": range(40), "y": True})
    compared = _compared(rows)
    assert compared["p_value"].tolist() == [1.0, 1.0]
    assert compared["difference"].tolist() == [0.0, 0.0]
