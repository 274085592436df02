"""What went wrong, in words: every error of one call, none of them with the key in it."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypedDict, TypeVar

from chatdash_analysis.errors import AuthenticationError, ChatDashError, RequestError
from chatdash_analysis.loading.addresses import shortened
from chatdash_analysis.loading.retrying import longest_wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Unpack

    from chatdash_analysis.loading.retrying import Deadline
    from chatdash_analysis.loading.secret import ApiKey

__all__ = ["Call", "breakdown", "refusal"]

E = TypeVar("E", bound=BaseException)

_LONGEST_ERROR = 600
_LONGEST_MESSAGE = 200
_LONGEST_ERROR_BODY = 64 * 1024

_KEY_ADVICE = {
    401: "Copy the key again from your agency profile; it may be mistyped, replaced or revoked.",
    402: "The plan of the agency may not include the API, or a payment is due.",
    403: "The plan of the agency may not include the API, or the key belongs to another agency.",
}
_ADVICE = {
    404: "Check the identifier, and base_url if you set it.",
    413: "Ask for a narrower window.",
    429: "The service limits how often it may be asked; try again later.",
}


class Facts(TypedDict, total=False):
    """The attributes of a RequestError."""

    status_code: int | None
    retry_after: float | None
    retryable: bool
    splittable: bool


@dataclass(frozen=True)
class Call:
    """One call, as its errors name it.

    Attributes
    ----------
    where : str
        The path, shortened, without query.
    server : str
        Scheme, host and port.
    key : ApiKey
        Masked wherever the service or a library repeats it.
    timeout : tuple of float
        Seconds to wait for a connection, and for the next bytes.
    deadline : Deadline
        When the call must be over.
    """

    where: str
    server: str
    key: ApiKey
    timeout: tuple[float, float]
    deadline: Deadline

    def error(self, what: str, **facts: Unpack[Facts]) -> RequestError:
        """Return an error that says what went wrong, ready to be raised."""
        return RequestError(self._text(what), **facts)

    def out_of_time(self, status: int | None = None) -> RequestError:
        """Return the error of a call whose deadline has passed."""
        return self.error(
            f"no complete answer within {self.deadline.seconds:g} seconds (deadline). "
            "Ask for a narrower window or give the Client a longer deadline.",
            status_code=status,
            retryable=True,
            splittable=True,
        )

    def not_allowed(self, status: int, said: str) -> AuthenticationError:
        """Return the error of a key that the service does not accept."""
        return AuthenticationError(
            self._text(
                f"the service refuses the API key (from {self.key.source}) with "
                f"{_status(status)}{said}. {_KEY_ADVICE[status]}"
            )
        )

    def scrub(self, error: ChatDashError) -> None:
        """Mask the key in an error that quotes the answer."""
        error.args = tuple(self.key.scrub(a) if isinstance(a, str) else a for a in error.args)

    def _text(self, what: str) -> str:
        # Masked before it is cut, which could otherwise leave half of the key.
        return shortened(self.key.scrub(f"{self.where}: {what}"), _LONGEST_ERROR)


def refusal(
    call: Call, status: int, read: Callable[[int], bytes], retry_after: float | None
) -> ChatDashError:
    """Return the error for an answer with an error status, with what the service said."""
    said = _said(call, read)
    if status in _KEY_ADVICE:
        return call.not_allowed(status, said)
    facts = Facts(
        status_code=status,
        retry_after=retry_after,
        retryable=status in {408, 425, 429} or status >= 500,
        splittable=status in {408, 413} or status >= 500,
    )
    advice = _waiting(call, retry_after) or _ADVICE.get(status, "")
    return call.error(f"the service answered {_status(status)}{said}. {advice}".rstrip(), **facts)


def _waiting(call: Call, seconds: float | None) -> str:
    if not seconds:
        return ""
    if seconds <= longest_wait(call.deadline):
        return f"It asks to wait {seconds:.0f} seconds."
    return (
        f"It asks to wait {seconds:.0f} seconds, which is longer than this call may wait "
        f"({longest_wait(call.deadline):.0f} seconds); try again after that."
    )


def _said(call: Call, read: Callable[[int], bytes]) -> str:
    """Return the service's own message from ``{"message": ...}``, as a clause."""
    text = b""
    try:
        while len(text) < _LONGEST_ERROR_BODY and (piece := read(_LONGEST_ERROR_BODY)):
            text += piece
        message = json.loads(text)["message"]
    except (RequestError, ValueError, LookupError, TypeError, RecursionError):
        return ""
    if not isinstance(message, str) or not message.strip():
        return ""
    return f": {shortened(call.key.scrub(message), _LONGEST_MESSAGE)!r}"


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def breakdown(
    call: Call,
    error: Exception,
    deadline: Deadline,
    *,
    sent: bool = True,
    status: int | None = None,
) -> RequestError:
    """Return our error for an exception of the libraries below.

    Its text is ours as well, because theirs may quote headers.

    Parameters
    ----------
    sent : bool
        Whether the request went out, so that the fault is in the answer.
    status : int or None
        Status of the answer, where its headers have come.
    """
    causes = list(_causes(error))
    untrusted = _first(causes, ssl.SSLCertVerificationError)
    if untrusted:
        return _untrusted(call, untrusted)
    if deadline.remaining <= 0:
        return call.out_of_time(status)
    if not sent:
        return _unreachable(call, causes)
    if _first(causes, TimeoutError):
        what = f"the service sent nothing for {call.timeout[1]:g} seconds (timeout)"
    else:
        what = f"the connection to {call.server} broke: {_reason(causes)}"
    return call.error(f"{what}.", status_code=status, retryable=True, splittable=True)


