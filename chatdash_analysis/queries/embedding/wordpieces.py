"""BERT's uncased English word pieces, from the vocabulary in this package."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from functools import lru_cache
from importlib.resources import files
from typing import Any

from chatdash_analysis.errors import InputError

__all__ = ["UNKNOWN_PIECES", "VOCABULARY_DIGEST", "wordpieces"]

VOCABULARY_DIGEST = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"

# What says nothing: padding, the unknown piece, and the marks of beginning, end and gap.
_SPECIAL = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103}
UNKNOWN_PIECES = frozenset(_SPECIAL.values())
# The model was trained on texts up to this length, both marks included.
_LONGEST = 128


@lru_cache(maxsize=1)
def wordpieces() -> Any:
    """Return the tokenizer of all-MiniLM-L6-v2: ``.encode(text).ids``, at most 128 of them.

    Raises
    ------
    InputError
        If the vocabulary is not the one that belongs to the model.
    """
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import TemplateProcessing

    tokenizer = Tokenizer(
        WordPiece(_vocabulary(), unk_token="[UNK]", max_input_chars_per_word=100)  # noqa: S106
    )
    tokenizer.add_special_tokens(list(_SPECIAL))
    tokenizer.normalizer = BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True
    )
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[(mark, _SPECIAL[mark]) for mark in ("[CLS]", "[SEP]")],
    )
    tokenizer.enable_truncation(_LONGEST)
    return tokenizer


def _vocabulary() -> dict[str, int]:
    try:
        packed = (files(__package__) / "vocabulary" / "bert_uncased.txt.gz").read_bytes()
        text = gzip.decompress(packed)
    except (OSError, EOFError, zlib.error):
        text = b""
    if hashlib.sha256(text).hexdigest() != VOCABULARY_DIGEST:
        raise InputError(
            "The vocabulary of MiniLM that comes with chatdash_analysis is missing or damaged, so"
            ' the model is not used. Install chatdash_analysis again, or pass embed="use".'
        )
    return {piece: number for number, piece in enumerate(text.decode("utf-8").splitlines())}
