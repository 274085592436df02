"""Tests of chatdash_analysis.text.languages, with and without the detector."""

from __future__ import annotations

import importlib.util
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_series_equal

from chatdash_analysis.sandbox.sample import Sample
from chatdash_analysis.text import languages
from chatdash_analysis.text.languages import language_codes, languages_of

with_detector = pytest.mark.skipif(
    importlib.util.find_spec("py3langid") is None, reason="needs the extra text"
)


WORDS = {"the": "en", "das": "de", "el": "es", "le": "fr"}


class Words:
    """Tells languages by one word each; every other word speaks a little for "xx"."""

    def rank(self, text: str) -> list[tuple[str, float]]:
        found = Counter(WORDS.get(word, "xx") for word in text.split())
        scores = {name: 20.0 * found[name] for name in WORDS.values()}
        return list((scores | {"xx": 4.0 * found["xx"]}).items())


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "_detector", Words)


def _told(*texts: str) -> list[str]:
    return languages_of(pd.Series(texts, dtype="str")).fillna("-").tolist()


def test_without_a_detector_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "_detector", lambda: None)
    told = languages_of(pd.Series(["the a", "das b"], index=[3, 3]))
    assert told.isna().all()
    assert told.dtype == "str"
    assert told.index.tolist() == [3, 3]


@pytest.mark.usefixtures("words")
def test_each_text_is_told_among_the_languages_of_all() -> None:
    texts = [f"the {letter}{letter}" for letter in "abcdefgh"] + ["das xy", "das yz", "das zz"]
    assert _told(*texts) == ["en"] * 8 + ["de"] * 3


@pytest.mark.usefixtures("words")
def test_a_language_of_one_text_alone_is_taken_for_a_mistake() -> None:
    texts = [f"the {letter}{letter}" for letter in "abcdefgh"]
    assert _told(*texts, "le qq") == ["en"] * 8 + ["-"]


@pytest.mark.usefixtures("words")
def test_a_text_that_speaks_for_two_languages_stays_unknown() -> None:
    texts = [f"{word} {letter}{letter}" for word in ("the", "das") for letter in "abcdefgh"]
    assert _told(*texts, "the das")[-1] == "-"


@pytest.mark.usefixtures("words")
def test_the_order_of_texts_and_how_often_they_stand_there_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    texts = pd.Series([" ".join(rng.choice(["the", "das", "el", "a", "b"], 3)) for _ in range(200)])
    expected = languages_of(texts)
    assert len(set(expected.dropna())) > 1
    shuffled = texts.sample(frac=1, random_state=1)
    assert_series_equal(languages_of(shuffled).sort_index(), expected)
    repeated = pd.concat([texts, texts[texts.eq(texts[0])].repeat(50)], ignore_index=True)
    assert_series_equal(languages_of(repeated)[: len(texts)], expected)


@pytest.mark.usefixtures("words")
def test_large_pools_are_decided_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    letters = [f"{i:06b}".replace("1", "a").replace("0", "b") for i in range(64)]
    texts = [f"{word} {letter}" for word in ("the", "das") for letter in letters]
    expected = _told(*texts)
    monkeypatch.setattr(languages, "_FOUND_FROM", 30)
    monkeypatch.setattr(languages, "_PIECE", 7)
    assert _told(*texts) == expected == ["en"] * 64 + ["de"] * 64


@pytest.mark.usefixtures("words")
def test_texts_without_words_have_no_language() -> None:
    marks = ["", "🙏", "12345", "a@b.de", "https://the.das", "[name]", "x"]
    assert _told("the aa", "the bb", *marks)[2:] == ["-"] * len(marks)


def test_codes_lose_their_region() -> None:
    codes = language_codes(pd.Series(["de-AT", "EN_us", " fr ", "english", "", None, "e"]))
    assert codes.fillna("-").tolist() == ["de", "en", "fr", "-", "-", "-", "-"]
    assert language_codes(pd.Series([None, 5])).isna().all()
    assert language_codes(pd.Series([], dtype="str")).dtype == "str"


@with_detector
def test_planted_languages_are_told_seldom_wrong_and_mostly_known() -> None:
    asked = [
        (question, planted.person.split("-")[1])
        for planted in Sample(1_500, seed=1).truth().planted()
        for question, topic in zip(planted.questions, planted.topics, strict=True)
        if topic
    ]
    truth = pd.Series([language for _, language in asked])
    told = languages_of(pd.Series([question for question, _ in asked]))
    assert told.notna().mean() > 0.95
    assert (told.dropna() != truth[told.notna()]).mean() < 0.01


@with_detector
@pytest.mark.parametrize("text", ["😕" * 100, "x" * 100_000, "中文问题在哪里", "a\x00b", "=cmd()"])
def test_odd_texts_have_a_language_or_none(text: str) -> None:
    told = languages_of(pd.Series([text, "where is my parcel", "can i pay by card"]))
    assert told.isna()[0] or len(told[0]) == 2
