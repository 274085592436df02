"""Small conversation tables and stores for the tests of the store."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from chatdash_analysis.flattening.columns import BASE
from chatdash_analysis.loading.manifest import read_manifest
from chatdash_analysis.loading.store import Batch, Interval, Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from chatdash_analysis.loading.manifest import Part

URL = "https://chat.example/v1/public"
# The last days of January and the first of February, so that small stretches cross a month.
BEGIN = datetime(2026, 1, 30, tzinfo=UTC)
EVER = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))
ALL = 15


def hour(number: float) -> datetime:
    """Return an instant, counted in hours from BEGIN; hour 48 begins February."""
    return BEGIN + timedelta(hours=number)


def row(key: str | None, at: float | None, agent: str = "a", **values: Any) -> dict[str, Any]:
    """Return a conversation; `custom` maps the raw keys of dynamic fields to values."""
    created = None if at is None else hour(at)
    plain: dict[str, Any] = {"served": ALL, "misunderstood_count": 0}
    if "custom" in values:
        plain["custom_analysis"] = json.dumps(values["custom"])
    return {"conversation_id": key, "agent_id": agent, "created_at": created, **plain, **values}


def table(rows: Sequence[Mapping[str, Any]], *, overflow: bool = False) -> pa.Table:
    """Make a conversation table, as the parser makes them."""
    arrays = [pa.array([row.get(f.name) for row in rows], f.type) for f in BASE]
    fields = list(BASE)
    for key in sorted({key for row in rows for key in row.get("custom", {})}):
        values = [row.get("custom", {}).get(key) for row in rows]
        kind = {bool: pa.bool_(), float: pa.float64(), str: pa.string()}[
            next(type(value) for value in values if value is not None)
        ]
        path = {b"path": json.dumps([key]).encode()}
        arrays.append(pa.array(values, kind))
        fields.append(pa.field(f"custom_{key.lower()}", kind, metadata=path))
    note = {b"overflow": b"1"} if overflow else None
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, note))


def batch(
    start: float,
    end: float,
    rows: Sequence[Mapping[str, Any]] | pa.Table = (),
    *,
    agent: str = "a",
    flags: int = ALL,
    fetched: float = 0,
    rejected: int = 0,
) -> Batch:
    """Make a batch: hours, rows, and at which hour it was fetched."""
    content = rows if isinstance(rows, pa.Table) else table(rows)
    interval = Interval(hour(start), hour(end), flags, hour(fetched), rejected)
    return Batch(agent, interval, content)


def new_store(folder: Path) -> Store:
    """Open the store in a folder."""
    return Store(folder / "store", URL, lock_timeout=60)


def everything(store: Store, agents: Iterable[str] = ("a", "b", "c")) -> pa.Table:
    """Read all rows of some agents."""
    return store.read(list(agents), *EVER)


def ids(store: Store, agents: Iterable[str] = ("a", "b", "c")) -> list[str | None]:
    """Return the conversation ids of some agents, in the order of the store."""
    return list(everything(store, agents)["conversation_id"].to_pylist())


def part_files(store: Store) -> list[Path]:
    """Return the files of the parts that are on disk."""
    return sorted((store.folder / "parts").iterdir())


def parts_of(store: Store) -> tuple[Part, ...]:
    """Return what the manifest says of the parts."""
    manifest = read_manifest(store.folder)
    return manifest.parts if manifest else ()


def leftovers(store: Store) -> set[str]:
    """Return the files of the store that its manifest does not name."""
    named = {part.file for part in parts_of(store)} | {"manifest.json", "lock", ".gitignore"}
    return {f.name for f in store.folder.rglob("*") if f.is_file()} - named
