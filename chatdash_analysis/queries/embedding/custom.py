"""A user's own embedder: any callable from a list of texts to an array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.embedding.batches import embed_in_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["CALLABLE", "CustomEmbedder"]

CALLABLE = "callable:"

_BLOCK = 256
_WANTED = "It must return a 2-D array of finite numbers, with one row for each text it was given"


class CustomEmbedder:
    """Calls a user's callable with at most 256 distinct texts at a time, and checks the result.

    What the callable itself raises is not changed.
    """

    def __init__(self, embed: Callable[[list[str]], Any]) -> None:
        named = embed if hasattr(embed, "__qualname__") else type(embed)
        self.name = f"{CALLABLE}{named.__module__}.{named.__qualname__}"
        self._embed = embed
        self._width: int | None = None

    @property
    def fingerprint(self) -> str:
        """Its name and the width of its vectors; asks it for one vector if it gave none yet."""
        if self._width is None:
            self._encode(["text"])
        return f"{self.name}/{self._width}"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row of length 1 for each text; zeros for an empty one.

        Raises
        ------
        InputError
            If the callable returns something else than one finite vector for each text.
        """
        return embed_in_blocks(texts, self._encode, block=_BLOCK, width=self._width or 1)

    def _encode(self, texts: list[str]) -> NDArray[Any]:
        vectors = self._as_numbers(self._embed(list(texts)))
        if vectors.ndim != 2 or vectors.shape[0] != len(texts) or not vectors.shape[1]:
            raise self._wrong(f"an array of shape {vectors.shape} for {len(texts)} texts")
        if not np.isfinite(vectors).all():
            raise self._wrong("numbers that are missing or infinite")
        if self._width not in (None, vectors.shape[1]):
            raise self._wrong(f"vectors of {self._width} and later of {vectors.shape[1]} numbers")
        self._width = vectors.shape[1]
        return vectors

    def _as_numbers(self, answer: Any) -> NDArray[Any]:
        try:
            vectors = np.asarray(answer)
        except ValueError as error:
            raise self._wrong("rows of different lengths") from error
        if vectors.dtype.kind not in "fiu":
            raise self._wrong(f"a {type(answer).__name__} of {vectors.dtype}")
        return vectors

    def _wrong(self, got: str) -> InputError:
        return InputError(
            f"embed={self.name.removeprefix(CALLABLE)} returned {got}. {_WANTED}, and always"
            " of the same width."
        )
