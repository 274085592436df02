"""Intervals of an audit hold the truth as often as they say: simulated audits."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.judging.allocation import allocate
from chatdash_analysis.judging.assessing import Answers, Asked, Limits, assess, confusion
from chatdash_analysis.judging.drawing import draw
from chatdash_analysis.judging.shares import Share, weighted_share
from tests.judging.made import drawn_people, population

LIMITS = Limits(level=0.95, min_labels=1, min_youden=0.0)


def _audit(rng, labels, **truth):
    """Draw conversations and a sample of them by agent and verdict, and judge the sample."""
    people, agents, verdicts, human = drawn_people(rng, **truth)
    strata = agents * 2 + ~verdicts
    sizes = np.bincount(strata, minlength=6)
    numbers = allocate(sizes.reshape(-1, 2), labels).ravel()
    rows = draw(strata, people, numbers, rng)
    answers = Answers(
        verdicts[rows], human[rows], (sizes / np.maximum(numbers, 1))[strata[rows]], people[rows]
    )
    ones = np.ones(len(people))
    positive = weighted_share(verdicts.astype(float), ones, people, level=LIMITS.level)
    return assess(Asked(verdicts, people), answers, positive, LIMITS)[0]


@pytest.mark.parametrize(
    ("labels", "truth"),
    [
        (60, {"people": 300, "rate": 0.6, "sensitivity": 0.9, "specificity": 0.85}),
        (120, {"people": 60, "rate": 0.7, "sensitivity": 0.85, "specificity": 0.8, "each": 10}),
        (400, {"people": 300, "rate": 0.8, "sensitivity": 0.95, "specificity": 0.7}),
    ],
)
def test_intervals_hold_the_truth_of_clustered_and_stratified_audits(labels, truth):
    rate, right, fair = truth["rate"], truth["sensitivity"], truth["specificity"]
    agreement = rate * right + (1 - rate) * fair
    expected = {
        "corrected_rate": rate, "sensitivity": right, "specificity": fair,
        "agreement": agreement, "attenuation": right + fair - 1,
    }  # fmt: skip
    rng = np.random.default_rng(labels)
    audits = [_audit(rng, labels, **truth) for _ in range(150)]
    for name, value in expected.items():
        held = np.mean([low <= value <= high for _, low, high in (a[name] for a in audits)])
        assert held >= 0.905, name
        # Bayes' rule with the weights of the strata: no bias, unlike shares of the sheet.
        bias = np.mean([a[name][0] for a in audits]) - value
        assert abs(bias) < 0.03, name


def test_shares_of_the_sheet_without_weights_would_be_wrong():
    rng = np.random.default_rng(1)
    table, human = population(
        rng, people=3_000, rate=0.9, sensitivity=0.95, specificity=0.7, agents=1
    )
    verdicts = table["evaluation_is_success"].to_numpy(bool)
    half = np.concatenate([rng.choice(np.flatnonzero(verdicts == v), 400) for v in (True, False)])
    naive = verdicts[half][human[half]].mean()
    answers = Answers(verdicts[half], human[half], np.ones(800), half)
    positive = Share(verdicts.mean(), len(verdicts))
    found, _ = assess(Asked(verdicts, np.arange(len(table))), answers, positive, LIMITS)
    assert naive < 0.75
    assert found["sensitivity"][0] == pytest.approx(0.95, abs=0.02)


def test_answers_are_counted_by_verdict():
    flags = np.array([True, True, False, False, False])
    human = np.array([True, False, True, False, False])
    assert confusion(Answers(flags, human, np.ones(5), np.arange(5))) == (1, 1, 1, 2)


@pytest.mark.parametrize(
    ("verdicts", "human", "reason"),
    [
        ([], [], "no_verdicts"),
        ([1, 1, 1], [1, 0, 1], "one_verdict"),
        ([1, 1, 0], [1, 1, 0], "few_labels"),
        ([1, 1, 0, 0], [1, 1, 1, 1], "one_answer"),
        ([1, 1, 0, 0], [1, 0, 1, 0], "weak_judge"),
    ],
)
def test_what_cannot_be_known_is_refused(verdicts, human, reason):
    verdicts, human = np.array(verdicts, bool), np.array(human, bool)
    people = np.arange(len(verdicts))
    answers = Answers(verdicts, human, np.ones(len(people)), people)
    positive = Share(float(verdicts.mean()) if len(verdicts) else np.nan, float(len(verdicts)))
    found, refused = assess(Asked(verdicts, people), answers, positive, Limits(0.95, 2, 0.3))
    assert refused == reason
    assert "corrected_rate" not in found
    assert ("agreement" in found) == (reason in ("one_answer", "weak_judge"))
