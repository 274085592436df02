"""A field as two comparisons: its values with each other, and its absence with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chatdash_analysis.codes import dense
from chatdash_analysis.driving.eligible import could_have, strata_of
from chatdash_analysis.driving.values import read_values
from chatdash_analysis.text.scrubbing import scrub

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from chatdash_analysis.driving.choosing import Field
    from chatdash_analysis.driving.eligible import Rows
    from chatdash_analysis.driving.values import Values

    Codes = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]

__all__ = ["ABSENT", "OTHER", "Part", "parts_of", "people_per_level"]

# In brackets, so that they cannot be mistaken for what a platform wrote.
ABSENT, OTHER = "[absent]", "[other]"
# More levels than anybody reads.
_MOST_LEVELS = 50


@dataclass(frozen=True, slots=True)
class Part:
    """Conversations of which each has one of some levels.

    Attributes
    ----------
    group : int
        Number of the group of `by`.
    field : Field
        The field.
    kind : {"category", "number", "absent", "list", "instant"}
        What is compared.
    levels : numpy.ndarray of int64
        Number of the level, in conversations where the field could have a value.
    labels : list of str
        The levels.
    numbers : numpy.ndarray of float64
        The values of a number, NaN for other kinds; empty for an absence.
    users, strata : numpy.ndarray of int64
        Numbers of the person and of agent, channel and month.
    known, good : numpy.ndarray of bool
        Whether the outcome is known, and whether it is a success.
    excluded : numpy.ndarray of int64
        Of each level, conversations in which nobody was reached, or that the field or the
        outcome did not exist for.
    outside : int
        All conversations in which the field could have no value.
    flags : tuple of str
        Why nothing can be compared.
    """

    group: int
    field: Field
    kind: str
    levels: Codes
    labels: list[str]
    numbers: Floats
    users: Codes
    strata: Codes
    known: Flags
    good: Flags
    excluded: Codes
    outside: int
    flags: tuple[str, ...]


class _Levels(NamedTuple):
    """The level of each conversation, -1 without one; their labels; why nothing is compared."""

    codes: Codes
    labels: list[str]
    flags: tuple[str, ...] = ()


def parts_of(rows: Rows, field: Field, group: int, min_users: int) -> Iterator[Part]:
    """Yield the values of a field, and its absence where it is absent at times."""
    values = read_values(rows.frame[field.name])
    could = could_have(rows, values.present)
    levels = _levels(rows, values, could, min_users, personal=field.personal)
    part = _part(rows, field, levels, could=could, among=values.held, kind=values.kind)
    numbers = values.numbers[could & values.held]
    yield replace(part, group=group, numbers=numbers)
    lacking = could & ~values.held
    if lacking.any():
        # Where nobody knows who was reached, most of them may be calls without anybody.
        flags = ("reach_unknown",) if 2 * rows.told[lacking].sum() < lacking.sum() else ()
        absent = _Levels(np.where(values.held, 0, 1), ["[present]", ABSENT], flags)
        everywhere = np.ones(len(rows), dtype=np.bool_)
        part = _part(rows, field, absent, could=could, among=everywhere, kind="absent")
        yield replace(part, group=group)


def _levels(rows: Rows, values: Values, could: Flags, min_users: int, *, personal: bool) -> _Levels:
    usable = values.held & could
    if not usable.any():
        return _Levels(np.where(values.held, 0, -1), [""], ("no_value",))
    if values.kind in ("list", "instant"):
        return _Levels(values.codes, [""], (values.kind,))
    if values.kind == "number":
        return _halves(values.numbers, usable)
    if personal and values.labels != ["false", "true"]:
        return _Levels(np.where(values.held, 0, -1), [""], ("personal",))
    return _named(rows, values, usable, min_users)


def _halves(numbers: Floats, usable: Flags) -> _Levels:
    """Cut numbers behind the median, or before it if nothing is larger."""
    found = numbers[usable]
    ordered = np.sort(found)
    middle = ordered[(len(ordered) - 1) // 2]
    if middle == ordered[-1]:
        if ordered[0] == middle:
            return _Levels(np.where(np.isnan(numbers), -1, 0), [""], ("constant",))
        middle = ordered[ordered < middle][-1]
    # A number in full might be a phone number.
    shown = float(f"{middle:.3g}")
    labels = ["lower half", "upper half"]
    if ((found <= shown) == (found <= middle)).all():
        labels = [f"<= {shown:g}", f"> {shown:g}"]
    codes = np.where(np.isnan(numbers), -1, np.where(numbers <= middle, 0, 1))
    return _Levels(codes, labels)


def _named(rows: Rows, values: Values, usable: Flags, min_users: int) -> _Levels:
    """Put levels of few people, and the rarest of very many, together without a name."""
    size = len(values.labels)
    people = people_per_level(values.codes[usable], rows.users[usable], size)
    n = np.bincount(values.codes[usable], minlength=size)
    named = np.flatnonzero(people >= min_users)
    named = np.sort(named[np.lexsort((named, -n[named]))[:_MOST_LEVELS]])
    texts = scrub([values.labels[place] for place in named]).tolist() if len(named) else []
    # Different texts may read the same when masked.
    labels = sorted(set(texts) - {ABSENT, OTHER, ""})
    number = {text: place for place, text in enumerate(labels)}
    level = np.full(size + 1, len(labels), dtype=np.int64)
    level[named] = [number.get(text, len(labels)) for text in texts]
    level[-1] = -1
    shown = _shown(labels, level[values.codes], rows, usable, min_users)
    flags: tuple[str, ...] = ()
    if 2 * n[named].sum() < n.sum():
        flags = ("near_unique",)
    elif len(np.unique(level[values.codes[usable]])) == 1:
        flags = ("constant",)
    return _Levels(level[values.codes], [*shown, OTHER], flags)


def _shown(
    labels: list[str], levels: Codes, rows: Rows, usable: Flags, min_users: int
) -> list[str]:
    """Hide what too few people who are known have said; flags tell of nobody."""
    if labels == ["false", "true"]:
        return labels
    known = usable & rows.named
    people = people_per_level(levels[known], rows.users[known], len(labels) + 1)
    hidden = iter(range(1, len(labels) + 1))
    pairs = zip(labels, people, strict=False)
    return [label if n >= min_users else f"[hidden {next(hidden)}]" for label, n in pairs]


def people_per_level(levels: Codes, users: Codes, size: int) -> Codes:
    """Return how many different people there are at each level."""
    width = int(users.max(initial=-1)) + 1
    _, first = dense(levels * width + users)
    return np.bincount(levels[first], minlength=size)


def _part(
    rows: Rows, field: Field, levels: _Levels, *, could: Flags, among: Flags, kind: str
) -> Part:
    """Return the comparison of levels among some of the conversations that could have the field."""
    labels = levels.labels
    # "Other" without any conversation is no level.
    if len(labels) > 1 and labels[-1] == OTHER and not (levels.codes == len(labels) - 1).any():
        labels = labels[:-1]
    places = np.flatnonzero(among & could)
    out = np.bincount(levels.codes[among & ~could], minlength=len(labels))
    return Part(
        group=0,
        field=field,
        kind=kind,
        levels=levels.codes[places],
        labels=labels,
        numbers=np.empty(0),
        users=rows.users[places],
        strata=strata_of(rows, field.name)[places],
        known=rows.known[places],
        good=rows.good[places],
        excluded=out.astype(np.int64),
        outside=int((~could).sum()),
        flags=levels.flags,
    )
