"""What stands in a data set in place of the ids of people and of conversations."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.privacy.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Codes", "read_secret"]

_DIGITS = 32  # 128 bits: no two ids meet by chance


def read_secret(secret: str | bytes | None) -> bytes | None:
    """Return the key of a secret; raise `InputError` unless it is one that cannot be guessed."""
    if secret is None:
        return None
    Secret(secret)  # the same rules as for pseudonyms
    return secret.strip().encode("utf-8", "surrogatepass") if isinstance(secret, str) else secret


class Codes:
    """The codes of people and conversations, the same in every part.

    With a secret they are keyed hashes (HMAC-SHA-256): the same for the same id and secret,
    and a code alone tells nobody without the secret whose it is. Without one, people are
    numbered in the order of their first conversation, and conversations keep their ids.
    """

    def __init__(self, rows: Sequence[pd.DataFrame], secret: bytes | None) -> None:
        self._secret = secret
        self._numbers = {} if secret is not None else _numbers(rows)

    def groups(self, rows: pd.DataFrame) -> pd.Series:
        """Return the code of each row's person."""
        people = _people(rows)
        if self._secret is None:
            return people.map(self._numbers).astype("str")
        return self._keyed("group", people)

    def conversations(self, rows: pd.DataFrame) -> pd.Series:
        """Return the code of each row's conversation."""
        ids = rows["conversation_id"].astype("str")
        return ids if self._secret is None else self._keyed("conversation", ids)

    def _keyed(self, kind: str, values: pd.Series) -> pd.Series:
        codes = {value: self._code(kind, value) for value in values.unique()}
        return values.map(codes).astype("str")

    def _code(self, kind: str, value: str) -> str:
        message = f"chatdash_analysis {kind}\0{value}".encode()
        digits = hmac.new(self._secret or b"", message, hashlib.sha256).hexdigest()[:_DIGITS]
        # A letter first, so that no spreadsheet takes digits around an "e" for a number.
        return kind[0] + digits


def _numbers(rows: Sequence[pd.DataFrame]) -> dict[str, str]:
    found = pd.concat(
        [part[["created_at", "conversation_id"]].assign(group=_people(part)) for part in rows]
    )
    first = found.sort_values(["created_at", "conversation_id", "group"])["group"].unique()
    return {group: f"g{number:06d}" for number, group in enumerate(first, start=1)}


def _people(rows: pd.DataFrame) -> pd.Series:
    """Return each row's person; a conversation of nobody known is one of its own."""
    if rows["conversation_id"].isna().any():
        raise InputError("A row of the table has no conversation_id. Drop it, or name it.")
    alone = "\0" + rows["conversation_id"].astype("str")
    return rows["group"].astype("str").where(rows["group"].notna(), alone)
