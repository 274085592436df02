from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from chatdash_analysis.cohorts.burn_in import burn_in_days, check_burn_in, return_gaps
from chatdash_analysis.cohorts.contacts import Contacts, contacts_of
from chatdash_analysis.cohorts.retention import retention_table
from chatdash_analysis.errors import InputError


def at_times(people: Any, days: Any, start: str = "2026-01-01") -> pd.DataFrame:
    """Make contacts at so many days after a start."""
    micros = (np.asarray(days) * 86_400_000_000).astype("int64")
    at = pd.DatetimeIndex(np.datetime64(start, "us") + micros, tz="UTC")
    people = pd.Series(np.asarray(people)).astype("str")
    return pd.DataFrame({"user_id": people, "created_at": at.as_unit("us")})


def found(frame: pd.DataFrame, as_of: str | None = None) -> Contacts:
    end = None if as_of is None else pd.Timestamp(as_of, tz="UTC")
    return contacts_of(frame, users="user_id", time="created_at", as_of=end)


def test_pauses_last_to_the_next_contact_or_the_end_of_the_data() -> None:
    frame = at_times([*"babaca"], [1, 0, 4, 0.5, 2, 9])
    days, ended = return_gaps(found(frame, "2026-01-11"))
    assert sorted(zip(days.tolist(), ended.tolist(), strict=True)) == [
        (0.5, True),
        (1.0, False),
        (3.0, True),
        (6.0, False),
        (8.0, False),
        (8.5, True),
    ]


def test_the_burn_in_is_a_percentile_of_statsmodels_curve() -> None:
    rng = np.random.default_rng(1)
    frame = at_times(rng.integers(0, 300, 700), rng.uniform(0, 200, 700))
    days, ended = return_gaps(found(frame))
    curve = SurvfuncRight(days, ended.astype(int))
    never = curve.surv_prob[-1]
    assert never > 0.05
    longer = (curve.surv_prob - never) / (1 - never)
    expected = curve.surv_times[longer <= 0.05].min()
    assert burn_in_days(found(frame)) == pytest.approx(expected)


@pytest.mark.parametrize("burn_in", ["90 days", "", 90, timedelta(days=-1), True])
def test_what_is_no_stretch_of_time_is_refused(burn_in: Any) -> None:
    with pytest.raises(InputError, match="no stretch of time"):
        check_burn_in(burn_in)


def test_stretches_of_time_are_days() -> None:
    assert check_burn_in(None) is None
    assert check_burn_in(timedelta(hours=36)) == 1.5
    assert check_burn_in(pd.Timedelta(weeks=2)) == 14


def history(people: int = 60_000, seed: int = 0) -> pd.DataFrame:
    """Make people who come every 70 days in the mean, from 12 months before the data on."""
    rng = np.random.default_rng(seed)
    arrived = rng.uniform(-360, 270, people)
    pauses = rng.exponential(70, (people, 30))
    days = np.column_stack([arrived, arrived[:, np.newaxis] + np.cumsum(pauses, axis=1)])
    person = np.repeat(np.arange(people), days.shape[1])
    inside = (days.ravel() >= 0) & (days.ravel() < 270)
    frame = at_times(person[inside], days.ravel()[inside])
    return frame.assign(new=(np.repeat(arrived, days.shape[1]) >= 0)[inside])


def test_first_seen_is_not_new_as_measured() -> None:
    # statistics: with 12 prior months, 81 % of month-0 "new" users are not new, 52 % of those
    # of month 3, 12 % of those of month 8.
    frame = history()
    first = frame.sort_values("created_at").drop_duplicates("user_id")
    month = (first["created_at"] - pd.Timestamp("2026-01-01", tz="UTC")).dt.days // 30
    wrong = 1 - first.groupby(month)["new"].mean()
    assert wrong[0] == pytest.approx(0.81, abs=0.02)
    assert wrong[3] == pytest.approx(0.52, abs=0.03)
    assert wrong[8] == pytest.approx(0.12, abs=0.02)


def test_the_burn_in_learnt_from_pauses_finds_how_long_people_stay_away() -> None:
    frame = history(20_000)
    days = burn_in_days(found(frame))
    # Of the pauses that can be seen in nine months, 5 % are longer; of all, exp(-days / 70).
    assert 150 < days < 3 * 70 + 15
    table = retention_table(frame, freq="M", burn_in="auto", as_of="2026-09-28")
    assert table.attrs["cohorts"]["burn_in_days"] == pytest.approx(days, abs=1)
    kept = table[table["cohort"].notna() & ~table["flags"].str.contains("left_truncated")]
    labels = frame["created_at"].dt.strftime("%Y-%m")
    first = frame.assign(label=labels).sort_values("created_at").drop_duplicates("user_id")
    new = first.groupby("label")["new"].mean()
    assert new["2026-01"] < 0.25
    assert (new[kept["cohort_label"].unique()] > 0.8).all()


def test_nobody_came_back_so_there_is_no_burn_in_to_learn() -> None:
    table = retention_table(at_times(["a", "b"], [0, 10]), burn_in="auto")
    assert table.attrs["cohorts"]["burn_in_days"] == 0
    assert not table["flags"].str.contains("left_truncated").any()
