"""One connection pool of one thread: sends a request, bounds every read, names every fault.

The only module that imports requests and urllib3.
"""

from __future__ import annotations

import contextlib
import http.client
import io
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from chatdash_analysis.loading.addresses import origin
from chatdash_analysis.loading.faults import breakdown
from chatdash_analysis.loading.retrying import Deadline

if TYPE_CHECKING:
    import socket

    from chatdash_analysis.loading.faults import Call
    from chatdash_analysis.loading.secret import ApiKey

__all__ = ["Answer", "Transport"]

_BUFFER = 64 * 1024
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": "chatdash-analysis",
}


class Transport:
    """Sends requests of one thread to one service.

    Parameters
    ----------
    base_url : str
        The service. The key goes to its scheme, host and port, and nowhere else.
    timeout : tuple of float
        Seconds to wait for a connection, and for the next bytes.
    """

    def __init__(self, base_url: str, timeout: tuple[float, float]) -> None:
        self._origin = origin(base_url)
        self._timeout = timeout
        self._clock = _Clock(timeout[1])
        self._session = _session(self._clock, trust_env=base_url.startswith("https:"))

    def send(self, url: str, call: Call, deadline: Deadline) -> Answer:
        """Send GET `url` and return the answer as soon as its headers are there.

        Raises
        ------
        RequestError
            If no answer comes.
        """
        self._clock.begin(deadline)
        connect, read = self._timeout
        try:
            response = self._session.get(
                url,
                auth=_KeyAuth(call.key, self._origin),
                timeout=(max(0.001, min(connect, deadline.remaining)), read),
                allow_redirects=False,
                stream=True,
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, it becomes one of ours
            fault = breakdown(call, error, deadline, sent=self._clock.sent)
        else:
            return Answer(response, call, deadline)
        # Outside of the handler: chained, the exception would keep the request and its headers.
        raise fault


class Answer:
    """An answer whose body has not been read yet."""

    def __init__(self, response: requests.Response, call: Call, deadline: Deadline) -> None:
        self._response = response
        self._call = call
        self._deadline = deadline
        self.status = response.status_code

    def header(self, name: str) -> str:
        """Return a header, empty where there is none."""
        return str(self._response.headers.get(name, ""))

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes from the wire as they arrive; b"" at the end."""
        try:
            return self._response.raw.read1(size, decode_content=False) or b""
        except Exception as error:  # noqa: BLE001 - whatever it is, it becomes one of ours
            fault = breakdown(self._call, error, self._deadline, status=self.status)
        raise fault

    def close(self) -> None:
        """Give the connection back if the body is read to its end, else close it."""
        with contextlib.suppress(Exception):
            self._response.close()


class _KeyAuth(requests.auth.AuthBase):
    """Puts the key on a request; as `auth` it also keeps ``.netrc`` from replacing it."""

    def __init__(self, key: ApiKey, allowed: str) -> None:
        self._key = key
        self._allowed = allowed

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if origin(request.url or "") != self._allowed:
            raise requests.exceptions.InvalidURL("the key does not go there")
        request.headers["Authorization"] = self._key.reveal()
        return request


class _Session(requests.Session):
    """A session that leaves redirects alone.

    Even with ``allow_redirects=False`` the library prepares the next request of a
    redirect, for which it reads the whole body without any bound.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - overrides
        return None


def _session(clock: _Clock, *, trust_env: bool) -> requests.Session:
    session = _Session()
    # Proxies and certificate bundles of the environment hold for https only: plain http
    # goes to this machine, and through a proxy the key would leave it unencrypted.
    session.trust_env = trust_env
    session.headers.update(_HEADERS)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(clock))
    return session


class _Adapter(HTTPAdapter):
    def __init__(self, clock: _Clock) -> None:
        self._pools = {
            "http": _bounded(HTTPConnectionPool, clock),
            "https": _bounded(HTTPSConnectionPool, clock),
        }
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager


class _Clock:
    """What the connections of one thread must know about the request under way."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.begin(Deadline(patience))

    def begin(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.sent = False


def _bounded(pool: type[HTTPConnectionPool], clock: _Clock) -> type[HTTPConnectionPool]:
    """Return a pool class whose connections keep the deadline in every read.

    A time-out of the library begins anew with every byte, so that a service that drips
    its headers or chunk sizes could hold a thread for hours.
    """

    def respond(_connection: object, sock: socket.socket, *args: Any, **kwargs: Any) -> Any:
        response = http.client.HTTPResponse(sock, *args, **kwargs)
        # A tunnel through a proxy, which comes before the request, has no method.
        clock.sent = kwargs.get("method") is not None
        reader = _BoundedReader(response.fp.detach(), sock, clock)
        response.fp = io.BufferedReader(reader, _BUFFER)
        return response

    connection = type("BoundedConnection", (pool.ConnectionCls,), {"response_class": respond})
    return type("BoundedPool", (pool,), {"ConnectionCls": connection})


class _BoundedReader(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase, sock: socket.socket, clock: _Clock) -> None:
        self._raw = raw
        self._sock = sock
        self._patience = clock.patience
        # That of this answer: another request may begin before its body is read.
        self._deadline = clock.deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        remaining = self._deadline.remaining
        if remaining <= 0:
            raise TimeoutError("the deadline has passed")
        self._sock.settimeout(min(self._patience, remaining))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
