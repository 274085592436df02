"""The client: one GET, from identifiers to bytes, with all that may happen on the way."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from chatdash_analysis.errors import ChatDashError, RequestError, ResponseError
from chatdash_analysis.loading.addresses import follow, join_url, origin, shown_path
from chatdash_analysis.loading.body import Body, Limits
from chatdash_analysis.loading.faults import Call, refusal
from chatdash_analysis.loading.retrying import (
    CircuitBreaker,
    Deadline,
    failure_weight,
    read_retry_after,
    retry,
)
from chatdash_analysis.loading.secret import ApiKey, resolve_key
from chatdash_analysis.loading.settings import (
    check_count,
    check_seconds,
    check_timeout,
    find_base_url,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from chatdash_analysis.loading.transport import Answer, Transport

__all__ = ["Client"]

T = TypeVar("T")

_LIMITS = Limits()
_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 3
_ERROR_BODY_SECONDS = 5.0


@dataclass(frozen=True, init=False)
class Client:
    """Asks the ChatDash API.

    A client can be made without a key, for work on the cache alone; the key is looked
    for at the first request. Threads may share a client: each has connections of its own.

    Parameters
    ----------
    api_key : str, optional
        The agency's API key. Default: the environment variable ``CHATDASH_API_KEY``,
        then keyring (service ``chatdash``, user ``api-key``) where it is installed.
    base_url : str, optional
        Address of the API. Default: ``CHATDASH_BASE_URL``, then the public service. Plain
        ``http`` is accepted for this machine only.
    timeout : float or tuple of float
        Seconds to wait for a connection, and for the next bytes of an answer.
    deadline : float
        Seconds for one call, with all its attempts, waits and its body.
    max_attempts : int
        How often one call is tried.

    Raises
    ------
    InputError
        If an argument or an environment variable cannot be used.
    """

    api_key: ApiKey | None
    base_url: str
    timeout: tuple[float, float]
    deadline: float
    max_attempts: int
    _live: _Live = field(init=False, repr=False, compare=False)

    def __init__(
        self,
        api_key: ApiKey | str | None = None,
        *,
        base_url: str | None = None,
        timeout: tuple[float, float] | float = (10.0, 60.0),
        deadline: float = 600.0,
        max_attempts: int = 6,
    ) -> None:
        values = {
            "api_key": api_key if isinstance(api_key, ApiKey | None) else ApiKey(api_key),
            "base_url": find_base_url(base_url),
            "timeout": check_timeout(timeout),
            "deadline": check_seconds("deadline", deadline),
            "max_attempts": check_count("max_attempts", max_attempts),
            "_live": _Live(),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def get(
        self,
        path: Sequence[str],
        params: Mapping[str, str] | None,
        read: Callable[[Body], T],
        *,
        attempts: int | None = None,
    ) -> T:
        """Ask for `path` and return what `read` makes of the answer's body.

        What may pass (no connection, time-outs, cut or damaged bodies, an unusable
        answer that `read` reports, 408, 425, 429, 5xx) is tried again.

        Parameters
        ----------
        path : sequence of str
            Segments as they are, unquoted, such as ``("agents", agent_id)``.
        params : mapping of str to str or None
            The query.
        read : callable
            Reads a `Body`. It runs once for each attempt that gets an answer, and
            may raise ResponseError; what it leaves unread is read and checked after it.
        attempts : int, optional
            Overrides `max_attempts` for this call.

        Raises
        ------
        AuthenticationError
            If there is no key, or the service does not accept it.
        InputError
            If an identifier cannot be part of a path.
        RequestError
            If the service cannot be reached, answers with an error, or fails so often
            that calls are held back for a while.
        ResponseError
            If `read` cannot use any answer.
        """
        url = join_url(self.base_url, path, params)
        tries = self.max_attempts if attempts is None else check_count("attempts", attempts)
        call = self._begin(path)
        try:
            result = retry(
                lambda: self._attempt(url, read, call), attempts=tries, deadline=call.deadline
            )
        except ChatDashError as error:
            call.scrub(error)
            self._learn(error)
            # Without the frames of the attempts, which hold requests, and bodies in memory.
            raise error.with_traceback(None)  # noqa: B904 - it is the same error
        self.forget_failures()
        return result

    def forget_failures(self) -> None:
        """Let calls go again that are held back because too many failed in a row.

        For a caller who knows that the failures had to do with what was asked.
        """
        self._live.circuit.reset()

    def __reduce__(self) -> tuple[Callable[..., Client], tuple[dict[str, Any]]]:
        # Connections, locks and a key found elsewhere stay here; a given key refuses to go.
        return _restored, ({f.name: getattr(self, f.name) for f in fields(self) if f.init},)

    def _begin(self, path: Sequence[str]) -> Call:
        if self._live.key is None:
            self._live.key = resolve_key(self.api_key)
        key = self._live.key
        where = shown_path([key.scrub(segment) for segment in path])
        server = origin(self.base_url)
        call = Call(where, server, key, self.timeout, Deadline(self.deadline))
        held = self._live.circuit.hold()
        if held:
            circuit = self._live.circuit
            raise call.error(
                f"not asked, because the service failed {circuit.failures} times in a row. "
                f"It is asked again in {held:.0f} seconds. The last failure: {circuit.last}",
                retry_after=held,
                retryable=True,
            )
        return call

    def _attempt(self, url: str, read: Callable[[Body], T], call: Call) -> T:
        deadline = Deadline(call.deadline.remaining)
        answer = self._open(url, call, deadline)
        try:
            if answer.status != 200:
                raise _refused(answer, call, deadline)
            body = _body(answer, call)
            result = read(body)
            body.drain()
            return result
        finally:
            answer.close()

    def _open(self, url: str, call: Call, deadline: Deadline) -> Answer:
        """Return the answer after at most three redirects within the service."""
        transport = self._live.transport(self.base_url, self.timeout)
        for _ in range(_MOST_REDIRECTS + 1):
            if deadline.remaining <= 0:
                raise call.out_of_time()
            answer = transport.send(url, call, deadline)
            if answer.status not in _REDIRECTS:
                return answer
            answer.close()
            url = _redirected(answer, url, call)
        raise call.error(f"more than {_MOST_REDIRECTS} redirects. Check base_url.")

    def _learn(self, error: ChatDashError) -> None:
        if weight := failure_weight(error):
            self._live.circuit.count(weight, str(error))


class _Live:
    """What a client has beyond its settings: the key found, failures, connections."""

    def __init__(self) -> None:
        self.key: ApiKey | None = None
        self.circuit = CircuitBreaker()
        self._mine = threading.local()

    def transport(self, base_url: str, timeout: tuple[float, float]) -> Transport:
        """Return the connections of this thread."""
        # A forked process must not write into the connections of its parent.
        if getattr(self._mine, "process", None) != os.getpid():
            # Imports requests, which who works on the cache alone never needs.
            from chatdash_analysis.loading.transport import Transport

            self._mine.transport = Transport(base_url, timeout)
            self._mine.process = os.getpid()
        transport: Transport = self._mine.transport
        return transport


def _restored(settings: dict[str, Any]) -> Client:
    return Client(**settings)


def _body(answer: Answer, call: Call) -> Body:
    fail = partial(call.error, status_code=answer.status)
    transfer = answer.header("Transfer-Encoding").strip().lower()
    if transfer not in {"", "identity", "chunked"}:
        raise fail(f"the answer has the Transfer-Encoding {transfer!r}, which is not usual.")
    return Body(
        answer.read,
        fail,
        encoding=answer.header("Content-Encoding"),
        length=None if transfer == "chunked" else _length(answer.header("Content-Length")),
        limits=_LIMITS,
    )


def _length(text: str) -> int | None:
    # Repeated headers arrive joined by commas.
    announced = {part.strip() for part in text.split(",")}
    number = announced.pop() if len(announced) == 1 else ""
    return int(number) if number.isascii() and number.isdigit() and len(number) < 20 else None


def _refused(answer: Answer, call: Call, deadline: Deadline) -> ChatDashError:
    if 200 <= answer.status < 300:
        return ResponseError(
            f"{call.where}: the service answered {answer.status} where only 200 means success."
        )
    # A service in trouble must not keep us with the explanation.
    deadline.shorten(_ERROR_BODY_SECONDS)
    wait = read_retry_after(answer.header("Retry-After"), answer.header("Date"))
    return refusal(call, answer.status, _reader(answer, call), wait)


def _reader(answer: Answer, call: Call) -> Callable[[int], bytes]:
    try:
        return _body(answer, call).read
    except RequestError:
        return lambda _size: b""


def _redirected(answer: Answer, url: str, call: Call) -> str:
    try:
        target = follow(url, answer.header("Location"))
    except ValueError:
        raise call.error(
            f"the service answered {answer.status} with a redirect to nowhere. Check base_url.",
            status_code=answer.status,
        ) from None
    if origin(target) != origin(url):
        raise call.error(
            f"the service redirects to {origin(target)}. The key is not sent there; "
            "if that is the right address, set base_url to it.",
            status_code=answer.status,
        )
    return target
