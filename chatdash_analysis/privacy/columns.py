"""Each column of conversations as a policy wants it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.flattening.flatten import as_text
from chatdash_analysis.flattening.names import CLASH
from chatdash_analysis.identity.values import texts_of
from chatdash_analysis.privacy.json_copies import (
    GONE,
    SCRUB,
    STAY,
    Action,
    Tools,
    json_copies,
    text_copies,
)
from chatdash_analysis.privacy.pseudonyms import IDENTIFIER_KINDS, of_texts, pseudonyms
from chatdash_analysis.privacy.rules import (
    OBJECTS,
    FieldRule,
    Words,
    identifying_number,
    says_little,
)
from chatdash_analysis.privacy.scrubbers import scrubbed
from chatdash_analysis.schema import BY_NAME
from chatdash_analysis.text.known import known_texts
from chatdash_analysis.text.person_fields import person_field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatdash_analysis.privacy.policy import PseudonymPolicy

__all__ = ["action_of", "protected_columns"]

# Made by this package of other columns, without anybody's words.
_OURS = frozenset({"user_key"})
_JSON = Action("json")


def protected_columns(
    conversations: pd.DataFrame, policy: PseudonymPolicy
) -> tuple[dict[Any, pd.Series], set[str]]:
    """Return the columns that change, and the names of the fields met inside JSON."""
    # The names are needed for the texts of all columns, so they are read before any is hidden.
    protecting = _Protecting(policy, known_texts(conversations).tolist())
    changed = {}
    for name in conversations.columns:
        action = action_of(str(name), policy.words)
        if action != STAY:
            changed[name] = protecting.column(conversations[name], str(name), action)
    return changed, protecting.met


def action_of(name: str, words: Words) -> Action:
    """Return what becomes of a column."""
    source = next((json for json, prefix in OBJECTS.items() if name.startswith(prefix)), None)
    said = words.said_of(frozenset({name} if source is None else {name, source}))
    if said is not None:
        # The fields inside may be named, too.
        return Action("name", _kind(name) or said.kind) if said.kind else said
    if name in IDENTIFIER_KINDS:
        return Action("name", IDENTIFIER_KINDS[name])
    if name in BY_NAME:
        column = BY_NAME[name]
        if column.kind == "json":
            return _JSON
        return SCRUB if column.pii == "free_text" else STAY
    if name in _OURS:
        return STAY
    kind = _kind(name)
    return Action("name", kind) if kind else SCRUB


def _kind(name: str) -> str:
    prefix = next((prefix for prefix in OBJECTS.values() if name.startswith(prefix)), "")
    field = re.sub(CLASH, "", name.removeprefix(prefix))
    return IDENTIFIER_KINDS.get(name) or person_field(field)


class _Protecting:
    """The columns of one table on their way, with the names known in its rows."""

    def __init__(self, policy: PseudonymPolicy, known: Sequence[Sequence[str]]) -> None:
        self.met: set[str] = set()
        self._policy = policy
        self._known = known
        self._tools = Tools(
            lambda texts, names: scrubbed(texts, names, policy.scrub),
            lambda texts, kind: of_texts(texts, kind, policy.key),
        )

    def column(self, column: pd.Series, name: str, action: Action) -> pd.Series:
        """Return a column as the action wants it, with its index and, as far as it can, dtype."""
        if action == GONE:
            return _emptied(column, name)
        if action == _JSON:
            rule = FieldRule(self._policy.words, OBJECTS.get(name, ""), self.met)
            return _like(column, json_copies(_texts(column), self._known, rule, self._tools))
        if action == SCRUB:
            return self._scrubbed(column, name)
        return self._named(column, name, action.kind)

    def _scrubbed(self, column: pd.Series, name: str) -> pd.Series:
        if not _holds_texts(column):
            return _without_numbers(column, name)
        plain = text_copies(_texts(column), self._known, FieldRule(Words()), self._tools)
        return _like(column, plain, column if pd.api.types.is_object_dtype(column.dtype) else None)

    def _named(self, column: pd.Series, name: str, kind: str) -> pd.Series:
        if name in IDENTIFIER_KINDS:
            made = pseudonyms(texts_of(column), kind, self._policy.key)
            return _like(column, made.to_pylist())
        if pd.api.types.is_bool_dtype(column.dtype):
            return column
        if not (_holds_texts(column) or pd.api.types.is_numeric_dtype(column.dtype)):
            return _emptied(column, name)
        texts = [None if pd.isna(item) else as_text(item) for item in column.astype("object")]
        named = of_texts(["" if text is None else text for text in texts], kind, self._policy.key)
        pairs = zip(texts, named, strict=True)
        return _like(column, [text if says_little(text) else new for text, new in pairs])


def _holds_texts(column: pd.Series) -> bool:
    dtype = column.dtype
    return isinstance(dtype, pd.StringDtype | pd.CategoricalDtype) or dtype.kind == "O"


def _texts(column: pd.Series) -> list[str | None]:
    """Return the texts of a column; None for what is missing or no text."""
    return [item if isinstance(item, str) else None for item in column.tolist()]


def _like(column: pd.Series, values: list[Any], others: pd.Series | None = None) -> pd.Series:
    """Return texts as a column like the one they were made of.

    `others` holds what is no text where there may be such: flags stay, and small numbers.
    """
    if others is not None:
        pairs = zip(values, others.tolist(), strict=True)
        values = [_plain(other) if new is None else new for new, other in pairs]
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        dtype = "category"
    elif not _holds_texts(column):
        dtype = "str" if any(value is not None for value in values) else dtype
        values = values if dtype == "str" else column.tolist()
    return pd.Series(values, index=column.index, dtype=dtype, name=column.name)


def _plain(other: Any) -> Any:
    """Return what an object column holds beside texts, unless somebody may be in it."""
    if not pd.api.types.is_scalar(other):
        raise InputError(
            f"A column holds a {type(other).__name__}, in which names cannot be found. Turn it into"
            " JSON text, or drop the column."
        )
    return None if identifying_number(other, "") else other


def _without_numbers(column: pd.Series, name: str) -> pd.Series:
    """Return a column of numbers without those that may be phone numbers or ids."""
    dynamic = name.startswith(tuple(OBJECTS.values()))
    if not dynamic or not pd.api.types.is_numeric_dtype(column.dtype):
        return column
    if pd.api.types.is_bool_dtype(column.dtype):
        return column
    hidden = np.array([identifying_number(item, name) for item in column.tolist()], dtype=bool)
    if not hidden.any():
        return column
    nullable = "Int64" if column.dtype.kind in "iu" else column.dtype
    return column.astype(nullable).mask(hidden)


def _emptied(column: pd.Series, name: str) -> pd.Series:
    dtype = column.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "iub":
        raise InputError(
            f"{name!r} is {dtype}, which cannot be missing. Leave it out of drop, and drop the"
            " column from the result."
        )
    return pd.Series(None, index=column.index, dtype=dtype, name=column.name)
