from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

import chatdash_analysis as cda
from chatdash_analysis.cohorts.retention import retention_table
from chatdash_analysis.periods import period_codes
from tests.cohorts.made import THREE, at_times, cells, contacts, pooled
from tests.cohorts.speed import made_contacts, plain_retention


def test_a_small_table_by_weeks() -> None:
    table = retention_table(THREE, as_of="2026-01-26", min_n=1)
    assert cells(table, "cohort_label", "period_label", "n", "successes", "unknown") == [
        ("2026-01-05", "week 0", 2, 2, 0),
        ("2026-01-05", "week 1", 2, 0, 0),
        ("2026-01-05", "week 2", 2, 1, 0),
        ("2026-01-12", "week 0", 1, 1, 0),
        ("2026-01-12", "week 1", 1, 1, 0),
        ("2026-01-19", "week 0", 1, 1, 0),
        ("all", "week 0", 4, 4, 0),
        ("all", "week 1", 3, 1, 1),
        ("all", "week 2", 2, 1, 2),
    ]
    assert table["cohort"].iloc[0] == pd.Timestamp("2026-01-05")
    assert table["cohort"].isna().tolist() == [False] * 6 + [True] * 3
    assert table["users"].equals(table["n"].rename("users"))


def test_unbounded_counts_a_later_contact_too() -> None:
    table = retention_table(THREE, kind="unbounded", as_of="2026-01-26", min_n=1)
    found = cells(table[table["cohort_label"] == "2026-01-05"], "period", "n", "successes")
    assert found == [(0, 2, 2), (1, 2, 1), (2, 2, 1)]


def test_a_cell_that_is_not_over_is_missing_and_not_zero() -> None:
    table = retention_table(THREE, as_of="2026-01-28", min_n=1)
    open_cells = table[table["unknown"] > 0]
    own = open_cells["cohort"].notna()
    assert own.sum() == 3
    assert open_cells.loc[own, "rate"].isna().all()
    assert (open_cells.loc[own, "flags"] == "immature").all()
    # In the pooled row others are at risk in the same period.
    assert pooled(table).loc[1, "rate"] == pytest.approx(1 / 3)
    assert pooled(table).loc[3, "flags"] == "immature"


def test_a_period_ends_at_local_midnight_and_not_a_microsecond_before() -> None:
    frame = contacts(("a", "2026-03-28T12:00:00Z"))  # Berlin's clocks change the day after
    just = retention_table(frame, freq="D", tz="Europe/Berlin", as_of="2026-03-30T00:00:00")
    before = retention_table(
        frame, freq="D", tz="Europe/Berlin", as_of="2026-03-29T23:59:59.999999+02:00"
    )
    assert pooled(just)["n"].tolist() == [1, 1]
    assert pooled(before)["n"].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("options", "end"),
    [
        ({"freq": "D"}, "2026-01-08"),
        ({"freq": "W"}, "2026-01-12"),
        ({"freq": "M"}, "2026-02-01"),
        ({"freq": "W", "window": "rolling"}, "2026-01-12"),
        ({"brackets": (1, 7)}, "2026-01-06"),
    ],
)
def test_a_period_that_begins_when_the_data_end_is_not_there(
    options: dict[str, Any], end: str
) -> None:
    frame = contacts(("a", "2026-01-05T00:00:00Z"))
    ended = retention_table(frame, as_of=end, **options)
    assert (ended["n"] == 1).all()
    assert (ended["unknown"] == 0).all()
    running = retention_table(frame, as_of=pd.Timestamp(end) + pd.Timedelta(1, "us"), **options)
    assert len(running) == len(ended) + 2
    assert running["unknown"].sum() == 2


def test_who_is_first_seen_when_the_data_end_has_a_cohort() -> None:
    table = retention_table(contacts(("a", "2026-01-05T00:00:00Z")))
    assert cells(table, "cohort_label", "period", "n", "unknown") == [
        ("2026-01-05", 0, 0, 1),
        ("all", 0, 0, 1),
    ]


