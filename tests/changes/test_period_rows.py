"""Conversations as numbers: which count, in what cells, and whether coverage changed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.changes.period_rows import FACTS, coverage_changed, period_rates, rows_of
from chatdash_analysis.errors import IncompleteError
from chatdash_analysis.segments import outcome_rates
from chatdash_analysis.spans import Span, extent


def made_up(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    started = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(
        rng.integers(0, 100, rows), "D"
    )
    success = pd.array(rng.random(rows) < 0.6, dtype="boolean")
    success[rng.random(rows) < 0.2] = pd.NA
    return pd.DataFrame(
        {
            "created_at": pd.DatetimeIndex(started).as_unit("us"),
            "channel": pd.Series(rng.choice(["a", "b", "c"], rows), dtype="str"),
            "device": pd.Series(rng.choice(["x", "y"], rows), dtype="str"),
            "user_id": pd.Series([f"u{k}" for k in rng.integers(0, 90, rows)], dtype="str"),
            "interacted": pd.array(rng.random(rows) < 0.8, dtype="boolean"),
            "evaluation_is_success": success,
        }
    )


def rows(frame: pd.DataFrame, by=("channel",), users: str | None = "user_id"):
    return rows_of(frame, list(by), outcome="evaluation_is_success", users=users, use="here")


def test_rates_equal_those_of_segments():
    frame = made_up()

    found = rows(frame)

    expected = outcome_rates(
        frame, "channel", outcome="evaluation_is_success", users="user_id", min_n=0
    )
    pd.testing.assert_frame_equal(period_rates(found, found.cells, 3), expected.iloc[:, 1:])
    assert found.keys["channel"].tolist() == ["a", "b", "c"]


def test_groups_without_rows_have_counts_of_zero():
    table = period_rates(rows(made_up()), np.full(400, 2), 4)

    assert table["n"].tolist()[:2] == [0, 0]
    assert table["n"].iloc[2] > 0
    assert str(table["users"].dtype) == "int64"
    assert table["flags"].tolist()[3] == "no_known"


def test_rows_without_a_start_are_left_out():
    frame = made_up()
    frame.loc[:9, "created_at"] = pd.NaT

    found = rows(frame)

    assert found.undated == 10
    assert len(found.instants) == len(found.users) == len(found.facts) == 390


def test_part_of_the_rows_has_only_its_own_cells():
    found = rows(made_up(), by=["channel", "device"])
    kept = found.take(found.cells >= 4)

    assert kept.keys["channel"].tolist() == ["c", "c"]
    assert sorted(set(kept.cells)) == [0, 1]
    again = found.regrouped(["device"])
    assert again.keys["device"].tolist() == ["x", "y"]
    np.testing.assert_array_equal(again.cells, rows(made_up(), by=["device"]).cells)


def test_rows_inside_a_period_are_half_open():
    found = rows(made_up())
    day = pd.Timestamp("2026-01-11", tz="UTC")

    inside = found.inside(Span(day, day + pd.Timedelta(days=1)))

    assert inside.sum() == made_up()["created_at"].eq(day).sum() > 0


def test_without_people_each_row_is_one():
    assert rows(made_up().drop(columns="user_id"), users=None).users.tolist() == list(range(400))


def test_extent_names_first_and_last():
    assert "2026-01-01T00:00:00 to 2026-04-10" in extent(rows(made_up()).instants)
    assert "Nor does the table" in extent(rows(made_up().head(0)).instants)


def test_questions_of_reach_need_those_who_were_not_reached():
    frame = made_up()
    frame = frame[frame["interacted"].eq(True)]

    with pytest.raises(IncompleteError, match="who was reached"):
        rows_of(frame, [], outcome="interacted", users="user_id", use="here")


def test_facts_exclude_each_other():
    facts = rows(made_up()).facts

    assert FACTS == ("n", "successes", "unknown", "excluded")
    assert (facts[:, [0, 2, 3]].sum(axis=1) == 1).all()
    assert (facts[:, 1] <= facts[:, 0]).all()


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ((900, 100), (900, 100), False),
        ((900, 100), (800, 200), True),
        ((800, 200), (900, 100), True),
        ((9000, 1000), (8800, 1200), False),  # beyond chance, but small
        ((18, 2), (14, 6), False),  # large, but of few
        ((0, 0), (5, 5), False),
        ((10, 0), (10, 0), False),
        ((100, 0), (0, 100), True),
    ],
)
def test_coverage_changes_by_points_and_beyond_chance(before, after, changed):
    tables = [pd.DataFrame([pair], columns=["n", "unknown"]) for pair in (before, after)]

    assert coverage_changed(*tables).tolist() == [changed]


def test_chance_seldom_looks_like_a_change_of_coverage():
    rng = np.random.default_rng(0)
    tables = [pd.DataFrame({"unknown": rng.binomial(300, 0.15, 20_000)}) for _ in range(2)]
    tables = [table.assign(n=300 - table["unknown"]) for table in tables]

    assert coverage_changed(*tables).mean() < 0.005
