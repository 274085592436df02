from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter

import pytest

from chatdash_analysis.errors import ChatDashError, RequestError
from chatdash_analysis.loading import client as client_module
from chatdash_analysis.loading.body import Limits
from tests.loading.calls import PATH, client_of, failure, whole
from tests.loading.sockets import CLOSE, RESET, chunked, gzipped, head, http, said, serving

pytestmark = pytest.mark.usefixtures("clean_environment", "no_waits")


@pytest.mark.parametrize(
    "answer",
    [
        [head(200, Content_Length="5") + b"[1,2]"],
        [head(200, Connection="close") + b"[1,2]", CLOSE],
        [b"HTTP/1.0 200 OK\r\n\r\n[1,2]", CLOSE],
        [head(200, Transfer_Encoding="chunked") + chunked(b"[1", b",", b"2]")],
        [head(200, Transfer_Encoding="Chunked", Content_Length="3") + chunked(b"[1,2]")],
        [head(200, Content_Length="5"), 0.2, b"[", 0.1, b"1,2", 0.1, b"]"],
        [b"HTTP/1.1 100 Continue\r\n\r\n" + head(200, Content_Length="5") + b"[1,2]"],
        http(200, gzipped(b"[1,2]"), Content_Encoding="gzip"),
        [
            head(200, Content_Encoding="gzip", Transfer_Encoding="chunked")
            + chunked(gzipped(b"[1,2]")[:9], gzipped(b"[1,2]")[9:])
        ],
        http(200, b"[1,2]", Content_Type="text/html; charset=iso-8859-1"),
        http(200, b"[1,2]", Retry_After="junk"),
        [head(200, Content_Length="9" * 5000) + b"[1,2]", CLOSE],
        [head(200, Content_Length="five") + b"[1,2]", CLOSE],
    ],
)
def test_each_way_of_sending_a_body_is_read(answer):
    with serving(answer) as server:
        assert client_of(server).get(PATH, None, whole) == b"[1,2]"
    assert len(server.requests) == 1


def test_text_stays_the_bytes_that_were_sent():
    text = '["é 😀"]'.encode()
    with serving(http(200, text, Content_Type="text/plain; charset=iso-8859-1")) as server:
        assert client_of(server).get(PATH, None, whole) == text


