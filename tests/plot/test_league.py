"""The funnel."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.plot import plot_funnel
from chatdash_analysis.plot.league import _apart
from chatdash_analysis.plot.style import BLUE, VERMILION
from tests.plot.tables import FORTY, lay_out, league, overlaps, texts


def _points(ax, marker):
    lines = [line for line in ax.lines if line.get_marker() == marker]
    return [tuple(point) for line in lines for point in line.get_xydata()]


def _limits(ax, style):
    return [line for line in ax.lines if line.get_linestyle() == style and line.get_marker() == ""]


def test_points_stand_at_n_and_rate_and_those_outside_look_different():
    ax = plot_funnel(league(["a", "b", "c"], outside={"b"}))
    assert _points(ax, "o") == [(50, 0.6), (150, 0.6)]
    assert _points(ax, "s") == [(100, 0.9)]
    colours = {m: line.get_color() for line in ax.lines if (m := line.get_marker()) in {"o", "s"}}
    assert colours == {"o": BLUE, "s": VERMILION}


def test_few_rows_are_all_named():
    ax = plot_funnel(league(["a", "b", "c"], outside={"b"}))
    assert texts(ax) == ["b (n = 100)", "c (n = 150)", "a (n = 50)"]
    assert [text.xy for text in ax.texts] == [(100, 0.9), (150, 0.6), (50, 0.6)]


def test_of_many_rows_only_those_outside_of_the_wide_limits_are_named():
    table = league(FORTY, outside={"agent 7"})
    table.loc[9, "flags"] = "outside_95"
    ax = plot_funnel(table)
    assert texts(ax) == ["agent 7 (n = 400)"]
    assert _points(ax, "s") == [(400, 0.9)]
    assert _points(ax, "D") == [(500, 0.6)]
    assert len(_points(ax, "o")) == 38


def test_the_effective_n_places_a_row_where_the_table_has_it():
    table = league(["a", "b"], n=[100, 200]).assign(effective_n=[80.5, 120.0])
    ax = plot_funnel(table)
    assert _points(ax, "o") == [(80.5, 0.6), (120, 0.6)]
    assert _limits(ax, "-")[0].get_xdata().tolist() == [80.5, 120]
    assert ax.get_xlabel().startswith("effective n")
    assert sorted(texts(ax)) == ["a (n = 100)", "b (n = 200)"]


def test_several_leagues_are_refused():
    table = league(["a", "b"]).assign(overall=[0.6, 0.5])
    with pytest.raises(InputError, match="draws one league; the table has several"):
        plot_funnel(table)


def test_a_comparison_of_several_platforms_is_noted():
    table = league(["a", "b"]).assign(flags="mixed_platforms")
    assert texts(plot_funnel(table))[-1].startswith("several platforms are compared")


def test_limits_are_drawn_through_the_rows_in_the_order_of_n():
    table = league(["a", "b", "c"], n=[300, 100, 200])
    ax = plot_funnel(table)
    low, high = (line.get_xydata() for line in _limits(ax, "-"))
    assert low[:, 0].tolist() == [100, 200, 300]
    assert low[:, 1] == pytest.approx(table["limit_low"].iloc[[1, 2, 0]])
    assert high[:, 1] == pytest.approx(table["limit_high"].iloc[[1, 2, 0]])
    assert len(_limits(ax, "--")) == 2
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["overall 60%", "95 % limits", "99.8 % limits", "within the limits"]


def test_wider_limits_may_be_missing():
    table = league(["a", "b"]).drop(columns=["limit_low_998", "limit_high_998"])
    assert len(_limits(plot_funnel(table), "--")) == 0


def test_the_limits_of_a_single_row_show_as_strokes():
    ax = plot_funnel(league(["a"]))
    strokes = _points(ax, "_")
    assert {x for x, _ in strokes} == {50}
    assert len(strokes) == 4


@pytest.mark.parametrize(("n", "scale"), [([10, 190], "linear"), ([10, 200], "log")])
def test_n_has_a_logarithmic_scale_where_it_differs_much(n, scale):
    ax = plot_funnel(league(["a", "b"], n=n))
    assert ax.get_xscale() == scale
    lay_out(ax)
    assert ax.get_xlim()[0] < 10
    assert ax.get_xlim()[1] > max(n)


def test_numbers_on_the_axis_are_plain_also_on_a_logarithmic_scale():
    ax = plot_funnel(league(["a", "b"], n=[5, 50_000]))
    lay_out(ax)
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert {"10", "100", "1,000", "10,000"} <= set(labels)
    assert overlaps(ax) == []


def test_rows_without_a_rate_are_crosses_at_the_bottom():
    table = league(["a", "b", "c"], n=[100, 4, 0])
    table.loc[1:, "rate"] = np.nan
    ax = plot_funnel(table)
    assert _points(ax, "x") == [(4, 0.02)]
    assert texts(ax)[0] == "a (n = 100)"
    assert texts(ax)[1:] == ["x: 2 without a rate, as n is too small or no outcome is known"]
    assert _points(ax, "o") == [(100, 0.6)]


def test_names_are_limited_to_the_largest_and_the_others_counted():
    ax = plot_funnel(league(FORTY, outside=set(FORTY)))
    names = texts(ax)[:-1]
    assert sorted(names) == sorted(f"agent {row} (n = {50 * (row + 1):,})" for row in range(20, 40))
    assert texts(ax)[-1] == "20 more outside of the limits without a name"
    assert overlaps(ax) == []


def test_names_that_crowd_move_apart_around_their_middle_and_stay_inside():
    assert _apart(np.array([0.9, 0.5, 0.1]), step=0.1) == pytest.approx([0.9, 0.5, 0.1])
    assert _apart(np.array([0.5, 0.5, 0.5]), step=0.1) == pytest.approx([0.6, 0.5, 0.4])
    assert _apart(np.array([1.0, 1.0, 0.95]), step=0.1) == pytest.approx([1.0, 0.9, 0.8])
    assert _apart(np.array([0.02, 0.0]), step=0.1) == pytest.approx([0.1, 0.0])


@pytest.mark.parametrize("seed", range(5))
def test_names_keep_their_order_and_distance(seed):
    wished = np.sort(np.random.default_rng(seed).beta(0.4, 0.4, 12))[::-1]
    places = _apart(wished, step=0.05)
    assert (np.diff(places) <= -0.05 + 1e-12).all()
    assert places.min() >= 0
    assert places.max() <= 1


def test_people_are_not_named():
    table = league(["Ann", "Bob"], outside={"Ann"}).rename(columns={"agent_id": "live_agent_name"})
    assert texts(plot_funnel(table)) == [
        "live_agent_name 1 (n = 50)",
        "live_agent_name 2 (n = 100)",
    ]


def test_label_says_which_columns_name_a_row():
    table = league(["a", "b"], outside={"b"}).assign(client=["x", "y"])
    assert texts(plot_funnel(table, label="client")) == ["y (n = 100)", "x (n = 50)"]
