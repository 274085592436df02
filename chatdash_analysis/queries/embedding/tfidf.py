"""Words and pieces of words, weighted by how rare they are: an embedder without a model."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.queries.embedding.batches import embed_in_blocks
from chatdash_analysis.queries.embedding.protocol import tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["TfidfEmbedder"]

_BLOCK = 1_024
_WIDEST = 256
# More texts hardly change which words are rare, but they would fill the memory.
_MOST_TEXTS = 10_000
_MOST_TERMS = 30_000
# In a pool of this many texts, a term that only one of them has tells nothing.
_MANY = 1_000
# Directions and texts that are weaker than this are rounding errors.
_NOTHING = 1e-5
_WORD = r"\w+"


class TfidfEmbedder:
    """Fitted on a pool of texts; `TfidfEmbedder.fit` on the same pool gives the same vectors.

    Attributes
    ----------
    texts : list of str
        What it was fitted on: enough to fit it again.
    """

    name = "tfidf"

    def __init__(self, texts: list[str], terms: Any, directions: NDArray[np.float32]) -> None:
        self.texts = texts
        self.fingerprint = f"tfidf/{_digest(texts)[:16]}"
        self._terms = terms
        self._directions = directions

    @classmethod
    def fit(cls, texts: Sequence[str]) -> TfidfEmbedder:
        """Learn the terms of these texts and the directions in which they differ most.

        Of more than 10,000 distinct texts, 10,000 are taken by their digests, so that
        neither the order of the rows nor chance has a say.
        """
        pool = _pool(texts)
        terms = _fitted_terms(pool)
        if terms is None:
            return cls(pool, None, np.zeros((1, 1), dtype=np.float32))
        return cls(pool, terms, _directions(terms.transform(pool)))

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row of length 1 for each text; zeros for a text without any known term."""
        return embed_in_blocks(texts, self._encode, block=_BLOCK, width=self._directions.shape[1])

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        if self._terms is None:
            return np.zeros((len(texts), 1), dtype=np.float32)
        vectors: NDArray[np.float32] = self._terms.transform(texts) @ self._directions
        return np.where(np.abs(vectors).max(axis=1, keepdims=True) > _NOTHING, vectors, 0)


def _pool(texts: Sequence[str]) -> list[str]:
    distinct = sorted({clean for text in texts if (clean := tidy(text))})
    if len(distinct) <= _MOST_TEXTS:
        return distinct
    return sorted(sorted(distinct, key=lambda text: _digest([text]))[:_MOST_TEXTS])


def _digest(texts: list[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8") + b"\0")
    return digest.hexdigest()


def _fitted_terms(pool: list[str]) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion

    shared = {
        "sublinear_tf": True,
        "min_df": 2 if len(pool) >= _MANY else 1,
        "max_features": _MOST_TERMS,
        "dtype": np.float32,
    }
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **shared)
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=_WORD, **shared)
    fitted = []
    for kind in (pieces, words):
        # Where no text has such a term, fitting fails.
        with contextlib.suppress(ValueError):
            fitted.append((kind.analyzer, kind.fit(pool)))
    return FeatureUnion(fitted) if fitted else None


def _directions(weights: Any) -> NDArray[np.float32]:
    from sklearn.utils.extmath import randomized_svd

    widest = max(1, min(_WIDEST, *weights.shape))
    _, strengths, directions = randomized_svd(weights, widest, n_iter=5, random_state=0)
    kept = strengths > _NOTHING * strengths[0]
    return np.ascontiguousarray(directions[kept].T, dtype=np.float32)
