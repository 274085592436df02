"""What clusters cost: counts, comparison, intervals, ranks, and what was planted."""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from chatdash_analysis.errors import IncompleteError, InputError, MissingColumnsError
from chatdash_analysis.queries.impact.table import cluster_impact
from tests.queries.clustered import clusters_of, planted, summary_of

DTYPES = {
    "cluster_id": "str", "label": "str", "kind": "str",
    "conversations": "int64", "share": "float64", "people": "int64",
    "n": "int64", "successes": "int64", "unknown": "int64", "excluded": "int64", "users": "int64",
    "rate": "float64", "low": "float64", "high": "float64",
    "matched": "int64", "unmatched": "int64",
    "expected_rate": "float64", "difference": "float64",
    "difference_low": "float64", "difference_high": "float64",
    "recoverable": "float64", "recoverable_low": "float64", "recoverable_high": "float64",
    "recoverable_per_week": "float64", "shrunken_recoverable": "float64", "rank": "float64",
    "cost": "float64", "cost_platform": "str", "flags": "str", "note": "str",
}  # fmt: skip
EFFECTS, SHARES = (0.3, 0.15, 0.0, 0.45), (0.06, 0.05, 0.04, 0.02)


def world(seed: int, *, people: int = 500) -> tuple[pd.DataFrame, SimpleNamespace, np.ndarray]:
    """Agents, channels, months, people with luck and topics of their own; and the truth.

    The truth is how many successes the conversations with a known outcome lack, by cluster.
    """
    rng = np.random.default_rng(seed)
    user = np.repeat(np.arange(people), 1 + rng.poisson(1.0, people))
    n, k = len(user), len(EFFECTS)
    agent, month = rng.integers(0, 2, people)[user], rng.integers(0, 3, n)
    channel = (rng.random(n) < 0.4).astype(int)
    base = np.array([[0.8, 0.65], [0.6, 0.7]])[agent, channel] + np.array([0, 0.05, -0.05])[month]
    habit = rng.integers(0, k, people)[user]
    liking = np.where(habit[:, np.newaxis] == np.arange(k), 3, 0.5)
    asks = rng.random((n, k)) < np.array(SHARES) * liking
    lost = (asks * np.array(EFFECTS)).max(axis=1)
    luck = np.where(rng.random(n) < 0.45, rng.random(people)[user], rng.random(n))
    known = rng.random(n) < 0.85
    created = MONTHS[month] + pd.to_timedelta(rng.uniform(0, 27, n), unit="D")
    frame = pd.DataFrame(
        {
            "conversation_id": [f"c{place}" for place in range(n)],
            "agent_id": agent.astype(str),
            "channel": channel.astype(str),
            "created_at": pd.DatetimeIndex(created).as_unit("us"),
            "user_id": [f"u{person}" for person in user],
            "evaluation_is_success": pd.array(
                np.where(known, luck < base - lost, None), dtype="boolean"
            ),
            "misunderstood_count": asks.sum(axis=1),
            "platform": "retell",
            "cost": rng.gamma(2.0, 0.1, n),
        }
    )
    rows, cluster = np.nonzero(asks)
    queries = list(zip(frame["conversation_id"].to_numpy()[rows],
                       [f"q{own}" for own in cluster], strict=True))  # fmt: skip
    weight = asks / np.maximum(asks.sum(axis=1, keepdims=True), 1)
    truth = (weight * lost[:, np.newaxis])[known].sum(axis=0)
    return frame, clusters_of(queries, [f"q{own}" for own in range(k)]), truth


MONTHS = pd.DatetimeIndex(["2026-01-02", "2026-02-02", "2026-03-02"], tz="UTC")


def simple(
    asked: list[tuple[str, bool | None]], clean: list[bool | None], *, users: int | None = None
) -> tuple[pd.DataFrame, SimpleNamespace]:
    """One agent and month: (clusters, outcome) of some conversations; outcomes of the others."""
    names = [own for own, _ in asked] + [""] * len(clean)
    outcomes = [good for _, good in asked] + clean
    frame = pd.DataFrame(
        {
            "conversation_id": [f"c{place}" for place in range(len(names))],
            "agent_id": "a",
            "channel": "web",
            "created_at": pd.Timestamp("2026-03-01", tz="UTC").as_unit("us")
            + pd.to_timedelta(np.arange(len(names)) % 25, unit="D"),
            "user_id": [f"u{place % users if users else place}" for place in range(len(names))],
            "evaluation_is_success": pd.array(outcomes, dtype="boolean"),
            "misunderstood_count": [len(own.split()) for own in names],
            "platform": "vapi",
            "cost": 0.5,
        }
    )
    queries = [(f"c{place}", own) for place, held in enumerate(names) for own in held.split()]
    return frame, clusters_of(queries, sorted({own for _, own in queries}))


