"""One rate per group: the engine under channels, devices and whatever else makes groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.arguments import check_level
from chatdash_analysis.contrasts import compare_with_rest
from chatdash_analysis.counting import group_sums, labels_of
from chatdash_analysis.errors import IncompleteError, InputError
from chatdash_analysis.rates import PRODUCTS, RATE_COLUMNS, with_rate
from chatdash_analysis.tables import column_names, lazy_frame, require_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    import narwhals as nw

    from chatdash_analysis.identity.users import Rule

__all__ = [
    "REACH_OUTCOMES",
    "outcome_rates",
    "outcome_sums",
    "outcome_values",
    "rates_by",
    "reach_is_loaded",
    "require_reach",
    "with_flag",
    "with_flags",
    "with_users",
]

# Facts about whether there was a conversation at all: the service's default hides the others.
REACH_OUTCOMES = ("interacted", "no_answer", "record")
# No interaction or no answer: there is nothing that could have had an outcome.
_EXCLUDING = ("interacted", "no_answer")
_JUDGED = "evaluation_"
_NOT_IN_TABLE = (*RATE_COLUMNS, "rows")


def rates_by(
    conversations: Any,
    by: str | Sequence[str],
    *,
    outcome: str = "evaluation_is_success",
    users: str = "user_id",
    min_n: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Give the rate of an outcome in each group, and beside all other groups together.

    Parameters
    ----------
    conversations : pandas.DataFrame or frame of another engine
        Conversations; polars, DuckDB, Dask and PySpark frames as of `scan_cache`.
    by : str or sequence of str
        Columns that make the groups; a missing label is a group.
    outcome : str
        Column of flags: ``evaluation_is_success``, a ``custom_*`` field, ``no_answer``.
    users : str
        Column that names people. If a DataFrame has no ``user_id``, `identify_users`
        adds it; frames of other engines need a column, ``lead_id`` for example.
    min_n : int
        Groups with fewer known outcomes show counts but no rate.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a group, sorted: the columns of `by`; ``n`` (conversations with a known
        outcome), ``successes`` of them, ``unknown`` (could have an outcome but have
        none: never failures), ``excluded`` (could not have one: no interaction, no
        answer, or an agent without the field), ``users`` (people behind ``n``);
        ``rate`` with the interval ``low`` to ``high``, which knows that conversations
        cluster in people; ``flags`` (text, several joined by commas): ``no_known`` (no
        outcome is known), ``small_n`` (fewer than `min_n`), ``few_users`` (fewer than
        5 people: the interval takes conversations as independent) and ``one_outcome``
        (all succeeded or all failed; likewise); then ``rest_rate`` (all other groups),
        ``difference`` with ``difference_low`` to ``difference_high`` (Newcombe),
        ``p_value`` and ``q_value`` (Benjamini-Hochberg over the groups).

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If the outcome is not a flag.
    IncompleteError
        If the outcome asks who was reached, and only conversations with interaction
        were loaded.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> conversations = cda.load_sample(600)
    >>> rates = cda.rates_by(conversations, "channel")
    >>> rates.columns[:6].tolist()
    ['channel', 'n', 'successes', 'unknown', 'excluded', 'users']
    """
    return outcome_rates(
        conversations, by, outcome=outcome, users=users, min_n=min_n, level=level, rest=True,
        use="rates_by",
    )  # fmt: skip


def outcome_rates(
    frame: Any,
    by: str | Sequence[str],
    *,
    outcome: str,
    users: str,
    min_n: int,
    level: float = 0.95,
    rest: bool = False,
    use: str = "outcome_rates",
) -> pd.DataFrame:
    """Return `by` and `RATE_COLUMNS`; with `rest` also each group beside the others."""
    check_level(level)
    names = labels_of(by, frame, _NOT_IN_TABLE)
    table = outcome_sums(frame, names, outcome=outcome, users=users, rest=rest, use=use)
    rates = with_rate(table, level=level, min_n=min_n)[[*names, *RATE_COLUMNS]]
    return rates.join(compare_with_rest(table, level=level, min_n=min_n)) if rest else rates


def outcome_sums(
    frame: Any,
    by: Sequence[str],
    *,
    outcome: str,
    users: str,
    rest: bool = False,
    use: str = "outcome_sums",
) -> pd.DataFrame:
    """Return what `with_rate` needs: the counts of an outcome and the products of people."""
    require_columns(frame, [*by, outcome], use)
    if outcome in REACH_OUTCOMES:
        require_reach(frame, use)
    frame = with_users(with_flags(frame, outcome), users, use=use)
    return group_sums(
        frame, by, outcome_values(frame, outcome), users=users, counting="n",
        products=PRODUCTS, rest=rest,
    )  # fmt: skip


