"""Why a rate changed: the mix of cells, or the rates within them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.arguments import check_level
from chatdash_analysis.changes.period_rows import coverage_changed, period_rates, rows_of
from chatdash_analysis.counting import labels_of
from chatdash_analysis.decomposition import Period, factor_mix, kitagawa, subsets
from chatdash_analysis.errors import InputError
from chatdash_analysis.rates import FEW_USERS, add_flag
from chatdash_analysis.resampling import people_of, percentile_interval, replicates, total_sums
from chatdash_analysis.spans import holds_gap, in_periods, read_spans, require_loaded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from chatdash_analysis.changes.period_rows import Rows
    from chatdash_analysis.decomposition import Subset
    from chatdash_analysis.spans import Moment

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]

__all__ = ["explain_change"]

_TOTAL = "all"
_COUNTS = ("n", "successes", "unknown", "excluded", "users", "rate", "low", "high", "share")
_OWN = tuple(f"{name}_{period}" for period in ("before", "after") for name in _COUNTS)
# Each factor doubles the work, and more than a few cannot be told apart anyway.
_MOST_FACTORS = 6
_MOST_NUMBERS = 25_000_000
_SPARSE = 20


# Each is a choice that whoever reads the result has to know.
def explain_change(  # noqa: PLR0913
    conversations: pd.DataFrame,
    *,
    by: str | Sequence[str],
    before: Sequence[Moment],
    after: Sequence[Moment],
    outcome: str = "evaluation_is_success",
    users: str = "user_id",
    tz: str | tzinfo = "UTC",
    level: float = 0.95,
    n_boot: int = 500,
    random_state: int | np.random.Generator | None = 0,
) -> pd.DataFrame:
    """Split the change of a rate between two periods into mix and within.

    The rate over all cells changes because other cells make up the conversations
    (mix), and because the rates inside the cells change (within). Both parts are
    exact: they sum to the change. Neither is a cause: they say where the change sits.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations of at least the two periods.
    by : str or sequence of str
        Columns whose combinations are the cells. With several, the mix part is also
        split among them, averaged over all orders of exchanging them.
    before, after : (start, end)
        Half-open periods as ISO 8601 text, dates or datetimes; `after` starts at the
        end of `before` or later. A conversation belongs where it started.
    outcome : str
        Column of flags: ``evaluation_is_success``, a ``custom_*`` field.
    users : str
        Column that names people. If there is no ``user_id``, `identify_users` adds it.
    tz : str or tzinfo
        Time zone of dates without one.
    level : float
        Confidence level of the intervals.
    n_boot : int
        Resamples of people behind the intervals.
    random_state : int, numpy.random.Generator or None
        Seed of the resamples.

    Returns
    -------
    pandas.DataFrame
        One row a cell, sorted, and a last row ``all``: the columns of `by` as text;
        for each period (``_before``, ``_after``) ``n`` (conversations with a known
        outcome), ``successes``, ``unknown`` (never failures), ``excluded``, ``users``,
        ``rate`` with ``low`` and ``high``, and ``share`` (of the known outcomes of the
        period); ``mix`` and ``within`` in shares of 1 (0.01 is one point), with several
        columns ``mix_<column>`` for each (they sum to ``mix``), and ``total``, each
        with its interval ``_low`` to ``_high`` from a bootstrap over people;
        ``flags``. A cell's mix is measured from the pooled rate: above 0 where a cell
        that does better than the whole grew. Flags: ``new`` and ``vanished`` (in one
        period only: all mix), ``no_known`` (no known outcome in a period: likewise),
        ``few_users`` (fewer than 5 in a period: no interval of the parts),
        ``one_outcome`` (nothing but successes or failures: no interval within),
        ``coverage_changed`` (outcomes are unknown more or less often than before, so
        that the change may be one of what is evaluated); on the last row also
        ``sparse_cells`` (a tenth of the conversations or more in cells of under 20:
        by chance they look new or vanished), ``gap`` (part of a period could not be
        loaded) and ``undated`` (conversations without ``created_at`` were left out).

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If a period is empty or no period, the two overlap, or the outcome is no flag.
    IncompleteError
        If part of a period was never loaded.

    References
    ----------
    E. M. Kitagawa (1955), Components of a difference between two rates.
    P. Das Gupta (1993), Standardization and decomposition of rates.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> conversations = cda.load_sample(2_000)
    >>> why = cda.explain_change(
    ...     conversations, by="channel", users="lead_id",
    ...     before=("2026-04-01", "2026-05-01"), after=("2026-05-01", "2026-06-01"),
    ... )
    >>> why["channel"].tolist()
    ['Instagram', 'Webchat', 'WhatsApp', 'phone', 'web_call', 'all']
    >>> bool(why["mix"].iloc[-1] < 0)
    True
    """
    check_level(level)
    names = _factors(by, conversations)
    spans = read_spans(before, after, tz)
    require_loaded(conversations, spans, "explain_change")
    rows = rows_of(conversations, names, outcome=outcome, users=users, use="explain_change")
    undated = rows.undated > 0
    inside, later = in_periods(rows.instants, spans)
    rows = rows.take(inside)
    periods = _period_tables(rows, later, level)
    parts = _parts(rows, later, names, level=level, n_boot=n_boot, random_state=random_state)
    flags = _flags(*periods)
    flags = add_flag(flags, _last(flags) & _sparse(*periods), "sparse_cells")
    flags = add_flag(flags, _last(flags) & holds_gap(conversations, spans), "gap")
    flags = add_flag(flags, _last(flags) & undated, "undated")
    shown = [
        table[list(_COUNTS)].add_suffix(f"_{name}")
        for table, name in zip(periods, ("before", "after"), strict=True)
    ]
    table = pd.concat([_labels(rows.keys), *shown, _without_support(parts, flags)], axis=1)
    table.attrs["explain_change"] = {"outcome": outcome, "by": names, "level": level}
    return table.assign(flags=flags)


def _factors(by: str | Sequence[str], frame: Any) -> list[str]:
    # `mix_low` would be both the part of a column named low and the end of an interval.
    names = labels_of(by, frame, (*_OWN, "mix", "within", "total", "flags", "low", "high"))
    if not 1 <= len(names) <= _MOST_FACTORS:
        raise InputError(
            f"by={by!r} names {len(names)} columns; 1 to {_MOST_FACTORS} make cells that can be"
            " compared. by='channel' is a good start."
        )
    return names


def _period_tables(rows: Rows, later: Codes, level: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rates of each cell, and of all, before and after."""
    size = len(rows.keys)
    cells = period_rates(rows, rows.cells * 2 + later, size * 2, level=level)
    total = period_rates(rows, later, 2, level=level)
    tables = []
    for period in (0, 1):
        table = pd.concat([cells.iloc[period::2], total.iloc[[period]]], ignore_index=True)
        share = table["n"] / table["n"].iloc[-1] if table["n"].iloc[-1] else np.nan
        tables.append(table.assign(share=share))
    return tables[0], tables[1]


