from functools import partial

import numpy as np
import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.embedding.custom import CustomEmbedder


def lengths(texts, second=1.0):
    return np.array([[len(text), second] for text in texts])


def test_vectors_are_scaled_and_empty_texts_are_zeros():
    vectors = CustomEmbedder(lengths).embed(["aaa", "", "a"])
    expected = [[0.9486833, 0.3162278], [0, 0], [0.7071068, 0.7071068]]
    np.testing.assert_allclose(vectors, expected, rtol=1e-6)
    assert vectors.dtype == np.float32


def test_it_is_called_with_lists_of_at_most_256_distinct_texts():
    calls = []

    def embed(texts):
        calls.append(texts)
        return lengths(texts)

    CustomEmbedder(embed).embed([f"{k % 600:03}" for k in range(1_000)])
    assert [type(texts) for texts in calls] == [list] * 3
    assert [len(texts) for texts in calls] == [256, 256, 88]


@pytest.mark.parametrize("answer", [[[1, 2]], ((0.5, 1.0),), np.array([[1, 2]], dtype="int8")])
def test_whatever_is_a_table_of_numbers_will_do(answer):
    assert np.linalg.norm(CustomEmbedder(lambda _: answer).embed(["a"])) == pytest.approx(1)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.ones(3), r"shape \(3,\) for 1 texts"),
        (np.ones((2, 3)), r"shape \(2, 3\) for 1 texts"),
        (np.ones((1, 0)), r"shape \(1, 0\)"),
        (np.ones((1, 2, 2)), r"shape \(1, 2, 2\)"),
        ([[np.nan, 1.0]], "missing or infinite"),
        ([[np.inf, 1.0]], "missing or infinite"),
        ([[1.0, 2.0], [1.0]], "rows of different lengths"),
        ([["a", "b"]], "a list of <U1"),
        (None, "a NoneType of object"),
        (np.ones((1, 2), dtype=complex), "complex"),
        (np.ones((1, 2), dtype=bool), "bool"),
    ],
)
def test_anything_else_is_refused_with_what_was_returned(answer, message):
    with pytest.raises(InputError, match=message):
        CustomEmbedder(lambda _: answer).embed(["a"])


def test_a_width_that_changes_is_refused():
    embedder = CustomEmbedder(lambda texts: np.ones((len(texts), len(texts[0]))))
    embedder.embed(["aa"])
    with pytest.raises(InputError, match="vectors of 2 and later of 3 numbers"):
        embedder.embed(["aaa"])


def test_what_the_callable_raises_is_not_changed():
    def embed(texts):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        CustomEmbedder(embed).embed(["a"])


def test_name_and_fingerprint_tell_which_callable_and_how_wide():
    embedder = CustomEmbedder(lengths)
    assert embedder.name == f"callable:{lengths.__module__}.lengths"
    assert embedder.fingerprint == f"{embedder.name}/2"
    assert CustomEmbedder(partial(lengths, second=2.0)).name == "callable:functools.partial"


def test_the_fingerprint_is_the_same_before_and_after_embedding():
    first, second = CustomEmbedder(lengths), CustomEmbedder(lengths)
    second.embed(["a", "b"])
    assert first.fingerprint == second.fingerprint
