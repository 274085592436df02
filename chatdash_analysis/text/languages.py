"""Which language a question is in: told by a library, decided for all questions together.

Of three words no detector is sure among a hundred languages, but the questions of one agency
are in a few. So the shares of the languages are estimated from all texts first (by expectation
maximisation, Saerens et al. 2002), languages that only a few texts seem to have are dropped, and
each text is decided among the rest, with their shares as prior. What stays doubtful is unknown.

References
----------
Saerens, M., Latinne, P., Decaestecker, C. (2002). Adjusting the outputs of a classifier to new
a priori probabilities. Neural Computation 14(1), 21-41.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.text.forms import tidied

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Shares = NDArray[np.float64]

__all__ = ["language_codes", "languages_of"]

# Numbers, addresses and masks are in no language.
_WORDLESS = re.compile(r"\[\w+\]|\w+://\S+|\S*[\d@]\S*")
_LETTER = re.compile(r"[^\W\d_]{2}")
# More tells nothing new.
_READ_CHARACTERS = 500
# The detector takes overlapping pieces of a word as independent, and is far too sure; measured on
# short questions in English, German and Spanish, this share of its evidence is about right.
_EVIDENCE = 0.3
_ROUNDS = 50
# The languages are found from this many texts, spread evenly over all of them.
_FOUND_FROM = 20_000
_PIECE = 5_000
_LEAST_SHARE = 0.02
_LEAST_TEXTS = 2.0
# Among the languages of the pool, and of the hundred: below, the language is unknown.
_SURE = 0.8
_PLAUSIBLE = 0.02


def language_codes(values: pd.Series) -> pd.Series:
    """Return the codes of languages without region ("de-AT" is "de"); missing if they are none."""
    codes = values.astype("str").str.casefold().str.extract(r"^\s*([a-z]{2})(?:[-_].*)?\s*$")
    return codes[0].astype("str")


def languages_of(texts: pd.Series) -> pd.Series:
    """Tell the language of each text, as far as it can be told.

    Parameters
    ----------
    texts : pandas.Series
        Texts of one pool. The same text gets the same language wherever it stands.

    Returns
    -------
    pandas.Series
        ISO 639-1 codes (``str``) with the index of `texts`; missing where the text is too
        short or too odd, and everywhere if the extra ``text`` is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> from chatdash_analysis.text.languages import languages_of
    >>> languages_of(pd.Series(["??", ""])).isna().tolist()
    [True, True]
    """
    codes, distinct = pd.factorize(texts.fillna(""))
    read = [_read(text) for text in distinct]
    pool = sorted({text for text in read if _LETTER.search(text)})
    known = dict(zip(pool, _decided(pool), strict=True)) if pool else {}
    found = np.array([known.get(text) for text in read], dtype=object)
    values = found[codes] if len(distinct) else []
    return pd.Series(values, index=texts.index, dtype="str")


def _read(text: str) -> str:
    words = " ".join(_WORDLESS.sub(" ", tidied(text[: 4 * _READ_CHARACTERS])).split())
    words = words[:_READ_CHARACTERS]
    # Detectors learn from text in small letters.
    return words.lower() if words.isupper() else words


def _decided(pool: Sequence[str]) -> list[str | None]:
    """Return the language of each of some sorted, distinct texts."""
    detector = _detector()
    if detector is None:
        return [None] * len(pool)
    step = -(-len(pool) // _FOUND_FROM)
    names, shares = _evidence(detector, pool[::step])
    prior = _shares_of_languages(shares)
    if step == 1:
        return _among(names, shares, prior)
    pieces = (pool[start : start + _PIECE] for start in range(0, len(pool), _PIECE))
    return [
        name for piece in pieces for name in _among(names, _evidence(detector, piece)[1], prior)
    ]


@cache
def _detector() -> Any:
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError:
        return None
    # One of its own: the package's shared one may be limited to some languages elsewhere.
    return LanguageIdentifier.from_model_file(MODEL_FILE)


def _evidence(detector: Any, texts: Sequence[str]) -> tuple[list[str], Shares]:
    """Return the names of all languages, and for each text how likely each of them is."""
    ranked = [sorted(detector.rank(text)) for text in texts]
    scores = np.array([[score for _, score in row] for row in ranked], dtype=np.float64)
    likely = np.exp(_EVIDENCE * (scores - scores.max(axis=1, keepdims=True)))
    return [name for name, _ in ranked[0]], likely / likely.sum(axis=1, keepdims=True)


def _shares_of_languages(shares: Shares) -> Shares:
    """Return the share of each language among the texts; 0 for those that are mistakes."""
    prior = np.full(shares.shape[1], 1 / shares.shape[1])
    for _ in range(_ROUNDS):
        joint = shares * prior
        prior = (joint / joint.sum(axis=1, keepdims=True)).mean(axis=0)
    there = (prior >= _LEAST_SHARE) & (prior * len(shares) >= _LEAST_TEXTS)
    there[prior.argmax()] = True
    kept = np.where(there, prior, 0.0)
    return np.asarray(kept / kept.sum())


def _among(names: Sequence[str], shares: Shares, prior: Shares) -> list[str | None]:
    joint = shares * prior
    total = joint.sum(axis=1)
    best = joint.argmax(axis=1)
    plausible = shares[:, prior > 0].sum(axis=1) >= _PLAUSIBLE
    sure = plausible & (joint.max(axis=1) >= _SURE * total)
    return [names[i] if known else None for i, known in zip(best, sure, strict=True)]
