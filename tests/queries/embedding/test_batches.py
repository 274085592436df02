import numpy as np
import pytest

from chatdash_analysis import progress
from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.embedding import batches
from chatdash_analysis.queries.embedding.batches import embed_in_blocks


def _lengths_and_first(texts):
    return np.array([[len(text), ord(text[0])] for text in texts], dtype=float)


def _unit(row):
    return np.array(row) / np.hypot(*row)


def test_each_distinct_text_is_encoded_once_in_blocks_in_order():
    seen = []

    def encode(texts):
        seen.append(texts)
        return _lengths_and_first(texts)

    vectors = embed_in_blocks(["b", "", "a", "b ", "ccc", "a"], encode, block=2, width=2)
    assert seen == [["a", "b"], ["ccc"]]
    expected = [
        _unit([1, 98]), [0, 0], _unit([1, 97]), _unit([1, 98]), _unit([3, 99]), _unit([1, 97]),
    ]  # fmt: skip
    np.testing.assert_allclose(vectors, expected, rtol=1e-6)


def test_shuffled_texts_give_shuffled_vectors():
    texts = [f"{k % 7} text {k % 5}" for k in range(60)]
    order = np.random.default_rng(0).permutation(60)
    straight = embed_in_blocks(texts, _lengths_and_first, block=4, width=2)
    shuffled = embed_in_blocks([texts[k] for k in order], _lengths_and_first, block=4, width=2)
    np.testing.assert_array_equal(shuffled, straight[order])


@pytest.mark.parametrize("texts", [[], ["", "  "]])
def test_nothing_to_encode_gives_zeros_of_the_width(texts):
    def encode(_):
        raise AssertionError

    vectors = embed_in_blocks(texts, encode, block=4, width=3)
    np.testing.assert_array_equal(vectors, np.zeros((len(texts), 3)))
    assert vectors.dtype == np.float32


def test_one_value_that_is_no_text_is_refused():
    with pytest.raises(InputError, match="NoneType"):
        embed_in_blocks(["a", None], _lengths_and_first, block=4, width=2)


@pytest.mark.parametrize(("total", "hidden"), [(2_000, True), (2_001, False)])
def test_a_bar_is_shown_only_for_many_texts(monkeypatch, total, hidden):
    monkeypatch.setattr(progress, "nobody_watches", lambda: False)
    with batches.texts_bar(total, "Embedding", least=batches._WORTH_A_BAR) as bar:
        assert bar.disable is hidden


def test_no_bar_is_shown_where_nobody_watches(monkeypatch, capsys):
    monkeypatch.setenv("TQDM_DISABLE", "1")
    texts = [f"t{k}" for k in range(2_500)]
    embed_in_blocks(texts, _lengths_and_first, block=1_000, width=2)
    assert capsys.readouterr() == ("", "")
