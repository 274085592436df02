"""What every table of conversations promises, whatever was sent."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pyarrow as pa
from hypothesis import currently_in_test_context, note

from chatdash_analysis.loading.parsing import parse_conversations
from chatdash_analysis.schema import COLUMNS

if TYPE_CHECKING:
    from chatdash_analysis.loading.parsing import ParsedConversations

DECLARED = [
    *((column.name, column.arrow_type) for column in COLUMNS),
    ("served", pa.int8()),
    ("placed_at", pa.timestamp("us", "UTC")),
]
DYNAMIC_TYPES = {pa.bool_(), pa.float64(), pa.string()}


def parse(body: bytes, **options: int) -> ParsedConversations:
    if currently_in_test_context():
        note(f"body: {body!r} {options}")
    return parse_conversations(io.BytesIO(body), **options)


def expect_typed(table: pa.Table) -> None:
    table.validate(full=True)
    fields = [(field.name, field.type) for field in table.schema]
    assert fields[: len(DECLARED)] == DECLARED
    dynamic = fields[len(DECLARED) :]
    assert len({name for name, _ in fields}) == len(fields)
    assert all(name.startswith("custom_") for name, _ in dynamic)
    assert {kind for _, kind in dynamic} <= DYNAMIC_TYPES
    for field in list(table.schema)[len(DECLARED) :]:
        path = json.loads(field.metadata[b"path"])
        assert path
        assert all(isinstance(key, str) for key in path)
