"""The registry: ids, names and marks that outlast refits, and a history that tells all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.registry.curation import merge, rename
from chatdash_analysis.queries.registry.refitting import (
    MEMORY,
    Registry,
    first_registry,
    next_registry,
    shown_ids,
)
from chatdash_analysis.queries.registry.state import CLUSTERS, EARLIER, HISTORY, MEMBERS

LIFE = ["born", "kept", "returned", "merged", "gone"]


def numbers_of(clusters: dict[int, str]) -> pd.Series:
    """{0: "abc"} -> the number 0 for each of the groups a, b and c."""
    flat = {letter: number for number, letters in clusters.items() for letter in letters}
    return pd.Series(list(flat.values()), index=pd.Index(list(flat), dtype="str"), dtype="int64")


def ones(numbers: pd.Series) -> pd.Series:
    return pd.Series(1, index=numbers.index, dtype="int64")


def first(clusters: dict[int, str]) -> Registry:
    numbers = numbers_of(clusters)
    return first_registry(numbers, weights=ones(numbers))


def then(registry: Registry, clusters: dict[int, str], **options: pd.Series) -> Registry:
    numbers = numbers_of(clusters)
    return next_registry(registry, numbers, weights=ones(numbers), **options)


def members(registry: Registry) -> dict[str, str]:
    held = registry.members.dropna().groupby("cluster_id")["duplicate_group"].agg("".join)
    return held.to_dict()


def events(registry: Registry, version: int) -> list[tuple]:
    rows = registry.history[registry.history["version"] == version]
    rows = rows[["event", "cluster_id", "other_id"]].astype(object).where(rows.notna(), None)
    return [tuple(row) for row in rows.itertuples(index=False)]


def facts(registry: Registry, cluster_id: str) -> dict:
    row = registry.clusters.set_index("cluster_id").loc[cluster_id].astype(object)
    return row.where(row.notna(), None).to_dict()


def expect_sound(registry: Registry) -> None:
    """What holds for every state."""
    for table, dtypes in (
        (registry.clusters, CLUSTERS),
        (registry.members, MEMBERS),
        (registry.earlier, EARLIER),
        (registry.history, HISTORY),
    ):
        assert table.dtypes.astype(str).to_dict() == dtypes
        assert isinstance(table.index, pd.RangeIndex)
    ids = registry.clusters["cluster_id"]
    assert ids.tolist() == [f"q{number:03d}" for number in range(1, len(ids) + 1)]
    current = pd.Series(registry.members["cluster_id"].dropna().unique(), dtype="str")
    assert current.isin(ids).all()
    found = registry.clusters["last"] == registry.version
    assert set(registry.clusters.loc[found, "cluster_id"]) == set(current)
    shown = shown_ids(registry, ids)
    roots = registry.clusters.loc[registry.clusters["merged_into"].isna(), "cluster_id"]
    assert shown.isin(roots).all()
    by = registry.clusters["merged_by"]
    assert by.isna().equals(registry.clusters["merged_into"].isna())
    assert registry.members["duplicate_group"].is_unique
    assert (registry.earlier["version"] >= registry.version - MEMORY).all()
    assert (registry.earlier["version"] < registry.version).all()
    assert not registry.earlier.duplicated(["duplicate_group", "cluster_id"]).any()


def test_first_ids_go_to_the_largest_and_at_ties_to_the_smallest_text():
    registry = first({5: "yz", 0: "bc", 2: "adef", -1: "x"})
    assert members(registry) == {"q001": "adef", "q002": "bc", "q003": "yz"}
    assert registry.members["cluster_id"].isna().sum() == 1
    assert events(registry, 1) == [("born", f"q00{n}", None) for n in (1, 2, 3)]
    expect_sound(registry)


def test_first_ids_go_by_queries_not_by_texts():
    numbers = numbers_of({0: "abc", 1: "z"})
    weights = pd.Series({"a": 1, "b": 1, "c": 1, "z": 9})
    assert members(first_registry(numbers, weights=weights)) == {"q001": "z", "q002": "abc"}


@pytest.mark.parametrize("clusters", [{}, {-1: "abc"}])
def test_nothing_to_name_is_a_sound_registry_and_so_is_what_follows(clusters):
    registry = first(clusters)
    expect_sound(registry)
    assert registry.clusters.empty
    registry = then(registry, {0: "abc"})
    expect_sound(registry)
    registry = then(registry, clusters)
    expect_sound(registry)
    assert events(registry, 3) == [("gone", "q001", None)]


def test_births_take_the_next_number_and_no_number_comes_twice():
    registry = then(first({0: "ab", 1: "cd"}), {0: "ab"})
    registry = then(registry, {0: "ab", 1: "xyz", 2: "uv"})
    assert members(registry) == {"q001": "ab", "q003": "xyz", "q004": "uv"}
    assert facts(registry, "q003")["born"] == 3
    expect_sound(registry)


def test_a_split_keeps_name_and_mark_with_the_larger_part():
    registry = rename(first({0: "abcdef"}), "q001", name="Refunds")
    registry = then(registry, {0: "ab", 1: "cdef"})
    assert members(registry) == {"q001": "cdef", "q002": "ab"}
    assert facts(registry, "q001")["name"] == "Refunds"
    assert facts(registry, "q002")["parent"] == "q001"
    assert facts(registry, "q002")["name"] is None
    assert events(registry, 2) == [
        ("kept", "q001", None),
        ("born", "q002", "q001"),
        ("split", "q001", "q002"),
    ]


def test_a_merge_keeps_the_larger_id_and_loses_no_name():
    registry = rename(first({0: "abcd", 1: "xy"}), "q002", name="Refunds")
    registry = then(registry, {0: "abcdxy"})
    assert members(registry) == {"q001": "abcdxy"}
    assert shown_ids(registry, pd.Series(["q002"], dtype="str")).tolist() == ["q001"]
    lost = facts(registry, "q002")
    assert (lost["name"], lost["merged_into"], lost["merged_by"]) == ("Refunds", "q001", "refit")
    row = registry.history[registry.history["event"] == "merged"]
    assert row[["cluster_id", "other_id", "name"]].to_numpy().tolist() == [
        ["q002", "q001", "Refunds"]
    ]
    expect_sound(registry)


def test_a_merge_that_a_later_refit_takes_back_gives_both_back():
    registry = rename(first({0: "abcd", 1: "xy"}), "q002", name="Refunds")
    registry = then(then(registry, {0: "abcdxy"}), {0: "abcd", 1: "xy"})
    assert members(registry) == {"q001": "abcd", "q002": "xy"}
    assert facts(registry, "q002")["merged_into"] is None
    assert facts(registry, "q002")["name"] == "Refunds"
    assert ("returned", "q002", None) in events(registry, 3)
    expect_sound(registry)


def test_what_comes_back_after_it_was_gone_has_its_id_and_name_again():
    registry = rename(first({0: "abc", 1: "xy"}), "q001", name="Refunds")
    for _ in range(MEMORY - 1):
        registry = then(registry, {-1: "abc", 0: "xy"})
        expect_sound(registry)
    assert facts(registry, "q001")["last"] == 1
    registry = then(registry, {0: "abc", 1: "xy"})
    assert members(registry) == {"q001": "abc", "q002": "xy"}
    assert facts(registry, "q001")["name"] == "Refunds"
    assert registry.history.query("cluster_id == 'q001'")["event"].tolist() == [
        *("born", "renamed", "gone", "returned"),
    ]


def test_what_was_gone_for_too_long_is_forgotten_and_born_anew():
    registry = first({0: "abc", 1: "xy"})
    for _ in range(MEMORY + 1):
        registry = then(registry, {-1: "abc", 0: "xy"})
    assert registry.earlier.empty
    registry = then(registry, {0: "abc", 1: "xy"})
    assert members(registry) == {"q003": "abc", "q002": "xy"}


def test_texts_that_stay_away_for_a_while_are_remembered():
    registry = then(first({0: "abc", 1: "xy"}), {0: "a", 1: "xy"})
    assert registry.earlier["duplicate_group"].tolist() == ["b", "c"]
    # A cluster of texts of which the last fit knew none.
    registry = then(registry, {0: "bc", 1: "xy"})
    assert members(registry) == {"q001": "bc", "q002": "xy"}
    expect_sound(registry)


def test_a_new_month_without_common_texts_is_matched_by_what_the_old_model_says():
    registry = first({0: "abc", 1: "xy"})
    assigned = pd.Series(["q001", "q001", "q002", None], index=list("ABXN"), dtype="str")
    new = {4: "AB", 2: "X", 1: "N"}
    assert set(members(then(registry, new))) == {"q003", "q004", "q005"}
    registry = then(registry, new, assigned=assigned)
    assert members(registry) == {"q001": "AB", "q002": "X", "q003": "N"}
    expect_sound(registry)


def test_what_the_old_model_says_does_not_overrule_what_is_known():
    registry = first({0: "abc", 1: "xy"})
    assigned = pd.Series("q002", index=list("abc"), dtype="str")
    assert members(then(registry, {0: "abc", 1: "xy"}, assigned=assigned))["q001"] == "abc"


def test_the_old_model_may_name_what_is_gone():
    registry = then(first({0: "abc", 1: "xy"}), {0: "xy"})
    assigned = pd.Series("q001", index=list("AB"), dtype="str")
    registry = then(registry, {0: "xy", 1: "AB"}, assigned=assigned)
    assert events(registry, 3) == [("kept", "q002", None), ("returned", "q001", None)]
    registry = then(then(registry, {0: "xy"}), {0: "xy"}, assigned=assigned)
    assert events(registry, 5) == [("kept", "q002", None)]


def test_ids_that_the_registry_does_not_know_are_refused():
    registry = first({0: "abc"})
    strange = pd.Series(["q001", "q007", None], index=list("abx"), dtype="str")
    with pytest.raises(InputError, match=r"1 of the ids given .* such as 'q007'"):
        then(registry, {0: "abc"}, assigned=strange)
    with pytest.raises(InputError, match="1 of the ids given"):
        shown_ids(registry, strange)


def test_merges_of_users_are_shown_through_chains_and_outlast_refits():
    registry = merge(first({0: "abcd", 1: "efg", 2: "hi"}), ["q002", "q003"])
    registry = merge(registry, ["q001", "q002"])
    ids = pd.Series(["q003", None, "q002", "q001"], index=[9, 8, 7, 6], dtype="str", name="c")
    expected = pd.Series(["q001", None, "q001", "q001"], index=[9, 8, 7, 6], dtype="str", name="c")
    pd.testing.assert_series_equal(shown_ids(registry, ids), expected)
    registry = then(registry, {0: "abcd", 1: "efgk", 2: "hi"})
    assert members(registry) == {"q001": "abcd", "q002": "efgk", "q003": "hi"}
    pd.testing.assert_series_equal(shown_ids(registry, ids), expected)


def test_a_merge_of_the_user_wins_over_the_opposite_merge_of_a_refit():
    # The user shows the large one under the id of the small one; the refit finds but the large.
    registry = merge(first({0: "abcd", 1: "xy"}), ["q002", "q001"])
    registry = then(registry, {0: "abcdxy"})
    assert members(registry) == {"q001": "abcdxy"}
    assert shown_ids(registry, pd.Series(["q001", "q002"])).tolist() == ["q002", "q002"]
    expect_sound(registry)


def test_neither_the_state_before_nor_the_input_is_changed():
    registry = first({0: "abcd", 1: "xy"})
    tables = (registry.clusters, registry.members, registry.earlier, registry.history)
    copies = [table.copy(deep=True) for table in tables]
    numbers = numbers_of({0: "abcdxy"})
    weights = ones(numbers)
    next_registry(registry, numbers, weights=weights)
    for table, copy in zip(tables, copies, strict=True):
        pd.testing.assert_frame_equal(table, copy)
    pd.testing.assert_series_equal(numbers, numbers_of({0: "abcdxy"}))


@given(seed=st.integers(0, 2**16))
@settings(max_examples=5, deadline=None)
def test_neither_the_order_of_rows_nor_the_numbers_matter(seed):
    rng = np.random.default_rng(seed)
    registries = []
    for shuffle in (False, True):
        state = np.random.default_rng(seed + 1)
        registry = None
        for _ in range(3):
            groups = pd.Index([f"g{n:02d}" for n in state.permutation(40)[:30]], dtype="str")
            numbers = pd.Series(state.integers(-1, 5, 30), index=groups)
            weights = pd.Series(state.integers(1, 4, 30), index=groups)
            if shuffle:
                names = {-1: -1, **dict(enumerate((rng.permutation(5) + 3).tolist()))}
                numbers = numbers.map(names).sample(frac=1, random_state=seed)
                weights = weights.sample(frac=1, random_state=seed + 2)
            if registry is None:
                registry = first_registry(numbers, weights=weights)
            else:
                registry = next_registry(registry, numbers, weights=weights)
        registries.append(registry)
    for name in ("clusters", "members", "earlier", "history"):
        one, other = (getattr(registry, name) for registry in registries)
        pd.testing.assert_frame_equal(one, other)


def moved(numbers: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Let a share of the members go to other clusters, or to none."""
    goes = rng.random(len(numbers)) < share
    return np.where(goes, rng.integers(-1, numbers.max() + 1, len(numbers)), numbers)


