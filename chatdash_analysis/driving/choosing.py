"""Which columns can go with success, and which of them come after it or restate it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from chatdash_analysis.errors import InputError
from chatdash_analysis.flattening.names import CLASH
from chatdash_analysis.schema import BY_NAME
from chatdash_analysis.tables import require_columns, require_dataframe
from chatdash_analysis.text.person_fields import person_field

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["Field", "fields_of", "known_at"]

_MOMENTS = ("start", "during", "end", "analysis", "later")
# Declared columns that describe a conversation. The agent and its platform are held fixed.
_DECLARED = (
    "channel", "campaign_id", "country_code", "browser", "device", "os", "record", "status",
    "ended_reason", "duration_minutes", "cost", "topic", "subtopic", "misunderstood_count", "read",
)  # fmt: skip
_DYNAMIC = {"custom_": "analysis", "metadata_": "end"}
_JUDGED = "evaluation_"
# How and when a conversation ended is what a judge goes by.
_ENDINGS = frozenset({"status", "ended_reason", "duration_minutes", "cost"})
_VERDICTS = frozenset(
    {
        "achieved", "evaluation", "goal", "outcome", "resolution", "resolved", "solved",
        "succeeded", "success", "successful", "verdict",
    }
)  # fmt: skip
_EMPTY_WORDS = frozenset({"", "a", "did", "has", "is", "of", "the", "was"})


class Field(NamedTuple):
    """A column that may go with the outcome.

    Attributes
    ----------
    name : str
        Name of the column.
    known_at : str or None
        The earliest moment at which its values are known, if that is known.
    after_outcome : bool
        Whether that is later than the moment of the outcome.
    restates : bool
        Whether the name says that it may be the outcome in other words.
    personal : bool
        Whether the name says that its texts name people.
    """

    name: str
    known_at: str | None
    after_outcome: bool
    restates: bool
    personal: bool = False


def known_at(column: str) -> str | None:
    """Return the earliest moment at which a column is known; None for one of the user's own."""
    if column in BY_NAME:
        return BY_NAME[column].known_at
    return next((at for start, at in _DYNAMIC.items() if column.startswith(start)), None)


def fields_of(
    conversations: pd.DataFrame,
    fields: str | Sequence[str] | None,
    *,
    outcome: str,
    taken: Sequence[str],
    include_later: bool,
    use: str,
) -> list[Field]:
    """Return the fields asked for; by default all that can describe a conversation in time."""
    require_dataframe(conversations, use)
    require_columns(conversations, [outcome], use)
    if fields is None:
        usual = [name for name in conversations if name not in (outcome, *taken) and _usual(name)]
        # Fields of other agents only: nothing is known of them here.
        names = [name for name in usual if name in BY_NAME or conversations[name].notna().any()]
        chosen = [_field(name, outcome) for name in sorted(names)]
        return [field for field in chosen if include_later or not field.after_outcome]
    names = _named(fields, outcome, taken)
    require_columns(conversations, names, use)
    return [_field(name, outcome) for name in names]


def _usual(column: Any) -> bool:
    if not isinstance(column, str) or column in BY_NAME:
        return column in _DECLARED
    return column.startswith(tuple(_DYNAMIC))


def _named(fields: Any, outcome: str, taken: Sequence[str]) -> list[str]:
    names = list(fields) if isinstance(fields, Iterable) else [fields]
    names = sorted(set(_texts([fields] if isinstance(fields, str) else names)))
    if not names:
        raise InputError("fields names no column. Leave it out to look at all of them.")
    for name in names:
        if name == outcome or name in taken:
            raise InputError(
                f"fields: {name} is the outcome, a column of `by` or the one of people. Leave it"
                " out."
            )
        # The raw JSON of the dynamic fields is free text, too.
        if name == "conversation_id" or (name in BY_NAME and BY_NAME[name].pii):
            raise InputError(
                f"fields: {name} names people or conversations, or is free text: its values do not"
                " come back, so that they can go with nothing. Leave it out."
            )
    return names


def _texts(names: list[Any]) -> list[str]:
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong:
        raise InputError(f"fields: {wrong[0]!r} is no name of a column. Give a text.")
    return names


def _field(name: str, outcome: str) -> Field:
    own, then = known_at(name), known_at(outcome)
    after = own is not None and then is not None and _MOMENTS.index(own) > _MOMENTS.index(then)
    personal = name not in BY_NAME and person_field(_plain(name)) != ""
    return Field(name, own, after, _restates(name, outcome), personal)


def _restates(name: str, outcome: str) -> bool:
    words = _words(name)
    if outcome.startswith(_JUDGED):
        return name in _ENDINGS or (name not in BY_NAME and bool(words & _VERDICTS))
    meant = _words(outcome)
    return name not in BY_NAME and bool(meant) and meant <= words


def _words(column: str) -> frozenset[str]:
    return frozenset(_plain(column).split("_")) - _EMPTY_WORDS


def _plain(column: str) -> str:
    """Return a name without its prefix and the suffix of a clash."""
    plain = re.sub(CLASH, "", column)
    for start in _DYNAMIC:
        plain = plain.removeprefix(start)
    return plain.casefold()
