"""Which column may be a feature: what is known of a conversation at a moment, and what it is.

==========  ==========================================================================
moment      what is known by then
==========  ==========================================================================
start       when it begins: agent, channel, campaign, country, device, clock, and the
            person's earlier conversations
during      in its course: whether the customer did anything
end         when it is over: length, cost, why it ended, who took over, the platform's
            own ``metadata_*`` fields, and whether a name, number or id was learned
analysis    when it was analysed: topic, summary, verdict, the ``custom_*`` fields
later       afterwards, by people who worked with it: read, note; never a feature
==========  ==========================================================================

A model that is asked at one moment must not learn from what is known later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from chatdash_analysis.errors import InputError
from chatdash_analysis.schema import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import timedelta, tzinfo

__all__ = [
    "MOMENTS",
    "UNKNOWN",
    "Asked",
    "LeftOut",
    "Use",
    "check_moments",
    "moment_of",
    "place_of",
    "planned",
]

MOMENTS = ("start", "during", "end", "analysis")
UNKNOWN = "unknown"
_ORDER = (*MOMENTS, "later")
_ONLY = {
    "during": "known only in the course of the conversation",
    "end": "known only when the conversation is over",
    "analysis": "known only after the analysis",
    "later": "may change after the analysis",
}
# Columns that tell much of each other by what they mean.
# What `identify_users` adds.
_RECOGNISED = frozenset({"user_id", "user_key"})
_TOLD_TOGETHER = (
    {"topic", "subtopic"},
    {"no_answer", "interacted", "ended_reason"},
    {"duration_minutes", "cost"},
    {"status", "live_agent_id", "live_agent_name"},
    {"misunderstood_count", "misunderstood_queries"},
)
_TEXT_LISTS = frozenset({"misunderstood_queries"})


class Asked(NamedTuple):
    """What the user asked for; see `training_table`."""

    target: str
    at: str
    tz: str | tzinfo
    history: bool | str | timedelta
    text: str | Callable[[list[str]], Any] | None
    users: str
    known_at: Mapping[str, str]
    leave_out: frozenset[str]
    max_levels: int


class Use(NamedTuple):
    """A column that may be a feature: by its values, as text, or by whether it has one."""

    column: str
    known_at: str
    role: Literal["value", "presence", "text"]


class LeftOut(NamedTuple):
    """A column that is no feature."""

    column: str
    known_at: str
    reason: str


def check_moments(asked: Asked, held: Collection[str]) -> None:
    """Check what the user says about when columns are known, and that the target is not yet.

    Raises
    ------
    InputError
        If a moment or a column does not exist, a declared column would be known earlier
        than its values are, or the target is known by then.
    """
    if asked.at not in MOMENTS:
        raise InputError(f"at={asked.at!r} is no moment. Possible are {', '.join(MOMENTS)}.")
    for name, moment in asked.known_at.items():
        _check_own(name, moment, held)
    known = moment_of(asked.target, asked.known_at)
    place, now = (_ORDER.index(moment) for moment in (_later(known), asked.at))
    # Verdicts come with the analysis, and those that are missing are predicted from it.
    if place < now or place == now < _ORDER.index("analysis"):
        raise InputError(
            f"{asked.target} is known at {known!r}, so that at={asked.at!r} it needs no"
            f" prediction. Choose another target, or an earlier moment of {', '.join(MOMENTS)}."
        )


def _later(known: str) -> str:
    return "later" if known == UNKNOWN else known


def _check_own(name: str, moment: str, held: Collection[str]) -> None:
    if name not in held:
        raise InputError(f"known_at names {name!r}, but the table has no such column.")
    if moment not in _ORDER:
        raise InputError(
            f"known_at={{{name!r}: {moment!r}}} names no moment. Possible are {', '.join(_ORDER)}."
        )
    declared = BY_NAME.get(name)
    if declared and _ORDER.index(moment) < _ORDER.index(declared.known_at):
        raise InputError(
            f"known_at={{{name!r}: {moment!r}}}, but its values are known at {declared.known_at!r}"
            " and no earlier. Only metadata_*, custom_* and columns of your own may be moved to an"
            " earlier moment."
        )


def moment_of(column: str, own: Mapping[str, str]) -> str:
    """Return when the values of a column are known; "unknown" for one that nobody declared.

    `own` is what the user says. Chats ask for names and numbers, and a row does not say
    whether they were there from the start; so unasked, identifiers are known at the end.
    """
    if column in own:
        return own[column]
    declared = BY_NAME.get(column)
    if declared is not None:
        asked_for = declared.pii == "identifier" and declared.known_at == "start"
        return "end" if asked_for else declared.known_at
    if column.startswith("custom_"):
        return "analysis"
    return "end" if column.startswith("metadata_") else UNKNOWN


def planned(columns: Iterable[str], asked: Asked) -> tuple[list[Use], list[LeftOut]]:
    """Divide the columns of a table into those that may be features, and the others."""
    uses, others = [], []
    for name in sorted(columns, key=place_of):
        known = moment_of(name, asked.known_at)
        reason = _said_apart(name, asked) or _untimely(name, known, asked) or _no_value(name, asked)
        if reason:
            others.append(LeftOut(name, known, reason))
        else:
            uses.append(Use(name, known, _role(name)))
    return uses, others


def place_of(name: str) -> tuple[int, str]:
    """Put declared columns in the order of the schema, and others behind them by name."""
    return (list(BY_NAME).index(name) if name in BY_NAME else len(BY_NAME), name)


def _said_apart(name: str, asked: Asked) -> str:
    """Say why a column must not be a feature, whatever it holds and whenever it is known."""
    if name == asked.target:
        return "the target"
    if name in asked.leave_out:
        return "left out on request"
    if _tells(name, asked.target):
        return "may say the target in other words"
    # By any key of the conversation, also one that was only learned later.
    return "names the person, or by what they were recognised" if name in _RECOGNISED else ""


def _untimely(name: str, known: str, asked: Asked) -> str:
    if known == UNKNOWN:
        return f"nobody says when it is known; known_at={{{name!r}: 'start'}} does, for example"
    if _ORDER.index(known) > _ORDER.index(asked.at) or known == "later":
        return _ONLY[known]
    return ""


def _tells(name: str, target: str) -> bool:
    """Tell whether two columns say the same by what they mean, not by what they hold."""
    if name.partition("__")[0] == target.partition("__")[0]:
        return True  # one field, in the spellings of several agents
    if _is_verdict(name) and _is_verdict(target):
        return True
    return any(name in group and target in group for group in _TOLD_TOGETHER)


def _is_verdict(name: str) -> bool:
    # Platforms send a verdict of their own beside the service's, which mostly is a copy.
    return name.startswith("evaluation_") or (name.startswith("custom_") and "success" in name)


def _no_value(name: str, asked: Asked) -> str:
    """Say why the values of a column are no feature."""
    role, declared = _role(name), BY_NAME.get(name)
    if name == "conversation_id" or (name == asked.users and role == "value"):
        return "names the conversation or the person"
    if declared and declared.kind == "json" and name not in _TEXT_LISTS:
        return "JSON; its fields are features where they have columns"
    if declared and declared.kind == "instant":
        return "an instant"
    if role == "text" and asked.text is None:
        return "free text; text='keep' or text='embed' makes features of it"
    return ""


def _role(name: str) -> Literal["value", "presence", "text"]:
    pii = BY_NAME[name].pii if name in BY_NAME else ""
    roles: dict[str, Literal["presence", "text"]] = {"identifier": "presence", "free_text": "text"}
    return roles.get(pii, "value")
