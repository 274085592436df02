"""Made-up conversations whose verdicts come after delays that are known, and looks at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

START = pd.Timestamp("2026-01-01", tz="UTC")
NAT = float("nan")


def instants(days: ArrayLike) -> pd.Series:
    """Return instants so many days after START."""
    micros = pd.Series(np.rint(np.asarray(days, dtype="float64") * 86_400e6))
    return START + pd.to_timedelta(micros.astype("Int64"), unit="us").astype("timedelta64[us]")


def sights(
    created: ArrayLike, unjudged: ArrayLike, first: ArrayLike, last: ArrayLike, **columns: object
) -> pd.DataFrame:
    """Return a table as `load_sightings` returns it, of times in days."""
    number = len(np.asarray(created))
    times = {
        "created_at": created,
        "ended_at": created,
        "updated_at": columns.pop("updated", np.full(number, NAT)),
        "last_unjudged_at": unjudged,
        "first_judged_at": first,
        "last_seen_at": last,
    }
    frame = pd.DataFrame({
        "conversation_id": [f"c{place}" for place in range(number)],
        "agent_id": "a",
        **{name: instants(days) for name, days in times.items()},  # type: ignore[arg-type]
        **columns,
    })  # fmt: skip
    return frame.astype({"conversation_id": "str", "agent_id": "str"})


def looked_at(
    created: Floats, arrived: Floats, *, days: float, every: float, trailing: float
) -> pd.DataFrame:
    """Look every so many days, again at what was looked at less than `trailing` after it began.

    `arrived` is when the verdict came, infinite for none.
    """
    unjudged, first, last = (np.full(len(created), NAT) for _ in range(3))
    for now in np.arange(every, days + 1e-9, every):
        due = (created < now) & ~(last - created >= trailing)
        there = arrived <= now
        first = np.where(due & there & np.isnan(first), now, first)
        unjudged = np.where(due & ~there, now, unjudged)
        last = np.where(due, now, last)
    known = ~np.isnan(last)
    return sights(created[known], unjudged[known], first[known], last[known])
