"""What the checks of a data set found: one row a finding, or that there was none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from chatdash_analysis.tables import typed_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["FINDING_DTYPES", "Finding", "Status", "findings_table", "numbered"]

# "unchecked" is neither good nor bad: too little data, or not asked for.
Status = Literal["ok", "warning", "leak", "unchecked"]

FINDING_DTYPES = {
    "check": "str",
    "split": "str",
    "side": "str",
    "feature": "str",
    "value": "float64",
    "low": "float64",
    "high": "float64",
    "limit": "float64",
    "n": "int64",
    "people": "int64",
    "status": "str",
    "advice": "str",
}
_NAN = float("nan")


class Finding(NamedTuple):
    """One row of `leak_lint`; see there."""

    check: str
    status: Status
    advice: str
    split: str = ""
    side: str = ""
    feature: str | None = None
    value: float = _NAN
    low: float = _NAN
    high: float = _NAN
    limit: float = _NAN
    n: int = 0
    people: int = 0


def findings_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """Return findings as a table, in their order."""
    return typed_table([finding._asdict() for finding in findings], FINDING_DTYPES)


def numbered(number: int, what: str) -> str:
    """Return "1 row", "2 rows"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
