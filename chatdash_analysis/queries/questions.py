"""The table of misunderstood questions that everything about them starts from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.segments import with_flag, with_users
from chatdash_analysis.tables import require_columns, require_dataframe
from chatdash_analysis.text.forms import as_texts, duplicate_groups, normal_forms, prepared
from chatdash_analysis.text.known import known_texts
from chatdash_analysis.text.languages import language_codes, languages_of
from chatdash_analysis.text.scrubbing import scrub
from chatdash_analysis.text.spoken import are_calls

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TEXT_COLUMNS", "misunderstood_queries", "text_table"]

TEXT_COLUMNS = ("question", "prepared", "scrubbed", "normal_form", "duplicate_group", "language")
_OF_CONVERSATION = ("conversation_id", "agent_id", "channel", "platform")
_TIME = "created_at"
_OWN = ("query_id", *_OF_CONVERSATION, _TIME, "position", *TEXT_COLUMNS)
_LISTS = _USE = "misunderstood_queries"


def misunderstood_queries(
    conversations: pd.DataFrame,
    *,
    outcome: str = "evaluation_is_success",
    users: str = "user_id",
    language: str | None = None,
) -> pd.DataFrame:
    """List every question that an agent did not understand, with who asked it, where and when.

    A question that was asked twice is two rows: its volume counts. An empty question is
    a row too, with an empty normal form and no duplicate group.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations, in any order.
    outcome : str
        Column of flags that tells how the conversation ended.
    users : str
        Column that names people. `identify_users` adds ``user_id`` where it is missing.
    language : str, optional
        Column of the conversations that holds their language (``en``, ``de-AT``).
        Without it, it is told from the texts if the extra ``text`` is installed, and
        missing otherwise.

    Returns
    -------
    pandas.DataFrame
        One row a question, by time: ``query_id`` (the conversation and the position),
        ``conversation_id``, ``agent_id``, ``channel``, ``platform``, ``created_at``,
        the columns `users` and `outcome`, ``position`` (in the conversation, from 0),
        ``question`` (as sent; a lone surrogate is U+FFFD), ``prepared`` (what is
        embedded: one line without markup, at most 2,000 characters, of calls without
        leading fillers and with numbers masked), ``scrubbed`` (with personal data
        masked, the only text to show), ``normal_form`` (without case, punctuation and
        emoji), ``duplicate_group`` (digest of it, the same in every table) and
        ``language`` (ISO 639-1; missing where nobody can tell).

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If the questions are no JSON lists of texts, a conversation stands there twice,
        `outcome` is no flag, or `users` or `outcome` names a column of the result.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> conversations = cda.load_sample(600)
    >>> queries = cda.misunderstood_queries(conversations)
    >>> len(queries) - int(conversations["misunderstood_count"].sum())
    0
    >>> queries["duplicate_group"].nunique() < len(queries)
    True
    """
    require_dataframe(conversations, _USE)
    _check_names(users, outcome)
    needed = [*_OF_CONVERSATION, _TIME, _LISTS, outcome, *([language] if language else [])]
    require_columns(conversations, needed, _USE)
    frame = with_users(with_flag(conversations, outcome), users, use=_USE)
    frame = _asking(frame)
    rows, questions = _exploded(frame)
    asked = frame.take(rows.index).reset_index(drop=True)
    texts = _text_columns(
        questions,
        are_calls(asked["platform"], asked["channel"]),
        known=known_texts(frame).take(rows.index),
        language=language_codes(asked[language]) if language else None,
    )
    return pd.DataFrame(
        {
            "query_id": asked["conversation_id"].astype("str") + "/" + rows.array.astype("str"),
            **{name: asked[name].astype("str") for name in _OF_CONVERSATION},
            _TIME: asked[_TIME],
            users: asked[users].astype("str"),
            outcome: asked[outcome].astype("boolean"),
            "position": rows.array,
            **texts,
        }
    )


def _check_names(users: str, outcome: str) -> None:
    for name, value in (("users", users), ("outcome", outcome)):
        if value in _OWN:
            raise InputError(
                f"{name}={value!r} is a column that misunderstood_queries makes itself. Name"
                " another, or copy it under another name."
            )
    if users == outcome:
        raise InputError(f"users and outcome are both {users!r}. Name two columns.")


def _asking(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the conversations with questions, by time, and none twice."""
    frame = frame[frame[_LISTS].notna()]
    if not isinstance(frame[_TIME].dtype, pd.DatetimeTZDtype):
        if len(frame):
            raise InputError(
                f"{_TIME} is {frame[_TIME].dtype}, not instants with a time zone. Use"
                " pd.to_datetime(..., utc=True)."
            )
        frame = frame.assign(**{_TIME: pd.to_datetime(frame[_TIME], utc=True)})
    frame = frame.assign(**{_TIME: frame[_TIME].dt.tz_convert("UTC").dt.as_unit("us")})
    ids = frame["conversation_id"]
    if ids.isna().any():
        raise InputError(
            f"{int(ids.isna().sum())} conversations have questions but no conversation_id. Number"
            " them, or leave them out."
        )
    if ids.duplicated().any():
        raise InputError(
            f"{int(ids.duplicated().sum())} conversations stand in the table more than once, so"
            " that their questions would count twice. Use"
            " conversations.drop_duplicates('conversation_id')."
        )
    # An index may be named as a column is.
    plain = frame.reset_index(drop=True)
    return plain.sort_values([_TIME, "conversation_id"], ignore_index=True)


