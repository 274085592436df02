"""Read the rows of some agents and a stretch out of the parts."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from chatdash_analysis.flattening.columns import BASE, combine, drop_empty, dynamic_paths
from chatdash_analysis.flattening.names import column_names
from chatdash_analysis.loading.arrange import SORT_KEYS, Rows, order, pick, times
from chatdash_analysis.loading.parts import read_part

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
    from pathlib import Path

    from chatdash_analysis.flattening.flatten import Path as FieldPath
    from chatdash_analysis.loading.manifest import Part, Run

__all__ = ["Loaded", "Request", "select"]

WORKERS = 2
TIME = ("created_at", "placed_at")
# Read even where it was not asked for: a table without any column has no rows.
ANCHOR = "served"


@dataclass(frozen=True)
class Request:
    """What is asked of the store: agents, a stretch in microseconds, columns (None: all)."""

    agents: Collection[str]
    start: int
    end: int
    columns: Sequence[str] | None = None

    def touches(self, run: Run) -> bool:
        """Tell whether rows of the run may be wanted."""
        return run.agent_id in self.agents and run.first < self.end and run.last >= self.start

    def holds(self, run: Run) -> bool:
        """Tell whether all rows of the run lie in the stretch."""
        return self.start <= run.first and run.last < self.end


@dataclass(frozen=True)
class Piece:
    """Rows of one agent in one part."""

    part: Part
    offset: int
    run: Run


@dataclass(frozen=True)
class Loaded:
    """What was read of a part: the rows, and how many by the offset of their piece."""

    table: pa.Table
    counts: Mapping[int, int]


def select(
    folder: Path, parts: Sequence[Part], request: Request, done: MutableMapping[str, Loaded]
) -> pa.Table:
    """Return the rows in the order of month, agent, time and id.

    Parameters
    ----------
    done : mapping of str to Loaded
        What was read of each file; filled here. Files never change, so another
        attempt at the same request need not read them again.
    """
    months = _wanted(parts, request)
    paths = _paths(chain.from_iterable(months.values()), request)
    jobs = [
        (month, pieces)
        for month, mixed in months.items()
        for pieces in _by_part(mixed)
        if pieces[0].part.file not in done
    ]
    tangled = {month for month, pieces in months.items() if _overlap(pieces)}

    def read(job: tuple[str, list[Piece]]) -> None:
        month, pieces = job
        columns = _columns(pieces, request, paths.values())
        extra = SORT_KEYS if month in tangled else ()
        done[pieces[0].part.file] = _load(folder, pieces, request, [*columns, *extra])

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(read, jobs))
    tables = [_arranged(months[m], done, tangled=m in tangled) for m in sorted(months)]
    return _finished(combine([_bare(table, request) for table in tables]), request, paths)


def _wanted(parts: Sequence[Part], request: Request) -> dict[str, list[Piece]]:
    """Find the pieces of each month, in the order of agent and time."""
    months: dict[str, list[Piece]] = defaultdict(list)
    for part in parts:
        for offset, run in part.located():
            if request.touches(run):
                months[part.month].append(Piece(part, offset, run))
    for pieces in months.values():
        pieces.sort(key=lambda p: (p.run.agent_id, p.run.first, p.run.last, p.part.file))
    return months


def _by_part(pieces: Iterable[Piece]) -> list[list[Piece]]:
    groups: dict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        groups[piece.part.file].append(piece)
    return [sorted(group, key=lambda piece: piece.offset) for group in groups.values()]


def _overlap(pieces: Sequence[Piece]) -> bool:
    """Tell whether rows of one agent from different parts may have to be interleaved."""
    return any(
        left.run.agent_id == right.run.agent_id and left.run.last >= right.run.first
        for left, right in pairwise(pieces)
    )


def _paths(pieces: Iterable[Piece], request: Request) -> dict[str, FieldPath]:
    """Return the requested dynamic fields by column name.

    The name of a field depends on which others there are, so it may differ between
    parts; the path tells which field it is.
    """
    used = {piece.part.fields[place].path for piece in pieces for place in piece.run.fields}
    names = {name: path for path, name in column_names(used, "custom_").items()}
    if request.columns is None:
        return names
    return {name: names[name] for name in request.columns if name in names}


def _base(request: Request) -> list[str]:
    if request.columns is None:
        return list(BASE.names)
    return [name for name in BASE.names if name in request.columns or name == ANCHOR]


def _columns(pieces: Sequence[Piece], request: Request, paths: Collection[FieldPath]) -> list[str]:
    places = sorted({place for piece in pieces for place in piece.run.fields})
    fields = [pieces[0].part.fields[place] for place in places]
    wanted = set(paths)
    return [
        *_base(request),
        *(field.name for field in fields if field.path in wanted),
    ]


def _load(
    folder: Path, pieces: Sequence[Piece], request: Request, columns: Sequence[str]
) -> Loaded:
    """Read the pieces of one part; cut those that reach beyond the stretch."""
    ranges = [(piece.offset, piece.offset + piece.run.rows) for piece in pieces]
    whole = all(request.holds(piece.run) for piece in pieces)
    names = dict.fromkeys([*columns, *(() if whole else TIME)])
    table = read_part(folder, pieces[0].part, list(names), _merged(ranges))
    sizes = [piece.run.rows for piece in pieces]
    if not whole:
        moments = times(table)
        inside = (moments >= request.start) & (moments < request.end)
        starts = np.cumsum([0, *sizes[:-1]])
        sizes = np.add.reduceat(inside, starts, dtype="int64").tolist()
        table = pick(table.select(list(dict.fromkeys(columns))), np.flatnonzero(inside))
        # A column without a value must not impose its type on another part's.
        table = drop_empty(table)
    return Loaded(table, dict(zip((piece.offset for piece in pieces), sizes, strict=True)))


def _merged(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged = [ranges[0]]
    for start, end in ranges[1:]:
        if start == merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def _arranged(pieces: Sequence[Piece], done: Mapping[str, Loaded], *, tangled: bool) -> pa.Table:
    """Join the pieces of a month in their order."""
    files = list(dict.fromkeys(piece.part.file for piece in pieces))
    if len(files) == 1:
        return done[files[0]].table
    table = combine([done[file].table for file in files])
    if tangled:
        return pick(table, order(table))
    places: dict[tuple[str, int], Rows] = {}
    first = 0
    for file in files:
        for offset, count in done[file].counts.items():
            places[file, offset] = np.arange(first, first + count)
            first += count
    return pick(table, np.concatenate([places[p.part.file, p.offset] for p in pieces]))


def _bare(table: pa.Table, request: Request) -> pa.Table:
    """Drop what was only read to put rows in order."""
    spare = set(BASE.names) - set(_base(request))
    return table.select([name for name in table.column_names if name not in spare])


def _finished(table: pa.Table, request: Request, paths: Mapping[str, FieldPath]) -> pa.Table:
    """Reduce the table to what was asked for; a field that no row has is null."""
    if request.columns is None:
        return drop_empty(table)
    names = dynamic_paths(table)
    fields, arrays = [], []
    for name in dict.fromkeys(request.columns):
        source = name if name in BASE.names else names.get(paths.get(name, ()), "")
        if source:
            fields.append(table.schema.field(source).with_name(name))
            arrays.append(table[source])
        else:
            fields.append(pa.field(name, pa.string()))
            arrays.append(pa.chunked_array([pa.nulls(len(table), pa.string())]))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, table.schema.metadata))
