"""Labels as categories: only those that several people share, the others pooled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from chatdash_analysis.text.forms import changed, tidied
from chatdash_analysis.text.scrubbing import scrub

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LEAST_PEOPLE", "LEAST_ROWS", "OTHER", "Levels", "are_shared", "levelled"]

# A rarer level teaches nothing, and may name a person.
LEAST_ROWS = 10
LEAST_PEOPLE = 5
OTHER = "other"


class Levels(NamedTuple):
    """Labels as categories.

    Attributes
    ----------
    series : pandas.Series
        ``category``, its levels sorted; a missing label is missing.
    own : int
        How many levels are labels of their own, beside "other".
    """

    series: pd.Series
    own: int


def levelled(labels: pd.Series, people: NDArray[np.int64], *, personal: bool) -> Levels:
    """Turn labels into categories.

    Parameters
    ----------
    labels : pandas.Series
        Texts, some of them missing.
    people : numpy.ndarray
        The number of the person of each row.
    personal : bool
        Whether the labels may hold personal data: those in which `scrub` finds some
        are pooled as well.
    """
    codes, levels = pd.factorize(labels, sort=True)
    kept = _shared(codes, levels, people, personal=personal)
    names = np.where(kept, np.asarray(levels, dtype=object), OTHER)
    known = sorted(set(names))
    place = np.append(np.searchsorted(known, names), -1)[codes] if len(names) else codes
    categories = pd.Index(known, dtype="str")
    series = pd.Series(pd.Categorical.from_codes(place, categories=categories))
    return Levels(series, int(kept.sum()))


def are_shared(
    labels: pd.Series, people: NDArray[np.int64], *, personal: bool
) -> NDArray[np.bool_]:
    """Tell which labels would be levels of their own."""
    codes, levels = pd.factorize(labels, sort=True)
    shared = np.append(_shared(codes, levels, people, personal=personal), False)
    return np.asarray(shared[codes])


def _shared(
    codes: NDArray[np.int64], levels: pd.Index, people: NDArray[np.int64], *, personal: bool
) -> NDArray[np.bool_]:
    kept = _common(codes, people, len(levels))
    return kept & _harmless(pd.Series(levels, dtype="str"), kept) if personal else kept


def _common(codes: NDArray[np.int64], people: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    known = codes >= 0
    rows = np.bincount(codes[known], minlength=size)
    pairs = pd.DataFrame({"level": codes[known], "person": people[known]}).drop_duplicates()
    persons = np.bincount(pairs["level"].to_numpy(), minlength=size)
    return np.asarray((rows >= LEAST_ROWS) & (persons >= LEAST_PEOPLE))


def _harmless(levels: pd.Series, asked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell in which levels nothing has to be masked; only those asked for are looked at."""
    seen = levels[asked]
    same = np.zeros(len(levels), dtype=bool)
    same[asked] = scrub(seen).eq(changed(seen, tidied)).to_numpy(dtype=bool)
    return same