GZIP = gzipped(b"[1,2]" * 100)
BROKEN = {
    "reset before the answer": [RESET],
    "closed before the answer": [CLOSE],
    "closed within the headers": [head(200)[:-6], CLOSE],
    "no HTTP": [b"SSH-2.0-OpenSSH_9\r\n", CLOSE],
    "lengths that differ": [head(200, Content_Length="5, 6") + b"[1,2]", CLOSE],
    "endless header": [b"HTTP/1.1 200 OK\r\nA: " + b"a" * 70_000 + b"\r\n\r\n", CLOSE],
    "too many headers": [b"HTTP/1.1 200 OK\r\n" + b"A: a\r\n" * 200 + b"\r\n", CLOSE],
    "cut": [head(200, Content_Length="9") + b"[1,2", CLOSE],
    "reset in the body": [head(200, Content_Length="9") + b"[1,2", 0.1, RESET],
    "cut between chunks": [head(200, Transfer_Encoding="chunked") + b"4\r\n[1,2\r\n", CLOSE],
    "cut in a chunk": [head(200, Transfer_Encoding="chunked") + b"9\r\n[1,2", CLOSE],
    "no chunk size": [head(200, Transfer_Encoding="chunked") + b"zz\r\n[1,2\r\n", CLOSE],
    "gzip cut in its own length": http(200, GZIP[:-9], Content_Encoding="gzip"),
    "gzip damaged": http(200, GZIP[:20] + b"\xff" + GZIP[21:], Content_Encoding="gzip"),
    "no gzip": http(200, b"[1,2]", Content_Encoding="gzip"),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_a_broken_answer_is_asked_for_again(answer):
    with serving(answer, http(200, b"[1,2]")) as server:
        assert client_of(server).get(PATH, None, whole) == b"[1,2]"
    assert len(server.requests) == 2


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_an_answer_that_stays_broken_is_an_error_that_halving_may_cure(answer):
    error, server = failure(answer)
    assert isinstance(error, RequestError)
    assert (error.retryable, error.splittable) == (True, True)
    assert len(server.requests) == 3


def test_a_stalled_answer_is_a_time_out():
    for stalled in ([9.0], [head(200, Content_Length="9") + b"[", 9.0]):
        error, server = failure(stalled, timeout=0.3, max_attempts=2)
        assert "nothing for 0.3 seconds (timeout)" in str(error)
        assert (error.retryable, error.splittable) == (True, True)
        assert len(server.requests) == 2


def test_an_oversized_body_is_an_error_at_once(monkeypatch):
    monkeypatch.setattr(client_module, "_LIMITS", Limits(max_bytes=1000))
    for answer in (
        http(200, bytes(1001)),
        http(200, gzipped(bytes(1001)), Content_Encoding="gzip"),
        [head(200) + bytes(1001), CLOSE],
    ):
        error, server = failure(answer)
        assert "larger than 1,000 bytes" in str(error)
        assert (error.retryable, error.splittable) == (False, True)
        assert len(server.requests) == 1


def test_a_gzip_bomb_leaves_memory_flat():
    bomb = bytearray()
    for _ in range(150):  # members of 2 MiB each
        bomb += BOMB_MEMBER
    with serving(http(200, bytes(bomb), Content_Encoding="gzip")) as server:
        done = subprocess.run(
            [sys.executable, "-c", BOMB_SCRIPT, server.url],
            capture_output=True,
            text=True,
            check=True,
        )
    message, grown = done.stdout.split("\n")[:2]
    assert "larger than 268,435,456 bytes" in message
    assert int(grown) < 30_000  # KiB


BOMB_MEMBER = gzipped(bytes(2 << 20))
BOMB_SCRIPT = """
import resource, sys
from chatdash_analysis.loading import client, transport
client._LIMITS = client.Limits(max_bytes=256 << 20)
def drain(body):
    while body.read(1 << 20): pass
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    client.Client("k", base_url=sys.argv[1]).get(("x",), None, drain)
except client.RequestError as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize(
    ("headers", "match"),
    [
        ({"Content_Encoding": "br"}, "Content-Encoding 'br'"),
        ({"Content_Encoding": "gzip, gzip"}, "Content-Encoding"),
        ({"Transfer_Encoding": "gzip, chunked"}, "Transfer-Encoding 'gzip, chunked'"),
    ],
)
def test_a_coding_that_was_not_asked_for_is_an_error_at_once(headers, match):
    error, server = failure([head(200, **headers) + b"[]", CLOSE])
    assert match in str(error)
    assert not error.retryable
    assert len(server.requests) == 1


def test_what_read_leaves_over_is_checked():
    answers = http(200, GZIP[:-9], Content_Encoding="gzip"), http(200, b"[3]")
    with serving(*answers) as server:
        assert client_of(server).get(PATH, None, lambda body: body.read(1)) == b"["
    assert len(server.requests) == 2


def test_a_mangled_answer_gives_bytes_or_one_of_our_errors():
    chance = random.Random(7)
    outcomes: Counter[str] = Counter()
    with serving(lambda: [mangled(chance), CLOSE]) as server:
        client = client_of(server, timeout=1, max_attempts=1)
        for _ in range(200):
            try:
                outcomes[type(client.get(PATH, None, whole)).__name__] += 1
            except ChatDashError as error:
                outcomes[type(error).__name__] += 1
            client.forget_failures()
    assert outcomes["bytes"] > 10
    assert outcomes["RequestError"] > 100


WHOLE = [
    http(200, b"[1,2]" * 50),
    http(200, gzipped(b"[1,2]" * 50), Content_Encoding="gzip"),
    [head(200, Transfer_Encoding="chunked") + chunked(b"[1,2", b"]")],
    said(503, "busy", Retry_After="1"),
    [head(302, Location="/x", Content_Length="0")],
]
INSERTS = [b"\r\n", b"\x00", b"\xff\xfe", b"Content-Length: 3\r\n", b"HTTP/1.1 100 C\r\n\r\n"]


def mangled(chance: random.Random) -> bytes:
    text = bytearray(chance.choice(WHOLE)[0])
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(min(len(text), 150))
        change = chance.randrange(3)
        if change == 0:
            text[at] = chance.randrange(256)
        elif change == 1:
            del text[at : at + chance.randint(1, 9)]
        else:
            text[at:at] = chance.choice(INSERTS)
    return bytes(text)
