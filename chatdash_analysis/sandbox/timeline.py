"""When conversations take place: the window, the planted dates, and each day's arrivals."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from math import fsum  # sum() of floats rounds differently from Python 3.12 on
from typing import TYPE_CHECKING

from chatdash_analysis.sandbox.chance import Weighted
from chatdash_analysis.sandbox.world import LINES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatdash_analysis.sandbox.chance import Uniform
    from chatdash_analysis.sandbox.world import Agent, Zone

__all__ = ["DAY", "Plan", "arrivals", "iso", "iso_of", "months_before", "plan_for"]

HOUR = 3_600_000  # milliseconds, as all moments here
DAY = 24 * HOUR
_EPOCH = date(1970, 1, 1)
# Offset from UTC in winter, and the Sundays between which clocks are an hour ahead.
_ZONES: dict[Zone, tuple[int, str]] = {
    "central": (-6, "us"),
    "berlin": (1, "eu"),
    "madrid": (1, "eu"),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """The window and the planted dates, in milliseconds since 1970 (UTC).

    Attributes
    ----------
    start, end : int
        The window, half-open.
    change : int
        The mix of channels changes, and one topic of questions is first asked.
    fixed : int
        From here one topic of questions is no longer asked.
    outage_start, outage_end : int
        Outage of a provider behind Vapi.
    new_form : int
        Vapi goes from nested data to structured outputs.
    renamed : int
        A field of the clinic's analysis has another name from here.
    retyped : int
        Fields that held whole numbers hold text from here.
    """

    start: int
    end: int
    change: int
    fixed: int
    outage_start: int
    outage_end: int
    new_form: int
    renamed: int
    retyped: int


def plan_for(end: date, months: int) -> Plan:
    """Return the plan of the `months` before `end`; its dates hang on `end` alone."""

    def moment(months_earlier: int, days_later: int = 0) -> int:
        day = months_before(end, months_earlier) + timedelta(days=days_later)
        return (day - _EPOCH).days * DAY

    return Plan(
        start=moment(months),
        end=moment(0),
        change=moment(2),
        fixed=moment(3, 14),
        outage_start=moment(4, 9),
        outage_end=moment(4, 11),
        new_form=moment(3, 19),
        renamed=moment(4, 17),
        retyped=moment(2, 3),
    )


def months_before(day: date, months: int) -> date:
    """Return the same day some months earlier, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def arrivals(u: Uniform, plan: Plan, size: int) -> Iterator[list[tuple[int, int]]]:
    """Yield for each day its arrivals in order, as (moment, number of the line).

    The days' counts add up to `size`; only one day is held at a time.
    """
    days = range(plan.start, plan.end, DAY)
    weights = [_traffic(day, plan).weight * (0.85 + 0.3 * u()) for day in days]
    share, offset, given = size / fsum(weights), u(), 0
    for day, summed in zip(days, accumulate(weights), strict=True):
        upto = size if day == days[-1] else int(summed * share + offset)
        yield _day_arrivals(u, day, _traffic(day, plan), upto - given)
        given = upto


@dataclass(frozen=True, slots=True)
class _Traffic:
    """What a day brings: how much, on which lines, in which hours on each line."""

    weight: float
    lines: Weighted[int]
    hours: tuple[Weighted[int], ...]


def _day_arrivals(u: Uniform, day: int, traffic: _Traffic, count: int) -> list[tuple[int, int]]:
    rows = []
    for _ in range(count):
        line = traffic.lines.at(u())
        rows.append((day + traffic.hours[line].at(u()) * HOUR + int(u() * HOUR), line))
    return sorted(rows)


def _traffic(day: int, plan: Plan) -> _Traffic:
    weekday = (day // DAY + 3) % 7  # 1970 began on a Thursday
    return _weekday_traffic(weekday, _ahead(day, "us"), _ahead(day, "eu"), day >= plan.change)


@lru_cache(maxsize=64)
def _weekday_traffic(weekday: int, us_ahead: int, eu_ahead: int, changed: bool) -> _Traffic:
    ahead = {"us": us_ahead, "eu": eu_ahead}
    hours, weights = [], []
    for line in LINES:
        winter, rule = _ZONES[line.agent.zone]
        of_hour = _hour_weights(line.agent, weekday, winter + ahead[rule])
        hours.append(Weighted(enumerate(of_hour)))
        weights.append((line.after if changed else line.before) * fsum(of_hour))
    return _Traffic(fsum(weights), Weighted(enumerate(weights)), tuple(hours))


def _hour_weights(agent: Agent, weekday: int, offset: int) -> tuple[float, ...]:
    """Return the weight of each UTC hour of a day; the hours of a usual day add up to one."""
    total, of_week = sum(agent.hours), fsum(agent.weekdays) / 7
    return tuple(
        agent.hours[hour % 24] / total * agent.weekdays[(weekday + hour // 24) % 7] / of_week
        for hour in range(offset, offset + 24)
    )


def _ahead(day: int, rule: str) -> int:
    # Written out because the system's time-zone data is missing on slim machines, and differs.
    today = _EPOCH + timedelta(days=day // DAY)
    first, last = ((3, 8), (11, 1)) if rule == "us" else ((3, 25), (10, 25))
    return int(_sunday(today.year, *first) <= today < _sunday(today.year, *last))


def _sunday(year: int, month: int, day: int) -> date:
    first = date(year, month, day)
    return first + timedelta(days=6 - first.weekday())


@lru_cache(maxsize=1024)
def _day_text(number: int) -> str:
    return (_EPOCH + timedelta(days=number)).isoformat()


def iso(moment: int) -> str:
    """Write a moment as the service does: ``2026-05-04T14:17:05.101Z``."""
    number, rest = divmod(moment, DAY)
    return f"{_day_text(number)}T{_clock_text(rest)}"


def _clock_text(milliseconds: int) -> str:
    """Write the time of day, with milliseconds and ``Z``."""
    seconds, fraction = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}.{fraction:03d}Z"


def iso_of(moment: datetime) -> str:
    """Write a datetime in the same form; a naive one is taken as UTC."""
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
