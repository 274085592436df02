from __future__ import annotations

import contextlib
import itertools
import random
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
import zlib
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdash_analysis.errors import RequestError
from chatdash_analysis.loading.body import Body, Limits
from tests.loading.sockets import gzipped

DATA = b"[" + b",".join(b'{"_id":"%d"}' % n for n in range(20_000)) + b"]"


def packed(data: bytes, bits: int) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, bits)
    return packer.compress(data) + packer.flush()


@contextlib.contextmanager
def arriving(*pieces: bytes | float, **options):
    """Yield the body of `pieces` that come through a real socket, with pauses between."""
    here, there = socket.socketpair()

    def send() -> None:
        with contextlib.suppress(OSError), there:
            for piece in pieces:
                time.sleep(piece) if isinstance(piece, float) else there.sendall(piece)

    sender = threading.Thread(target=send)
    sender.start()
    with here, here.makefile("rb") as stream:
        yield Body(stream.read1, RequestError, **options)
    sender.join()


def whole(body: Body, size: int = 65536) -> bytes:
    return b"".join(iter(lambda: body.read(size), b""))


@pytest.mark.parametrize("size", [1000, 65536, 10**9])
@pytest.mark.parametrize(
    ("encoding", "wire"),
    [
        ("", DATA),
        ("identity", DATA),
        ("gzip", gzipped(DATA)),
        (" GZip ", gzipped(DATA)),
        ("x-gzip", gzipped(DATA)),
        ("deflate", packed(DATA, 15)),
        ("deflate", packed(DATA, -15)),
    ],
)
def test_each_accepted_encoding_gives_the_bytes(encoding, wire, size):
    with arriving(wire, encoding=encoding, length=len(wire)) as body:
        assert whole(body, size) == DATA
        assert body.read(size) == b""


@pytest.mark.parametrize(("encoding", "bits"), [("gzip", 31), ("deflate", 15), ("deflate", -15)])
def test_a_compressed_body_may_come_byte_by_byte(encoding, bits):
    wire = packed(DATA[:300], bits)
    pieces = [wire[i : i + 1] for i in range(len(wire))]
    with arriving(*pieces, encoding=encoding) as body:
        assert whole(body, 7) == DATA[:300]


@given(
    cuts=st.lists(st.integers(0, 3000), max_size=20),
    sizes=st.lists(st.sampled_from([1, 2, 100, 5000]), min_size=1, max_size=5),
    coding=st.sampled_from([("", None), ("gzip", 31), ("deflate", 15), ("deflate", -15)]),
)
def test_no_cut_of_the_wire_and_no_size_of_reads_changes_the_bytes(cuts, sizes, coding):
    encoding, bits = coding
    wire = DATA[:5000] if bits is None else packed(DATA[:5000], bits)
    edges = sorted({0, len(wire), *(cut for cut in cuts if cut < len(wire))})
    pieces = deque(wire[a:b] for a, b in itertools.pairwise(edges))

    def pull(size: int) -> bytes:
        piece = pieces.popleft() if pieces else b""
        if len(piece) > size:
            pieces.appendleft(piece[size:])
        return piece[:size]

    body = Body(pull, RequestError, encoding=encoding, length=len(wire))
    turns = itertools.cycle(sizes)
    assert b"".join(iter(lambda: body.read(next(turns)), b"")) == DATA[:5000]


def test_several_gzip_members_are_one_body():
    with arriving(gzipped(b"[1,"), gzipped(b""), gzipped(b"2]"), encoding="gzip") as body:
        assert whole(body) == b"[1,2]"


@pytest.mark.parametrize("bits", [31, 15, -15])
def test_highly_compressed_ends_are_not_lost(bits):
    data = b"x" + b"a" * 258 * 40
    encoding = "gzip" if bits == 31 else "deflate"
    for size in (1, 7, 258, 259, 5000):
        with arriving(packed(data, bits), encoding=encoding) as body:
            assert whole(body, size) == data


def test_bytes_are_handed_out_as_they_arrive():
    with arriving(b"[1,", 0.5, b"2]") as body:
        begun = time.monotonic()
        assert body.read(65536) == b"[1,"
        assert time.monotonic() - begun < 0.4


def test_no_read_returns_more_than_was_asked_for():
    with arriving(gzipped(DATA), encoding="gzip") as body:
        sizes = [len(body.read(n)) for n in (1, 10, 1000, 0, -1)]
    assert sizes[0] == 1
    assert 1 <= sizes[1] <= 10
    assert 1 <= sizes[2] <= 1000
    assert sizes[3:] == [0, 0]


@pytest.mark.parametrize("cut", [1, 9, 10, 18, 500, -9, -8, -1])
@pytest.mark.parametrize(("encoding", "bits"), [("gzip", 31), ("deflate", 15)])
def test_a_compressed_body_cut_anywhere_is_noticed(encoding, bits, cut):
    wire = packed(DATA, bits)[:cut]
    with (
        arriving(wire, encoding=encoding, length=len(wire)) as body,
        pytest.raises(RequestError, match="ended too early") as caught,
    ):
        whole(body)
    assert (caught.value.retryable, caught.value.splittable) == (True, True)