def row(table: pd.DataFrame, name: str) -> pd.Series:
    """Return the row of a cluster, or of "unassigned" or "total"."""
    found = table["cluster_id"].eq(name) if name.startswith("q") else table["kind"].eq(name)
    return table[found].iloc[0]


def flags(table: pd.DataFrame, name: str) -> set[str]:
    return set(row(table, name)["flags"].split(", ")) - {""}


def impact(clusters: SimpleNamespace, frame: pd.DataFrame, **more) -> pd.DataFrame:
    return cluster_impact(clusters, frame, **({"n_boot": 100} | more))


def test_columns_and_dtypes_are_those_promised_also_of_nothing():
    frame, clusters, _ = world(0, people=60)
    nothing = SimpleNamespace(queries=clusters.queries[:0], summary=clusters.summary)
    bare = SimpleNamespace(queries=clusters.queries[:0], summary=summary_of([]))
    unknown = frame.assign(evaluation_is_success=pd.array([None] * len(frame), dtype="boolean"))

    for own, table in (
        (clusters, frame), (nothing, frame), (nothing, frame[:0]), (bare, frame[:0]),
        (clusters, unknown), (clusters, frame.drop(columns=["cost", "platform"])),
    ):  # fmt: skip
        found = impact(own, table)
        assert {name: str(dtype) for name, dtype in found.dtypes.items()} == DTYPES
        assert found["kind"].tolist() == ["cluster"] * len(own.summary) + ["unassigned", "total"]
        assert found.index.equals(pd.RangeIndex(len(found)))
        assert found["note"].str.contains("upper bound").all()


def test_estimates_are_those_of_plain_loops():
    frame, clusters, _ = world(3, people=300)

    table = impact(clusters, frame)

    asked = clusters.queries.groupby("conversation_id")["cluster_id"].agg(set).to_dict()
    groups = defaultdict(list)
    for one in frame.itertuples():
        key = (one.agent_id, one.channel, one.created_at.month)
        if one.misunderstood_count == 0 and one.evaluation_is_success is not pd.NA:
            groups[key].append(bool(one.evaluation_is_success))
    lost, expected, good, cost = (defaultdict(list) for _ in range(4))
    for one in frame.itertuples():
        for own in sorted(asked.get(one.conversation_id, ())):
            share = 1 / len(asked[one.conversation_id])
            cost[own].append(one.cost * share)
            if one.evaluation_is_success is pd.NA:
                continue
            rate = np.mean(groups[one.agent_id, one.channel, one.created_at.month])
            lost[own].append(share * (rate - bool(one.evaluation_is_success)))
            expected[own].append(rate)
            good[own].append(bool(one.evaluation_is_success))
    for own in clusters.summary["cluster_id"]:
        found = row(table, own)
        assert found["recoverable"] == pytest.approx(sum(lost[own]))
        assert found["expected_rate"] == pytest.approx(np.mean(expected[own]))
        assert found["difference"] == pytest.approx(np.mean(good[own]) - np.mean(expected[own]))
        assert found["cost"] == pytest.approx(sum(cost[own]))
        assert (found["n"], found["successes"]) == (len(good[own]), sum(good[own]))
        weeks = (frame["created_at"].max() - frame["created_at"].min()) / pd.Timedelta(days=7)
        assert found["recoverable_per_week"] == pytest.approx(sum(lost[own]) / weeks)
    assert row(table, "total")["conversations"] == len(asked)


