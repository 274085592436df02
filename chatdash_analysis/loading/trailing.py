"""How far back a refresh reads again: as far as verdicts have been seen to come late."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chatdash_analysis.errors import CacheError
from chatdash_analysis.settling.summary import settling_summary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pandas as pd

    from chatdash_analysis.loading.store import Store

__all__ = ["LONGEST", "SHORTEST", "trailing_windows"]

# Evaluations arrive up to days after a conversation; not all that changes is an evaluation, so
# that quick ones do not make the window shorter.
SHORTEST = timedelta(days=7)
LONGEST = timedelta(days=60)
# So many verdicts must tell when they came.
ENOUGH = 50
# What happened longer ago says little of how long verdicts take now.
_LOOKED_AT = 2 * LONGEST


def trailing_windows(store: Store, agents: Sequence[str], now: datetime) -> dict[str, timedelta]:
    """Return for each agent the window after which at most 1 % of its verdicts come.

    Between `SHORTEST` and `LONGEST`. Where verdicts still came when looking stopped, the
    window is twice as long, so that the next loads see further.
    """
    windows = dict.fromkeys(agents, SHORTEST)
    try:
        seen = store.sightings(agents, now - _LOOKED_AT, now)
    except CacheError:
        # Damage is mended by whoever reads the rows themselves.
        return windows
    sights = _slow(seen.to_pandas())
    if not len(sights):
        return windows
    summary = settling_summary(sights, by="agent_id", since="created_at", as_of=now)
    for row in summary[summary["n"] >= ENOUGH].itertuples():
        days = row.trailing_days * (2 if "cut_short" in row.flags else 1)
        windows[row.agent_id] = min(max(timedelta(days=days), SHORTEST), LONGEST)
    return windows


def _slow(sights: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of agents with a verdict that may be late; for others 7 days do anyway."""
    first, seen = sights["first_judged_at"], sights["last_seen_at"]
    followed = sights["last_unjudged_at"].notna() | (first < seen)
    late = first.where(followed, sights["updated_at"]) - sights["created_at"] > SHORTEST / 2
    agents = sights.loc[late & first.notna(), "agent_id"].unique()
    return sights[sights["agent_id"].isin(agents)].reset_index(drop=True)