def test_an_empty_gzip_body_is_a_cut_one():
    with (
        arriving(encoding="gzip", length=0) as body,
        pytest.raises(RequestError, match="ended too early"),
    ):
        whole(body)


def test_a_flipped_bit_in_a_gzip_body_is_noticed():
    chance = random.Random(1)
    wire = gzipped(DATA)
    noticed = 0
    for _ in range(40):
        damaged = bytearray(wire)
        damaged[chance.randrange(10, len(wire))] ^= 1 << chance.randrange(8)
        with arriving(bytes(damaged), encoding="gzip") as body:
            try:
                assert whole(body) == DATA
            except RequestError as error:
                noticed += error.retryable
    assert noticed > 30


@pytest.mark.parametrize("wire", [b"[]", b"<html>", gzipped(b"[]") + b"junk", packed(DATA, 15)])
def test_what_is_no_gzip_is_damaged(wire):
    with (
        arriving(wire, encoding="gzip") as body,
        pytest.raises(RequestError, match="gzip body is damaged"),
    ):
        whole(body)


@pytest.mark.parametrize("wire", [b"", b"[1"])
def test_fewer_bytes_than_announced_are_a_cut_body(wire):
    with (
        arriving(wire, length=10) as body,
        pytest.raises(RequestError, match=rf"cut after {len(wire)} of 10 bytes") as caught,
    ):
        whole(body)
    assert (caught.value.retryable, caught.value.splittable) == (True, True)


def test_drain_notices_a_fault_behind_what_was_read():
    wire = gzipped(b"[]")[:-4]
    with arriving(wire, encoding="gzip") as body:
        assert body.read(100) == b"[]"
        with pytest.raises(RequestError, match="ended too early"):
            body.drain()


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress", "utf-8"])
def test_an_encoding_that_was_not_asked_for_is_refused(encoding):
    with pytest.raises(RequestError, match=f"Content-Encoding '{encoding}'") as caught:
        Body(lambda _: b"", RequestError, encoding=encoding)
    assert not caught.value.retryable


def test_an_announced_length_above_the_limit_is_refused_before_reading():
    with pytest.raises(RequestError, match="larger than 1,000 bytes") as caught:
        Body(lambda _: b"", RequestError, length=1001, limits=Limits(max_bytes=1000))
    assert (caught.value.retryable, caught.value.splittable) == (False, True)


@pytest.mark.parametrize(("encoding", "wire"), [("", DATA), ("gzip", gzipped(DATA))])
def test_a_body_that_grows_above_the_limit_is_refused(encoding, wire):
    limits = Limits(max_bytes=len(DATA) - 1)
    with (
        arriving(wire, encoding=encoding, limits=limits) as body,
        pytest.raises(RequestError, match="larger than") as caught,
    ):
        whole(body)
    assert (caught.value.retryable, caught.value.splittable) == (False, True)


def test_a_body_of_just_the_limit_is_accepted():
    with arriving(gzipped(DATA), encoding="gzip", limits=Limits(max_bytes=len(DATA))) as body:
        assert whole(body) == DATA


def test_memory_stays_flat_under_a_gzip_bomb():
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
    tracemalloc.start()
    try:
        with arriving(bomb, encoding="gzip", limits=Limits(max_bytes=200 << 20)) as body:
            with pytest.raises(RequestError, match="larger than 209,715,200 bytes"):
                body.drain()
            _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


def test_a_body_below_the_floor_is_given_up():
    limits = Limits(floor=1000, grace=0.3)
    drip = [b"x", 0.05] * 40
    begun = time.monotonic()
    with (
        arriving(*drip, limits=limits) as body,
        pytest.raises(RequestError, match="too slowly") as caught,
    ):
        whole(body)
    assert time.monotonic() - begun < 3
    assert (caught.value.retryable, caught.value.splittable) == (True, True)


def test_a_body_that_slows_down_later_is_given_up_too():
    limits = Limits(floor=1000, grace=0.3)
    drip: list[bytes | float] = [bytes(500_000), *([b"x", 0.05] * 40)]
    with arriving(*drip, limits=limits) as body, pytest.raises(RequestError, match="too slowly"):
        whole(body)


def test_the_time_of_the_reader_does_not_count_as_slowness():
    with arriving(b"x" * 10, 0.01, b"y" * 10, limits=Limits(floor=1000, grace=0.2)) as body:
        assert body.read(100) == b"x" * 10
        time.sleep(0.4)
        assert body.read(100) == b"y" * 10
        assert body.read(100) == b""


def test_the_module_needs_no_http_library():
    code = "import sys, chatdash_analysis.loading.body; print('requests' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
