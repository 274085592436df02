"""Each column of conversations as a policy wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from chatdash_analysis.errors import InputError
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
from chatdash_analysis.privacy.labels import LABELS, hidden_labels
from chatdash_analysis.privacy.pseudonyms import IDENTIFIER_KINDS, of_texts, pseudonyms
from chatdash_analysis.privacy.rules import (
    OBJECTS,
    FieldRule,
    Words,
    field_of,
    safe_name,
    says_little,
)
from chatdash_analysis.privacy.scrubbers import scrubbed
from chatdash_analysis.privacy.values import (
    column_like,
    emptied,
    holds_texts,
    like_before,
    plainly_held,
    texts_in,
    without_numbers,
    written,
)
from chatdash_analysis.schema import BY_NAME
from chatdash_analysis.text.person_fields import person_field, role_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chatdash_analysis.privacy.policy import PseudonymPolicy

__all__ = ["Protected", "action_of", "check_index", "protected_columns", "safe_names"]

# Made by this package of other columns, without anybody's words.
_OURS = frozenset({"user_key"})
_JSON, _LABEL = Action("json"), Action("label")


class Protected(NamedTuple):
    """What becomes of a table.

    Attributes
    ----------
    columns : dict
        The columns that change.
    met : set of str
        Names of the fields met inside JSON, if the user named any.
    unsafe : dict of str
        Names of columns whose key in JSON holds an address or a number, and better ones.
    """

    columns: dict[Any, pd.Series]
    met: set[str]
    unsafe: dict[str, str]


def protected_columns(conversations: pd.DataFrame, policy: PseudonymPolicy) -> Protected:
    """Return the columns that change, and what is known of the others by then."""
    # The names are needed for the texts of all columns, so they are read before any is hidden.
    protecting = _Protecting(policy, known_people(conversations))
    changed = {}
    for name in conversations.columns:
        action = action_of(str(name), policy.words)
        if action != STAY:
            changed[name] = protecting.column(conversations[name], str(name), action)
    return Protected(changed, protecting.met, protecting.unsafe)


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


def safe_names(conversations: pd.DataFrame, words: Words, unsafe: Mapping[str, str]) -> list[Any]:
    """Return the names of the columns, without addresses and numbers of people in them."""
    kept = frozenset((*BY_NAME, *_OURS, *words.keep))
    taken = set(map(str, conversations.columns))
    names: list[Any] = []
    for name in conversations.columns:
        better = unsafe.get(str(name), str(name))
        safe = str(name) if str(name) in kept else safe_name(better)
        while safe != str(name) and safe in taken:
            safe += "_"
        taken.add(safe)
        names.append(name if safe == str(name) else safe)
    return names


def _kind(name: str) -> str:
    return IDENTIFIER_KINDS.get(name) or person_field(field_of(name))


def check_index(table: pd.DataFrame, words: Words) -> None:
    """Raise `InputError` if a level of the index would change as a column, and may name people.

    A user's word to keep a column holds for the index, too.
    """
    for place, level in enumerate(table.index.names):
        name = "" if level is None else str(level)
        if words.said_of(frozenset({name})) != STAY and _names_people(table.index, place, name):
            raise InputError(
                f"The index{f', called {name!r},' if name else ''} may name people, and would keep"
                " its values. Call reset_index() before, so that they are a column; with drop=True"
                " if nobody needs them."
            )


def _names_people(index: pd.Index[Any], place: int, name: str) -> bool:
    if name in BY_NAME:
        return bool(BY_NAME[name].pii)
    if name in _OURS:
        return False
    texts = [value for value in _level(index, place) if isinstance(value, str)]
    field = field_of(name)
    named = bool(name and _kind(name)) or any(role_names(field, text) for text in texts)
    return named or hidden_labels(texts, lambda: [[]] * len(texts)) != texts


def _level(index: pd.Index[Any], place: int) -> pd.Index[Any]:
    """Return the different values of a level, also those that no row has any more."""
    level = index.levels[place] if isinstance(index, pd.MultiIndex) else index
    return level.categories if isinstance(level, pd.CategoricalIndex) else level.unique()


class _Protecting:
    """The columns of one table on their way, with the names known in its rows."""

    def __init__(self, policy: PseudonymPolicy, known: Sequence[Sequence[str]]) -> None:
        self.met: set[str] = set()
        self.unsafe: dict[str, str] = {}
        self._policy = policy
        self._known = known
        self._tools = Tools(
            lambda texts, names: scrubbed(texts, names, policy.scrub),
            lambda texts, kind: of_texts(texts, kind, policy.key),
        )

    def column(self, column: pd.Series, name: str, action: Action) -> pd.Series:
        """Return a column as the action wants it, with its index and, as far as it can, dtype."""
        held = plainly_held(column)
        return like_before(self._made(held, name, action), held, column)

    def _made(self, column: pd.Series, name: str, action: Action) -> pd.Series:
        if action == GONE:
            return emptied(column, name)
        if action == _JSON:
            rule = FieldRule(self._policy.words, OBJECTS.get(name, ""), self.met, self.unsafe)
            copies = json_copies(texts_in(column), self._known, rule, self._tools)
            return column_like(column, copies, others=True)
        if action == _LABEL:
            return self._labelled(column)
        if action == SCRUB:
            return self._scrubbed(column, name)
        return self._named(column, name, action.kind)

    def _labelled(self, column: pd.Series) -> pd.Series:
        if not holds_texts(column):
            return without_numbers(column, "")
        return column_like(
            column, hidden_labels(texts_in(column), lambda: self._known), others=True
        )

    def _scrubbed(self, column: pd.Series, name: str) -> pd.Series:
        if not holds_texts(column):
            return without_numbers(column, name)
        field = "" if name in BY_NAME else field_of(name)
        plain = text_copies(texts_in(column), self._known, FieldRule(Words()), self._tools, field)
        return column_like(column, plain, others=True)

    def _named(self, column: pd.Series, name: str, kind: str) -> pd.Series:
        if name in IDENTIFIER_KINDS:
            texts = column if isinstance(column.dtype, pd.StringDtype) else written(column)
            made = pseudonyms(texts_of(texts), kind, self._policy.key)
            return column_like(column, made.to_pylist())
        if pd.api.types.is_bool_dtype(column.dtype):
            return column
        if not (holds_texts(column) or pd.api.types.is_numeric_dtype(column.dtype)):
            return emptied(column, name)
        texts = written(column)
        named = of_texts(["" if text is None else text for text in texts], kind, self._policy.key)
        pairs = zip(texts, named, strict=True)
        return column_like(column, [text if says_little(text) else new for text, new in pairs])
