"""Why a conversation ended: one vocabulary for the words of all platforms.

The package brings a table of 615 reasons, ``ended_reason_family.csv``, made by hand from
what the platforms document. Errors of a named provider are told apart only roughly; that
they are technical errors is sure.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from chatdash_analysis.codes import group_codes
from chatdash_analysis.errors import InputError
from chatdash_analysis.tables import require_columns, typed_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Key = tuple[str, str]

__all__ = ["FAULTS", "NOT_REACHED", "UNKNOWN", "ended_reason_families", "endings"]

UNKNOWN = "unknown"
# Families in which nobody on the other side was reached.
NOT_REACHED = frozenset(
    {"account_limit", "blocked", "busy", "dial_failed", "ivr", "no_answer", "voicemail"}
)
# Families in which technology failed.
FAULTS = frozenset(
    {"error_config", "error_other", "error_platform", "error_provider", "error_quota"}
)

_DTYPES = {"platform": "str", "reason": "str", "family": "str", "fault_side": "str"}
_ENDING = {"ended_family": "str", "fault_side": "str"}


class Ending(NamedTuple):
    """What a reason means."""

    family: str
    fault_side: str


def ended_reason_families() -> pd.DataFrame:
    """Return the families of the ended reasons of Retell, Vapi and ElevenLabs.

    Change or extend the table, and pass it as ``families`` to `ended_reasons`,
    `outcome_stages` or `stage_change`.

    Returns
    -------
    pandas.DataFrame
        One row a reason, all ``str``: ``platform``, ``reason`` (the platform's words),
        ``family`` and ``fault_side`` (who made it end: customer, assistant, carrier,
        configuration, provider, platform, human or unknown).

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> families = cda.ended_reason_families()
    >>> families.loc[families["reason"] == "dial_busy", ["family", "fault_side"]].values.tolist()
    [['busy', 'customer']]
    """
    return typed_table(_shipped(), _DTYPES)


@cache
def _shipped() -> tuple[tuple[str, str, str, str], ...]:
    text = files("chatdash_analysis.endings").joinpath("ended_reason_family.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple((r["platform"], r["reason"], r["family"], r["fault_side"]) for r in rows)


def endings(
    conversations: pd.DataFrame, families: pd.DataFrame | Mapping[Any, str] | None = None
) -> pd.DataFrame:
    """Tell how each conversation ended.

    A reason is looked up among those of its platform, then among those of all
    platforms as far as they agree. Case, spaces around and between words, and a full
    stop at the end make no difference.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations with ``platform`` and ``ended_reason``.
    families : pandas.DataFrame or mapping, optional
        What goes before the shipped table: a table with ``reason`` and ``family``,
        and if wanted ``platform`` and ``fault_side``; or a mapping of a reason, or of
        ``(platform, reason)``, to a family.

    Returns
    -------
    pandas.DataFrame
        One row a conversation, in their order: ``ended_family`` and ``fault_side``,
        ``unknown`` for a text that is in no map, missing where no reason is given.

    Raises
    ------
    InputError
        If `families` is neither, or a reason or family in it is no text.
    """
    known = _known(families)
    codes, pairs = group_codes(conversations, ["platform", "ended_reason"])
    found = [_look_up(known, *pair) for pair in pairs.itertuples(index=False)]
    return typed_table(found, _ENDING).take(codes).reset_index(drop=True)


def _look_up(
    known: Mapping[Key, Ending], platform: object, reason: object
) -> Ending | tuple[None, None]:
    if not isinstance(reason, str):
        return None, None
    own = known.get((_folded(platform), _folded(reason)))
    return own or known.get(("", _folded(reason))) or Ending(UNKNOWN, UNKNOWN)


def _folded(text: object) -> str:
    return " ".join(text.casefold().split()).rstrip(".") if isinstance(text, str) else ""


def _known(families: pd.DataFrame | Mapping[Any, str] | None) -> dict[Key, Ending]:
    """Return what each reason means by platform and, under ``""``, on any platform."""
    known = _by_key(_shipped())
    if families is not None:
        own = _by_key(
            _rows(families if isinstance(families, pd.DataFrame) else _as_table(families))
        )
        # A reason that the user gives without a platform goes before the platforms' own.
        known = {key: ending for key, ending in known.items() if ("", key[1]) not in own} | own
    return _agreed(known) | known


def _by_key(rows: Iterable[tuple[str, str, str, str]]) -> dict[Key, Ending]:
    return {
        (_folded(platform), _folded(reason)): Ending(family, side)
        for platform, reason, family, side in rows
    }


def _agreed(known: Mapping[Key, Ending]) -> dict[Key, Ending]:
    """Return the reasons that mean the same on every platform that has them."""
    meanings: dict[str, set[Ending]] = {}
    for (_, reason), ending in known.items():
        meanings.setdefault(reason, set()).add(ending)
    return {("", reason): min(found) for reason, found in meanings.items() if len(found) == 1}


def _as_table(families: Mapping[Any, str]) -> pd.DataFrame:
    if not isinstance(families, Mapping):
        raise InputError(
            f"families is a {type(families).__name__}. Give a mapping of reasons to families, or"
            " a table with the columns reason and family; ended_reason_families() returns one."
        )
    keys = [key if isinstance(key, tuple) else (None, key) for key in families]
    rows = [(*key, family) for key, family in zip(keys, families.values(), strict=True)]
    if any(len(row) != 3 for row in rows):
        raise InputError("families: each key is a reason, or a pair of platform and reason.")
    return pd.DataFrame(rows, columns=["platform", "reason", "family"], dtype=object)


def _rows(table: pd.DataFrame) -> Iterator[tuple[str, str, str, str]]:
    require_columns(table, ("reason", "family"), "families")
    usual = _usual_sides()
    for row in table.to_dict("records"):
        reason, family = row["reason"], row["family"]
        if not (isinstance(reason, str) and isinstance(family, str)):
            raise InputError(
                f"families: reason and family are texts, got {reason!r} and {family!r}."
            )
        platform, side = row.get("platform"), row.get("fault_side")
        yield (
            platform if isinstance(platform, str) else "",
            reason,
            family,
            side if isinstance(side, str) else usual.get(family, UNKNOWN),
        )


def _usual_sides() -> dict[str, str]:
    """Return the side on which most reasons of each family lie."""
    counts = Counter((family, side) for _, _, family, side in _shipped())
    ordered = sorted(counts, key=lambda pair: (counts[pair], pair[1] != "platform"))
    return dict(ordered)
