"""One part of the store: an immutable parquet file, named by what is in it.

What guards the content: check sums of the pages, which Arrow tests while it reads;
a digest of the footer, tested before it is used; and one of the whole file, for
`problem`. The digests stand in the manifest.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from chatdash_analysis.disk import disk_errors, replace_file
from chatdash_analysis.errors import CacheError
from chatdash_analysis.flattening.columns import SIGHTS, drop_empty, dynamic_paths
from chatdash_analysis.loading.arrange import Rows, changes, times
from chatdash_analysis.loading.manifest import Field, Part, Run
from chatdash_analysis.schema import with_pandas_metadata

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = [
    "FOLDER",
    "MISSING",
    "NAME",
    "DamagedPart",
    "VanishedPart",
    "problem",
    "read_part",
    "write_part",
]

FOLDER = "parts"
MISSING = "it is missing"
NAME = re.compile(r"\d{4}-\d{2}-[0-9a-f]{32}\.parquet")
ROW_GROUP = 16_384
# Of the conversation ids, for their bounds; ids of any length must not bloat the manifest.
PREFIX = 40

Range = tuple[int, int]


class DamagedPart(CacheError):  # noqa: N818 - a state that a load mends
    """A part is not as it was written. `file` is its name."""

    def __init__(self, folder: Path, file: str, reason: str) -> None:
        super().__init__(
            f"The file {folder / FOLDER / file} of the cache is damaged ({reason}) and must be"
            " fetched again. If this happens often, check the disk."
        )
        self.file = file
        self.reason = reason


class VanishedPart(DamagedPart):
    """A part is not there: a writer has replaced it, or somebody deleted it."""

    def __init__(self, folder: Path, file: str) -> None:
        super().__init__(folder, file, MISSING)


def write_part(folder: Path, month: str, table: pa.Table) -> Part:
    """Write the rows of a month as a new file of the store in `folder`.

    Parameters
    ----------
    table : pyarrow.Table
        Not empty, sorted by agent, time and id.
    """
    table = drop_empty(table)
    content = _encoded(table)
    sha256 = hashlib.sha256(content).hexdigest()
    footer = _footer_of(content)
    name = f"{month}-{sha256[:32]}.parquet"
    replace_file(folder / FOLDER / name, content, beside=folder)
    fields, runs = _described(table)
    return Part(
        file=name,
        month=month,
        rows=len(table),
        size=len(content),
        sha256=sha256,
        footer_size=len(footer),
        footer_sha256=hashlib.sha256(footer).hexdigest(),
        overflow=b"overflow" in (table.schema.metadata or {}),
        ids=_id_bounds(table["conversation_id"]),
        fields=fields,
        runs=runs,
    )


def _encoded(table: pa.Table) -> memoryview:
    note = _pandas_note(tuple(table.column_names), tuple(table.schema.types))
    metadata = {**(table.schema.metadata or {}), b"pandas": note}
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.replace_schema_metadata(metadata),
        sink,
        row_group_size=ROW_GROUP,
        compression="zstd",
        compression_level=1,
        write_page_checksum=True,
    )
    return memoryview(sink.getvalue())


@functools.lru_cache(maxsize=64)
def _pandas_note(names: tuple[str, ...], types: tuple[pa.DataType, ...]) -> bytes:
    # Months of the same agents share their columns, and pandas takes its time over them.
    plain = pa.schema(list(zip(names, types, strict=True)))
    note: bytes = with_pandas_metadata(plain).metadata[b"pandas"]
    return note


def _footer_of(content: memoryview) -> memoryview:
    # At the end of a parquet file: the metadata, their length in four bytes, "PAR1".
    return content[-int.from_bytes(content[-8:-4], "little") - 8 :]


def _described(table: pa.Table) -> tuple[tuple[Field, ...], tuple[Run, ...]]:
    agents = table["agent_id"].combine_chunks().dictionary_encode()
    codes = agents.indices.to_numpy()
    starts = np.flatnonzero(changes(codes))
    ends = np.append(starts[1:], len(codes))
    moments = times(table)
    paths = dynamic_paths(table)
    filled = [
        np.logical_or.reduceat(table[name].is_valid().to_numpy(), starts) for name in paths.values()
    ]
    fields = tuple(
        Field(path, name, str(table.schema.field(name).type)) for path, name in paths.items()
    )
    runs = tuple(
        Run(
            agents.dictionary[int(codes[start])].as_py(),
            int(end - start),
            int(moments[start]),
            int(moments[end - 1]),
            tuple(place for place, column in enumerate(filled) if column[number]),
        )
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
    )
    return fields, runs


def _id_bounds(ids: pa.ChunkedArray) -> tuple[str, str]:
    bounds = pc.min_max(ids).as_py()
    return (bounds["min"] or "")[:PREFIX], (bounds["max"] or "")[:PREFIX]


def read_part(
    folder: Path,
    part: Part,
    columns: Sequence[str] | None = None,
    ranges: Sequence[Range] | None = None,
) -> pa.Table:
    """Read some columns of some rows, given as ascending ranges (first, behind the last).

    A file of an earlier version has no `SIGHTS`: they are missing in all of its rows.

    Raises
    ------
    VanishedPart
        If the file is not there.
    DamagedPart
        If it is not as it was written.
    CacheError
        If it may not be read.
    """
    wanted = [(0, part.rows)] if ranges is None else list(ranges)
    with _opened(folder, part) as source:
        _check_footer(folder, part, source)
        try:
            table = _decoded(source, columns, wanted)
        except (pa.ArrowException, OSError) as error:
            raise DamagedPart(folder, part.file, "its content cannot be decoded") from error
    if len(table) != sum(end - start for start, end in wanted):
        raise DamagedPart(folder, part.file, "rows are missing")
    metadata = dict(table.schema.metadata or {})
    metadata.pop(b"pandas", None)
    return _with_sights(table, columns).replace_schema_metadata(metadata or None)


def _with_sights(table: pa.Table, columns: Sequence[str] | None) -> pa.Table:
    for field in SIGHTS:
        if field.name not in table.column_names and (columns is None or field.name in columns):
            table = table.append_column(field, pa.nulls(len(table), field.type))
    return table


def _opened(folder: Path, part: Part) -> pa.NativeFile:
    try:
        with disk_errors(folder, "read"):
            return pa.OSFile(os.fspath(folder / FOLDER / part.file))
    except CacheError as error:
        if isinstance(error.__cause__, (FileNotFoundError, NotADirectoryError)):
            raise VanishedPart(folder, part.file) from error
        raise


def _check_footer(folder: Path, part: Part, source: pa.NativeFile) -> None:
    if source.size() != part.size:
        reason = f"it has {source.size()} bytes and should have {part.size}"
        raise DamagedPart(folder, part.file, reason)
    source.seek(part.size - part.footer_size)
    if hashlib.sha256(source.read(part.footer_size)).hexdigest() != part.footer_sha256:
        raise DamagedPart(folder, part.file, "its footer has changed")


def _decoded(
    source: pa.NativeFile, columns: Sequence[str] | None, ranges: Sequence[Range]
) -> pa.Table:
    file = pq.ParquetFile(source, page_checksum_verification=True)
    metadata = file.metadata
    sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    ends = np.cumsum(sizes)
    groups = [
        group
        for group, (end, size) in enumerate(zip(ends, sizes, strict=True))
        if any(start < end and behind > end - size for start, behind in ranges)
    ]
    table = file.read_row_groups(groups, columns=columns)
    numbers = np.concatenate(
        [np.empty(0, "int64"), *(np.arange(ends[g] - sizes[g], ends[g]) for g in groups)]
    )
    return _sliced(table, numbers, ranges)


def _sliced(table: pa.Table, numbers: Rows, ranges: Sequence[Range]) -> pa.Table:
    slices = []
    for start, behind in ranges:
        first = int(np.searchsorted(numbers, start))
        slices.append(table.slice(first, behind - start))
    return pa.concat_tables(slices) if slices else table.slice(0, 0)


def problem(folder: Path, part: Part) -> str:
    """Say what is wrong with a part, after reading all of it; empty if nothing is."""
    try:
        with _opened(folder, part) as source:
            if hashlib.sha256(source.read_buffer()).hexdigest() != part.sha256:
                return "its content has changed"
        read_part(folder, part)
    except DamagedPart as error:
        return error.reason
    return ""
