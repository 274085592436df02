from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdash_analysis import text_codes as module
from chatdash_analysis.text_codes import text_codes


def expect_same_people(texts: pd.Series) -> None:
    codes = text_codes(texts)
    expected, uniques = pd.factorize(texts.astype(object))
    assert codes.dtype == np.int64
    assert sorted(set(codes)) == list(range(len(uniques)))
    pairs = set(zip(codes.tolist(), expected.tolist(), strict=True))
    assert len(pairs) == len(uniques)


@pytest.mark.parametrize("length", [1, 7, 8, 9, 24, 64, 65])
@pytest.mark.parametrize("dtype", ["str", "string"])
def test_texts_of_one_length(length: int, dtype: str) -> None:
    numbers = np.random.default_rng(0).integers(0, 3_000, 100_000)
    expect_same_people(
        pd.Series([f"{n:x}"[-length:].rjust(length, "-") for n in numbers], dtype=dtype)
    )


@given(st.lists(st.text(max_size=4)), st.integers(0, 3))
def test_any_texts_cut_anywhere(texts: list[str], start: int) -> None:
    expect_same_people(pd.Series(texts, dtype="str").iloc[start:])


def test_a_text_is_not_another_with_zeros_behind() -> None:
    expect_same_people(pd.Series(["a", "a\0", "a\0\0", "a"], dtype="str"))
    expect_same_people(pd.Series(["ab\0", "abc", "ab\0"], dtype="str"))


def test_texts_that_share_a_number_stay_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_mixed", lambda words: (words[:, 0] % 5).astype(np.int64))
    expect_same_people(pd.Series([f"{n:08d}" for n in range(70_000)] * 2, dtype="str"))


def test_a_column_in_pieces() -> None:
    parts = [pd.Series([f"{n:024x}" for n in range(k, k + 50)], dtype="str") for k in (0, 20, 40)]
    expect_same_people(pd.concat(parts))
    expect_same_people(pd.concat(parts).iloc[10:120:3])
