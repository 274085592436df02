"""Flatten one customAnalysis or metadata object into fields.

The shapes of Retell (flat), Vapi (nested, or ``{uuid: {name, result}}``) and
ElevenLabs (``{id: {value, rationale, json_schema}}`` and criteria with a
``result``) are told apart by their structure alone, because a conversation does
not say which platform it came from.
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec

from chatdash_analysis.flattening.tolerant import loads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["CONTAINERS", "UUID", "Cells", "Path", "as_text", "collect", "decode_objects", "flatten"]

Path = tuple[str, ...]
Cells = tuple[list[int], list[Any]]

MAX_DEPTH = 3
# Beyond this, whole numbers are no longer exact as float64.
EXACT = 2**53

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
CONTAINERS = frozenset(
    {
        "custom_analysis_data",
        "data_collection_results",
        "evaluation_criteria_results",
        "structuredData",
        "structuredDataMulti",
        "structuredOutputs",
    }
)
_VALUE_MARKS = frozenset({"rationale", "json_schema", "data_collection_id"})
_RESULT_MARKS = frozenset({"rationale", "criteria_id", "scoring_mode", "max_score"})
_SCALARS = frozenset({bool, float, int, str})
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def flatten(value: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """Yield the path and the scalar (or JSON text) of each field that has a value."""
    for key, item in value.items():
        yield from _member(key, item, value)


def collect(rows: Iterable[tuple[int, dict[str, Any]]]) -> dict[Path, Cells]:
    """Flatten numbered objects; give for each field its rows and its values."""
    cells: dict[Path, Cells] = defaultdict(lambda: ([], []))
    plain: dict[str, Cells] = {}
    for row, value in rows:
        for key, item in value.items():
            # Nearly all fields are scalars at the top; this spares them the generators.
            if type(item) in _SCALARS:
                if item != "":
                    places, values = plain.get(key) or plain.setdefault(key, cells[(key,)])
                    places.append(row)
                    values.append(item)
            elif type(item) is list and not (key in CONTAINERS or key.endswith("_list")):
                places, values = cells[(key,)]
                places.append(row)
                values.append(_json(item))
            elif item is not None:
                for path, inner in _member(key, item, value):
                    places, values = cells[path]
                    places.append(row)
                    values.append(inner)
    return cells


def _member(key: str, item: Any, value: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    if key in CONTAINERS and isinstance(item, dict):
        for name, inner in item.items():
            yield from _item((), name, inner, 1)
    elif key in CONTAINERS and isinstance(item, list) and all(map(_is_named, item)):
        for inner in item:
            yield from _item((), str(inner.get("key", inner.get("name"))), inner["result"], 1)
    elif not _is_twin(key, value):
        yield from _item((), key, item, 1)


def _is_named(item: Any) -> bool:
    return isinstance(item, dict) and "result" in item and not {"key", "name"}.isdisjoint(item)


def _is_twin(key: str, value: Mapping[str, Any]) -> bool:
    """Whether `key` repeats, as a list, what its container beside it says by name."""
    return key.endswith("_list") and key[:-5] in CONTAINERS and key[:-5] in value


def _item(prefix: Path, key: str, item: Any, depth: int) -> Iterator[tuple[Path, Any]]:
    if not isinstance(item, dict):
        if item is not None and item != "":
            yield (*prefix, key), _json(item) if isinstance(item, list) else item
    elif "value" in item and not _VALUE_MARKS.isdisjoint(item):
        yield from _item(prefix, key, item["value"], depth)
    elif "result" in item and "name" in item and UUID.fullmatch(key):
        yield from _item(prefix, str(item["name"]), item["result"], depth)
    elif "result" in item and not _RESULT_MARKS.isdisjoint(item):
        for part in ("result", "score", "max_score"):
            yield from _item((*prefix, key), part, item.get(part), depth + 1)
    elif depth < MAX_DEPTH:
        for name, inner in item.items():
            yield from _item((*prefix, key), name, inner, depth + 1)
    elif item:
        yield (*prefix, key), _json(item)


def _json(value: Any) -> str:
    try:
        return _encode(value).decode()
    except (msgspec.MsgspecError, OverflowError, RecursionError, TypeError):
        # Whole numbers beyond 64 bits, and `Digits`.
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def as_text(value: Any) -> str | None:
    """Write a scalar as text, the same text whatever its column held before."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return str(int(value)) if value.is_integer() and abs(value) <= EXACT else repr(value)
    return str(value) if isinstance(value, int) else _json(value)


def decode_objects(texts: list[bytes]) -> list[Any]:
    """Decode JSON texts; one that cannot be read gives None."""
    try:
        decoded: list[Any] = _decode(b"[" + b",".join(texts) + b"]")
    except (msgspec.DecodeError, RecursionError):
        return [_decode_one(text) for text in texts]
    return decoded


def _decode_one(text: bytes) -> Any:
    try:
        return loads(text)
    except (ValueError, RecursionError):
        return None
