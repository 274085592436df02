"""Agents side by side: a table that small ones cannot lead by luck, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatdash_analysis.league import league_table
from chatdash_analysis.report.labels import (
    AGENT,
    largest,
    plain_labels,
    several,
    shared_labels,
    with_agents,
)
from chatdash_analysis.report.parts import Table
from chatdash_analysis.report.phrases import listed, rate_of_n, shown
from chatdash_analysis.report.rate_figures import rates_part
from chatdash_analysis.report.wording import INTERVALS, records
from chatdash_analysis.showing.numbers import count

if TYPE_CHECKING:
    import pandas as pd

    from chatdash_analysis.report.parts import Figure, Material

__all__ = ["agent_parts"]

_PLATFORM = "platform"
# Of so many agents sentences speak; the table has all.
_SPOKEN = 4


def agent_parts(material: Material) -> tuple[list[str], list[Figure | Table]]:
    """Return what is said of the agents of the period, with the parts; nothing of one alone."""
    current = material.current
    if not several(current, "agent_id"):
        return [], []
    frame = plain_labels(with_agents(current), [_PLATFORM])
    frame = shared_labels(frame, [_PLATFORM], material.min_users)
    apart = _PLATFORM if several(frame, _PLATFORM) else None
    league = league_table(frame, AGENT, outcome=material.outcome, apart_by=apart)
    return [_words(league)], [_part(league, apart, material)]


def _words(league: pd.DataFrame) -> str:
    agents = f"{count(league[AGENT].nunique(dropna=False))} agents took part."
    ranked = _ranked(league)
    if ranked.empty:
        return f"{agents} No agent can be compared with another: {_why_not(league)}."
    beyond = ranked[ranked["flags"].str.contains("outside_998")]
    if beyond.empty:
        return (
            f"{agents} No agent is outside of the range that is expected of agents like the others,"
            " so that their order may be chance."
        )
    told = [_agent_words(row) for row in records(largest(beyond, "n", most=_SPOKEN)[0])]
    more = len(beyond) - len(told)
    rest = [f"{count(more)} more"] if more else []
    return f"{agents} Far outside of the range that is expected: {listed([*told, *rest])}."


def _ranked(league: pd.DataFrame) -> pd.DataFrame:
    """Return the agents that have others to be compared with."""
    return league[league["rank"].notna() & ~league["flags"].str.contains("single")]


def _why_not(league: pd.DataFrame) -> str:
    if not league["n"].sum():
        return "no success has been judged"
    return "on each platform one alone is judged, and platforms judge by rules of their own"


def _agent_words(row: dict[str, Any]) -> str:
    return f"{shown(row[AGENT])} with {rate_of_n(row['rate'], row['low'], row['high'], row['n'])}"


def _part(league: pd.DataFrame, apart: str | None, material: Material) -> Figure | Table:
    labels = [AGENT] if apart is None else [apart, AGENT]
    about = _table(league, labels, material)
    # What a league says of a group is in the table.
    return rates_part(league.drop(columns="flags"), about, labels=labels, size="n")


def _table(league: pd.DataFrame, labels: list[str], material: Material) -> Table:
    caption = f"Success by agent, {material.now.label}"
    counts = ["n", "unknown", "rate"]
    if _ranked(league).empty:
        method = f"league_table: success of those judged. {INTERVALS}"
        return Table(caption, method, league, [*labels, *counts])
    inside = "" if labels == [AGENT] else " Each platform is a league of its own, as its rules are."
    method = (
        "league_table: ranks are by a rate that is pulled towards that of all agents, the more the"
        " fewer are judged, so that no small agent leads by luck (a shrunken rate). "
    )
    compared = ["shrunken_rate", "limit_low_998", "flags"]
    return Table(
        caption, f"{method}{INTERVALS}{inside}", league, [*labels, "rank", *counts, *compared]
    )
