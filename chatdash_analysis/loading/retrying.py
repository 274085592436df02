"""When to ask again: the deadline, the waits, and when to stop bothering a service that is down."""

from __future__ import annotations

import logging
import re
import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

from chatdash_analysis.errors import ChatDashError, RequestError, ResponseError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "OPEN_AT",
    "CircuitBreaker",
    "Deadline",
    "failure_weight",
    "longest_wait",
    "read_retry_after",
    "retry",
]

T = TypeVar("T")

_FIRST_WAIT = 0.5  # seconds; doubles with each attempt
_LAST_WAIT = 20.0
_JITTER = 1.0
_LONGEST_ASKED_WAIT = 300.0
# Eight calls without a connection in a row, 16 without an answer, or 32 with one that may
# concern one window only: looking for a poisoned second halves ten years 28 times.
OPEN_AT = 32

_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)
_LOGGER = logging.getLogger("chatdash_analysis")


class Deadline:
    """A moment by which something must be over.

    Parameters
    ----------
    seconds : float
        Distance from now.
    """

    __slots__ = ("_at", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._at = time.monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._at - time.monotonic())

    def shorten(self, seconds: float) -> None:
        """Move the deadline to `seconds` from now, if that is earlier."""
        self._at = min(self._at, time.monotonic() + seconds)


def retry(run: Callable[[], T], *, attempts: int, deadline: Deadline) -> T:
    """Return what `run` returns, calling it again after faults that may pass.

    Such faults are errors of this package with ``retryable`` set. The waits grow
    exponentially with jitter, or are those that the service asked for; none begins
    that would outlast `deadline`.
    """
    import stamina

    _keep_quiet()
    policy = _Policy(deadline)
    for attempt in stamina.retry_context(
        on=policy.wait_after,
        attempts=attempts,
        timeout=None,
        wait_initial=_FIRST_WAIT,
        wait_max=_LAST_WAIT,
        wait_jitter=_JITTER,
    ):
        policy.next_wait = attempt.next_wait
        policy.is_last = attempt.num >= attempts
        with attempt:
            return run()
    raise AssertionError("stamina ends with a result or an error")


def longest_wait(deadline: Deadline) -> float:
    """Return the longest wait, in seconds, that a service may ask of this call."""
    return min(_LONGEST_ASKED_WAIT, deadline.remaining)


def read_retry_after(text: str, date: str = "") -> float | None:
    """Return the seconds that a ``Retry-After`` header asks to wait, None if it is unusable.

    Parameters
    ----------
    text : str
        The header: seconds or an HTTP date. Anything else, a negative number and
        a date in the past are None.
    date : str
        The ``Date`` header of the same answer; it makes the difference independent of
        this machine's clock.
    """
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), 1e9)
    until = _moment(text)
    if until is None:
        return None
    seconds = (until - (_moment(date) or datetime.now(UTC))).total_seconds()
    return seconds if seconds > 0 else None


def failure_weight(error: ChatDashError) -> int:
    """Return how much a failed call says that the service is down: 0 for not at all."""
    if isinstance(error, ResponseError):
        return 1
    if not isinstance(error, RequestError):
        return 0
    if error.splittable:
        return 2 if error.status_code is None else 1
    answered = error.status_code is not None and error.status_code < 500
    return 0 if answered and error.status_code != 429 else 4


class CircuitBreaker:
    """Counts calls that failed in a row, and holds further ones back for a while.

    Once the failures in a row weigh `limit` or more, no call goes out for `pause`
    seconds; then one goes as a trial, and its success lets all others go again.
    Safe to share by threads.
    """

    def __init__(self, limit: int = OPEN_AT, pause: float = 30.0) -> None:
        self._limit = limit
        self._pause = pause
        self._lock = threading.Lock()
        self._weight = 0
        self._failures = 0
        self._since = 0.0
        self.last = ""

    @property
    def failures(self) -> int:
        """Number of failures in a row."""
        return self._failures

    def hold(self) -> float:
        """Return the seconds for which calls are held back; 0 lets this one go."""
        with self._lock:
            if self._weight < self._limit:
                return 0.0
            left = self._since + self._pause - time.monotonic()
            if left <= 0:
                # The others stay held back until this trial is over or another pause has passed.
                self._since = time.monotonic()
            return max(0.0, left)

    def count(self, weight: int, reason: str = "") -> None:
        """Count one more failure, and keep its reason as the last one."""
        with self._lock:
            self.last = reason
            self._weight += weight
            self._failures += 1
            self._since = time.monotonic()

    def reset(self) -> None:
        """Forget the failures: the service works, or they have another cause."""
        with self._lock:
            self._weight = self._failures = 0


class _Policy:
    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self.next_wait = 0.0
        self.is_last = False

    def wait_after(self, error: BaseException) -> bool | float:
        """Tell stamina whether to try again: no, yes, or yes after so many seconds."""
        if not isinstance(error, RequestError | ResponseError) or not error.retryable:
            return False
        asked = error.retry_after if isinstance(error, RequestError) else None
        if asked:
            again = asked <= longest_wait(self._deadline)
        else:
            again = self.next_wait + _JITTER < self._deadline.remaining
        if again and not self.is_last:
            _LOGGER.info("%s Trying again.", error)
        return asked if again and asked else again


def _keep_quiet() -> None:
    # stamina reports each retry as a warning; where no logging is set up, Python would
    # print its bare event name into the notebook.
    logger = logging.getLogger("stamina")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
