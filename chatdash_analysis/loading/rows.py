"""Decode the records of a piece into rows whose parts stay raw JSON.

Arrow's reader types the documented scalars; what is left for the rows are the
dynamic objects, the questions, and properties that the contract does not know. To
notice the latter every known property is declared; as raw JSON that costs little.
"""

from __future__ import annotations

from typing import Any

import msgspec

from chatdash_analysis.schema import COLUMNS

__all__ = ["ALIAS", "KNOWN", "SPELLINGS", "RowDecoder", "UnfitRowsError"]

# Spellings of the misunderstood questions, the documented one first.
SPELLINGS = ("mistunderstoodQueries", "misunderstoodQueries", "misunderstoodQuery")
# One page of the service's documentation has this key, colon included, for `read`.
ALIAS = "read:"
KNOWN = frozenset(
    {c.path.partition(".")[0].partition("[")[0] for c in COLUMNS if c.path} | {*SPELLINGS, ALIAS}
)
MAX_UNKNOWN = 200
# Declaring a property costs time in each row; these rare ones are learned when they come.
_RARE = frozenset({*SPELLINGS[1:], ALIAS})
_DECLARED = KNOWN - _RARE

_ABSENT = b""


class UnfitRowsError(Exception):
    """The JSON is sound, but some record does not have the documented shape."""


class _Evaluation(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    isSuccess: msgspec.Raw = msgspec.Raw(b"")  # noqa: N815 - the service's spelling
    reason: msgspec.Raw = msgspec.Raw(b"")


class _Question(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    question: str | None = None


class _Members(msgspec.Struct, gc=False):
    rows: list[dict[str, msgspec.Raw]]


_members = msgspec.json.Decoder(_Members).decode


class RowDecoder:
    """Decodes pieces, learning the unknown properties as they turn up.

    Attributes
    ----------
    unknown : dict
        Attribute of a row for each undeclared property, and the property's name.
    """

    def __init__(self) -> None:
        self.unknown: dict[str, str] = {}
        self._decoder = _decoder(self.unknown)

    def decode(self, view: memoryview) -> list[Any]:
        """Return the rows of ``{"rows": [...]}``.

        Raises
        ------
        msgspec.DecodeError
            If the view is no sound JSON.
        UnfitRowsError
            If it is, but a record does not have the documented shape.
        """
        try:
            return list(self._decoder.decode(view).rows)
        except msgspec.ValidationError:
            if not self._learn(view):
                raise UnfitRowsError from None
        try:
            return list(self._decoder.decode(view).rows)
        except msgspec.ValidationError:
            raise UnfitRowsError from None

    def _learn(self, view: memoryview) -> bool:
        try:
            keys = set().union(*_members(view).rows)
        except msgspec.ValidationError:
            return False
        new = sorted(keys - _DECLARED - set(self.unknown.values()))
        if not new or len(new) + len(self.unknown) > MAX_UNKNOWN or not all(map(_plain, new)):
            return False
        first = len(self.unknown)
        self.unknown |= {f"unknown_{first + i}": key for i, key in enumerate(new)}
        self._decoder = _decoder(self.unknown)
        return True


def _plain(key: str) -> bool:
    """Whether a decoder can have a field of this name."""
    return key.isprintable() and not {'"', "\\"} & set(key)


def _decoder(unknown: dict[str, str]) -> msgspec.json.Decoder[Any]:
    named: dict[str, str] = {f"p_{key.strip('_')}": key for key in sorted(_DECLARED)}
    named |= unknown
    special: dict[str, Any] = {"evaluation": _Evaluation | None}
    special |= dict.fromkeys(SPELLINGS, list[_Question] | None)
    fields = [
        (name, special.get(key, msgspec.Raw), None if key in special else _ABSENT)
        for name, key in named.items()
    ]
    row = msgspec.defstruct("Row", fields, rename=named, forbid_unknown_fields=True, gc=False)
    return msgspec.json.Decoder(msgspec.defstruct("Rows", [("rows", list[row])], gc=False))  # type: ignore[valid-type]
