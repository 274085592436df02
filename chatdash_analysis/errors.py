"""Every error of this package, in one tree.

::

    ChatDashError
    ├── InputError             an argument, a setting or a file cannot be used (also a ValueError)
    ├── AuthenticationError    no usable API key, or the service does not accept it
    ├── RequestError           the service could not be reached or answered with an error
    ├── ResponseError          the service answered, but not with what its contract says
    ├── IncompleteError        some part of what was asked for could not be had
    ├── CacheError             the parquet store cannot be read or written
    └── MissingColumnsError    a table lacks columns that a function needs (also a KeyError)

Each message says what is wrong and what to do. Facts are attributes, so that
programs need not read messages. No message ever contains the API key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

__all__ = [
    "AuthenticationError",
    "CacheError",
    "ChatDashError",
    "IncompleteError",
    "InputError",
    "MissingColumnsError",
    "RequestError",
    "ResponseError",
]


class ChatDashError(Exception):
    """Base class: ``except ChatDashError`` catches whatever this package raises."""


class InputError(ChatDashError, ValueError):
    """An argument, an environment variable or a file cannot be used as given."""


class AuthenticationError(ChatDashError):
    """There is no usable API key, or the service does not accept it (401, 402, 403)."""


class RequestError(ChatDashError):
    """The service could not be reached, or answered with an error status.

    Attributes
    ----------
    status_code : int or None
        HTTP status; None when no answer came at all.
    retry_after : float or None
        Seconds that the service asked to wait, where it said so.
    retryable : bool
        Whether the same request may succeed later.
    splittable : bool
        Whether a request for a narrower window may succeed (an overloaded or
        timed-out service, a body that is cut or too large).
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int | None = None,
        retry_after: float | None = None,
        retryable: bool = False,
        splittable: bool = False,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.retry_after = retry_after
        self.retryable = retryable
        self.splittable = splittable


class ResponseError(ChatDashError):
    """The service answered, but not with what its contract promises.

    Attributes
    ----------
    retryable : bool
        Whether the same request may succeed later (a page of a proxy, a cut body).
    """

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


class IncompleteError(ChatDashError):
    """Part of what was asked for could not be had, so nothing is returned.

    Attributes
    ----------
    gaps : list of dict
        One entry for each missing stretch: ``agent_id``, ``start``, ``end``
        (ISO 8601, half-open), ``record``, ``interacted`` and ``reason``.
    """

    def __init__(self, message: str, *, gaps: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(message)
        self.gaps = [dict(gap) for gap in gaps]


class CacheError(ChatDashError):
    """The parquet store cannot be read or written."""


class MissingColumnsError(ChatDashError, KeyError):
    """A table lacks columns that a function needs.

    Attributes
    ----------
    missing : list of str
        The columns that are not there.
    """

    def __init__(self, message: str, *, missing: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.missing = list(missing)

    # KeyError shows the repr of its argument, which hides the line breaks of a message.
    __str__ = Exception.__str__
