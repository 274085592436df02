"""Resolved for good: it went well, and the person did not have to come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.arguments import check_level
from chatdash_analysis.codes import group_codes
from chatdash_analysis.cohorts.contacts import contacts_of, observed_until
from chatdash_analysis.cohorts.gaps import flag_gaps
from chatdash_analysis.cohorts.layout import origin
from chatdash_analysis.cohorts.questions import TIME, eager_frame
from chatdash_analysis.cohorts.recontacts import END, followed_up
from chatdash_analysis.counting import labels_of
from chatdash_analysis.errors import InputError
from chatdash_analysis.rates import FEW_USERS, RATE_COLUMNS, add_flag, wilson
from chatdash_analysis.resampling import percentile_interval
from chatdash_analysis.segments import outcome_rates, with_flag, with_users
from chatdash_analysis.tables import require_columns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from chatdash_analysis.cohorts.recontacts import Followed
    from chatdash_analysis.spans import Moment

    Floats = NDArray[np.float64]

__all__ = ["resolved_for_good"]

_ADDED = {
    "within_days": "float64", "at_risk": "int64", "success_rate": "float64",
    "recontact_rate": "float64",
}  # fmt: skip
_MEASURES = [*_ADDED, "successes", "rate", "low", "high", "unwatched"]
# Weights of resamples that are held at one time.
_BATCH = 4_000_000


def resolved_for_good(  # noqa: PLR0913 - each is a question that users ask
    conversations: pd.DataFrame,
    by: str | Sequence[str] | None = None,
    *,
    outcome: str = "evaluation_is_success",
    users: str = "user_id",
    within_days: Sequence[float] = (1, 3, 7, 14, 30),
    counts_as_recontact: str | None = None,
    as_of: Moment | None = None,
    tz: str | tzinfo = "UTC",
    min_n: int = 10,
    level: float = 0.95,
    n_boot: int = 500,
    random_state: int | np.random.Generator | None = 0,
) -> pd.DataFrame:
    """Give the share of conversations that went well and after which nobody came back.

    It is the success rate times the share of successes without another conversation of
    the same person, with any agent on any channel, within so many days of the end. The
    share is followed up as far as the data go (Kaplan and Meier): last week's successes
    are not taken for resolved because nobody has come back yet.

    Parameters
    ----------
    conversations : pandas.DataFrame
        All conversations of the client, with ``created_at`` and ``ended_at``; without an
        end, time runs from the creation.
    by : str or sequence of str, optional
        Columns that split the conversations. A recontact counts wherever it takes place.
    outcome : str
        Column of flags: ``evaluation_is_success``, a ``custom_*`` field.
    users : str
        Column that names people. Without ``user_id``, `identify_users` adds it; for
        another rule, call ``identify_users(conversations, rule=...)`` first.
    within_days : sequence of float
        Lengths of the stretch after the end of a conversation, in days.
    counts_as_recontact : str, optional
        Column of flags: whether a conversation counts as having come back. Not each one
        is a failure of the last: a booked follow-up is not. Missing counts as no.
    as_of : str, date or Timestamp, optional
        Until when conversations were observed, as in `retention_table`.
    tz : str or tzinfo
        Time zone of `as_of` if it has none.
    min_n : int
        Groups with fewer known outcomes show counts but no rate.
    level : float
        Confidence level of the intervals.
    n_boot : int
        How many times people are drawn again for the interval.
    random_state : int, numpy.random.Generator or None
        Seed of the draws.

    Returns
    -------
    pandas.DataFrame
        One row for each group and stretch: the columns of `by`, ``within_days``; ``n``
        (conversations of known people with a known outcome), ``successes`` (those that
        went well and without a recontact so far), ``unknown``, ``excluded`` (no outcome
        possible) and ``users`` as in `rates_by`; ``rate`` with ``low`` to ``high``
        (bootstrap over people, percentiles); ``flags``: ``short_follow_up`` (fewer than
        `min_n` successes are followed for so long: no rate), ``small_n``, ``no_known``,
        ``few_users`` (fewer than 5: Wilson's interval), ``gap`` (a part could not be
        loaded); ``at_risk`` (successes followed for the
        whole stretch without a recontact), ``success_rate``, ``recontact_rate`` (1 -
        Kaplan-Meier among successes). The rate is below ``successes / n`` as long as some
        successes are not followed to the end. Conversations without a known person
        are left out; ``attrs["cohorts"]`` tells how many, and until when was observed.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If an argument is not possible.

    References
    ----------
    Kaplan and Meier (1958), Nonparametric estimation from incomplete observations.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> conversations = cda.load_sample(600)
    >>> good = cda.resolved_for_good(conversations, within_days=(1, 7), n_boot=100)
    >>> good["within_days"].tolist()
    [1.0, 7.0]
    >>> bool((good["rate"] <= good["success_rate"]).all())
    True
    """
    use = "resolved_for_good"
    frame = eager_frame(conversations, use)
    check_level(level)
    rng = _generator(n_boot, random_state)
    days = _stretches(within_days)
    names = labels_of(by or [], frame, (*RATE_COLUMNS, *_ADDED, "known"))
    extra = [counts_as_recontact] if counts_as_recontact else []
    require_columns(frame, [*names, outcome, TIME, END, *extra], use)
    frame = with_flag(with_users(frame, users, use=use), outcome)
    end = observed_until(frame, TIME, as_of, tz)
    contacts = contacts_of(frame, users=users, time=TIME, as_of=end)
    followed = followed_up(contacts, users, outcome, counts_as_recontact)
    counts = outcome_rates(contacts.rows, names, outcome=outcome, users=users, min_n=min_n, use=use)
    group, _ = group_codes(contacts.rows, names)
    blocks = [
        _block(part, days, rng=rng, level=level, n_boot=n_boot)
        for part in followed.split(group, len(counts))
    ]
    measures = np.concatenate([np.empty((0, len(_MEASURES))), *blocks])
    table = _assembled(counts, pd.DataFrame(measures, columns=_MEASURES), names, min_n)
    table["flags"] = flag_gaps(table["flags"], frame)
    table.attrs["cohorts"] = origin(contacts.facts)
    return table


def _generator(n_boot: int, random_state: int | np.random.Generator | None) -> np.random.Generator:
    if isinstance(n_boot, bool) or not isinstance(n_boot, (int, np.integer)) or n_boot < 100:
        raise InputError(f"n_boot={n_boot!r} is no whole number of 100 or more.")
    try:
        return np.random.default_rng(random_state)
    except (TypeError, ValueError):
        raise InputError(
            f"random_state={random_state!r} is no seed. Give a whole number of 0 or more, a"
            " numpy.random.Generator, or None for other draws each time."
        ) from None


def _stretches(within_days: Sequence[float]) -> Floats:
    days = np.asarray(within_days, dtype=np.float64).reshape(-1)
    if not len(days) or not (days > 0).all() or (np.diff(days) <= 0).any():
        raise InputError(
            f"within_days={within_days!r} are no stretches of time. Give days above 0, ascending,"
            " such as (1, 7, 30)."
        )
    return days


def _block(
    followed: Followed, days: Floats, *, rng: np.random.Generator, level: float, n_boot: int
) -> Floats:
    """Return the measures of one group, one row for each stretch."""
    known = followed.of(followed.known)
    good = known.of(known.good)
    risk = _Risk(known, days)
    success, stay = (part[0] for part in risk.shares(np.ones((1, risk.people))))
    low, high = _interval(risk, stay * success, rng, level, n_boot)
    back = good.back & (good.days <= days[:, np.newaxis])
    measures = {
        "within_days": days,
        "successes": len(good.days) - back.sum(axis=1),
        "rate": stay * success,
        "low": low,
        "high": high,
        "at_risk": ((good.days >= days[:, np.newaxis]) & ~back).sum(axis=1),
        "success_rate": np.broadcast_to(success, days.shape),
        "recontact_rate": np.where(len(good.days) > 0, 1 - stay, np.nan),
        "unwatched": (good.watched < days[:, np.newaxis]).sum(axis=1),
    }
    return np.column_stack([measures[name] for name in _MEASURES])


class _Risk:
    """Success and Kaplan-Meier as functions of how often each person counts.

    Parameters
    ----------
    known : Followed
        Conversations with a known outcome.
    days : numpy.ndarray of float64
        Ascending lengths of the stretch after a success.
    """

    def __init__(self, known: Followed, days: Floats) -> None:
        names, person = np.unique(known.person, return_inverse=True)
        self.people = len(names)
        self._n = np.bincount(person, minlength=self.people).astype(np.float64)
        self._good = np.bincount(person, weights=known.good, minlength=self.people)
        good, person = known.of(known.good), person[known.good]
        beyond = good.days > days[-1]
        self._beyond = np.bincount(person[beyond], minlength=self.people).astype(np.float64)
        # Who is gone at the same time as another comes back was still at risk.
        order = np.lexsort((person, ~good.back, good.days))[: int((~beyond).sum())]
        self._person, self._back = person[order], good.back[order]
        self._places = np.searchsorted(good.days[order], days, side="right")

    def shares(self, weights: Floats) -> tuple[Floats, Floats]:
        """Return the success rate and the share without recontact, for each row of weights."""
        with np.errstate(invalid="ignore"):
            success = (weights @ self._good) / (weights @ self._n)
        number = weights[:, self._person]
        at_risk = np.cumsum(number[:, ::-1], axis=1)[:, ::-1]
        at_risk += (weights @ self._beyond)[:, np.newaxis]
        stay = np.cumprod(1 - number * self._back / np.maximum(at_risk, 1), axis=1)
        everybody = np.ones((len(weights), 1))
        return success, np.concatenate([everybody, stay], axis=1)[:, self._places]

    def resampled(self, rng: np.random.Generator, n_boot: int) -> Floats:
        """Return the rate of each resample of people."""
        at_once = max(1, _BATCH // (len(self._person) + self.people))
        rates = []
        for done in range(0, n_boot, at_once):
            draws = [
                np.bincount(rng.integers(0, self.people, self.people), minlength=self.people)
                for _ in range(min(at_once, n_boot - done))
            ]
            success, stay = self.shares(np.stack(draws).astype(np.float64))
            rates.append(success[:, np.newaxis] * stay)
        return np.concatenate(rates)


def _interval(
    risk: _Risk, rate: Floats, rng: np.random.Generator, level: float, n_boot: int
) -> tuple[Floats, Floats]:
    """Return percentiles over people; Wilson's interval on people where none can differ."""
    low, high = wilson(rate * risk.people, np.full(len(rate), risk.people), level=level)
    drawn = (rate > 0) & (rate < 1) & (risk.people >= FEW_USERS)
    if drawn.any():
        found = percentile_interval(risk.resampled(rng, n_boot), people=risk.people, level=level)
        low, high = np.where(drawn, found[0], low), np.where(drawn, found[1], high)
    return low, high


