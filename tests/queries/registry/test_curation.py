"""What users do to clusters, and what they are told where it cannot be done."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.registry.curation import mark_fixed, merge, rename, reopen
from chatdash_analysis.queries.registry.refitting import (
    Registry,
    first_registry,
    next_registry,
    shown_ids,
)
from chatdash_analysis.queries.registry.state import CLUSTERS, HISTORY


def registry_of(*clusters: str) -> Registry:
    flat = {letter: number for number, letters in enumerate(clusters) for letter in letters}
    numbers = pd.Series(flat, dtype="int64")
    return first_registry(numbers, weights=pd.Series(1, index=numbers.index))


@pytest.fixture
def three() -> Registry:
    return registry_of("abc", "de", "f")


def last_event(registry: Registry) -> dict:
    row = registry.history.iloc[-1].astype(object)
    return row[row.notna()].to_dict()


def expect_typed(registry: Registry) -> None:
    assert registry.clusters.dtypes.astype(str).to_dict() == CLUSTERS
    assert registry.history.dtypes.astype(str).to_dict() == HISTORY


def column(registry: Registry, name: str) -> list:
    values = registry.clusters[name].astype(object)
    return values.where(values.notna(), None).tolist()


def test_a_name_is_stripped_and_stands_in_the_history(three):
    named = rename(three, "q002", name="  Öffnungszeiten 👩\u200d🔧 \n")
    assert column(named, "name") == [None, "Öffnungszeiten 👩\u200d🔧", None]
    assert last_event(named) == {
        "version": 1,
        "event": "renamed",
        "cluster_id": "q002",
        "name": "Öffnungszeiten 👩\u200d🔧",
    }
    assert column(three, "name") == [None, None, None]
    assert len(three.history) == 3
    expect_typed(named)


def test_the_same_name_again_changes_nothing(three):
    named = rename(three, "q002", name="Hours")
    assert rename(named, "q002", name=" Hours ") is named


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "has 0 characters"),
        (" \n\t ", "has 0 characters"),
        ("x" * 81, "has 81 characters"),
        ("two\nlines", "line break"),
        ("nul\x00", "line break"),
        ("half \ud83d", "cannot be shown"),
        (None, "is no text"),
        (3, "is no text"),
    ],
)
def test_names_that_cannot_be_shown_are_refused(three, name, said):
    with pytest.raises(InputError, match=said):
        rename(three, "q001", name=name)


def test_the_longest_name_is_taken(three):
    assert column(rename(three, "q001", name="x" * 80), "name")[0] == "x" * 80


def test_the_first_of_the_merged_is_the_one_that_is_shown(three):
    named = rename(three, "q001", name="Large")
    merged = merge(named, ("q003", "q001"))
    ids = pd.Series(["q001", "q002", "q003"])
    assert shown_ids(merged, ids).tolist() == ["q003", "q002", "q003"]
    assert column(merged, "merged_into") == ["q003", None, None]
    assert column(merged, "merged_by") == ["user", None, None]
    assert column(merged, "name") == ["Large", None, None]
    assert last_event(merged) == {
        "version": 1,
        "event": "merged_by_user",
        "cluster_id": "q001",
        "other_id": "q003",
        "name": "Large",
    }
    expect_typed(merged)


def test_three_are_merged_at_once(three):
    merged = merge(three, ["q002", "q001", "q003"])
    assert set(shown_ids(merged, pd.Series(["q001", "q002", "q003"]))) == {"q002"}
    assert merged.history["event"].tolist()[3:] == ["merged_by_user"] * 2


@pytest.mark.parametrize("ids", ["q001", ["q001"], [], ["q001", "q001"], ["q001", 2], 5, None])
def test_a_merge_needs_two_different_ids(three, ids):
    with pytest.raises(InputError, match="two or more"):
        merge(three, ids)


def test_a_merge_with_one_id_that_is_not_there_changes_nothing(three):
    with pytest.raises(InputError, match="There is no cluster 'q009'"):
        merge(three, ["q001", "q002", "q009"])
    assert column(three, "merged_into") == [None, None, None]


@pytest.mark.parametrize(
    "change",
    [
        lambda registry: merge(registry, ["q001", "q003"]),
        lambda registry: merge(registry, ["q003", "q001"]),
        lambda registry: rename(registry, "q003", name="Hours"),
        lambda registry: mark_fixed(registry, "q003", at="2026-05-01"),
        lambda registry: reopen(registry, "q003"),
    ],
)
def test_what_was_merged_is_not_changed_any_more_but_the_id_it_is_shown_as_is_named(three, change):
    merged = merge(merge(three, ["q002", "q003"]), ["q001", "q002"])
    with pytest.raises(InputError, match=r"q003 was merged into q001 .* Use q001"):
        change(merged)


def test_a_fix_is_marked_moved_and_taken_back(three):
    fixed = mark_fixed(three, "q002", at="2026-05-01T10:00+02:00")
    at = pd.Timestamp("2026-05-01T08:00Z")
    assert column(fixed, "status") == ["open", "fixed", "open"]
    assert fixed.clusters["fixed_at"].tolist()[1] == at
    assert last_event(fixed) == {
        "version": 1, "event": "fixed", "cluster_id": "q002", "at": at,
    }  # fmt: skip
    assert mark_fixed(fixed, "q002", at=at) is fixed
    later = mark_fixed(fixed, "q002", at=dt.date(2026, 6, 1))
    assert later.clusters["fixed_at"].tolist()[1] == pd.Timestamp("2026-06-01T00:00Z")
    opened = reopen(later, "q002")
    assert column(opened, "status") == ["open"] * 3
    assert opened.clusters["fixed_at"].isna().all()
    assert opened.history["event"].tolist()[3:] == ["fixed", "fixed", "reopened"]
    assert reopen(opened, "q002") is opened
    for registry in (fixed, later, opened):
        expect_typed(registry)


def test_a_fix_needs_an_instant(three):
    with pytest.raises(InputError, match="at='soon' is no date or time"):
        mark_fixed(three, "q001", at="soon")


def test_names_and_marks_outlast_a_refit_and_a_time_away():
    registry = mark_fixed(registry_of("abc", "de"), "q001", at="2026-05-01")
    registry = rename(registry, "q001", name="Hours")
    away = pd.Series({"d": 0, "e": 0, "a": -1, "b": -1, "c": -1})
    back = pd.Series({"d": 0, "e": 0, "a": 1, "b": 1, "c": 1})
    for numbers in (away, back):
        registry = next_registry(registry, numbers, weights=pd.Series(1, index=numbers.index))
        assert column(registry, "name") == ["Hours", None]
        assert column(registry, "status") == ["fixed", "open"]
    assert registry.clusters["fixed_at"].tolist()[0] == pd.Timestamp("2026-05-01", tz="UTC")
    assert registry.members["cluster_id"].value_counts().to_dict() == {"q001": 3, "q002": 2}


@pytest.mark.parametrize(
    ("cluster_id", "said"),
    [
        ("q9", "Near it: q009"),
        ("Q12", "Near it: q012"),
        ("3", "Near it: q003"),
        (7, "Near it: q007"),
        ("q0111", "Near it: q011"),
        ("refunds", "There are q001, q002, q003, q004, q005, ..."),
        (None, "There are q001"),
        (["q001"], "There is no cluster"),
    ],
)
def test_an_unknown_id_is_answered_with_near_ones(cluster_id, said):
    registry = registry_of(*"abcdefghijkl")
    with pytest.raises(InputError, match=said.replace(".", r"\.")):
        rename(registry, cluster_id, name="Hours")


def test_an_empty_registry_says_so():
    with pytest.raises(InputError, match="no clusters at all"):
        rename(registry_of(), "q001", name="Hours")