def test_rolling_periods_ask_whether_each_person_was_followed_long_enough() -> None:
    frame = contacts(
        ("a", "2026-01-05T00:00:00Z"),
        ("a", "2026-01-13T00:00:00Z"),
        ("b", "2026-01-08T00:00:00Z"),
        ("b", "2026-01-15T01:00:00Z"),
    )
    table = retention_table(frame, window="rolling", as_of="2026-01-19T12:00:00", min_n=1)
    assert cells(table.iloc[:3], "period_label", "n", "successes", "unknown", "flags") == [
        ("days 0-6", 2, 2, 0, "few_users, one_outcome"),
        ("days 7-13", 1, 1, 1, "few_users, one_outcome, immature"),
        ("days 14-20", 0, 0, 2, "immature"),
    ]


def test_brackets_have_the_ends_that_were_asked_for() -> None:
    frame = at_times(["a"] * 5 + ["b"] * 2, [0, 0.9, 3.5, 6.99, 7, 1, 2.5], "2026-01-05")
    table = retention_table(frame, brackets=[1, 3, 7], as_of="2026-02-01", min_n=1)
    found = cells(pooled(table), "period_label", "n", "successes")
    assert found == [("day 0", 2, 2), ("days 1-2", 2, 1), ("days 3-6", 2, 1)]
    unbounded = retention_table(
        frame, brackets=[1, 3, 7], kind="unbounded", as_of="2026-02-01", min_n=1
    )
    assert pooled(unbounded)["successes"].tolist() == [2, 2, 1]


@pytest.mark.parametrize("kind", ["on", "unbounded"])
@pytest.mark.parametrize(
    ("freq", "window"), [("D", "rolling"), ("W", "calendar"), ("M", "calendar"), ("M", "rolling")]
)
def test_every_cell_is_what_a_loop_over_people_finds(kind: str, freq: str, window: str) -> None:
    rng = np.random.default_rng(5)
    frame = at_times(rng.integers(0, 60, 240), rng.uniform(0, 100, 240), "2025-12-01")
    as_of = pd.Timestamp("2026-02-20T15:00:00Z")
    table = retention_table(frame, freq=freq, window=window, kind=kind, as_of=as_of, min_n=1)  # type: ignore[arg-type]

    def number(at: pd.Timestamp, first: pd.Timestamp) -> int:
        if window == "rolling":
            return (at - first) // timedelta(days={"D": 1, "M": 30}[freq])
        ends = [at.tz_localize(None).to_period(freq), first.tz_localize(None).to_period(freq)]
        return (ends[0] - ends[1]).n

    expected: dict[tuple[pd.Timestamp, int], list[int]] = {}
    sizes: dict[tuple[pd.Timestamp, int], int] = {}
    for _, times in frame[frame["created_at"] <= as_of].groupby("user_id")["created_at"]:
        first = times.min()
        cohort = first.tz_localize(None).to_period(freq).start_time
        there = {number(at, first) for at in times}
        for k in range(number(as_of, first) + 1):
            sizes[cohort, k] = sizes.get((cohort, k), 0) + 1
            cell = expected.setdefault((cohort, k), [0, 0])
            if k < number(as_of, first):
                cell[0] += 1
                cell[1] += k in there or (kind == "unbounded" and max(there) > k)
    own = table[table["cohort"].notna()]
    found = {(row.cohort, row.period): [row.n, row.successes] for row in own.itertuples()}
    assert found == expected
    together = own.groupby("period")[["n", "successes"]].sum()
    assert pooled(table)[["n", "successes"]].to_numpy().tolist() == together.to_numpy().tolist()


def test_period_0_is_1_by_definition() -> None:
    table = retention_table(cda.load_sample(1_000), freq="M", min_n=1)
    known = table[(table["period"] == 0) & (table["n"] > 0)]
    assert len(known) > 4
    assert (known["rate"] == 1).all()


