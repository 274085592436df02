"""Labels: a real question that stands for its cluster, and nothing that was masked."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.queries.naming.exemplars import centres_of, distinctness, spread_out
from chatdash_analysis.queries.naming.labels import example_questions, label_clusters, shortened


def unit(rows):
    array = np.array(rows, dtype=np.float32)
    return array / np.linalg.norm(array, axis=1, keepdims=True)


def ints(values):
    return np.array(values, dtype=np.int64)


def labels(texts, vectors, owners, *, scrubbed=None, weights=None, languages=None):
    table = label_clusters(
        texts,
        texts if scrubbed is None else scrubbed,
        ints(np.ones(len(texts)) if weights is None else weights),
        unit(vectors),
        ints(owners),
        int(max(owners, default=-1)) + 1,
        [None] * len(texts) if languages is None else languages,
    )
    return table["label"].tolist()


def test_the_table_has_one_row_a_cluster_and_promised_dtypes():
    vectors = unit([[1, 0], [1, 0.1], [0, 1], [0.1, 1]])
    texts = ["my refund", "refund please", "pin code", "the pin code"]
    table = label_clusters(
        texts, texts, ints([1, 1, 1, 1]), vectors, ints([0, 0, 1, 1]), 2, [None] * 4
    )
    assert table["number"].tolist() == [0, 1]
    assert table["key_phrase"].tolist() == ["refund", "pin code"]
    assert table.dtypes.astype(str).to_dict() == {
        "number": "int64", "label": "str", "key_phrase": "str",
    }  # fmt: skip


def test_no_questions_give_an_empty_table_of_the_same_dtypes():
    empty = np.empty((0, 8), dtype=np.float32)
    full = label_clusters(["a"], ["a"], ints([1]), unit([[1, 0]]), ints([0]), 1, [None])
    none = label_clusters([], [], ints([]), empty, ints([]), 0, [])
    assert len(none) == 0
    assert none.dtypes.equals(full.dtypes)
    assert len(example_questions([], ints([]), empty, ints([]), 0)) == 0


def test_the_label_is_near_the_centre():
    texts = ["refund a1", "refund b2", "refund c3"]
    assert labels(texts, [[1, 0.9], [1, 0], [1, -0.9]], [0, 0, 0]) == ["refund b2"]


def test_of_equally_central_questions_the_one_away_from_other_clusters_is_taken():
    vectors = [[1, 0.3, 0], [1, -0.3, 0], [0, 1, 0], [0, 1, 0]]
    assert labels(["toward", "beyond", "other", "other2"], vectors, [0, 0, 1, 1])[0] == "beyond"


def test_of_equally_central_questions_the_shorter_is_taken():
    texts = ["could you please tell me where my parcel is", "where is my parcel"]
    assert labels(texts, [[1, 0.1], [1, -0.1]], [0, 0]) == ["where is my parcel"]


def test_what_is_asked_most_often_moves_the_centre():
    vectors = [[1, 0.5], [1, 0], [1, -0.5]]
    assert labels(["aaaa", "bbbb", "cccc"], vectors, [0, 0, 0], weights=[98, 1, 1]) == ["aaaa"]


def test_a_question_without_a_mask_is_preferred():
    texts = ["my number is 0171 2345678", "call me under my number"]
    masked = ["my number is [phone]", "call me under my number"]
    found = labels(texts, [[1, 0], [1, 0.2]], [0, 0], scrubbed=masked, weights=[3, 1])
    assert found == ["call me under my number"]


def test_where_all_are_masked_the_label_is_masked():
    texts = ["mail a@b.de", "mail c@d.de"]
    masked = ["mail [email]", "mail [email]"]
    assert labels(texts, [[1, 0], [1, 0.2]], [0, 0], scrubbed=masked) == ["mail [email]"]


def test_the_label_is_in_the_language_of_most_queries():
    texts = ["wo ist mein paket", "paket", "where is my parcel"]
    vectors = [[1, 0.4], [1, -0.4], [1, 0]]
    found = labels(texts, vectors, [0, 0, 0], weights=[2, 2, 3], languages=["de", None, "en"])
    assert found == ["where is my parcel"]
    found = labels(texts, vectors, [0, 0, 0], weights=[9, 2, 3], languages=["de", None, "en"])
    assert found[0] in {"wo ist mein paket", "paket"}


@pytest.mark.parametrize("texts", [["😀", "😀😀"], ["help", "help"], ["x"]])
def test_emoji_equal_and_single_questions_have_a_label(texts):
    assert labels(texts, [[1, 0]] * len(texts), [0] * len(texts)) == [texts[0]]


def test_a_question_of_nothing_is_the_last_choice():
    assert labels(["", "help me"], [[1, 0], [1, 0.9]], [0, 0]) == ["help me"]
    assert labels([""], [[1, 0]], [0]) == [""]


def test_markup_and_line_breaks_never_reach_a_label():
    texts = ["<b>where</b>\nis it<script>"]
    assert labels(texts, [[1, 0]], [0]) == ["where is it"]


HOSTILE = ["a" * 100_000, "word " * 20_000, "\ud800", "=1+1", "&lt;" * 50, "\u0e44\u0e17", "\x00"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_have_a_short_label_of_one_line(text):
    for texts in ([text], [text, "help me", text + "!"]):
        (label,) = labels(texts, [[1, 0]] * len(texts), [0] * len(texts))
        assert len(label) <= 80
        assert "\n" not in label
        table = examples(texts, [[1, 0]] * len(texts), [0] * len(texts))
        assert table["kind"].tolist()[0] == "representative"


def test_unassigned_questions_never_name_a_cluster():
    assert labels(["a", "bb"], [[1, 0.2], [1, 0]], [-1, 0]) == ["bb"]


def test_the_order_of_the_clusters_numbers_changes_no_label():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(60, 8))
    texts = [f"question {number} of it" for number in range(60)]
    owners = ints(rng.integers(0, 5, 60))
    there = labels(texts, vectors, owners)
    back = labels(texts, vectors, 4 - owners)
    assert there == back[::-1]


def test_long_texts_are_cut_between_words():
    words = "where is the parcel that i ordered " * 4
    cut = shortened(words.strip())
    assert len(cut) <= 80
    assert cut.endswith("…")
    assert words.startswith(cut[:-1])
    assert words[len(cut) - 1] == " "


@pytest.mark.parametrize(
    ("text", "expected"),
    [("short", "short"), ("x" * 11, "x" * 9 + "…"), ("ab cdefghijk", "ab…"), ("", "")],
)
def test_only_a_word_that_alone_is_too_long_is_cut_inside(text, expected):
    assert shortened(text, 10) == expected


def test_blocks_of_rows_change_no_similarity(monkeypatch):
    rng = np.random.default_rng(1)
    vectors, owners = unit(rng.normal(size=(50, 6))), ints(rng.integers(-1, 4, 50))
    centres = centres_of(vectors, ints(np.ones(50)), owners, 4)
    whole = distinctness(vectors, owners, centres)
    cosines = vectors @ centres.T
    own = [0 if owner < 0 else cosines[row, owner] for row, owner in enumerate(owners)]
    other = [
        max(cosine for number, cosine in enumerate(cosines[row]) if number != owner)
        for row, owner in enumerate(owners)
    ]
    np.testing.assert_allclose(whole, np.array(own) - np.array(other) / 2, atol=1e-6)
    monkeypatch.setattr("chatdash_analysis.queries.naming.exemplars._BLOCK", 7)
    np.testing.assert_allclose(distinctness(vectors, owners, centres), whole, atol=1e-6)


def test_the_centre_is_the_mean_of_the_queries():
    vectors = unit([[1, 0], [0, 1], [1, 1]])
    centres = centres_of(vectors, ints([3, 1, 5]), ints([0, 0, -1]), 2)
    np.testing.assert_allclose(centres, [np.array([3, 1]) / np.sqrt(10), [0, 0]], atol=1e-6)


def test_chosen_questions_are_central_and_unlike_each_other():
    vectors = unit([[1, 0, 0], [1, 0.01, 0], [0.8, 0, 0.6]])
    assert spread_out(vectors, np.array([0.9, 0.89, 0.8]), 2) == [0, 2]


def examples(texts, vectors, owners):
    number = int(max(owners, default=-1)) + 1
    return example_questions(texts, ints(np.ones(len(texts))), unit(vectors), ints(owners), number)


def test_three_examples_stand_for_a_cluster_and_three_for_its_border():
    angles = np.linspace(0, 1.2, 9)
    texts = [f"q{number}" for number in range(9)]
    table = examples(texts, np.column_stack([np.cos(angles), np.sin(angles)]), [0] * 9)
    assert table["kind"].tolist() == ["representative"] * 3 + ["border"] * 3
    assert table["rank"].tolist() == [1, 2, 3, 1, 2, 3]
    assert table["question"].is_unique
    assert table["question"].iloc[0] == "q4"
    left = [text for text in texts if text not in table["question"].tolist()[:3]]
    distance = {text: abs(int(text[1:]) - 4) for text in left}
    assert distance[table["question"].iloc[3]] == max(distance.values())


def test_small_clusters_have_fewer_examples_and_none_twice():
    table = examples(["a", "b", "c", "d", "e"], np.eye(5) + 0.5, [0, 1, 1, 1, 1])
    assert table.groupby("number").size().tolist() == [1, 4]
    assert table["question"].tolist()[0] == "a"
    assert table["question"].is_unique


def test_questions_that_differ_only_in_what_was_masked_are_one_example():
    table = examples(["mail [email]", "mail [email]", "fax"], np.eye(3) + 0.5, [0, 0, 0])
    assert sorted(table["question"]) == ["fax", "mail [email]"]
