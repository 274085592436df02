import numpy as np
import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.embedding.protocol import scaled, tidy


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("  hi there\n", "hi there"),
        ("a\ud800b", "a b"),
        ("\udfff", ""),
        ("x" * 100_000, "x" * 2_000),
        ("👍🏽 ok", "👍🏽 ok"),
    ],
)
def test_texts_are_cut_and_lose_halves_of_characters(raw, expected):
    assert tidy(raw) == expected


@pytest.mark.parametrize("value", [None, float("nan"), 3, b"bytes"])
def test_what_is_no_text_is_refused_by_its_type(value):
    with pytest.raises(InputError, match=type(value).__name__):
        tidy(value)


def test_rows_get_length_one_whatever_their_size_and_zeros_stay():
    rows = scaled(np.array([[3.0, 4.0], [0.0, 0.0], [3e300, 4e300], [3e-300, -4e-300]]))
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, 0], [0.6, 0.8], [0.6, -0.8]], rtol=1e-6)
    assert rows.dtype == np.float32


def test_no_rows_are_no_rows():
    assert scaled(np.zeros((0, 3))).shape == (0, 3)
