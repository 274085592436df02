"""Calls of a client to a scripted server."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from chatdash_analysis.errors import ChatDashError
from chatdash_analysis.loading.client import Client
from tests.loading.sockets import Answer, Server, gzipped, head, serving

if TYPE_CHECKING:
    from chatdash_analysis.loading.body import Body

KEY = "CD.0123456_789abcdef0123456789abcdef"
PATH = ("agents", "a1", "conversations")


def whole(body: Body) -> bytes:
    """Read a body to its end."""
    return b"".join(iter(lambda: body.read(65536), b""))


def client_of(server: Server | str, /, **options) -> Client:
    """Return a client that is in a hurry."""
    url = server if isinstance(server, str) else server.url
    settings = {"timeout": 3, "deadline": 30, "max_attempts": 3}
    return Client(KEY, base_url=f"{url}/v1/public", **(settings | options))


def failure(*answers: Answer, **options) -> tuple[ChatDashError, Server]:
    """Return the error of a call that gets `answers`, and the server that gave them."""
    with serving(*answers) as server, pytest.raises(ChatDashError) as caught:
        client_of(server, **options).get(PATH, {"record": "true"}, whole)
    return caught.value, server


def endless(first: bytes, *steps: bytes) -> Answer:
    """Return an answer that never ends and never pauses for long."""
    return lambda: itertools.chain([first], itertools.cycle([*steps, 0.05]))


DRIPS: dict[str, Answer] = {
    "nothing": [60.0],
    "nothing after the headers": [head(200, Content_Length="9") + b"[", 60.0],
    "headers": endless(b"HTTP/1.1 200 OK\r\nA: ", b"a"),
    "many headers": endless(b"HTTP/1.1 200 OK\r\n", b"A: a\r\n"),
    "body": endless(head(200, Content_Length="99999"), b"1"),
    "chunk size": endless(head(200, Transfer_Encoding="chunked"), b"0"),
    "chunks": endless(head(200, Transfer_Encoding="chunked"), b"1\r\n1\r\n"),
    "trailer": endless(head(200, Transfer_Encoding="chunked") + b"0\r\n", b"A: a\r\n"),
    "continue": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "gzip that gives nothing": endless(
        head(200, Content_Encoding="gzip") + gzipped(b""), gzipped(b"")
    ),
}
