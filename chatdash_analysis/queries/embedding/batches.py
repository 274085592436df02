"""Texts in blocks: each distinct text once, in an order that the rows of a table cannot change."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.progress import texts_bar
from chatdash_analysis.queries.embedding.protocol import scaled, tidy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Encode = Callable[[list[str]], NDArray[Any]]

__all__ = ["embed_in_blocks"]

# Fewer are done before a bar could be read.
_WORTH_A_BAR = 2_000


def embed_in_blocks(
    texts: Sequence[str], encode: Encode, *, block: int, width: int
) -> NDArray[np.float32]:
    """Return a row of length 1 for each text, of zeros for an empty one.

    Parameters
    ----------
    texts : sequence of str
        In any order, with repetitions.
    encode : callable
        Given at most `block` distinct texts, returns as many rows.
    block : int
        How many texts are encoded at a time, which bounds memory.
    width : int
        Columns of the result where no text has anything to encode.

    Raises
    ------
    InputError
        If one of the texts is no text.
    """
    clean = [tidy(text) for text in texts]
    order = np.array(sorted(filter(clean.__getitem__, range(len(clean))), key=clean.__getitem__))
    edges = _edges_of_runs([clean[row] for row in order])
    result = None
    with texts_bar(len(edges) - 1, "Embedding texts", least=_WORTH_A_BAR) as bar:
        for first in range(0, len(edges) - 1, block):
            heads = edges[first : first + block + 1]
            vectors = scaled(encode([clean[order[head]] for head in heads[:-1]]))
            if result is None:
                result = np.zeros((len(clean), vectors.shape[1]), dtype=np.float32)
            rows = order[heads[0] : heads[-1]]
            result[rows] = np.repeat(vectors, np.diff(heads), axis=0)
            bar.update(len(vectors))
    return np.zeros((len(clean), width), dtype=np.float32) if result is None else result


def _edges_of_runs(ordered: list[str]) -> list[int]:
    # Where each distinct text begins, and where the last one ends.
    if not ordered:
        return [0]
    changes = (k for k, (before, here) in enumerate(pairwise(ordered), 1) if before != here)
    return [0, *changes, len(ordered)]
