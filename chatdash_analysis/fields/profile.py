"""One row a field and agent: what it holds, since when, and what to be careful about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.fields.assembling import assembled
from chatdash_analysis.fields.distinct import distinct_values
from chatdash_analysis.fields.listing import listing_of
from chatdash_analysis.fields.measures import Asked, measured
from chatdash_analysis.fields.names import names_of
from chatdash_analysis.fields.renames import renames
from chatdash_analysis.fields.rows import agents_and_moments, cells_of, people_of
from chatdash_analysis.fields.wording import check_counts, in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    import pandas as pd

    from chatdash_analysis.fields.listing import Listing
    from chatdash_analysis.fields.measures import Measured
    from chatdash_analysis.fields.rows import Rows
    from chatdash_analysis.periods import Freq

__all__ = ["profile_fields"]

_DTYPES = {
    "agent_id": "str", "column": "str", "raw_key": "str", "kind": "str", "dtype": "str",
    "values": "int64", "rows": "int64", "coverage": "float64",
    "eligible": "int64", "eligible_values": "int64", "eligible_coverage": "float64",
    "periods": "int64", "covered_periods": "int64",
    "first_coverage": "float64", "last_coverage": "float64",
    "first_seen": "datetime64[us, UTC]", "last_seen": "datetime64[us, UTC]",
    "distinct": "int64", "top_values": "str", "nothing": "int64", "conflicts": "int64",
    "number_like": "float64", "boolean_like": "float64",
    "minimum": "float64", "median": "float64", "maximum": "float64",
    "renamed_from": "str", "renamed_to": "str", "rename_score": "float64",
    "pii": "str", "flags": "str",
}  # fmt: skip


def profile_fields(
    conversations: pd.DataFrame,
    *,
    metadata: bool = False,
    freq: Freq = "W",
    tz: str | tzinfo = "UTC",
    users: str = "user_id",
    min_users: int = 5,
    top: int = 5,
) -> pd.DataFrame:
    """Describe the fields of the platforms' own analysis, agent by agent.

    Which are filled, since when, with what; which changed their type or their name; which
    could be read as numbers or flags (`coerce_fields` does it); and which look like personal
    data. A field counts as an agent's if any of its conversations has a value.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations with ``agent_id``, ``created_at`` and ``custom_*`` columns. With
        ``custom_analysis`` the keys and types that the platforms sent are told, too, and
        fields that have no column because there are too many. Who was reached is seen in
        ``interacted``, ``no_answer`` and ``ended_reason``, as far as they are there.
    metadata : bool
        Whether to describe the fields of ``metadata``, too.
    freq : {"D", "W", "M"}
        Periods of the coverage: local days, weeks (from Monday) or months.
    tz : str or tzinfo
        Time zone of the periods.
    users : str
        Column that names people. If there is no ``user_id``, `identify_users` adds it; if
        it cannot, nobody is known, and of texts and numbers no value is shown.
    min_users : int
        A text or number is shown only if so many different known people have it, as one of
        the most common as well as the smallest or largest; true and false always are. 0 shows
        all that do not look like personal data.
    top : int
        How many of the most common values are named.

    Returns
    -------
    pandas.DataFrame
        One row an agent and field, sorted by agent and raw key. Where it stands:
        ``agent_id``, ``column`` (missing if it stayed in the JSON), ``raw_key`` (as the
        platform sent it; missing if only the column is known), ``kind`` (boolean, number,
        text or mixed, as sent) and ``dtype`` (of the column).

        How often it is filled: ``values`` (conversations that have one) of ``rows`` (the
        agent's conversations), ``coverage`` (their ratio); ``eligible`` (conversations that
        could have one: connected, and from the field's first value on),
        ``eligible_values`` and ``eligible_coverage``; ``periods`` (with eligible
        conversations), ``covered_periods`` (of them with a value), ``first_coverage`` and
        ``last_coverage`` (`eligible_coverage` in the first and last of them); ``first_seen``
        and ``last_seen``. `field_coverage` has every period. These are counts of what is
        there, no estimates, and have no intervals.

        What it holds: ``distinct`` (values that differ), ``top_values`` (the most common ones
        and their shares of ``values``, personal data masked, or why they are hidden),
        ``nothing`` (values such as "N/A" or "unknown", also those that became missing when
        a text column was read as flags or numbers), ``conflicts`` (values that are not of
        the most common type); ``number_like`` and ``boolean_like`` (share of the values that
        say something which `coerce_fields` could read so: the others would be lost).
        Of numbers that do not look like personal data: ``minimum`` and ``maximum`` (the
        smallest and the largest value that `min_users` known people have; missing if there is
        none, as where all values differ) and ``median`` (of all values; missing if fewer than
        `min_users` known people have one, or one of them has half of the values).

        What to be careful about: ``renamed_from`` and ``renamed_to`` (the column of the same
        agent that this one seems to go on from, or to go on as) with ``rename_score``, 0.6 to
        1 (see Notes); ``pii`` (what the values look like: name, email, phone, number,
        address, date_of_birth, free_text, or "" for none; a suspicion, no proof) and
        ``flags``:

        - ``no_column``: only what the JSON tells is known; what would need a column is 0 or
          missing
        - ``number_like``, ``boolean_like``: text, all of which can be read so
        - ``mostly_nothing``: at least half of the values say nothing
        - ``hidden``: some of the most common values are not shown
        - ``ended``, ``gap``: no value for so many conversations, up to the last one or in
          between, that it is hardly chance
        - ``undated``: some values have no ``created_at``; they are in no period
        - ``unconnected``: values in conversations in which nobody was reached
        - ``no_values``: all values said nothing, and became missing when the column was read as
          flags or numbers
        - ``no_users``: nothing tells who people are: values are hidden unless `min_users`
          is 0

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If an argument cannot be used, or ``created_at`` has no time zone.

    Notes
    -----
    A rename is a guess: one field ends where another of the same kind begins, both in a
    way that is hardly chance. The score weighs how far the values overlap (half), how
    much the keys are alike (three tenths) and how alike the coverage is (two tenths).
    Values that other fields of the agent share, flags and numbers tell half as much. A new
    prompt that drops some fields and adds others looks much the same: read the names
    before you join two columns.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> fields = cda.profile_fields(cda.load_sample(600)).set_index("raw_key")
    >>> fields.loc["caller_intent", "renamed_to"]
    'custom_call_intent'
    >>> fields.loc["caller_name", ["pii", "top_values"]].tolist()
    ['name', 'hidden: looks like name']
    """
    check_counts(min_users=min_users, top=top)
    listing = listing_of(conversations, metadata=metadata, use="profile_fields")
    rows = agents_and_moments(listing.frame)
    cells = cells_of(listing.frame, rows, freq, tz)
    people = people_of(listing.frame, users, "profile_fields")
    asked = Asked(rows, cells, people, names_of(listing.frame), int(min_users), int(top))
    found = list(_measured(listing, asked))
    lines = _described(found, rows, nobody=people is None)
    return assembled(lines, listing.sent, _DTYPES, frame=listing.frame, rows=rows)


def _measured(listing: Listing, asked: Asked) -> Iterator[Measured]:
    labels = {label: place for place, label in enumerate(asked.rows.labels.astype("str"))}
    keys: dict[str, dict[int, str]] = {}
    for agent, column, key in listing.sent[["agent_id", "column", "raw_key"]].itertuples(
        index=False
    ):
        if isinstance(column, str):
            place = labels[agent] if isinstance(agent, str) else asked.rows.size - 1
            keys.setdefault(column, {}).setdefault(place, key)
    for column in listing.columns:
        distinct = distinct_values(listing.frame[column])
        yield from measured(column, distinct, asked, keys.get(column, {}))


def _described(found: Sequence[Measured], rows: Rows, *, nobody: bool) -> list[dict[str, Any]]:
    traces = [one.trace for one in found if one.trace is not None]
    changed = renames(traces)
    words = in_words([one.top for one in found])
    lines = []
    for one, top in zip(found, words, strict=True):
        own = [r for r in changed.get(one.agent, []) if one.column in (r.old, r.new)]
        flags = [*one.flags, *(["no_users"] if nobody else [])]
        lines.append(
            one.facts
            | {
                "agent_id": rows.labels.iloc[one.agent],
                "column": one.column,
                "top_values": top,
                "renamed_from": next((r.old for r in own if r.new == one.column), None),
                "renamed_to": next((r.new for r in own if r.old == one.column), None),
                "rename_score": min((r.score for r in own), default=np.nan),
                "flags": ", ".join(flags),
            }
        )
    return lines
