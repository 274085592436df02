"""The columns of a scan, made of those of one part: in Arrow, or as expressions of an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from chatdash_analysis.flattening.columns import BASE
from chatdash_analysis.flattening.flatten import EXACT, as_text
from chatdash_analysis.loading.scan_plan import TIME
from chatdash_analysis.loading.scan_texts import DECIMALS, LARGEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import narwhals as nw

    from chatdash_analysis.loading.scan_plan import Dynamic, Source
    from chatdash_analysis.loading.scan_texts import Values

__all__ = ["arrow_columns", "expressions", "scan_schema", "source_columns"]

_TYPES = {"bool": pa.bool_(), "double": pa.float64(), "string": pa.string()}
# The white space of Unicode, which Arrow trims.
_SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)


def scan_schema(columns: Sequence[str | Dynamic]) -> pa.Schema:
    """Return the names and types of the columns of a scan."""
    return pa.schema(
        [
            BASE.field(column)
            if isinstance(column, str)
            else pa.field(column.name, _TYPES[column.values.kind])
            for column in columns
        ]
    )


def source_columns(source: Source, columns: Sequence[str | Dynamic]) -> pa.Schema:
    """Return the columns of a part from which those of the scan are made, with their types."""
    held = {field.path: field for field in source.fields}
    names = [column for column in columns if isinstance(column, str)]
    names += ["agent_id"] if source.request or "platform" in names else []
    names += TIME if source.cut else ()
    declared = [BASE.field(name) for name in dict.fromkeys(names)]
    dynamic = [
        pa.field(held[column.path].name, _TYPES[held[column.path].type])
        for column in columns
        if not isinstance(column, str) and column.path in held
    ]
    return pa.schema(declared + dynamic)


def arrow_columns(
    table: pa.Table,
    source: Source,
    columns: Sequence[str | Dynamic],
    platforms: Mapping[str, str],
) -> pa.Table:
    """Return the columns of the scan, given those of `source_columns`."""
    held = {field.path: field.name for field in source.fields}
    arrays: list[Any] = []
    for column in columns:
        if column == "platform":
            arrays.append(_told_platform(table, platforms))
        elif isinstance(column, str):
            arrays.append(table[column])
        elif column.path in held:
            arrays.append(_read(table[held[column.path]], column.values))
        else:
            arrays.append(pa.nulls(len(table), _TYPES[column.values.kind]))
    return pa.Table.from_arrays(arrays, schema=scan_schema(columns))


def _told_platform(table: pa.Table, platforms: Mapping[str, str]) -> pa.ChunkedArray:
    """Return the platform that the list of agents tells, else what the part says."""
    place = pc.index_in(table["agent_id"], pa.array(list(platforms), pa.string()))
    told = pa.array(list(platforms.values()), pa.string()).take(place.combine_chunks())
    return pc.coalesce(told, table["platform"])


def _read(values: pa.ChunkedArray, how: Values) -> pa.ChunkedArray:
    if str(values.type) == how.kind:
        return values
    if how.kind == "string":
        texts = [None if value is None else as_text(value) for value in values.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    if how.kind == "bool":
        true, false = (pc.is_in(values, pa.array(t, pa.string())) for t in (how.true, how.false))
        return pc.if_else(pc.or_(true, false), true, None)
    silent = pc.is_in(values, pa.array(how.nothing, pa.string()))
    words = pc.utf8_trim_whitespace(pc.if_else(silent, None, values))
    return pc.cast(words, pa.float64())


def expressions(
    source: Source, columns: Sequence[str | Dynamic], platforms: Mapping[str, str]
) -> dict[str, nw.Expr]:
    """Return the same as expressions on a frame with the columns of `source_columns`."""
    import narwhals as nw

    held = {field.path: field for field in source.fields}
    types = {"bool": nw.Boolean(), "double": nw.Float64(), "string": nw.String()}
    found = {}
    for column in columns:
        if isinstance(column, str):
            value = nw.col(column)
            found[column] = _platform(value, platforms) if column == "platform" else value
        elif column.path in held:
            field = held[column.path]
            found[column.name] = _reading(nw.col(field.name), field.type, column.values)
        else:
            found[column.name] = nw.lit(None).cast(types[column.values.kind])
    return found


def _platform(said: nw.Expr, platforms: Mapping[str, str]) -> nw.Expr:
    import narwhals as nw

    for platform in sorted(set(platforms.values())):
        agents = [agent for agent, known in platforms.items() if known == platform]
        listed = nw.col("agent_id").is_in(agents)
        said = nw.when(listed).then(nw.lit(platform)).otherwise(said)
    return said


def _reading(value: nw.Expr, kind: str, how: Values) -> nw.Expr:
    import narwhals as nw

    if kind == how.kind:
        return value
    if how.kind == "string":
        return _text_of_flag(value) if kind == "bool" else _text_of_number(value, how)
    if how.kind == "bool":
        false = nw.when(value.is_in(how.false)).then(nw.lit(value=False))
        return nw.when(value.is_in(how.true)).then(nw.lit(value=True)).otherwise(false)
    words = nw.when(~value.is_in(how.nothing)).then(value) if how.nothing else value
    return words.str.strip_chars(_SPACES).cast(nw.Float64)


def _text_of_flag(value: nw.Expr) -> nw.Expr:
    import narwhals as nw

    false = nw.when(~value).then(nw.lit("false"))
    return nw.when(value).then(nw.lit("true")).otherwise(false)


def _text_of_number(value: nw.Expr, how: Values) -> nw.Expr:
    """Write numbers as `as_text` does, which engines do each in their own way."""
    import narwhals as nw

    size, unit = value.abs(), 10**DECIMALS
    whole = (value.round(0) == value) & (size <= EXACT)
    # Both sides of a condition may be worked out: numbers too large for one are kept from it.
    integer = nw.when(whole).then(value).otherwise(0.0).cast(nw.Int64).cast(nw.String)
    small = nw.when(size < LARGEST).then(size).otherwise(0.0)
    scaled = (small * unit).round(0).cast(nw.Int64)
    digits = (scaled % unit + unit).cast(nw.String).str.slice(1).str.replace_all("0+$", "")
    sign = nw.when(value < 0).then(nw.lit("-")).otherwise(nw.lit(""))
    decimal = nw.concat_str(
        sign, (scaled // unit).cast(nw.Int64).cast(nw.String), nw.lit("."), digits
    )
    text = nw.when(whole).then(integer).otherwise(decimal)
    for number, written in how.odd:
        text = nw.when(value == number).then(nw.lit(written)).otherwise(text)
    return nw.when(~value.is_null()).then(text)