def with_flags(frame: Any, outcome: str) -> Any:
    """Return the frame with the outcome, and what excludes one, as true, false or missing."""
    held = column_names(frame)
    for name in dict.fromkeys((outcome, *_EXCLUDING)):
        frame = with_flag(frame, name) if name in held else frame
    return frame


def with_flag(frame: Any, outcome: str) -> Any:
    """Return the frame with one column as true, false or missing.

    Raises
    ------
    InputError
        If a value is neither; text has to be turned into flags first.
    """
    if isinstance(frame, pd.DataFrame):
        return _pandas_flag(frame, outcome)
    import narwhals as nw

    dtype = lazy_frame(frame).collect_schema()[outcome]
    if dtype != nw.Boolean:
        raise InputError(f"{outcome} is {dtype}, not true or false; cast it to a boolean first.")
    return frame


def _pandas_flag(frame: pd.DataFrame, outcome: str) -> pd.DataFrame:
    column = frame[outcome]
    if pd.api.types.is_bool_dtype(column.dtype):
        return frame
    if column.isna().all():
        return frame.assign(**{outcome: pd.array([None] * len(frame), dtype="boolean")})
    try:
        values = column.dropna().unique().tolist()
    except TypeError:
        raise InputError(f"{outcome} is no flag: it holds lists or objects.") from None
    if any(value not in (0, 1) for value in values):
        raise InputError(
            f"{outcome} is no flag: it holds {len(values)} distinct values ({column.dtype}). Make"
            " flags of it, for example with .eq(...) or .map({...}), and keep"
            " missing what is unknown."
        )
    return frame.assign(**{outcome: column.astype("boolean")})


def outcome_values(frame: Any, outcome: str) -> dict[str, nw.Expr]:
    """Return what is summed for a rate: ``n``, ``successes``, ``unknown``, ``excluded``."""
    import narwhals as nw

    known = ~nw.col(outcome).is_null()
    possible = _possible(frame, outcome, known)
    return {
        "n": known,
        "successes": nw.col(outcome).fill_null(value=False),
        "unknown": ~known & possible,
        "excluded": ~known & ~possible,
    }


def _possible(frame: Any, outcome: str, known: nw.Expr) -> nw.Expr:
    """Tell where there could be an outcome: somebody was there, and the agent has the field."""
    import narwhals as nw

    held = column_names(frame)
    possible = ~known | known
    if "interacted" in held:
        possible &= nw.col("interacted").fill_null(value=True)
    if "no_answer" in held:
        possible &= ~nw.col("no_answer").fill_null(value=False)
    if not outcome.startswith(_JUDGED) and "agent_id" in held:
        table = group_sums(frame, ["agent_id"], {"n": known})
        without = table.loc[table["n"].eq(0), "agent_id"].dropna().tolist()
        possible &= ~nw.col("agent_id").is_in(without).fill_null(value=False)
    return possible


def with_users(frame: Any, users: str, rule: Rule | None = None, *, use: str = "This") -> Any:
    """Return the frame with the column of people; `identify_users` makes ``user_id``."""
    if users in column_names(frame) and rule is None:
        return frame
    if users == "user_id" and isinstance(frame, pd.DataFrame):
        from chatdash_analysis.identity.users import identify_users

        return identify_users(frame, rule=rule or "default")
    require_columns(frame, [users], use)
    return frame


def require_reach(frame: Any, use: str) -> None:
    """Refuse a question about who was reached if only those who were are in the table.

    Raises
    ------
    IncompleteError
        If only conversations with interaction were loaded; where the table does not
        say what was loaded, if it holds no other.
    """
    require_columns(frame, ["interacted"], use)
    if not reach_is_loaded(frame):
        raise IncompleteError(
            f"{use} asks who was reached, but the table holds only conversations with interaction,"
            " or only those without: the service leaves some out unless they are asked for, so that"
            " the rate would be wrong. Load both with load_conversations(..., interacted=None), the"
            " default."
        )


def reach_is_loaded(frame: Any) -> bool:
    """Tell whether conversations with and without interaction were loaded.

    Where the table does not say, whether it holds some without.
    """
    frame = with_flag(frame, "interacted")
    origin = getattr(frame, "attrs", {}).get("chatdash", {})
    if "combinations" in origin:
        silent = ["not interacted" in name for name in origin["combinations"]]
        return any(silent) and not all(silent)
    return _holds_silent(frame)


def _holds_silent(frame: Any) -> bool:
    import narwhals as nw

    silent = ~nw.col("interacted").fill_null(value=True)
    counted = group_sums(frame, [], {"silent": silent}).iloc[0]
    return bool(counted["rows"] == 0 or counted["silent"] > 0)