def _untrusted(call: Call, error: ssl.SSLCertVerificationError) -> RequestError:
    return call.error(
        f"the certificate of {call.server} cannot be verified "
        f"({error.verify_message}), so the key was not sent. "
        "Check base_url; behind a proxy that inspects TLS, set REQUESTS_CA_BUNDLE to the file "
        "that holds its certificate."
    )


def _unreachable(call: Call, causes: list[BaseException]) -> RequestError:
    tls = _first(causes, ssl.SSLError)
    if tls and not isinstance(tls, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return call.error(
            f"{call.server} does not speak TLS as expected ({tls.reason or 'no reason given'}). "
            "Check base_url."
        )
    if _first(causes, ValueError):
        return call.error(f"the request could not be sent: {_reason(causes)}.")
    way = " through the proxy that the environment names" if _by_proxy(causes) else ""
    return call.error(
        f"no connection to {call.server}{way}: {_reason(causes)}. Check the network and base_url.",
        retryable=True,
    )


def _by_proxy(causes: list[BaseException]) -> bool:
    return any(type(cause).__name__ == "ProxyError" for cause in causes)


def _reason(causes: list[BaseException]) -> str:
    """Return what the innermost cause says about itself."""
    if _first(causes, http.client.RemoteDisconnected):
        return "it was closed without an answer"
    if _first(causes, http.client.IncompleteRead):
        return "the answer was cut"
    if _first(causes, socket.gaierror):
        return "the name of the host cannot be resolved"
    if _first(causes, TimeoutError):
        return "it took too long (timeout)"
    system = next((c for c in causes if isinstance(c, OSError) and c.strerror), None)
    if system:
        return str(system.strerror)
    return f"{type(causes[-1]).__name__}: {causes[-1]}"


def _first(causes: list[BaseException], kind: type[E]) -> E | None:
    return next((cause for cause in causes if isinstance(cause, kind)), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and what it wraps, outermost first.

    Not ``__context__``: it also leads to whatever the caller was handling already.
    """
    waiting, seen = [error], set[int]()
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inner = [*current.args, getattr(current, "reason", None), current.__cause__]
        waiting += [cause for cause in inner if isinstance(cause, BaseException)]
