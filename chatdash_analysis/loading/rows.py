"""Decode what Arrow's reader cannot type: dynamic objects, questions, unknown properties.

A row holds only those, as raw JSON. Nothing of a row may go unnoticed, and declaring
all properties just to notice others would cost more than all else; `members` counts
instead.
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

_RAW = ("customAnalysis", "metadata")


class UnfitRowsError(Exception):
    """The JSON is sound, but some record does not have the documented shape."""


class _Question(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    question: str | None = None


class _Evaluation(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    isSuccess: msgspec.Raw = msgspec.Raw(b"")  # noqa: N815 - the service's spelling
    reason: msgspec.Raw = msgspec.Raw(b"")


class _Evaluated(msgspec.Struct, gc=False):
    evaluation: _Evaluation | None = None


class _AllEvaluated(msgspec.Struct, gc=False):
    rows: list[_Evaluated]


class _AllMembers(msgspec.Struct, gc=False):
    rows: list[dict[str, msgspec.Raw]]


_members = msgspec.json.Decoder(_AllMembers).decode
_evaluations = msgspec.json.Decoder(_AllEvaluated).decode


class RowDecoder:
    """Decodes pieces, learning the undeclared properties as they turn up.

    Attributes
    ----------
    learned : dict
        Attribute of a row for each undeclared property, and the property's name.
    """

    def __init__(self) -> None:
        self.learned: dict[str, str] = {}
        self._decoder = _decoder(self.learned)

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
            raise UnfitRowsError from None

    def learn(self, view: memoryview) -> bool:
        """Learn the undeclared properties of a piece; say whether there were new ones.

        Raises
        ------
        UnfitRowsError
            If a record has more than a decoder can learn.
        """
        try:
            _evaluations(view)
            keys = set().union(*_members(view).rows)
        except (msgspec.ValidationError, UnicodeDecodeError):
            raise UnfitRowsError from None
        new = sorted(keys - _DECLARED - set(self.learned.values()))
        if len(new) + len(self.learned) > MAX_UNKNOWN or not all(map(_plain, new)):
            raise UnfitRowsError
        first = len(self.learned)
        self.learned |= {f"learned_{first + i}": key for i, key in enumerate(new)}
        self._decoder = _decoder(self.learned)
        return bool(new)


# The other spellings are learned where they come; Arrow's reader knows the alias.
_DECLARED = KNOWN - set(SPELLINGS[1:])


def _plain(key: str) -> bool:
    """Whether a decoder can have a field of this name."""
    return key.isprintable() and not {'"', "\\"} & set(key)


def _decoder(learned: dict[str, str]) -> msgspec.json.Decoder[Any]:
    named = {name: name for name in (*_RAW, SPELLINGS[0])} | learned
    fields = [
        (name, list[_Question] | None, None) if key in SPELLINGS else (name, msgspec.Raw, b"")
        for name, key in named.items()
    ]
    row = msgspec.defstruct("Row", fields, rename=named, gc=False)
    return msgspec.json.Decoder(msgspec.defstruct("Rows", [("rows", list[row])], gc=False))  # type: ignore[valid-type]
