"""What clusters are called: a short real question, a key phrase, and examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.queries.naming.exemplars import (
    centres_of,
    closeness,
    distinctness,
    first_of_each,
    spread_out,
)
from chatdash_analysis.queries.naming.phrases import MASK, key_phrases
from chatdash_analysis.tables import typed_table
from chatdash_analysis.text.forms import as_texts, changed, tidied

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Vectors = NDArray[np.float32]

__all__ = ["example_questions", "label_clusters", "shortened"]

_LABELS = {"number": "int64", "label": "str", "key_phrase": "str"}
_EXAMPLES = {"number": "int64", "kind": "str", "rank": "int64", "question": "str"}
_LABEL_CHARACTERS = 80
# A question twice as long has to lie this much nearer (times 0.7), one with a mask this much.
_PER_LENGTH = 0.05
_PER_MASK = 0.2
_PER_NOTHING = 10.0
_SHOWN = 3


def label_clusters(
    texts: Sequence[str],
    scrubbed: Sequence[str],
    weights: Ints,
    vectors: Vectors,
    owners: Ints,
    number: int,
    languages: Sequence[Any],
) -> pd.DataFrame:
    """Name each cluster by one of its questions and by a phrase that its questions share.

    The question is near the cluster's centre, away from the nearest other one, short, in the
    cluster's most common language, and preferably one that needed no mask. A label never holds
    more than the masked text.

    Parameters
    ----------
    texts : sequence of str
        The distinct questions as they were embedded, in an order that does not depend on that
        of the rows: of equally good ones the first is taken.
    scrubbed : sequence of str
        The same questions with personal data masked.
    weights : array of int64, shape (n,)
        How many queries each stands for.
    vectors : array of float32, shape (n, d)
        Their vectors, of length 1.
    owners : array of int64, shape (n,)
        The cluster of each, 0 to ``number - 1``; -1 for none.
    number : int
        Number of clusters.
    languages : sequence
        The language of each question; missing where it is unknown.

    Returns
    -------
    pandas.DataFrame
        One row a cluster: ``number``, ``label`` (at most 80 characters, cut between words),
        ``key_phrase`` (one to three words in small letters; empty where no text has a word).
    """
    shown = _on_one_line(scrubbed)
    centres = centres_of(vectors, weights, owners, number)
    speaking, kin = _in_main_language(owners, weights, languages, number)
    scores = distinctness(vectors, owners, centres) - _costs(texts, shown)
    best = first_of_each(scores, speaking, number)
    phrases = key_phrases(shown, vectors, speaking, centres=centres, kin=kin)
    rows = [
        (cluster, shortened(shown[row]) if row >= 0 else "", phrases[cluster])
        for cluster, row in enumerate(best)
    ]
    return typed_table(rows, _LABELS)


def _on_one_line(texts: Sequence[str]) -> list[str]:
    lines: list[str] = changed(as_texts(texts), tidied).tolist()
    return lines


def _in_main_language(
    owners: Ints, weights: Ints, languages: Sequence[Any], number: int
) -> tuple[Ints, Ints]:
    """Return the owners, -1 for questions in another language than most queries of the cluster.

    And for each cluster how many have its language. A question whose language is unknown,
    as that of short ones is, counts as in the main one.
    """
    table = pd.DataFrame(
        {"owner": owners, "weight": weights, "language": pd.array(languages, dtype="str")}
    )
    known = table[table["owner"].ge(0)].dropna(subset="language")
    sums = known.groupby(["owner", "language"], as_index=False)["weight"].sum()
    main = sums.sort_values(["owner", "weight", "language"], ascending=[True, False, True])
    main = main.drop_duplicates("owner").set_index("owner")["language"].reindex(range(number))
    foreign = table["language"].notna() & table["language"].ne(table["owner"].map(main))
    kin = main.fillna("").groupby(main.fillna("")).transform("size")
    return np.where(foreign, -1, owners), kin.to_numpy(dtype=np.int64)


def _costs(texts: Sequence[str], shown: Sequence[str]) -> Floats:
    lengths = np.array([len(text) for text in shown], dtype=np.float64)
    masked = np.array([MASK.search(text) is not None for text in shown], dtype=np.float64)
    # Of a call that was only a greeting nothing is left to embed.
    says = [bool(text and asked) for text, asked in zip(shown, texts, strict=True)]
    costs: Floats = _PER_LENGTH * np.log(np.maximum(lengths, 1)) + _PER_MASK * masked
    return np.where(says, costs, _PER_NOTHING)


def shortened(text: str, most: int = _LABEL_CHARACTERS) -> str:
    """Return a text of at most `most` characters, cut between words, with an ellipsis.

    Only a word that alone is longer is cut inside.

    Examples
    --------
    >>> from chatdash_analysis.queries.naming.labels import shortened
    >>> shortened("Where is the parcel that I ordered?", 20)
    'Where is the parcel…'
    """
    if len(text) <= most:
        return text
    head, space, _ = text[:most].rpartition(" ")
    return (head.rstrip(" ,;:-") if space else text[: most - 1]) + "…"


def example_questions(
    scrubbed: Sequence[str],
    weights: Ints,
    vectors: Vectors,
    owners: Ints,
    number: int,
) -> pd.DataFrame:
    """Show three questions that stand for each cluster and three at its border.

    Parameters
    ----------
    scrubbed, weights, vectors, owners, number
        As of `label_clusters`.

    Returns
    -------
    pandas.DataFrame
        One row an example, sorted by ``number``, then ``kind``: ``"representative"`` (near the
        centre and unlike each other, the best first) or ``"border"`` (the others that lie
        farthest from the centre, the farthest first); ``rank`` from 1; ``question``. No
        question comes twice, so that small clusters have fewer.
    """
    shown = np.array(_on_one_line(scrubbed), dtype=object)
    near = closeness(vectors, owners, centres_of(vectors, weights, owners, number))
    order = np.argsort(owners, kind="stable")
    ends = np.searchsorted(owners[order], np.arange(number + 1))
    rows = [
        (cluster, kind, rank, question)
        for cluster in range(number)
        for kind, rank, question in _examples_of(
            order[ends[cluster] : ends[cluster + 1]], shown, near, vectors
        )
    ]
    return typed_table(rows, _EXAMPLES)


def _examples_of(
    members: Ints, shown: NDArray[Any], near: Floats, vectors: Vectors
) -> Iterator[tuple[str, int, str]]:
    """Yield kind, rank and text of the examples of one cluster."""
    # Questions that differ only in what was masked are one.
    _, first = np.unique(shown[members].astype(str), return_index=True)
    members = members[np.sort(first)]
    chosen = spread_out(vectors[members], near[members], _SHOWN)
    rest = np.delete(members, chosen)
    farthest = rest[np.argsort(np.round(near[rest], 5), kind="stable")[:_SHOWN]]
    for kind, rows in (("representative", members[chosen]), ("border", farthest)):
        for rank, row in enumerate(rows, start=1):
            yield kind, rank, str(shown[row])
