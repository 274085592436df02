import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from chatdash_analysis.queries.embedding import tfidf as module
from chatdash_analysis.queries.embedding.tfidf import TfidfEmbedder
from tests.queries.embedding.examples import MANY, ODD

POOL = [
    "where is my order", "where is my parcel", "track my order", "cancel my order",
    "cancel the subscription", "opening hours", "what are your opening hours",
]  # fmt: skip


def test_similarities_are_those_of_all_terms_where_the_pool_is_small():
    vectors = TfidfEmbedder.fit(POOL).embed(POOL)
    kinds = [
        TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+", sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    ]
    terms = [kind.fit_transform(POOL).toarray() for kind in kinds]
    expected = sum(kind @ kind.T for kind in terms) / 2
    np.testing.assert_allclose(vectors @ vectors.T, expected, atol=1e-5)


def test_texts_that_share_words_or_parts_of_words_are_nearer():
    embedder = TfidfEmbedder.fit(POOL)
    vectors = embedder.embed(["my orders", "track my order", "opening hour", "cancelling"])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.3
    assert vectors[3] @ embedder.embed(["cancel my order"])[0] > 0.3


def test_the_order_of_the_pool_and_of_the_texts_does_not_matter():
    order = np.random.default_rng(0).permutation(len(MANY))
    shuffled = [MANY[k] for k in order]
    straight, other = TfidfEmbedder.fit(MANY), TfidfEmbedder.fit(shuffled + MANY[:9])
    np.testing.assert_array_equal(other.embed(shuffled), straight.embed(MANY)[order])
    assert other.fingerprint == straight.fingerprint


def test_a_text_has_the_same_vector_whatever_it_is_embedded_with():
    embedder = TfidfEmbedder.fit(MANY)
    alone = np.vstack([embedder.embed([text]) for text in MANY])
    np.testing.assert_array_equal(alone, embedder.embed(MANY))


def test_it_is_made_again_from_its_texts():
    first = TfidfEmbedder.fit(POOL)
    again = TfidfEmbedder.fit(first.texts)
    assert again.fingerprint == first.fingerprint
    np.testing.assert_array_equal(again.embed(["my hours"]), first.embed(["my hours"]))


def test_another_pool_is_another_embedder():
    assert TfidfEmbedder.fit(POOL).fingerprint != TfidfEmbedder.fit(POOL[1:]).fingerprint


def test_of_many_texts_the_same_part_is_taken_in_any_order(monkeypatch):
    monkeypatch.setattr(module, "_MOST_TEXTS", 10)
    first, other = TfidfEmbedder.fit(MANY), TfidfEmbedder.fit(MANY[::-1])
    assert len(first.texts) == 10
    assert first.texts == other.texts == TfidfEmbedder.fit(first.texts).texts


def test_a_large_pool_keeps_256_directions_and_drops_terms_that_only_one_text_has():
    words = [f"{a}{b}" for a in ("kilo", "mega", "giga", "nano") for b in ("gram", "volt", "watt")]
    pool = [f"{x} {y} {z}" for x in words for y in words for z in words if x != y]
    embedder = TfidfEmbedder.fit([*pool, "zzzyx"])
    assert len(pool) > 1_000
    assert embedder.embed(pool[:3]).shape[1] <= 256
    assert not embedder.embed(["zzzyx"]).any()


@pytest.mark.parametrize(
    "pool", [[], [""], ["a"], ["x", "x"], ["😀"] * 5, ["same text"] * 5, POOL[:5], ODD]
)
def test_any_pool_gives_vectors_of_length_one_or_zeros(pool):
    vectors = TfidfEmbedder.fit(pool).embed([*pool, *ODD])
    lengths = np.linalg.norm(vectors, axis=1)
    assert vectors.shape[0] == len(pool) + len(ODD)
    assert vectors.dtype == np.float32
    assert np.minimum(lengths, np.abs(lengths - 1)).max(initial=0) < 1e-6


def test_texts_without_any_known_term_are_zeros():
    embedder = TfidfEmbedder.fit(POOL)
    assert not embedder.embed(["退款在哪里", "", "😀"]).any()
    assert embedder.embed(["order"]).any()
