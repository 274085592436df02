"""Channels, agents and countries: how many conversations, how they go, what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatdash_analysis.channels.summary import channel_summary, country_summary
from chatdash_analysis.report.agents import agent_parts
from chatdash_analysis.report.labels import by_size, plain_labels, several, shared_labels
from chatdash_analysis.report.parts import Section, Table
from chatdash_analysis.report.phrases import counted, listed, of_n, shown
from chatdash_analysis.report.rate_figures import rates_part
from chatdash_analysis.report.wording import (
    INTERVALS,
    PLATFORMS,
    money_range,
    no_conversations,
    records,
    success_words,
)
from chatdash_analysis.showing.numbers import (
    count,
    interval,
    is_missing,
    minutes,
    percent,
    with_interval,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from chatdash_analysis.report.parts import Figure, Material

__all__ = ["channels_section"]

_TITLE = "Channels"
_LABELS = ("channel", "platform", "country_code")
# Of so many groups sentences speak; the tables have all.
_SPOKEN = 6
_NO_COUNTRY = "(not known)"
# A mean of fewer says little.
_FEWEST = 10
_RATE = ("conversations", "share", "n", "unknown", "rate", "flags")
_SIDES = {
    "handoff_rate": (
        "handoff_n", "Hand-off to a person",
        "chats in a text agent's widget in which a person was asked to take over",
    ),
    "no_answer_rate": (
        "no_answer_n", "Unanswered calls",
        "calls that were not answered, if the service says so; why a call ended does not count",
    ),
    "duration_minutes_mean": (
        "duration_minutes_n", "Mean length", "the mean over conversations that have a length"
    ),
}  # fmt: skip
_NOTES = {
    "small_n": "Where fewer than 10 conversations are judged, no rate is shown.",
    "no_handoff_seen": "Where no hand-off was seen, the widget may be one that does not tell.",
    "reach_not_loaded": "Nothing tells that conversations without interaction were loaded, so it is"
    " not known how many calls were not answered.",
    "odd_cost_unit": "Where the unit of costs is unclear, they are not added up.",
}


def channels_section(material: Material) -> Section:
    """Say how many conversations each channel has, how they go, and what a success costs.

    Returns
    -------
    Section
        Channels, agents where there are several, costs, and countries where there are several.
    """
    current = shared_labels(plain_labels(material.current, _LABELS), _LABELS, material.min_users)
    if current.empty:
        return Section("channels", _TITLE, [no_conversations(material.now.label)])
    channels = _summary(current, ["channel"], material)
    costs = _summary(current, ["platform", "channel"], material)
    agent_words, agents = agent_parts(material)
    country_words, countries = _countries(current, material)
    sentences = [_overview(channels, material), *_channel_words(channels)]
    return Section(
        "channels",
        _TITLE,
        [*sentences, *_cost_words(costs), *agent_words, *country_words],
        [_channel_part(channels, material), *_more(channels, costs, material), *agents, *countries],
        _notes(channels, costs),
    )


def _summary(current: pd.DataFrame, by: list[str], material: Material) -> pd.DataFrame:
    return by_size(channel_summary(current, by, outcome=material.outcome), "conversations")


def _overview(channels: pd.DataFrame, material: Material) -> str:
    total = channels[["conversations", "n", "unknown", "excluded"]].sum()
    more = len(channels) > _SPOKEN
    return (
        f"{material.now.label} has {counted(total['conversations'], 'conversation')} in"
        f" {counted(len(channels), 'channel')}. Success is counted of those judged:"
        f" {_are(total['n'])} judged, {_are(total['unknown'])} not, and in"
        f" {count(total['excluded'])} there was nothing to judge, as nobody answered or wrote."
        f"{f' The {_SPOKEN} largest follow; the table has all.' if more else ''}"
    )


def _are(number: int) -> str:
    return f"{count(number)} {'is' if number == 1 else 'are'}"


def _channel_words(channels: pd.DataFrame) -> list[str]:
    return [" ".join(_of_channel(row)) for row in _spoken(channels)]


def _spoken(table: pd.DataFrame) -> list[dict[str, Any]]:
    return records(table.iloc[:_SPOKEN])


def _of_channel(row: dict[str, Any]) -> Iterator[str]:
    yield (
        f"{shown(row['channel'])}: {counted(row['conversations'], 'conversation')}"
        f" ({percent(row['share'])} of all); {success_words(row)}."
    )
    if not is_missing(row["handoff_rate"]):
        told = f"{_share(row, 'handoff')} of the chats{_of_unknown(row['handoff_unknown'])}"
        yield f"A person was asked to take over {told}."
    if not is_missing(row["no_answer_rate"]):
        told = f"{_share(row, 'no_answer')} of the calls{_of_unknown(row['no_answer_unknown'])}"
        yield f"Nobody answered {told}."
    if row["duration_minutes_n"] >= _FEWEST:
        mean, low, high = (row[f"duration_minutes_{end}"] for end in ("mean", "low", "high"))
        length = with_interval(minutes(mean), interval(low, high, minutes))
        timed = counted(row["duration_minutes_n"], "conversation")
        yield f"The mean length is {length}, of {timed} with a length."


def _share(row: dict[str, Any], side: str) -> str:
    rate, *rest = (row[f"{side}_{name}"] for name in ("rate", "low", "high", "n"))
    return f"{percent(rate)} {of_n(*rest)}"


def _of_unknown(unknown: int) -> str:
    return f"; of {count(unknown)} more it is not known" if unknown else ""


def _cost_words(costs: pd.DataFrame) -> list[str]:
    known = costs[costs["cost_per_success"].notna() & costs["n"].ge(_FEWEST)]
    platforms = known["platform"].drop_duplicates().iloc[:_SPOKEN]
    return [_of_platform(name, known[known["platform"].eq(name)]) for name in platforms]


def _of_platform(platform: str, costs: pd.DataFrame) -> str:
    each = [
        f"{money_range(row, 'cost_per_success')} by {shown(row['channel'])}, of"
        f" {counted(row['cost_n'], 'conversation')} with a cost"
        for row in _spoken(costs)
    ]
    return f"On {shown(platform)}, a success costs {'; '.join(each)}."


def _channel_part(channels: pd.DataFrame, material: Material) -> Figure | Table:
    about = Table(
        f"Success by channel, {material.now.label}",
        f"channel_summary: success of those judged. {INTERVALS}",
        channels.assign(flags=channels["flags"].map(_without_costs)),
        ["channel", *_RATE],
    )
    return rates_part(channels, about, labels=["channel"], size="conversations")


def _without_costs(flags: str) -> str:
    return ", ".join(flag for flag in flags.split(", ") if "cost" not in flag)


def _more(channels: pd.DataFrame, costs: pd.DataFrame, material: Material) -> Iterator[Table]:
    """Return the tables of what else is known of channels, where anything is."""
    for number, (size, name, method) in _SIDES.items():
        held = channels[channels[size] > 0]
        if len(held):
            caption = f"{name} by channel, {material.now.label}"
            yield Table(
                caption, f"channel_summary: {method}. {INTERVALS}", held, ["channel", number]
            )
    if costs["cost_n"].gt(0).any():
        yield Table(
            f"Cost by platform and channel, {material.now.label}",
            "channel_summary: the unit is told from what a minute costs; a success costs what"
            " all conversations with a cost did, less those not judged (they could be successes),"
            " divided by the successes among them; calls that reached nobody count. All is the"
            " cost of every conversation that has one, so it may be more than what is divided.",
            costs[costs["cost_n"] > 0],
            ["platform", "channel", "successes", "cost_n", "cost_total", "cost_per_success"],
        )


def _countries(current: pd.DataFrame, material: Material) -> tuple[list[str], list[Figure | Table]]:
    """Return what is said of countries, with the parts; nothing where there is one or none."""
    if not several(current, "country_code"):
        return [], []
    countries = by_size(country_summary(current, outcome=material.outcome), "conversations")
    words = _country_words(countries)
    countries = countries.assign(country_code=countries["country_code"].map(_country))
    about = Table(
        f"Success by country, {material.now.label}",
        f"country_summary: codes of ISO 3166-1; success of those judged. {INTERVALS}",
        countries,
        ["country_code", *_RATE],
    )
    drawn = rates_part(countries, about, labels=["country_code"], size="conversations")
    return [words], [drawn]


def _country(code: object) -> str:
    """Return a code so that Namibia's does not read like one that is not available."""
    if is_missing(code):
        return _NO_COUNTRY
    return "NA (Namibia)" if code == "NA" else str(code)


def _country_words(countries: pd.DataFrame) -> str:
    named = countries[countries["country_code"].notna()]
    told = [
        f"{shown(_country(code))} with {counted(number, 'conversation')}"
        for code, number in named[["country_code", "conversations"]].iloc[:3].to_numpy()
    ]
    without = int(countries["conversations"].sum() - named["conversations"].sum())
    silent = f" {counted(without, 'conversation')} without a country." if without else ""
    return f"Of {counted(len(named), 'country', many='countries')}, most: {listed(told)}.{silent}"


def _notes(channels: pd.DataFrame, costs: pd.DataFrame) -> list[str]:
    flags = ",".join([*channels["flags"], *costs["flags"]])
    notes = [words for flag, words in _NOTES.items() if flag in flags]
    judged = costs.loc[costs["n"] > 0, "platform"].nunique(dropna=False)
    return [*notes, PLATFORMS] if judged > 1 else notes
