"""Which keys each rule uses, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chatdash_analysis.errors import InputError
from chatdash_analysis.identity.hubs import (
    HOUR,
    Refused,
    addresses,
    runs,
    without_busy,
    without_hubs,
)
from chatdash_analysis.identity.merge import KINDS, add_key, no_people
from chatdash_analysis.identity.metadata import metadata_key
from chatdash_analysis.identity.phones import customer_phones
from chatdash_analysis.identity.values import Key, agents_of, instants, key_of
from chatdash_analysis.tables import require_columns, require_dataframe

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from chatdash_analysis.identity.merge import People
    from chatdash_analysis.identity.values import Codes

__all__ = ["RULES", "Identified", "Settings", "check", "identified", "identified_by_rule"]

RULES = {
    "strict": ("lead", "instagram", "metadata"),
    "default": ("lead", "instagram", "metadata", "phone"),
    "loose": KINDS,
}
_NEEDED = {
    "lead": ("lead_id",),
    "instagram": ("instagram_id",),
    "metadata": ("metadata",),
    "phone": ("phone", "phone_secondary"),
    "ip": ("ip_address",),
}


_LONGEST = 1_000_000  # hours, more than a century


class Settings(NamedTuple):
    """What users may change about the rules; see `identify_users`."""

    metadata_key: str | None
    metadata_scope: str
    within_hours: float
    hub_conversations: int
    hub_people: int


class Identified(NamedTuple):
    """The people by one rule, the keys that name them, and what was refused on the way."""

    people: People
    keys: tuple[Key, ...]
    refused: tuple[Refused, ...]


def check(conversations: Any, rule: str, settings: Settings, use: str) -> None:
    """Raise `InputError` or `MissingColumnsError` unless the rule can be applied."""
    if rule not in RULES:
        raise InputError(f"rule={rule!r} is no rule. Choose one of {', '.join(map(repr, RULES))}.")
    require_dataframe(conversations, use)
    _check_settings(settings)
    kinds = [kind for kind in RULES[rule] if kind != "metadata" or settings.metadata_key]
    needed = ["agent_id", "created_at", *(name for kind in kinds for name in _NEEDED[kind])]
    require_columns(conversations, needed, use)


def _check_settings(settings: Settings) -> None:
    key, hours = settings.metadata_key, settings.within_hours
    if key is not None and not (isinstance(key, str) and key):
        raise InputError(f"metadata_key={key!r} is no name of a field. Give a text or None.")
    if settings.metadata_scope not in {"agent", "all"}:
        raise InputError(
            f"metadata_scope={settings.metadata_scope!r} is unknown. Choose 'agent' or 'all'."
        )
    numeric = isinstance(hours, (int, float, np.number)) and not isinstance(hours, bool)
    if not (numeric and 0 < hours <= _LONGEST):
        raise InputError(
            f"within_hours={hours!r} must be a number of hours, above 0 to {_LONGEST}."
        )
    for name in ("hub_conversations", "hub_people"):
        most = getattr(settings, name)
        if isinstance(most, bool) or not isinstance(most, (int, np.integer)) or most < 1:
            raise InputError(f"{name}={most!r} must be a whole number, 1 or more.")


def identified(conversations: pd.DataFrame, rule: str, settings: Settings) -> Identified:
    """Return the people by one rule."""
    return dict(identified_by_rule(conversations, rule, settings))[rule]


def identified_by_rule(
    conversations: pd.DataFrame, upto: str, settings: Settings
) -> Iterator[tuple[str, Identified]]:
    """Yield each rule and its people, from strict to `upto`; each goes on from the last."""
    people, keys, refused = no_people(len(conversations)), [], []
    times = instants(conversations["created_at"], "created_at")
    for kind in RULES[upto]:
        if kind != "metadata" or settings.metadata_key:
            key, hubs = _key(kind, conversations, times, people, settings)
            people, reasons = add_key(people, key)
            keys.append(key)
            refused += [*hubs, Refused(key, reasons)]
        for rule, kinds in RULES.items():
            if kinds[-1] == kind:
                yield rule, Identified(people, tuple(keys), tuple(refused))


def _key(
    kind: str, conversations: pd.DataFrame, times: Codes, people: People, settings: Settings
) -> tuple[Key, list[Refused]]:
    """Return a key without the values that are too common, and those."""
    busiest = int(settings.hub_conversations)
    if kind in {"lead", "instagram"}:
        return key_of(kind, conversations[f"{kind}_id"]), []
    if kind == "metadata":
        agents = agents_of(conversations) if settings.metadata_scope == "agent" else None
        key = metadata_key(conversations["metadata"], str(settings.metadata_key), agents)
        key, hubs = without_busy(key, times, busiest)
    elif kind == "phone":
        key, hubs = without_busy(customer_phones(conversations), times, busiest)
    else:
        key = addresses(conversations)
        key, hubs = without_hubs(key, people, busiest, int(settings.hub_people))
        key = runs(key, times, int(settings.within_hours * HOUR))
    return key, [hubs]
