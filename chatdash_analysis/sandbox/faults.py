"""Answers, what faults make of them, and how their bodies are coded."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Literal

from chatdash_analysis.sandbox.answers import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chatdash_analysis.sandbox.behaviour import Behaviour, Fault

    Change = Callable[["Reply", Behaviour], "Reply"]

__all__ = ["MOVED", "Reply", "encoded", "faulty", "json_reply", "message_reply"]

HTML = "text/html; charset=utf-8"
HTML_PAGE = b"<!DOCTYPE html><html><body><h1>One moment, please</h1></body></html>"
MOVED = "/moved"

Coding = Literal["identity", "gzip", "gzip_cut", "bad_gzip", "br_label", "bomb"]


@dataclass(frozen=True)
class Reply:
    """An answer before it is sent.

    Attributes
    ----------
    coding : str
        Content coding, a key of the table `CODINGS`.
    wire : str
        How the body travels, a key of the table of ``wire.py``; empty for the
        framing that the behaviour asks for.
    drip_rate : int
        Bytes in a second for a body that drips.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    coding: Coding = "identity"
    wire: str = ""
    drip_rate: int = 128


def json_reply(body: bytes, behaviour: Behaviour) -> Reply:
    """Return the answer that carries this JSON text."""
    mark = b"\xef\xbb\xbf" if behaviour.bom else b""
    return Reply(200, mark + body, behaviour.content_type)


def message_reply(status: int, message: str) -> Reply:
    """Return an error in the service's form, a JSON object with a message."""
    return Reply(status, to_json({"message": message}), "application/json; charset=utf-8")


def faulty(
    fault: Fault | None, behaviour: Behaviour, target: str, answer: Callable[[], Reply]
) -> Reply:
    """Return the answer as `fault` leaves it; an error status costs no answer."""
    if fault is None:
        return answer()
    if isinstance(fault, int):
        return _failure(fault, behaviour)
    if fault == "redirect":
        location = f"{behaviour.redirect_to or ''}{MOVED}{target}"
        return Reply(307, headers={"Location": location})
    return FAULTS[fault](answer(), behaviour)


def encoded(reply: Reply, accepted: str, behaviour: Behaviour) -> Reply:
    """Return `reply` with its body coded and labelled, ready to be sent."""
    coding = reply.coding
    if coding == "identity" and behaviour.encoding == "gzip" and "gzip" in accepted and reply.body:
        coding = "gzip"
    label, code = CODINGS[coding]
    headers = {
        **({"Content-Type": reply.content_type} if reply.content_type else {}),
        **({"Content-Encoding": label} if label else {}),
        **reply.headers,
    }
    return replace(
        reply,
        body=code(reply.body, behaviour),
        headers=headers,
        wire=reply.wire or behaviour.framing,
        drip_rate=behaviour.drip_rate,
    )


def _failure(status: int, behaviour: Behaviour) -> Reply:
    # The service documents no body for its errors; only the wait is worth a header.
    wait = _retry_after(behaviour) if status in (429, 503) else None
    return Reply(status, headers={} if wait is None else {"Retry-After": wait})


def _retry_after(behaviour: Behaviour) -> str | None:
    seconds = behaviour.retry_after_seconds
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    forms = {
        "seconds": str(seconds),
        "date": format_datetime(moment, usegmt=True),
        "junk": "soon",
        "negative": "-5",
        "huge": "86400",
    }
    return forms.get(behaviour.retry_after)


def _travelling(wire: str) -> Change:
    return lambda reply, _: replace(reply, wire=wire)


def _coded(coding: Coding) -> Change:
    return lambda reply, _: replace(reply, coding=coding)


def _replaced(body: bytes, content_type: str = "application/json; charset=utf-8") -> Change:
    return lambda reply, _: replace(reply, body=body, content_type=content_type)


FAULTS: dict[str, Change] = {
    "reset": _travelling("reset"),
    "reset_mid_body": _travelling("reset_mid_body"),
    "silence": _travelling("silence"),
    "stall": _travelling("stall"),
    "stall_mid_body": _travelling("stall_mid_body"),
    "drip": _travelling("drip"),
    "wrong_length": _travelling("wrong_length"),
    "cut_chunked": _travelling("cut_chunked"),
    "truncate": lambda reply, _: replace(reply, body=_half(reply.body)),
    "gzip_cut": _coded("gzip_cut"),
    "bad_gzip": _coded("bad_gzip"),
    "br_label": _coded("br_label"),
    "html": _replaced(HTML_PAGE, HTML),
    "empty": _replaced(b""),
    "object": lambda reply, _: replace(reply, body=b'{"conversations":' + reply.body + b"}"),
    "deep": _replaced(b"[" * 100_000 + b"]" * 100_000),
    "bomb": _coded("bomb"),
}


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _gzip(body: bytes) -> bytes:
    compressor = zlib.compressobj(1, zlib.DEFLATED, 31)
    return compressor.compress(body) + compressor.flush()


def _gzip_bomb(behaviour: Behaviour) -> bytes:
    """Return the beginning of a JSON list, and blanks that inflate a thousandfold."""
    blanks = b" " * (1 << 20)
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = compressor.compress(b"[" + blanks) + compressor.flush(zlib.Z_FULL_FLUSH)
    # After a full flush equal input gives equal bytes, so that one block serves for all.
    block = compressor.compress(blanks) + compressor.flush(zlib.Z_FULL_FLUSH)
    return start + block * (behaviour.bomb_size // len(blanks))


CODINGS: dict[Coding, tuple[str, Callable[[bytes, Behaviour], bytes]]] = {
    "identity": ("", lambda body, _: body),
    "gzip": ("gzip", lambda body, _: _gzip(body)),
    "gzip_cut": ("gzip", lambda body, _: _half(_gzip(body))),
    "bad_gzip": ("gzip", lambda body, _: body),
    "br_label": ("br", lambda body, _: body),
    "bomb": ("gzip", lambda _, behaviour: _gzip_bomb(behaviour)),
}
