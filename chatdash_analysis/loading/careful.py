"""Type conversations one by one, for records that the fast path refuses.

Every value is fitted, or put aside as it was sent; a record is rejected only if it
is no JSON object at all.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa

from chatdash_analysis.errors import ResponseError
from chatdash_analysis.flattening.tolerant import Digits, dump, loads
from chatdash_analysis.loading.pieces import without_halves
from chatdash_analysis.loading.rows import ALIAS, KNOWN, SPELLINGS
from chatdash_analysis.loading.values import fit
from chatdash_analysis.schema import COLUMNS

if TYPE_CHECKING:
    from typing import Any

__all__ = ["STATIC", "PieceColumns", "careful_columns"]

# The columns that hold one documented scalar each.
STATIC = {c.name: c for c in COLUMNS if c.path and c.kind != "json"}

_raw_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_JSON = {"custom_analysis": "customAnalysis", "metadata": "metadata"}
_NOTHING = (None, "")


@dataclass
class PieceColumns:
    """The columns of one piece before instants are read and fields flattened.

    Attributes
    ----------
    static : dict of str to pyarrow.Array
        Documented scalars; instants still as text.
    raw : dict of str to list
        JSON texts of ``custom_analysis`` and ``metadata`` as bytes, or None.
    questions : list
        For each row the list of questions, or None.
    others : dict
        Row number to what is put aside: property path to JSON text.
    rejected : list of str
        Start and fault of each list element that is no conversation.
    """

    size: int
    static: dict[str, pa.Array]
    raw: dict[str, list[bytes | None]]
    questions: list[list[str] | None]
    others: dict[int, dict[str, bytes]] = field(default_factory=dict)
    rejected: list[str] = field(default_factory=list)


def careful_columns(records: list[bytes]) -> PieceColumns:
    """Type records given as one JSON text each.

    Raises
    ------
    ResponseError
        If a record is nested too deeply to be read.
    """
    try:
        return _careful_columns(records)
    except RecursionError:
        raise ResponseError(
            "A conversation is nested too deeply to be read.", retryable=False
        ) from None


def _careful_columns(records: list[bytes]) -> PieceColumns:
    rows, rejected = [], []
    # Whether halves of pairs were replaced before depends on where the body was cut.
    for record in map(without_halves, records):
        row = _Row.read(record)
        if row is None:
            rejected.append(f"not an object: {record[:200].decode('utf-8', 'replace')}")
        else:
            rows.append(row)
    static = {name: _array(rows, name) for name in STATIC}
    raw = {name: [row.raw(key) for row in rows] for name, key in _JSON.items()}
    questions = [row.questions() for row in rows]
    for row in rows:
        row.put_aside_unknown()
    others = {i: row.others for i, row in enumerate(rows) if row.others}
    return PieceColumns(len(rows), static, raw, questions, others, rejected)


def _array(rows: list[_Row], name: str) -> pa.Array:
    column = STATIC[name]
    kind = pa.string() if column.kind == "instant" else column.arrow_type
    return pa.array([row.scalar(name) for row in rows], kind)


@dataclass
class _Row:
    values: dict[str, Any]
    members: dict[str, bytes]
    others: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def read(cls, record: bytes) -> _Row | None:
        values = loads(record)
        return cls(values, _members(record, values)) if isinstance(values, dict) else None

    def scalar(self, name: str) -> Any:
        column = STATIC[name]
        top, _, inner = column.path.partition(".")
        if inner:
            return self._inner(top, inner, column.path, name)
        key = self._key(top)
        fitted, sound = fit(self.values.get(key), column.kind)
        if not sound:
            self.others[key] = self.members[key]
        if name == "conversation_id" and fitted is None:
            self.others.setdefault(top, b"null")
            return _missing_id(self.values)
        return fitted

    def _key(self, top: str) -> str:
        """Return the key to take a property from: `read` has an alias."""
        if top != "read" or self.values.get(ALIAS) in _NOTHING:
            return top
        if self.values.get(top) in _NOTHING:
            return ALIAS
        if self.values[top] != self.values[ALIAS]:
            self.others[ALIAS] = self.members[ALIAS]
        return top

    def _inner(self, top: str, inner: str, path: str, name: str) -> Any:
        parent = self.values.get(top)
        if not isinstance(parent, dict):
            if parent not in _NOTHING:
                self.others[top] = self.members[top]
            return None
        if any(parent[key] is not None for key in parent.keys() - {"isSuccess", "reason"}):
            self.others[top] = self.members[top]
        fitted, sound = fit(parent.get(inner), STATIC[name].kind)
        if not sound:
            self.others[path] = _members(self.members[top], parent)[inner]
        return fitted

    def raw(self, key: str) -> bytes | None:
        return None if self.values.get(key) in _NOTHING else self.members[key]

    def questions(self) -> list[str] | None:
        found: list[str] = []
        for key in SPELLINGS:
            value = self.values.get(key)
            if value in _NOTHING:
                continue
            items = value if isinstance(value, list) else []
            if not isinstance(value, list) or not all(map(_fits, items)):
                self.others[key] = self.members[key]
            found += [text for text in map(_question, items) if text]
        return found or None

    def put_aside_unknown(self) -> None:
        for key in self.values.keys() - KNOWN:
            if self.values[key] is not None:
                self.others[key] = self.members[key]


def _members(record: bytes, values: dict[str, Any]) -> dict[str, bytes]:
    """Return the JSON text of each member as it was sent, as far as it is sound JSON."""
    try:
        found = _raw_members(record.decode("utf-8", "replace"))
        return {key: bytes(raw) for key, raw in found.items()}
    except (msgspec.DecodeError, RecursionError):
        return {key: dump(value) for key, value in values.items()}


def _fits(item: Any) -> bool:
    """Whether nothing is lost when only the question of an item is taken."""
    if isinstance(item, dict):
        asked = item.get("question")
        return item.keys() <= {"question"} and (asked is None or _question(item) is not None)
    return _question(item) is not None


def _question(item: Any) -> str | None:
    if isinstance(item, dict):
        item = item.get("question")
    # A number of thousands of digits is kept as a text, and yet is no question.
    return item if isinstance(item, str) and not isinstance(item, Digits) else None


def _missing_id(values: dict[str, Any]) -> str:
    """Return an id for a conversation that came without one: equal content, equal id."""
    content = json.dumps(values, sort_keys=True)
    return f"no-id-{hashlib.sha256(content.encode()).hexdigest()[:24]}"
