"""Find out by which of its dates the service filters conversations.

The documentation does not say. If it is not the creation date, windows asked for by
creation would come back short without any sign of it; a few requests settle it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.errors import RequestError, ResponseError
from chatdash_analysis.loading.fetching import COMBINATIONS, Fetched
from chatdash_analysis.loading.placing import placed
from chatdash_analysis.loading.windows import EPOCH, MILLISECOND, Window

if TYPE_CHECKING:
    from typing import Any

    import pyarrow as pa

    from chatdash_analysis.loading.fetching import Fetcher

__all__ = ["discover_habits", "settle_habits"]

DAY = timedelta(days=1)


def settle_habits(fetcher: Fetcher, fetched: Fetched) -> bool:
    """Learn the date filter from one of the rows fetched; say whether the rows must be had again.

    Does nothing when no row can tell: all dates of each row are the same.
    """
    row = _telling_row(fetched.tables)
    if row is None:
        return False
    try:
        _settle(fetcher, row)
    except (RequestError, ResponseError):
        # Not worth failing a load for; the next window tries again.
        return False
    fetcher.habits.known = True
    return not fetcher.habits.by_creation or fetcher.habits.pad > MILLISECOND


def discover_habits(fetcher: Fetcher) -> bool:
    """Look for a row that tells the date filter, wherever there is one.

    Where nothing came from the window asked for, the filter may be the reason.
    """
    now = datetime.now(UTC)
    for width in (30 * DAY, 365 * DAY, now - EPOCH):
        window = Window(now - width, now)
        try:
            answer = fetcher.ask(window, 1)
        except (RequestError, ResponseError):
            return False
        if len(answer.table):
            fetched = Fetched(window, 1, [placed(answer.table, window, 1)], [], [])
            return settle_habits(fetcher, fetched)
    return False


def _settle(fetcher: Fetcher, row: dict[str, Any]) -> None:
    habits, created = fetcher.habits, row["created_at"]
    if _finds(fetcher, row, created, timedelta(0)):
        return
    others = [row["ended_at"], row["updated_at"]]
    by_other = any(at is not None and _finds(fetcher, row, at, timedelta(0)) for at in others)
    if not by_other and _finds(fetcher, row, created, DAY):
        # Bounds are cut to whole days.
        habits.pad = DAY
    else:
        habits.by_creation = False


def _finds(fetcher: Fetcher, row: dict[str, Any], at: datetime, margin: timedelta) -> bool:
    window = Window(at - margin, at + margin)
    bit = next(bit for bit in COMBINATIONS if row["served"] & bit)
    answer = fetcher.ask(window, bit)
    return row["conversation_id"] in answer.table["conversation_id"].to_pylist()


def _telling_row(tables: list[pa.Table]) -> dict[str, Any] | None:
    """Return the row whose creation lies farthest from its other dates, if any differ."""
    best, distance = None, 2.0
    for table in tables:
        columns = table.select(
            ["conversation_id", "created_at", "ended_at", "updated_at", "served"]
        )
        apart = _distances(columns)
        place = int(np.argmax(apart)) if len(apart) else -1
        if place >= 0 and apart[place] > distance:
            best, distance = columns.slice(place, 1).to_pylist()[0], apart[place]
    return best


def _distances(columns: pa.Table) -> Any:
    """Milliseconds from the creation to the nearest other date; a missing date is far away."""
    stamps = {
        name: columns[name].to_numpy().astype("datetime64[us]")
        for name in ("created_at", "ended_at", "updated_at")
    }
    apart = [
        np.abs((stamps[name] - stamps["created_at"]) / np.timedelta64(1, "ms"))
        for name in ("ended_at", "updated_at")
    ]
    missing = np.isnat(stamps["created_at"])
    nearest = np.fmin(*apart)
    return np.where(missing, -1.0, np.where(np.isnan(nearest), 1e18, nearest))
