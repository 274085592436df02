"""Saved answers of the service, and tables saved before, as conversation tables."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from chatdash_analysis.errors import InputError, ResponseError
from chatdash_analysis.flattening.columns import BASE, flatten_column, with_fields
from chatdash_analysis.loading.frames import to_frame
from chatdash_analysis.loading.parsing import parse_conversations
from chatdash_analysis.loading.placing import chronological, newest
from chatdash_analysis.privacy.guarding import guard_of
from chatdash_analysis.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike
    from typing import IO

    import pandas as pd

    from chatdash_analysis.loading.parsing import ParsedConversations
    from chatdash_analysis.loading.pieces import Body
    from chatdash_analysis.privacy.guarding import Guard, Pii

__all__ = ["frame_from_body", "read_conversations"]

_READ_SIZE = 1 << 20


def read_conversations(path: str | PathLike[str], *, pii: Pii = "keep") -> pd.DataFrame:
    """Read conversations from a file.

    Parameters
    ----------
    path : path
        A saved answer of the service (a JSON array, or one JSON object a line), plain
        or gzipped; or a parquet file, with the columns of a conversation table or with
        the service's own property names. What it is is told by its content.
    pii : {"keep", "drop"} or PseudonymPolicy
        What becomes of personal data, as in `load_conversations`.

    Returns
    -------
    pandas.DataFrame
        The same table that `load_conversations` returns: one row a conversation,
        oldest first. Of several copies of a conversation the newest stands.

    Raises
    ------
    InputError
        If the file cannot be read or does not hold conversations.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import chatdash_analysis as cda
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "answer.json"
    ...     _ = file.write_text('[{"_id": "c1", "agentId": "a1", "duration": 1.5}]')
    ...     conversations = cda.read_conversations(file)
    >>> conversations[["conversation_id", "duration_minutes"]].values.tolist()
    [['c1', 1.5]]
    """
    if not isinstance(path, (str, os.PathLike)):
        raise InputError(f"path={path!r} names no file.")
    guard = guard_of(pii)
    file = Path(path)
    try:
        with file.open("rb") as source:
            start = source.read(4)
        if start == b"PAR1":
            return _frame(*_read_parquet(file), [], str(file.name), guard)
        with _opened(file, gzipped=start[:2] == b"\x1f\x8b") as source:
            return frame_from_body(_as_array(source), str(file.name), guard)
    except InputError:
        raise
    except (ResponseError, pa.ArrowException) as error:
        raise InputError(
            f"{file} does not hold conversations (a JSON array, one JSON object a line, either"
            f" gzipped, or parquet): {error}"
        ) from None
    except (OSError, EOFError, ValueError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{file} cannot be read: {reason}.") from None


def frame_from_body(body: Body, source: str, guard: Guard | None = None) -> pd.DataFrame:
    """Parse the bytes of an answer into a frame; `source` names where they come from."""
    parsed: ParsedConversations = parse_conversations(body)
    return _frame(parsed.table, {}, parsed.rejected, source, guard)


def _frame(
    table: pa.Table,
    origin: dict[str, Any],
    rejected: list[str],
    source: str,
    guard: Guard | None,
) -> pd.DataFrame:
    table = chronological(newest(table))
    frame = to_frame(table if guard is None else guard(table))
    frame.attrs["chatdash"] = {
        "agents": sorted(frame["agent_id"].dropna().unique()),
        "schema_version": SCHEMA_VERSION,
        "gaps": [],
        "covered": [],
        "rejected": len(rejected),
        # What a saved table says of its own origin, its gaps above all, still holds.
        **origin,
        "source": source,
        **({} if guard is None else {"privacy": guard.describe(frame)}),
    }
    return frame


@contextmanager
def _opened(file: Path, *, gzipped: bool) -> Iterator[IO[bytes]]:
    with gzip.open(file, "rb") if gzipped else file.open("rb") as source:
        yield source  # type: ignore[misc]


def _as_array(source: IO[bytes]) -> Body:
    """Return the file as the bytes of a JSON array."""
    first = b""
    while not first.strip(b"\xef\xbb\xbf \t\r\n") and (line := source.readline()):
        first = line
    first = first.removeprefix(b"\xef\xbb\xbf")
    if not first.lstrip().startswith(b"{"):
        return _Joined(iter([first]), source)
    if _is_json(first):
        return _Joined(_lines(first, source), None)
    return _Joined(_wrapped(first, source), None)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _lines(first: bytes, source: IO[bytes]) -> Iterator[bytes]:
    yield b"[" + first.strip()
    while lines := source.readlines(_READ_SIZE):
        rest = [line.strip() for line in lines]
        yield b"".join(b"," + line for line in rest if line)
    yield b"]"


def _wrapped(first: bytes, source: IO[bytes]) -> Iterator[bytes]:
    yield b"[" + first
    while part := source.read(_READ_SIZE):
        yield part
    yield b"]"


class _Joined:
    """Bytes that come in parts, and then from a file."""

    def __init__(self, parts: Iterator[bytes], rest: IO[bytes] | None) -> None:
        self._parts = parts
        self._rest = rest
        self._held = b""

    def read(self, n: int, /) -> bytes:
        """Return up to `n` bytes; none at the end."""
        while not self._held:
            part = next(self._parts, None)
            if part is None:
                return self._rest.read(n) if self._rest else b""
            self._held = part
        taken, self._held = self._held[:n], self._held[n:]
        return taken


def _read_parquet(file: Path) -> tuple[pa.Table, dict[str, Any]]:
    table = pq.read_table(file)
    attrs = json.loads((table.schema.metadata or {}).get(b"PANDAS_ATTRS", b"{}"))
    origin = attrs.get("chatdash", {}) if isinstance(attrs, dict) else {}
    if "conversation_id" in table.column_names:
        return _conform(table), origin
    if "_id" in table.column_names:
        rows = json.dumps(table.to_pylist(), default=str).encode()
        return parse_conversations(_Joined(iter([rows]), None)).table, origin
    raise InputError(
        f"{file} has neither the column conversation_id (a conversation table) nor _id (the"
        f" service's own names); it has {', '.join(table.column_names[:10])}."
    )


def _conform(table: pa.Table) -> pa.Table:
    """Give a saved conversation table the declared types, and its fields anew."""
    arrays = []
    for field in BASE:
        if field.name in table.column_names:
            arrays.append(table[field.name].cast(field.type))
        elif field.name in ("misunderstood_count", "served"):
            arrays.append(pa.chunked_array([pa.repeat(pa.scalar(0, field.type), len(table))]))
        else:
            arrays.append(pa.chunked_array([pa.nulls(len(table), field.type)]))
    base = pa.Table.from_arrays(arrays, schema=BASE)
    columns, overflow = flatten_column(base["custom_analysis"])
    return with_fields(base, columns, overflow=overflow)
