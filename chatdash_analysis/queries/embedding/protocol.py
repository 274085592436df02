"""What an embedder is, and the arithmetic that every embedder shares."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

__all__ = ["LONGEST_TEXT", "Embedder", "scaled", "tidy"]

# Time grows with the length, and what a question asks is said before this.
LONGEST_TEXT = 2_000

_SURROGATES = re.compile("[\ud800-\udfff]")


class Embedder(Protocol):
    """Turns texts into vectors whose directions are near where the meanings are near."""

    @property
    def name(self) -> str:
        """Which one it is: "use", "minilm", "minilm+use", "tfidf" or "callable:<its name>"."""

    @property
    def fingerprint(self) -> str:
        """What its vectors depend on; vectors of different fingerprints are not comparable."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a row of length 1 for each text; zeros for a text in which nothing is known."""


def tidy(text: str) -> str:
    """Return a text as models read it: not too long, and without halves of characters.

    Raises
    ------
    InputError
        If it is no text.
    """
    if not isinstance(text, str):
        raise InputError(
            f"Only texts can be embedded, but one of them is a {type(text).__name__}. Give"
            " strings; an empty one where there is no text."
        )
    return _SURROGATES.sub(" ", text[:LONGEST_TEXT]).strip()


def scaled(vectors: NDArray[Any]) -> Vectors:
    """Return the rows at length 1; a row of zeros stays one."""
    wide = np.asarray(vectors, dtype=np.float64)
    # Squares of very large or very small numbers leave the range of floats.
    largest = np.abs(wide).max(axis=1, initial=0.0, keepdims=True)
    wide = wide / np.where(largest > 0, largest, 1.0)
    length = np.sqrt(np.einsum("ij,ij->i", wide, wide))[:, None]
    return (wide / np.where(length > 0, length, 1.0)).astype(np.float32)
