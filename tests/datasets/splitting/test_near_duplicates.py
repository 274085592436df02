"""Near-duplicates: against a comparison of all pairs written in other words, and real slips."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chatdash_analysis as cda
from chatdash_analysis.datasets.splitting import shingles
from chatdash_analysis.datasets.splitting.near_duplicates import comparable_forms, find_alike
from tests.datasets.made import sentence


def plain(text: str | None) -> str:
    """Return lower-case words of Latin texts with 0 for numbers: enough for these tests."""
    text = unicodedata.normalize("NFKC", text or "").casefold()
    return re.sub(r"\d+", "0", " ".join(re.findall(r"\w+", text)))


@cache
def runs(text: str) -> frozenset[str]:
    return frozenset(f" {text} "[place : place + 3] for place in range(len(text)))


def overlap(one: str, other: str) -> float:
    """Return the Jaccard similarity of runs of three characters."""
    return len(runs(one) & runs(other)) / len(runs(one) | runs(other))


def alike_by_hand(texts, similarity=0.7) -> np.ndarray:
    """Return which pairs are near-duplicates, all of them looked at."""
    forms = [plain(text) for text in texts]
    found = [
        [min(len(a), len(b)) >= 20 and overlap(a, b) >= similarity - 1e-9 for b in forms]
        for a in forms
    ]
    return np.array(found, dtype=bool).reshape(len(forms), len(forms))


def alike(texts, similarity=0.7) -> np.ndarray:
    found = find_alike(pd.Series(texts, dtype="str"), similarity)
    rows = np.eye(len(texts), dtype=bool)
    return np.array([found.of(row) for row in rows]).reshape(len(texts), len(texts))


def slip(text: str, rng: np.random.Generator) -> str:
    place = int(rng.integers(len(text)))
    return text[:place] + str(rng.choice(list("abcdefgh"))) + text[place + 1 :]


def family(rng: np.random.Generator, number: int) -> list[str]:
    """Return texts of which many are near others, at all distances."""
    base = [sentence(rng, int(rng.integers(3, 12))) for _ in range(max(number // 4, 1))]
    texts = []
    for _ in range(number):
        text = str(rng.choice(base))
        for _ in range(rng.integers(0, 6)):
            text = slip(text, rng)
        texts.append(text)
    return texts


@pytest.mark.parametrize("similarity", [0.5, 0.6, 0.7, 0.85, 1])
def test_pairs_are_those_that_a_look_at_all_pairs_finds(similarity):
    texts = family(np.random.default_rng(1), 150)
    expected = alike_by_hand(texts, similarity)
    assert expected.sum() > len(texts)
    np.testing.assert_array_equal(alike(texts, similarity), expected)


@pytest.mark.parametrize("meeting", [0.0, 1e9])
def test_either_way_of_looking_finds_the_same_pairs(monkeypatch, meeting):
    # Looking up rare members at no cost, or at any cost.
    monkeypatch.setattr(shingles, "_MEETING", meeting)
    monkeypatch.setattr(shingles, "_HELD", 3_000)
    texts = family(np.random.default_rng(2), 200)
    np.testing.assert_array_equal(alike(texts), alike_by_hand(texts))


def test_long_texts_of_one_template_are_told_apart():
    rng = np.random.default_rng(3)
    start = "The customer got in touch with the assistant and asked about the following matter: "
    texts = [start + text for text in family(rng, 80)]
    np.testing.assert_array_equal(alike(texts), alike_by_hand(texts))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text("abc1 äß", max_size=60), max_size=12), st.sampled_from([0.5, 0.7, 0.9]))
def test_any_texts_give_the_same_answer_as_by_hand(texts, similarity):
    np.testing.assert_array_equal(alike(texts, similarity), alike_by_hand(texts, similarity))


def test_forms_ignore_case_punctuation_and_numbers():
    forms = comparable_forms(
        pd.Series(["Where is order 1042, please?!", "where is ORDER 77 please"], dtype="str")
    )
    assert forms.tolist() == ["where is order 0 please"] * 2


def test_short_empty_and_missing_texts_are_compared_with_nothing():
    texts = pd.Series(["hello", "hello", "", "", None, None, "where is my order", "\U0001f64f"])
    assert not find_alike(texts.astype("str")).compared.any()
    assert len(find_alike(texts.astype("str")).families()) == 0


def test_a_chinese_text_of_seven_characters_is_long_enough():
    texts = pd.Series(["我的包裹在哪里", "我的包裹在哪里?", "包裹在哪里"], dtype="str")
    assert find_alike(texts).families().tolist() == [[0, 0], [1, 0]]


def test_one_slip_of_typing_is_a_near_duplicate_and_another_question_is_not():
    texts = [
        "I would like to cancel my appointment on Monday",
        "I would like to cancel my apointment on Monday",
        "I would like to move my delivery to Friday",
    ]
    np.testing.assert_array_equal(
        alike(texts), [[True, True, False], [True, True, False], [False, False, True]]
    )


def test_families_hold_the_near_duplicates_of_near_duplicates():
    texts = ["one two three four five six seven eight nine ten"]
    for word in ("eleven", "twelve", "thirteen", "fourteen"):
        texts.append(f"{texts[-1]} {word}"[4:])
    near = alike(texts)
    assert not near[0, -1]
    found = find_alike(pd.Series(texts, dtype="str")).families()
    assert found.tolist() == [[row, 0] for row in range(5)]


def test_pairs_count_every_row_of_both_sides():
    text = "I would like to cancel my appointment"
    found = find_alike(pd.Series([text, text.upper(), text, "something else entirely, thanks"]))
    one = np.array([True, True, False, False])
    assert found.pairs(one, ~one) == 2


def test_none_looks_at_no_text_and_one_at_equal_forms_only():
    texts = pd.Series(["cancel my appointment please"] * 2 + ["cancel my apointment please"])
    assert not find_alike(texts, None).compared.any()
    assert not find_alike(texts, None).of(np.ones(3, dtype=bool)).any()
    first, second, third = find_alike(texts, 1).families()[:, 1]
    assert first == second != third


@pytest.mark.parametrize("similarity", [0, 0.3, 1.1, True, "0.7", float("nan")])
def test_a_similarity_that_makes_no_sense_is_refused(similarity):
    with pytest.raises(cda.InputError, match=r"similarity=.* is no share from 0\.5 to 1"):
        find_alike(pd.Series(["a"], dtype="str"), similarity)


def test_texts_that_are_all_alike_are_refused_with_what_to_do(monkeypatch):
    monkeypatch.setattr(shingles, "_MOST_PAIRS", 1_000)
    rng = np.random.default_rng(4)
    start = "Hello, I am interested in your offer and would like to hear more about "
    texts = pd.Series(
        [start + sentence(rng, 1) + f" {rng.choice(list('abcdefg'))}" for _ in range(400)]
    )
    with pytest.raises(cda.InputError, match=r"too alike.*similarity=1"):
        find_alike(texts.astype("str"))
    assert find_alike(texts.astype("str"), 1).links.shape[0] > 100


def test_no_text_at_all_is_no_error():
    found = find_alike(pd.Series([], dtype="str"))
    assert found.families().tolist() == []
    assert found.of(np.zeros(0, dtype=bool)).tolist() == []


def lines_alike_by_hand(texts, similarity=0.7) -> np.ndarray:
    """Return which rows are alike: those of which any line of one is like any of the other."""
    lines = [(row, line) for row, text in enumerate(texts) for line in (text or "").split("\n")]
    near = alike_by_hand([line for _, line in lines], similarity)
    rows = np.eye(len(texts), dtype=bool)[:, [row for row, _ in lines]]
    return (rows.astype(int) @ near @ rows.T) > 0


def test_rows_are_alike_if_any_of_their_lines_are():
    rng = np.random.default_rng(5)
    pool = [*family(rng, 60), "short", ""]
    texts = ["\n".join(rng.choice(pool, rng.integers(0, 4))) for _ in range(60)] + [None]
    expected = lines_alike_by_hand(texts)
    single = alike([text and text.replace("\n", " | ") for text in texts])
    assert expected.sum() > single.sum() > 10
    np.testing.assert_array_equal(alike(texts), expected)


def test_a_question_of_two_rows_is_found_beside_summaries_of_their_own():
    question = "can I bring my dog to the appointment"
    texts = pd.Series(
        [
            f"{question}\nThe customer asked for a parcel that went to Norway in March.",
            "where is it",
            f"A long talk about insurance and about what it does not cover.\n{question}?",
            "A long talk about insurance and about what it does not cover.\nwhere is it",
        ]
    )
    found = find_alike(texts)
    one = np.array([True, False, False, False])
    assert found.of(one).tolist() == [True, False, True, False]
    assert found.pairs(one, ~one) == 1
    assert found.compared.tolist() == [True, False, True, True]
    assert [len(set(found.families()[:, 0])), len(set(found.families()[:, 1]))] == [3, 3]


def test_any_index_of_the_rows_and_a_line_said_twice_change_nothing():
    text = "can I bring my dog to the appointment"
    texts = pd.Series([f"{text}\n{text.upper()}", text, "something else"], index=[7, 7, 7])
    found = find_alike(texts)
    assert found.families().tolist() == [[0, 0], [1, 0]]
    assert found.pairs(np.array([True, False, False]), np.array([False, True, True])) == 1


def test_a_hundred_thousand_rows_of_few_wordings_take_little_time():
    rng = np.random.default_rng(6)
    questions = [sentence(rng, 7) for _ in range(300)]
    templates = [sentence(rng, 9) for _ in range(5)]
    size = 100_000
    texts = pd.Series(
        [
            f"{questions[one]}\n{templates[other]}"
            for one, other in zip(rng.integers(0, 300, size), rng.integers(0, 5, size), strict=True)
        ]
    )
    found = find_alike(texts)
    one = np.arange(size) < size // 2
    assert found.of(one).all()
    # Each row meets a fifth of the others by its template.
    assert found.pairs(one, ~one) > (size // 2) ** 2 // 5


def test_long_texts_that_differ_after_a_common_beginning_are_not_alike():
    rng = np.random.default_rng(0)
    start, one, other = ("".join(rng.choice(list(letters), 700)) for letters in ("abcdefgh",
                         "ijklmnop", "qrstuvwx"))  # fmt: skip
    texts = pd.Series([start + one, start + other, start + one + "y"], dtype="str")
    alike = find_alike(texts)
    assert alike.of(np.array([True, False, False])).tolist() == [True, False, True]
