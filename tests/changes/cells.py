"""Conversations of April and May, cell by cell, and the change between the months."""

from __future__ import annotations

import pandas as pd

from chatdash_analysis.changes.explaining import explain_change

BEFORE, AFTER = ("2026-04-01", "2026-05-01"), ("2026-05-01", "2026-06-01")
APRIL, MAY = "2026-04-15T12:00Z", "2026-05-15T12:00Z"


def conversations_of(cells: dict, *, by: str = "channel", dtype: str = "str") -> pd.DataFrame:
    """One conversation for each outcome: {label: (those of April, those of May)}.

    Outcomes are text: 1 is a success, 0 a failure, ? is unknown, - could not have one.
    """
    rows = [
        (label, instant, {"1": True, "0": False}.get(outcome), outcome != "-")
        for label, periods in cells.items()
        for instant, outcomes in zip((APRIL, MAY), periods, strict=True)
        for outcome in outcomes
    ]
    frame = pd.DataFrame(rows, columns=[by, "created_at", "evaluation_is_success", "interacted"])
    return frame.assign(
        **{by: frame[by].astype(dtype)},
        created_at=pd.to_datetime(frame["created_at"], utc=True).astype("datetime64[us, UTC]"),
        evaluation_is_success=frame["evaluation_is_success"].astype("boolean"),
        interacted=frame["interacted"].astype("boolean"),
        user_id=pd.Series([f"u{k}" for k in range(len(frame))], dtype="str"),
    )


def explained(frame: pd.DataFrame, by="channel", **more) -> pd.DataFrame:
    options = {"before": BEFORE, "after": AFTER, "n_boot": 100} | more
    return explain_change(frame, by=by, **options)


EXAMPLE = {
    "web": ("1" * 560 + "0" * 140, "1" * 332 + "0" * 68),
    "phone": ("1" * 135 + "0" * 165, "1" * 282 + "0" * 318),
}