def test_interval_is_that_of_people_drawn_one_by_one():
    frame, clusters, _ = world(4, people=120)

    found = row(impact(clusters, frame, n_boot=1000, strata="agent_id"), "q0")

    known = frame[frame["evaluation_is_success"].notna()]
    share = 1 / clusters.queries.groupby("conversation_id")["cluster_id"].transform("nunique")
    held = clusters.queries.assign(share=share)
    held = held[held["cluster_id"].eq("q0")].set_index("conversation_id")["share"]
    weight = known["conversation_id"].map(held).fillna(0).to_numpy()
    clean = known["misunderstood_count"].eq(0).to_numpy()
    good = known["evaluation_is_success"].to_numpy(dtype=float)
    stratum, _ = pd.factorize(known["agent_id"] + known["created_at"].dt.strftime("%m"))
    person, _ = pd.factorize(known["user_id"])
    rng, drawn = np.random.default_rng(9), []
    for _ in range(1000):
        times = np.bincount(rng.integers(0, person.max() + 1, person.max() + 1),
                            minlength=person.max() + 1)[person]  # fmt: skip
        rate = np.bincount(stratum, times * clean * good) / np.bincount(stratum, times * clean)
        drawn.append(np.sum(times * weight * (rate[stratum] - good)) / np.sum(times * weight))
    low, high = np.quantile(drawn, [0.025, 0.975]) * weight.sum()
    width = high - low
    assert found["recoverable_low"] == pytest.approx(low, abs=0.12 * width)
    assert found["recoverable_high"] == pytest.approx(high, abs=0.12 * width)


def test_clusters_and_unassigned_add_up_to_the_total():
    conversations, clusters, _ = planted(2500)

    table = impact(clusters, conversations, users="lead_id")

    parts, total = table[table["kind"] != "total"], row(table, "total")
    assert total["recoverable"] == pytest.approx(parts["recoverable"].sum(), rel=1e-12)
    assert total["conversations"] < parts["conversations"].sum()
    assert total["conversations"] == clusters.queries["conversation_id"].nunique()
    # More than all failures cannot be won back.
    assert total["recoverable"] <= total["n"] - total["successes"]
    assert row(table, "unassigned")["conversations"] > 0


@pytest.mark.parametrize("seed", range(6))
def test_clusters_of_many_small_strata_add_up_as_well(seed):
    rng = np.random.default_rng(seed)
    ids = [f"q{place}" for place in range(12)]
    asked = [
        (" ".join(rng.choice(ids, rng.integers(1, 12), replace=False)), rng.random() < 0.4)
        for _ in range(60)
    ]
    frame, clusters = simple(asked, [bool(x) for x in rng.random(200) < 0.7])
    frame["agent_id"] = rng.choice(list("abcdef"), len(frame))

    table = impact(clusters, frame, min_users=3)

    total = row(table, "total")["recoverable"]
    assert table.loc[table["kind"] != "total", "recoverable"].sum() == pytest.approx(total)
    assert table.loc[table["kind"] != "total", "cost"].sum() == pytest.approx(30.0)


def test_order_of_rows_does_not_matter_and_nothing_is_changed():
    frame, clusters, _ = world(5, people=200)
    kept = frame.copy(), clusters.queries.copy(), clusters.summary.copy()
    table = impact(clusters, frame)

    mixed = SimpleNamespace(
        queries=clusters.queries.sample(frac=1, random_state=1), summary=clusters.summary
    )
    again = impact(mixed, frame.sample(frac=1, random_state=2))

    assert_frame_equal(table, again, check_exact=True)
    for now, then in zip((frame, clusters.queries, clusters.summary), kept, strict=True):
        assert_frame_equal(now, then)


