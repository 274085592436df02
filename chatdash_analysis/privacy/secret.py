"""The secret of pseudonyms as a type of its own, so that it cannot be printed or saved."""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NoReturn

from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from typing import Any, SupportsIndex

__all__ = ["VARIABLE", "Secret", "resolve_secret"]

VARIABLE = "CHATDASH_PII_SECRET"
# Whoever guesses the secret can try all phone numbers: sixteen bytes cannot be guessed.
_FEWEST = 16
_DIFFERENT = 6
# Of neighbours that are the same or follow each other ("aaaa", "1234") fewer must remain.
_RUNS = 0.5
# Fixed, so that a secret gives the same pseudonyms on every computer. The work (16 MB, a
# twentieth of a second) is done once for each secret, and once for each guess of one.
_SALT = b"chatdash_analysis pseudonyms 1"
_WORK = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}
# Of ten million values two are alike with a chance of 4 in 10^11.
_DIGITS = 20
_ADVICE = (
    'Make one with `python -c "import secrets; print(secrets.token_hex(32))"` and keep it safe.'
)


class Secret:
    """What pseudonyms are made with; it shows itself nowhere.

    The key of the digests is ``scrypt(secret, salt=b"chatdash_analysis pseudonyms 1", n=2**14,
    r=8, p=1, dklen=32)``, so that trying phrases against a pseudonym or the `key_id` is slow.

    Parameters
    ----------
    given : str or bytes
        At least 16 bytes. Blanks around a text are dropped, because files and variables
        add them.
    source : str
        Where it comes from, for error messages.

    Raises
    ------
    InputError
        If it is none, or too short. The message does not repeat it.
    """

    __slots__ = ("_key",)

    def __init__(self, given: str | bytes, *, source: str = "secret") -> None:
        self._key = _stretched(_checked(given, source))

    def digest(self, kind: str, value: str) -> str:
        """Return 20 hexadecimal digits that stand for a value of a kind."""
        text = f"{kind}\0{value}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, "sha256").hex()[:_DIGITS]

    @property
    def key_id(self) -> str:
        """Eight digits by which two tables show that they share the secret."""
        return self.digest("key id", "")[:8]

    def __repr__(self) -> str:
        return "'***'"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._key, other._key)

    def __hash__(self) -> int:
        return hash((Secret, self.key_id))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise InputError(
            "A secret is not pickled, because the pickle would hold it in clear text. Set"
            f" {VARIABLE} in the other process and leave secret out."
        )


def resolve_secret(given: str | bytes | Secret | None) -> Secret:
    """Return the secret given, or that of the environment variable ``CHATDASH_PII_SECRET``.

    Raises
    ------
    InputError
        If there is none, or it is too short.
    """
    if isinstance(given, Secret):
        return given
    if given is not None:
        return Secret(given)
    found = os.environ.get(VARIABLE)
    if found is None:
        raise InputError(
            f"There is no secret for the pseudonyms. Give secret=..., or set {VARIABLE}. {_ADVICE}"
        )
    return Secret(found, source=VARIABLE)


def _checked(given: object, source: str) -> bytes:
    if not isinstance(given, str | bytes):
        raise InputError(f"{source} is a {type(given).__name__}, not text or bytes. {_ADVICE}")
    key = given if isinstance(given, bytes) else given.strip().encode("utf-8", "surrogatepass")
    if len(key) < _FEWEST:
        raise InputError(
            f"{source} has {len(key)} bytes; it needs at least {_FEWEST}. {_ADVICE} Another secret"
            " makes other pseudonyms."
        )
    if len(set(key)) < _DIFFERENT:
        raise InputError(f"{source} repeats the same few characters. {_ADVICE}")
    if _is_pattern(key):
        raise InputError(f"{source} repeats itself or counts up, and is soon guessed. {_ADVICE}")
    return key


def _is_pattern(key: bytes) -> bool:
    """Whether a key is a shorter one again and again, or mostly runs such as "aaa" and "123"."""
    if any(key[size:] == key[:-size] for size in range(1, len(key) // 2 + 1)):
        return True
    runs = sum(abs(second - first) <= 1 for first, second in pairwise(key))
    return runs > _RUNS * (len(key) - 1)


@lru_cache(maxsize=16)
def _stretched(key: bytes) -> bytes:
    return hashlib.scrypt(key, salt=_SALT, **_WORK)
