"""How an answer travels: whole, in chunks, cut, stalled, dripping or reset."""

from __future__ import annotations

import select
import socket
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from threading import Event

    from chatdash_analysis.sandbox.faults import Reply

__all__ = ["WIRES", "send"]

CHUNK = 1 << 16
DRIPS_IN_A_SECOND = 10


@dataclass(frozen=True)
class Wire:
    """A way to travel.

    Attributes
    ----------
    framing : str
        How the end of the body is told: by its length, by chunks, by the end of
        the connection; ``beyond`` is a length that is too great, ``none`` is an
        answer without even a head.
    share : float
        Part of the body that is sent.
    ending : str
        What happens to the connection afterwards; ``hang`` waits until one side
        gives up.
    dripping : bool
        Whether the body comes in small pieces with pauses.
    """

    framing: Literal["length", "chunked", "close", "beyond", "none"] = "length"
    share: float = 1.0
    ending: Literal["keep", "close", "reset", "hang"] = "keep"
    dripping: bool = False


WIRES: dict[str, Wire] = {
    "length": Wire(),
    "chunked": Wire("chunked"),
    "close": Wire("close", ending="close"),
    "reset": Wire("none", share=0.0, ending="reset"),
    "reset_mid_body": Wire(share=0.5, ending="reset"),
    "silence": Wire("none", share=0.0, ending="hang"),
    "stall": Wire(share=0.0, ending="hang"),
    "stall_mid_body": Wire(share=0.5, ending="hang"),
    "drip": Wire(dripping=True),
    "wrong_length": Wire("beyond", ending="close"),
    "cut_chunked": Wire("chunked", share=0.5, ending="close"),
}


def send(handler: BaseHTTPRequestHandler, reply: Reply, stopping: Event) -> None:
    """Send `reply` the way it names.

    Parameters
    ----------
    handler : http.server.BaseHTTPRequestHandler
        Holds the connection.
    reply : Reply
        Answer with its body coded.
    stopping : threading.Event
        Ends every wait when it is set.
    """
    wire = WIRES[reply.wire]
    if wire.framing != "none":
        _send_head(handler, reply, wire)
    for piece in _pieces(reply, wire):
        handler.wfile.write(piece)
        if wire.dripping and stopping.wait(1 / DRIPS_IN_A_SECOND):
            break
    _end(handler, wire, stopping)


def _send_head(handler: BaseHTTPRequestHandler, reply: Reply, wire: Wire) -> None:
    handler.send_response_only(reply.status)
    handler.send_header("Date", handler.date_time_string())
    for name, value in {**reply.headers, **_framing_headers(len(reply.body), wire)}.items():
        handler.send_header(name, value)
    handler.end_headers()


def _framing_headers(length: int, wire: Wire) -> dict[str, str]:
    if wire.framing == "chunked":
        return {"Transfer-Encoding": "chunked"}
    if wire.framing == "close":
        return {"Connection": "close"}
    return {"Content-Length": str(length + 64 * (wire.framing == "beyond"))}


def _pieces(reply: Reply, wire: Wire) -> Iterator[bytes | memoryview]:
    sent = memoryview(reply.body)[: int(len(reply.body) * wire.share)]
    drip = max(reply.drip_rate // DRIPS_IN_A_SECOND, 1)
    size = CHUNK if wire.framing == "chunked" else drip if wire.dripping else max(len(sent), 1)
    pieces = (sent[start : start + size] for start in range(0, len(sent), size))
    if wire.framing != "chunked":
        yield from pieces
        return
    for piece in pieces:
        yield b"%x\r\n%b\r\n" % (len(piece), bytes(piece))
    if wire.share == 1.0:
        yield b"0\r\n\r\n"


def _end(handler: BaseHTTPRequestHandler, wire: Wire, stopping: Event) -> None:
    if wire.ending == "hang":
        _wait_for_an_end(handler.connection, stopping)
    if wire.ending == "reset":
        _reset(handler.connection)
    if wire.ending != "keep":
        handler.close_connection = True


def _wait_for_an_end(connection: socket.socket, stopping: Event) -> None:
    # A client that waits for an answer sends nothing, so anything to read is its farewell.
    while not stopping.is_set():
        if select.select([connection], [], [], 0.05)[0]:
            return


def _reset(connection: socket.socket) -> None:
    # Given no time to linger, the system answers with a reset instead of a farewell. The
    # handler's files keep the socket open beyond its own close(), hence the bare descriptor.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(0.02)  # lets the peer read what was sent before the reset discards it
    socket.close(connection.detach())
