"""The key phrase of a cluster: one to three words that its questions share and others lack."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.queries.naming.exemplars import distinctness, first_of_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Vectors = NDArray[np.float32]

__all__ = ["MASK", "key_phrases", "phrases_of"]

# What stands for personal data: "[email]".
MASK = re.compile(r"\[[^\[\]]{1,40}\]")

_LONGEST = 3  # words of a phrase
_LONGEST_UNSPACED = 4  # characters, where words have no spaces between them
# A pasted page says nothing more about a cluster than its beginning does.
_READ = 1_000
# Candidates of each cluster that are compared by their vectors.
_CANDIDATES = 30
# Questions that the prior is worth; the share of all questions with the phrase is its mean.
_PRIOR = 1.0
_FLOOR = 0.05

# Punctuation, symbols and emoji: a phrase goes over none. Apostrophe and hyphen join words.
_STOPS = (
    "\x00-\x1f!-&(-,./:-@\\[-`{-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7\u060c\u061b\u061f\u06d4\u0964"
    "\u0965\u2012-\u2018\u201a-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u303f\ufe00-\ufe0f"
    "\ufe30-\ufe4f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufffd\U0001f000-\U0001faff"
)
_JOINTS = "'\u2019\u2010\u2011\\-"
# Chinese and Japanese: a few characters in a row make a word.
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
# Thai, Lao, Burmese, Khmer: neither spaces nor characters show where a word ends.
_UNREADABLE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_LETTER = f"[^\\s{_STOPS}{_JOINTS}{_CJK}{_UNREADABLE}]"

_STOP = f"[{_STOPS}]+"
_PART = f"{_LETTER}+(?:[{_JOINTS}]{_LETTER}+)*|[{_CJK}]+|[{_UNREADABLE}]+"
_SPACED = _LETTER
_UNSPACED = f"[{_CJK}]"
_WORDLIKE = r"[^\W\d_]"


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern when it is first needed: these classes take milliseconds each."""
    return re.compile(text)


def key_phrases(
    texts: Sequence[str], vectors: Vectors, owners: Ints, *, centres: Vectors, kin: Ints
) -> list[str]:
    """Return the key phrase of each cluster, in small letters; "" where its texts have no word.

    A phrase is the better the more of the cluster's questions hold it, the more often than in
    all questions, the nearer these questions lie to the cluster and to no other, the more
    words it has, and the fewer clusters share its first and last word. The last keeps
    function words at the ends out in any language, without a list of them. A phrase of a
    single question is taken only where no two share one.

    Parameters
    ----------
    texts : sequence of str
        Masked questions, distinct, in an order of their own.
    vectors : array of shape (n, d)
        Their vectors, of length 1.
    owners : array of shape (n,)
        Number of the cluster that each stands for; -1 if none.
    centres : array of shape (clusters, d)
        Centre of each cluster, of length 1.
    kin : array of shape (clusters,)
        How many clusters are in the language of each, itself counted.

    References
    ----------
    The prior: Monroe, Colaresi and Quinn (2008), Fightin' words, Political Analysis 16(4).
    """
    phrases = [phrases_of(text) for text in texts]
    if not any(phrases) or not len(centres):
        return [""] * len(centres)
    pairs = _count(phrases, owners, len(centres))
    kept = _shared(pairs, len(centres))
    scores = pairs.lift[kept] * np.sqrt(pairs.coverage[kept]) * pairs.words[kept]
    scores *= _plainness(pairs, kept, kin)
    return _best(pairs, kept, scores, vectors=vectors, centres=centres)


def phrases_of(text: str) -> list[str]:
    """Return all phrases of a text, repeated ones too; none holds a mask or punctuation.

    Examples
    --------
    >>> from chatdash_analysis.queries.naming.phrases import phrases_of
    >>> phrases_of("Refund, please! My mail: [email]")
    ['refund', 'please', 'my', 'mail', 'my mail']
    """
    composed = unicodedata.normalize("NFC", text[:_READ])
    found: list[str] = []
    for run in _pattern(_STOP).split(MASK.sub("\n", composed).lower()):
        words: list[str] = []
        for part in [*_pattern(_PART).findall(run), ""]:
            if _pattern(_SPACED).match(part) and _pattern(_WORDLIKE).search(part):
                words.append(part)
                continue
            found += _joined(words, " ", _LONGEST)
            words = []
            if _pattern(_UNSPACED).match(part):
                found += _joined(part, "", _LONGEST_UNSPACED)
    return found


def _joined(parts: Sequence[str], between: str, longest: int) -> list[str]:
    return [
        between.join(parts[start : start + size])
        for size in range(1, longest + 1)
        for start in range(len(parts) - size + 1)
    ]


