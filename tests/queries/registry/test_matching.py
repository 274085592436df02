"""Matching clusters of two fits on their members: which keep their ids, and what is told."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.registry.matching import EVENTS, Matching, match_members


def ids_of(members: dict[str, str | None]) -> pd.Series:
    return pd.Series(
        list(members.values()), index=pd.Index(list(members), dtype="str"), dtype="str"
    )


def numbers_of(members: dict[str, int]) -> pd.Series:
    return pd.Series(
        list(members.values()), index=pd.Index(list(members), dtype="str"), dtype="int64"
    )


def spelled(clusters: dict) -> dict:
    """{"q001": "abc"} -> one entry a letter."""
    return {letter: name for name, letters in clusters.items() for letter in letters}


def match(old: dict, new: dict, weights: dict | None = None, gone: dict | None = None) -> Matching:
    numbers = numbers_of(spelled(new))
    weight = pd.Series(1, index=numbers.index).astype("int64")
    for group, value in (weights or {}).items():
        weight[group] = value
    last = None
    if gone is not None:
        rows = [(letter, one) for one, letters in gone.items() for letter in letters]
        last = pd.Series([b for _, b in rows], index=[a for a, _ in rows], dtype="str")
    return match_members(ids_of(spelled(old)), numbers, weights=weight, gone=last)


def told(found: Matching) -> list[tuple]:
    events = found.events.astype(object).where(found.events.notna(), None)
    return [tuple(row) for row in events.itertuples(index=False)]


def kept(found: Matching) -> dict[int, str]:
    return found.ids.dropna().to_dict()


def test_the_same_clusters_keep_their_ids_whatever_their_numbers():
    found = match({"q001": "abc", "q002": "de"}, {7: "de", 3: "abc"})
    assert found.ids.to_dict() == {3: "q001", 7: "q002"}
    assert told(found) == [("kept", "q001", None, 3, 1.0), ("kept", "q002", None, 7, 1.0)]


def test_new_texts_do_not_count_against_a_cluster():
    found = match({"q001": "ab"}, {0: "abcdefghij"})
    assert told(found) == [("kept", "q001", None, 0, 1.0)]


def test_texts_that_are_no_longer_there_do_not_count_against_a_cluster():
    found = match({"q001": "abcdefghij"}, {0: "ab"})
    assert told(found) == [("kept", "q001", None, 0, 1.0)]


def test_texts_that_were_known_to_be_outside_do_count():
    found = match({"q001": "a", None: "bcd"}, {0: "abcd"})
    assert kept(found) == {}
    # All of it is in the new cluster, so that it was merged into that.
    assert told(found) == [
        ("born", None, "q001", 0, 0.25),
        ("merged", "q001", None, 0, 1.0),
    ]


def test_texts_that_are_unassigned_now_do_count():
    assert kept(match({"q001": "abcd"}, {0: "a", -1: "bcd"})) == {}
    assert kept(match({"q001": "abcd"}, {0: "ab", -1: "cd"})) == {0: "q001"}


def test_exactly_a_half_is_enough_and_less_is_not():
    assert kept(match({"q001": "abcd"}, {0: "ab", 1: "cx", 2: "d"})) == {0: "q001"}
    assert kept(match({"q001": "abcde"}, {0: "ab", 1: "cd", 2: "e"})) == {}


def test_queries_count_not_texts():
    found = match({"q001": "abc", "q002": "z"}, {0: "a", 1: "bc", 2: "z"}, {"a": 10})
    assert kept(found) == {0: "q001", 2: "q002"}
    found = match({"q001": "abc", "q002": "z"}, {0: "a", 1: "bc", 2: "z"})
    assert kept(found) == {1: "q001", 2: "q002"}


def test_of_a_split_the_larger_part_keeps_the_id():
    found = match({"q001": "abcdef"}, {0: "ab", 1: "cdef"})
    assert told(found) == [
        ("kept", "q001", None, 1, 4 / 6),
        ("born", None, "q001", 0, 1.0),
        ("split", "q001", None, 0, 2 / 6),
    ]


def test_of_a_merge_the_larger_one_keeps_the_id():
    found = match({"q001": "ab", "q002": "cdef"}, {0: "abcdef"})
    assert told(found) == [
        ("kept", "q002", None, 0, 4 / 6),
        ("merged", "q001", "q002", 0, 1.0),
    ]


def test_a_part_that_goes_over_to_a_cluster_that_stays_is_a_split():
    found = match({"q001": "abcd", "q002": "efgh"}, {0: "abc", 1: "defgh"})
    assert told(found) == [
        ("kept", "q001", None, 0, 3 / 4),
        ("kept", "q002", None, 1, 4 / 5),
        ("split", "q001", "q002", 1, 1 / 4),
    ]


def test_small_overlaps_are_not_told():
    found = match({"q001": "abcde", "q002": "fghij"}, {0: "abcd", 1: "efghij"})
    assert [event for event, *_ in told(found)] == ["kept", "kept"]


def test_a_cluster_in_three_equal_parts_is_gone_and_each_part_is_born_of_it():
    found = match({"q001": "abcdef"}, {0: "ab", 1: "cd", 2: "ef"})
    assert told(found) == [
        *[("born", None, "q001", number, 1.0) for number in range(3)],
        *[("split", "q001", None, number, 1 / 3) for number in range(3)],
        ("gone", "q001", None, -1, None),
    ]


def test_a_cluster_whose_texts_are_all_unassigned_or_absent_is_gone():
    found = match({"q001": "ab", "q002": "cd", "q003": "x"}, {-1: "ab", 0: "x"})
    assert told(found)[1:] == [("gone", "q001", None, -1, None), ("gone", "q002", None, -1, None)]


def test_what_is_gone_comes_back_by_its_last_members():
    found = match({None: "abc", "q002": "xyz"}, {0: "abc", 1: "xyz"}, gone={"q001": "abcd"})
    assert told(found) == [
        ("kept", "q002", None, 1, 1.0),
        ("returned", "q001", None, 0, 1.0),
    ]


def test_what_is_gone_takes_no_id_from_a_cluster_that_is_as_near():
    found = match({"q002": "abc"}, {0: "abc"}, gone={"q001": "abc"})
    assert kept(found) == {0: "q002"}


def test_an_undone_merge_gives_both_ids_back():
    # q002 was merged into q001, which then held all four.
    found = match({"q001": "abcd"}, {0: "cd", 1: "ab"}, gone={"q002": "cd"})
    assert found.ids.to_dict() == {0: "q002", 1: "q001"}


def test_ties_go_to_the_smaller_id_and_to_the_cluster_with_the_smallest_text():
    assert kept(match({"q1000": "ab", "q999": "cd"}, {5: "abcd"})) == {5: "q999"}
    assert kept(match({"q001": "abcd"}, {9: "ab", 1: "cd"})) == {9: "q001"}


def test_nothing_at_all_is_typed():
    found = match({}, {})
    assert found.events.dtypes.astype(str).to_dict() == EVENTS
    assert (len(found.events), len(found.ids), str(found.ids.dtype)) == (0, 0, "str")


def test_events_have_the_same_dtypes_whatever_happened():
    for old, new in (({"q001": "a"}, {}), ({}, {0: "a"}), ({"q001": "ab"}, {0: "a", -1: "b"})):
        found = match(old, new)
        assert found.events.dtypes.astype(str).to_dict() == EVENTS
        assert isinstance(found.events.index, pd.RangeIndex)


def test_doubled_groups_and_missing_weights_are_refused():
    old, new = ids_of({"a": "q001"}), numbers_of({"a": 0})
    double = pd.concat([new, new])
    with pytest.raises(InputError, match="occurs twice"):
        match_members(old, double, weights=numbers_of({"a": 1}))
    for weights in ({"b": 1}, {"a": 0}):
        with pytest.raises(InputError, match=r"1 of the 1 duplicate groups .* no weight"):
            match_members(old, new, weights=numbers_of(weights))


GROUPS = "abcdefghijkl"
OLD = st.dictionaries(
    st.sampled_from(GROUPS), st.sampled_from(["q001", "q002", "q003", "q004"]) | st.none()
)
NEW = st.dictionaries(st.sampled_from(GROUPS), st.integers(-1, 3))
WEIGHTS = st.lists(st.integers(1, 4), min_size=len(GROUPS), max_size=len(GROUPS))


def jaccards(old: dict, new: dict, weights: dict) -> dict[tuple[str, int], Fraction]:
    """The index of each pair by its definition, on sets, as exact fractions."""
    common = old.keys() & new.keys()
    found = {}
    for one in {value for value in old.values() if value}:
        for number in {value for value in new.values() if value >= 0}:
            before = {group for group in common if old[group] == one}
            after = {group for group in common if new[group] == number}
            union = sum(weights[group] for group in before | after)
            if before & after:
                found[one, number] = Fraction(sum(weights[g] for g in before & after), union)
    return found


def brute_force(scores: dict[tuple[str, int], Fraction]) -> Fraction:
    """The largest total of any matching of pairs from a half on."""
    good = {pair: score for pair, score in scores.items() if score >= Fraction(1, 2)}
    ids, numbers = ({pair[place] for pair in good} for place in (0, 1))
    best = Fraction(0)
    for size in range(min(len(ids), len(numbers)) + 1):
        for chosen in combinations(sorted(ids), size):
            for order in permutations(sorted(numbers), size):
                pairs = list(zip(chosen, order, strict=True))
                if all(pair in good for pair in pairs):
                    best = max(best, sum((good[pair] for pair in pairs), Fraction(0)))
    return best


@given(old=OLD, new=NEW, sizes=WEIGHTS)
@settings(max_examples=50, deadline=None)
def test_the_total_is_the_largest_that_any_matching_has(old, new, sizes):
    weights = dict(zip(GROUPS, sizes, strict=True))
    found = match_members(ids_of(old), numbers_of(new), weights=numbers_of(weights))
    scores = jaccards(old, new, weights)
    pairs = [(one, number) for number, one in kept(found).items()]
    assert len({one for one, _ in pairs}) == len(pairs)
    assert all(scores[pair] >= Fraction(1, 2) for pair in pairs)
    assert sum((scores[pair] for pair in pairs), Fraction(0)) == brute_force(scores)


def test_hundreds_of_clusters_are_matched_as_by_the_assignment_of_scipy():
    rng = np.random.default_rng(3)
    groups = pd.Index([f"g{number:05d}" for number in range(6_000)], dtype="str")
    before = rng.integers(0, 300, 6_000)
    after = np.where(rng.random(6_000) < 0.25, rng.integers(0, 300, 6_000), before)
    old = pd.Series([f"q{number + 1:03d}" for number in before], index=groups, dtype="str")
    weights = pd.Series(rng.integers(1, 9, 6_000), index=groups)
    found = match_members(old, pd.Series(after, index=groups), weights=weights)

    both = np.zeros((300, 300))
    np.add.at(both, (before, after), weights)
    union = both.sum(1)[:, None] + both.sum(0)[None] - both
    score = np.where(2 * both >= union, both / union, 0.0)
    rows, columns = linear_sum_assignment(score, maximize=True)
    expected = {int(c): f"q{r + 1:03d}" for r, c in zip(rows, columns, strict=True) if score[r, c]}
    assert kept(found) == expected
    assert 100 < len(expected) < 300


@given(old=OLD, new=NEW, sizes=WEIGHTS, seed=st.integers(0, 2**16))
@settings(max_examples=20, deadline=None)
def test_neither_the_order_of_rows_nor_the_numbers_matter(old, new, sizes, seed):
    rng = np.random.default_rng(seed)
    weights = numbers_of(dict(zip(GROUPS, sizes, strict=True)))
    gone = pd.Series(["q009", "q008", "q009", "q008"], index=list("abca"), dtype="str")
    renumber = {-1: -1, **dict(enumerate((rng.permutation(4) + 10).tolist()))}

    def shuffled(column: pd.Series) -> pd.Series:
        return column.iloc[rng.permutation(len(column))]

    plain = match_members(ids_of(old), numbers_of(new), weights=weights, gone=gone)
    other = match_members(
        shuffled(ids_of(old)),
        shuffled(numbers_of(new).map(renumber).astype("int64")),
        weights=shuffled(weights),
        gone=shuffled(gone),
    )
    assert {renumber[number]: one for number, one in kept(plain).items()} == kept(other)
    expected = plain.events.assign(number=plain.events["number"].map(renumber))
    pd.testing.assert_frame_equal(other.events, expected.astype(EVENTS))


@given(old=OLD, new=NEW)
@settings(max_examples=30, deadline=None)
def test_every_cluster_is_accounted_for_once(old, new):
    weights = numbers_of(dict.fromkeys(GROUPS, 1))
    events = match_members(ids_of(old), numbers_of(new), weights=weights).events
    fates = events[events["event"].isin(["kept", "merged", "gone"])]["cluster_id"]
    assert sorted(fates) == sorted({one for one in old.values() if one})
    found = events[events["event"].isin(["kept", "born"])]["number"]
    assert sorted(found) == sorted({number for number in new.values() if number >= 0})
    assert events["overlap"].dropna().between(0, 1).all()
