"""Clusters over time: counts, comparison, states, and how often chance makes a state."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.stats import binomtest, false_discovery_control

from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.queries.trends.table import cluster_trends
from tests.queries.clustered import clusters_of, planted, summary_of

MONDAY = pd.Timestamp("2026-03-02", tz="UTC")
DTYPES = {
    "cluster_id": "str", "label": "str", "period": "datetime64[us]",
    "queries": "int64", "conversations": "int64", "users": "int64", "exposure": "int64",
    "per_1000": "float64", "low": "float64", "high": "float64",
    "before_conversations": "int64", "before_users": "int64", "before_exposure": "int64",
    "ratio": "float64", "ratio_low": "float64", "ratio_high": "float64",
    "p_value": "float64", "q_value": "float64",
    "state": "str", "fixed_at": "datetime64[us, UTC]", "cluster_users": "float64",
    "complete": "boolean", "flags": "str",
}  # fmt: skip


def weeks(
    exposure: list[int], asked: dict[str, list[int]], *, repeat: int = 1, **fixed_at: str
) -> tuple[pd.DataFrame, SimpleNamespace]:
    """Conversations by week, and how many different people ask about each cluster.

    Each asker has `repeat` conversations about it. Everybody comes once.
    """
    rows, queries = [], []
    for week, number in enumerate(exposure):
        wanted = [name for name in asked for _ in range(asked[name][week]) for _ in range(repeat)]
        for place in range(number):
            name, own = f"c{week}-{place}", wanted[place] if place < len(wanted) else None
            person = f"p{week}-{place // repeat if own else place + 1000}"
            start = MONDAY + pd.Timedelta(days=7 * week, minutes=10 * place)
            rows.append((name, start, person, int(own is not None)))
            if own:
                queries.append((name, own))
    columns = ["conversation_id", "created_at", "user_id", "misunderstood_count"]
    frame = pd.DataFrame(rows, columns=columns).astype(
        {"conversation_id": "str", "created_at": "datetime64[us, UTC]", "user_id": "str"}
    )
    frame.attrs["chatdash"] = {
        "start": MONDAY.isoformat(),
        "end": (MONDAY + pd.Timedelta(weeks=len(exposure))).isoformat(),
        "gaps": [],
    }
    return frame, clusters_of(queries, list(asked), **fixed_at)


def states(table: pd.DataFrame, cluster: str) -> list[str]:
    return table.loc[table["cluster_id"].eq(cluster), "state"].tolist()


def test_columns_and_dtypes_are_those_promised_also_of_nothing():
    frame, clusters = weeks([30] * 6, {"a": [2] * 6, "b": [1] * 6})
    nothing = SimpleNamespace(queries=clusters.queries[:0], summary=clusters.summary)

    for table in (
        cluster_trends(clusters, frame),
        cluster_trends(nothing, frame),
        cluster_trends(nothing, frame[:0]),
        cluster_trends(
            SimpleNamespace(queries=clusters.queries[:0], summary=summary_of([])), frame
        ),
    ):
        assert {name: str(dtype) for name, dtype in table.dtypes.items()} == DTYPES
        assert table.index.equals(pd.RangeIndex(len(table)))


def test_rows_are_all_clusters_in_the_order_of_the_summary_and_all_periods():
    frame, clusters = weeks([30] * 3, {"b": [2, 0, 1], "a": [1] * 3, "never": [0] * 3})

    table = cluster_trends(clusters, frame)

    assert table["cluster_id"].fillna("-").tolist() == [
        name for name in ("b", "a", "never", "-") for _ in range(3)
    ]
    assert table["label"].tolist()[-1] == "unassigned"
    assert table["period"].tolist() == [MONDAY.tz_localize(None) + pd.Timedelta(weeks=k)
                                        for k in range(3)] * 4  # fmt: skip
    assert table.loc[table["cluster_id"].eq("never"), "users"].tolist() == [0, 0, 0]


def test_each_row_has_the_known_people_that_the_summary_tells_of_its_cluster():
    frame, clusters = weeks([30] * 3, {"b": [2, 0, 1], "a": [1] * 3})
    assert cluster_trends(clusters, frame)["cluster_users"].isna().all()
    for users in (pd.array([3, None], dtype="Int64"), [3.0, np.nan], ["3", "many"]):
        told = SimpleNamespace(
            queries=clusters.queries,
            summary=clusters.summary.assign(users=users).set_axis([7, 7]),
        )
        table = cluster_trends(told, frame)
        assert table["cluster_users"].fillna(-1).tolist() == [3] * 3 + [-1] * 6
        assert {name: str(dtype) for name, dtype in table.dtypes.items()} == DTYPES


def test_counts_are_those_of_plain_loops():
    conversations, clusters, _ = planted(600)
    table = cluster_trends(
        clusters, conversations, tz="America/New_York", freq="M", users="lead_id"
    )

    local = conversations["created_at"].dt.tz_convert("America/New_York").dt.tz_localize(None)
    month = dict(zip(conversations["conversation_id"], local.dt.strftime("%Y-%m"), strict=True))
    person = dict(zip(conversations["conversation_id"], conversations["lead_id"], strict=True))
    for row in table.itertuples():
        own = clusters.queries[clusters.queries["cluster_id"].fillna("-")
                               == ("-" if pd.isna(row.cluster_id) else row.cluster_id)]  # fmt: skip
        held = [c for c in own["conversation_id"] if month[c] == f"{row.period:%Y-%m}"]
        askers = {c if pd.isna(person[c]) else person[c] for c in held}
        assert (row.queries, row.conversations, row.users) == (
            len(held), len(set(held)), len(askers),
        )  # fmt: skip
        assert row.exposure == sum(value == f"{row.period:%Y-%m}" for value in month.values())
        assert row.per_1000 == pytest.approx(1000 * row.conversations / row.exposure)
        assert 0 <= row.low <= row.per_1000 <= row.high <= 1000


def test_test_is_the_binomial_one_over_the_periods_before_and_corrected_in_each_period():
    conversations, clusters, _ = planted(1000)

    table = cluster_trends(clusters, conversations, baseline=3)

    series = table["cluster_id"].fillna("-")
    for _, own in table.groupby(series, sort=False):
        whole = own[own["complete"].astype(bool)]
        for place in range(1, len(own)):
            row = own.iloc[place]
            earlier = own.iloc[max(place - 3, 0) : place]
            earlier = earlier[earlier["complete"].astype(bool)]
            assert row["before_users"] == earlier["users"].sum()
            assert row["before_conversations"] == earlier["conversations"].sum()
            assert row["before_exposure"] == earlier["exposure"].sum()
            both = row["users"] + row["before_users"]
            if not row["complete"] or not len(earlier) or both < 3:
                assert np.isnan(row["p_value"])
                continue
            share = row["exposure"] / (row["exposure"] + row["before_exposure"])
            expected = binomtest(int(row["users"]), int(both), share).pvalue
            assert row["p_value"] == pytest.approx(expected, rel=1e-9)
        assert len(whole) > 20
    for _, own in table.dropna(subset="p_value").groupby("period"):
        np.testing.assert_allclose(own["q_value"], false_discovery_control(own["p_value"]))


def test_order_of_rows_does_not_matter_and_nothing_is_changed():
    conversations, clusters, _ = planted(600)
    kept = conversations.copy(), clusters.queries.copy(), clusters.summary.copy()
    table = cluster_trends(clusters, conversations)

    mixed = SimpleNamespace(
        queries=clusters.queries.sample(frac=1, random_state=1), summary=clusters.summary
    )
    again = cluster_trends(mixed, conversations.sample(frac=1, random_state=2))

    assert_frame_equal(table, again, check_exact=True)
    for now, then in zip((conversations, clusters.queries, clusters.summary), kept, strict=True):
        assert_frame_equal(now, then)


def test_growth_is_found_and_named():
    frame, clusters = weeks([200] * 6, {"up": [8, 8, 8, 8, 8, 30], "down": [30] * 5 + [4],
                                        "flat": [9, 11, 10, 9, 10, 11]})  # fmt: skip

    table = cluster_trends(clusters, frame)

    assert states(table, "up")[-1] == "growing"
    assert states(table, "down")[-1] == "falling"
    assert states(table, "flat") == ["unknown"] + ["stable"] * 5
    last = table[table["cluster_id"].eq("up")].iloc[-1]
    assert last["ratio"] == 30 / 8
    assert 2 < last["ratio_low"] < last["ratio"] < last["ratio_high"] < 7


def test_one_person_who_asks_daily_is_no_growth():
    frame, clusters = weeks([200] * 6, {"a": [5] * 6})
    last = frame["created_at"] >= MONDAY + pd.Timedelta(weeks=5)
    extra = frame[last & frame["misunderstood_count"].eq(0)].index[:40]
    frame.loc[extra, ["user_id", "misunderstood_count"]] = ["caller", 1]
    more = pd.DataFrame({"conversation_id": frame.loc[extra, "conversation_id"], "cluster_id": "a"})
    clusters.queries = pd.concat([clusters.queries, more], ignore_index=True)

    table = cluster_trends(clusters, frame)

    row = table[table["cluster_id"].eq("a")].iloc[-1]
    assert (row["conversations"], row["users"]) == (45, 6)
    assert row["state"] == "stable"
    # One person's repetition also widens the interval of the rate.
    assert row["high"] - row["low"] > 2 * 1000 * 1.96 * np.sqrt(0.225 * 0.775 / 200)


def test_new_is_said_once_when_enough_people_have_asked():
    frame, clusters = weeks(
        [100] * 9,
        {
            "quick": [0] * 5 + [6, 6, 6, 6],
            "slow": [0] * 5 + [2, 2, 1, 1],
            "old": [1] + [0] * 5 + [6, 0, 0],
            "early": [0, 0, 5, 5, 5, 5, 5, 5, 5],
            "single": [0] * 7 + [1, 1],
        },
    )

    table = cluster_trends(clusters, frame)

    assert [states(table, "quick").index("new"), states(table, "slow").index("new")] == [5, 6]
    assert states(table, "quick").count("new") == states(table, "slow").count("new") == 1
    # Known before; and of the start of the data nobody knows what was before.
    for name in ("old", "early", "single"):
        assert "new" not in states(table, name)
    assert states(table, "old")[6] == "growing"
    assert states(table, "single")[-1] == "too_few"


def test_seldom_topic_that_is_first_seen_late_is_not_new():
    frame, clusters = weeks([100] * 12, {"seldom": [0] * 5 + [1, 0, 0, 1, 1, 0, 0]})

    assert "new" not in states(cluster_trends(clusters, frame), "seldom")


def test_fixed_cluster_is_resolved_after_two_silent_periods_and_regressed_when_it_is_back():
    asked = [20] * 5 + [0, 0, 0, 0, 0, 12, 18, 20, 19]
    fixed = str(MONDAY + pd.Timedelta(weeks=5))
    frame, clusters = weeks([200] * 14, {"a": asked, "b": [10] * 14}, a=fixed)

    table = cluster_trends(clusters, frame)

    found = states(table, "a")
    assert table["fixed_at"].dropna().unique().tolist() == [pd.Timestamp(fixed)]
    assert table["fixed_at"].notna().equals(table["cluster_id"].eq("a"))
    assert found[5] == "falling"
    assert found[6:10] == ["resolved"] * 4
    assert found[10:] == ["regressed"] * 4


def test_what_came_back_stays_regressed_while_it_is_there():
    asked = [20] * 5 + [0] * 8 + [16, 8, 8]
    fixed = str(MONDAY + pd.Timedelta(weeks=5))
    frame, clusters = weeks([200] * 16, {"a": asked, "b": [10] * 16}, a=fixed)

    # The week after the return is no growth any more, and three of the last four are silent.
    assert states(cluster_trends(clusters, frame), "a")[12:] == ["resolved"] + ["regressed"] * 3


def test_slow_return_after_long_silence_is_noticed():
    asked = [20] * 5 + [0] * 20 + [4, 6, 8, 9, 10]
    fixed = str(MONDAY + pd.Timedelta(weeks=5))
    frame, clusters = weeks([200] * 30, {"a": asked, "b": [40] * 30}, a=fixed)

    found = states(cluster_trends(clusters, frame, max_q=0.0001), "a")

    assert found[24] == "resolved"
    assert found[-1] == "regressed"


def test_fix_without_effect_is_regressed_and_an_open_cluster_is_never_resolved():
    fixed = str(MONDAY + pd.Timedelta(weeks=5, days=2))
    frame, clusters = weeks(
        [200] * 10, {"failed": [30] * 10, "open": [30] * 5 + [0] * 5}, failed=fixed
    )

    table = cluster_trends(clusters, frame)

    # The week of the fix itself counts neither as before nor as after it.
    assert states(table, "failed")[5:] == ["stable", "stable"] + ["regressed"] * 3
    assert not {"resolved", "regressed"} & set(states(table, "open"))


def test_small_fixed_cluster_needs_longer_silence():
    fixed = str(MONDAY + pd.Timedelta(weeks=4))
    frame, clusters = weeks([100] * 16, {"a": [2] * 4 + [0] * 12, "b": [5] * 16}, a=fixed)

    found = states(cluster_trends(clusters, frame), "a")
    sooner = states(cluster_trends(clusters, frame, max_left=0.6), "a")

    # 8 before, none in m weeks: the limit is odds of 1 - .025 ** (1 / 8), times 4 / m.
    limit = 0.025 ** (-1 / 8) - 1
    assert found.index("resolved") == 4 + np.ceil(limit * 4 / 0.25) - 1
    assert sooner.index("resolved") == 4 + np.ceil(limit * 4 / 0.6) - 1


def test_partial_periods_are_neither_tested_nor_compared_with():
    frame, clusters = weeks([100] * 6, {"a": [5] * 5 + [40]})
    frame.attrs["chatdash"] |= {
        "start": str(MONDAY + pd.Timedelta(days=1)),
        "end": str(MONDAY + pd.Timedelta(days=6 * 7 - 1)),
    }

    own = cluster_trends(clusters, frame)[:6]

    assert own["complete"].tolist() == [False, True, True, True, True, False]
    assert own["state"].tolist() == ["unknown", "unknown", "stable", "stable", "stable", "unknown"]
    assert own["flags"].tolist()[0] == own["flags"].tolist()[-1] == "partial"
    assert own["before_exposure"].tolist() == [0, 0, 100, 200, 300, 400]
    assert np.isnan(own["p_value"].iloc[-1])
    assert own["flags"].iloc[2] == "short_baseline"


def test_gaps_make_periods_unknown():
    frame, clusters = weeks([100] * 7, {"a": [5] * 7})
    gap = {"start": str(MONDAY + pd.Timedelta(days=16)), "end": str(MONDAY + pd.Timedelta(days=17))}
    frame.attrs["chatdash"]["gaps"] = [gap]

    own = cluster_trends(clusters, frame)[:7]

    assert own["flags"].tolist()[2] == "partial, gap"
    assert own["complete"].tolist() == [True, True, False, True, True, True, True]
    assert own["before_exposure"].tolist() == [0, 100, 200, 200, 300, 300, 300]


def test_without_word_on_what_was_loaded_days_at_the_ends_are_partial_and_weeks_with_a_day_lost():
    frame, clusters = weeks([1000] * 3, {"a": [5] * 3})
    frame.attrs = {}

    by_day = cluster_trends(clusters, frame, freq="D")
    by_week = cluster_trends(clusters, frame)
    cut = frame["created_at"] >= MONDAY + pd.Timedelta(days=2)
    clusters.queries = clusters.queries[clusters.queries["conversation_id"].isin(frame[cut]
                                        ["conversation_id"])]  # fmt: skip
    late = cluster_trends(clusters, frame[cut])

    days = by_day[by_day["cluster_id"].eq("a")]["complete"].tolist()
    assert (days[0], days[1], days[-1]) == (True, True, False)
    assert by_week["complete"].tolist()[:3] == [True, True, True]
    assert late["complete"].tolist()[:3] == [False, True, True]


def test_time_of_which_nobody_knows_yet_is_partial():
    frame, clusters = weeks([100] * 3, {"a": [5] * 3})
    now = pd.Timestamp.now("UTC")
    frame["created_at"] += now.normalize() - pd.Timedelta(days=now.weekday() + 14) - MONDAY
    frame = frame[frame["created_at"] < now]
    clusters.queries = clusters.queries[clusters.queries["conversation_id"].isin(frame
                                        ["conversation_id"])]  # fmt: skip
    frame.attrs["chatdash"] = {
        "start": str(frame["created_at"].min()), "end": str(now + pd.Timedelta(days=60)),
        "gaps": [],
    }  # fmt: skip

    own = cluster_trends(clusters, frame)[:3]

    assert own["complete"].tolist() == [True, True, False]


def test_undated_conversations_are_left_out_and_flagged():
    frame, clusters = weeks([100] * 6, {"a": [5] * 6})
    frame.loc[0, "created_at"] = pd.NaT

    own = cluster_trends(clusters, frame)[:6]

    assert own["exposure"].tolist() == [99] + [100] * 5
    assert own["queries"].tolist() == [4] + [5] * 5
    assert own["flags"].str.contains("undated").all()


def test_periods_whose_queries_were_never_clustered_are_unknown_not_falling():
    frame, clusters = weeks([200] * 7, {"a": [20] * 7})
    clusters.queries = clusters.queries[clusters.queries["conversation_id"] < "c6"]

    own = cluster_trends(clusters, frame)[:7]

    assert own["state"].tolist()[-2:] == ["stable", "unknown"]
    assert own["flags"].iloc[-1] == "partial, unclustered"
    assert not own["complete"].iloc[-1]


def test_weeks_across_a_change_of_clocks_are_whole():
    frame, clusters = weeks([100] * 6, {"a": [5] * 6})
    berlin = "Europe/Berlin"
    frame["created_at"] += pd.Timedelta(hours=-1)
    frame.attrs["chatdash"]["start"] = "2026-03-02T00:00+01:00"
    frame.attrs["chatdash"]["end"] = "2026-04-13T00:00+02:00"
    frame.loc[frame["created_at"] >= "2026-03-29", "created_at"] -= pd.Timedelta(hours=1)

    own = cluster_trends(clusters, frame, tz=berlin)[:6]

    assert own["exposure"].tolist() == [100] * 6
    assert own["complete"].all()


def test_unassigned_queries_are_a_series_that_is_tested_too():
    frame, clusters = weeks([200] * 6, {"a": [8, 8, 8, 8, 8, 40]})
    clusters.queries["cluster_id"] = pd.Series([None] * len(clusters.queries), dtype="str")

    table = cluster_trends(clusters, frame)

    rest = table[table["cluster_id"].isna()]
    assert rest["label"].unique().tolist() == ["unassigned"]
    assert rest["state"].tolist() == ["unknown"] + ["stable"] * 4 + ["growing"]
    assert states(table, "a")[-1] == "too_few"


def test_wrong_tables_are_refused():
    frame, clusters = weeks([20] * 3, {"a": [2] * 3})

    with pytest.raises(InputError, match="conversations of 2 of 6 queries are not in the table"):
        cluster_trends(clusters, frame[frame["created_at"] >= MONDAY + pd.Timedelta(weeks=1)])
    with pytest.raises(InputError, match="conversations twice"):
        cluster_trends(clusters, pd.concat([frame, frame[:1]]))
    with pytest.raises(InputError, match="does not list"):
        cluster_trends(SimpleNamespace(queries=clusters.queries, summary=summary_of(["z"])), frame)
    with pytest.raises(InputError, match="takes clusters, not a DataFrame"):
        cluster_trends(clusters.queries, frame)
    texts = SimpleNamespace(queries=clusters.queries[["cluster_id"]], summary=clusters.summary)
    with pytest.raises(MissingColumnsError, match="misunderstood_queries"):
        cluster_trends(texts, frame)
    with pytest.raises(MissingColumnsError, match="created_at"):
        cluster_trends(clusters, frame.drop(columns="created_at"))
    with pytest.raises(MissingColumnsError, match="lead_id"):
        cluster_trends(clusters, frame, users="lead_id")


def test_dates_without_time_zone_and_odd_moments_of_a_fix_are_refused():
    frame, clusters = weeks([20] * 3, {"a": [2] * 3}, a="2026-03-09")
    naive = frame.assign(created_at=frame["created_at"].dt.tz_localize(None))
    clusters.summary["fixed_at"] = "last week"

    with pytest.raises(InputError, match="not instants with a time zone"):
        cluster_trends(clusters, naive)
    with pytest.raises(InputError, match="fixed_at='last week' is no date"):
        cluster_trends(clusters, frame)


@pytest.mark.parametrize(
    ("argument", "match"),
    [
        ({"baseline": 0}, "baseline=0"), ({"min_users": True}, "min_users=True"),
        ({"max_q": 0}, "max_q=0"), ({"max_left": 2}, "max_left=2"), ({"level": 95}, "level=95"),
        ({"freq": "Q"}, "freq='Q'"), ({"tz": "Mars"}, "tz='Mars'"),
    ],
)  # fmt: skip
def test_arguments_that_mean_nothing_are_refused(argument, match):
    frame, clusters = weeks([20] * 3, {"a": [2] * 3})

    with pytest.raises(InputError, match=match):
        cluster_trends(clusters, frame, **argument)


def test_planted_topics_are_new_and_resolved():
    conversations, clusters, truth = planted(4000)

    table = cluster_trends(clusters, conversations)

    new = table[table["state"].eq("new")]
    assert new["cluster_id"].tolist() == [truth.new_topic]
    born = pd.Timestamp(truth.change_at).tz_localize(None)
    assert born - pd.Timedelta(days=7) <= new["period"].item() <= born + pd.Timedelta(days=21)
    assert set(table.loc[table["state"].eq("resolved"), "cluster_id"]) == {truth.fixed_topic}
    assert states(table, truth.fixed_topic)[-2] == "resolved"
    assert not table["state"].isin(["regressed"]).any()
    months = cluster_trends(clusters, conversations, freq="M")
    assert "falling" in states(months, truth.fixed_topic)
    assert "growing" in states(months, truth.new_topic)


def simulated(
    rng: np.random.Generator,
    rates: np.ndarray,
    volume: list[int],
    *,
    visits: float = 1.0,
    habit: float = 0.0,
) -> tuple[pd.DataFrame, SimpleNamespace]:
    """Weeks of given volume; with `habit`, an asker asks in that share of own conversations."""
    frames, queries = [], []
    for week, number in enumerate(volume):
        people = rng.integers(0, max(int(number / visits), 1), number)
        first = rng.random((number, len(rates))) < rates / (1 + habit * (visits - 1))
        asks = first.copy()
        if habit:
            asker = np.zeros((people.max() + 1, len(rates)), dtype=bool)
            np.logical_or.at(asker, people, first)
            asks |= asker[people] & (rng.random(first.shape) < habit)
        names = np.array([f"{week}-{place}" for place in range(number)])
        start = MONDAY + pd.Timedelta(weeks=week)
        frames.append(
            pd.DataFrame(
                {
                    "conversation_id": names,
                    "created_at": start + pd.to_timedelta(rng.uniform(0, 6.9, number), unit="D"),
                    "user_id": [f"{week}-{person}" for person in people],
                }
            )
        )
        place, cluster = np.nonzero(asks)
        queries.append(pd.DataFrame({"conversation_id": names[place], "cluster_id": cluster}))
    frame = pd.concat(frames, ignore_index=True)
    frame["created_at"] = frame["created_at"].dt.as_unit("us")
    frame.attrs["chatdash"] = {
        "start": str(MONDAY), "end": str(MONDAY + pd.Timedelta(weeks=len(volume))), "gaps": [],
    }  # fmt: skip
    table = pd.concat(queries, ignore_index=True)
    table["cluster_id"] = "q" + table["cluster_id"].astype("str")
    ids = [f"q{place}" for place in range(len(rates))]
    return frame, SimpleNamespace(queries=table, summary=summary_of(ids))


RATES = np.tile([0.002, 0.005, 0.01, 0.02, 0.04], 12)


def last_week(frame: pd.DataFrame, clusters: SimpleNamespace) -> pd.DataFrame:
    table = cluster_trends(clusters, frame)
    return table[table["period"].eq(table["period"].max()) & table["cluster_id"].notna()]


@pytest.mark.parametrize(
    ("visits", "habit"), [(1.0, 0.0), (4.0, 0.0), (4.0, 0.8)],
    ids=["strangers", "returning", "repeating the same"],
)  # fmt: skip
def test_flat_clusters_do_not_grow_when_all_volume_doubles(visits, habit):
    rng = np.random.default_rng(0)
    found = pd.concat(
        [
            last_week(*simulated(rng, RATES, [500] * 4 + [1000], visits=visits, habit=habit))
            for _ in range(8)
        ]
    )

    assert len(found) == 8 * len(RATES)
    assert found["state"].eq("growing").mean() < 0.01
    assert found["state"].eq("falling").mean() < 0.01
    # Before correction too, and exact tests are cautious.
    assert (found["p_value"] < 0.05).mean() < 0.055
    if habit:
        # Counting conversations instead would alarm far more often.
        naive = [
            binomtest(int(a), int(a + b), 1000 / 3000).pvalue
            for a, b in zip(found["conversations"], found["before_conversations"], strict=True)
            if a + b
        ]
        assert np.mean(np.array(naive) < 0.05) > 0.15


def test_real_doubling_of_a_share_is_found():
    rng = np.random.default_rng(1)
    rates = np.full(20, 0.02)
    powers = {}
    for people in (10, 60):
        hits = []
        for _ in range(8):
            volume = people * 50
            frame, clusters = simulated(rng, rates, [volume] * 4)
            doubled = np.concatenate([[0.04], rates[1:]])
            more, asked = simulated(rng, doubled, [volume])
            more["created_at"] += pd.Timedelta(weeks=4)
            for name in ("conversation_id", "user_id"):
                more[name] = "late" + more[name]
            asked.queries["conversation_id"] = "late" + asked.queries["conversation_id"]
            both = pd.concat([frame, more], ignore_index=True)
            both.attrs = frame.attrs | {
                "chatdash": frame.attrs["chatdash"] | {"end": str(MONDAY + pd.Timedelta(weeks=5))}
            }
            clusters.queries = pd.concat([clusters.queries, asked.queries], ignore_index=True)
            hits.append(last_week(both, clusters).set_index("cluster_id").loc["q0", "state"])
        powers[people] = np.mean(np.array(hits) == "growing")

    # From 60 to 120 askers a week among 20 clusters; from 10 to 20 is often lost in chance.
    assert powers[60] >= 0.85
    assert powers[10] < 0.6


def test_rate_has_an_interval_that_knows_people():
    rng = np.random.default_rng(3)
    rates = np.full(30, 0.03)
    frame, clusters = simulated(rng, rates, [1500] * 8, visits=4.0, habit=0.8)

    table = cluster_trends(clusters, frame)
    own = table[table["cluster_id"].notna()]

    true = own["conversations"].sum() / own["exposure"].sum() * 1000
    assert 0.91 <= own["low"].le(true).mul(own["high"].ge(true)).mean() <= 0.99
    plain = 1960 * np.sqrt(true / 1000 * (1 - true / 1000) / 1500)
    assert (own["per_1000"] - true).abs().le(plain).mean() < 0.9
