"""From the bytes of an answer to one typed Arrow table.

Arrow's own JSON reader types the documented scalars and msgspec hands out the
dynamic parts as raw JSON; both read the same piece of the body while it arrives.
Records that do not have the documented shape go through `careful`. Which way a
record took cannot be told from the table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from chatdash_analysis.flattening.columns import BASE, FieldBuilder, flatten_column, with_fields
from chatdash_analysis.flattening.flatten import decode_objects
from chatdash_analysis.loading.careful import STATIC, PieceColumns, careful_columns
from chatdash_analysis.loading.members import count_members
from chatdash_analysis.loading.memory import POOL
from chatdash_analysis.loading.pieces import PIECE_SIZE, pieces, split_records
from chatdash_analysis.loading.rows import ALIAS, KNOWN, SPELLINGS, UnfitRowsError
from chatdash_analysis.loading.values import instants, without_empty

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from chatdash_analysis.loading.pieces import Body, Piece

__all__ = ["ParsedConversations", "parse_conversations"]

_ABSENT = (b"", b"null", b'""')


@dataclass(frozen=True)
class ParsedConversations:
    """What an answer held.

    Attributes
    ----------
    table : pyarrow.Table
        One row a conversation: the declared columns, ``served`` and ``placed_at``
        (not yet set), then the fields of customAnalysis.
    count : int
        Number of elements of the JSON array.
    rejected : list of str
        Start and fault of each element that is no conversation.
    """

    table: pa.Table
    count: int
    rejected: list[str] = field(default_factory=list)


def parse_conversations(body: Body, *, piece_size: int = PIECE_SIZE) -> ParsedConversations:
    """Parse a JSON array of conversations.

    Parameters
    ----------
    body : object with ``read(n)``
        Gives the bytes as they arrive.
    piece_size : int
        Bytes decoded at a time; the result does not depend on it.

    Raises
    ------
    ResponseError
        If the body is no JSON array or ends early.
    """
    batches: list[pa.RecordBatch] = []
    builder = FieldBuilder()
    rejected: list[str] = []
    for piece in pieces(body, piece_size):
        columns = _fast_columns(piece) or careful_columns(split_records(piece))
        batches.append(_declared(columns))
        builder.add(_objects(columns.raw["custom_analysis"]), columns.size)
        rejected += columns.rejected
    table = pa.Table.from_batches(batches, BASE)
    fields, overflow = (
        flatten_column(table["custom_analysis"]) if builder.overflow else (builder.columns(), False)
    )
    table = with_fields(table, fields, overflow=overflow)
    return ParsedConversations(table, len(table) + len(rejected), rejected)


def _fast_columns(piece: Piece) -> PieceColumns | None:
    """Type a piece at one go; None if some record needs care."""
    if piece.records is not None:
        return None
    if not piece.rows:
        return careful_columns([])
    rows = _scalars(piece.view)
    static = None if rows is None else _static(rows)
    if rows is None or static is None or static["conversation_id"].null_count:
        return None
    columns = _dynamic(piece, static)
    try:
        if not _complete(piece, columns, rows) and piece.decoder.learn(piece.view):
            piece.rows = piece.decoder.decode(piece.view)
            columns = _dynamic(piece, static)
    except UnfitRowsError:
        return None
    return columns


def _dynamic(piece: Piece, static: dict[str, pa.Array]) -> PieceColumns:
    rows = piece.rows
    return PieceColumns(
        size=len(rows),
        static=static,
        raw={
            "custom_analysis": _raw([bytes(row.customAnalysis) for row in rows]),
            "metadata": _raw([bytes(row.metadata) for row in rows]),
        },
        questions=_questions(piece),
        others=_others(piece),
    )


def _complete(piece: Piece, columns: PieceColumns, rows: pa.StructArray) -> bool:
    """Whether each member of the records has come to a column; False if it cannot be told."""
    found = count_members(piece.view)
    texts = [text for raw in columns.raw.values() for text in raw if text is not None]
    for others in columns.others.values():
        texts += others.values()
    inside = count_members(b"[" + b", ".join(texts) + b"]")
    if found is None or inside is None:
        return False
    lists = [items for row in _question_lists(piece) for items in row if items is not None]
    asked = sum(item.question is not None for items in lists for item in items)
    scalars = [*rows.flatten(), *rows.field("evaluation").flatten()]
    filled = sum(len(column) - column.null_count for column in scalars)
    # One more for the key of all rows.
    return bool(found == 1 + filled + len(texts) + inside + len(lists) + asked)


def _scalars(view: memoryview) -> pa.StructArray | None:
    try:
        _expect_utf8(view)
        table = pa.json.read_json(
            pa.BufferReader(pa.py_buffer(view)),
            read_options=pa.json.ReadOptions(use_threads=False, block_size=len(view) + 1),
            parse_options=pa.json.ParseOptions(
                explicit_schema=_READ, unexpected_field_behavior="ignore"
            ),
            memory_pool=POOL,
        )
    except pa.ArrowInvalid:
        return None
    return table.column(0).chunk(0).values


def _static(rows: pa.StructArray) -> dict[str, pa.Array] | None:
    found = {name: rows.field(path) for name, path in _TOP.items()}
    if rows.field(ALIAS).null_count < len(rows):
        # Which of two spellings holds, and what the other said, is for the careful way.
        if found["read"].null_count < len(rows):
            return None
        found["read"] = rows.field(ALIAS)
    for child, array in zip(
        ("is_success", "reason"), rows.field("evaluation").flatten(), strict=True
    ):
        found[f"evaluation_{child}"] = array
    if any(pc.any(pc.is_inf(found[name])).as_py() for name in _MEASURES):
        return None
    return {
        name: without_empty(found[name]) if pa.types.is_string(found[name].type) else found[name]
        for name in STATIC
    }


def _expect_utf8(view: memoryview) -> None:
    # Arrow's JSON reader lets invalid bytes through; they would break much later.
    ends = pa.array([0, len(view)], pa.int64()).buffers()[1]
    text = pa.Array.from_buffers(pa.large_binary(), 1, [None, ends, pa.py_buffer(view)])
    pc.cast(text, pa.large_string())


_TOP = {name: column.path for name, column in STATIC.items() if "." not in column.path}
_MEASURES = [name for name, column in STATIC.items() if column.kind == "measure"]
_READ = pa.schema(
    [
        pa.field(
            "rows",
            pa.list_(
                pa.struct(
                    [
                        *(
                            pa.field(
                                path,
                                pa.string()
                                if STATIC[name].kind == "instant"
                                else STATIC[name].arrow_type,
                            )
                            for name, path in _TOP.items()
                        ),
                        pa.field(ALIAS, pa.bool_()),
                        pa.field(
                            "evaluation",
                            pa.struct([("isSuccess", pa.bool_()), ("reason", pa.string())]),
                        ),
                    ]
                )
            ),
        )
    ]
)


def _raw(texts: list[bytes]) -> list[bytes | None]:
    return [None if text in _ABSENT else text for text in texts]


def _questions(piece: Piece) -> list[list[str] | None]:
    lists = _question_lists(piece)
    if len(lists) == 1:
        return [_asked(items) if items else None for items in lists[0]]
    return [_asked(chain.from_iterable(filter(None, row))) for row in zip(*lists, strict=True)]


def _question_lists(piece: Piece) -> list[list[Any]]:
    """Return for each spelling that occurs the lists of the rows."""
    learned = [name for name, key in piece.decoder.learned.items() if key in SPELLINGS]
    return [[getattr(row, name) for row in piece.rows] for name in (SPELLINGS[0], *learned)]


def _asked(items: Iterable[Any]) -> list[str] | None:
    return [item.question for item in items if item.question] or None


def _others(piece: Piece) -> dict[int, dict[str, bytes]]:
    others: dict[int, dict[str, bytes]] = {}
    for attribute, key in piece.decoder.learned.items():
        if key not in KNOWN:
            for i, row in enumerate(piece.rows):
                value = bytes(getattr(row, attribute))
                if value and value != b"null":
                    others.setdefault(i, {})[key] = value
    return others


def _objects(texts: list[bytes | None]) -> list[tuple[int, dict[str, Any]]]:
    places = [i for i, text in enumerate(texts) if text is not None and text != b"{}"]
    values = decode_objects([texts[i] or b"" for i in places])
    pairs = zip(places, values, strict=True)
    return [(i, value) for i, value in pairs if isinstance(value, dict)]


def _declared(columns: PieceColumns) -> pa.RecordBatch:
    arrays = dict(columns.static)
    for name, column in STATIC.items():
        if column.kind == "instant":
            arrays[name], unfit = instants(texts := arrays[name])
            for i in unfit:
                text = msgspec.json.encode(texts[i].as_py())
                columns.others.setdefault(i, {})[column.path] = text
    for name, raw in columns.raw.items():
        arrays[name] = pa.array(raw, pa.string(), memory_pool=POOL)
    questions = [q and msgspec.json.encode(q) for q in columns.questions]
    arrays["misunderstood_queries"] = pa.array(questions, pa.string())
    arrays["misunderstood_count"] = pa.array([len(q or ()) for q in columns.questions], pa.int64())
    others: list[bytes | None] = [None] * columns.size
    for i, members in columns.others.items():
        others[i] = _object(members)
    arrays["other_properties"] = pa.array(others, pa.string())
    arrays["served"] = pa.repeat(pa.scalar(0, pa.int8()), columns.size)
    nothing = {f.name: pa.nulls(columns.size, f.type) for f in BASE if f.name not in arrays}
    arrays |= nothing
    return pa.RecordBatch.from_arrays([arrays[name] for name in BASE.names], schema=BASE)


def _object(members: dict[str, bytes]) -> bytes:
    pairs = (msgspec.json.encode(key) + b":" + members[key] for key in sorted(members))
    return b"{" + b",".join(pairs) + b"}"
