"""What a client sees under each fault, and when faults strike."""

from __future__ import annotations

import gzip
import socket
import time
import zlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest
import requests

from chatdash_analysis.sandbox.server import DEFAULT_KEY

LIST = "/agents/65f000000000000000000001/conversations"
EVERY = {"fail_every": 1}


@pytest.fixture
def rows(conversation):
    return [conversation(day, summary="long " * 200) for day in range(1, 9)]


@pytest.fixture
def raw():
    """Return head and body as they stand on the wire, up to the end or half a second of silence."""

    def exchange(stand_in, accept: str = "identity") -> tuple[str, bytes]:
        where = urlsplit(stand_in.url)
        fields = f"Authorization: {DEFAULT_KEY}\r\nAccept-Encoding: {accept}\r\nConnection: close"
        request = f"GET {where.path}{LIST} HTTP/1.1\r\n{fields}\r\n\r\n"
        with socket.create_connection((where.hostname, where.port), timeout=0.5) as connection:
            connection.sendall(request.encode())
            received = b"".join(_pieces(connection))
        head_bytes, _, body = received.partition(b"\r\n\r\n")
        return head_bytes.decode("latin-1"), body

    return exchange


def _pieces(connection):
    try:
        while piece := connection.recv(65536):
            yield piece
    except TimeoutError:
        return


def _declared(head: str) -> int:
    return int(head.partition("Content-Length: ")[2].partition("\r\n")[0])


@pytest.mark.parametrize("status", [413, 500, 502, 504])
def test_a_status_comes_without_a_body(serve, fetch, rows, status) -> None:
    response = fetch(serve(rows, fail_with=status, **EVERY))
    assert (response.status_code, response.content) == (status, b"")


def test_a_reset_comes_before_or_within_the_body(serve, fetch, raw, rows, capfd) -> None:
    with pytest.raises(requests.ConnectionError):
        fetch(serve(rows, fail_with="reset", **EVERY))
    with pytest.raises(ConnectionResetError):
        raw(serve(rows, fail_with="reset_mid_body", **EVERY))
    assert capfd.readouterr() == ("", "")


def test_silence_and_stalls_leave_the_connection_open(serve, raw, rows) -> None:
    assert raw(serve(rows, fail_with="silence", **EVERY)) == ("", b"")
    head, body = raw(serve(rows, fail_with="stall", **EVERY))
    assert (_declared(head) > 0, body) == (True, b"")
    head, body = raw(serve(rows, fail_with="stall_mid_body", **EVERY))
    assert len(body) == _declared(head) // 2


def test_a_body_can_drip(serve, fetch, conversation) -> None:
    whole = fetch(serve([conversation(1)])).content
    stand_in = serve([conversation(1)], fail_with="drip", drip_rate=500, **EVERY)
    start = time.monotonic()
    assert fetch(stand_in).content == whole
    assert time.monotonic() - start > 0.2


def test_a_body_can_be_cut_in_four_ways(serve, raw, rows) -> None:
    head, body = raw(serve(rows, fail_with="truncate", **EVERY))
    assert _declared(head) == len(body)
    assert body.startswith(b"[{")
    assert not body.endswith(b"]")
    head, body = raw(serve(rows, fail_with="wrong_length", **EVERY))
    assert _declared(head) == len(body) + 64
    head, body = raw(serve(rows, fail_with="cut_chunked", **EVERY))
    assert "Transfer-Encoding: chunked" in head
    assert not body.endswith(b"0\r\n\r\n")
    head, body = raw(serve(rows, fail_with="gzip_cut", **EVERY), accept="gzip")
    assert _declared(head) == len(body)
    with pytest.raises(EOFError):
        gzip.decompress(body)


@pytest.mark.parametrize(("fault", "label"), [("bad_gzip", "gzip"), ("br_label", "br")])
def test_a_coding_can_be_mislabelled(serve, raw, rows, fault, label) -> None:
    head, body = raw(serve(rows, fail_with=fault, **EVERY))
    assert f"Content-Encoding: {label}" in head
    assert body.startswith(b"[{")


def test_a_good_status_can_bring_no_list(serve, fetch, rows) -> None:
    page = fetch(serve(rows, fail_with="html", **EVERY))
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page.text.startswith("<!DOCTYPE html>")
    assert fetch(serve(rows, fail_with="empty", **EVERY)).content == b""
    assert len(fetch(serve(rows, fail_with="object", **EVERY)).json()["conversations"]) == 8
    assert fetch(serve(rows, fail_with="deep", **EVERY)).text.startswith("[" * 100_000)


def test_a_bomb_inflates_a_thousandfold(serve, raw, rows) -> None:
    stand_in = serve(rows, fail_with="bomb", bomb_size=1 << 26, **EVERY)
    _, body = raw(stand_in, accept="gzip")
    inflated = zlib.decompressobj(31).decompress(body)
    assert inflated.strip() == b"["
    assert len(inflated) > 1 << 26 > 900 * len(body)


