"""MiniLM and the Universal Sentence Encoder side by side: on English they err differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.queries.embedding.minilm import MINILM_WIDTH, MiniLmEmbedder
from chatdash_analysis.queries.embedding.use import USE_WIDTH, UseEmbedder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["USE_WEIGHT", "CombinedEmbedder"]

# Similarity is (minilm + USE_WEIGHT**2 * use) / (1 + USE_WEIGHT**2).
USE_WEIGHT = 1.0


class CombinedEmbedder:
    """Both vectors at length 1, one after the other."""

    name = "minilm+use"

    def __init__(self) -> None:
        self._minilm = MiniLmEmbedder()
        self._use = UseEmbedder()
        self.fingerprint = f"{self._minilm.fingerprint} + {self._use.fingerprint} x {USE_WEIGHT:g}"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row of length 1 for each text; zeros where neither model knows anything."""
        joined = np.empty((len(texts), MINILM_WIDTH + USE_WIDTH), dtype=np.float32)
        joined[:, :MINILM_WIDTH] = self._minilm.embed(texts)
        joined[:, MINILM_WIDTH:] = USE_WEIGHT * self._use.embed(texts)
        length = np.sqrt(np.einsum("ij,ij->i", joined, joined))[:, None]
        joined /= np.where(length > 0, length, 1)
        return joined
