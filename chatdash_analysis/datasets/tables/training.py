"""Conversations as a table to learn from: only what was known at the moment of the question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.datasets.tables.clock import clock_features
from chatdash_analysis.datasets.tables.features import (
    Found,
    column_features,
    described,
    without_constants,
)
from chatdash_analysis.datasets.tables.history import history_features, settling_time
from chatdash_analysis.datasets.tables.known import Asked, check_moments, place_of, planned
from chatdash_analysis.datasets.tables.provenance import privacy_sentences, recipe_of
from chatdash_analysis.datasets.tables.rows import rows_of
from chatdash_analysis.datasets.tables.table import ROW_DTYPES, TrainingTable
from chatdash_analysis.datasets.tables.targets import check_target, dropped_rows, read_target
from chatdash_analysis.datasets.tables.text_features import (
    check_text,
    compared_texts,
    listed_texts,
    scrubbed_texts,
    text_features,
)
from chatdash_analysis.errors import InputError
from chatdash_analysis.periods import zone
from chatdash_analysis.tables import column_names, text_column, typed_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta, tzinfo

    from chatdash_analysis.datasets.tables.features import Feature
    from chatdash_analysis.datasets.tables.known import LeftOut, Use
    from chatdash_analysis.datasets.tables.rows import Rows
    from chatdash_analysis.datasets.tables.targets import Target

__all__ = ["training_table"]

# The boosted trees of scikit-learn take at most 255 levels.
_MOST_LEVELS = 250
_LEFT_OUT = {"column": "str", "known_at": "str", "reason": "str"}


# Each is a choice that whoever learns from the result has to know.
def training_table(  # noqa: PLR0913
    conversations: pd.DataFrame,
    *,
    target: str,
    at: str = "start",
    tz: str | tzinfo = "UTC",
    history: bool | str | timedelta = True,
    text: str | Callable[[list[str]], Any] | None = None,
    users: str = "user_id",
    known_at: Mapping[str, str] | None = None,
    leave_out: str | Sequence[str] = (),
    max_levels: int = 30,
) -> TrainingTable:
    """Make a table to learn from, of nothing but what was known at one moment.

    Whoever predicts how a conversation will go, when it begins, knows neither its length
    nor its summary. A model that has learned from them looks very good and is worth
    nothing. So each column has a moment at which it is known (`describe_columns` lists
    them), and only what is known at `at` becomes a feature:

    - "start": agent, channel, platform, campaign, country, device, browser; hour and day of
      the week; the earlier conversations of the person. To decide who is called, and when.
    - "during": also whether the customer did anything.
    - "end": also length, cost, how it ended, who took over; ``metadata_*`` fields; whether
      a name, number or id was learned. To judge a conversation before it was analysed.
    - "analysis": also topic, number of questions that were not understood, ``custom_*``
      fields and, on request, free text. To fill in verdicts that are missing.

    ``read``, ``note`` and other columns that people change afterwards are never features.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations; also those whose target is not known, as they are the history of
        others, and as far back as history is wanted.
    target : str
        Column that is to be predicted: a flag, a measure, or one of few labels. Columns
        that tell the same in other words (a verdict's reason; cost beside length) are
        left out.
    at : {"start", "during", "end", "analysis"}
        The moment of the question.
    tz : str or tzinfo
        Time zone of the hour and the day of the week.
    history : bool, str or timedelta
        Whether there are features of the person's earlier conversations. With True, the
        outcome of one counts as known once the conversation has changed for the last time
        (``updated_at``); with a length of time such as "7D" (text names a unit), so long
        after it ended, which is right only if verdicts come within that time and stay.
    text : {None, "keep", "embed"} or callable
        What becomes of free text, scrubbed (`scrub`): nothing; a feature of text; or
        vectors of the Universal Sentence Encoder (extra ``text``), or of a callable that
        turns a list of texts into an array with a row for each.
    users : str
        Column that names people. `identify_users` adds ``user_id`` where it is missing.
    known_at : mapping of str to str, optional
        When columns are known of which the package cannot know it: those that you added
        (else no features), and ``metadata_*`` fields that were set before the
        conversation. ``{"metadata_plan": "start", "lead_id": "start"}``, for example.
        Declared columns can be put off to a later moment, not moved to an earlier one.
    leave_out : str or sequence of str
        Columns or features that are not wanted. Texts that are left out are not
        compared when near-duplicates are sought, either.
    max_levels : int
        A column of text with more levels than this is no feature.

    Returns
    -------
    TrainingTable
        One row a conversation whose target is known, by time, then by id, whatever the
        order of `conversations`. `TrainingTable.to_sklearn` gives ``X, y, groups``.
        Numbers and flags are ``float64`` (flags 1 and 0), labels are ``category``, free
        text is ``str``. ``dropped`` tells why conversations are not there: ``no
        created_at``, ``excluded`` (there could be no outcome: no interaction, no answer,
        or an agent without the field), ``unknown`` (there could, but nobody knows it) and
        ``rare label`` (one that would be ``other``, see Notes).

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If the target is no outcome, is known at `at` (but for "analysis", when verdicts
        come that may be missing), is known of no conversation, or is the same in all; if a
        conversation stands there twice, or an argument is not possible.
    IncompleteError
        If the target asks who was reached, and only some of them were loaded.

    Notes
    -----
    Conversations that could have no outcome, because nobody was reached, teach nothing and are
    left out: what is predicted at the start is the outcome if somebody is reached. Whether
    somebody is, is a target of its own (``no_answer``).

    Levels: a label that fewer than 10 conversations of 5 people have is ``other``; so is, in
    fields that agencies define, whatever looks like personal data. Fields that are called
    like names or addresses of people, and numbers that look like ids (long ones, serial
    ones, those of which nearly everybody has their own), are no features. Of
    more than 500 fields, those with most values are. Constant columns are left out. Levels
    are found in all rows, but nothing is computed from the target except the history.

    Names, numbers and ids of people are no features. Whether there is one, ``has_phone``
    for example, counts as known at the end, because chats ask for them; say
    ``known_at={"phone": "start"}`` where it is there from the start.

    History looks at conversations that began strictly before. Nothing is known of
    people before the table begins, so that its first weeks hold too little. It is missing
    where nobody is identified. Who is the same person is learned from the whole table: if a
    later conversation shows that a phone and a lead are one person, earlier ones are linked
    too, although nobody knew it then. And if people are identified by what they say in the
    conversation (a form that asks for the phone number), even that tells how it went. In
    both cases name people by what is known at the start (`users`), or give ``history=False``.

    References
    ----------
    S. Kaufman, S. Rosset, C. Perlich and O. Stitelman (2012), Leakage in data mining:
    formulation, detection, and avoidance. S. Kapoor and A. Narayanan (2023), Leakage and
    the reproducibility crisis in machine-learning-based science.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> table = cda.training_table(cda.load_sample(600), target="evaluation_is_success")
    >>> X, y, groups = table.to_sklearn()
    >>> X.shape[0] == len(y) == len(groups)
    True
    >>> "duration_minutes" in X
    False
    >>> left_out = table.left_out.set_index("column")
    >>> left_out.loc["duration_minutes", "reason"]
    'known only when the conversation is over'
    """
    moments, unwanted = _moments(known_at), _names(leave_out)
    options = Asked(target, at, tz, history, text, users, moments, unwanted, max_levels)
    _check(options)
    rows = rows_of(conversations, target, users)
    check_target(conversations, target, users)
    check_moments(options, rows.table.columns)
    outcome = read_target(rows, target, max_levels)
    learned = rows.take(outcome.known)
    uses, others = planned(column_names(conversations), options)
    texts = scrubbed_texts(learned.table, compared_texts(uses, learned.table, options))
    made = _made(rows, outcome, uses, texts, options)
    found = without_constants(made.features, options.leave_out)
    left_out = _left_out([*others, *made.left_out, *found.left_out])
    _check_found(found.features, left_out, options)
    return TrainingTable(
        features=pd.DataFrame({feature.name: feature.series for feature in found.features}),
        target=_typed_target(outcome, target),
        rows=_beside(learned, listed_texts(texts.values(), len(learned.table))),
        columns=described(found.features),
        left_out=left_out,
        dropped=dropped_rows(outcome.lost),
        task=outcome.task,
        at=at,
        privacy=privacy_sentences(options),
        recipe=recipe_of(conversations, options, rows=len(learned.table)),
    )


def _moments(known_at: Mapping[str, str] | None) -> dict[str, str]:
    if known_at is not None and not isinstance(known_at, Mapping):
        raise InputError(
            f"known_at is a {type(known_at).__name__}. Give a mapping of columns to moments, such"
            " as {'metadata_plan': 'start'}."
        )
    return dict(known_at or {})


def _names(leave_out: str | Sequence[str]) -> frozenset[str]:
    names = [leave_out] if isinstance(leave_out, str) else leave_out
    if not isinstance(names, Iterable):
        raise InputError(
            f"leave_out is a {type(leave_out).__name__}. Give the name of a column or a feature,"
            " several in a list, or () for none."
        )
    names = list(names)
    if not all(isinstance(name, str) for name in names):
        raise InputError("leave_out holds something else than names of columns or features.")
    return frozenset(names)


def _check(options: Asked) -> None:
    zone(options.tz)
    settling_time(options.history)
    check_text(options.text)
    levels = options.max_levels
    whole = isinstance(levels, Integral) and not isinstance(levels, bool)
    if not (whole and 2 <= levels <= _MOST_LEVELS):
        raise InputError(
            f"max_levels={levels!r} must be a whole number from 2 to {_MOST_LEVELS}, the most that"
            " the boosted trees of scikit-learn take."
        )


def _made(
    rows: Rows, outcome: Target, uses: Sequence[Use], texts: Mapping[str, pd.Series], options: Asked
) -> Found:
    """Make all features, wanted or not, of the conversations whose target is known."""
    learned = rows.take(outcome.known)
    parts = [
        Found(clock_features(learned.table["created_at"], options.tz), []),
        column_features(learned.table, uses, learned.people, options.max_levels),
        text_features([use for use in uses if use.role == "text"], texts, options.text),
    ]
    if options.history is not False:
        parts.append(history_features(rows, outcome.outcomes, outcome.known, options))
    return Found(
        [feature for part in parts for feature in part.features],
        [column for part in parts for column in part.left_out],
    )


def _left_out(reasons: Sequence[LeftOut]) -> pd.DataFrame:
    ordered = sorted(reasons, key=lambda left: place_of(left.column))
    return typed_table([tuple(left) for left in ordered], _LEFT_OUT)


def _check_found(features: Sequence[Feature], left_out: pd.DataFrame, options: Asked) -> None:
    names = [feature.name for feature in features]
    told = Counter([*names, *left_out["column"]])
    twice = [name for name, count in told.items() if count > 1]
    if twice:
        raise InputError(
            f"training_table makes a feature {min(twice)!r}, but the table has a column of that"
            " name. Rename the column."
        )
    nowhere = options.leave_out - set(told)
    if nowhere:
        raise InputError(
            f"leave_out names {min(nowhere)!r}, but there is no such column and no such feature."
        )
    if not names:
        raise InputError(
            f"No column is left to predict {options.target} from at={options.at!r}. The reasons are"
            " those of a table with fewer columns or values than are needed: load more"
            " conversations, or choose a later moment."
        )


def _typed_target(outcome: Target, name: str) -> pd.Series:
    known = outcome.outcomes[outcome.known].reset_index(drop=True)
    return known.astype("int64" if outcome.task == "binary" else known.dtype).rename(name)


def _beside(rows: Rows, texts: pd.Series) -> pd.DataFrame:
    agents = text_column(rows.table["agent_id"])
    told = rows.table.assign(agent_id=agents, group=rows.groups, text=texts)
    return told[[*ROW_DTYPES]].astype(ROW_DTYPES)
