"""Addresses: where the key may travel, and identifiers that stay in their place of the path."""

from __future__ import annotations

import ipaddress
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urlencode, urljoin, urlsplit

from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["check_base_url", "follow", "join_url", "origin", "shown_path"]

_PORTS = {"http": 80, "https": 443}
_LONGEST_SEGMENT = 256
_LONGEST_SHOWN = 48


def check_base_url(text: str, source: str = "base_url") -> str:
    """Return `text` as a base URL without a trailing slash.

    Raises
    ------
    InputError
        If it is not an ``http`` or ``https`` URL of its own (no credentials, query or
        fragment), or if it is plain ``http`` to another machine. The message does not
        repeat the text, which may hold a password.
    """
    if not isinstance(text, str):
        raise InputError(f"{source} must be text, not {type(text).__name__}.")
    text = text.strip()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise InputError(f"{source} is not a URL: {_reason(error)}.") from None
    fault = _fault(text, parts, port)
    if fault:
        raise InputError(f"{source} {fault}.")
    return parts.geturl().rstrip("/")


def join_url(base_url: str, path: Sequence[str], params: Mapping[str, str] | None) -> str:
    """Return the URL of `path` (unquoted segments) under `base_url`, with `params` as query.

    Raises
    ------
    InputError
        If a segment or a parameter would not reach the service as what it is.
    """
    query = urlencode(_checked_params(params or {}), quote_via=quote)
    url = "/".join([base_url, *(quote(_checked_segment(segment), safe="") for segment in path)])
    return f"{url}?{query}" if query else url


def shown_path(path: Sequence[str]) -> str:
    """Return `path` for an error message: without query, on one line, not endless."""
    return "".join("/" + shortened(segment, _LONGEST_SHOWN) for segment in path)


def shortened(text: str, limit: int) -> str:
    """Return `text` on one line, without control characters, at most `limit` characters long."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def origin(url: str) -> str:
    """Return scheme, host and port of `url`, written one way.

    Raises
    ------
    ValueError
        If `url` has no readable host or port.
    """
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in _PORTS:
        raise ValueError("not an address of a web server")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in {None, _PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def follow(url: str, location: str) -> str:
    """Return the URL that `location`, the header of a redirect from `url`, points to.

    Raises
    ------
    ValueError
        If there is no readable target.
    """
    # http.client reads headers as Latin-1; servers write UTF-8.
    location = location.encode("latin-1", "replace").decode("utf-8", "replace").strip()
    if not location or "\\" in location or any(_is_control(c) for c in location):
        raise ValueError("no target")
    target = urljoin(url, location)
    if "@" in urlsplit(target).netloc:
        raise ValueError("credentials in the target")
    origin(target)
    return target


def _fault(text: str, parts: SplitResult, port: int | None) -> str | None:
    """Return the first thing that is wrong with a base URL."""
    host = parts.hostname or ""
    faults = {
        "must not hold blanks, backslashes, control characters or letters beyond ASCII": any(
            c.isspace() or _is_control(c) or c == "\\" or not c.isascii() for c in text
        ),
        "must be an address such as https://api.chat-dash.com/v1/public": (
            parts.scheme not in _PORTS or not host or port == 0
        ),
        "must not hold a user name or password; the API key is given as api_key": (
            "@" in parts.netloc
        ),
        "must not hold a query ('?') or a fragment ('#')": "?" in text or "#" in text,
        "must not hold '.' or '..' as a part of its path": not {".", ".."}.isdisjoint(
            parts.path.split("/")
        ),
        "must begin with https:// , because over http:// the API key would travel unencrypted "
        "(http is accepted for this machine only: localhost, 127.0.0.1, [::1])": (
            parts.scheme == "http" and not _is_loopback(host)
        ),
    }
    return next((fault for fault, found in faults.items() if found), None)


def _reason(error: ValueError) -> str:
    return "its port is not a number from 1 to 65535" if "ort" in str(error) else "its host is odd"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _checked_segment(segment: str) -> str:
    if not isinstance(segment, str):
        raise InputError(f"An identifier must be text, not {type(segment).__name__}.")
    if segment in {"", ".", ".."}:
        raise InputError(f"An identifier cannot be {segment!r}: it would name another address.")
    if len(segment) > _LONGEST_SEGMENT:
        raise InputError(
            f"An identifier of {len(segment)} characters is too long (at most "
            f"{_LONGEST_SEGMENT}); it begins with {shortened(segment, _LONGEST_SHOWN)!r}."
        )
    _refuse_unsendable(segment, f"The identifier {shortened(segment, _LONGEST_SHOWN)!r}")
    return segment


def _checked_params(params: Mapping[str, str]) -> dict[str, str]:
    for name, value in params.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise InputError(
                f"The parameter {name!r} must be text, not {type(value).__name__} "
                "(true and false in lower case)."
            )
        _refuse_unsendable(name + value, f"The parameter {shortened(name, _LONGEST_SHOWN)!r}")
    return dict(params)


def _refuse_unsendable(text: str, what: str) -> None:
    if any(_is_control(c) for c in text):
        raise InputError(f"{what} holds a control character or half of a character pair.")


def _is_control(character: str) -> bool:
    """Tell control characters (Cc) and lone surrogates (Cs), which no URL can carry."""
    return unicodedata.category(character) in {"Cc", "Cs"}
