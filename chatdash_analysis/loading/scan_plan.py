"""What an engine must read of the store: rows of files, and one type for each dynamic field.

The same field has another column and type in other parts. They are brought together as
`load_conversations` does it, reading no more of the store than that takes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from chatdash_analysis.errors import InputError
from chatdash_analysis.flattening.columns import MAX_FIELDS
from chatdash_analysis.flattening.names import column_names
from chatdash_analysis.loading.arrange import times
from chatdash_analysis.loading.parts import read_part
from chatdash_analysis.loading.scan_texts import Evidence, Kind, Values

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from chatdash_analysis.flattening.flatten import Path as FieldPath
    from chatdash_analysis.loading.manifest import Field, Part
    from chatdash_analysis.loading.selection import Request

__all__ = ["TIME", "Dynamic", "Source", "dynamic_columns", "read_source", "sources_of"]

TIME = ("created_at", "placed_at")
# A look at so many rows settles most fields.
_LOOK = 4096
_KIND: dict[str, Kind] = {"bool": "bool", "double": "double"}


@dataclass(frozen=True)
class Source:
    """Rows of one part: those of some agents within a stretch.

    Attributes
    ----------
    part : Part
        The file.
    ranges : tuple of (int, int)
        Where the rows of the agents are, ascending: first, behind the last.
    request : Request or None
        What the rows are chosen by; None where they are all rows of the file.
    cut : bool
        Whether a part of these ranges lies outside of the stretch.
    fields : tuple of Field
        The dynamic columns with a value in the rows; where they are cut, those that may
        have one.
    """

    part: Part
    ranges: tuple[tuple[int, int], ...]
    request: Request | None
    cut: bool
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Dynamic:
    """A dynamic field: its column in the result, and how its values are read."""

    path: FieldPath
    name: str
    values: Values


def sources_of(parts: Iterable[Part], request: Request) -> list[Source]:
    """Find the rows that are meant."""
    found = []
    for part in sorted(parts, key=lambda part: (part.month, part.file)):
        runs = [(start, run) for start, run in part.located() if request.touches(run)]
        if runs:
            cut = not all(request.holds(run) for _, run in runs)
            whole = not cut and len(runs) == len(part.runs)
            ranges = tuple((start, start + run.rows) for start, run in runs)
            places = sorted({place for _, run in runs for place in run.fields})
            fields = tuple(part.fields[place] for place in places)
            found.append(Source(part, ranges, None if whole else request, cut, fields))
    return found


def read_source(folder: Path, source: Source, columns: Collection[str]) -> pa.Table:
    """Read some columns of the rows of a source."""
    if source.request is None or not source.cut:
        return read_part(folder, source.part, list(columns), source.ranges)
    table = read_part(folder, source.part, list({*columns, *TIME}), source.ranges)
    moments = times(table)
    inside = (moments >= source.request.start) & (moments < source.request.end)
    return table.filter(pa.array(inside)).select(list(columns))


def dynamic_columns(
    folder: Path, sources: Sequence[Source], wanted: Collection[str] | None
) -> tuple[list[Source], list[Dynamic]]:
    """Decide on the dynamic columns, all or the `wanted` ones, in the order of their names.

    Returns
    -------
    sources : list of Source
        The sources, each with the fields that have a value in its rows.
    columns : list of Dynamic

    Raises
    ------
    InputError
        If which fields get a column depends on all rows.
    """
    if wanted is not None and not wanted:
        return [replace(source, fields=()) for source in sources], []
    sources = [_with_filled(folder, source) for source in sources]
    names = column_names({f.path for source in sources for f in source.fields}, "custom_")
    if len(names) > MAX_FIELDS or any(source.part.overflow for source in sources):
        raise InputError(
            f"These conversations have more than {MAX_FIELDS} custom fields; which of them get a"
            " column depends on all rows. Name declared columns: columns=['channel', ...]."
        )
    kept = {path: n for path, n in names.items() if wanted is None or n in wanted}
    values = _values(folder, sources, kept)
    return sources, [
        Dynamic(path, kept[path], values[path]) for path in sorted(kept, key=kept.__getitem__)
    ]


def _with_filled(folder: Path, source: Source) -> Source:
    """Leave out the fields whose values all lie in rows that are cut away."""
    if not source.cut:
        return source
    table = read_source(folder, source, [field.name for field in source.fields])
    filled = tuple(f for f in source.fields if table[f.name].null_count < len(table))
    return replace(source, fields=filled)


def _values(
    folder: Path, sources: Sequence[Source], paths: Collection[FieldPath]
) -> dict[FieldPath, Values]:
    kinds: dict[FieldPath, set[str]] = defaultdict(set)
    for source in sources:
        for field in source.fields:
            if field.path in paths:
                kinds[field.path].add(field.type)
    settled = {path: found in ({"bool"}, {"double"}) for path, found in kinds.items()}
    evidence = {path: Evidence() for path, plain in settled.items() if not plain}
    if evidence:
        _gather(folder, sources, evidence)
    return {
        path: evidence[path].values() if path in evidence else Values(_KIND[min(found)])
        for path, found in kinds.items()
    }


def _gather(
    folder: Path, sources: Sequence[Source], evidence: Mapping[FieldPath, Evidence]
) -> None:
    """Look at the values of fields that are text somewhere, a few rows of each part first."""
    for rows in (_LOOK, None):
        for source in sources:
            # Free text is told by the first look; numbers among texts must be seen all.
            fields = [
                f
                for f in source.fields
                if f.path in evidence and (evidence[f.path].possible or f.type == "double")
            ]
            if fields:
                seen = source if rows is None else _first(source, rows)
                table = read_source(folder, seen, [f.name for f in fields])
                for f in fields:
                    evidence[f.path].add(table[f.name])


def _first(source: Source, rows: int) -> Source:
    start, end = source.ranges[0]
    return replace(source, ranges=((start, min(end, start + rows)),))
