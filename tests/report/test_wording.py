"""What sections say of a rate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from chatdash_analysis.report.periods import read_period
from chatdash_analysis.report.wording import (
    HEADINGS,
    code_words,
    level_words,
    method_words,
    money_range,
    no_conversations,
    points_range,
    success_words,
    uneven_words,
)
from chatdash_analysis.showing.kinds import _MEANINGS

if TYPE_CHECKING:
    from collections.abc import Callable

NAN = math.nan


def _rate(n: int, unknown: int, *rate: float) -> dict[str, Any]:
    return {"n": n, "unknown": unknown, **dict(zip(("rate", "low", "high"), rate, strict=True))}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            _rate(240, 20, 0.612, 0.55, 0.671),
            "of those judged, 61.2 % (55.0 to 67.1, n = 240) succeeded; 20 are not judged",
        ),
        (
            _rate(240, 1, 0.612, 0.55, 0.671),
            "of those judged, 61.2 % (55.0 to 67.1, n = 240) succeeded; 1 is not judged",
        ),
        (
            _rate(240, 0, 0.612, NAN, NAN),
            "of those judged, 61.2 % (n = 240) succeeded",
        ),
        (_rate(4, 0, NAN, NAN, NAN), "only 4 have been judged, too few for a rate"),
        (_rate(1, 0, NAN, NAN, NAN), "only 1 has been judged, too few for a rate"),
        (_rate(0, 46, NAN, NAN, NAN), "none of 46 has been judged"),
        (_rate(0, 0, NAN, NAN, NAN), "nothing to judge"),
    ],
    ids=["rate", "one unknown", "no interval", "few", "one", "none judged", "nothing"],
)
def test_a_rate_is_told_with_what_it_rests_on(row: dict[str, Any], words: str) -> None:
    assert success_words(row) == words


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        ((-0.018, -0.072, 0.03), "-1.8 points (-7.2 to +3.0)"),
        ((0.0, NAN, NAN), "+0.0 points"),
    ],
    ids=["interval", "none"],
)
def test_points_stand_once(ends: tuple[float, ...], text: str) -> None:
    row = dict(zip(("mix", "mix_low", "mix_high"), ends, strict=True))
    assert points_range(row, "mix") == text


@pytest.mark.parametrize(
    ("high", "text"),
    [(1.3, "1.03 dollars (0.82 to 1.30)"), (math.inf, "1.03 dollars (0.82 or more)")],
    ids=["limits", "no upper limit"],
)
def test_money_has_its_unit_once(high: float, text: str) -> None:
    row = {"cost_unit": "dollars", "cost": 1.03, "cost_low": 0.82, "cost_high": high}
    assert money_range(row, "cost") == text


def test_an_empty_period_is_named() -> None:
    assert no_conversations("May 2026") == "The data hold no conversations from May 2026."


@pytest.mark.parametrize(
    ("write", "text", "words"),
    [
        (level_words, "[absent]", "no value"),
        (level_words, "[other]", "other values"),
        (level_words, "[hidden 12]", "rare value 12"),
        (level_words, "true", "true"),
        (code_words, "user_hangup", "user hangup"),
        (code_words, "Ended by _them_: call_ended_2", "Ended by _them_: call ended 2"),
        (method_words, "drivers: differences inside.", "Differences inside. (Function: drivers.)"),
        (method_words, "Questions: so many.", "Questions: so many."),
    ],
    ids=lambda one: one if isinstance(one, str) else one.__name__,
)
def test_codes_are_words(write: Callable[[str], str], text: str, words: str) -> None:
    assert write(text) == words


def test_headings_are_of_columns_that_there_are_and_stay_apart() -> None:
    headings = {meaning.heading for meaning in _MEANINGS.values()}
    assert set(HEADINGS) <= headings
    kept = headings - set(HEADINGS)
    assert len(kept | set(HEADINGS.values())) == len(kept) + len(HEADINGS)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("2026-04", "May 2026 has 31 days and April 2026 30: compare totals by the day"),
        ("2026-03", ""),
        (("2026-04-01", "2026-04-02"), "May 2026 has 31 days and 1 April 2026 1: compare"),
    ],
    ids=["month", "even", "day"],
)
def test_periods_of_different_length_are_said(asked: Any, words: str) -> None:
    now, before = (read_period(one, "period", "Europe/Berlin") for one in ("2026-05", asked))
    told = uneven_words(now, before)
    assert told.startswith(words)
    assert bool(told) == bool(words)