@dataclass(frozen=True)
class _Pairs:
    """Each phrase that occurs in a cluster, and how often it does."""

    names: NDArray[Any]  # of phrases
    of_text: Any  # sparse, texts by phrases: whether it occurs
    cluster: Ints
    phrase: Ints
    together: Ints  # questions of the cluster with the phrase
    coverage: Floats  # as a share of the cluster's questions
    lift: Floats  # log of: coverage to the share of all questions
    words: Floats  # of the phrase; 0 for what is no phrase


def _count(phrases: Sequence[list[str]], owners: Ints, number: int) -> _Pairs:
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(analyzer=list, binary=True, dtype=np.float32)
    of_text = vectorizer.fit_transform(phrases)
    held = np.flatnonzero(owners >= 0)
    ones = np.ones(len(held), dtype=np.float32)
    members = csr_array((ones, (owners[held], held)), shape=(number, len(owners)))
    pairs = csr_array(members @ of_text).tocoo()
    cluster, phrase = (index.astype(np.int64) for index in pairs.coords)
    together = pairs.data.astype(np.int64)
    size = np.bincount(owners[held], minlength=number)[cluster]
    share = (np.asarray(of_text.sum(axis=0)).ravel().astype(np.float64) / len(phrases))[phrase]
    smoothed = (together + _PRIOR * share) / (size + _PRIOR)
    names = vectorizer.get_feature_names_out()
    return _Pairs(
        names=names,
        of_text=of_text,
        cluster=cluster,
        phrase=phrase,
        together=together,
        coverage=together / size,
        # Alone, a cluster has nothing to differ from, and coverage decides.
        lift=np.maximum(np.log(smoothed / share), _FLOOR),
        words=np.fromiter(map(_words_of, names), dtype=np.float64, count=len(names))[phrase],
    )


def _words_of(phrase: str) -> float:
    if _pattern(_UNSPACED).match(phrase):
        return len(phrase) / 2 if len(phrase) > 1 else 0
    return phrase.count(" ") + 1


def _shared(pairs: _Pairs, number: int) -> Ints:
    """Return the pairs that can be chosen: of two questions or more, unless there are none."""
    real = pairs.words > 0
    several = real & (pairs.together > 1)
    without = np.bincount(pairs.cluster[several], minlength=number) == 0
    return np.flatnonzero(several | (real & without[pairs.cluster]))


def _plainness(pairs: _Pairs, kept: Ints, kin: Ints) -> Floats:
    """Return how little the first and the last word of each phrase are in other clusters too."""
    spread = _clusters_with(pairs)
    number_of = {name: number for number, name in enumerate(pairs.names)}
    phrases, at = np.unique(pairs.phrase[kept], return_inverse=True)
    ends = np.array([[number_of[end] for end in _ends(pairs.names[phrase])] for phrase in phrases])
    others = np.maximum(kin[pairs.cluster[kept]] - 1, 1)[:, None]
    shared = (spread[ends.reshape(-1, 2)[at]] - 1) / others
    return np.asarray(np.maximum(1 - shared, _FLOOR).prod(axis=1), dtype=np.float64)


def _clusters_with(pairs: _Pairs) -> Floats:
    """Return in how many clusters each phrase is: the exponential of its entropy over them."""
    number = len(pairs.names)
    total = np.bincount(pairs.phrase, pairs.coverage, number)
    part = pairs.coverage / total[pairs.phrase]
    return np.exp(np.bincount(pairs.phrase, -part * np.log(part), number))


def _ends(phrase: str) -> tuple[str, str]:
    if _pattern(_UNSPACED).match(phrase):
        return phrase[0], phrase[-1]
    words = phrase.split(" ")
    return words[0], words[-1]


def _best(
    pairs: _Pairs, kept: Ints, scores: Floats, *, vectors: Vectors, centres: Vectors
) -> list[str]:
    """Return the best phrase of each cluster by its score and where its questions lie."""
    from sklearn.preprocessing import normalize

    leading = _leading(pairs.cluster[kept], pairs.phrase[kept], scores)
    cluster, phrase = pairs.cluster[kept[leading]], pairs.phrase[kept[leading]]
    means = normalize(np.asarray(pairs.of_text[:, phrase].T @ vectors))
    near = np.maximum(distinctness(means, cluster, centres), 1e-3)
    best = first_of_each(scores[leading] * near, cluster, len(centres))
    return [str(pairs.names[phrase[row]]) if row >= 0 else "" for row in best]


def _leading(clusters: Ints, phrases: Ints, scores: Floats) -> Ints:
    """Return the rows with the highest scores of each cluster; of equals the first phrases."""
    order = np.lexsort((phrases, -np.round(scores, 9), clusters))
    place = np.arange(len(order)) - np.searchsorted(clusters[order], clusters[order])
    return np.asarray(order[place < _CANDIDATES], dtype=np.int64)
