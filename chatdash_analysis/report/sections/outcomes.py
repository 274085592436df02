"""How far conversations get: reached, without a fault, with success; and why they end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.channels.outcomes import outcome_stages, stage_change
from chatdash_analysis.channels.reasons import ended_reasons
from chatdash_analysis.endings.families import ended_reason_families
from chatdash_analysis.errors import IncompleteError
from chatdash_analysis.plot.rates import plot_rates
from chatdash_analysis.plot.stages import plot_stages
from chatdash_analysis.privacy.verbatim import hide_rare
from chatdash_analysis.report.labels import plain_labels, shared_labels
from chatdash_analysis.report.parts import Figure, Section, Table
from chatdash_analysis.report.phrases import counted, listed, rate_of_n, shown
from chatdash_analysis.report.pictures import picture
from chatdash_analysis.report.wording import INTERVALS, code_words, no_conversations, records
from chatdash_analysis.showing.numbers import count, is_missing
from chatdash_analysis.text.scrubbing import scrub

if TYPE_CHECKING:
    from chatdash_analysis.report.parts import Material

__all__ = ["outcomes_section"]

_TITLE = "How far conversations get, and why they end"
_INTRO = (
    "A conversation succeeds if somebody is reached, no technical fault ends it, and it then goes"
    " well. The three shares multiply to the share of all, which counts those that reached nobody"
    " as well, and so is lower than success of those judged. Platforms judge by different rules, so"
    " each stands alone."
)
_STAGES = {
    "reached": "reaching somebody",
    "no_fault": "getting by without a technical fault",
    "success": "going well once somebody was reached",
}
# Neither the customer nor the agent made these end.
_TECHNICAL = ("carrier", "configuration", "platform", "provider")
# Sentences and pictures tell of so many platforms; the tables have all.
_SPOKEN = 6
_DRAWN = 8
# Of the side of the customer are calls that nobody answered, too.
_SIDES = {
    "customer": "customer (or nobody answered)",
    "human": "staff (such as transfers)",
    "unknown": "cannot be told",
}
_RATE = ["n", "successes", "unknown", "rate", "low", "high", "flags"]
_CHANGE = [
    "platform", "stage",
    "n_before", "rate_before", "low_before", "high_before",
    "n_after", "rate_after", "low_after", "high_after",
    "ratio", "ratio_low", "ratio_high", "flags",
]  # fmt: skip


def outcomes_section(material: Material) -> Section:
    """Say for each platform where conversations are lost, against the period before, and why.

    Returns
    -------
    Section
        Stages, their change, and the reasons why calls ended, by the side that ended them.
    """
    if material.current.empty:
        return Section("outcomes", _TITLE, [no_conversations(material.now.label)])
    material = replace(material, conversations=_labelled(material))
    stages = outcome_stages(material.current, outcome=material.outcome)
    changed, changes = _change(material)
    ended, reasons = _reasons(material)
    return Section(
        "outcomes",
        _TITLE,
        [_INTRO, *_stage_sentences(stages, material), *changed, *ended],
        [_stage_figure(stages, material), *changes, *reasons],
        _notes(stages),
    )


def _labelled(material: Material) -> pd.DataFrame:
    plain = plain_labels(material.conversations, ["platform"])
    return shared_labels(plain, ["platform"], material.min_users)


def _stage_sentences(stages: pd.DataFrame, material: Material) -> list[str]:
    return [_platform_words(name, rows, material) for name, rows in _largest(stages)]


def _platform_words(platform: Any, rows: pd.DataFrame, material: Material) -> str:
    overall = records(rows[rows["stage"] == "overall"])[0]
    silent = f" Of {count(overall['unknown'])} it is not known." if overall["unknown"] else ""
    start = f"On {shown(platform)} in {material.now.label}, the share that succeeded"
    if is_missing(overall["rate"]):
        return f"{start} {rate_of_n(None, None, None, overall['n'])}.{silent}"
    stages = rows[rows["stage"].ne("overall") & rows["rate"].notna()]
    weakest = records(stages.nsmallest(1, "rate"))[0]
    return (
        f"{start} is {_told(overall)}.{silent}"
        f" The weakest step is {_STAGES[weakest['stage']]}: {_told(weakest)} come through."
    )


def _told(row: dict[str, Any]) -> str:
    return rate_of_n(row["rate"], row["low"], row["high"], row["n"])


def _largest(table: pd.DataFrame, *, most: int = _SPOKEN) -> list[tuple[Any, pd.DataFrame]]:
    """Return the rows of each of the largest platforms, the largest first."""
    groups = list(table.groupby("platform", sort=True, dropna=False))
    return sorted(groups, key=lambda group: -group[1]["n"].max())[:most]


def _drawn(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the platforms that a picture has room for, as they stand."""
    rows = [rows for _, rows in _largest(table, most=_DRAWN)]
    return pd.concat(rows).sort_index().reset_index(drop=True)


