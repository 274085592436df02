"""A server of scripted answers, byte by byte, on a loopback socket."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

# Steps of an answer: bytes are sent, a number is a pause in seconds, and these two end
# the connection in an orderly way or with a reset.
CLOSE = "close"
RESET = "reset"
Step = bytes | float | str
Answer = Iterable[Step] | Callable[[], Iterable[Step]]


def http(status: int = 200, body: bytes = b"[]", /, **headers: str) -> list[Step]:
    """Return a whole answer; `headers` with underscores for hyphens."""
    headers.setdefault("Content_Length", str(len(body)))
    return [head(status, **headers) + body]


def said(status: int, message: str, **headers: str) -> list[Step]:
    """Return an error answer as the service writes it."""
    return http(status, json.dumps({"message": message}).encode(), **headers)


def head(status: int = 200, /, **headers: str) -> bytes:
    """Return the status line and headers, with the blank line after them."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"HTTP/1.1 {status} Some Words", *lines, "", ""]).encode()


def gzipped(data: bytes) -> bytes:
    """Return `data` as one gzip member."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def chunked(*pieces: bytes) -> bytes:
    """Return `pieces` in chunked transfer coding, with the last chunk."""
    return b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in (*pieces, b""))


@dataclass
class Seen:
    """One request as it arrived; header names in lower case."""

    target: str
    headers: dict[str, str]
    connection: int


@dataclass
class Server:
    """What the script's client did."""

    url: str
    requests: list[Seen] = field(default_factory=list)
    connections: int = 0
    hung_up: threading.Event = field(default_factory=threading.Event)

    @property
    def targets(self) -> list[str]:
        """The request targets, in order."""
        return [request.target for request in self.requests]


@contextlib.contextmanager
def serving(*answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve `answers` to requests in their order; the last one repeats."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        scheme = "https" if tls else "http"
        server = Server(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}")
        script = _Script(server, answers, tls)
        acceptor = threading.Thread(target=script.accept, args=(listener,))
        acceptor.start()
        try:
            yield server
        finally:
            script.stop(listener.getsockname())
            acceptor.join()


@contextlib.contextmanager
def refusing() -> Iterator[str]:
    """Yield the address of a port where nobody listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{reserved.getsockname()[1]}"


class _Script:
    def __init__(
        self, server: Server, answers: tuple[Answer, ...], tls: ssl.SSLContext | None
    ) -> None:
        self._server = server
        self._answers = answers
        self._tls = tls
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def accept(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            if self._stopped.is_set():
                connection.close()
                return
            self._server.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._open.append(connection)
            self._threads.append(thread)
            thread.start()

    def stop(self, address: tuple[str, int]) -> None:
        self._stopped.set()
        socket.create_connection(address).close()  # wakes the acceptor
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _serve(self, connection: socket.socket) -> None:
        number = self._server.connections
        # An OSError is a client that went away, or the end of the test.
        with contextlib.suppress(OSError), connection:
            connection.settimeout(60)
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                while self._answer(connection, number):
                    pass
        self._server.hung_up.set()

    def _answer(self, connection: socket.socket, number: int) -> bool:
        request = _receive(connection, number)
        if request is None:
            return False
        with self._lock:
            self._server.requests.append(request)
            turn = min(len(self._server.requests), len(self._answers)) - 1
        steps = self._answers[turn]
        return all(self._do(connection, step) for step in (steps() if callable(steps) else steps))

    def _do(self, connection: socket.socket, step: Step) -> bool:
        if isinstance(step, bytes):
            connection.sendall(step)
            return True
        if step == RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if isinstance(step, str):
            return False
        return not self._stopped.wait(step)


def _receive(connection: socket.socket, number: int) -> Seen | None:
    text = b""
    while b"\r\n\r\n" not in text:
        more = connection.recv(65536)
        if not more:
            return None
        text += more
    first, *lines = text.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return Seen(first.split(" ")[1], {k.lower(): v for k, v in headers.items()}, number)
