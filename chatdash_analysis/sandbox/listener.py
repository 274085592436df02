"""Connections: HTTP/1.1 requests in, answers out, and an end without loose threads."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from chatdash_analysis.errors import InputError
from chatdash_analysis.sandbox.faults import MOVED
from chatdash_analysis.sandbox.routes import Request
from chatdash_analysis.sandbox.wire import send

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from chatdash_analysis.sandbox.faults import Reply

    Respond = Callable[[Request, Event], Reply]

__all__ = ["PREFIX", "Listener", "listen"]

PREFIX = "/v1/public"


def listen(
    host: str, port: int, respond: Respond, ssl_context: ssl.SSLContext | None = None
) -> Listener:
    """Return a listener that is bound to its port.

    Raises
    ------
    InputError
        The address cannot be listened on.
    """
    try:
        return Listener(host, port, respond, ssl_context)
    except (OSError, OverflowError) as error:
        raise InputError(
            f"Port {port} of {host} cannot be listened on ({error}); choose another port, "
            "or 0 for any that is free."
        ) from error


class Listener(ThreadingHTTPServer):
    """Takes connections and lets `respond` answer, each connection in a thread of its own."""

    request_queue_size = 128

    def __init__(
        self, host: str, port: int, respond: Respond, ssl_context: ssl.SSLContext | None
    ) -> None:
        self.respond = respond
        self.stopping = Event()
        self._open: dict[Any, Thread] = {}
        self._lock = Lock()
        super().__init__((host, port), _Handler)
        if ssl_context is not None:
            # A slow handshake must hold up its own connection alone, not the others.
            self.socket = ssl_context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def stop(self) -> None:
        """Close every connection, wait for their threads, and stop listening."""
        self.stopping.set()
        self.shutdown()
        with self._lock:
            still_open = dict(self._open)
        for connection, thread in still_open.items():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()
        self.server_close()

    def server_bind(self) -> None:
        """Bind without the look-up of the host's name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a connection in a thread that `stop` can find."""
        thread = Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        with self._lock:
            self._open[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over clients that went away; show everything else."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Reads requests one after another from one connection."""

    protocol_version = "HTTP/1.1"
    # Head and body leave in two pieces, and the second must not wait for the client's word.
    disable_nagle_algorithm = True
    server: Listener

    def do_GET(self) -> None:
        """Answer any request; the routes know which methods there are."""
        length = self.headers.get("Content-Length") or ""
        body = self.rfile.read(int(length)) if length.isdigit() else b""
        target, moved = _mounted(self.path)
        request = Request(self.command, target, self.headers, body, moved)
        send(self, self.server.respond(request, self.server.stopping), self.server.stopping)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - named by the base class

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named by the base class
        """Stay silent: `StandIn.requests` is the log."""


def _mounted(target: str) -> tuple[str, bool]:
    """Return the target without the prefixes before it, and whether it followed a redirect."""
    moved = target.startswith(f"{MOVED}/")
    return target.removeprefix(MOVED).removeprefix(PREFIX), moved
