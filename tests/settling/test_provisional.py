"""Which recent periods of a table are provisional."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.settling.curve import settling_curve
from chatdash_analysis.settling.provisional import provisional_periods
from tests.settling.worlds import START, instants

NOW = START + pd.Timedelta(days=50)
DTYPES = {
    "period": "datetime64[us]", "conversations": "int64", "n": "int64", "unknown": "int64",
    "settled": "float64", "provisional": "boolean", "flags": "str",
}  # fmt: skip


def curve_of(delay: float, **columns: str) -> pd.DataFrame:
    """Return the curve of a service that evaluates after exactly so many days."""
    created = np.arange(0, 60, 0.2)
    there = pd.array(np.where(created + delay <= 60, True, None), dtype="boolean")
    seen = pd.DataFrame({
        "conversation_id": created.astype(str),
        "created_at": instants(created),
        "updated_at": instants(created + delay),
        "evaluation_is_success": there,
        **columns,
    })  # fmt: skip
    return settling_curve({START + pd.Timedelta(days=60): seen}, by=list(columns) or None)


def table(days: float = 50, number: int = 1000) -> pd.DataFrame:
    """Return conversations of which 70 % succeed; those of the last 10 days have no verdict yet."""
    created = (np.arange(number) + 0.5) * days / number
    success = pd.array(np.arange(number) % 10 < 7, dtype="boolean")
    success[created > 40] = pd.NA
    times = instants(created)
    return pd.DataFrame({"created_at": times, "ended_at": times, "evaluation_is_success": success})


def test_rows_too_young_for_a_verdict_are_those_that_get_marked():
    conversations = table()
    outcome = conversations["evaluation_is_success"]
    # What pitfall it is: a fifth of the rows is not evaluated yet and counts as failed.
    assert outcome.isna().mean() == 0.2
    assert outcome.fillna(False).mean() == pytest.approx(0.56)
    days = provisional_periods(conversations, curve_of(10), freq="D", as_of=NOW)
    marked = days.loc[days["provisional"], "period"]
    in_marked = conversations["created_at"].dt.tz_localize(None).dt.normalize().isin(marked)
    assert (in_marked == outcome.isna()).all()
    assert outcome[~in_marked].mean() == pytest.approx(0.7)
    assert (days["unknown"] > 0).equals(days["provisional"].astype("bool"))


def test_the_expected_share_is_that_of_the_ages_in_a_period():
    days = provisional_periods(table(), curve_of(10), freq="D", as_of=NOW).set_index("period")
    assert days["settled"].iloc[:38].eq(1).all()
    assert days["settled"].iloc[-5:].max() < 0.01
    weeks = provisional_periods(table(), curve_of(10), freq="W", as_of=NOW)
    assert weeks["conversations"].sum() == 1000
    assert weeks["settled"].between(0, 1).all()
    assert weeks["settled"].is_monotonic_decreasing


def test_each_group_is_held_to_its_own_curve():
    curves = pd.concat([curve_of(10, agent_id="slow"), curve_of(0.5, agent_id="quick")])
    both = pd.concat([
        table().assign(agent_id="slow"),
        table().assign(agent_id="quick"),
        table(number=10).assign(agent_id="new"),
    ])  # fmt: skip
    days = provisional_periods(both, curves, freq="D", as_of=NOW)
    marked = days.groupby("agent_id")["provisional"].sum()
    assert marked.to_dict() == {"slow": 10, "quick": 1, "new": 0}
    new = days[days["agent_id"] == "new"]
    assert (new["flags"] == "no_curve").all()
    assert new["provisional"].isna().all()
    assert new["settled"].isna().all()


def test_local_days_follow_the_time_zone():
    late = table(number=1).assign(created_at=pd.Timestamp("2026-01-31T23:30Z"))
    starts = [
        provisional_periods(late, curve_of(1), freq="D", tz=tz, as_of=NOW)["period"].iloc[0]
        for tz in ("UTC", "Europe/Berlin")
    ]
    assert starts == [pd.Timestamp("2026-01-31"), pd.Timestamp("2026-02-01")]


def test_without_a_moment_the_table_says_when_it_was_loaded():
    conversations = table()
    told = provisional_periods(conversations, curve_of(10), freq="D")
    assert told.attrs["settling"]["as_of"] == conversations["created_at"].max().isoformat()
    conversations.attrs["chatdash"] = {"fetched_at": "2026-02-25T00:00:00.000Z"}
    told = provisional_periods(conversations, curve_of(10), freq="D")
    assert told.attrs["settling"]["as_of"] == "2026-02-25T00:00:00+00:00"


def test_the_order_of_rows_does_not_matter():
    conversations = table()
    shuffled = conversations.sample(frac=1, random_state=0).set_index(np.zeros(1000, int))
    found = [provisional_periods(t, curve_of(10), as_of=NOW) for t in (conversations, shuffled)]
    pd.testing.assert_frame_equal(*found)


def test_columns_and_dtypes_are_the_same_full_and_empty():
    curve, conversations = curve_of(10), table()
    for rows, points in (
        (conversations, curve),
        (conversations.iloc[:0], curve),
        (conversations, curve.iloc[:0]),
        (conversations.assign(created_at=pd.NaT), curve),
        (conversations.iloc[:0], curve.iloc[:0]),
    ):
        moment = NOW if len(rows) else None
        weeks = provisional_periods(rows, points, as_of=moment)
        assert {name: str(dtype) for name, dtype in weeks.dtypes.items()} == DTYPES
    grouped = provisional_periods(
        conversations.iloc[:0].assign(agent_id=pd.Series([], dtype="str")),
        curve_of(10, agent_id="a"),
    )
    assert grouped.columns[0] == "agent_id"


@pytest.mark.parametrize(("change", "message"), [
    ({"target": 2}, "between 0 and 1"),
    ({"freq": "H"}, "none of D, W, M"),
    ({"tz": "Mars"}, "no time zone"),
    ({"as_of": "soon"}, "no date or time"),
    ({"outcome": "resolved"}, "resolved"),
    ({"curve": pd.DataFrame()}, "delay_days"),
    ({"curve": 5}, "takes a pandas DataFrame"),
    ({"conversations": 5}, "takes a pandas DataFrame"),
    ({"conversations": cda.load_sample(5).assign(created_at="2026")}, "not instants"),
])  # fmt: skip
def test_arguments_that_cannot_be_used_are_refused(change, message):
    given = {"conversations": table(), "curve": curve_of(10), **change}
    with pytest.raises((InputError, MissingColumnsError), match=message):
        provisional_periods(given.pop("conversations"), given.pop("curve"), **given)
