"""What can be said of one field of one agent: counts, top values, form, coverage over time."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chatdash_analysis.fields.reading import read_texts, says_nothing
from chatdash_analysis.fields.rows import seen
from chatdash_analysis.fields.suspicion import suspicion
from chatdash_analysis.fields.tracing import trace_of
from chatdash_analysis.fields.wording import hidden_as, people_of_each, top_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from chatdash_analysis.fields.distinct import Distinct
    from chatdash_analysis.fields.renames import Trace
    from chatdash_analysis.fields.rows import Cells, Flags, Ints, Rows, Seen
    from chatdash_analysis.fields.wording import Top

    Floats = NDArray[np.float64]

__all__ = ["Asked", "Likeness", "Measured", "likeness", "measured"]

# So unlikely is a pause by chance that it is called one.
_CHANCE = 0.001
_LEAST = 5  # conversations


class Asked(NamedTuple):
    """What all fields are measured on."""

    rows: Rows
    cells: Cells
    people: Ints | None
    names: frozenset[str]
    min_users: int
    top: int


class Likeness(NamedTuple):
    """Of each distinct value: whether it says nothing, and whether it can be read as a type."""

    nothing: Flags
    number: Flags
    boolean: Flags


class Measured(NamedTuple):
    """A field of an agent."""

    agent: int
    column: str
    facts: dict[str, Any]
    flags: list[str]
    top: Top | str
    trace: Trace | None


def likeness(distinct: Distinct) -> Likeness:
    """Tell what the values are like."""
    size = len(distinct)
    if len(distinct.numbers):
        flags = np.isin(distinct.numbers, (0.0, 1.0))
        return Likeness(np.zeros(size, np.bool_), np.ones(size, np.bool_), flags)
    nothing = says_nothing(distinct.texts)
    number = ~np.isnan(read_texts(distinct.texts, "number").numbers)
    boolean = ~np.isnan(read_texts(distinct.texts, "boolean").numbers)
    return Likeness(nothing, number & ~nothing, boolean & ~nothing)


def measured(
    column: str, distinct: Distinct, asked: Asked, keys: Mapping[int, str]
) -> Iterator[Measured]:
    """Yield what can be said of a field for each agent that has it.

    Parameters
    ----------
    column : str
    distinct : Distinct
        What it holds.
    asked : Asked
    keys : mapping of int to str
        By agent the key that the platform sent, where that is known.
    """
    rows = asked.rows
    where = seen(rows, distinct.codes >= 0)
    like = likeness(distinct)
    coverage = _coverage(where, asked)
    order = np.argsort(rows.agents[where.present], kind="stable")
    places = np.flatnonzero(where.present)[order]
    starts = np.searchsorted(rows.agents[places], np.arange(rows.size + 1))
    for agent, (start, stop) in enumerate(pairwise(starts)):
        if start < stop:
            key = keys.get(agent, column.partition("_")[2])
            own = _values(column, key, distinct, like, (agent, places[start:stop]), asked)
            yield own._replace(facts=own.facts | {k: v[agent] for k, v in coverage.items()})


def _coverage(where: Seen, asked: Asked) -> dict[str, Any]:
    """Count, agent by agent, where the field could have a value, and where it has one."""
    rows, cells = asked.rows, asked.cells
    could = np.bincount(cells.codes[where.eligible], minlength=len(cells.agents))
    has = np.bincount(cells.codes[where.eligible & where.present], minlength=len(cells.agents))
    counts = {
        "eligible": rows.by_agent(where.eligible),
        "eligible_values": rows.by_agent(where.eligible & where.present),
        "periods": _per_agent(cells, could > 0, rows.size),
        "covered_periods": _per_agent(cells, has > 0, rows.size),
    }
    share = np.divide(has, could, out=np.full(len(has), np.nan), where=could > 0)
    # Cells are in the order of agents, then periods.
    places = np.flatnonzero(could > 0)
    agents, first, sizes = np.unique(cells.agents[places], return_index=True, return_counts=True)
    ends = {"first_coverage": first, "last_coverage": first + sizes - 1}
    for key, at in ends.items():
        values = np.full(rows.size, np.nan)
        values[agents] = share[places[at]]
        counts[key] = values
    return {**counts, "first": where.first, "last": where.last}


def _per_agent(cells: Cells, mask: Flags, size: int) -> Ints:
    return np.bincount(cells.agents[mask], minlength=size)


def _values(
    column: str,
    key: str,
    distinct: Distinct,
    like: Likeness,
    own: tuple[int, Ints],
    asked: Asked,
) -> Measured:
    agent, held = own
    codes = distinct.codes[held]
    counts = np.bincount(codes, minlength=len(distinct))
    telling = np.where(like.nothing, 0, counts)
    pii = suspicion(key, distinct, telling, asked.names)
    top = _top(pii, distinct, held, asked)
    said = int(telling.sum())
    facts = {
        "kind": distinct.kind,
        "values": len(held),
        "distinct": int((counts > 0).sum()),
        "nothing": len(held) - said,
        "number_like": _ratio(int(counts[like.number].sum()), said),
        "boolean_like": _ratio(int(counts[like.boolean].sum()), said),
        "conflicts": _conflicts(distinct, held),
        "pii": pii,
        **_numeric(distinct, held, asked, personal=bool(pii)),
    }
    flags = [*_flags(distinct, facts, top), *_over_time(asked.rows, agent, held)]
    trace = trace_of(
        column, key, agent, distinct=distinct, held=held, telling=telling, rows=asked.rows
    )
    return Measured(agent, column, facts, flags, top, trace)


def _top(pii: str, distinct: Distinct, held: Ints, asked: Asked) -> Top | str:
    if pii:
        return hidden_as(pii)
    people = None if asked.people is None else asked.people[held]
    codes = distinct.codes[held]
    return top_values(distinct, codes, people, top=asked.top, min_users=asked.min_users)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else np.nan


def _conflicts(distinct: Distinct, held: Ints) -> int:
    if not len(distinct.types):
        return 0
    return len(held) - int(np.bincount(distinct.types[held]).max())


def _numeric(distinct: Distinct, held: Ints, asked: Asked, *, personal: bool) -> dict[str, float]:
    """Sum up numbers, by none that only a few have."""
    facts = dict.fromkeys(("minimum", "median", "maximum"), np.nan)
    if personal or not len(distinct.numbers):
        return facts
    codes = distinct.codes[held]
    people = None if asked.people is None else asked.people[held]
    enough = people_of_each(codes, people, len(distinct))[codes] >= asked.min_users
    if enough.any():
        values = distinct.numbers[codes[enough]]
        facts |= {"minimum": values.min(), "maximum": values.max()}
    if _many(people, len(held), asked.min_users):
        facts["median"] = np.median(distinct.numbers[codes])
    return facts


def _many(people: Ints | None, values: int, least: int) -> bool:
    """Tell whether the values are of so many known people, and none has half of them."""
    if least == 0:
        return True
    known = np.empty(0, np.int64) if people is None else people[people >= 0]
    counts = np.unique(known, return_counts=True)[1]
    return len(counts) >= least and (least == 1 or 2 * int(counts.max()) < values)


def _flags(distinct: Distinct, facts: dict[str, Any], top: Top | str) -> list[str]:
    # What names somebody is no quantity, be it digits only.
    text = distinct.kind in {"text", "mixed"} and not facts["pii"]
    told = {
        "number_like": text and facts["number_like"] == 1,
        "boolean_like": text and facts["boolean_like"] == 1,
        "mostly_nothing": 2 * facts["nothing"] >= facts["values"],
        "hidden": isinstance(top, str) or any(top.hidden),
    }
    return [name for name, holds in told.items() if holds]


def _over_time(rows: Rows, agent: int, held: Ints) -> Iterator[str]:
    yield from _pauses(rows, agent, held)
    if not rows.dated[held].all():
        yield "undated"
    if not rows.connected[held[rows.dated[held]]].all():
        yield "unconnected"


def _pauses(rows: Rows, agent: int, held: Ints) -> Iterator[str]:
    """Yield "ended" and "gap" where so long without a value is unlikely to be chance."""
    has = np.sort(rows.moments[held[rows.connected[held]]])
    if not len(has):
        return
    could = rows.connected_moments[agent]
    could = could[np.searchsorted(could, has[0]) :]
    stops = np.searchsorted(could, has, side="right")
    lived = int(stops[-1])
    # The two keep a field that never missed from being called ended at its first miss.
    miss = np.log1p(-len(has) / (lived + 2))
    last = len(could) - lived
    if last >= _LEAST and last * miss < np.log(_CHANCE):
        yield "ended"
    longest = int((np.searchsorted(could, has[1:], side="left") - stops[:-1]).max(initial=0))
    if longest >= _LEAST and np.log(len(has)) + longest * miss < np.log(_CHANCE):
        yield "gap"