def _labels(keys: pd.DataFrame) -> pd.DataFrame:
    total = pd.DataFrame([[_TOTAL] * len(keys.columns)], columns=keys.columns, dtype="str")
    return pd.concat([keys.astype("str"), total], ignore_index=True)


def _parts(
    rows: Rows,
    later: Codes,
    names: list[str],
    *,
    level: float,
    n_boot: int,
    random_state: int | np.random.Generator | None,
) -> pd.DataFrame:
    """Return the parts of each cell and of all, with their intervals."""
    size = len(rows.keys)
    labels = ["mix", "within", *([f"mix_{name}" for name in names] if names[1:] else []), "total"]
    if n_boot * len(labels) * (size + 1) > _MOST_NUMBERS:
        raise InputError(
            f"by={names!r} makes {size:,} cells, too many for {n_boot} resamples. Use columns with"
            " fewer values, join rare values first, or ask for fewer resamples (n_boot)."
        )
    people = people_of(rows.users, rows.cells * 2 + later, rows.facts[:, :2], size=size * 2)
    sets = _subsets(rows.keys) if names[1:] else []
    observed = _split(total_sums(people)[np.newaxis], sets)[0]
    drawn = replicates(
        people, lambda sums: _split(sums, sets), n_boot=n_boot, random_state=random_state
    )
    low, high = percentile_interval(drawn, people=people.total, level=level)
    columns = {
        f"{label}{end}": values[place]
        for place, label in enumerate(labels)
        for end, values in (("", observed), ("_low", low), ("_high", high))
    }
    return pd.DataFrame(columns, dtype="float64")


def _subsets(keys: pd.DataFrame) -> list[Subset]:
    codes = [pd.factorize(keys[name], use_na_sentinel=False)[0] for name in keys]
    return subsets(np.stack(codes).astype(np.int64))


def _split(sums: Floats, sets: list[Subset]) -> Floats:
    """Return the parts of each resample: mix, within, that of each factor, and their total.

    Parameters
    ----------
    sums : numpy.ndarray, shape (resamples, cells * 2, 2)
        ``n`` and ``successes`` of each cell, before and after.

    Returns
    -------
    numpy.ndarray, shape (resamples, parts, cells + 1)
        The last cell is the sum of all.
    """
    counts = sums.reshape(len(sums), -1, 2, 2)
    before, after = (Period(counts[:, :, k, 0], counts[:, :, k, 1]) for k in (0, 1))
    mix, within = kitagawa(before, after)
    factors = factor_mix(before, after, sets) if sets else ()
    parts = np.stack([mix, within, *factors, mix + within], axis=1)
    return np.concatenate([parts, parts.sum(axis=-1, keepdims=True)], axis=-1)


def _flags(before: pd.DataFrame, after: pd.DataFrame) -> pd.Series:
    here = [table[["n", "unknown", "excluded"]].sum(axis=1) > 0 for table in (before, after)]
    known = [table["n"] > 0 for table in (before, after)]
    few = [table["n"].gt(0) & table["users"].lt(FEW_USERS) for table in (before, after)]
    alike = before["rate"].eq(after["rate"]) & before["rate"].isin([0, 1])
    flags = pd.Series("", index=before.index, dtype="str")
    flags = add_flag(flags, ~here[0], "new")
    flags = add_flag(flags, ~here[1], "vanished")
    flags = add_flag(flags, (here[0] & ~known[0]) | (here[1] & ~known[1]), "no_known")
    flags = add_flag(flags, few[0] | few[1], "few_users")
    flags = add_flag(flags, alike, "one_outcome")
    return add_flag(flags, coverage_changed(before, after), "coverage_changed")


def _last(flags: pd.Series) -> NDArray[np.bool_]:
    return np.asarray(flags.index == len(flags) - 1)


def _sparse(before: pd.DataFrame, after: pd.DataFrame) -> bool:
    both = (before["n"] + after["n"]).iloc[:-1]
    return bool(both[both < _SPARSE].sum() >= 0.1 * max(both.sum(), 1))


def _without_support(parts: pd.DataFrame, flags: pd.Series) -> pd.DataFrame:
    """Take away intervals that have too few people behind them, or no spread."""
    ends = [name for name in parts if name.endswith(("_low", "_high"))]
    few, alike = (flags.str.contains(name) for name in ("few_users", "one_outcome"))
    shown = parts.assign(**{name: parts[name].mask(few) for name in ends})
    within = {name: shown[name].mask(alike) for name in ("within_low", "within_high")}
    return shown.assign(**within)
