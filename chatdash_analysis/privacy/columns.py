"""Each column of conversations as a policy wants it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.flattening.flatten import as_text
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
from chatdash_analysis.privacy.knowing import known_people
from chatdash_analysis.privacy.labels import LABELS, masked_labels
from chatdash_analysis.privacy.pseudonyms import IDENTIFIER_KINDS, of_texts, pseudonyms
from chatdash_analysis.privacy.rules import (
    OBJECTS,
    FieldRule,
    Words,
    field_of,
    identifying_number,
    safe_name,
    says_little,
)
from chatdash_analysis.privacy.scrubbers import scrubbed
from chatdash_analysis.schema import BY_NAME
from chatdash_analysis.text.person_fields import person_field, role_names
from chatdash_analysis.text.scrubbing import hide_known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatdash_analysis.privacy.policy import PseudonymPolicy

__all__ = ["action_of", "check_index", "protected_columns", "safe_names"]

# Made by this package of other columns, without anybody's words.
_OURS = frozenset({"user_key"})
_JSON, _LABEL = Action("json"), Action("label")


def protected_columns(
    conversations: pd.DataFrame, policy: PseudonymPolicy
) -> tuple[dict[Any, pd.Series], set[str]]:
    """Return the columns that change, and the names of the fields met inside JSON."""
    # The names are needed for the texts of all columns, so they are read before any is hidden.
    protecting = _Protecting(policy, known_people(conversations))
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
    if name in BY_NAME or name in _OURS:
        return _own_action(name)
    kind = _kind(name)
    return Action("name", kind) if kind else SCRUB


def _own_action(name: str) -> Action:
    if name in LABELS:
        return _LABEL
    column = BY_NAME.get(name)
    if column is None or not column.pii:
        return STAY
    return _JSON if column.kind == "json" else SCRUB


def safe_names(conversations: pd.DataFrame, words: Words) -> list[Any]:
    """Return the names of the columns, without addresses and numbers of people in them."""
    kept = frozenset((*BY_NAME, *_OURS, *words.keep))
    taken = set(map(str, conversations.columns))
    names: list[Any] = []
    for name in conversations.columns:
        safe = str(name) if str(name) in kept else safe_name(str(name))
        while safe != str(name) and safe in taken:
            safe += "_"
        taken.add(safe)
        names.append(name if safe == str(name) else safe)
    return names


def _kind(name: str) -> str:
    return IDENTIFIER_KINDS.get(name) or person_field(field_of(name))


def check_index(table: pd.DataFrame, words: Words) -> None:
    """Raise `InputError` if a level of the index is called like what would change as a column.

    A user's word to keep a column holds for the index, too.
    """
    for place, level in enumerate(table.index.names):
        name = "" if level is None else str(level)
        if name and words.said_of(frozenset({name})) != STAY and _names_people(table, place, name):
            raise InputError(
                f"The index is called {name!r}, and would keep its values. Call reset_index()"
                " before, so that they are a column, or rename the index if they name nobody."
            )


def _names_people(table: pd.DataFrame, place: int, name: str) -> bool:
    if name in BY_NAME:
        return bool(BY_NAME[name].pii)
    if name in _OURS:
        return False
    values = table.index.get_level_values(place).unique()
    field = field_of(name)
    return bool(_kind(name)) or any(role_names(field, v) for v in values if isinstance(v, str))


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
        if action == _LABEL:
            return self._labelled(column)
        if action == SCRUB:
            return self._scrubbed(column, name)
        return self._named(column, name, action.kind)

    def _labelled(self, column: pd.Series) -> pd.Series:
        if not _holds_texts(column):
            return _without_numbers(column, "")
        texts = _texts(column)
        plain = masked_labels(texts)
        # Where there was a contact, the name may stand beside it; other labels never change.
        rows = [row for row, pair in enumerate(zip(texts, plain, strict=True)) if len({*pair}) > 1]
        found = pd.Series([plain[row] for row in rows], dtype="str")
        for row, text in zip(
            rows, hide_known(found, [self._known[row] for row in rows]), strict=True
        ):
            plain[row] = text
        return _with_others(column, plain)

    def _scrubbed(self, column: pd.Series, name: str) -> pd.Series:
        if not _holds_texts(column):
            return _without_numbers(column, name)
        field = "" if name in BY_NAME else field_of(name)
        plain = text_copies(_texts(column), self._known, FieldRule(Words()), self._tools, field)
        return _with_others(column, plain)

    def _named(self, column: pd.Series, name: str, kind: str) -> pd.Series:
        if name in IDENTIFIER_KINDS:
            texts = column if isinstance(column.dtype, pd.StringDtype) else _written(column)
            made = pseudonyms(texts_of(texts), kind, self._policy.key)
            return _like(column, made.to_pylist())
        if pd.api.types.is_bool_dtype(column.dtype):
            return column
        if not (_holds_texts(column) or pd.api.types.is_numeric_dtype(column.dtype)):
            return _emptied(column, name)
        texts = _written(column)
        named = of_texts(["" if text is None else text for text in texts], kind, self._policy.key)
        pairs = zip(texts, named, strict=True)
        return _like(column, [text if says_little(text) else new for text, new in pairs])


def _holds_texts(column: pd.Series) -> bool:
    dtype = column.dtype
    return isinstance(dtype, pd.StringDtype | pd.CategoricalDtype) or dtype.kind == "O"


def _texts(column: pd.Series) -> list[str | None]:
    """Return the texts of a column; None for what is missing or no text."""
    return [item if isinstance(item, str) else None for item in column.tolist()]


def _written(column: pd.Series) -> list[str | None]:
    """Return values as texts: a number of any type is the same text."""
    return [_as_written(item) for item in column.tolist()]


def _as_written(item: Any) -> str | None:
    if isinstance(item, str):
        return item
    if pd.api.types.is_scalar(item) and pd.isna(item):
        return None
    if isinstance(item, np.generic):
        item = item.item()
    if isinstance(item, Decimal) and item.is_finite() and item == int(item):
        item = int(item)
    if isinstance(item, bytes):
        return item.decode("utf-8", "replace")
    return as_text(item) if isinstance(item, bool | int | float) else str(item)


def _with_others(column: pd.Series, values: list[str | None]) -> pd.Series:
    return _like(column, values, column if pd.api.types.is_object_dtype(column.dtype) else None)


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
    if isinstance(other, bytes) or not pd.api.types.is_scalar(other):
        raise InputError(
            f"A column holds a {type(other).__name__}, in which names cannot be found. Turn it into"
            " JSON text, or drop the column."
        )
    return None if identifying_number(other, "") else other


def _without_numbers(column: pd.Series, name: str) -> pd.Series:
    """Return a column of numbers without those that may be phone numbers or ids."""
    numeric = pd.api.types.is_numeric_dtype(column.dtype)
    if not numeric or pd.api.types.is_bool_dtype(column.dtype):
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
