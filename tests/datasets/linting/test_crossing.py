"""Texts on both sides of a split."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.datasets.linting.crossing import Pair, crossing_findings
from tests.datasets.made import made, sentence

QUESTION = "can I bring my dog to the appointment"


def texts_finding(table, half=50):
    sides = table.take(np.arange(half)), table.take(np.arange(half, len(table)))
    found = crossing_findings(Pair("split", "train", "test", *sides, {}), similarity=0.7)
    [finding] = [one for one in found if one.check == "near_duplicates"]
    return finding


def test_a_question_across_the_sides_is_a_leak_whatever_the_summaries_are():
    rng = np.random.default_rng(0)
    texts = [sentence(rng, 12) for _ in range(100)]
    for row in (3, 60, 70):
        texts[row] = f"{QUESTION}\n{texts[row]}"
    finding = texts_finding(made([0, 1] * 50, texts=texts, at="analysis"))
    assert (finding.status, finding.value, finding.n) == ("leak", 2.0, 100)
    assert "2 rows of test have one in train" in finding.advice


@pytest.mark.parametrize(
    ("at", "text", "advice"),
    [
        ("start", None, "compared only at 'analysis', where they are features, and it was made"),
        ("analysis", None, "The table holds no texts."),
        ("analysis", "hello", "No text is long enough"),
    ],
)
def test_where_no_text_is_compared_the_reason_is_told(at, text, advice):
    finding = texts_finding(made([0, 1] * 50, texts=[text] * 100, at=at))
    assert finding.status == "unchecked"
    assert advice in finding.advice
