"""What a channel is: a call, a chat in a widget, or another chat; and what each can tell.

The service publishes no list of channels, so what is written there is compared without
case, and the platform decides where the channel does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from chatdash_analysis.tables import opened

if TYPE_CHECKING:
    from collections.abc import Mapping

    import narwhals as nw
    import pandas as pd

__all__ = [
    "VOICE_PLATFORMS",
    "ChannelKinds",
    "channel_kinds",
    "is_known_channel",
    "side_values",
    "with_kinds",
]

_COLUMNS = ("chatdash_voice", "chatdash_widget")
VOICE_PLATFORMS = frozenset({"elevenlabs", "retell", "vapi"})
# In lower case, with spaces for underscores and hyphens.
_NAMES = {
    "voice": "phone|call|voice|phone call|inboundphonecall|outboundphonecall|inbound phone call"
    "|outbound phone call|sip|sip trunk|twilio|exotel|genesys|web call|webcall|websocketcall"
    "|vapi.websocketcall",
    "widget": "webchat|web chat|website|widget|chat|chat widget",
    "written": "whatsapp|wa|instagram|ig|instagram dm|sms|text|twilio sms|sms chat|api chat"
    "|messenger|facebook|facebook messenger|telegram|slack|email|discord|teams|line|viber",
}
_KINDS = {name: kind for kind, names in _NAMES.items() for name in names.split("|")}


class ChannelKinds(NamedTuple):
    """Conditions on a row of conversations.

    Attributes
    ----------
    voice : narwhals.Expr
        It was a call: the channel says so, or the platform makes calls and the channel
        is no written one.
    widget : narwhals.Expr
        It was a chat in a widget of a text agent; only there can somebody take over.
    """

    voice: nw.Expr
    widget: nw.Expr


def channel_kinds(seen: pd.DataFrame) -> ChannelKinds:
    """Return the conditions for a table that holds these values.

    Parameters
    ----------
    seen : pandas.DataFrame
        The distinct values of ``platform`` and ``channel``, so that text is compared
        once a value and not once a row.
    """
    kinds = {text: _KINDS.get(_plain(text)) for text in _texts(seen["channel"])}
    voice, widget, written = (_is_in("channel", kinds, kind) for kind in _NAMES)
    platforms = {text: _plain(text) in VOICE_PLATFORMS for text in _texts(seen["platform"])}
    calls = _is_in("platform", platforms, kind=True)
    return ChannelKinds(voice=voice | (calls & ~widget & ~written), widget=widget & ~calls)


def is_known_channel(text: str) -> bool:
    """Tell whether a text is the common name of a channel, and not one that somebody made up."""
    return _plain(text) in _KINDS


def _texts(values: pd.Series) -> set[str]:
    return {value for value in values if isinstance(value, str)}


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())


def _is_in(column: str, kinds: Mapping[str, object], kind: object) -> nw.Expr:
    import narwhals as nw

    values = sorted(text for text, own in kinds.items() if own == kind)
    return nw.col(column).is_in(values).fill_null(value=False)


def with_kinds(frame: Any, seen: pd.DataFrame) -> Any:
    """Return a frame of any engine with the columns that `side_values` looks up."""
    import narwhals as nw

    kinds = dict(zip(_COLUMNS, channel_kinds(seen), strict=True))
    return nw.to_native(nw.from_native(opened(frame)).with_columns(**kinds))


def side_values() -> dict[str, nw.Expr]:
    """Return what is counted where a chat can be handed off, and where a call can be answered."""
    import narwhals as nw

    call, chat = (nw.col(name) for name in _COLUMNS)
    chat &= nw.col("interacted").fill_null(value=True)
    told = nw.col("status").is_in(["ai", "pending", "human"]).fill_null(value=False)
    no_answer = nw.col("no_answer")
    return {
        "handoff_n": chat & told,
        "handoff_successes": chat & nw.col("status").is_in(["pending", "human"]),
        "handoff_unknown": chat & ~told,
        "no_answer_n": call & ~no_answer.is_null(),
        "no_answer_successes": call & no_answer.fill_null(value=False),
        "no_answer_unknown": call & no_answer.is_null(),
    }
