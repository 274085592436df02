"""The key numbers of the period, beside those of the period before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.channels.summary import channel_summary
from chatdash_analysis.periods import period_codes, period_starts
from chatdash_analysis.plot.rates import plot_rates
from chatdash_analysis.report.labels import plain_labels, shared_labels
from chatdash_analysis.report.parts import Card, Figure, Section, Table
from chatdash_analysis.report.phrases import counted, of_n, rate_of_n
from chatdash_analysis.report.pictures import picture
from chatdash_analysis.report.wording import (
    INTERVALS,
    no_conversations,
    records,
    uneven_words,
)
from chatdash_analysis.segments import rates_by
from chatdash_analysis.showing.numbers import (
    MISSING,
    count,
    decimal,
    interval,
    is_missing,
    minutes,
    percent,
    points,
    points_number,
    with_interval,
)

if TYPE_CHECKING:
    from chatdash_analysis.report.parts import Material
    from chatdash_analysis.report.periods import Period

__all__ = ["numbers_section"]

_TITLE = "The numbers"
_WEEKS = 16
_RATE = ["n", "unknown", "excluded", "rate", "flags"]
_SIDES = [
    f"{side}_{name}" for side in ("handoff", "no_answer") for name in ("n", "unknown", "rate")
]
_LENGTH = ["duration_minutes_n", "duration_minutes_mean"]
_COST = ["platform", "period", "successes", "cost_n", "cost_total", "cost_per_success"]
Rows = dict[str, dict[str, Any]]


def numbers_section(material: Material) -> Section:
    """Say how much there was, how well it went, and what is different from before.

    Returns
    -------
    Section
        Tables of volume, success, hand-off, length and cost; the weeks as a picture; and the
        key figures for the top of the page.
    """
    both = _both(material)
    summary = _in_order(channel_summary(both, "period", outcome=material.outcome), material)
    compared = _in_order(rates_by(both, "period", outcome=material.outcome), material)
    rows = {row["period"]: row for row in records(summary)}
    return Section(
        "numbers",
        _TITLE,
        [_volume_words(material), _success_words(rows, material), *_change_words(compared)],
        [
            _success_table(compared, material),
            _side_table(summary),
            _length_table(summary, material),
            *_weeks(rows, material),
            *_costs(both, material),
        ],
        _notes(rows, material),
        _cards(rows, material),
    )


def _both(material: Material) -> pd.DataFrame:
    """Return the conversations of both periods, with the label of the period of each."""
    frame = material.conversations
    later = frame["created_at"] >= material.now.start
    labels = later.map({True: material.now.label, False: material.before.label}).astype("str")
    inside = frame.index.isin(material.current.index.union(material.previous.index))
    both = plain_labels(frame.assign(period=labels)[inside], ["platform"])
    return shared_labels(both, ["platform"], material.min_users)


def _in_order(table: pd.DataFrame, material: Material) -> pd.DataFrame:
    """Return the rows with the earlier period first."""
    order = {material.before.label: 0, material.now.label: 1}
    return table.sort_values("period", key=lambda own: own.map(order), kind="stable").reset_index(
        drop=True
    )


def _volume_words(material: Material) -> str:
    now = _volume(len(material.current), material.now)
    people = material.current["user_id"].nunique()
    words = f"Conversations in {material.now.label}: {now}"
    known = f", with {counted(people, 'known person', many='known people')}" if people else ""
    if material.previous.empty:
        return f"{words}{known}. {no_conversations(material.before.label)}"
    before = _volume(len(material.previous), material.before)
    told = f"{words}{known}, after {before} in {material.before.label}."
    return f"{told} {_uneven(material)}".rstrip()


def _uneven(material: Material) -> str:
    return "" if material.previous.empty else uneven_words(material.now, material.before)


def _volume(conversations: int, period: Period) -> str:
    return f"{count(conversations)} ({decimal(conversations / period.days, 1)} a day)"


def _success_words(rows: Rows, material: Material) -> str:
    row = rows[material.now.label]
    told = rate_of_n(row["rate"], row["low"], row["high"], row["n"])
    words = f"Success: {told}" + ("." if is_missing(row["rate"]) else " of those judged.")
    if not row["unknown"]:
        return words
    return (
        f"{words} Of {counted(row['unknown'], 'more conversation')} it is not known; they count"
        " neither as success nor as failure."
    )


def _change_words(compared: pd.DataFrame) -> list[str]:
    if len(compared) < 2:
        return ["There is no earlier period to compare success with."]
    row = records(compared)[-1]
    if is_missing(row["difference"]):
        return ["Too few have been judged to tell whether success changed."]
    limits = interval(row["difference_low"], row["difference_high"], points_number)
    told = with_interval(points(row["difference"]), limits)
    if limits == MISSING:
        return [f"Success differs by {told} from before; nothing tells whether by chance."]
    if row["difference_low"] <= 0 <= row["difference_high"]:
        return [f"It cannot be said that success changed: {told} may be chance."]
    way = "rose" if row["difference"] > 0 else "fell"
    return [f"Success {way}: {told}, which chance alone seldom makes."]


def _success_table(compared: pd.DataFrame, material: Material) -> Table:
    columns = ["period", *_RATE]
    method = f"rates_by: successes among those judged. {INTERVALS}"
    if len(compared) > 1:
        # Of two periods the rest of one is the other.
        columns = ["period", *_RATE[:-1], "difference", "flags"]
        compared = compared.assign(**_only_last(compared))
        method += (
            " The difference is that of the later period from the earlier one; its interval allows"
            " for chance in both (Newcombe's method)."
        )
    return Table(
        f"Success in {material.before.label} and {material.now.label}",
        method,
        compared,
        columns,
        open=True,
    )


def _only_last(compared: pd.DataFrame) -> dict[str, pd.Series]:
    names = ["difference", "difference_low", "difference_high"]
    last = compared.index == compared.index[-1]
    return {name: compared[name].where(last) for name in names}


def _side_table(summary: pd.DataFrame) -> Table:
    return Table(
        "Chats handed to a person, and calls not answered",
        "channel_summary: hand-off of the chats in which a person can take over; not answered of"
        f" the calls. {INTERVALS}",
        summary,
        ["period", *_SIDES],
        open=True,
    )


def _length_table(summary: pd.DataFrame, material: Material) -> Table:
    method = f"channel_summary: length of the conversations that have one. {INTERVALS}"
    return Table(
        "Conversations and their mean length",
        f"{method} {_uneven(material)}".rstrip(),
        summary,
        ["period", "conversations", *_LENGTH],
        open=True,
    )


def _weeks(rows: Rows, material: Material) -> list[Figure]:
    weeks = _week_rates(material)
    if len(weeks) < 2:
        return []
    before = rows.get(material.before.label, {}).get("rate")
    reference = None if is_missing(before) else before
    line = f" The line is {material.before.label}." if reference is not None else ""
    table = Table(
        f"Success by week, the last {len(weeks)} whole weeks until {material.now.label}",
        f"rates_by: weeks are from Monday to Sunday of {material.tz}. {INTERVALS}{line}",
        weeks,
        ["week", *_RATE],
    )
    size = (7.5, 1.2 + 0.26 * len(weeks))
    drawn = picture(plot_rates, weeks, size=size, label="week", reference=reference)
    return [Figure(drawn, _week_alt(weeks), table)]


def _week_rates(material: Material) -> pd.DataFrame:
    """Return the rates of the last whole weeks before the end of the period."""
    frame = material.conversations
    codes = period_codes(frame["created_at"], "W", material.tz)
    starts = period_starts(codes, "W")
    end = material.now.end.tz_localize(None)
    kept = (starts + pd.Timedelta(days=7) <= end) & (codes > codes.min())
    kept &= codes >= codes[kept].max(initial=codes.min()) - _WEEKS + 1
    labelled = frame.assign(week=pd.Series(starts.strftime("%Y-%m-%d"), frame.index, dtype="str"))
    return rates_by(labelled[kept], "week", outcome=material.outcome)


def _week_alt(weeks: pd.DataFrame) -> str:
    first, last = (
        f"{row['week']}: {rate_of_n(row['rate'], row['low'], row['high'], row['n'])}"
        for row in (records(weeks)[0], records(weeks)[-1])
    )
    return f"Rate of success of each week with its interval. First week, {first}; last, {last}."


def _costs(both: pd.DataFrame, material: Material) -> list[Table]:
    costs = channel_summary(both, ["platform", "period"], outcome=material.outcome)
    costs = _in_order(costs[costs["cost_n"] > 0], material)
    costs = costs.sort_values("platform", kind="stable", ignore_index=True)
    if costs.empty:
        return []
    return [
        Table(
            "Cost, by platform",
            "channel_summary: platforms count in units of their own, so that they are not added"
            " up, and the unit is told from what a minute costs. A success costs what all"
            " conversations with a cost did, less those not judged, divided by the successes among"
            " them; calls that reached nobody count."
            f" {_uneven(material)}".rstrip(),
            costs,
            [*_COST, "flags"],
        )
    ]


def _notes(rows: Rows, material: Material) -> list[str]:
    if "reach_not_loaded" not in rows[material.now.label]["flags"]:
        return []
    return ["Nothing tells whether conversations without interaction were loaded."]


def _cards(rows: Rows, material: Material) -> list[Card]:
    now, before = rows[material.now.label], rows.get(material.before.label)
    people, earlier = (own["user_id"].nunique() for own in (material.current, material.previous))
    asked = counted(int(material.current["user_id"].notna().sum()), "conversation")
    return [
        Card("Conversations", count(now["conversations"]), _was(before, "conversations", material)),
        Card(
            "Known people",
            count(people),
            f"in {asked}" + (f"; {count(earlier)} in {material.before.label}" if before else ""),
        ),
        Card("Success of those judged", percent(now["rate"]), _rate_beside(now, before, "")),
        _last_card(now, before),
    ]


def _was(before: dict[str, Any] | None, name: str, material: Material) -> str:
    if before is None:
        return f"none loaded from {material.before.label}"
    was = f"{count(before[name])} in {material.before.label}"
    uneven = material.now.days != material.before.days
    return f"{was}, of {counted(material.before.days, 'day')}" if uneven else was


def _rate_beside(row: dict[str, Any], before: dict[str, Any] | None, prefix: str) -> str:
    low, high, n = (row[f"{prefix}{name}"] for name in ("low", "high", "n"))
    was = None if before is None else before[f"{prefix}rate"]
    return of_n(low, high, n).strip("()") + ("" if is_missing(was) else f"; before {percent(was)}")


def _last_card(row: dict[str, Any], before: dict[str, Any] | None) -> Card:
    """Return what most is known of: chats handed off, calls not answered, or the length."""
    if row["handoff_n"] >= max(row["no_answer_n"], 1):
        beside = _rate_beside(row, before, "handoff_")
        return Card("Chats handed to a person", percent(row["handoff_rate"]), beside)
    if row["no_answer_n"]:
        beside = _rate_beside(row, before, "no_answer_")
        return Card("Calls not answered", percent(row["no_answer_rate"]), beside)
    beside = f"n = {count(row['duration_minutes_n'])}"
    return Card("Mean length", minutes(row["duration_minutes_mean"]), beside)
