"""Seeded conversations of a made-up agency, in the JSON form of the service.

    Sample(2_000, seed=0).conversations()   # dicts, ordered by createdAt
    json_array(Sample(1_000_000))           # the same as bytes, piece by piece

The same size, seed, months and end give the same bytes everywhere. A sample of
another size is another draw from the same world, not a longer or shorter
version: its conversations are spread over the same window. Stopping early gives
the earliest conversations of that sample. Memory does not grow with the size.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from chatdash_analysis.errors import InputError
from chatdash_analysis.sandbox.rows import ANALYSIS, rows
from chatdash_analysis.sandbox.timeline import iso_of, plan_for
from chatdash_analysis.sandbox.truth import Truth
from chatdash_analysis.sandbox.world import CLIENTS, agents_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatdash_analysis.sandbox.rows import Planted
    from chatdash_analysis.sandbox.timeline import Plan

__all__ = ["Sample", "as_of", "json_array", "json_lines"]

_PIECE_BYTES = 1 << 16
_ID_SECONDS = 1 << 32  # an id holds the second of creation in four bytes
# What a conversation that still goes on cannot have.
_ENDING = (
    *("endedAt", "duration", "cost", "url", "endedReason", "noAnswer"),
    *("status", "liveAgentId", "liveAgentName"),
)


@dataclass(frozen=True)
class Sample:
    """Made-up conversations of six agents on five channels.

    Parameters
    ----------
    size : int, default 2_000
        Number of conversations.
    seed : int, default 0
        Another seed gives other conversations of the same world.
    months : int, default 6
        Length of the window.
    end : str or datetime.date, default "2026-07-01"
        First day after the window. The planted dates lie at fixed distances
        before it; those before the window's start do not take place.

    Raises
    ------
    InputError
        If a parameter cannot be used.
    """

    size: int = 2_000
    seed: int = 0
    months: int = 6
    end: str | date = "2026-07-01"

    def __post_init__(self) -> None:
        if self.size < 0:
            msg = f"A sample has 0 conversations or more, not {self.size}."
            raise InputError(msg)
        if not 1 <= self.months <= 120:
            msg = f"A sample covers 1 to 120 months, not {self.months}."
            raise InputError(msg)
        if self._plan.start < 0 or self._plan.end >= _ID_SECONDS * 1000:
            msg = f"A sample lies between 1970 and 2106, not before {self.end}."
            raise InputError(msg)

    def agents(self) -> list[dict[str, Any]]:
        """Return the agents as the service lists them, with secrets that are made up."""
        return list(agents_json())

    def clients(self) -> list[dict[str, Any]]:
        """Return the agency's clients as the service lists them."""
        return [dict(client) for client in CLIENTS]

    def conversations(self) -> Iterator[dict[str, Any]]:
        """Yield the conversations by time of creation, each in its final state.

        The last analyses arrive up to five days after the end of the window;
        `as_of` shows a conversation as it stood earlier.
        """
        return (row for row, _ in rows(self._plan, self.size, self.seed))

    def truth(self) -> Truth:
        """Return what is planted in this sample."""
        return Truth(self._plan, self._planted)

    def _planted(self) -> Iterator[Planted]:
        return (planted for _, planted in rows(self._plan, self.size, self.seed))

    @property
    def _plan(self) -> Plan:
        return plan_for(_day(self.end), self.months)


def _day(end: str | date) -> date:
    try:
        # A datetime is a date too: its day counts. Early years could not hold the window.
        return max(date.fromisoformat(str(end)[:10]), date(1900, 1, 1))
    except ValueError:
        msg = f"`end` must be a date such as '2026-07-01', not {end!r}."
        raise InputError(msg) from None


def as_of(conversation: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """Return a conversation as the service would have shown it at `now`.

    Parameters
    ----------
    conversation : mapping
        Final state, as `Sample.conversations` yields it.
    now : datetime
        A naive one is taken as UTC.

    Returns
    -------
    dict or None
        None before ``createdAt``. Before ``updatedAt`` the analysis is missing
        and ``updatedAt`` is ``endedAt``; while the conversation goes on, its
        ending is missing too and it is live.
    """
    # The service's dates have one form, so that they compare as text.
    moment = iso_of(now)
    if moment < conversation["createdAt"]:
        return None
    if moment >= conversation["updatedAt"]:
        return dict(conversation)
    ended = conversation.get("endedAt") or conversation["createdAt"]
    row = _without(conversation, ANALYSIS) | {"updatedAt": ended}
    if moment >= ended:
        return row
    return _without(row, _ENDING) | {"isLive": True, "updatedAt": conversation["createdAt"]}


def _without(row: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in keys}


def json_lines(sample: Sample) -> Iterator[bytes]:
    """Yield the conversations as JSON, one a line, in pieces of about 64 KiB."""
    return _pieces(line + b"\n" for line in _encoded(sample))


def json_array(sample: Sample) -> Iterator[bytes]:
    """Yield the conversations as one JSON array, in pieces of about 64 KiB."""
    return _pieces(_array(sample))


def _array(sample: Sample) -> Iterator[bytes]:
    opening = b"["
    for line in _encoded(sample):
        yield opening + line
        opening = b","
    yield b"]" if opening == b"," else b"[]"


def _encoded(sample: Sample) -> Iterator[bytes]:
    encode = msgspec.json.Encoder().encode
    return (encode(row) for row in sample.conversations())


def _pieces(parts: Iterator[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for part in parts:
        held += part
        if len(held) >= _PIECE_BYTES:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)
