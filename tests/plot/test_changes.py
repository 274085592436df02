"""The waterfall."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from chatdash_analysis.errors import InputError
from chatdash_analysis.plot import plot_waterfall
from chatdash_analysis.plot.style import BLUE, ORANGE
from tests.plot.tables import FORTY, change, row_labels, texts


def _bars(ax):
    """Begin and end of each bar, by the label of its row."""
    labels = row_labels(ax)
    return {
        labels[round(bar.get_y() + bar.get_height() / 2)]: (
            bar.get_x(), bar.get_x() + bar.get_width(),
        )
        for bar in ax.patches
    }  # fmt: skip


def test_bars_lead_from_the_one_rate_to_the_other():
    ax = plot_waterfall(change(["web", "phone"]))
    assert row_labels(ax) == [
        "before", "mix, all cells", "mix: web", "mix: phone",
        "within, all cells", "within: web", "within: phone", "after",
    ]  # fmt: skip
    assert _bars(ax) == {
        "mix, all cells": pytest.approx((0.6, 0.58)),
        "mix: web": pytest.approx((0.6, 0.59)),
        "mix: phone": pytest.approx((0.59, 0.58)),
        "within, all cells": pytest.approx((0.58, 0.5)),
        "within: web": pytest.approx((0.58, 0.54)),
        "within: phone": pytest.approx((0.54, 0.5)),
    }
    diamonds = [line.get_xydata().tolist() for line in ax.lines if line.get_marker() == "D"]
    assert diamonds == [[[0.6, 0]], [[0.5, 7]]]


def test_parts_differ_in_colour_and_sums_are_frames():
    ax = plot_waterfall(change(["web"]))
    faces = [bar.get_facecolor() for bar in ax.patches]
    clear = (0, 0, 0, 0)
    assert faces == [clear, to_rgba(BLUE), clear, to_rgba(ORANGE)]


def test_intervals_stand_at_the_end_of_the_bars():
    ax = plot_waterfall(change(["web"]))
    segments = [
        lines.get_segments()[0].tolist() for lines in ax.collections if lines.get_linewidth() > 1
    ]
    assert [[y for _, y in segment] for segment in segments] == [[row, row] for row in range(6)]
    ends = [[x for x, _ in segment] for segment in segments]
    assert ends[0] == pytest.approx([0.55, 0.65])
    assert ends[2] == pytest.approx([0.57, 0.61])
    assert ends[5] == pytest.approx([0.45, 0.55])


def test_texts_have_points_and_both_n():
    table = change(["web"])
    table.loc[0, "flags"] = "new, few_users"
    assert texts(plot_waterfall(table)) == [
        "60.0%, n = 100",
        "-1.0 pt (-3.0 to +1.0)",
        "-1.0 pt, n = 100 → 80, few users, new",
        "-9.0 pt (-11.0 to -7.0)",
        "-9.0 pt, n = 100 → 80, few users, new",
        "50.0%, n = 80",
    ]


def test_an_interval_that_is_missing_is_left_out():
    table = change(["web"])
    table[["mix_low", "mix_high"]] = np.nan
    ax = plot_waterfall(table)
    assert "-1.0 pt" in texts(ax)
    assert len([lines for lines in ax.collections if lines.get_linewidth() > 1]) == 4


def test_a_change_that_rounds_to_nothing_has_no_sign():
    table = change(["web"])
    table[["mix", "mix_low", "mix_high"]] = [-0.0001, np.nan, np.nan]
    assert texts(plot_waterfall(table))[1:3] == ["0.0 pt", "0.0 pt, n = 100 → 80"]


def test_the_axis_takes_in_all_bars_and_intervals():
    low, high = plot_waterfall(change(["web", "phone"])).get_xlim()
    assert 0.44 < low < 0.45
    assert 0.65 < high < 0.66


def test_the_smaller_of_very_many_cells_are_one_bar():
    table = change(FORTY + [f"other {row}" for row in range(10)])
    table.loc[40:49, "n_before"] = 1
    ax = plot_waterfall(table)
    bars = _bars(ax)
    assert len(bars) == 2 * (40 + 1 + 1)
    assert bars["mix: 10 smaller cells"] == pytest.approx((0.2, 0.1))
    assert bars["within: 10 smaller cells"][1] == pytest.approx(0.5)
    assert not [text for text in texts(ax) if "not shown" in text]


def test_a_table_without_its_sum_is_refused():
    with pytest.raises(InputError, match=r"plot_waterfall needs .* last row, 'all', is the sum"):
        plot_waterfall(change(["web", "phone"]).iloc[:-1])


def test_a_cell_named_all_is_a_cell():
    assert "mix: all" in row_labels(plot_waterfall(change(["all", "web"])))


def test_a_period_without_known_outcomes_is_told():
    ax = plot_waterfall(change(["web"]).assign(rate_after=np.nan))
    assert texts(ax) == ["no known outcome in one of the periods"]


def test_several_factors_name_a_cell_together():
    table = change(["web", "phone"])
    table.insert(1, "device", ["phone", None, "all"])
    assert "within: phone · (missing)" in row_labels(plot_waterfall(table))
