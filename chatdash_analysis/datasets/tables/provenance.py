"""How a training table was made, ready for JSON, and what was done about personal data."""

from __future__ import annotations

import json
from importlib import metadata
from typing import TYPE_CHECKING, Any

from chatdash_analysis.datasets.tables.levels import LEAST_PEOPLE, LEAST_ROWS
from chatdash_analysis.schema import SCHEMA_VERSION
from chatdash_analysis.text.scrubbing import scrub

if TYPE_CHECKING:
    import pandas as pd

    from chatdash_analysis.datasets.tables.known import Asked

__all__ = ["privacy_sentences", "recipe_of"]

_PEOPLE = (
    "Names, phone numbers, addresses and ids of people are no features; at most it is told whether"
    " there is one."
)
_LEVELS = (
    "A label is a level of its own only if {rows} conversations of {people} people have it, and in"
    " a field that an agency defined only if nothing in it looks like personal data; all others are"
    " 'other'."
)
_TEXTS = {
    "None": "No free text is a feature.",
    "keep": "Free text is scrubbed: phone numbers, mail addresses, links, longer numbers and names"
    " that are introduced or known from the conversation are masked; other names may have stayed.",
    "embed": "Free text was scrubbed before vectors were made of it; vectors still tell much of"
    " what was said.",
}
_BESIDE = (
    "Beside the features, rows.group holds {users} and rows.conversation_id leads back to the"
    " conversation: both are personal data. rows.text is scrubbed."
)
_PACKAGE = "chatdash_analysis"
# What the loader says of where conversations come from, without addresses and paths.
_SOURCE = ("agents", "start", "end", "combinations", "gaps", "schema_version")


def recipe_of(conversations: pd.DataFrame, options: Asked, *, rows: int) -> dict[str, Any]:
    """Return the function, its arguments, the versions, the source and the numbers of rows."""
    recipe = {
        "function": "training_table",
        "arguments": _arguments(options),
        "package": {_PACKAGE: _version()},
        "schema_version": SCHEMA_VERSION,
        "source": _source(conversations.attrs.get("chatdash")),
        "rows": {"given": len(conversations), "learned_from": rows},
        "levels": {"least_rows": LEAST_ROWS, "least_people": LEAST_PEOPLE},
    }
    plain: dict[str, Any] = json.loads(json.dumps(recipe, default=str))
    return plain


def _source(origin: Any) -> dict[str, Any]:
    held = origin if isinstance(origin, dict) else {}
    source = {name: held[name] for name in _SOURCE if name in held}
    gaps = source.pop("gaps", None)
    listed = isinstance(gaps, list | tuple)
    return {**source, "gaps": [_scrubbed(gap) for gap in gaps]} if listed else source


def _scrubbed(gap: Any) -> dict[str, Any]:
    """Return a gap without personal data in its reason, which may quote an answer."""
    gap = gap if isinstance(gap, dict) else {"reason": gap}
    return {**gap, "reason": scrub([str(gap.get("reason", ""))]).iloc[0]}


def _arguments(options: Asked) -> dict[str, Any]:
    text = options.text
    named: Any = text if hasattr(text, "__qualname__") else type(text)
    return {
        **options._asdict(),
        "text": f"{named.__module__}.{named.__qualname__}" if callable(text) else text,
        "leave_out": sorted(options.leave_out),
        "max_levels": int(options.max_levels),
    }


def _version() -> str:
    try:
        return metadata.version(_PACKAGE)
    except metadata.PackageNotFoundError:
        return "unknown"


def privacy_sentences(options: Asked) -> tuple[str, ...]:
    """Say what was done about personal data."""
    text = "embed" if callable(options.text) else str(options.text)
    return (
        _PEOPLE,
        _LEVELS.format(rows=LEAST_ROWS, people=LEAST_PEOPLE),
        _TEXTS[text],
        _BESIDE.format(users=options.users),
    )
