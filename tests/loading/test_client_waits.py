from __future__ import annotations

import contextlib
import logging
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from chatdash_analysis.errors import RequestError
from chatdash_analysis.loading.client import Client
from tests.loading.calls import KEY, PATH, client_of, failure, whole
from tests.loading.sockets import http, refusing, said, serving

pytestmark = pytest.mark.usefixtures("clean_environment", "no_waits")


@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_that_the_service_asks_for_is_waited(real_waits, status):
    begun = time.monotonic()
    with serving(said(status, "x", Retry_After="1.5"), http(200, b"[1]")) as server:
        assert client_of(server).get(PATH, None, whole) == b"[1]"
    assert 1.5 <= time.monotonic() - begun < 4


def test_a_wait_until_a_date_is_waited(real_waits):
    now = datetime.now(UTC) - timedelta(days=400)  # the clocks need not agree
    dates = {
        "Date": format_datetime(now, usegmt=True),
        "Retry_After": format_datetime(now + timedelta(seconds=2), usegmt=True),
    }
    begun = time.monotonic()
    with serving(said(429, "x", **dates), http(200, b"[1]")) as server:
        assert client_of(server).get(PATH, None, whole) == b"[1]"
    assert 2 <= time.monotonic() - begun < 5


@pytest.mark.parametrize("text", ["-5", "soon", "", "nan", "Mon, 99 Foo 2026 00:00:00 GMT"])
def test_a_junk_wait_is_ignored(text):
    with serving(said(429, "x", Retry_After=text), http(200, b"[1]")) as server:
        assert client_of(server).get(PATH, None, whole) == b"[1]"


@pytest.mark.parametrize(("seconds", "deadline"), [(40, 30), (86400, 30), (301, 600)])
def test_a_wait_that_is_too_long_is_an_error_at_once_that_tells_it(real_waits, seconds, deadline):
    begun = time.monotonic()
    error, server = failure(said(429, "slow down", Retry_After=str(seconds)), deadline=deadline)
    assert time.monotonic() - begun < 1
    assert f"asks to wait {seconds} seconds, which is longer" in str(error)
    assert (error.retry_after, error.retryable) == (seconds, True)
    assert len(server.requests) == 1


def test_retries_print_nothing_where_no_logging_is_set_up():
    code = (
        "import sys; from chatdash_analysis.loading.client import Client\n"
        "from chatdash_analysis.errors import RequestError\n"
        "try: Client('k', base_url=sys.argv[1], max_attempts=2).get(('x',), None, len)\n"
        "except RequestError: pass"
    )
    with serving(said(500, "x")) as server:
        command = [sys.executable, "-c", code, server.url]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr, len(server.requests)) == ("", "", 2)


def test_retries_are_logged_for_who_asks(caplog):
    with caplog.at_level(logging.INFO, "chatdash_analysis"):
        failure(said(500, "boom"))
    messages = [r.getMessage() for r in caplog.records if r.name == "chatdash_analysis"]
    assert len(messages) == 2
    assert all("500 Internal Server Error" in message for message in messages)


def test_the_deadline_holds_over_attempts_and_waits(real_waits):
    begun = time.monotonic()
    error, server = failure(said(503, "busy"), deadline=2.5, max_attempts=50)
    assert time.monotonic() - begun < 4
    assert error.status_code == 503
    assert 2 <= len(server.requests) <= 3


def test_a_refused_connection_is_not_cured_by_halving():
    with refusing() as url, pytest.raises(RequestError, match="Connection refused") as caught:
        client_of(url).get(PATH, None, whole)
    error = caught.value
    assert url in str(error)
    assert (error.retryable, error.splittable, error.status_code) == (True, False, None)


def test_an_unknown_host_is_not_cured_by_halving():
    client = Client(KEY, base_url="https://chatdash.invalid", max_attempts=1)
    with pytest.raises(RequestError, match="name of the host cannot be resolved") as caught:
        client.get(PATH, None, whole)
    assert (caught.value.retryable, caught.value.splittable) == (True, False)


@pytest.mark.skipif(sys.platform != "linux", reason="how a full queue behaves is the system's")
def test_a_connection_that_does_not_come_about_is_a_time_out():
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        client = client_of(f"http://127.0.0.1:{full.getsockname()[1]}", timeout=0.3, max_attempts=1)
        begun = time.monotonic()
        with pytest.raises(RequestError, match=r"no connection .* too long \(timeout\)") as caught:
            client.get(PATH, None, whole)
    assert time.monotonic() - begun < 2
    assert (caught.value.retryable, caught.value.splittable) == (True, False)


def test_after_eight_silent_calls_the_next_is_held_back_until_told_otherwise():
    with refusing() as url:
        client = client_of(url, max_attempts=1)
        for _ in range(8):
            with pytest.raises(RequestError, match="refused"):
                client.get(PATH, None, whole)
        with pytest.raises(RequestError, match="failed 8 times in a row") as caught:
            client.get(PATH, None, whole)
        assert (caught.value.retryable, caught.value.splittable) == (True, False)
        assert 25 < caught.value.retry_after <= 30
        client.forget_failures()
        with pytest.raises(RequestError, match="refused"):
            client.get(PATH, None, whole)
        with pytest.raises(RequestError, match="refused"):
            client_of(url, max_attempts=1).get(PATH, None, whole)


def test_answers_about_one_window_do_not_hold_calls_back():
    with serving(said(500, "poisoned")) as server:
        client = client_of(server, max_attempts=1)
        for _ in range(28):
            with pytest.raises(RequestError, match="500"):
                client.get(PATH, None, whole)
    assert len(server.requests) == 28


def test_one_success_forgets_the_failures_before_it():
    with serving(*[said(429, "x")] * 7, http(), said(429, "x")) as server:
        client = client_of(server, max_attempts=1)
        for turn in range(15):
            with contextlib.nullcontext() if turn == 7 else pytest.raises(RequestError):
                client.get(PATH, None, whole)
    assert len(server.requests) == 15
