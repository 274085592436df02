"""How long verdicts take to arrive: the share of them that is there after each delay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.arguments import check_level
from chatdash_analysis.rates import wilson
from chatdash_analysis.resampling import people_of, percentile_interval, replicates
from chatdash_analysis.settling.grid import days_of, reported
from chatdash_analysis.settling.groups import groups_of
from chatdash_analysis.settling.sights import VERDICT
from chatdash_analysis.settling.truncated import arrived_shares

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from chatdash_analysis.settling.delays import Delays, Since
    from chatdash_analysis.settling.groups import Group

    Floats = NDArray[np.float64]

__all__ = ["settling_curve"]

_DTYPES = {
    "delay_days": "float64",
    "settled": "float64",
    "low": "float64",
    "high": "float64",
    "n": "int64",
    "flags": "str",
}
# Resamples need no more exactness than the noise between them.
_TOLERANCE = 1e-4
_MOST_ROUNDS = 100
# Of the start of a resample, the part that gives each bin a chance.
_EVEN = 0.1


def settling_curve(
    snapshots: pd.DataFrame | Mapping[Any, pd.DataFrame],
    *,
    by: str | Sequence[str] | None = "agent_id",
    outcome: str = VERDICT,
    since: Since = "ended_at",
    users: str = "user_id",
    level: float = 0.95,
    n_boot: int = 200,
    random_state: int | np.random.Generator | None = 0,
) -> pd.DataFrame:
    """Give the share of verdicts that have arrived after each delay, of those that ever arrive.

    Evaluations come minutes to days after a conversation. Until they are there, rates of
    the newest periods rest on what was evaluated first. How long to wait is told from
    when each conversation was seen without and first with its verdict. Young
    conversations show only short delays; this is taken into account.

    Parameters
    ----------
    snapshots : pandas.DataFrame or mapping
        What `load_sightings` returned; or tables of conversations as they were at
        different times, ``{moment: conversations}``; or one table of conversations, of
        which ``updated_at`` tells the latest time at which a verdict can have come.
    by : str, sequence of str or None
        Columns that make the groups; None for all conversations together.
    outcome : str
        Column of which the first value is waited for. Of `load_sightings` only
        ``evaluation_is_success``.
    since : {"ended_at", "created_at"}
        From when delays count; from the creation where no end is known.
    users : str
        Column that names people, where the table has it: the interval then knows that
        their conversations resemble each other.
    level : float
        Confidence level of the interval.
    n_boot : int
        Resamples of people behind the interval.
    random_state : int, numpy.random.Generator or None
        Seed of the resamples.

    Returns
    -------
    pandas.DataFrame
        One row a group and delay, sorted: the columns of `by`; ``delay_days``, from 5
        minutes up to the longest delay that could be seen; ``settled`` (share of
        verdicts that had come by then, of all that come by the last delay) with the
        interval ``low`` to ``high``; ``n`` (verdicts behind it); ``flags`` (text, joined
        by commas): ``few_verdicts`` (fewer than 30), ``upper_bound`` (fewer than 50
        verdicts were followed from look to look, so ``updated_at`` stands for when they
        came: the curve may be too late, not too early), ``coarse`` (looks were too far apart
        to tell shorter delays), ``cut_short`` (verdicts still came when
        looking stopped). A group without any that tells has no row; see
        `settling_summary`. ``attrs["settling"]`` holds `by`, `outcome`, `since` and
        `level`.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If an argument cannot be used, or nobody knows when a table was loaded.

    Notes
    -----
    Turnbull's estimate for delays between two looks, truncated at the last one. Where
    delays are known exactly it is the product over reverse-time hazards.

    References
    ----------
    S. W. Lagakos, L. M. Barraj and V. De Gruttola (1988), Nonparametric analysis of
    truncated survival data, with application to AIDS, Biometrika 75. B. W. Turnbull
    (1976), The empirical distribution function with arbitrarily grouped, censored and
    truncated data, JRSS B 38.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> curve = cda.settling_curve(cda.load_sample(600), by=None)
    >>> curve.loc[curve["delay_days"].isin([1, 4]), "settled"].round(1).tolist()
    [0.9, 1.0]
    """
    check_level(level)
    groups = groups_of(
        snapshots, by, outcome=outcome, since=since, users=users, use="settling_curve"
    )
    rng = np.random.default_rng(random_state)
    tables, owners = [], []
    for place, group in enumerate(groups):
        if group.delays.number:
            tables.append(_points(group, level, n_boot, rng))
            owners.append(np.full(len(tables[-1]), place))
    empty = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in _DTYPES.items()})
    points = pd.concat(tables, ignore_index=True) if tables else empty
    rows = np.concatenate(owners) if owners else np.empty(0, np.int64)
    labels = groups.labels.take(rows).reset_index(drop=True)
    table = pd.concat([labels, points.astype(_DTYPES)], axis="columns")
    table.attrs["settling"] = {
        "by": list(labels.columns),
        "outcome": outcome,
        "since": since,
        "level": level,
    }
    return table


def _points(group: Group, level: float, n_boot: int, rng: np.random.Generator) -> pd.DataFrame:
    edges = reported(group.delays.size)
    settled = group.shares[edges]
    low, high = _interval(group, level, n_boot, rng)
    return pd.DataFrame(
        {
            "delay_days": days_of(edges),
            "settled": settled,
            "low": np.minimum(low[edges], settled),
            "high": np.maximum(high[edges], settled),
            "n": group.delays.number,
            "flags": group.flags(),
        }
    )


def _interval(
    group: Group, level: float, n_boot: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the ends at each edge, from a bootstrap over people."""
    delays = group.delays
    intervals, place = delays.intervals()
    pairs = len(intervals.after)
    # Each delay counts twice: by its interval, and by how far it could be followed.
    slots = np.concatenate([place, pairs + delays.limit])
    ones = np.ones((len(slots), 1), dtype=np.int64)
    people = people_of(np.tile(delays.user, 2), slots, ones, size=pairs + delays.size + 1)
    even = np.linspace(0, 1, delays.size + 1)
    start = (1 - _EVEN) * group.shares + _EVEN * even

    def shares(sums: Floats) -> Floats:
        return arrived_shares(
            intervals, sums[:, :pairs, 0], sums[:, pairs:, 0],
            start=start, tolerance=_TOLERANCE, most=_MOST_ROUNDS,
        )  # fmt: skip

    drawn = replicates(people, shares, n_boot=n_boot, random_state=rng)
    low, high = percentile_interval(drawn, people=people.total, level=level)
    return _widened(low, high, group.shares, delays, people.total, level)


def _widened(
    low: Floats, high: Floats, shares: Floats, delays: Delays, people: int, level: float
) -> tuple[Floats, Floats]:
    """Widen the ends where all or none had come, so that all resamples are alike."""
    least, most = wilson(shares * people, np.full(len(shares), people), level=level)
    alike = (high - low < 1e-6) & (np.arange(len(shares)) < delays.size)
    return np.where(alike, np.minimum(low, least), low), np.where(
        alike, np.maximum(high, most), high
    )
