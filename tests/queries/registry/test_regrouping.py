"""Merges of the user outlast refits that draw the borders between the merged anew."""

from __future__ import annotations

import numpy as np
import pandas as pd

from chatdash_analysis.queries.registry.curation import merge
from chatdash_analysis.queries.registry.refitting import (
    Registry,
    first_registry,
    next_registry,
    shown_ids,
)


def fit(clusters: list[str], before: Registry | None = None) -> Registry:
    flat = {letter: number for number, letters in enumerate(clusters) for letter in letters}
    numbers = pd.Series(flat, dtype="int64")
    weights = pd.Series(1, index=numbers.index)
    if before is None:
        return first_registry(numbers, weights=weights)
    return next_registry(before, numbers, weights=weights)


def shown(registry: Registry) -> dict[str, str]:
    ids = shown_ids(registry, registry.members["cluster_id"])
    return registry.members.groupby(ids)["duplicate_group"].agg("".join).to_dict()


def events(registry: Registry) -> list[tuple[str, str]]:
    last = registry.history[registry.history["version"] == registry.version]
    return list(zip(last["event"], last["cluster_id"], strict=True))


def test_new_clusters_across_a_border_that_the_user_removed_stay_merged():
    registry = merge(fit(["abcdef", "ghijkl", "xyz"]), ["q002", "q001"])
    registry = fit(["abcghi", "defjkl", "xyz"], registry)
    assert shown(registry) == {"q002": "abcdefghijkl", "q003": "xyz"}
    assert events(registry)[-2:] == [("merged_by_user", "q004"), ("merged_by_user", "q005")]
    # The new ones are kept from then on, and shown as they were.
    registry = fit(["abcghi", "defjkl", "xyz"], registry)
    assert shown(registry) == {"q002": "abcdefghijkl", "q003": "xyz"}


def test_without_a_merge_by_the_user_the_same_clusters_are_new():
    registry = fit(["abcghi", "defjkl", "xyz"], fit(["abcdef", "ghijkl", "xyz"]))
    assert shown(registry) == {"q003": "xyz", "q004": "abcghi", "q005": "defjkl"}


def test_what_is_split_off_one_of_the_merged_is_shown_for_itself():
    registry = merge(fit(["abcdef", "ghijkl"]), ["q001", "q002"])
    registry = fit(["abcd", "ef", "ghijkl"], registry)
    assert shown(registry) == {"q001": "abcdghijkl", "q003": "ef"}


def test_the_name_that_the_user_merged_under_stays_where_most_of_it_went_elsewhere():
    registry = merge(fit(["abcdef", "ghijkl"]), ["q002", "q001"])
    # Most of q002 went over to a new cluster, which is nevertheless shown as q002.
    registry = fit(["ghijabc", "def", "kl"], registry)
    assert shown(registry)["q002"] == "abcdefghij"
    registry = merge(fit(["abcdef", "ghijkl", "z"]), ["q002", "q001"])
    registry = fit(["ghijabcd", "ef", "kl", "z"], registry)
    assert ("merged", "q002") in events(registry)
    assert shown(registry)["q002"] == "abcdghij"


def test_what_came_to_a_half_from_elsewhere_is_shown_for_itself():
    before = merge(fit(["opqrstuvwxyz1", "abcdefg", "hijklmn"]), ["q002", "q003"])
    registry = fit(["uvwxyz1", "defg", "klmn", "abchijopqrst"], before)
    assert shown(registry) == {"q001": "1uvwxyz", "q002": "defgklmn", "q004": "abchijopqrst"}
    registry = fit(["tuvwxyz1", "defg", "klmn", "abchijopqrs"], before)
    assert shown(registry)["q002"] == "abcdefghijklmnopqrs"


def test_merges_last_over_many_refits_that_divide_the_topic_at_random():
    rng = np.random.default_rng(5)
    topics = np.repeat(np.arange(6), 40)
    groups = pd.Index([f"g{number:03d}" for number in range(240)], dtype="str")
    weights = pd.Series(1, index=groups)

    def divided() -> pd.Series:
        # The fit divides the first topic in three, each time along other borders.
        return pd.Series(np.where(topics == 0, 10 + rng.integers(0, 3, 240), topics), index=groups)

    registry = first_registry(divided(), weights=weights)
    first = registry.members.loc[topics == 0, "cluster_id"].unique()
    registry = merge(registry, sorted(first))
    for _ in range(8):
        registry = next_registry(registry, divided(), weights=weights)
        ids = shown_ids(registry, registry.members["cluster_id"])
        assert len(set(ids[topics == 0])) == 1
        assert ids.nunique() == 6


def test_new_clusters_of_which_nothing_was_known_are_no_part_of_a_merge():
    registry = merge(fit(["abc", "de"]), ["q001", "q002"])
    registry = fit(["xyz", "uv"], registry)
    assert shown(registry) == {"q003": "xyz", "q004": "uv"}
