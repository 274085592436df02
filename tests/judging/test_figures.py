"""Figures of agreement, beside other libraries and published examples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta
from sklearn.metrics import cohen_kappa_score, recall_score
from statsmodels.stats.inter_rater import cohens_kappa

from chatdash_analysis.judging.figures import FIGURES, estimates
from chatdash_analysis.judging.shares import Share


def _of(table, level=0.95):
    """Return figures of counts: true and false positives, false and true negatives."""
    tp, fp, fn, tn = table
    shares = (
        Share((tp + fp) / sum(table), sum(table)),
        Share(tp / (tp + fp), tp + fp),
        Share(tn / (tn + fn), tn + fn),
    )
    return estimates(shares, np.eye(3), level=level)


@pytest.mark.parametrize("table", [(60, 7, 9, 24), (915, 45, 35, 5), (3, 40, 2, 55)])
def test_figures_are_those_of_scikit_learn_and_statsmodels(table):
    tp, fp, fn, tn = table
    judge = np.repeat([1, 1, 0, 0], table)
    people = np.repeat([1, 0, 1, 0], table)
    found = _of(table)
    assert found["sensitivity"][0] == pytest.approx(recall_score(people, judge))
    assert found["specificity"][0] == pytest.approx(recall_score(people, judge, pos_label=0))
    assert found["agreement"][0] == pytest.approx((tp + tn) / sum(table))
    assert found["cohen_kappa"][0] == pytest.approx(cohen_kappa_score(judge, people))
    assert found["cohen_kappa"][0] == pytest.approx(cohens_kappa([[tp, fp], [fn, tn]]).kappa)
    assert found["corrected_rate"][0] == pytest.approx(people.mean())


# From irrCAC 0.4.4: CAC(pd.DataFrame({"judge": ..., "people": ...})).gwet().
@pytest.mark.parametrize(
    ("table", "ac1"),
    [((60, 7, 9, 24), 0.71671), ((915, 45, 35, 5), 0.91248), ((118, 5, 2, 0), 0.94078)],
)
def test_ac1_is_that_of_another_library(table, ac1):
    assert _of(table)["gwet_ac1"][0] == pytest.approx(ac1, abs=1e-5)


def test_kappa_misleads_where_nearly_all_succeed():
    found = _of((915, 45, 35, 5))
    rounded = {name: round(found[name][0], 2) for name in ("agreement", "cohen_kappa", "gwet_ac1")}
    assert rounded == {"agreement": 0.92, "cohen_kappa": 0.07, "gwet_ac1": 0.91}


def test_a_share_that_is_known_exactly_leaves_the_beta_interval_of_the_other():
    shares = (Share(1 - 1e-12, 1e15), Share(0.9, 50.0), Share(0.5, 10.0))
    _, low, high = estimates(shares, np.eye(3), level=0.9)["corrected_rate"]
    assert (low, high) == pytest.approx(beta.ppf([0.05, 0.95], 45.5, 5.5), abs=2e-4)


def test_intervals_hold_their_estimates_and_stay_in_bounds():
    for table in [(50, 0, 0, 50), (50, 0, 50, 1), (10, 90, 1, 0), (1, 99, 99, 1)]:
        for name, (value, low, high) in _of(table).items():
            assert low <= value <= high, name
            assert -1 <= low <= high <= 1


def test_what_nobody_called_so_has_no_figure():
    found = _of((60, 0, 40, 0))
    assert np.isnan(found["specificity"]).all()
    assert found["sensitivity"][0] == 0.6
    assert set(found) == set(FIGURES)


def test_shared_people_widen_the_interval_of_the_corrected_rate():
    shares = (Share(0.6, 500.0), Share(0.9, 40.0), Share(0.8, 40.0))
    lengths = []
    for rho in (-0.8, 0.0):
        together = np.eye(3)
        together[1, 2] = together[2, 1] = rho
        _, low, high = estimates(shares, together, level=0.95)["corrected_rate"]
        lengths.append(high - low)
    assert lengths[0] > lengths[1] * 1.1
