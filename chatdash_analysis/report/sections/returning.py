"""People who come back: how many, how soon, and whether what went well stays solved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.cohorts.resolved import resolved_for_good
from chatdash_analysis.cohorts.retention import retention_table
from chatdash_analysis.cohorts.returning import contact_table, return_curve
from chatdash_analysis.identity.users import identity_summary
from chatdash_analysis.plot.curves import plot_return_curve
from chatdash_analysis.report.parts import Figure, Section, Table
from chatdash_analysis.report.phrases import counted, listed, rate_of_n
from chatdash_analysis.report.pictures import picture
from chatdash_analysis.report.wording import no_conversations, records
from chatdash_analysis.showing.numbers import count, days, is_missing, moment, percent, rate_text

if TYPE_CHECKING:
    from chatdash_analysis.report.parts import Material

__all__ = ["returning_section"]

_TITLE = "People who come back"
_DAYS = (1, 7, 30)
_WITHIN = 7.0
_DAYS_SHOWN = 30
# As in every other table: of fewer, a rate says nothing.
_LEAST = 10
_RATE = ["n", "successes", "unknown", "rate", "low", "high", "flags"]
_NOTES = [
    (
        "Somebody who uses two devices or numbers counts as two people; people who share one count"
        " as one."
    ),
    (
        "People with many contacts are other people than those with one: the rates by contact"
        " describe them, and say nothing of what coming back does."
    ),
]


def returning_section(material: Material) -> Section:
    """Say how many people are known, how soon they come back, and what stays solved.

    Returns
    -------
    Section
        The curve of return, the rate of success by contact, and what was resolved for good.
    """
    people = _people_table(material)
    known = _known_words(material)
    curve = return_curve(material.conversations, as_of=_observed(material), tz=material.tz)
    if curve.empty:
        nothing = "No contact of a known person was seen, so nothing can be told of returns."
        return Section("returning", _TITLE, [known, nothing], [people])
    retention = retention_table(
        material.conversations, freq="M", tz=material.tz, as_of=_observed(material), burn_in="auto"
    )
    solved, tables = _in_period(material)
    return Section(
        "returning",
        _TITLE,
        [known, _start_words(retention, material), _return_words(curve), *solved],
        [_figure(curve, material), *tables, *_retention(retention), people],
        _NOTES,
    )


def _observed(material: Material) -> pd.Timestamp | None:
    """Return until when people were watched; None where the table itself has to tell."""
    origin = material.conversations.attrs.get("chatdash")
    loaded = origin.get("end") if isinstance(origin, dict) else None
    ends = [pd.Timestamp.now("UTC"), *([] if loaded is None else [_instant(loaded)])]
    return material.now.end if material.now.end <= min(ends) else None


def _instant(text: str) -> pd.Timestamp:
    read = pd.Timestamp(text)
    return read.tz_localize("UTC") if read.tzinfo is None else read


def _people_table(material: Material) -> Table:
    return Table(
        "Conversations with a known person, by rule",
        "identity_summary: the rule “default” is used here; “strict” joins fewer conversations to"
        " one person, “loose” more.",
        identity_summary(material.conversations),
    )


def _known_words(material: Material) -> str:
    current = material.current
    if current.empty:
        return no_conversations(material.now.label)
    known = int(current["user_id"].notna().sum())
    return (
        f"Of {counted(len(current), 'conversation')} in {material.now.label}, {count(known)}"
        f" ({percent(known / len(current))}) have a known person. Only these can be counted here."
    )


def _start_words(retention: pd.DataFrame, material: Material) -> str:
    facts = retention.attrs["cohorts"]
    start = pd.Timestamp(facts["start"]).tz_convert(material.tz)
    words = (
        f"History begins on {moment(start.tz_localize(None).normalize())}, with the first known"
        " person loaded. Whoever was there before counts as new."
    )
    if not facts["burn_in_days"]:
        return words
    unsure = days(round(facts["burn_in_days"]))
    return f"{words} So people first seen in the first {unsure} may not be new."


def _return_words(curve: pd.DataFrame) -> str:
    told = listed(f"{words} within {days(day)}" for day, words in _returned(curve))
    start = f"Of n = {counted(curve['at_risk'].iloc[0], 'person', many='people')} seen since then"
    if not told:
        return f"{start}, too few were watched long enough to tell how many come back."
    return f"{start}, these had a second contact after their first: {told}."


def _returned(curve: pd.DataFrame) -> list[tuple[int, str]]:
    rows = curve[curve["day"].isin(_DAYS) & curve["rate"].notna()]
    return [
        (int(row["day"]), rate_text(row["rate"], row["low"], row["high"])) for row in records(rows)
    ]


def _figure(curve: pd.DataFrame, material: Material) -> Figure:
    caption = (
        f"People who came back by each day since their first contact, until {material.now.label}"
    )
    method = (
        "return_curve: people seen late count for as long as they were watched, so that the rate is"
        " no share of all people; any later contact is a return."
    )
    alt = f"Share of people who had come back by each day. {_return_words(curve)}"
    drawn = picture(plot_return_curve, curve, size=(7.5, 4.4))
    return Figure(drawn, alt, Table(caption, method, _some_days(curve)))


def _some_days(curve: pd.DataFrame) -> pd.DataFrame:
    """Return each day of the first week, then so few that a page has room for them."""
    day = curve["day"]
    step = max(-(-int(day.max()) // _DAYS_SHOWN), 1)
    return curve[day.le(_WITHIN) | day.isin(_DAYS) | (day % step == 0)].reset_index(drop=True)


def _in_period(material: Material) -> tuple[list[str], list[Table]]:
    """Return what is said of the conversations of the period, and the tables behind it."""
    if material.current["user_id"].isna().all():
        return [f"No person is known in {material.now.label}."], []
    contacts = _contacts(material)
    resolved = _resolved(material)
    label = material.now.label
    tables = [
        Table(
            f"Success by contact of the same person, {label}",
            "contact_table: contacts are counted since history begins; conversations without a"
            " known person are left out.",
            contacts,
            ["contact_label", *_RATE],
        ),
        Table(
            f"Conversations that went well and after which nobody came back, {label}",
            "resolved_for_good: the rate of success times the share of successes without another"
            " contact of the same person within so many days; intervals draw whole people again."
            " Successes count for as long as they were watched; where fewer than"
            f" {_LEAST} were watched so long, there is no rate.",
            resolved,
            [
                "within_days",
                "n",
                "unknown",
                "rate",
                "low",
                "high",
                "recontact_rate",
                "at_risk",
                "flags",
            ],
            headings={
                "Resolved for good": "Went well and stayed so",
                "At risk": "Successes watched",
            },
        ),
    ]
    return [*_contact_words(contacts, material), _resolved_words(resolved, material)], tables


def _resolved(material: Material) -> pd.DataFrame:
    """Return what was resolved for good, with the interval of the share that came back."""
    how: dict[str, Any] = {
        "outcome": material.outcome,
        "as_of": _observed(material),
        "tz": material.tz,
    }
    table = resolved_for_good(material.current, **how)
    # Of successes alone, what stays resolved is all that did not come back.
    stayed = resolved_for_good(_successes_alone(material), **how)
    table = table.assign(recontact_low=1 - stayed["high"], recontact_high=1 - stayed["low"])
    few = table["at_risk"] < _LEAST
    rates = ["rate", "low", "high", "recontact_rate", "recontact_low", "recontact_high"]
    flags = table["flags"].mask(few & table["flags"].eq("") & table["n"].gt(0), "short_follow_up")
    return table.assign(**{name: table[name].mask(few) for name in rates}, flags=flags)


def _successes_alone(material: Material) -> pd.DataFrame:
    verdict = material.current[material.outcome].astype("boolean")
    return material.current.assign(**{material.outcome: verdict.where(verdict.fillna(value=False))})


def _contacts(material: Material) -> pd.DataFrame:
    """Return the contacts of the period, counted over all history."""
    inside = material.conversations.index.isin(material.current.index)
    table = contact_table(
        material.conversations.assign(in_period=inside),
        by="in_period",
        outcome=material.outcome,
        as_of=_observed(material),
        tz=material.tz,
    )
    return table[table["in_period"]].drop(columns="in_period").reset_index(drop=True)


def _contact_words(contacts: pd.DataFrame, material: Material) -> list[str]:
    told = [
        f"{rate_of_n(row['rate'], row['low'], row['high'], row['n'])} at contact"
        f" {row['contact_label']}"
        for row in records(contacts[contacts["rate"].notna()].head(3))
    ]
    if not told:
        return [f"Too few outcomes of {material.now.label} are known to tell success by contact."]
    start = f"Success in {material.now.label}, by contacts of the same person since history begins"
    return [f"{start}: {listed(told)}."]


def _resolved_words(resolved: pd.DataFrame, material: Material) -> str:
    row = records(resolved[resolved["within_days"] == _WITHIN])[0]
    if is_missing(row["rate"]):
        return (
            f"How many conversations of {material.now.label} were resolved for good cannot be told"
            f" (n = {count(row['n'])})."
        )
    # The share that came back is one of all that went well.
    well = round(row["n"] * row["success_rate"])
    limits = (row["recontact_low"], row["recontact_high"])
    back = rate_of_n(row["recontact_rate"], *limits, well)
    return (
        f"{rate_of_n(row['rate'], row['low'], row['high'], row['n'])} of the conversations of"
        f" {material.now.label} with a known outcome went well, and the person did not come back"
        f" within {days(_WITHIN)}. Of those that went well, {back} did come back;"
        f" {count(row['at_risk'])} of them were watched for all of that time."
    )


def _retention(retention: pd.DataFrame) -> list[Table]:
    pooled = retention[retention["cohort_label"] == "all"]
    # In the month of their first contact all were there.
    later = pooled[pooled["period_label"] != "month 0"].reset_index(drop=True)
    if later.empty:
        return []
    table = Table(
        "People who were there again, by months since their first contact",
        "retention_table: all months of first contact together; only people who have the whole"
        " month behind them, without those seen so early that they may not be new.",
        later,
        ["period_label", *_RATE],
        headings={"Period": "After", "Period not over": "Month not over"},
    )
    return [table]
