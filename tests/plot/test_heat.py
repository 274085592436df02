"""Conversations over the week."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.plot import plot_heatmap
from chatdash_analysis.plot.style import VERMILION
from tests.plot.tables import activity, row_labels, texts


def _text_at(ax, hour, weekday):
    return [t.get_text() for t in ax.texts if t.get_position() == (hour, weekday)]


def test_each_hour_of_the_week_has_its_cell():
    table = activity(n=20)
    table.loc[(table["weekday"] == 2) & (table["hour"] == 14), "conversations"] = 1204
    ax = plot_heatmap(table)
    assert len(ax.patches) == 168
    assert _text_at(ax, 14, 2) == ["1,204"]
    assert _text_at(ax, 0, 6) == ["40"]
    assert row_labels(ax) == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert ax.yaxis_inverted()
    assert [label.get_text() for label in ax.get_xticklabels()] == [str(h) for h in range(24)]


def test_the_darkest_is_0_and_the_brightest_the_most():
    table = activity()
    table["conversations"] = np.arange(168)
    ax = plot_heatmap(table)
    bar = ax.child_axes[0]
    assert bar.get_ylim() == (0, 167)
    assert bar.get_ylabel() == "conversations"
    brightness = [sum(patch.get_facecolor()[:3]) for patch in ax.patches]
    assert brightness[0] < brightness[84] < brightness[167]


def test_a_rate_has_its_n_below():
    ax = plot_heatmap(activity(n=20, rate=0.615), value="rate")
    assert _text_at(ax, 3, 3) == ["62%\nn = 20"]
    assert ax.child_axes[0].get_ylabel() == "rate (% of n)"


def test_an_hour_without_a_rate_is_grey_with_its_n():
    table = activity()
    table.loc[0, ["rate", "n"]] = [np.nan, 3]
    ax = plot_heatmap(table, value="rate")
    assert _text_at(ax, 0, 0) == ["n = 3"]
    assert len(set(ax.patches[0].get_facecolor()[:3])) == 1
    assert "grey: n too small or no known outcome" in texts(ax)[-1]


def _border(ax):
    return {
        tuple(map(tuple, sorted(line.get_xydata().tolist())))
        for line in ax.lines
        if line.get_color() == VERMILION
    }


def test_a_line_goes_around_the_business_hours():
    table = activity()
    table["business"] = (table["weekday"] == 1) & table["hour"].isin([9, 10])
    ax = plot_heatmap(table)
    assert _border(ax) == {
        ((8.5, 0.5), (9.5, 0.5)), ((9.5, 0.5), (10.5, 0.5)),
        ((8.5, 1.5), (9.5, 1.5)), ((9.5, 1.5), (10.5, 1.5)),
        ((8.5, 0.5), (8.5, 1.5)), ((10.5, 0.5), (10.5, 1.5)),
    }  # fmt: skip
    assert texts(ax)[-1] == "outlined: business hours"


def test_business_hours_at_the_ends_of_the_week_are_closed():
    table = activity()
    table["business"] = (table["weekday"] == 6) & (table["hour"] == 23)
    assert len(_border(plot_heatmap(table))) == 4


@pytest.mark.parametrize("business", [False, None])
def test_without_business_hours_there_is_no_line(business):
    table = activity()
    table["business"] = business
    ax = plot_heatmap(table.astype({"business": "boolean"}))
    assert _border(ax) == set()
    assert not [text for text in texts(ax) if "business" in text]


def test_hours_that_are_missing_stay_free():
    ax = plot_heatmap(activity().iloc[[0, 30]])
    assert len(ax.patches) == 2
    assert ax.get_xlim() == (-0.5, 23.5)


def test_a_week_without_conversations_is_drawn():
    ax = plot_heatmap(activity(n=0))
    assert set(texts(ax)[:168]) == {"0"}


def test_several_rows_of_an_hour_are_refused():
    table = activity()
    with pytest.raises(InputError, match=r"one row for each weekday and hour.*Choose one group"):
        plot_heatmap(table.iloc[[0, 1, 0]])


def test_another_value_is_refused():
    with pytest.raises(InputError, match="value must be 'conversations' or 'rate'; got 'n'"):
        plot_heatmap(activity(), value="n")


def test_only_the_columns_of_the_value_are_needed():
    plot_heatmap(activity().drop(columns=["n", "rate"]))
    with pytest.raises(MissingColumnsError, match="lacks n, rate"):
        plot_heatmap(activity().drop(columns=["n", "rate"]), value="rate")
