"""When people write and call: business hours and the rest, and the hours of the week."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.channels.activity import activity_table, business_hours_summary
from chatdash_analysis.plot.heat import plot_heatmap
from chatdash_analysis.report.parts import Figure, Section, Table
from chatdash_analysis.report.phrases import counted
from chatdash_analysis.report.pictures import picture
from chatdash_analysis.report.wording import INTERVALS, no_conversations, records, success_words
from chatdash_analysis.showing.numbers import count, percent

if TYPE_CHECKING:
    from chatdash_analysis.report.parts import Material

__all__ = ["hours_section"]

_TITLE = "Hours"
_OPEN, _CLOSED = 9, 17
_WORKDAYS = (0, 1, 2, 3, 4)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PARTS = {
    "business": "In business hours",
    "after_hours": "After hours and on weekends",
    "no_time": "Without a time",
}
# Of two divisions.
_ROUNDING = 1e-9
_NOTES = (
    "Public holidays count as any other day.",
    "Channels and agents keep hours of their own: what differs may be these, not the hours.",
    "A period holds some weekdays more often than others; the busiest hour is by day.",
)
_RATE = ("conversations", "n", "unknown", "rate", "low", "high", "flags")


def hours_section(material: Material) -> Section:
    """Say how many conversations start in business hours and after, and how they go.

    Returns
    -------
    Section
        The two parts of the week, and a picture of the hours of the week.
    """
    current = material.current
    if current.empty:
        return Section("hours", _TITLE, [no_conversations(material.now.label)])
    week: dict[str, Any] = {
        "tz": material.tz,
        "business_hours": (_OPEN, _CLOSED),
        "business_days": _WORKDAYS,
        "outcome": material.outcome,
    }
    parts = business_hours_summary(current, **week)
    hours, days = activity_table(current, **week), _days(material)
    parts = parts[parts["part"].ne("no_time") | parts["conversations"].gt(0)]
    return Section(
        "hours",
        _TITLE,
        [_clock(material), *map(_part_words, records(parts)), _busiest(hours, days)],
        [_parts_table(parts, material), _figure(hours, days, material)],
        [*_NOTES],
    )


def _clock(material: Material) -> str:
    return (
        f"Business hours are taken as {_OPEN}:00 to {_CLOSED}:00, Monday to Friday, on the clock"
        f" of {material.tz}. A conversation counts at the moment when it started."
    )


def _part_words(row: dict[str, Any]) -> str:
    started = counted(row["conversations"], "conversation")
    if not row["conversations"]:
        return f"{_PARTS[row['part']]}: no conversations."
    return f"{_PARTS[row['part']]}: {started} ({percent(row['share'])}); {success_words(row)}."


def _days(material: Material) -> pd.Series:
    """Count how often each weekday is in the period."""
    first, end = (
        moment.tz_convert(material.tz).tz_localize(None)
        for moment in (material.now.start, material.now.end)
    )
    days = pd.date_range(first.normalize(), end, freq="D", inclusive="left")
    return days.day_of_week.value_counts().reindex(range(7), fill_value=0)


def _busiest(hours: pd.DataFrame, days: pd.Series) -> str:
    often = hours["weekday"].map(days)
    each = (hours["conversations"] / often.where(often > 0)).fillna(0.0)
    top = records(hours[each >= each.max() - _ROUNDING])
    mean = f"{each.max():.1f}"
    if len(top) > 1:
        return f"No single hour is the busiest: {count(len(top))} have {mean} a day each."
    started = counted(top[0]["conversations"], "conversation")
    number = counted(days[top[0]["weekday"]], "such day")
    return (
        f"The busiest hour of the week is {_hour_words(top[0])}, with {started} on {number},"
        f" {mean} a day."
    )


def _hour_words(row: dict[str, Any]) -> str:
    hour = int(row["hour"])
    return f"{_WEEKDAYS[int(row['weekday'])]} from {hour}:00 to {hour + 1}:00"


def _parts_table(parts: pd.DataFrame, material: Material) -> Table:
    named = parts.assign(part=parts["part"].map(_PARTS))
    return Table(
        f"Business hours and after, {material.now.label}",
        f"business_hours_summary: hours on the clock of {material.tz}. {INTERVALS}",
        named.reset_index(drop=True),
        ["part", "conversations", "share", *_RATE[1:]],
        open=True,
    )


def _figure(hours: pd.DataFrame, days: pd.Series, material: Material) -> Figure:
    busy = hours[hours["conversations"] > 0].reset_index(drop=True)
    table = Table(
        f"Conversations by weekday and hour, {material.now.label}",
        f"activity_table: hours on the clock of {material.tz}; when clocks are set back, the"
        " hour that comes twice holds both; hours without conversations are left out.",
        busy.assign(weekday=busy["weekday"].map(dict(enumerate(_WEEKDAYS)))),
        ["weekday", "hour", "business", *_RATE],
    )
    return Figure(picture(plot_heatmap, hours, size=(9.0, 3.6)), _alt(hours, days, material), table)


def _alt(hours: pd.DataFrame, days: pd.Series, material: Material) -> str:
    sums = hours.groupby("weekday")["conversations"].sum()
    told = ", ".join(
        f"{_WEEKDAYS[day]} {count(number)} on {counted(days[day], 'day')}"
        for day, number in sums.items()
    )
    return (
        f"Grid of the hours of the week with the number of conversations that started in each,"
        f" {material.now.label}. By day: {told}. {_busiest(hours, days)}"
    )