def test_rows_are_ranked_by_the_shrunken_number():
    frame, clusters, _ = world(6)

    table = impact(clusters, frame)

    ranked = table[table["kind"].eq("cluster")]
    assert ranked["rank"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert ranked["shrunken_recoverable"].is_monotonic_decreasing
    assert ranked["cluster_id"].iloc[0] == "q0"
    assert table["kind"].tolist()[-2:] == ["unassigned", "total"]
    assert table["rank"].isna().tolist()[-2:] == [True, True]


def test_small_cluster_that_always_fails_is_pulled_in_and_has_an_honest_interval():
    rng = np.random.default_rng(0)
    asked = [("q1", False)] * 6 + [("q2", bool(x)) for x in rng.random(120) < 0.45]
    asked += [("q3", bool(x)) for x in rng.random(120) < 0.5]
    frame, clusters = simple(asked, [True] * 210 + [False] * 90)

    table = impact(clusters, frame, n_boot=500)

    small = row(table, "q1")
    assert "one_outcome" in flags(table, "q1")
    assert small["difference"] == pytest.approx(-0.7)
    # Wilson: 0 of 6 may be 39 %.
    assert small["difference_low"] < -0.7 < small["difference_high"] < -0.2
    assert small["difference_high"] == pytest.approx(0.39 - 0.7, abs=0.03)
    assert small["recoverable_high"] == pytest.approx(-6 * small["difference_low"])
    assert 6 * 0.2 < small["shrunken_recoverable"] < small["recoverable"] == pytest.approx(4.2)


def test_clusters_of_few_people_have_neither_interval_nor_rank():
    asked = [("q1", False)] * 4 + [("q2", False), ("q2", True)] * 5
    frame, clusters = simple(asked, [True, True, False] * 10)

    table = impact(clusters, frame)

    assert "few_people" in flags(table, "q1")
    few = row(table, "q1")
    assert np.isnan(few[["recoverable_low", "recoverable_high", "rank"]].astype(float)).all()
    assert few["recoverable"] == pytest.approx(4 * 2 / 3)
    assert row(table, "q2")["rank"] == 1.0
    assert row(table, "q2")["recoverable_low"] < row(table, "q2")["recoverable_high"]
    assert table["cluster_id"].tolist()[:2] == ["q2", "q1"]


def test_conversations_without_comparable_ones_are_counted_and_left_out():
    asked = [("q1", False), ("q1", True)] * 10 + [("q2", False)] * 6
    frame, clusters = simple(asked, [True, True, False] * 10)
    frame.loc[:3, "channel"] = "phone"
    frame.loc[20:25, "agent_id"] = "b"
    frame.loc[30:33, "agent_id"] = "b"  # a reference of four people is none

    table = impact(clusters, frame)

    first, second = row(table, "q1"), row(table, "q2")
    assert (first["n"], first["matched"], first["unmatched"]) == (20, 16, 4)
    assert "unmatched" in flags(table, "q1")
    assert first["difference"] == pytest.approx(0.5 - first["expected_rate"])
    assert (second["matched"], second["unmatched"]) == (0, 6)
    assert "no_reference" in flags(table, "q2")
    assert np.isnan(second["recoverable"])
    assert row(table, "total")["recoverable"] == first["recoverable"]
    enough = impact(clusters, frame, min_users=4)
    assert row(enough, "q2")["matched"] == 6


def test_nothing_is_said_where_no_outcome_is_known_or_one_person_is_everybody():
    frame, clusters = simple([("q1", None)] * 8, [True, False] * 10)
    table = impact(clusters, frame)
    assert (row(table, "q1")["n"], row(table, "q1")["unknown"]) == (0, 8)
    assert flags(table, "q1") == {"no_known"}
    assert np.isnan(row(table, "q1")["recoverable"])

    frame, clusters = simple([("q1", False)] * 8, [True, False] * 10, users=1)
    table = impact(clusters, frame)
    assert row(table, "q1")["people"] == 1
    assert {"few_people", "no_reference"} <= flags(table, "q1")
    assert table[["recoverable", "rank"]].isna().all(axis=None)


def test_unassigned_queries_have_a_row_of_their_own_and_share_the_weight():
    frame, clusters = simple(
        [("q1 q2", False), ("q1", False)] * 5 + [("q1", True)] * 5, [True] * 20
    )
    clusters.queries["cluster_id"] = clusters.queries["cluster_id"].where(
        clusters.queries["cluster_id"].eq("q1")
    )
    clusters.summary = clusters.summary[:1]

    table = impact(clusters, frame)

    # Five conversations are shared; all of them fail where all others succeed.
    assert row(table, "q1")["recoverable"] == 5 + 5 / 2
    assert row(table, "unassigned")["recoverable"] == 5 / 2
    assert row(table, "unassigned")["conversations"] == 5
    assert row(table, "total")["recoverable"] == 10


def test_interval_gives_conversations_their_share():
    asked = [("q1", False), ("q1 q2 q3 q4", True)] * 20
    frame, clusters = simple(asked, [True] * 70 + [False] * 30)

    found = row(impact(clusters, frame), "q1")

    # 20 that count in full lack .7, 20 that count a quarter have .3 too much.
    assert found["recoverable"] == pytest.approx(20 * 0.7 - 5 * 0.3)
    assert found["recoverable_low"] < found["recoverable"] < found["recoverable_high"]
    assert found["recoverable_low"] > 5
    assert found["difference"] == pytest.approx(0.5 - 0.7)


def test_costs_of_several_platforms_are_not_added_up():
    frame, clusters = simple([("q1", False)] * 6 + [("q2", False)] * 6, [True] * 20)
    frame.loc[0, ["platform", "cost"]] = ["retell", 40.0]
    frame.loc[6, ["platform", "cost"]] = ["botpress", np.nan]

    table = impact(clusters, frame)

    assert np.isnan(row(table, "q1")["cost"])
    assert "mixed_cost_units" in flags(table, "q1")
    assert (row(table, "q2")["cost"], row(table, "q2")["cost_platform"]) == (2.5, "vapi")
    assert "mixed_cost_units" not in flags(table, "q2")
    assert np.isnan(row(table, "total")["cost"])
    unnamed = impact(clusters, frame.assign(platform=pd.Series([None] * len(frame), dtype="str")))
    assert unnamed["cost"].isna().all()
    with pytest.raises(InputError, match="cost is"):
        impact(clusters, frame.assign(cost="1 USD"))


def test_undated_and_unclustered_conversations_and_gaps_are_told():
    frame, clusters = simple([("q1", False)] * 8, [True, False] * 10)
    frame.loc[0, "created_at"] = pd.NaT
    frame.loc[27, "misunderstood_count"] = 2
    frame.attrs["chatdash"] = {
        "gaps": [{"start": "2026-03-02T00:00Z", "end": "2026-03-03T00:00Z"}],
        "start": "2026-03-01T00:00Z",
        "end": "2026-03-29T00:00Z",
    }

    table = impact(clusters, frame)

    assert {"undated", "gap"} <= flags(table, "q1")
    assert row(table, "q1")["unmatched"] == 1
    assert "unclustered" in flags(table, "total")
    assert "unclustered" not in flags(table, "q1")
    assert row(table, "q1")["expected_rate"] == 10 / 19
    assert row(table, "total")["recoverable_per_week"] == row(table, "total")["recoverable"] / 4


def test_less_than_a_week_gives_no_weekly_number():
    frame, clusters = simple([("q1", False)] * 8, [True, False] * 10)
    frame["created_at"] = frame["created_at"].min()

    table = impact(clusters, frame)

    assert "short_span" in flags(table, "q1")
    assert table["recoverable_per_week"].isna().all()


def test_months_are_strata_of_the_local_clock():
    frame, clusters = simple([("q1", False)] * 6, [True] * 6 + [False] * 6)
    frame["created_at"] = pd.Timestamp("2026-03-01T03:00Z").as_unit("us")
    frame.loc[12:, "created_at"] = pd.Timestamp("2026-03-02T03:00Z").as_unit("us")

    utc = impact(clusters, frame)
    new_york = impact(clusters, frame, tz="America/New_York")

    assert row(utc, "q1")["expected_rate"] == 0.5
    assert row(new_york, "q1")["expected_rate"] == 1.0


def test_months_before_1970_are_months_like_others():
    frame, clusters = simple([("q1", False)] * 6, [True] * 6 + [False] * 6)
    frame["created_at"] = pd.Timestamp("1970-01-02T03:00Z").as_unit("us")
    frame.loc[12:, "created_at"] = pd.Timestamp("1969-12-02T03:00Z").as_unit("us")
    frame.loc[12:, "agent_id"] = "b"

    table = impact(clusters, frame)

    assert row(table, "q1")["expected_rate"] == 1.0


def test_intervals_hold_what_was_planted():
    hits, point, true = [], [], []
    for seed in range(50):
        frame, clusters, truth = world(seed, people=400)
        table = impact(clusters, frame, random_state=seed)
        every = [row(table, f"q{place}") for place in range(4)] + [row(table, "total")]
        wanted = [*truth, truth.sum()]
        hits += [
            own["recoverable_low"] <= real <= own["recoverable_high"]
            for own, real in zip(every, wanted, strict=True)
        ]
        point.append([own["recoverable"] for own in every])
        true.append(wanted)

    assert 0.91 <= np.mean(hits) <= 0.985
    error = np.mean(point, axis=0) - np.mean(true, axis=0)
    assert (np.abs(error) < 3 * np.std(np.array(point) - true, axis=0) / np.sqrt(50)).all()


@pytest.mark.slow
@pytest.mark.parametrize(("people", "most"), [(150, 0.99), (1000, 0.97)])
def test_coverage_is_close_to_the_level_and_cautious_for_small_clusters(people, most):
    hits = []
    for seed in range(400):
        frame, clusters, truth = world(seed, people=people)
        table = impact(clusters, frame, random_state=seed, n_boot=300)
        found = [row(table, f"q{place}") for place in range(4)]
        hits += [
            own["recoverable_low"] <= real <= own["recoverable_high"]
            for own, real in zip(found, truth, strict=True)
            if not np.isnan(own["recoverable_low"])
        ]

    assert 0.93 <= np.mean(hits) <= most


def test_shrunken_numbers_are_nearer_to_the_truth():
    raw, shrunken = [], []
    for seed in range(12):
        frame, clusters, truth = world(seed, people=120)
        table = impact(clusters, frame, min_users=2)
        own = table.set_index("cluster_id").loc[[f"q{place}" for place in range(4)]]
        usable = own["shrunken_recoverable"].notna().to_numpy()
        raw += list((own["recoverable"].to_numpy() - truth)[usable] ** 2)
        shrunken += list((own["shrunken_recoverable"].to_numpy() - truth)[usable] ** 2)

    assert np.mean(shrunken) < np.mean(raw)


def test_same_seed_gives_the_same_and_level_widens():
    frame, clusters, _ = world(8, people=150)

    first, again = (impact(clusters, frame, random_state=3) for _ in range(2))
    wide = impact(clusters, frame, random_state=3, level=0.99)

    assert_frame_equal(first, again)
    total = row(first, "total"), row(wide, "total")
    assert total[1]["recoverable_low"] < total[0]["recoverable_low"]
    assert total[1]["recoverable_high"] > total[0]["recoverable_high"]


def test_wrong_tables_and_arguments_are_refused():
    frame, clusters, _ = world(9, people=40)

    with pytest.raises(MissingColumnsError, match="misunderstood_count"):
        impact(clusters, frame.drop(columns="misunderstood_count"))
    with pytest.raises(MissingColumnsError, match="campaign_id"):
        impact(clusters, frame, strata=["campaign_id"])
    with pytest.raises(InputError, match="is no flag"):
        impact(clusters, frame, outcome="channel")
    with pytest.raises(InputError, match="queries are not in the table"):
        impact(clusters, frame[frame["misunderstood_count"].eq(0)])
    with pytest.raises(InputError, match="takes clusters"):
        impact(frame, frame)
    with pytest.raises(InputError, match="pandas DataFrame"):
        cluster_impact(clusters, frame.to_dict())
    for more in ({"level": 2}, {"n_boot": 5}, {"min_users": 0}, {"tz": "Mars"}, {"strata": [1]}):
        with pytest.raises(InputError):
            impact(clusters, frame, **more)
    with pytest.raises(IncompleteError, match="who was reached"):
        impact(clusters, frame.assign(interacted=True), outcome="interacted")


@pytest.mark.parametrize(
    "change",
    [
        {"user_id": pd.Series([None] * 28, dtype="str")},
        {"user_id": pd.Series(["\ud800 🎉"] * 28, dtype="object")},
        {"channel": pd.Series([None] * 28, dtype="str")},
        {"cost": np.inf},
        {"evaluation_is_success": [True, None] * 14},
    ],
    ids=["nobody named", "lone surrogate", "no channel", "infinite cost", "flags as objects"],
)
def test_odd_columns_get_a_typed_answer(change):
    frame, clusters = simple([("q1", False)] * 8, [True, False] * 10)

    table = impact(clusters, frame.assign(**change).set_index(pd.Index([0, 0, 1, 1] * 7)))

    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == DTYPES
    assert row(table, "q1")["conversations"] == 8


def test_planted_topics_of_the_sample_have_plausible_numbers():
    conversations, clusters, _ = planted(4000)

    table = impact(clusters, conversations)

    named = table[table["kind"].eq("cluster")]
    assert len(named) == clusters.summary["cluster_id"].nunique()
    assert named["rank"].notna().sum() >= 15
    assert (named["recoverable_low"] <= named["recoverable"]).sum() == named["rank"].notna().sum()
    assert row(table, "total")["recoverable_low"] > 0
    assert table.attrs["cluster_impact"]["strata"] == ["agent_id", "channel"]
