"""What sections say of a rate of success, in the words of a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatdash_analysis.report.phrases import rate_of_n
from chatdash_analysis.showing.numbers import (
    count,
    interval,
    is_missing,
    money,
    points,
    with_interval,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "INTERVALS",
    "PLATFORMS",
    "money_range",
    "no_conversations",
    "points_range",
    "records",
    "success_words",
]

INTERVALS = "Intervals of 95 % allow for people who come several times."
PLATFORMS = (
    "Platforms judge success by rules of their own. Differences between channels or agents of"
    " different platforms may be differences of the rules."
)


def no_conversations(label: str) -> str:
    """Return the sentence of a section that has nothing to count."""
    return f"The data hold no conversations from {label}."


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table."""
    return list(table.to_dict("records"))


def success_words(row: dict[str, Any]) -> str:
    """Return which share of those judged succeeded, and how many are not judged."""
    if not row["n"]:
        unknown = row["unknown"]
        return f"none of {count(unknown)} has been judged" if unknown else "nothing to judge"
    return f"{_judged_words(row)}{_unknown_words(row['unknown'])}"


def _judged_words(row: dict[str, Any]) -> str:
    if is_missing(row["rate"]):
        have = "has" if row["n"] == 1 else "have"
        return f"only {count(row['n'])} {have} been judged, too few for a rate"
    told = rate_of_n(row["rate"], row["low"], row["high"], row["n"])
    return f"of those judged, {told} succeeded"


def _unknown_words(unknown: int) -> str:
    if not unknown:
        return ""
    return f"; {count(unknown)} {'is' if unknown == 1 else 'are'} not judged"


def points_range(row: dict[str, Any], name: str) -> str:
    """Return a difference in points with its interval: ``-1.8 points (-7.2 to +3.0)``."""
    limits = interval(
        row[f"{name}_low"], row[f"{name}_high"], lambda end: points(end).removesuffix(" points")
    )
    return with_interval(points(row[name]), limits)


def money_range(row: dict[str, Any], name: str) -> str:
    """Return an amount with its unit and interval: ``1.03 dollars (0.82 to 1.30)``."""
    unit = row["cost_unit"]
    limits = interval(
        row[f"{name}_low"],
        row[f"{name}_high"],
        lambda end: money(end, unit).removesuffix(f" {unit}"),
    )
    return with_interval(money(row[name], unit), limits)
