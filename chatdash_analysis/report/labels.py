"""Labels of groups before they are counted: no personal data, agents by name, rare ones joined."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from chatdash_analysis.channels.kinds import VOICE_PLATFORMS, is_known_channel
from chatdash_analysis.devices.families import DEVICE_COLUMNS, OTHER, family_of, is_known_family
from chatdash_analysis.text.scrubbing import scrub

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "AGENT",
    "by_size",
    "join_rare",
    "largest",
    "plain_labels",
    "several",
    "shared_labels",
    "with_agents",
]

# Column that `with_agents` adds.
AGENT = "agent"
_NOTHING_LEFT = "(no text)"
# As clients know the names that the service writes in code; analyses read either.
_CLIENT_NAMES = {
    "channel": {
        "inboundphonecall": "Inbound phone call", "ig": "Instagram", "instagram dm": "Instagram DM",
        "outboundphonecall": "Outbound phone call", "sip": "SIP", "sip trunk": "SIP trunk",
        "sms": "SMS", "sms chat": "SMS chat", "twilio sms": "Twilio SMS",
        "vapi.websocketcall": "Web call", "wa": "WhatsApp", "web chat": "Webchat",
        "webcall": "Web call", "websocketcall": "Web call", "whatsapp": "WhatsApp",
        "api chat": "API chat",
    },
    "platform": {
        "elevenlabs": "ElevenLabs", "openai": "OpenAI",
    },
}  # fmt: skip
# Of the family "other", whichever column it stands in.
_NO_NAME = "0"
_PLATFORMS = frozenset({"botpress", "openai", "voiceflow", *VOICE_PLATFORMS})
# As ISO 3166-1 writes them.
_COUNTRY = re.compile(r"[A-Z]{2}")


def plain_labels(conversations: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return conversations whose labels hold no personal data; labels then alike are one group.

    Channels are what somebody typed: nothing keeps a phone number out of them. Channels and
    platforms that are known have the names by which clients know them.
    """
    held = [name for name in columns if name in conversations.columns]
    return conversations.assign(**{name: _masked(conversations[name]) for name in held})


def _masked(labels: pd.Series) -> pd.Series:
    codes, known = pd.factorize(labels.astype("str"), use_na_sentinel=True)
    texts = scrub(pd.Series(known, dtype="str")).replace("", _NOTHING_LEFT)
    texts = texts.map(lambda text: _client_name(text, str(labels.name)))
    # Code -1 is a missing label, and no text is there.
    plain = pd.Series(codes, index=labels.index).map(texts)
    return plain.astype("str")


def _client_name(text: str, column: str) -> str:
    """Return ``Web call`` for ``web_call``; what is not known stays as it is."""
    if column not in _CLIENT_NAMES or not _is_common(text, column):
        return text
    plain = " ".join(text.casefold().replace("_", " ").replace("-", " ").split())
    return _CLIENT_NAMES[column].get(plain, plain[:1].upper() + plain[1:])


def shared_labels(
    conversations: pd.DataFrame,
    columns: Sequence[str],
    min_users: int,
    *,
    of: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return conversations in which labels that few people share are one group.

    Who types a label of their own into a field could be told by it. Common names of channels,
    platforms, countries and devices say nothing of a person and stay.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations with ``user_id``; who is unknown counts as nobody.
    columns : sequence of str
        Columns of labels; missing labels stay missing.
    min_users : int
        Least number of people behind a label that stays.
    of : pandas.DataFrame, optional
        The conversations whose people are counted; default: all.
    """
    people = conversations if of is None else of
    held = [name for name in columns if name in conversations.columns]
    return conversations.assign(
        **{name: _shared(conversations[name], people, min_users) for name in held}
    )


def _shared(labels: pd.Series, people: pd.DataFrame, min_users: int) -> pd.Series:
    column = str(labels.name)
    groups = _groups(people[column], column)
    users = people["user_id"].groupby(groups).nunique()
    enough = set(users.index[users >= min_users])
    own = _groups(labels, column)
    common = {group for group in own.dropna().unique() if _is_common(group, column)}
    few = labels.notna() & ~own.isin(enough | common)
    if not few.any():
        return labels
    taken = set(own.dropna().unique())
    name = _NO_NAME if column in DEVICE_COLUMNS else _unlike(f"{OTHER} (rare)", taken)
    return labels.astype("str").mask(few, name)


def _groups(labels: pd.Series, column: str) -> pd.Series:
    """Return labels as they are counted: devices by family, the others as they are."""
    texts = labels.astype("str")
    if column not in DEVICE_COLUMNS:
        return texts
    families = {text: family_of(text, column) for text in texts.dropna().unique() if text}
    return texts.map(families).astype("str")


def _is_common(label: str, column: str) -> bool:
    if column == "channel":
        return is_known_channel(label)
    if column == "platform":
        return label.casefold() in _PLATFORMS
    if column == "country_code":
        return _COUNTRY.fullmatch(label) is not None
    return is_known_family(label, column)


def several(conversations: pd.DataFrame, column: str) -> bool:
    """Tell whether a column is there and has more than one value."""
    if column not in conversations.columns:
        return False
    return len(conversations[column].dropna().unique()) > 1


def with_agents(conversations: pd.DataFrame) -> pd.DataFrame:
    """Return conversations with a column ``agent``: its name, or its id where it has none.

    Where several agents have one name, the id stands behind it.
    """
    ids = conversations["agent_id"].astype("str")
    return conversations.assign(**{AGENT: ids.map(_names(conversations, ids)).astype("str")})


def _names(conversations: pd.DataFrame, ids: pd.Series) -> pd.Series:
    known = pd.Series(ids.dropna().unique(), dtype="str")
    names = known.set_axis(known)
    if "agent_name" in conversations.columns:
        given = conversations["agent_name"].astype("str").groupby(ids).min()
        names = given.reindex(known).fillna(names)
    return names.mask(names.duplicated(keep=False), names + " (" + names.index.astype("str") + ")")


def join_rare(
    conversations: pd.DataFrame, column: str, *, of: pd.DataFrame, most: int
) -> tuple[pd.DataFrame, int]:
    """Join the labels that are not among the most frequent to one; return also how many.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations.
    column : str
        Column of labels.
    of : pandas.DataFrame
        The conversations of which the most frequent labels stay.
    most : int
        How many labels there are in the end, a missing one included.
    """
    if column not in conversations.columns:
        # The analysis says what is missing.
        return conversations, 0
    labels = conversations[column]
    times = of[column].value_counts(dropna=False).sort_index(kind="stable")
    if len(times) <= most:
        return conversations, 0
    kept = times.sort_values(ascending=False, kind="stable").index[: most - 1]
    joined = len(times) - len(kept)
    name = _unlike(f"{joined:,} smaller ones", set(labels.dropna().unique()))
    return conversations.assign(**{column: labels.where(labels.isin(kept), name)}), joined


def _unlike(name: str, taken: set[str]) -> str:
    while name in taken:
        name = f"({name})"
    return name


def by_size(table: pd.DataFrame, size: str) -> pd.DataFrame:
    """Return the rows of a table, the largest first."""
    return table.sort_values(size, ascending=False, kind="stable", ignore_index=True)


def largest(table: pd.DataFrame, size: str, *, most: int = 12) -> tuple[pd.DataFrame, int]:
    """Return the largest rows of a table, in their own order, and how many are left out."""
    if len(table) <= most:
        return table, 0
    ranks = table[size].rank(ascending=False, method="first")
    return table[ranks <= most], len(table) - most