def test_the_interval_is_wilsons_on_people() -> None:
    rng = np.random.default_rng(2)
    frame = at_times(rng.integers(0, 80, 2_000), rng.uniform(0, 40, 2_000))
    table = retention_table(frame, freq="D", min_n=5)
    shown = table[table["n"] >= 5]
    low, high = proportion_confint(shown["successes"], shown["n"], method="wilson")
    np.testing.assert_allclose(shown["low"], np.clip(low, 0, 1), atol=1e-12)
    np.testing.assert_allclose(shown["high"], np.clip(high, 0, 1), atol=1e-12)
    assert table.loc[table["n"] < 5, ["rate", "low", "high"]].isna().all(axis=None)
    assert table.loc[table["n"].between(1, 4), "flags"].str.contains("small_n").all()


def test_labels_split_by_first_contact_and_returns_count_anywhere() -> None:
    frame = contacts(
        ("a", "2026-01-05T10:00:00Z"),
        ("a", "2026-01-12T10:00:00Z"),
        ("b", "2026-01-05T10:00:00Z"),
        (None, "2026-01-05T10:00:00Z"),
        (None, "2026-01-05T10:00:00Z"),
        channel=pd.array(["web", "voice", None, "web", "sms"], dtype="str"),
    )
    table = retention_table(frame, by="channel", as_of="2026-01-19T01:00", min_n=1)
    found = table.assign(channel=table["channel"].fillna("-"))
    assert cells(found, "channel", "cohort_label", "period", "successes", "excluded") == [
        ("sms", "all", 0, 0, 1),
        ("web", "2026-01-05", 0, 1, 0),
        ("web", "2026-01-05", 1, 1, 0),
        ("web", "2026-01-05", 2, 0, 0),
        ("web", "all", 0, 1, 1),
        ("web", "all", 1, 1, 1),
        ("web", "all", 2, 0, 1),
        ("-", "2026-01-05", 0, 1, 0),
        ("-", "2026-01-05", 1, 0, 0),
        ("-", "2026-01-05", 2, 0, 0),
        ("-", "all", 0, 1, 0),
        ("-", "all", 1, 0, 0),
        ("-", "all", 2, 0, 0),
    ]
    assert table.loc[0, "flags"] == "no_known"


def test_what_was_left_out_is_told() -> None:
    frame = contacts(
        ("a", "2026-01-05T10:00:00Z"),
        (None, "2026-01-05T10:00:00Z"),
        ("b", None),
        ("c", "2999-01-01T00:00:00Z"),
    )
    table = retention_table(frame)
    assert table.attrs["cohorts"] == {
        "as_of": "2026-01-05T10:00:00+00:00",
        "start": "2026-01-05T10:00:00+00:00",
        "burn_in_days": None,
        "without_time": 1,
        "without_user": 1,
        "after_as_of": 1,
        "n": "people at risk",
    }
    assert cells(table, "cohort_label", "n", "unknown", "excluded", "flags") == [
        ("2026-01-05", 0, 1, 0, "immature"),
        ("all", 0, 1, 1, "immature"),
    ]


def test_cohorts_in_the_burn_in_are_flagged_and_not_pooled() -> None:
    frame = at_times(["a", "b", "c", "d", "d"], [0, 3, 7, 14, 21], "2026-01-05")
    table = retention_table(frame, as_of="2026-02-02", burn_in=timedelta(days=7), min_n=1)
    flagged = table["flags"].str.contains("left_truncated")
    assert table.loc[flagged, "cohort_label"].unique().tolist() == ["2026-01-05"]
    assert table.loc[flagged, "n"].max() == 2
    assert pooled(table).loc[0, ["n", "excluded"]].tolist() == [2, 2]
    assert pooled(table).loc[1, ["n", "successes"]].tolist() == [2, 1]
    longer = retention_table(frame, as_of="2026-02-02", burn_in=timedelta(days=7, hours=1))
    assert longer.loc[longer["flags"].str.contains("left"), "cohort_label"].nunique() == 2
    whole = retention_table(frame, as_of="2026-02-02", burn_in=timedelta(days=900))
    assert pooled(whole)[["n", "unknown", "excluded"]].to_numpy().tolist() == [[0, 0, 4]]
    assert pooled(whole)["flags"].tolist() == ["no_known"]


