"""What the sheet carries for the audit, in letters that tell whoever judges nothing.

Stratum and size would show which rows had the same verdict, and numbers are changed by
spreadsheets (3.5 becomes the third of May). So they stand in one code a row, mixed with
the conversation's id: no two rows look alike, and a row whose cells were sorted apart is
noticed. The code is no secret: whoever has this package can read it.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import NamedTuple

__all__ = ["Drawn", "code_of", "drawn_from"]

_LAYOUT = struct.Struct(">III")
_CHECK = 3
# A letter first, so that no code looks like a number.
_PREFIX = "s"


class Drawn(NamedTuple):
    """How a row was drawn: in which draw, from which stratum of how many conversations."""

    draw: int
    stratum: int
    size: int


def code_of(conversation_id: str, drawn: Drawn) -> str:
    """Return the code of a row."""
    plain = _LAYOUT.pack(*drawn)
    mixed = _mixed(conversation_id, plain + _digest(conversation_id, plain)[:_CHECK])
    return _PREFIX + base64.b32encode(mixed).decode("ascii").lower()


def drawn_from(conversation_id: str, code: str) -> Drawn | None:
    """Return what the code of a row says; None if it is not the code of this conversation."""
    try:
        mixed = base64.b32decode(code.strip().lower().removeprefix(_PREFIX).upper())
    except ValueError:
        return None
    if len(mixed) != _LAYOUT.size + _CHECK:
        return None
    plain, check = _split(_mixed(conversation_id, mixed))
    if check != _digest(conversation_id, plain)[:_CHECK]:
        return None
    return Drawn(*_LAYOUT.unpack(plain))


def _split(content: bytes) -> tuple[bytes, bytes]:
    return content[: _LAYOUT.size], content[_LAYOUT.size :]


def _mixed(conversation_id: str, content: bytes) -> bytes:
    mask = _digest(conversation_id, b"mask")
    return bytes(a ^ b for a, b in zip(content, mask, strict=False))


def _digest(conversation_id: str, content: bytes) -> bytes:
    return hashlib.sha256(conversation_id.encode() + b"\0" + content).digest()
