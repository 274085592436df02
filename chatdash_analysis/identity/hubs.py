"""Values that too many share to name anybody, and addresses, which name somebody for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chatdash_analysis.identity.merge import REASONS, people_met
from chatdash_analysis.identity.values import (
    MISSING_TIME,
    Key,
    agents_of,
    encoded,
    paired,
    recoded,
)

if TYPE_CHECKING:
    import pandas as pd

    from chatdash_analysis.identity.merge import People, Reasons
    from chatdash_analysis.identity.values import Codes

__all__ = ["HOUR", "Refused", "addresses", "public", "runs", "without_busy", "without_hubs"]

HOUR = 3_600_000_000  # microseconds
_WEEK = 168 * HOUR
_MANY_CONVERSATIONS = np.int8(REASONS.index("too many conversations"))
_MANY_PEOPLE = np.int8(REASONS.index("too many people"))
# Addresses inside a network: what a proxy shows instead of the customer's. "private" is what
# pseudonyms leave of them.
_INTERNAL = (
    r"^(private$|10\.|127\.|192\.168\.|169\.254\.|0\.|172\.(1[6-9]|2\d|3[01])\."
    r"|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|::1?$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)"
)


class Refused(NamedTuple):
    """Values of a key that join nobody, and why (place in `REASONS`; 0 for the others)."""

    key: Key
    reasons: Reasons


def without_busy(key: Key, times: Codes, most: int) -> tuple[Key, Refused]:
    """Return a key without the values of more than `most` conversations in some seven days."""
    busy = np.bincount(key.codes[key.codes >= 0], minlength=len(key.texts)) > most
    rows = np.flatnonzero(np.append(busy, np.False_)[key.codes] & (times != MISSING_TIME))
    rows = rows[np.lexsort((times[rows], key.codes[rows]))]
    first, last = rows[:-most], rows[most:]
    close = (key.codes[first] == key.codes[last]) & (times[last] - times[first] <= _WEEK)
    busy = np.bincount(key.codes[last[close]], minlength=len(key.texts)) > 0
    return _without(key, np.where(busy, _MANY_CONVERSATIONS, np.int8(0)))


def _without(key: Key, reasons: Reasons) -> tuple[Key, Refused]:
    kept = np.append(reasons == 0, np.False_)[key.codes]
    return key._replace(codes=np.where(kept, key.codes, -1)), Refused(key, reasons)


def addresses(conversations: pd.DataFrame) -> Key:
    """Return the agent and the customer's address of each conversation."""
    agents, ids = agents_of(conversations)
    raw, texts = encoded([conversations["ip_address"]])
    outside, texts = recoded(raw, public(texts))
    codes, agent, address = paired(agents, outside)
    return Key("ip", codes, _lines(ids.take(pa.array(agent)), texts.take(pa.array(address))))


def public(texts: Any) -> Any:
    """Return the customers' addresses; missing where one lies inside a network."""
    # A list of addresses begins with the customer's; the others are proxies.
    texts = pc.replace_substring_regex(pc.utf8_lower(texts), r"^\s*(?:::ffff:)?|[\s,].*$", "")
    inside = pc.or_(pc.match_substring_regex(texts, _INTERNAL), pc.equal(texts, ""))
    return pc.if_else(inside, None, texts)


def _lines(first: Any, second: Any) -> Any:
    return pc.binary_join_element_wise(first, second, pa.scalar("\n", first.type))


def without_hubs(key: Key, people: People, conversations: int, most: int) -> tuple[Key, Refused]:
    """Return a key without the values of too many conversations, or of too many people."""
    size = len(key.texts)
    many = np.bincount(key.codes[key.codes >= 0], minlength=size) > conversations
    crowd = np.where(people_met(people, key.codes, size) > most, _MANY_PEOPLE, np.int8(0))
    return _without(key, np.where(many, _MANY_CONVERSATIONS, crowd))


def runs(key: Key, times: Codes, gap: int) -> Key:
    """Return runs of conversations with one value; a pause of more than `gap` ends a run.

    A run is named by its value and its beginning, so that it keeps its name when more
    conversations are loaded, unless they come before it and belong to it.
    """
    rows = np.flatnonzero((key.codes >= 0) & (times != MISSING_TIME))
    rows = rows[np.lexsort((times[rows], key.codes[rows]))]
    value, time = key.codes[rows], times[rows]
    begins = np.ones(len(rows), dtype=np.bool_)
    begins[1:] = (value[1:] != value[:-1]) | (time[1:] - time[:-1] > gap)
    codes = np.full(len(times), -1, dtype=np.int64)
    codes[rows] = np.cumsum(begins) - 1
    starts = pa.array(time[begins]).cast(pa.large_string())
    return Key(key.kind, codes, _lines(key.texts.take(pa.array(value[begins])), starts))
