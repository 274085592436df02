"""How long after the data begin somebody seen for the first time may not be new."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import numpy as np

from chatdash_analysis.cohorts.contacts import DAY
from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.cohorts.contacts import Contacts

__all__ = ["BurnIn", "burn_in_days", "check_burn_in", "return_gaps"]

BurnIn = Literal["auto"] | timedelta | None

# Of those who come back, at most this share stays away for longer than the burn-in.
_STILL_AWAY = 0.05


def check_burn_in(burn_in: BurnIn) -> float | None:
    """Return days; None where there is no burn-in, NaN where the gaps have to tell it.

    Raises
    ------
    InputError
        If it is neither "auto" nor a timedelta nor None.
    """
    if burn_in is None:
        return None
    if isinstance(burn_in, str) and burn_in == "auto":
        return float("nan")
    if isinstance(burn_in, timedelta) and burn_in >= timedelta(0):
        return burn_in / timedelta(days=1)
    raise InputError(
        f"burn_in={burn_in!r} is no stretch of time. Give pd.Timedelta(days=90), for example,"
        " 'auto' for one learnt from the pauses of people who came back, or None."
    )


def burn_in_days(contacts: Contacts) -> float:
    """Return after how many days hardly anybody who comes back is still away.

    Pauses between two contacts are followed up until the data end, so that those that last
    still count (Kaplan and Meier). Of the pauses that end within the data, at most 5 in
    100 are longer than the answer. So about 5 in 100 of the people known before the data
    began are still taken for new; what share of the new they make depends on how many
    there were.
    """
    from scipy.stats import CensoredData, ecdf

    days, ended = return_gaps(contacts)
    if not ended.any():
        return 0.0
    curve = ecdf(CensoredData(days[ended], right=days[~ended])).sf
    # Whoever never comes back is not mistaken for somebody new.
    never = curve.probabilities[-1]
    away = (curve.probabilities - never) / (1 - never)
    return float(curve.quantiles[np.flatnonzero(away <= _STILL_AWAY)[0]])


def return_gaps(contacts: Contacts) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the days from each contact to the person's next, or else to the data's end.

    The second array tells whether there was a next one.
    """
    order = np.lexsort((contacts.micros, contacts.people))
    people, micros = contacts.people[order], contacts.micros[order]
    ended = people[1:] == people[:-1]
    following = np.append(np.where(ended, micros[1:], contacts.end), contacts.end)
    return (following - micros) / DAY, np.append(ended, np.zeros(len(contacts.end), dtype=bool))
