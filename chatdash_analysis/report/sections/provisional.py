"""Which weeks of the period may still change, because verdicts are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.plot.settling import plot_settling
from chatdash_analysis.report.parts import Figure, Section, Table
from chatdash_analysis.report.phrases import counted, listed, of_n
from chatdash_analysis.report.pictures import picture
from chatdash_analysis.report.wording import no_conversations, records
from chatdash_analysis.segments import rates_by
from chatdash_analysis.settling.curve import settling_curve
from chatdash_analysis.settling.provisional import provisional_periods
from chatdash_analysis.settling.summary import settling_summary
from chatdash_analysis.showing.numbers import count, days, is_missing, moment, percent

if TYPE_CHECKING:
    from chatdash_analysis.report.parts import Material

__all__ = ["provisional_section"]

_TITLE = "What may still change"
_JUDGED = "evaluation_is_success"
_TARGET = 0.95
_WEEKS = 4
_INTRO = (
    "Rates of success may still change: the verdict on a conversation comes some time after it, and"
    " until then its outcome is unknown. How many conversations there were does not change."
)


def provisional_section(material: Material) -> Section:
    """Say which weeks are provisional, or how much has no verdict where that cannot be told.

    Returns
    -------
    Section
        The delay of verdicts, and the weeks of the period with a mark.
    """
    if material.current.empty:
        return Section("provisional", _TITLE, [no_conversations(material.now.label)])
    weeks, silent = _without_verdict(material)
    if not weeks.frame["unknown"].any():
        nothing = f"No conversation of {material.now.label} lacks a verdict: nothing is open."
        return Section("provisional", _TITLE, [nothing], [weeks])
    curve = _curve(material)
    if curve is None:
        reason = _reason(material)
        return Section("provisional", _TITLE, [_INTRO, reason, *silent], [weeks])
    marked = provisional_periods(
        material.current, curve, outcome=material.outcome, target=_TARGET, tz=material.tz
    )
    parts: list[Figure | Table] = [_marks(marked, material), _figure(curve), weeks]
    words = _week_words(marked, material)
    if marked["provisional"].eq(other=False).all():
        return Section("provisional", _TITLE, [*words, _unjudged(weeks)], parts, _notes(curve))
    told = [_INTRO, *_delay_words(material), *words, *silent]
    return Section("provisional", _TITLE, told, parts, _notes(curve))


def _curve(material: Material) -> pd.DataFrame | None:
    """Return how verdicts arrive; None where too little was seen to tell."""
    sightings = _own(material)
    if sightings is None or sightings.empty or material.outcome != _JUDGED:
        return None
    curve = settling_curve(sightings, by=None)
    return None if curve.empty or "few_verdicts" in curve["flags"].iloc[0] else curve


def _own(material: Material) -> pd.DataFrame | None:
    """Return the sightings of the agents of the report."""
    if material.sightings is None:
        return None
    agents = material.conversations["agent_id"].unique()
    return material.sightings[material.sightings["agent_id"].isin(agents)]


def _reason(material: Material) -> str:
    if material.outcome != _JUDGED:
        return "When this outcome arrives was not noted, so no week can be called final."
    if material.sightings is None:
        return "When verdicts arrived was not noted, so no week can be called final."
    return "Too few verdicts were seen to arrive, so no week can be called final."


def _without_verdict(material: Material) -> tuple[Table, list[str]]:
    """Return the conversations without a verdict by local week, and what is said of the last."""
    local = material.current["created_at"].dt.tz_convert(material.tz).dt.tz_localize(None)
    monday = local.dt.normalize() - pd.to_timedelta(local.dt.day_of_week, unit="D")
    table = rates_by(material.current.assign(week=monday), "week", outcome=material.outcome)
    table = table.assign(week=_week_names(table["week"], material))
    last = records(table.tail(_WEEKS))
    told = listed(_silent_words(row) for row in last)
    caption = f"Conversations with and without a verdict by week, {material.now.label}"
    method = "rates_by: known ones have a verdict, unknown ones could have one; weeks from Monday."
    columns = ["week", "n", "successes", "unknown", "rate", "low", "high", "flags"]
    sentence = f"Without a verdict so far, by the first day of the week: {told}."
    return Table(caption, method, table, columns), [sentence]


def _unjudged(weeks: Table) -> str:
    unknown = weeks.frame["unknown"].sum()
    possible = counted(unknown + weeks.frame["n"].sum(), "conversation")
    return (
        f"Of {possible} that could have a verdict, {count(unknown)} have none, and most of these"
        " will hardly get one."
    )


def _week_names(mondays: pd.Series, material: Material) -> pd.Series:
    return mondays.map(lambda monday: material.now.week_name(monday.date())).astype("str")


def _silent_words(row: dict[str, Any]) -> str:
    possible = row["n"] + row["unknown"]
    if not possible:
        return f"none of 0 from {row['week']}"
    return (
        f"{count(row['unknown'])} of {count(possible)} ({percent(row['unknown'] / possible)}) from"
        f" {row['week']}"
    )


def _delay_words(material: Material) -> list[str]:
    summary = records(settling_summary(_own(material), by=None, target=_TARGET))[0]
    if is_missing(summary["settled_after_days"]):
        return []
    told = (
        f"{percent(_TARGET)} of verdicts are there {days(summary['settled_after_days'])} after the"
        f" end of the conversation (n = {counted(summary['n'], 'verdict')})."
    )
    if is_missing(summary["never"]):
        return [told]
    never = f"{percent(summary['never'])} (n = {count(summary['never_n'])}) never get one."
    return [
        told,
        f"Of conversations that were watched for long enough, those with nobody included, {never}",
    ]


def _week_words(marked: pd.DataFrame, material: Material) -> list[str]:
    open_ = marked[marked["provisional"].fillna(value=True)]
    if open_.empty:
        return ["The verdicts that can be expected are there, so the weeks will hardly change."]
    names = _week_names(open_["period"], material)
    named = listed(
        f"{name} ({percent(settled)} of its verdicts are expected to be there)"
        for name, settled in zip(names, open_["settled"], strict=True)
    )
    weeks = "The week from" if len(open_) == 1 else "The weeks from"
    return [f"{weeks} {named} may still change.", *_until_words(open_["period"].max(), material)]


def _until_words(monday: pd.Timestamp, material: Material) -> list[str]:
    """Say when the last of the weeks will hardly change any more."""
    summary = records(settling_summary(_own(material), by=None, target=_TARGET))[0]
    if is_missing(summary["settled_after_days"]):
        return []
    end = material.now.end.tz_convert(material.tz).tz_localize(None)
    over = min(monday + pd.Timedelta(days=7), end)
    day = (over + pd.Timedelta(days=summary["settled_after_days"])).ceil("D")
    words = f"Nearly all of their verdicts should be there by {moment(day)}"
    return [f"{words}: make the report again then."]


def _marks(marked: pd.DataFrame, material: Material) -> Table:
    return Table(
        f"Weeks of {material.now.label} that may still change",
        "provisional_periods: a week may still change if fewer than"
        f" {percent(_TARGET)} of verdicts are expected at the age of any of its conversations;"
        " weeks from Monday.",
        marked.assign(period=_week_names(marked["period"], material)),
        # Without a verdict are here also those that can have none.
        ["period", "conversations", "settled", "provisional", "flags"],
        open=True,
        headings={"Settled": "Verdicts there of those expected"},
    )


def _figure(curve: pd.DataFrame) -> Figure:
    table = Table(
        "Share of verdicts that have arrived by each delay",
        "settling_curve: from when each conversation was seen without and first with a verdict;"
        " young conversations show only short delays, which is taken into account.",
        curve,
    )
    told = [
        f"{percent(row['settled'])} {of_n(row['low'], row['high'], row['n'])} after"
        f" {days(row['delay_days'])}"
        for row in records(curve[curve["delay_days"].isin([1.0, 3.0, 7.0])])
    ]
    alt = f"Share of verdicts that have arrived by each delay: {listed(told) or 'see the table'}."
    return Figure(picture(plot_settling, curve, target=_TARGET), alt, table)


def _notes(curve: pd.DataFrame) -> list[str]:
    flags = curve["flags"].iloc[0]
    found = {
        "upper_bound": "The time of the last change stands for when a verdict came: it may have"
        " come earlier, so that more weeks are marked than need be.",
        "coarse": "The data were loaded too seldom to tell shorter delays.",
        "cut_short": "Verdicts still came when they were looked for last: some take longer.",
    }
    return [words for flag, words in found.items() if flag in flags]
