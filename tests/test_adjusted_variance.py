"""The variance of adjusted differences: exact small cases, coverage and false alarms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from chatdash_analysis.adjusted_variance import difference_variance
from chatdash_analysis.mantel_haenszel import mantel_haenszel


def _precision(rows: pd.DataFrame) -> tuple[float, float, float]:
    """Return estimate, variance and degrees of freedom of group 0, from conversations."""
    rows = rows.assign(n=1.0, successes=rows["y"].astype(float))
    keys = ["user", "stratum", "group"]
    summed = rows.groupby(keys, as_index=False)[["n", "successes"]].sum()
    cells = rows.groupby(["group", "stratum"], as_index=False)[["n", "successes"]].sum()
    totals = rows.groupby("stratum")[["n", "successes"]].sum().add_prefix("all_")
    cells = cells.join(totals, on="stratum").assign(share=lambda c: c["n"] / c["all_n"])
    first = cells[cells["group"] == 0]
    weight = (first["n"] * (1 - first["share"])).sum()
    difference = (first["successes"] - first["share"] * first["all_successes"]).sum() / weight
    variance, freedom = difference_variance(
        summed, cells, np.array([difference, -difference]), np.array([weight, weight])
    )
    return difference, variance[0], freedom[0]


def _regression(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    design = pd.get_dummies(rows["stratum"]).astype(float)
    design.insert(0, "x", (rows["group"] == 0).astype(float))
    return rows["y"].to_numpy(float), design.to_numpy()


def _bell_mccaffrey(rows: pd.DataFrame) -> float:
    """Return the variance by the definition, with whole matrices."""
    y, x = _regression(rows)
    bread = np.linalg.inv(x.T @ x)
    residuals, meat = y - x @ bread @ x.T @ y, 0.0
    for user in rows["user"].unique():
        own = (rows["user"] == user).to_numpy()
        hat = np.eye(own.sum()) - x[own] @ bread @ x[own].T
        values, vectors = np.linalg.eigh(hat)
        root = vectors @ np.diag(np.maximum(values, 1e-12) ** -0.5) @ vectors.T
        meat = meat + np.outer(*(2 * [x[own].T @ root @ residuals[own]]))
    return float((bread @ meat @ bread)[0, 0])


def test_single_conversations_have_the_hc2_variance_of_statsmodels():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {"stratum": rng.integers(0, 9, 60), "group": rng.integers(0, 2, 60), "user": np.arange(60)}
    ).assign(y=rng.random(60) < 0.4)
    y, x = _regression(rows)
    expected = sm.OLS(y, x).fit().get_robustcov_results("HC2")
    difference, variance, _ = _precision(rows)
    assert difference == pytest.approx(expected.params[0])
    assert variance == pytest.approx(expected.bse[0] ** 2)


def test_people_in_one_group_of_one_stratum_have_the_variance_of_bell_and_mccaffrey():
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"user": np.repeat(np.arange(24), rng.integers(1, 9, 24))})
    rows = rows.assign(stratum=0, group=rows["user"] % 2, y=rng.random(len(rows)) < 0.5)
    assert _precision(rows)[1] == pytest.approx(_bell_mccaffrey(rows))


def test_people_anywhere_have_nearly_the_variance_of_bell_and_mccaffrey():
    rng = np.random.default_rng(2)
    ratios = []
    for _ in range(10):
        rows = pd.DataFrame({"user": rng.geometric(0.1, 200)})
        rows = rows.assign(
            stratum=rng.integers(0, 4, 200), group=rng.integers(0, 2, 200), y=rng.random(200) < 0.5
        )
        ratios.append(_precision(rows)[1] / _bell_mccaffrey(rows))
    assert np.mean(ratios) == pytest.approx(1, abs=0.03)
    assert 0.9 < min(ratios) <= max(ratios) < 1.15


def test_the_fewer_people_hold_most_of_it_the_fewer_degrees_of_freedom():
    rng = np.random.default_rng(3)

    def freedom(users) -> float:
        rows = pd.DataFrame({"user": users, "stratum": 0, "group": np.arange(400) % 2})
        return _precision(rows.assign(y=rng.random(400) < 0.3 + 0.4 * (rows["user"] % 3 == 0)))[2]

    assert freedom(np.arange(400)) == pytest.approx(399)
    assert 15 < freedom(np.arange(400) % 40) < 40
    half = np.where(np.arange(400) < 200, np.arange(400) % 6, np.arange(400))
    assert freedom(half) < 60


def _simulated(rng, *, strata, per, people, skew, loyal, effect, repeats=400) -> pd.DataFrame:
    """Return one comparison a row, of `repeats` samples that share nothing.

    Strata differ in success and in who is there; people differ in success by 0.25 up or
    down, and mostly keep their group.
    """
    size = repeats * strata * per
    sample = np.repeat(np.arange(repeats), strata * per)
    stratum = np.tile(np.repeat(np.arange(strata), per), repeats)
    odds = 1 / np.arange(1, people + 1) ** skew
    user = rng.choice(people, size=size, p=odds / odds.sum())
    base = rng.uniform(0.3, 0.6, (repeats, strata))[sample, stratum]
    taste = rng.random((repeats, people))[sample, user]
    draw = np.where(rng.random(size) < loyal, taste, rng.random(size))
    treated = draw < np.where(base > 0.45, 0.35, 0.6)
    luck = rng.choice([-0.25, 0.25], (repeats, people))[sample, user]
    good = rng.random(size) < base + effect * treated + luck
    found = mantel_haenszel(
        sample * strata + stratum, 2 * sample + ~treated, users=sample * people + user,
        n=np.ones(size, dtype=np.int64), successes=good.astype(np.int64), size=2 * repeats,
    )  # fmt: skip
    return found.iloc[::2].dropna(subset="adjusted_p_value")


@pytest.mark.parametrize(
    "setting",
    [
        {"strata": 6, "per": 50, "people": 10_000, "skew": 0.0},  # a conversation a person
        {"strata": 6, "per": 50, "people": 60, "skew": 0.0},
        {"strata": 60, "per": 4, "people": 80, "skew": 0.0},  # many small strata
        {"strata": 6, "per": 50, "people": 60, "skew": 1.0},  # a few people write all the time
    ],
    ids=["singles", "returning", "sparse", "skewed"],
)
def test_intervals_cover_the_truth_and_tests_do_not_cry(setting):
    rng = np.random.default_rng(4)
    runs = [
        _simulated(rng, **setting, loyal=taste, effect=effect)
        for taste in (0.3, 0.8)
        for effect in (0.1, 0.0)
    ]
    covered, alarms = [], []
    for run, effect in zip(runs, (0.1, 0.0, 0.1, 0.0), strict=True):
        low, high = run["adjusted_difference_low"], run["adjusted_difference_high"]
        covered += ((low <= effect) & (effect <= high)).tolist()
        alarms += (run["adjusted_p_value"] < 0.05).tolist() if effect == 0 else []
    assert len(covered) > 1500
    assert 0.93 <= np.mean(covered) <= 0.97
    assert np.mean(alarms) <= 0.07