def test_a_redirect_leads_to_the_list(serve, fetch, rows) -> None:
    stand_in = serve(rows, fail_with="redirect", **EVERY)
    moved = fetch(stand_in, record="true")
    assert (moved.status_code, moved.headers["Location"]) == (307, f"/moved{LIST}?record=true")
    origin = stand_in.url.removesuffix("/v1/public")
    key = {"Authorization": DEFAULT_KEY}
    followed = requests.get(origin + moved.headers["Location"], headers=key, timeout=5)
    assert len(followed.json()) == 8


def test_a_redirect_can_lead_elsewhere(serve, fetch, rows) -> None:
    stand_in = serve(rows, fail_with="redirect", redirect_to="http://elsewhere.test", **EVERY)
    assert fetch(stand_in).headers["Location"] == f"http://elsewhere.test/moved{LIST}"


def test_counted_faults_strike_in_turn_and_heal(serve, fetch, rows) -> None:
    def statuses(**switches):
        stand_in = serve(rows, fail_with=503, **switches)
        return [fetch(stand_in).status_code for _ in range(6)]

    assert statuses(fail_every=3) == [200, 200, 503, 200, 200, 503]
    assert statuses(fail_first=2) == [503, 503, 200, 200, 200, 200]
    assert statuses(rate_limit=2) == [200, 429, 200, 429, 200, 429]
    assert statuses(fail_first=1, rate_limit=4) == [503, 200, 200, 429, 200, 200]


def test_another_behaviour_counts_afresh(serve, fetch, rows) -> None:
    stand_in = serve(rows, fail_first=1)
    assert [fetch(stand_in).status_code for _ in range(2)] == [500, 200]
    stand_in.behaviour = stand_in.behaviour
    assert [fetch(stand_in).status_code for _ in range(2)] == [500, 200]


def test_faults_can_spare_other_routes(serve, fetch, rows) -> None:
    stand_in = serve(rows, fail_first=1, fault_routes=("conversations",))
    assert fetch(stand_in, "/agents").status_code == 200
    assert [fetch(stand_in).status_code for _ in range(2)] == [500, 200]


@pytest.mark.parametrize(
    ("form", "expected"),
    [("seconds", "2"), ("junk", "soon"), ("negative", "-5"), ("none", None), ("huge", "86400")],
)
def test_the_wait_takes_any_form(serve, fetch, rows, form, expected) -> None:
    stand_in = serve(rows, rate_limit=1, retry_after=form, retry_after_seconds=2)
    assert fetch(stand_in).headers.get("Retry-After") == expected


def test_the_wait_can_be_a_date(serve, fetch, rows) -> None:
    stand_in = serve(rows, rate_limit=1, retry_after="date", retry_after_seconds=90)
    moment = parsedate_to_datetime(fetch(stand_in).headers["Retry-After"])
    assert 80 < (moment - datetime.now(UTC)).total_seconds() <= 90


def test_only_lists_that_are_too_long_fail(serve, fetch, rows) -> None:
    stand_in = serve(rows, max_rows=3, too_large=504)
    assert fetch(stand_in).status_code == 504
    assert fetch(stand_in, startDate="2026-05-06T00:00:00.000Z").status_code == 200


def test_a_poisoned_row_spoils_every_window_that_holds_it(serve, fetch, rows) -> None:
    stand_in = serve(rows, poisoned=frozenset({"c05"}), poison="html")
    assert fetch(stand_in).text.startswith("<!DOCTYPE")
    assert fetch(stand_in, startDate="2026-05-05T12:00:00.000Z").text.startswith("<!DOCTYPE")
    assert len(fetch(stand_in, startDate="2026-05-05T12:00:00.001Z").json()) == 3


def test_bodies_are_coded_and_framed_as_told(serve, raw, rows) -> None:
    head, body = raw(serve(rows), accept="gzip, deflate")
    assert "Content-Encoding: gzip" in head
    plain = gzip.decompress(body)
    assert raw(serve(rows))[1] == plain
    assert raw(serve(rows, encoding="identity"), accept="gzip")[1] == plain
    head, body = raw(serve(rows, framing="close"))
    assert "Connection: close" in head
    assert "Content-Length" not in head
    assert body == plain
    head, body = raw(serve(rows, framing="chunked"))
    assert body.endswith(b"\r\n0\r\n\r\n")
    assert plain in body


def test_bodies_can_be_mislabelled(serve, fetch, rows) -> None:
    response = fetch(serve(rows, bom=True, content_type="text/plain; charset=iso-8859-1"))
    assert response.headers["Content-Type"] == "text/plain; charset=iso-8859-1"
    assert response.content.startswith(b"\xef\xbb\xbf[{")
