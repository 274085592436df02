"""What sections say of a rate of success, in the words of a client."""

from __future__ import annotations

import re
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

    from chatdash_analysis.report.periods import Period

__all__ = [
    "FALSE_ALARMS",
    "HEADINGS",
    "INTERVALS",
    "PLATFORMS",
    "code_words",
    "level_words",
    "method_words",
    "money_range",
    "no_conversations",
    "points_range",
    "records",
    "success_words",
    "uneven_words",
]

INTERVALS = "Intervals of 95 % allow for people who come several times."
PLATFORMS = (
    "Platforms judge success by rules of their own. Differences between channels or agents of"
    " different platforms may be differences of the rules."
)
FALSE_ALARMS = (
    "Of findings as clear as one in the table, or clearer, its q value is the share that is"
    " expected to be chance."
)
# Headings that only an analyst would understand, in the words of a client.
HEADINGS = {
    "Adjusted difference": "Difference, like with like",
    "At risk": "Watched so long",
    "Change (log)": "Change (on a log scale)",
    "Column": "What is known",
    "Excluded": "Nothing to judge",
    "From the mix": "From other shares (mix)",
    "From within": "From other results (within)",
    "Provisional": "May still change",
    "Provisional since": "May change since",
    "Recontact rate": "Share that came back",
    "Shrunken rate": "Rate by which they rank",
    "q value": "Expected to be chance (q value)",
}
_LEVELS = {"[absent]": "no value", "[other]": "other values"}
_HIDDEN = re.compile(r"\[hidden (\d+)\]")
_CODE = re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b")
_METHOD = re.compile(r"([a-z]+(?:_[a-z]+)*): (.)(.*)", re.DOTALL)


def level_words(level: str) -> str:
    """Return the level of a field in words: ``[absent]`` is ``no value``."""
    return _HIDDEN.sub(r"rare value \1", _LEVELS.get(level, level))


def code_words(text: str) -> str:
    """Return a text with its codes in words: ``user_hangup`` is ``user hangup``."""
    return _CODE.sub(lambda code: code[0].replace("_", " "), text)


def method_words(method: str) -> str:
    """Return how a table was made, with the public function behind the words."""
    match = _METHOD.fullmatch(method)
    if match is None:
        return method
    function, first, rest = match.groups()
    return f"{first.upper()}{rest} (Function: {function}.)"


def no_conversations(label: str) -> str:
    """Return the sentence of a section that has nothing to count."""
    return f"The data hold no conversations from {label}."


def uneven_words(now: Period, before: Period) -> str:
    """Return a sentence on periods of different length; nothing where they are equally long."""
    if now.days == before.days:
        return ""
    length = f"{count(now.days)} {'day' if now.days == 1 else 'days'}"
    return (
        f"{now.label} has {length} and {before.label} {count(before.days)}: compare totals by the"
        " day, not as they stand."
    )


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
