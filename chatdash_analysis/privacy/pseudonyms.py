"""Pseudonyms of values: one for all spellings of a value, in a form that shows what it is.

``phone:3f9a...`` stands for a phone number, ``lead:...`` for a lead. Which conversations have
the same value, which have none and which withheld it can be told as before; so identify_users
finds the same people.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from chatdash_analysis.identity.hubs import public
from chatdash_analysis.identity.phones import is_withheld, normalised
from chatdash_analysis.identity.values import naming
from chatdash_analysis.schema import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatdash_analysis.privacy.secret import Secret

__all__ = ["FIELD_KINDS", "IDENTIFIER_KINDS", "of_texts", "pseudonyms"]

_KINDS = {
    "instagram_id": "instagram",
    "instagram_username": "handle",
    "ip_address": "ip",
    "lead_id": "lead",
    "live_agent_id": "staff",
    "live_agent_name": "staff_name",
    # Either side of a call may be the customer's.
    "phone": "phone",
    "phone_secondary": "phone",
    "platform_id": "call",
}
# Columns of one kind share their pseudonyms.
IDENTIFIER_KINDS = {
    **{c.name: _KINDS.get(c.name, c.name) for c in COLUMNS if c.pii == "identifier"},
    "user_id": "people",
}
# The same by the names that the service gives to the properties.
FIELD_KINDS = {c.path: IDENTIFIER_KINDS[c.name] for c in COLUMNS if c.pii == "identifier"}
# As identify_users names those who are no leads; the name of a lead is the lead's id.
_MADE = re.compile(r"(?:instagram|metadata|phone|ip)-[0-9a-f]{16}|person:[0-9a-f]{20}")
_WITHHELD = "withheld"
_INSIDE = "private"


def pseudonyms(texts: Any, kind: str, secret: Secret) -> Any:
    """Return an Arrow array of texts with each value as its pseudonym.

    Missing values, blanks and placeholders ("unknown", "N/A") stay.

    Parameters
    ----------
    texts : pyarrow.LargeStringArray
        Values.
    kind : str
        What they are; equal values of two kinds have different pseudonyms.
    secret : Secret
        The secret.
    """
    held = texts.dictionary_encode()
    values = held.dictionary
    named = naming(values)
    if kind == "phone":
        made = _phones(values, named, secret)
    elif kind == "ip":
        made = [_INSIDE if v is None else _made(kind, v, secret) for v in _list(public(values))]
    elif kind == "people":
        made = [_person(value, secret) for value in _list(named)]
    else:
        made = [_made(kind, value, secret) for value in _list(named)]
    kept = pa.array(made, pa.large_string())
    return pc.if_else(pc.is_null(named), values, kept).take(held.indices)


def of_texts(values: Sequence[str], kind: str, secret: Secret) -> list[str]:
    """Return the pseudonyms of a list of texts."""
    return _list(pseudonyms(pa.array(values, pa.large_string()), kind, secret))


def _list(values: Any) -> list[Any]:
    found: list[Any] = values.to_pylist()
    return found


def _made(kind: str, value: str | None, secret: Secret) -> str | None:
    return None if value is None else f"{kind}:{secret.digest(kind, value)}"


def _phones(values: Any, named: Any, secret: Secret) -> list[str | None]:
    # What is no number joins nobody, and its pseudonym must not either.
    triples = zip(_list(normalised(values)), _list(is_withheld(values)), _list(named), strict=True)
    return [
        _made("phone", number, secret)
        or (_WITHHELD if withheld else _made("nophone", other, secret))
        for number, withheld, other in triples
    ]


def _person(value: str | None, secret: Secret) -> str | None:
    made = value is not None and _MADE.fullmatch(value)
    return _made("person" if made else "lead", value, secret)
