import numpy as np
import pytest

from chatdash_analysis.queries.embedding.combined import USE_WEIGHT, CombinedEmbedder
from chatdash_analysis.queries.embedding.minilm import MiniLmEmbedder
from chatdash_analysis.queries.embedding.use import UseEmbedder
from tests.queries.embedding.examples import ENGLISH, MANY, ODD


@pytest.fixture(scope="module")
def combined():
    return CombinedEmbedder()


def test_similarity_is_the_weighted_mean_of_both(combined):
    texts = MANY[:12]
    both, minilm, use = (
        model.embed(texts) for model in (combined, MiniLmEmbedder(), UseEmbedder())
    )
    weight = USE_WEIGHT**2
    expected = (minilm @ minilm.T + weight * use @ use.T) / (1 + weight)
    np.testing.assert_allclose(both @ both.T, expected, atol=1e-6)


@pytest.mark.parametrize(("question", "same", "other"), ENGLISH)
def test_the_same_in_other_words_is_nearer_than_something_else(combined, question, same, other):
    vectors = combined.embed([question, same, other])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.05


def test_a_text_has_the_same_vector_whatever_it_is_embedded_with(combined):
    together = combined.embed(MANY[:20])
    np.testing.assert_array_equal(
        np.vstack([combined.embed([text]) for text in MANY[:20]]), together
    )


def test_a_text_that_one_model_does_not_know_has_length_one_too(combined):
    # MiniLM takes a word of more than 100 letters for one unknown piece.
    (vector,) = combined.embed(["x" * 150])
    assert not vector[:384].any()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


def test_odd_texts_give_a_vector_of_length_one_or_zeros(combined):
    lengths = np.linalg.norm(combined.embed(ODD), axis=1)
    assert np.minimum(lengths, np.abs(lengths - 1)).max() < 1e-6
    assert combined.embed([]).shape == (0, 896)


def test_its_fingerprint_names_both_and_the_weight(combined):
    assert combined.name == "minilm+use"
    assert combined.fingerprint == (
        f"{MiniLmEmbedder().fingerprint} + {UseEmbedder().fingerprint} x {USE_WEIGHT:g}"
    )