def _exploded(frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the position of each question, by the number of its conversation; and its text."""
    lists = [_questions(text) for text in frame[_LISTS]]
    counts = np.array([len(questions) for questions in lists], dtype=np.int64)
    ends = np.cumsum(counts)
    rows = np.repeat(np.arange(len(lists)), counts)
    position = np.arange(len(rows), dtype=np.int64) - np.repeat(ends - counts, counts)
    questions = as_texts([question for questions in lists for question in questions])
    return pd.Series(position, index=rows), questions.fillna("")


def _questions(text: Any) -> list[str | None]:
    try:
        questions = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        questions = None
    if not isinstance(questions, list) or not all(isinstance(q, str | None) for q in questions):
        raise InputError(
            f"{_LISTS} is no JSON list of texts in some rows. It has to be as load_conversations"
            ' and read_conversations return it: ["first question", "second question"].'
        )
    return questions


def text_table(texts: Any, *, calls: bool | Sequence[bool] = False) -> pd.DataFrame:
    """Return the forms of texts that come without conversations.

    Parameters
    ----------
    texts : pandas.Series, list, array or DataFrame
        Texts, or a table with the column ``question``.
    calls : bool or sequence of bool
        Whether the texts, or which of them, were said in calls, where leading fillers
        and numbers are left out of what is embedded.

    Returns
    -------
    pandas.DataFrame
        One row a text, in the order given: ``question``, ``prepared``, ``scrubbed``,
        ``normal_form``, ``duplicate_group`` and ``language``, as in
        `misunderstood_queries`. Missing texts are empty ones.

    Raises
    ------
    InputError
        If there are values that are no texts, or `calls` has another length.
    MissingColumnsError
        If a table has no column ``question``.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> table = cda.text_table(["Wo ist mein Paket??", "wo ist mein paket", "My mail is a@b.de"])
    >>> table["duplicate_group"].nunique()
    2
    >>> table["scrubbed"].tolist()[-1]
    'My mail is [email]'
    """
    if isinstance(texts, pd.DataFrame):
        require_columns(texts, ["question"], "text_table", advice="Name the texts question.")
        texts = texts["question"]
    questions = as_texts(texts).fillna("")
    return pd.DataFrame(_text_columns(questions, _said(calls, questions.index)))


def _said(calls: Any, index: pd.Index) -> pd.Series:
    one = isinstance(calls, bool | np.bool_)
    values = np.full(len(index), calls) if one else np.asarray(calls)
    if values.shape != (len(index),) or (values.dtype != bool and len(index)):
        raise InputError(f"calls is not one flag a text ({len(index)}). Give True or False.")
    return pd.Series(values, index=index, dtype="bool")


def _text_columns(
    questions: pd.Series,
    calls: pd.Series,
    *,
    known: pd.Series | None = None,
    language: pd.Series | None = None,
) -> dict[str, pd.Series]:
    forms = normal_forms(questions)
    columns = (
        questions,
        prepared(questions, calls),
        scrub(questions, known),
        forms,
        duplicate_groups(forms),
        languages_of(questions) if language is None else language,
    )
    return dict(zip(TEXT_COLUMNS, columns, strict=True))
