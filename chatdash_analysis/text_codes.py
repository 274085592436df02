"""Numbers for texts, where nobody asks which text a number stands for.

A dictionary looks up each text where it happens to lie in memory, and compares it there:
most of the time of a cohort table. Ids have one length; so here each becomes a 64-bit
number first, whole columns at a time, and only numbers are looked up. Two ids may share a
number, so that in the end each is compared with one that got the same code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]

__all__ = ["text_codes"]

_WORD = 8  # bytes
_LONGEST = 8 * _WORD
# Small pieces stay in the cache, and need no fresh memory.
_PIECE = 1 << 15
# The constants of SplitMix64 (Steele, Lea and Flood 2014).
_FIRST, _NEXT = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


def text_codes(column: pd.Series) -> NDArray[np.int64]:
    """Return a number for each text, from 0 without holes, in no order.

    Parameters
    ----------
    column : pandas.Series
        Texts, none of them missing.
    """
    texts = pa.array(column, from_pandas=True)
    if isinstance(texts, pa.ChunkedArray):
        # One dictionary a chunk would have to be unified, which takes minutes for many texts.
        texts = texts.combine_chunks()
    words = _words(texts)
    if words is not None:
        codes, uniques = pd.factorize(_mixed(words))
        if _are_same(words, codes, len(uniques)):
            return np.asarray(codes, dtype=np.int64)
    return np.asarray(texts.dictionary_encode().indices, dtype=np.int64)


def _words(texts: pa.Array) -> Words | None:
    """Return the bytes of each text in words; None if the texts differ in length or are long."""
    _, ends, data = texts.buffers()
    kind = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    ends = np.frombuffer(ends, dtype=kind)[texts.offset :][: len(texts) + 1]
    length = int(ends[1] - ends[0]) if len(texts) else 0
    if not 0 < length <= _LONGEST or (np.diff(ends) != length).any():
        return None
    content = np.frombuffer(data, dtype=np.uint8)[ends[0] : ends[-1]].reshape(len(texts), length)
    whole = -(-length // _WORD) * _WORD
    if whole > length or ends[0] % _WORD:
        filled = np.zeros((len(texts), whole), dtype=np.uint8)
        filled[:, :length] = content
        content = filled
    return content.view(np.uint64)


def _mixed(words: Words) -> NDArray[np.int64]:
    """Return one number for the words of each text."""
    mixed = np.empty(len(words), dtype=np.uint64)
    for start in range(0, len(words), _PIECE):
        piece = words[start : start + _PIECE]
        bits = piece[:, 0] * _FIRST
        for word in piece.T[1:]:
            bits ^= bits >> np.uint64(29)
            bits += word
            bits *= _NEXT
        mixed[start : start + _PIECE] = bits ^ (bits >> np.uint64(32))
    return mixed.view(np.int64)


def _are_same(words: Words, codes: NDArray[Any], size: int) -> bool:
    """Tell whether all texts of one code are one text."""
    example = np.empty(size, dtype=np.int64)
    example[codes] = np.arange(len(codes))
    pieces = (slice(start, start + _PIECE) for start in range(0, len(codes), _PIECE))
    return all(
        np.array_equal(words.take(example.take(codes[piece]), axis=0), words[piece])
        for piece in pieces
    )
