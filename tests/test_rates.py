"""Intervals, differences and corrections: against other libraries, and by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from chatdash_analysis.arguments import check_level
from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.rates import (
    PRODUCTS,
    RATE_COLUMNS,
    add_flag,
    design_effect,
    false_discovery,
    newcombe,
    precision,
    rate_bounds,
    wilson,
    with_rate,
)


def people(size, per_person, icc, rng, *, rate=0.7, spread="poisson"):
    """Return conversations and successes of `size` = (tables, people) with a known correlation."""
    drawn = (
        rng.poisson(per_person - 1, size) + 1
        if spread == "poisson"
        else rng.geometric(1 / per_person, size)
    )
    if icc == 0:
        chance = np.full(size, rate)
    else:
        strength = 1 / icc - 1
        chance = rng.beta(rate * strength, (1 - rate) * strength, size)
    return drawn, rng.binomial(drawn, chance)


def counts(drawn, successes):
    """Return the counts of tables of people, one a row, with their products."""
    sums = {"n": drawn, "successes": successes}
    products = {"*".join(names): np.prod([sums[n] for n in names], axis=0) for names in PRODUCTS}
    table = {name: column.sum(axis=1) for name, column in {**sums, **products}.items()}
    return pd.DataFrame({**table, "unknown": 0, "excluded": 0, "users": (drawn > 0).sum(axis=1)})


@pytest.mark.parametrize(("successes", "n"), [(0, 5), (8, 8), (3, 10), (500, 1000), (1, 1)])
def test_wilson_equals_that_of_scipy(successes, n):
    low, high = wilson([successes], [n])
    expected = binomtest(successes, n).proportion_ci(method="wilson")
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high))


def test_the_interval_of_nothing_is_missing():
    low, high = wilson([0, 1], [0, 2])
    assert np.isnan([low[0], high[0]]).all()
    assert not np.isnan([low[1], high[1]]).any()


def test_few_degrees_of_freedom_widen_the_interval():
    narrow, wide, same = (wilson([30], [60], freedom=f)[0][0] for f in (np.inf, 4, 1e9))
    assert wide < narrow
    assert same == pytest.approx(narrow)


def test_the_design_effect_is_that_of_the_linearised_variance():
    rng = np.random.default_rng(0)
    drawn, successes = people((1, 40), 4, 0.4, rng)
    table = counts(drawn, successes)
    m, s = drawn[0], successes[0]
    rate = s.sum() / m.sum()
    variance = 40 / 39 * ((s - rate * m) ** 2).sum() / m.sum() ** 2
    expected = variance / (rate * (1 - rate) / m.sum())
    assert expected > 1
    assert precision(table)[0][0] == pytest.approx(expected)


def test_one_conversation_a_person_gives_the_plain_interval():
    ones = np.ones((1, 30), dtype=int)
    successes = (np.arange(30) < 12).astype(int)[np.newaxis]
    row = with_rate(counts(ones, successes)).iloc[0]
    expected = binomtest(12, 30).proportion_ci(method="wilson")
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("spread", ["poisson", "geometric"])
@pytest.mark.parametrize("icc", [0, 0.1, 0.3, 0.5])
def test_intervals_cover_the_truth_in_93_to_97_percent(icc, spread):
    rng = np.random.default_rng(20)
    tables = 6000
    drawn, successes = people((tables, 60), 4, icc, rng, spread=spread)
    rates = with_rate(counts(drawn, successes))
    covered = (rates["low"].le(0.7) & rates["high"].ge(0.7)).mean()
    assert 0.93 <= covered <= 0.97
    # Taking conversations as independent is the mistake that this avoids.
    low, high = wilson(rates["successes"], rates["n"])
    plain = ((low <= 0.7) & (high >= 0.7)).mean()
    assert plain < {0: 0.96, 0.1: 0.93, 0.3: 0.84, 0.5: 0.78}[icc]


def test_flags_say_what_is_shaky():
    table = pd.DataFrame(
        {
            "label": list("abcde"),
            "n": [0, 4, 40, 40, 40],
            "successes": [0, 2, 40, 20, 20],
            "unknown": 0,
            "excluded": 0,
            "users": [0, 4, 40, 4, 40],
        }
    )
    rates = with_rate(table, min_n=10)
    assert rates["flags"].tolist() == ["no_known", "small_n", "one_outcome", "few_users", ""]
    assert rates["rate"].isna().tolist() == [True, True, False, False, False]
    assert rates.columns.tolist() == ["label", *RATE_COLUMNS]
    assert with_rate(table.head(0)).dtypes.to_dict() == rates.dtypes.to_dict()


def test_several_flags_are_joined():
    flags = add_flag(pd.Series(["", "small_n"]), [True, True], "simpson")
    assert flags.tolist() == ["simpson", "small_n, simpson"]
    assert add_flag(pd.Series(["x"]), [False], "y").tolist() == ["x"]


@pytest.mark.parametrize(("a", "n", "b", "m"), [(40, 60, 20, 50), (0, 10, 5, 9), (9, 9, 1, 30)])
def test_independent_differences_equal_newcombes_of_statsmodels(a, n, b, m):
    one, other = wilson([a], [n]), wilson([b], [m])
    _, low, high = newcombe([a / n], *one, [b / m], *other)
    expected = confint_proportions_2indep(a, n, b, m, compare="diff", method="newcomb")
    assert (low[0], high[0]) == pytest.approx(expected)


def test_correlated_estimates_have_a_narrower_difference():
    sides = ([0.5], [0.4], [0.6], [0.45], [0.35], [0.55])
    _, low, high = newcombe(*sides)
    _, low5, high5 = newcombe(*sides, correlation=0.5)
    assert high5 - low5 < high - low
    # Fully correlated, and the distances are equal: nothing is left.
    assert newcombe(*sides, correlation=1)[1][0] == pytest.approx(0.05)


def test_q_values_equal_those_of_statsmodels_and_skip_missing_ones():
    p_values = np.array([0.01, np.nan, 0.5, 0.04, 0.03, np.nan])
    tested = ~np.isnan(p_values)
    expected = multipletests(p_values[tested], method="fdr_bh")[1]
    np.testing.assert_allclose(false_discovery(p_values)[tested], expected)
    assert np.isnan(false_discovery(p_values)[~tested]).all()
    assert np.isnan(false_discovery([np.nan])).all()
    assert len(false_discovery([])) == 0


def test_bounds_take_unknown_outcomes_as_all_failures_or_all_successes():
    table = pd.DataFrame({"n": [8, 0, 0], "successes": [6, 0, 0], "unknown": [2, 5, 0]})
    bounds = rate_bounds(table)
    assert bounds["worst"].tolist()[:2] == [0.6, 0.0]
    assert bounds["best"].tolist()[:2] == [0.8, 1.0]
    assert bounds[["worst", "best"]].iloc[2].isna().all()
    with pytest.raises(MissingColumnsError, match="rate_bounds needs"):
        rate_bounds(table[["n"]])


@pytest.mark.parametrize("level", [0, 1, 95, -0.5])
def test_a_level_outside_of_0_and_1_is_refused(level):
    with pytest.raises(InputError, match="no confidence level"):
        check_level(level)


def test_a_design_effect_is_never_below_one_and_one_where_it_cannot_be_known():
    # Everybody has one success and one failure: less variance than by chance.
    assert design_effect([20], [10], [10], [40], [20], [10]) == [1.0]
    assert design_effect([20], [20], [10], [40], [40], [40]) == [1.0]
    assert design_effect([20], [10], [4], [100], [50], [50]) == [1.0]
    assert design_effect([0], [0], [0], [0], [0], [0]) == [1.0]
