"""Key phrases: what a cluster's questions share and others lack, in any language."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.queries.naming.exemplars import centres_of
from chatdash_analysis.queries.naming.phrases import key_phrases, phrases_of


def phrases(texts, owners, *, kin=None):
    """Key phrases where the vectors say no more than the clusters do."""
    owners = np.array(owners, dtype=np.int64)
    number = int(owners.max(initial=-1)) + 1
    vectors = np.eye(number + 1, dtype=np.float32)[owners]
    centres = centres_of(vectors, np.ones(len(owners), dtype=np.int64), owners, number)
    kin = np.full(number, number if kin is None else kin, dtype=np.int64)
    return key_phrases(texts, vectors, owners, centres=centres, kin=kin)


THREE = [
    *("where is my refund", "when will the refund arrive", "the refund is not there"),
    *("how do i change my pin code", "is the pin code on the letter", "i forgot the pin code"),
    *("what are the opening hours", "do you have opening hours", "opening hours on my holiday"),
]


def test_the_phrase_is_what_the_cluster_shares_and_the_others_lack():
    assert phrases(THREE, [0, 0, 0, 1, 1, 1, 2, 2, 2]) == ["refund", "pin code", "opening hours"]


def test_words_of_all_clusters_stand_at_no_end():
    german = [
        *("wo ist die rechnung", "wann kommt die rechnung", "ich brauche die rechnung"),
        *("wo ist die filiale", "wann ist die filiale offen", "ich suche die filiale"),
        *("wo ist die lieferung", "wann kommt die lieferung", "ich warte auf die lieferung"),
    ]
    found = phrases(german, [0, 0, 0, 1, 1, 1, 2, 2, 2])
    assert found == ["rechnung", "filiale", "lieferung"]


def test_a_phrase_of_one_question_is_taken_only_where_no_two_share_one():
    texts = ["reset the router", "reset a modem", "unicorn", "refund", "money back please"]
    owners = [0, 0, 0, 1, 1]
    first, second = phrases(texts, owners)
    assert first == "reset"
    assert second in {"refund", "money back please"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Refund, please", ["refund", "please"]),
        ("mail [email] now", ["mail", "now"]),
        ("my name [phone number] is", ["my", "name", "my name", "is"]),
        ("don't e-mail", ["don't", "e-mail", "don't e-mail"]),
        (
            "Où est l\u2019été",
            ["où", "est", "l\u2019été", "où est", "est l\u2019été", "où est l\u2019été"],
        ),
        ("Cafe\u0301", ["café"]),
        ("मेरी ऑर्डर", ["मेरी", "ऑर्डर", "मेरी ऑर्डर"]),
        ("退款吗", ["退", "款", "吗", "退款", "款吗", "退款吗"]),
        ("ฉันต้องการคืนเงิน", []),
        ("😀 24/7 !? 12", []),
        ("card😡stolen", ["card", "stolen"]),
        ("", []),
    ],
)
def test_phrases_go_over_no_punctuation_mask_number_or_emoji(text, expected):
    assert phrases_of(text) == expected


def test_no_phrase_is_longer_than_three_words_or_four_characters_without_spaces():
    assert max(phrase.count(" ") for phrase in phrases_of("a b c d e f g")) == 2
    assert max(len(phrase) for phrase in phrases_of("退款什么时候到账")) == 4


def test_chinese_gets_more_than_one_character():
    texts = ["退款什么时候到", "我要退款", "退款在哪里", "密码忘了", "改密码", "密码不对"]
    assert phrases(texts, [0, 0, 0, 1, 1, 1]) == ["退款", "密码"]


def test_a_mask_is_never_a_phrase_even_where_all_share_it():
    texts = ["[email] help", "[email] wrong", "write to [email]", "help me", "other words"]
    found = phrases(texts, [0, 0, 0, 1, 1])
    assert "email" not in " ".join(found)


@pytest.mark.parametrize("texts", [["😀", "🙏🙏"], ["", ""], ["ไทย", "ลาว"]])
def test_a_cluster_without_words_has_an_empty_phrase(texts):
    assert phrases(texts, [0, 0]) == [""]


def test_clusters_without_a_question_of_their_language_have_an_empty_phrase():
    vectors = np.eye(2, dtype=np.float32)
    owners = np.array([0, -1], dtype=np.int64)
    found = key_phrases(["refund", "envoi"], vectors, owners, centres=vectors, kin=np.array([1, 1]))
    assert found == ["refund", ""]


def test_no_texts_and_no_clusters_give_no_phrases():
    empty = np.empty((0, 4), dtype=np.float32)
    none = np.array([], dtype=np.int64)
    assert key_phrases([], empty, none, centres=empty, kin=none) == []


def test_equals_are_decided_by_the_alphabet():
    assert phrases(["zebra, apple", "apple, zebra"], [0, 0]) == ["apple"]


def test_a_page_of_text_costs_no_more_than_its_beginning():
    assert len(phrases_of("word " * 20_000)) <= 3 * 200
