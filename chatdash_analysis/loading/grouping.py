"""Which rows share a part: agents whose dynamic fields go together, up to a size."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chatdash_analysis.flattening.columns import combine, drop_empty, dynamic_paths
from chatdash_analysis.loading.arrange import order, pick
from chatdash_analysis.loading.parts import write_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from chatdash_analysis.loading.arrange import Flags
    from chatdash_analysis.loading.manifest import Part

__all__ = [
    "MAX_FIELDS",
    "MAX_ROWS",
    "Shape",
    "Source",
    "grouped",
    "of_batch",
    "of_part",
    "too_small",
    "write_month",
]

MAX_ROWS = 200_000
MAX_FIELDS = 400
# A month may have MAX_SMALL parts with fewer than SMALL_ROWS rows; they are merged into parts of
# up to MERGED_ROWS, so that a merge needs no more memory than a large answer of the service.
SMALL_ROWS = 20_000
MERGED_ROWS = 50_000
MAX_SMALL = 4

_MIXED = "mixed"


@dataclass
class Shape:
    """Rows of one agent: how many, and the Arrow type of each dynamic field."""

    rows: int = 0
    types: dict[tuple[str, ...], str] = field(default_factory=dict)
    overflow: bool = False

    def add(self, other: Shape) -> None:
        """Take in more rows, of the same agent or of one that `goes_with` this."""
        self.rows += other.rows
        self.overflow |= other.overflow
        for path, kind in other.types.items():
            self.types[path] = kind if self.types.get(path, kind) == kind else _MIXED

    def goes_with(self, other: Shape) -> bool:
        """Tell whether both fit into one part without any change to either.

        A column has one type. Were an agent's numbers to turn into text because of
        another agent, its table would depend on what else is in the cache.
        """
        return (
            self.rows + other.rows <= MAX_ROWS
            and not self.overflow
            and not other.overflow
            and len(self.types.keys() | other.types.keys()) <= MAX_FIELDS
            and all(self.types.get(path, kind) == kind for path, kind in other.types.items())
        )


@dataclass(frozen=True)
class Source:
    """Rows of one month on their way into new parts, and the shape of each agent in them."""

    table: pa.Table
    shapes: Mapping[str, Shape]


def of_batch(agent_id: str, table: pa.Table) -> Source:
    """Describe fresh rows of one agent."""
    types = {
        path: str(table.schema.field(name).type) for path, name in dynamic_paths(table).items()
    }
    overflow = b"overflow" in (table.schema.metadata or {})
    return Source(table, {agent_id: Shape(len(table), types, overflow)})


def of_part(part: Part, table: pa.Table, stays: Flags | None = None) -> Source:
    """Describe the rows of a stored part that stay, by default all."""
    shapes = {}
    for offset, run in part.located():
        rows = run.rows if stays is None else int(stays[offset : offset + run.rows].sum())
        if rows:
            fields = [part.fields[place] for place in run.fields]
            shapes[run.agent_id] = Shape(rows, {f.path: f.type for f in fields}, part.overflow)
    return Source(table if stays is None else pick(table, np.flatnonzero(stays)), shapes)


def write_month(folder: Path, month: str, sources: Sequence[Source]) -> list[Part]:
    """Write the rows of a month as new parts."""
    sources = [source for source in sources if len(source.table)]
    shapes: dict[str, Shape] = {}
    for source in sources:
        for agent_id, shape in source.shapes.items():
            shapes.setdefault(agent_id, Shape()).add(shape)
    parts = []
    for agents in grouped(shapes):
        tables = [_rows_of(source, agents) for source in sources]
        pieces = _pieces([table for table in tables if len(table)])
        parts += [write_part(folder, month, piece) for piece in pieces]
    return parts


def grouped(shapes: Mapping[str, Shape]) -> list[set[str]]:
    """Put each agent, in order, into the first group that it goes with."""
    groups: list[tuple[set[str], Shape]] = []
    for agent_id in sorted(shapes):
        shape = shapes[agent_id]
        agents, total = next((g for g in groups if g[1].goes_with(shape)), (set[str](), Shape()))
        if not agents:
            groups.append((agents, total))
        agents.add(agent_id)
        total.add(shape)
    return [agents for agents, _ in groups]


def _rows_of(source: Source, agents: set[str]) -> pa.Table:
    table = source.table
    if not source.shapes.keys() <= agents:
        ours = pa.array(sorted(agents & source.shapes.keys()), pa.string())
        table = table.filter(pc.is_in(table["agent_id"], value_set=ours))
    # A column without a value must not impose its type on another one.
    return drop_empty(table)


def _pieces(tables: Sequence[pa.Table]) -> Iterator[pa.Table]:
    """Join and sort the rows of a group; cut them evenly if they are too many."""
    if not tables:
        return
    table = combine(tables)
    table = pick(table, order(table))
    count = -(-len(table) // MAX_ROWS)
    edges = [len(table) * number // count for number in range(count + 1)]
    for start, end in pairwise(edges):
        yield table.slice(start, end - start)


def too_small(rows: int, parts: Iterable[Part]) -> list[Part]:
    """Choose the parts of a month to be merged with `rows` new ones that make a small part.

    None while there are few small parts. Else the smallest, and on to those that are
    not larger than what has been gathered: so many small commits rewrite each row a
    few times only.
    """
    small = sorted((p for p in parts if p.rows < SMALL_ROWS), key=lambda p: (p.rows, p.file))
    chosen: list[Part] = []
    if rows >= SMALL_ROWS or len(small) < MAX_SMALL:
        return chosen
    for part in small:
        enough = len(small) - len(chosen) < MAX_SMALL and part.rows > rows
        if enough or rows + part.rows > MERGED_ROWS:
            break
        chosen.append(part)
        rows += part.rows
    return chosen
