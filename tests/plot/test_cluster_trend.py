"""The lines of the clusters over time."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PolyCollection

from chatdash_analysis.errors import InputError
from chatdash_analysis.plot.cluster_trend import plot_cluster_trend
from chatdash_analysis.plot.style import LINES
from tests.plot.cluster_tables import trends
from tests.plot.tables import FORTY, HOSTILE, lay_out, overlaps, texts

QUESTIONS = ["Parking?", "Insurance?", "Gift wrapping?"]


def _points(ax, *, hollow=False):
    """Return of each cluster its points as (days since the first Monday, rate)."""
    first = pd.Timestamp("2026-05-04").timestamp() / 86_400
    ground = ax.get_facecolor()
    marked = [line for line in ax.lines if line.get_marker() not in {"None", None, ""}]
    chosen = [line for line in marked if (line.get_markerfacecolor() == ground) == hollow]
    return [[(day - first, rate) for day, rate in line.get_xydata().tolist()] for line in chosen]


def _names(ax):
    return [text.get_text().split("\n")[0] for text in ax.texts if "quer" in text.get_text()]


def _fixed(table, **at):
    moments = table["cluster_id"].map({name: pd.Timestamp(when) for name, when in at.items()})
    return table.assign(fixed_at=pd.to_datetime(moments, utc=True))


def test_each_cluster_is_a_line_through_its_rates():
    table = trends(QUESTIONS)
    ax = plot_cluster_trend(table)
    lines = _points(ax)
    assert len(lines) == 3
    mine = table[table["cluster_id"] == "q002"]
    assert [rate for _, rate in lines[1]] == pytest.approx(mine["per_1000"].iloc[:-1].tolist())
    assert [day for day, _ in lines[1]] == pytest.approx([0, 7, 14, 21, 28])
    assert ax.get_ylim()[0] == 0
    assert ax.get_ylabel() == "per 1,000 conversations"


def test_intervals_are_bands():
    table = trends(["Parking?"])
    bands = plot_cluster_trend(table).findobj(PolyCollection)
    mine = table[table["cluster_id"] == "q001"]
    box = bands[0].get_paths()[0].get_extents()
    assert (box.y0, box.y1) == pytest.approx((mine["low"][:-1].min(), mine["high"][:-1].max()))
    assert bands[0].get_hatch() is None


def test_a_period_that_is_not_complete_is_hollow_dotted_and_hatched():
    table = trends(["Parking?"])
    ax = plot_cluster_trend(table)
    assert _points(ax, hollow=True)[0][0][0] == pytest.approx(35)
    dotted = [line for line in ax.lines if line.get_linestyle() == ":"]
    assert np.flatnonzero(~np.isnan(dotted[0].get_ydata())).tolist() == [4, 5]
    solid = [line for line in ax.lines if line.get_linestyle() == "-"]
    assert np.flatnonzero(~np.isnan(solid[0].get_ydata())).tolist() == [0, 1, 2, 3, 4]
    assert ax.findobj(PolyCollection)[1].get_hatch() == "////"
    assert texts(ax)[-1] == "band: interval\nhollow, dotted: the period is not complete"


def test_where_all_periods_are_complete_nothing_is_hollow():
    ax = plot_cluster_trend(trends(["Parking?"], complete=True))
    assert _points(ax, hollow=True) == [[]]
    assert texts(ax)[-1] == "band: interval"


def test_a_hole_in_the_rates_breaks_the_line():
    table = trends(["Parking?"], complete=True)
    table.loc[2, ["per_1000", "low", "high"]] = np.nan
    ax = plot_cluster_trend(table)
    solid = next(line for line in ax.lines if line.get_linestyle() == "-")
    assert np.isnan(solid.get_ydata()).tolist() == [False, False, True, False, False, False]
    assert len(ax.findobj(PolyCollection)[0].get_paths()) == 2


def test_the_interval_of_a_period_that_stands_alone_is_an_upright_line():
    table = trends(["Parking?"], periods=1)
    ax = plot_cluster_trend(table)
    upright = ax.findobj(LineCollection)[0].get_segments()
    assert [end[1] for end in upright[0]] == pytest.approx(table[["low", "high"]].iloc[0].tolist())


def test_each_line_is_named_at_its_end_with_its_queries_and_state():
    ax = plot_cluster_trend(trends(QUESTIONS, states=["new", "too_few", None]))
    named = [text.get_text() for text in ax.texts if "queries" in text.get_text()]
    assert sorted(named) == [
        "q001 · Parking?\n600 queries, new",
        "q002 · Insurance?\n594 queries, too few",
        # The state of the last complete period that has one.
        "q003 · Gift wrapping?\n588 queries, stable",
    ]
    for text, line in zip(ax.texts, _points(ax, hollow=True), strict=False):
        assert text.xy[1] == pytest.approx(line[-1][1])


def _with_people(table, **people):
    return table.assign(cluster_users=table["cluster_id"].map(people).astype("float64"))


def test_lines_of_what_too_few_people_asked_have_no_label_and_a_note_says_so():
    """Also where each period by itself has few, what counts is how many there ever were."""
    table = _with_people(trends(QUESTIONS), q001=5, q002=4).assign(users=1)
    ax = plot_cluster_trend(table, clusters=["unassigned", "q001", "q002", "q003"])
    assert _names(ax) == [
        "unassigned", "q001 · Parking?", "q002 · (too few users)", "q003 · (too few users)",
    ]  # fmt: skip
    assert texts(ax)[-1].split("\n")[-2:] == [
        "(too few users): fewer known users than min_users=5;", "min_users=0 shows all labels",
    ]  # fmt: skip
    assert overlaps(ax) == []
    assert _names(plot_cluster_trend(table, min_users=0))[1:] == [
        "q002 · Insurance?", "q003 · Gift wrapping?",
    ]  # fmt: skip
    assert "min_users" not in texts(plot_cluster_trend(table, clusters="q001"))[-1]


def test_where_nobody_knows_the_people_of_any_cluster_labels_are_shown():
    ax = plot_cluster_trend(_with_people(trends(QUESTIONS)))
    assert _names(ax) == ["q001 · Parking?", "q002 · Insurance?", "q003 · Gift wrapping?"]
    assert "min_users" not in texts(ax)[-1]


@pytest.mark.parametrize("least", [-1, 2.5, True, None, "5"])
def test_a_least_that_is_no_number_of_people_is_refused(least):
    with pytest.raises(InputError, match=r"min_users=.* is no number of people\. Give 5"):
        plot_cluster_trend(trends(QUESTIONS), min_users=least)


def test_one_query_is_no_queries():
    ax = plot_cluster_trend(trends(["Parking?"], periods=1, queries=1))
    assert texts(ax)[0] == "q001 · Parking?\n1 query"


def test_names_of_lines_that_end_together_keep_apart():
    table = trends(FORTY[:6], per_1000=5.0, low=4.0, high=6.0)
    ax = plot_cluster_trend(table)
    assert len(_names(ax)) == 6
    assert overlaps(ax) == []


def test_the_largest_clusters_are_drawn_and_the_others_counted():
    table = trends(FORTY)
    ax = plot_cluster_trend(table.sample(frac=1, random_state=0))
    assert _names(ax) == [f"q00{number} · agent {number - 1}" for number in range(1, 7)]
    assert "34 smaller clusters not shown" in texts(ax)[-1]
    assert "39 smaller clusters" in texts(plot_cluster_trend(table, top=1))[-1]
    assert len(_names(plot_cluster_trend(table, top=40))) == 12


def test_lines_differ_in_more_than_colour():
    ax = plot_cluster_trend(trends(FORTY), top=12)
    lines = [line for line in ax.lines if line.get_label().startswith("q0")]
    assert [line.get_color() for line in lines] == [*LINES, *LINES]
    assert len({line.get_marker() for line in lines[:6]}) == 6
    dashed = [line for line in ax.lines if line.get_linestyle() == "--"]
    assert [line.get_color() for line in dashed] == list(LINES)


@pytest.mark.parametrize("clusters", ["q003", ["q003"], ("q003", "q003"), pd.Series(["q003"])])
def test_the_clusters_that_are_asked_for_are_drawn(clusters):
    ax = plot_cluster_trend(trends(QUESTIONS), clusters=clusters)
    assert _names(ax) == ["q003 · Gift wrapping?"]


def test_the_unassigned_are_drawn_where_they_are_asked_for():
    table = trends(QUESTIONS)
    assert _names(plot_cluster_trend(table, clusters=["unassigned", "q001"])) == [
        "unassigned", "q001 · Parking?",
    ]  # fmt: skip
    assert "unassigned" not in _names(plot_cluster_trend(table))


def test_a_cluster_that_is_not_there_is_refused():
    with pytest.raises(InputError, match=r"no cluster 'q9'\. It has q001, q002, q003, unassigned"):
        plot_cluster_trend(trends(QUESTIONS), clusters=["q001", "q9"])
    with pytest.raises(InputError, match=r"no cluster 'q9'\. It has none"):
        plot_cluster_trend(trends(QUESTIONS).iloc[:0], clusters="q9")
    with pytest.raises(InputError, match="clusters must be values of cluster_id; got 3"):
        plot_cluster_trend(trends(QUESTIONS), clusters=3)


def test_more_clusters_than_can_be_followed_are_refused():
    table = trends(FORTY)
    with pytest.raises(InputError, match="draws 12 clusters at most; got 13"):
        plot_cluster_trend(table, clusters=table["cluster_id"].dropna().unique()[:13])


@pytest.mark.parametrize("top", [0, 2.0, False, None])
def test_a_top_that_is_no_number_of_clusters_is_refused(top):
    with pytest.raises(InputError, match="top must be a number of clusters, 1 or more; got"):
        plot_cluster_trend(trends(QUESTIONS), top=top)


def test_below_each_period_stands_how_many_conversations_it_had():
    ax = plot_cluster_trend(trends(QUESTIONS))
    ticks = [label.get_text() for label in ax.get_xticklabels()]
    assert ticks[0] == "2026-05-04\nn = 900"
    assert ticks[-1] == "2026-06-08\nn = 1,150"
    assert len(ticks) == 6
    assert ax.get_xlabel() == "first day of the period; n: all its conversations"


def test_of_many_periods_some_have_ticks_the_last_among_them():
    table = trends(QUESTIONS, periods=80)
    ax = plot_cluster_trend(table)
    assert ax.get_xticklabels()[-1].get_text().startswith("2027-11-08")
    assert 4 <= len(ax.get_xticklabels()) <= 9
    assert overlaps(ax) == []
    _, small = plt.subplots(figsize=(3, 3))
    assert len(plot_cluster_trend(table, ax=small).get_xticklabels()) <= 3


def test_a_mark_as_fixed_is_an_upright_line_with_the_name_of_its_cluster():
    ax = plot_cluster_trend(_fixed(trends(QUESTIONS), q002="2026-05-20T12:00Z"))
    upright = [line for line in ax.lines if line.get_linestyle() == "-."]
    first = pd.Timestamp("2026-05-04").timestamp() / 86_400
    assert [line.get_xdata()[0] - first for line in upright] == pytest.approx([16.5])
    assert [line.get_color() for line in upright] == [LINES[1]]
    assert "q002 fixed" in texts(ax)


def test_several_fixes_on_one_day_can_be_read():
    ax = plot_cluster_trend(_fixed(trends(QUESTIONS), q001="2026-05-20", q002="2026-05-20"))
    assert {"q001 fixed", "q002 fixed"} <= set(texts(ax))
    assert overlaps(ax) == []


def test_a_fix_outside_of_the_periods_is_a_note():
    ax = plot_cluster_trend(_fixed(trends(QUESTIONS), q003="2026-01-20T15:00Z"))
    assert "q003 was fixed on 2026-01-20, outside of these periods" in texts(ax)[-1]
    assert not [line for line in ax.lines if line.get_linestyle() == "-."]


def test_the_interval_of_a_short_period_does_not_press_the_lines_flat():
    table = trends(["Parking?"], per_1000=10.0, low=5.0, high=20.0)
    table.loc[~table["complete"], "high"] = 900.0
    assert plot_cluster_trend(table).get_ylim()[1] == pytest.approx(21)
    table.loc[1, "high"] = 900.0
    assert plot_cluster_trend(table).get_ylim()[1] == pytest.approx(26.25)
    table.loc[~table["complete"], "per_1000"] = 60.0
    assert plot_cluster_trend(table).get_ylim()[1] == pytest.approx(63)


def test_a_cluster_that_nobody_asked_lies_at_zero_with_its_interval():
    ax = plot_cluster_trend(trends(["Parking?"], per_1000=0.0, low=0.0, high=4.0))
    assert ax.get_ylim() == pytest.approx((0, 4.2))


def test_periods_without_a_date_are_left_out():
    table = trends(["Parking?"])
    table.loc[0, "period"] = pd.NaT
    assert len(_points(plot_cluster_trend(table))[0]) == 4
    nothing = plot_cluster_trend(table.assign(period=pd.NaT))
    assert texts(nothing) == ["no data"]


def test_only_the_unassigned_is_no_data():
    assert texts(plot_cluster_trend(trends([]))) == ["no data"]


def test_in_narrow_axes_names_are_short():
    _, ax = plt.subplots(figsize=(5, 3), layout="constrained")
    plot_cluster_trend(trends(HOSTILE[-2:]), ax=ax)
    assert _names(ax) == ["q001 · A very lon…erlin", "q002 · A very lon…mburg"]
    assert overlaps(ax) == []


def test_all_can_be_read_with_hostile_labels():
    assert overlaps(plot_cluster_trend(trends(HOSTILE), top=12)) == []
    _, axes = plt.subplots(1, 2, figsize=(15, 5), layout="constrained")
    ax = plot_cluster_trend(trends(HOSTILE), ax=axes[0])
    lay_out(ax)
    assert overlaps(ax) == []