def _stage_figure(stages: pd.DataFrame, material: Material) -> Figure:
    overall = stages[stages["stage"] == "overall"]
    told = [f"{shown(row['platform'])} {_told(row)}" for row in records(overall)[:_SPOKEN]]
    table = Table(
        f"Stages of conversations by platform, {material.now.label}",
        "outcome_stages: each stage counts only conversations that came through the one before;"
        " what is not known is left out. Overall is the product of the three, with how many"
        f" conversations are known to their end. {INTERVALS}",
        # A product is no number of successes divided by another.
        stages.assign(successes=stages["successes"].mask(stages["stage"] == "overall")),
        ["platform", "stage", *_RATE],
    )
    rows = _drawn(stages)
    drawn = picture(plot_stages, rows, size=(7.5, 1.3 + 0.28 * len(rows)))
    return Figure(drawn, f"Share that passes each stage. Of all, succeeded: {listed(told)}.", table)


def _change(material: Material) -> tuple[list[str], list[Table]]:
    """Return what is said of the period before, and the table behind it."""
    before = material.before.label
    if material.previous.empty:
        return [f"There are no conversations in {before} to compare with."], []
    try:
        table = stage_change(
            material.conversations,
            before=material.before.dates,
            after=material.now.dates,
            outcome=material.outcome,
            tz=material.tz,
        )
    except IncompleteError:
        return [f"{before} was not loaded in full, so there is nothing to compare with."], []
    method = (
        "stage_change: the rate after, as a multiple of the rate before (0.9 is a tenth less). The"
        " multiples of the three stages give that of overall, if they are multiplied."
    )
    caption = f"Change of each stage, {before} to {material.now.label}"
    ratios = Table(caption, method, _with_ratios(table), _CHANGE)
    return _change_sentences(table, material), [ratios]


def _with_ratios(table: pd.DataFrame) -> pd.DataFrame:
    # What is not recorded has not stayed as it was.
    logs = table[["log_change", "log_change_low", "log_change_high"]]
    ratios = np.exp(logs.mask(table["flags"].str.contains("not_recorded")))
    return table.assign(**{name.replace("log_change", "ratio"): ratios[name] for name in ratios})


def _change_sentences(table: pd.DataFrame, material: Material) -> list[str]:
    overall = table[table["stage"] == "overall"]
    known = overall["log_change_low"].notna() & overall["log_change_high"].notna()
    moved = known & ((overall["log_change_low"] > 0) | (overall["log_change_high"] < 0))
    # Four rows a platform, the product last.
    blocks = [table.iloc[place - 3 : place + 1] for place in np.flatnonzero(moved) * 4 + 3]
    sentences = [_moved_words(block, material) for block in blocks[:_SPOKEN]]
    for rows, words in (
        (overall[known & ~moved], "the difference may be chance"),
        (overall[~known], "too little is known to compare"),
    ):
        if len(rows):
            named = listed(shown(name) for name in rows["platform"][:_SPOKEN])
            more = " and others" if len(rows) > _SPOKEN else ""
            sentences.append(f"Against {material.before.label}, {words} on {named}{more}.")
    return sentences


def _moved_words(block: pd.DataFrame, material: Material) -> str:
    *stages, overall = records(block)
    was, now = (
        rate_of_n(*(overall[f"{name}_{period}"] for name in ("rate", "low", "high", "n")))
        for period in ("before", "after")
    )
    largest = max(stages, key=lambda row: row["share_of_change"])["stage"]
    return (
        f"On {shown(overall['platform'])} the share that succeeded went from {was} in"
        f" {material.before.label} to {now} in {material.now.label}, more than chance usually"
        f" makes. Most of it lies in {_STAGES[largest]}."
    )


