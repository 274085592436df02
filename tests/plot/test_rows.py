"""Rows of a dot plot."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from chatdash_analysis.plot.inputs import Rate
from chatdash_analysis.plot.rows import (
    draw_points,
    height_of,
    largest_groups,
    reason_of,
    set_rows,
    words_of,
)
from tests.plot.tables import row_labels, texts


def _drawn(*rates):
    ax = Figure().subplots()
    places = np.arange(len(rates), dtype="float64")
    set_rows(ax, [f"row {row}" for row in range(len(rates))], places)
    draw_points(ax, rates, places, colour="#0072B2")
    return ax


def test_each_row_has_a_point_its_interval_and_its_n():
    ax = _drawn(Rate(0.5, 0.4, 0.7, 1204, frozenset()), Rate(0.2, 0.1, 0.3, 90, frozenset()))
    assert [line.get_xydata().tolist() for line in ax.lines] == [[[0.5, 0]], [[0.2, 1]]]
    segments = [lines.get_segments()[0].tolist() for lines in ax.collections]
    assert segments == [[[0.4, 0], [0.7, 0]], [[0.1, 1], [0.3, 1]]]
    assert texts(ax) == ["n = 1,204", "n = 90"]


def test_the_first_row_is_on_top():
    ax = _drawn(*[Rate(0.5, 0.4, 0.6, 10, frozenset())] * 3)
    assert row_labels(ax) == ["row 0", "row 1", "row 2"]
    assert ax.yaxis_inverted()


@pytest.mark.parametrize(
    ("n", "flags", "reason"),
    [
        (3, {"small_n"}, "not shown: n too small"),
        (0, {"no_known"}, "not shown: no known outcome"),
        (0, set(), "not shown: no known outcome"),
        (0, {"small_n"}, "not shown: no known outcome"),
        (40, {"few_users"}, "not shown: no rate"),
        (0, {"no_known", "not_recorded"}, "not shown: not recorded"),
        (0, {"no_value"}, "not shown: no value"),
    ],
)
def test_a_row_without_rate_has_its_reason_in_its_place(n, flags, reason):
    assert reason_of(n, frozenset(flags)) == reason
    ax = _drawn(Rate(np.nan, np.nan, np.nan, n, frozenset(flags)))
    assert len(ax.lines) == 0
    assert len(ax.collections) == 0
    assert reason in texts(ax)
    assert any(text.startswith(f"n = {n}") for text in texts(ax))


def test_a_hollow_point_says_that_the_users_are_few():
    full, hollow = _drawn(
        Rate(0.5, 0.4, 0.6, 10, frozenset()), Rate(0.5, 0.4, 0.6, 10, frozenset({"few_users"}))
    ).lines
    assert full.get_markerfacecolor() == "#0072B2"
    assert hollow.get_markerfacecolor() == (1, 1, 1, 1)
    assert hollow.get_markeredgecolor() == "#0072B2"


def test_flags_are_told_in_words_but_for_those_about_costs():
    flags = frozenset({"few_users", "mixed_cost_units", "simpson"})
    assert words_of(flags) == ["few users", "simpson"]
    assert texts(_drawn(Rate(0.5, 0.4, 0.6, 10, flags))) == ["n = 10, few users, simpson"]


def test_the_reason_for_no_rate_is_told_once():
    rate = Rate(np.nan, np.nan, np.nan, 3, frozenset({"small_n", "few_users"}))
    assert texts(_drawn(rate)) == ["n = 3, few users", "not shown: n too small"]


def test_an_interval_that_is_missing_leaves_the_point():
    ax = _drawn(Rate(0.5, np.nan, np.nan, 10, frozenset()))
    assert ax.lines[0].get_xdata().tolist() == [0.5]


def test_the_largest_groups_are_kept_in_their_order():
    kept, notes = largest_groups(np.array([5.0, 1, 9, np.nan, 7]), most=3)
    assert kept.tolist() == [0, 2, 4]
    assert notes == ["2 smaller groups not shown"]
    assert largest_groups(np.array([5.0, 1]), most=1)[1] == ["1 smaller group not shown"]
    assert largest_groups(np.array([1.0, 2]), most=2) == (pytest.approx([0, 1]), [])


def test_a_figure_grows_with_its_rows():
    heights = [height_of(rows) for rows in (0, 1, 5, 40)]
    assert heights == sorted(heights)
    assert 12 < heights[-1] < 15
