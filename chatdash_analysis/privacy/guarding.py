"""What is done to the rows of the service before they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import pyarrow as pa

from chatdash_analysis.errors import InputError
from chatdash_analysis.flattening.columns import BASE, flatten_column, with_fields
from chatdash_analysis.privacy.columns import protected_columns
from chatdash_analysis.privacy.json_copies import Tools, json_copies
from chatdash_analysis.privacy.knowing import known_people
from chatdash_analysis.privacy.labels import LABELS, hidden_labels
from chatdash_analysis.privacy.policy import PseudonymPolicy, check_names
from chatdash_analysis.privacy.rules import OBJECTS, BareRule, Words
from chatdash_analysis.privacy.scrubbers import scrubber_name
from chatdash_analysis.privacy.suspecting import with_suspected
from chatdash_analysis.schema import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Guard", "Pii", "guard_of"]

Pii = Literal["keep", "drop"] | PseudonymPolicy

_TEXTS = tuple(c.name for c in COLUMNS if c.kind in ("text", "json"))
_PERSONAL = tuple(c.name for c in COLUMNS if c.pii)
_SOURCE = "custom_analysis"


def guard_of(pii: Pii) -> Guard | None:
    """Return what `pii` asks for; None for "keep".

    Raises
    ------
    InputError
        If it is none of the choices, or a policy names a column that no load has.
    """
    if isinstance(pii, str) and pii in ("keep", "drop"):
        return Guard(None) if pii == "drop" else None
    if not isinstance(pii, PseudonymPolicy):
        # Never the text itself: it may be a secret in the wrong place.
        shown = "another text" if isinstance(pii, str) else f"a {type(pii).__name__}"
        raise InputError(f"pii is {shown}; give 'keep', 'drop' or PseudonymPolicy(secret=...).")
    fields = tuple(OBJECTS.values())
    given = (*pii.drop, *pii.keep, *pii.identifiers)
    check_names(pii, BASE.names, [name for name in given if name.startswith(fields)])
    if "<" in scrubber_name(pii.scrub):
        raise InputError(
            "The scrubber of a policy for loading needs a name by which the cache knows it."
            " Write a function at the top of a module or notebook."
        )
    return Guard(pii)


@dataclass(frozen=True)
class Guard:
    """Takes what is personal out of tables of conversations: all of it, or by a policy."""

    policy: PseudonymPolicy | None

    @property
    def label(self) -> str:
        """A name for folders; "drop" or one of a policy."""
        return "drop" if self.policy is None else self.policy.label

    def describe(self, frame: pd.DataFrame | None = None) -> dict[str, Any]:
        """Return what is done, ready for JSON; of a guarded table with the columns to look at."""
        done = {"pii": "drop"} if self.policy is None else self.policy.describe()
        if frame is None:
            return done
        words = Words() if self.policy is None else self.policy.words
        return with_suspected(done, frame, words)

    def __call__(self, table: pa.Table) -> pa.Table:
        """Return a table as the parser makes them, without what is personal."""
        base = table.select([name for name in table.column_names if name in BASE.names])
        base = _replaced(base, _bare(base) if self.policy is None else _named(base, self.policy))
        fields, overflow = flatten_column(base[_SOURCE])
        return with_fields(base, fields, overflow=overflow)


def _replaced(table: pa.Table, columns: Mapping[str, Any]) -> pa.Table:
    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        kind = table.schema.field(place).type
        table = table.set_column(place, table.schema.field(place), pa.array(values, kind))
    return table


def _bare(table: pa.Table) -> dict[str, Any]:
    """Return the personal columns without values; what stays of the fields is in their JSON."""
    empty: dict[str, Any] = {name: pd.array([None] * len(table), "str") for name in _PERSONAL}
    nobody: list[list[str]] = [[]] * len(table)
    nothing = Tools(lambda texts, _: texts, lambda texts, _: texts)
    # Few tables have a contact in a label, and to look for names takes long.
    known = cache(lambda: known_people(_frame(table)))
    labels = {name: hidden_labels(table[name].to_pylist(), known) for name in LABELS}
    fields = json_copies(table[_SOURCE].to_pylist(), nobody, BareRule(), nothing)
    return {**empty, **labels, _SOURCE: fields}


def _frame(table: pa.Table) -> pd.DataFrame:
    return table.select(list(_TEXTS)).to_pandas().astype("str")


def _named(table: pa.Table, policy: PseudonymPolicy) -> dict[str, Any]:
    changed = protected_columns(_frame(table), policy).columns
    others = [c for c in COLUMNS if c.name in policy.drop and c.name not in _TEXTS]
    return {**changed, **{c.name: pa.nulls(len(table), c.arrow_type) for c in others}}