def _assembled(
    counts: pd.DataFrame, measures: pd.DataFrame, names: Sequence[str], min_n: int
) -> pd.DataFrame:
    """Put counts and measures together; take away rates that nothing supports."""
    stretches = len(measures) // max(len(counts), 1)
    of_group = counts.loc[counts.index.repeat(stretches)].reset_index(drop=True)
    kept = [*names, "n", "unknown", "excluded", "users"]
    table = pd.concat([of_group[kept], measures], axis=1)
    n, good = table["n"], of_group["successes"]
    short = (good > 0) & (good - table["unwatched"] < good.clip(upper=min_n))
    flags = pd.Series("", index=table.index, dtype="str")
    for name, mask in {
        "no_known": n == 0,
        "small_n": n.between(1, min_n - 1),
        "few_users": table["users"].between(1, FEW_USERS - 1),
        "short_follow_up": short,
    }.items():
        flags = add_flag(flags, mask, name)
    hidden = short | (n < max(min_n, 1))
    rates = {name: table[name].mask(hidden) for name in ("rate", "low", "high")}
    dtypes = {**_ADDED, "successes": "int64"}
    table = table.assign(**rates, flags=flags).astype(dtypes)
    ordered = [*names, "within_days", *RATE_COLUMNS]
    return table[[*ordered, *(name for name in _ADDED if name not in ordered)]]
