"""The API key as a type of its own, so that it cannot be printed, logged or saved by accident."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NoReturn

from chatdash_analysis.errors import AuthenticationError, InputError

if TYPE_CHECKING:
    from typing import Any, SupportsIndex

__all__ = ["ApiKey", "HeaderText", "resolve_key"]

_MASK = "***"
_VARIABLE = "CHATDASH_API_KEY"
_KEYRING = ("chatdash", "api-key")
_BEARER = re.compile(r"\Abearer\s+", re.IGNORECASE)
# What copying from a web page or a file leaves around a key: blanks, a byte-order
# mark, zero-width characters.
_AROUND = " \t\r\n\f\v\u00a0\ufeff\u200b\u200c\u200d\u2060"


class HeaderText(str):
    """A header's value that a listing of headers shows masked.

    The libraries under the client keep headers on requests, on exceptions and in
    local variables; their ``repr`` is what a debugger or a verbose traceback prints.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(_MASK)

    __str__ = __repr__


class ApiKey:
    """An API key that does not show itself.

    Parameters
    ----------
    text : str
        The key as pasted or read from a file: blanks around it and a leading
        ``Bearer`` are dropped.
    source : str
        Where the key comes from, for error messages.

    Raises
    ------
    InputError
        If what is left is empty or cannot be sent as a header. The message
        does not repeat the text.
    """

    __slots__ = ("_text", "source")

    def __init__(self, text: str, *, source: str = "api_key") -> None:
        self.source = source
        self._text = _cleaned(text, source)

    def reveal(self) -> HeaderText:
        """Return the key itself: the only way out."""
        return HeaderText(self._text)

    def scrub(self, text: str) -> str:
        """Return `text` with every occurrence of the key masked."""
        return re.sub(re.escape(self._text), _MASK, text, flags=re.IGNORECASE)

    def __repr__(self) -> str:
        return repr(_MASK)

    def __str__(self) -> str:
        return _MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ApiKey) and self._text == other._text

    def __hash__(self) -> int:
        return hash((ApiKey, self._text))

    def __copy__(self) -> ApiKey:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> ApiKey:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise InputError(
            "An API key is not pickled, because the pickle would hold it in clear text. "
            f"Set {_VARIABLE} in the other process and leave api_key out."
        )


def resolve_key(given: ApiKey | None) -> ApiKey:
    """Return the key to use: the given one, that of the environment, or that of keyring.

    Raises
    ------
    AuthenticationError
        If there is none.
    InputError
        If the one found cannot be a key.
    """
    key = given or _from_environment() or _from_keyring()
    if key is None:
        raise AuthenticationError(
            f"There is no ChatDash API key. Set the environment variable {_VARIABLE} to the key "
            "on your agency profile, or give Client(api_key=...)"
            f", or store it once with `keyring set {' '.join(_KEYRING)}`."
        )
    return key


def _from_environment() -> ApiKey | None:
    text = os.environ.get(_VARIABLE, "").strip(_AROUND)
    return ApiKey(text, source=_VARIABLE) if text else None


def _from_keyring() -> ApiKey | None:
    try:
        import keyring

        text = keyring.get_password(*_KEYRING)
    except Exception:  # noqa: BLE001 - back ends fail in their own ways; all mean "not there"
        return None
    return ApiKey(text, source="keyring") if text else None


def _cleaned(text: object, source: str) -> str:
    if not isinstance(text, str):
        raise InputError(f"{source} must be text, not {type(text).__name__}.")
    key = _BEARER.sub("", text.strip(_AROUND))
    if not key or key.lower() == "bearer":
        raise InputError(f"{source} is empty. Copy the API key from your agency profile.")
    for position, character in enumerate(key, start=1):
        if not "!" <= character <= "~":
            raise InputError(
                f"{source} cannot be an API key: character {position} is "
                f"{_kind(character)}. Copy the key again from your agency profile."
            )
    return key


def _kind(character: str) -> str:
    if character.isspace():
        return "a blank or a line break"
    return "not printable" if character.isascii() else "not a plain ASCII character"
