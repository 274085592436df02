from __future__ import annotations

import itertools
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from chatdash_analysis.errors import RequestError, ResponseError
from chatdash_analysis.loading.retrying import (
    OPEN_AT,
    CircuitBreaker,
    Deadline,
    failure_weight,
    read_retry_after,
    retry,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("7", 7), (" 7 ", 7), ("1.5", 1.5), ("86400", 86400)]
)
def test_seconds_are_read(text, seconds):
    assert read_retry_after(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "-5", "soon", "1e3", "1_0", "nan", "inf", "+5", "٣", "0x10", "5 s", "Mon, 99 Foo 2026"],
)
def test_junk_is_ignored(text):
    assert read_retry_after(text) is None


def test_an_endless_number_is_a_long_wait_and_no_failure():
    assert read_retry_after("9" * 5000) == 1e9


@pytest.mark.parametrize("usegmt", [True, False])
def test_a_date_counts_from_the_date_of_the_answer(usegmt):
    later = format_datetime(NOON + timedelta(seconds=90), usegmt=usegmt)
    assert read_retry_after(later, format_datetime(NOON)) == 90


def test_a_date_alone_counts_from_now():
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 80 < read_retry_after(later) <= 90


def test_a_date_in_the_past_is_ignored():
    assert read_retry_after(format_datetime(NOON), format_datetime(NOON)) is None


def test_a_deadline_shrinks_and_never_grows():
    deadline = Deadline(100)
    deadline.shorten(10)
    deadline.shorten(50)
    assert 9 < deadline.remaining <= 10
    assert Deadline(-1).remaining == 0


def test_waits_grow_with_jitter():
    moments: list[float] = []

    def fail() -> None:
        moments.append(time.monotonic())
        raise RequestError("x", retryable=True)

    with pytest.raises(RequestError):
        retry(fail, attempts=3, deadline=Deadline(60))
    first, second = (b - a for a, b in itertools.pairwise(moments))
    assert 0.5 <= first < 2.5
    assert 1.0 <= second < 3


def test_no_wait_begins_that_outlasts_the_deadline():
    begun = time.monotonic()
    with pytest.raises(RequestError, match="asked"):
        retry(_failing(RequestError("asked", retryable=True)), attempts=9, deadline=Deadline(1.4))
    assert time.monotonic() - begun < 1.4


@pytest.mark.parametrize(
    "error",
    [RequestError("x"), ResponseError("x", retryable=False), KeyError("x"), KeyboardInterrupt()],
)
def test_what_will_not_pass_is_raised_at_once(error):
    calls = []
    with pytest.raises(type(error)):
        retry(lambda: calls.append(1) or _failing(error)(), attempts=5, deadline=Deadline(60))
    assert calls == [1]


def test_the_circuit_opens_after_eight_calls_without_answer():
    circuit, silence = CircuitBreaker(), failure_weight(RequestError("refused"))
    for _ in range(7):
        circuit.count(silence)
    assert circuit.hold() == 0
    circuit.count(silence)
    assert 29 < circuit.hold() <= 30
    assert circuit.failures == 8


def test_answers_about_one_window_open_the_circuit_late():
    poisoned = failure_weight(RequestError("x", status_code=500, splittable=True))
    assert 28 < OPEN_AT / poisoned <= 32


@pytest.mark.parametrize("status", [302, 400, 404])
def test_answers_of_a_working_service_do_not_count(status):
    assert failure_weight(RequestError("x", status_code=status)) == 0


def test_answers_that_cannot_be_used_count_however_they_look():
    assert failure_weight(ResponseError("a page of a proxy")) == 1
    for status in (200, 408, 413):
        assert failure_weight(RequestError("x", status_code=status, splittable=True)) == 1


def test_one_success_forgets_all_failures():
    circuit = CircuitBreaker(limit=2)
    circuit.count(1)
    circuit.reset()
    circuit.count(1)
    assert circuit.hold() == 0


def test_after_the_pause_one_call_goes_as_a_trial():
    circuit = CircuitBreaker(limit=1, pause=0.3)
    circuit.count(1)
    assert circuit.hold() > 0
    time.sleep(0.35)
    held: list[float] = []
    threads = [threading.Thread(target=lambda: held.append(circuit.hold())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, held)) == [False] + [True] * 7
    circuit.reset()
    assert circuit.hold() == 0


def test_a_failed_trial_closes_the_way_again():
    circuit = CircuitBreaker(limit=1, pause=0.2)
    circuit.count(1)
    time.sleep(0.25)
    assert circuit.hold() == 0
    circuit.count(1)
    assert circuit.hold() > 0.1


def _failing(error: BaseException):
    def fail() -> None:
        raise error

    return fail
