"""The settings of a client: where they come from and what they may be."""

from __future__ import annotations

import os

from chatdash_analysis.errors import InputError
from chatdash_analysis.loading.addresses import check_base_url

__all__ = ["check_count", "check_seconds", "check_timeout", "find_base_url"]

_BASE_URL = "https://api.chat-dash.com/v1/public"
_VARIABLE = "CHATDASH_BASE_URL"
# Sockets refuse time-outs beyond some hundred years, and a typing error may well reach them.
_WEEK = 7 * 24 * 3600.0


def find_base_url(given: str | None) -> str:
    """Return the base URL: the given one, that of the environment, or the public service."""
    if given is not None:
        return check_base_url(given)
    found = os.environ.get(_VARIABLE, "").strip()
    return check_base_url(found, _VARIABLE) if found else _BASE_URL


def check_timeout(timeout: tuple[float, float] | float) -> tuple[float, float]:
    """Return seconds to wait for a connection and for the next bytes."""
    pair = timeout if isinstance(timeout, tuple | list) else (timeout, timeout)
    if len(pair) != 2:
        raise InputError(f"timeout must be one number or two (connect, read), not {len(pair)}.")
    return check_seconds("timeout", pair[0]), check_seconds("timeout", pair[1])


def check_seconds(name: str, value: float) -> float:
    """Return `value` as seconds above zero."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{name} must be a number of seconds, not {type(value).__name__}.")
    if not 0 < value <= _WEEK:
        raise InputError(f"{name} must be above 0 and at most a week in seconds, not {value}.")
    return float(value)


def check_count(name: str, value: int) -> int:
    """Return `value` as a count above zero."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(f"{name} must be a whole number from 1, not {value!r}.")
    return value