def ids_by_number(registry: Registry, numbers: pd.Series) -> pd.Series:
    ids = registry.members.set_index("duplicate_group")["cluster_id"].reindex(numbers.index)
    inside = numbers >= 0
    assert ids[inside].groupby(numbers[inside]).nunique().eq(1).all()
    return ids[inside].groupby(numbers[inside]).first()


def test_ids_are_kept_when_a_tenth_is_new_and_some_members_move():
    rng = np.random.default_rng(7)
    kept = 0
    for _ in range(5):
        truth = np.repeat(np.arange(100), rng.geometric(0.08, 100) + 2)
        groups = pd.Index([f"g{number:06d}" for number in rng.permutation(len(truth))], dtype="str")
        old = pd.Series(truth, index=groups)
        registry = first_registry(old, weights=pd.Series(1, index=groups))
        before = ids_by_number(registry, old)

        more = rng.integers(0, 100, len(truth) // 10)
        extra = pd.Index([f"n{number:06d}" for number in range(len(more))], dtype="str")
        after = np.concatenate([moved(truth, 0.03, rng), more])
        new = pd.Series(after, index=groups.append(extra))
        weights = pd.Series(rng.geometric(0.5, len(new)), index=new.index)
        registry = next_registry(registry, new, weights=weights)
        kept += (ids_by_number(registry, new).reindex(before.index) == before).sum()
    assert kept >= 0.99 * 500


def refit(truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Split one cluster, merge two, dissolve one, let some members move."""
    numbers = truth.copy()
    one, two, three, four = rng.choice(np.unique(numbers[numbers >= 0]), 4, replace=False)
    inside = np.flatnonzero(numbers == one)
    numbers[inside[: int(len(inside) * rng.uniform(0.2, 0.8))]] = numbers.max() + 1
    numbers[numbers == two] = three
    if rng.random() < 0.5:
        numbers[numbers == four] = -1
    return moved(numbers, 0.02, rng)


@pytest.mark.parametrize("seed", [1, 2])
def test_twenty_refits_leave_every_state_sound_and_tell_every_change(seed):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 25, 1_500)
    every = pd.Index([f"g{number:05d}" for number in range(len(truth))], dtype="str")
    registry, alive = None, set()
    for version in range(1, 22):
        held = rng.random(len(truth)) < 0.9
        # Every other fit starts from the true clusters, so that what is gone comes back.
        fit = refit(truth, rng) if version % 2 else truth
        numbers = pd.Series(fit, index=every)[held].sample(frac=1, random_state=version)
        weights = pd.Series(1, index=numbers.index)
        if registry is None:
            registry = first_registry(numbers, weights=weights)
        else:
            registry = next_registry(registry, numbers, weights=weights)
        expect_sound(registry)
        alive = told_changes(registry, alive)
        if version in {4, 9}:
            registry = merge(registry, shown_now(registry)[:3])
            expect_sound(registry)
    assert {"split", "merged", "returned", "gone"} <= set(registry.history["event"])


def shown_now(registry: Registry) -> list[str]:
    current = pd.Series(registry.members["cluster_id"].dropna().unique(), dtype="str")
    return sorted(set(shown_ids(registry, current)))


def told_changes(registry: Registry, alive: set[str]) -> set[str]:
    """Replay the history of the last version: it must lead from one state to the next."""
    rows = registry.history[registry.history["version"] == registry.version]
    by_event = {name: set(rows.loc[rows["event"] == name, "cluster_id"]) for name in LIFE}
    ended = by_event["merged"] | by_event["gone"]
    assert alive == by_event["kept"] | ended
    assert not (by_event["born"] | by_event["returned"]) & alive
    assert rows[rows["event"].isin(LIFE)]["cluster_id"].is_unique
    now = by_event["kept"] | by_event["born"] | by_event["returned"]
    assert now == set(registry.members["cluster_id"].dropna())
    born = registry.clusters.loc[registry.clusters["born"] == registry.version, "cluster_id"]
    assert by_event["born"] == set(born)
    return now
