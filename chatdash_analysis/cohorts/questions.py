"""What is asked of a table of cohorts, checked before anything is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.arguments import check_level
from chatdash_analysis.cohorts.burn_in import check_burn_in
from chatdash_analysis.cohorts.contacts import DAY, as_instants, observed_until
from chatdash_analysis.counting import labels_of
from chatdash_analysis.errors import InputError
from chatdash_analysis.periods import microseconds, period_codes
from chatdash_analysis.rates import RATE_COLUMNS
from chatdash_analysis.tables import require_columns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from chatdash_analysis.cohorts.burn_in import BurnIn
    from chatdash_analysis.periods import Freq
    from chatdash_analysis.spans import Moment

__all__ = ["TIME", "Question", "eager_frame"]

TIME = "created_at"
_OWN = (
    "cohort", "cohort_label", "period", "period_label", "exposure", "last", "nobody",
    "rate_strict", "rate_loose", "rows", *RATE_COLUMNS,
)  # fmt: skip


def eager_frame(frame: Any, use: str) -> pd.DataFrame:
    """Return the frame; raise `InputError` unless it is a DataFrame."""
    if isinstance(frame, pd.DataFrame):
        return frame
    raise InputError(
        f"{use} needs a pandas.DataFrame, not {type(frame).__name__}: it follows people from one"
        " conversation to the next. Collect the columns that it needs into pandas."
    )


@dataclass(frozen=True)
class Question:
    """The arguments of `retention_table` and `cohort_metric`, checked."""

    use: str
    freq: Freq
    tz: str | tzinfo
    users: str
    window: str
    edges: list[int]
    as_of: pd.Timestamp | None
    burn_in: float | None  # days; NaN where the pauses have to tell it
    by: list[str]
    min_n: int
    level: float

    @classmethod
    def read(  # noqa: PLR0913 - as many as its users have
        cls,
        frame: Any,
        *,
        use: str,
        freq: Freq,
        tz: str | tzinfo,
        users: str,
        window: str,
        as_of: Moment | None,
        burn_in: BurnIn,
        min_n: int,
        level: float,
        brackets: Sequence[int] | None = None,
        by: str | Sequence[str] | None = None,
    ) -> Question:
        """Check the arguments; raise `InputError` or `MissingColumnsError`."""
        if freq not in ("D", "W", "M"):
            raise InputError(f"freq={freq!r} is none of D, W, M (day, week, month).")
        if window not in ("calendar", "rolling"):
            raise InputError(f"window={window!r} is neither 'calendar' nor 'rolling'.")
        names = labels_of(by or [], frame, _OWN)
        require_columns(frame, [*names, TIME], use)
        check_level(level)
        edges = _edges(brackets)
        return cls(
            use, freq, tz, users, "rolling" if edges else window, edges,
            observed_until(frame, TIME, as_of, tz), check_burn_in(burn_in), names, min_n,
            level,
        )  # fmt: skip

    def before(
        self, cohorts: pd.Series, facts: pd.DataFrame, days: float | None
    ) -> NDArray[np.bool_]:
        """Tell which cohorts begin less than so many days after the data."""
        start = facts["start"].dropna()
        if not days or start.empty:
            return np.zeros(len(cohorts), dtype=bool)
        # The last instant of the burn-in, not the first after it.
        last = as_instants(microseconds(start) + int(days * DAY) - 1)
        found: NDArray[np.bool_] = (cohorts <= period_codes(last, self.freq, self.tz)[0]).to_numpy(
            bool
        )
        return found


def _edges(brackets: Sequence[int] | None) -> list[int]:
    if brackets is None:
        return []
    edges = list(brackets)
    whole = all(isinstance(e, (int, np.integer)) and not isinstance(e, bool) for e in edges)
    if not edges or not whole or edges[0] < 1 or (np.diff(edges) < 1).any():
        raise InputError(
            f"brackets={brackets!r} are no ends of brackets. Give whole days since the first"
            " contact, ascending, such as (1, 3, 7, 14, 30)."
        )
    return [int(edge) for edge in edges]
