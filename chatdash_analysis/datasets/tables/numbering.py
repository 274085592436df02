"""Whole numbers that name things: phones, customers, orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["numbers_something"]

# Six digits: what is counted or measured in conversations is smaller.
_LONG = 100_000
# Seven digits: of phones, the same few may come again and again.
_PHONE = 1_000_000
_ROUND = 1_000
_LEAST_PEOPLE = 20
_OWN = 0.8
_SAME = 0.95
# Fewer people who come back do not show whether a number stays with its person.
_LEAST_BACK = 5
_DIGITS, _LEAST_DIGITS = 0.9, 4
# Numbers drawn from four times as many come twice more often than in 5 % of cases.
_SERIAL, _SPREAD = 0.95, 4


def numbers_something(values: pd.Series, people: NDArray[np.int64]) -> str:
    """Say why numbers are no measure but names of things; "" if they are a measure.

    Parameters
    ----------
    values : pandas.Series
        Numbers, some of them missing.
    people : numpy.ndarray
        The number of the person of each row.
    """
    if values.dtype != np.float64:
        return ""
    there = values.notna().to_numpy()
    known, persons = values.to_numpy()[there], people[there]
    if len(known) < 2 or not (known == np.rint(known)).all():
        return ""
    if _is_long(known):
        return "looks like numbers of orders, phones or times"
    if _is_own(known, persons):
        return "nearly every person has a whole number of their own, as customers have"
    if _is_serial(known, persons):
        return "nearly every conversation has a whole number of its own, as orders have"
    return ""


def _is_long(known: NDArray[np.float64]) -> bool:
    size = np.median(np.abs(known))
    if size >= _LONG and len(np.unique(known)) > len(known) / 2:
        return True
    # Large amounts of money mostly are round.
    return bool(size >= _PHONE and np.mean(known % _ROUND == 0) <= 1 / 2)


def _is_own(known: NDArray[np.float64], persons: NDArray[np.int64]) -> bool:
    """Tell whether people have a number each, and keep it from one conversation to the next.

    Where too few come back, numbers of customers are known by having equally many digits;
    seconds or prices mostly do not.
    """
    names, rows = np.unique(persons, return_counts=True)
    if len(names) < _LEAST_PEOPLE or len(np.unique(known)) <= _OWN * len(names):
        return False
    back = rows > 1
    if back.sum() < _LEAST_BACK:
        digits = np.floor(np.log10(np.maximum(np.abs(known), 1))).astype(np.int64) + 1
        common = np.bincount(digits)
        return bool(common.argmax() >= _LEAST_DIGITS and common.max() >= _DIGITS * len(known))
    pairs = np.unique(np.column_stack([persons, known]), axis=0)
    held = np.unique(pairs[:, 0], return_counts=True)[1]
    return bool(np.mean(held[back] == 1) >= _SAME)


def _is_serial(known: NDArray[np.float64], persons: NDArray[np.int64]) -> bool:
    """Tell whether hardly any number comes twice, though there are not many more of them."""
    dense = np.ptp(known) < _SPREAD * len(known)
    own = len(np.unique(known)) > _SERIAL * len(known)
    return bool(dense and own and len(np.unique(persons)) >= _LEAST_PEOPLE)
