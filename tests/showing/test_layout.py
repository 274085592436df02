"""Limits stand with their number, counts beside their rate."""

from __future__ import annotations

import pytest

from chatdash_analysis.showing.layout import shown_columns

RATES = [
    "channel",
    "n",
    "successes",
    "unknown",
    "excluded",
    "users",
    "rate",
    "low",
    "high",
    "flags",
]


def names_of(names, asked=None):
    return [own.name for own in shown_columns(names, names if asked is None else asked)]


def limits_of(names):
    return {own.name: own.limits for own in shown_columns(names, names) if own.limits}


def test_all_columns_are_shown_in_their_order_and_limits_in_the_cell_of_the_rate():
    assert names_of(RATES) == [*RATES[:7], "flags"]
    assert limits_of(RATES) == {"rate": ("low", "high")}


@pytest.mark.parametrize("asked", [["rate"], ["low"], ["high", "rate"], ["rate", "rate"]])
def test_a_rate_brings_its_counts_whatever_was_asked_for(asked):
    assert names_of(RATES, asked) == ["rate", "n", "unknown"]


def test_counts_that_are_asked_for_stand_where_they_were_asked_for():
    assert names_of(RATES, ["unknown", "channel", "rate", "n"]) == [
        "unknown", "channel", "rate", "n",
    ]  # fmt: skip
    assert names_of(RATES, ["channel", "flags"]) == ["channel", "flags"]


@pytest.mark.parametrize(
    ("names", "number", "limits"),
    [
        (["rate_before", "low_before", "high_before"], "rate_before",
         ("low_before", "high_before")),
        (["handoff_rate", "handoff_low", "handoff_high"], "handoff_rate",
         ("handoff_low", "handoff_high")),
        (["duration_minutes_mean", "duration_minutes_low", "duration_minutes_high"],
         "duration_minutes_mean", ("duration_minutes_low", "duration_minutes_high")),
        (["cost_per_success", "cost_per_success_low", "cost_per_success_high"],
         "cost_per_success", ("cost_per_success_low", "cost_per_success_high")),
        (["adjusted_difference", "adjusted_difference_low", "adjusted_difference_high"],
         "adjusted_difference", ("adjusted_difference_low", "adjusted_difference_high")),
        (["raw_rate", "raw_low", "raw_high"], "raw_rate", ("raw_low", "raw_high")),
        (["mix_channel", "mix_channel_low", "mix_channel_high"], "mix_channel",
         ("mix_channel_low", "mix_channel_high")),
        (["per_1000", "low", "high"], "per_1000", ("low", "high")),
        (["settled", "low", "high", "n"], "settled", ("low", "high")),
        (["limit_low", "limit_high"], "limit", ("limit_low", "limit_high")),
        (["limit_low_998", "limit_high_998"], "limit_998", ("limit_low_998", "limit_high_998")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_limits_belong_to_the_number_of_their_name(names, number, limits):
    assert limits_of(names) == {number: limits}
    assert names_of(names) == [number, *(name for name in names if name == "n")]


@pytest.mark.parametrize(
    "names",
    [
        ["custom_price", "custom_price_low", "custom_price_high"],
        ["low", "high"], ["rate", "low"], ["mine", "mine_low", "mine_high"], ["slow", "rate"],
        ["below", "behigh", "rate"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_columns_that_only_look_like_limits_stay_columns(names):
    assert names_of(names) == names
    assert limits_of(names) == {}


@pytest.mark.parametrize(
    ("asked", "beside", "names"),
    [
        ("handoff_rate", ["handoff_n", "handoff_unknown"], ["n", "unknown"]),
        ("rate_after", ["n_after", "unknown_after"], ["n_before"]),
        ("difference", ["n", "unknown"], ["adjusted_n"]),
        ("difference", ["n_before", "unknown_before", "n_after", "unknown_after"], []),
        ("total", ["n_before", "n_after"], ["mix"]),
        ("adjusted_difference", ["adjusted_n"], ["n", "unknown"]),
        ("recontact_rate", ["at_risk"], ["n"]),
        ("corrected_rate", ["n", "unknown", "n_labelled"], []),
        ("per_1000", ["conversations", "exposure"], []),
        ("coverage", ["rows"], ["conversations"]),
        ("duration_minutes_mean", ["duration_minutes_n"], []),
        ("cost_per_success", ["cost_n"], ["cost_unit"]),
        ("rate", ["at_risk"], []),
        ("channel", [], ["n", "unknown"]),
        ("custom_rate", [], ["n", "unknown"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_number_brings_the_counts_it_was_made_of(asked, beside, names):
    assert names_of([*names, *beside, asked], [asked]) == [asked, *beside]


def test_the_unit_stands_in_the_cells_of_money_and_alone_where_there_are_none():
    names = ["cost_n", "cost_unit", "cost_total"]
    assert names_of(names) == ["cost_n", "cost_total"]
    assert names_of(names, ["cost_unit"]) == ["cost_unit"]


def test_nothing_asked_for_is_nothing_shown():
    assert names_of(RATES, []) == []
    assert names_of([]) == []
