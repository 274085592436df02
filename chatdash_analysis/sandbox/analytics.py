"""The analytics query: totals over the conversations of a window."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chatdash_analysis.errors import InputError
from chatdash_analysis.sandbox.answers import DAY, Selection, to_microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chatdash_analysis.sandbox.behaviour import Behaviour

    Rows = list[dict[str, Any]]
    Days = Sequence[int | None]

__all__ = ["METRICS", "AnalyticsQuery"]

CURRENCY = "USD"


@dataclass(frozen=True)
class AnalyticsQuery:
    """What one analytics request asks for."""

    metrics: tuple[str, ...]
    selection: Selection

    @classmethod
    def of(cls, body: Any, behaviour: Behaviour) -> AnalyticsQuery:
        """Read the JSON body of a request as `behaviour` says."""
        query = body.get("query") if isinstance(body, dict) else None
        if not isinstance(query, dict) or not isinstance(query.get("metrics"), list):
            raise InputError('The body must be {"query": {"metrics": [...], "filter": {...}}}.')
        limits = query.get("filter") or {}
        shift = _shift(limits.get("utcOffset")) if behaviour.analytics == "shifted" else 0
        selection = Selection(
            start=_moved(to_microseconds(limits.get("startTime")), shift),
            end=_moved(to_microseconds(limits.get("endTime")), shift),
            interacted=True if behaviour.analytics == "only_interacted" else None,
        )
        return cls(tuple(map(str, query["metrics"])), selection)

    def answer(self, conversations: Rows) -> dict[str, Any]:
        """Return the metrics asked for; unknown ones are left out."""
        days = _days(conversations)
        known = [METRICS[metric] for metric in self.metrics if metric in METRICS]
        return {name: measure(conversations, days) for name, measure in known}


def _shift(offset: Any) -> int:
    """Read an offset in hours, which one version sends as a text."""
    try:
        return int(float(offset or 0) * 3_600_000_000)
    except (TypeError, ValueError):
        return 0


def _moved(moment: int | None, shift: int) -> int | None:
    return None if moment is None else moment - shift


def _days(conversations: Rows) -> list[int | None]:
    moments = [to_microseconds(conversation.get("createdAt")) for conversation in conversations]
    return [None if moment is None else moment // DAY for moment in moments]


def _per_day(days: Days, values: Sequence[float]) -> list[float]:
    """Return the sum of each UTC day from the first to the last."""
    sums: Counter[int] = Counter()
    for day, value in zip(days, values, strict=True):
        if day is not None:
            sums[day] += value  # type: ignore[assignment]
    return [sums[day] for day in range(min(sums), max(sums) + 1)] if sums else []


def _totals(conversations: Rows, days: Days) -> dict[str, Any]:
    return {"counts": _per_day(days, [1] * len(days)), "total": len(conversations)}


def _sum_of(key: str) -> Callable[[Rows, Days], dict[str, Any]]:
    def measure(conversations: Rows, days: Days) -> dict[str, Any]:
        values = [_number(conversation.get(key)) for conversation in conversations]
        return {"counts": _per_day(days, values), "total": math.fsum(values)}

    return measure


def _number(value: Any) -> float:
    return value if isinstance(value, int | float) else 0


def _total_cost(conversations: Rows, days: Days) -> dict[str, Any]:
    return {**_sum_of("cost")(conversations, days), "currency": CURRENCY}


def _average_cost(conversations: Rows, days: Days) -> dict[str, Any]:
    costs = _sum_of("cost")(conversations, days)
    numbers = _totals(conversations, days)["counts"]
    paired = zip(costs["counts"], numbers, strict=True)
    return {
        "counts": [cost / number if number else 0 for cost, number in paired],
        "average": costs["total"] / len(conversations) if conversations else 0,
        "currency": CURRENCY,
    }


def _unique_ips(conversations: Rows, days: Days) -> dict[str, Any]:
    addresses = [conversation.get("ipAddress") for conversation in conversations]
    pairs = {(day, ip) for day, ip in zip(days, addresses, strict=True) if ip}
    by_day = _per_day([day for day, _ in pairs], [1] * len(pairs))
    return {"counts": by_day, "total": len({ip for _, ip in pairs})}


def _ranking(key: str, form: Callable[[str, int], dict[str, Any]]) -> Any:
    def measure(conversations: Rows, _: Days) -> list[dict[str, Any]]:
        values = [conversation.get(key) for conversation in conversations]
        counted = Counter(value for value in values if isinstance(value, str) and value)
        return [form(value, count) for value, count in counted.most_common()]

    return measure


def _misunderstood(conversations: Rows, _: Days) -> list[dict[str, Any]]:
    lists = [conversation.get("mistunderstoodQueries") or [] for conversation in conversations]
    items = [item for queries in lists for item in queries if isinstance(item, dict)]
    counted = Counter(str(item.get("question") or "") for item in items)
    counted.pop("", None)
    return [_labelled(question, count) for question, count in counted.most_common(10)]


def _labelled(label: str, count: int) -> dict[str, Any]:
    return {"id": label.casefold().replace(" ", "-")[:40], "label": label, "count": count}


_COUNTRIES = _ranking("countryCode", lambda code, count: {"id": code, "value": count})

# Name in the request -> name in the answer (they differ for countries), and the measure.
METRICS: dict[str, tuple[str, Callable[[Rows, Days], Any]]] = {
    "conversations": ("conversations", _totals),
    "conversationByCountry": ("conversationsByCountry", _COUNTRIES),
    "conversationsByCountry": ("conversationsByCountry", _COUNTRIES),
    "uniqueIps": ("uniqueIps", _unique_ips),
    "totalCallDuration": ("totalCallDuration", _sum_of("duration")),
    "totalCost": ("totalCost", _total_cost),
    "averageCost": ("averageCost", _average_cost),
    "topMisunderstoodMessages": ("topMisunderstoodMessages", _misunderstood),
    "topTopics": ("topTopics", _ranking("topic", _labelled)),
    "endedReason": (
        "endedReason",
        _ranking("endedReason", lambda reason, count: {"reason": reason, "count": count}),
    ),
}