def _reasons(material: Material) -> tuple[list[str], list[Figure | Table]]:
    """Return who ended calls, and why, with the platforms' own words where many had them."""
    families = ended_reasons(material.current)
    if families.empty:
        return ["No conversation has a reason why it ended; chats have none."], []
    # The same table, of sides in place of families.
    sides = ended_reasons(material.current, families=_sides())
    families = families.assign(reasons=_own_words(families, material))
    caption = f"Why calls ended, {material.now.label}"
    people = counted(material.min_users, "known person", many="known people")
    method = (
        "ended_reasons: the platforms' own words, put into families, as shares of the calls that"
        f" have a reason. Own words stand only where {people} or more had them."
    )
    columns = ["platform", "ended_family", "fault_side", "reasons", *_RATE]
    table = Table(caption, method, _with_sides(families), columns)
    return _side_sentences(sides), [_side_figure(sides, material), table]


def _with_sides(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(fault_side=table["fault_side"].replace(_SIDES))


def _sides() -> pd.DataFrame:
    known = ended_reason_families()
    return known.assign(family=known["fault_side"])


def _own_words(families: pd.DataFrame, material: Material) -> pd.Series:
    """Return the reasons of each row that enough people had, masked."""
    keys = ["platform", "ended_family", "fault_side"]
    held = material.current.assign(user_id=material.current["user_id"].astype("str"))
    common = hide_rare(held, "ended_reason", users="user_id", min_users=material.min_users)
    told = ended_reasons(common.astype({"ended_reason": "str"}))
    words = families[keys].merge(told[[*keys, "reasons"]], on=keys, how="left")["reasons"]
    masked = scrub(words.set_axis(families.index)).map(shown).map(_each_once)
    return masked.map(code_words).astype("str")


def _each_once(reasons: str) -> str:
    """Name once what differed only in what was masked."""
    return ", ".join(dict.fromkeys(reasons.split(", ")))


def _side_sentences(sides: pd.DataFrame) -> list[str]:
    return [_side_words(platform, rows) for platform, rows in _largest(sides)]


def _side_words(platform: Any, rows: pd.DataFrame) -> str:
    ordered = records(rows.sort_values(["successes", "fault_side"], ascending=[False, True]))
    technical = [row for row in ordered if row["fault_side"] in _TECHNICAL]
    others = [row for row in ordered if row not in technical][:2]
    ended = listed(f"{_side_name(row)} in {_told(row)}" for row in others)
    failed = listed(f"{_side_name(row)} in {count(row['successes'])}" for row in technical)
    parts = [
        f"with {ended}" if others else "",
        f"and, for technical reasons, with {failed}" if failed else "",
    ]
    told = "; ".join(filter(None, parts))
    return f"The reason why calls on {shown(platform)} ended lay {told}."


def _side_name(row: dict[str, Any]) -> str:
    side = row["fault_side"]
    return "nobody can tell whom" if side == "unknown" else f"the {_SIDES.get(side, side)}"


def _side_figure(sides: pd.DataFrame, material: Material) -> Figure:
    # The platforms' own words stay out: here nobody has counted who had them.
    sides = _with_sides(sides.drop(columns=["ended_family", "reasons"]))
    table = Table(
        f"Who ended calls, {material.now.label}",
        "ended_reasons: the side that made each reason happen, as a share of the calls that have a"
        " reason.",
        sides,
        ["platform", "fault_side", *_RATE],
    )
    rows = _drawn(sides)
    drawn = picture(
        plot_rates, rows, size=(7.5, 1.3 + 0.28 * len(rows)), label=["platform", "fault_side"]
    )
    told = " ".join(_side_sentences(sides))
    return Figure(drawn, f"Share of calls whose end lay with each side. {told}", table)


def _notes(stages: pd.DataFrame) -> list[str]:
    flags = ",".join(stages["flags"])
    found = {
        "small_n": "Where fewer than 10 conversations are known, no share is shown.",
        "not_recorded": "Chats give no reason why they ended, so that technical faults of such"
        " platforms cannot be told apart from other failures.",
    }
    return [words for flag, words in found.items() if flag in flags]