def simulated(runs: int, first: Any, again: Any, back: Any) -> pd.DataFrame:
    """Make `runs` data sets at once, told apart by the column run; arrays are (runs, people)."""
    person = np.arange(first.size).reshape(first.shape)
    days = np.append(first.ravel(), again[back])
    people = np.append(person.ravel(), person[back])
    return at_times(people, days, "2026-01-05").assign(run=people // first.shape[1])


def test_the_pooled_row_is_right_where_averages_with_open_cells_are_not() -> None:
    # statistics, pitfall 5: of 12 weekly cohorts .300 come back in the week after the first; the
    # plain mean over cohorts gives .274, the newest two give .262 and .037.
    rng = np.random.default_rng(11)
    first = rng.uniform(0, 84, (60, 600))
    again = first + 7 + rng.uniform(0, 7, first.shape)
    back = rng.random(first.shape) < 0.3
    frame = simulated(60, first, again, back)
    as_of = pd.Timestamp("2026-01-05", tz="UTC") + pd.Timedelta(days=87.5)
    table = retention_table(frame, by="run", window="rolling", as_of=as_of)
    week = table[table["period"] == 1]
    found = week.loc[week["cohort"].isna(), "rate"]
    assert found.mean() == pytest.approx(0.3, abs=0.005)
    newest = week[week["cohort_label"] == "2026-03-16"]
    assert newest["rate"].mean() == pytest.approx(0.3, abs=0.02)
    assert week.loc[week["cohort_label"] == "2026-03-23", "rate"].isna().all()
    naive = [(back & (again <= 87.5))[first // 7 == cohort].mean() for cohort in range(12)]
    assert np.mean(naive) == pytest.approx(0.274, abs=0.005)
    assert naive[-2:] == pytest.approx([0.262, 0.037], abs=0.015)


def test_the_interval_covers_the_truth_however_often_people_come() -> None:
    rng = np.random.default_rng(3)
    runs, people = 400, 60
    back = rng.random((runs, people)) < 0.25
    frames = [
        simulated(runs, np.zeros(back.shape), rng.uniform(7, 14, back.shape), back & often)
        for often in (np.full(back.shape, True), rng.random(back.shape) < 0.8)
    ]
    table = retention_table(pd.concat(frames), by="run", as_of="2026-01-19")
    week = table[(table["period"] == 1) & table["cohort"].isna()]
    assert len(week) == runs
    assert ((week["low"] <= 0.25) & (week["high"] >= 0.25)).mean() == pytest.approx(0.95, abs=0.02)


def test_local_and_utc_days_differ_for_43_percent_of_daytime_traffic_in_california() -> None:
    local = pd.date_range("2026-01-12T08:00", periods=14 * 60, freq="min", tz="Etc/GMT+8")
    at = pd.Series(local.tz_convert("UTC"))
    differs = period_codes(at, "D", "UTC") != period_codes(at, "D", "Etc/GMT+8")
    assert differs.mean() == pytest.approx(0.43, abs=0.005)


def test_the_code_it_is_measured_against_counts_the_same() -> None:
    frame = made_contacts(20_000, 9_000)
    assert frame["lead_id"].str.fullmatch("[0-9a-f]{24}").all()
    table = retention_table(frame, users="lead_id", tz="Europe/Berlin")
    own = table[table["cohort"].notna() & (table["n"] > 0) & (table["successes"] > 0)]
    plain = plain_retention(frame)
    over = plain["cohort"] + pd.to_timedelta(7 * (plain["period"] + 1), unit="D") < pd.Timestamp(
        table.attrs["cohorts"]["as_of"]
    ).tz_convert("Europe/Berlin").tz_localize(None)
    assert cells(own, "cohort", "period", "successes") == cells(plain[over], *plain.columns)
