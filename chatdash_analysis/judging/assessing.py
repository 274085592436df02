"""One row of an audit: what people's answers say about the verdicts of some conversations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.judging.figures import estimates
from chatdash_analysis.judging.shares import correlations, weighted_share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.judging.shares import Share

    Codes = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]

__all__ = ["CONFUSION", "METHOD", "Answers", "Asked", "Limits", "assess", "confusion"]

METHOD = "post-stratified"
CONFUSION = ("true_positives", "false_positives", "false_negatives", "true_negatives")


@dataclass(frozen=True, slots=True)
class Limits:
    """How sure intervals shall be, and with how little nothing is given."""

    level: float
    min_labels: int
    min_youden: float


@dataclass(frozen=True, slots=True)
class Asked:
    """Conversations with a verdict, all of them: their verdicts and the people behind them."""

    verdicts: Flags
    people: Codes

    def take(self, rows: Codes | Flags) -> Asked:
        """Return some of the rows."""
        return Asked(self.verdicts[rows], self.people[rows])


@dataclass(frozen=True, slots=True)
class Answers:
    """Conversations that people judged: verdict, answer, weight, and person behind each."""

    verdicts: Flags
    human: Flags
    weights: Floats
    people: Codes


def confusion(answers: Answers) -> tuple[int, int, int, int]:
    """Return how many answers fall on each of `CONFUSION`."""
    said, meant = answers.verdicts, answers.human
    cells = (said & meant, said & ~meant, ~said & meant, ~said & ~meant)
    return tuple(int(cell.sum()) for cell in cells)  # type: ignore[return-value]


def assess(
    asked: Asked, answers: Answers, positive: Share, limits: Limits
) -> tuple[dict[str, tuple[float, float, float]], str]:
    """Return the figures that can be given, each with its limits, and why others cannot."""
    refused = _too_little(asked, answers, limits.min_labels)
    if refused:
        return {}, refused
    shares = (positive, _agreeing(answers, True, limits), _agreeing(answers, False, limits))
    found = estimates(shares, _correlation(asked, answers, shares), level=limits.level)
    refused = _unsure(found, limits.min_youden)
    if refused:
        del found["corrected_rate"]
    return found, refused


def _too_little(asked: Asked, answers: Answers, min_labels: int) -> str:
    positive = int(asked.verdicts.sum())
    if not len(asked.verdicts):
        return "no_verdicts"
    if positive in (0, len(asked.verdicts)):
        return "one_verdict"
    labelled = int(answers.verdicts.sum())
    few = min(labelled, len(answers.verdicts) - labelled) < max(min_labels, 1)
    return "few_labels" if few else ""


def _agreeing(answers: Answers, verdict: bool, limits: Limits) -> Share:
    held = answers.verdicts == verdict
    agree = (answers.human[held] == verdict).astype(np.float64)
    return weighted_share(agree, answers.weights[held], answers.people[held], level=limits.level)


def _unsure(found: dict[str, tuple[float, float, float]], min_youden: float) -> str:
    youden = found["attenuation"][0]
    if np.isnan(youden):
        return "one_answer"
    return "weak_judge" if youden < min_youden else ""


def _correlation(asked: Asked, answers: Answers, shares: tuple[Share, ...]) -> Floats:
    """Return how the three shares go together in people."""
    parts = [(asked.people, asked.verdicts.astype(np.float64) - shares[0].value)]
    for verdict, share in ((True, shares[1]), (False, shares[2])):
        held = answers.verdicts == verdict
        residuals = (answers.human[held] == verdict).astype(np.float64) - share.value
        parts.append((answers.people[held], answers.weights[held] * residuals))
    return correlations(parts, int(asked.people.max(initial=-1)) + 1)
