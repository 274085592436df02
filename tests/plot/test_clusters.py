"""The bars of the clusters."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba

from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.plot.clusters import plot_clusters
from chatdash_analysis.plot.style import BLUE
from tests.plot.cluster_tables import summary, trends
from tests.plot.tables import FORTY, HOSTILE, lay_out, overlaps, row_labels, texts

QUESTIONS = ["Parking?", "Insurance?", "Gift wrapping?"]
GRADES = ["firm", "usable", "doubtful", "weak"]
STATES = ["new", "growing", "falling", "resolved", "regressed", "too_few"]


def _lengths(ax):
    return [bar.get_width() for bar in ax.patches]


def _marks(ax):
    return [(line.get_ydata()[0], line.get_marker()) for line in ax.lines]


def _notes(ax):
    return texts(ax)[-1].split("\n")


def test_bars_are_as_long_as_queries_are_many_the_largest_on_top():
    ax = plot_clusters(summary(QUESTIONS))
    assert _lengths(ax) == [30, 20, 10]
    assert row_labels(ax) == ["q001 · Parking?", "q002 · Insurance?", "q003 · Gift wrapping?"]
    assert ax.yaxis_inverted()
    assert ax.get_xlim()[0] == 0
    assert ax.get_xlabel() == "misunderstood queries (number)"


def test_n_its_share_and_the_users_stand_beside_each_bar():
    ax = plot_clusters(summary(QUESTIONS, users=[15.0, np.nan, 1.0]), min_users=0)
    assert texts(ax) == ["n = 30 (50%), 15 users", "n = 20 (33%)", "n = 10 (17%), 1 user"]


def test_columns_that_the_table_lacks_are_left_out():
    table = summary(QUESTIONS).drop(columns=["users", "status", "stability_grade"])
    ax = plot_clusters(table)
    assert texts(ax) == ["n = 30 (50%)", "n = 20 (33%)", "n = 10 (17%)"]
    assert ax.get_legend() is None


def test_what_too_few_people_asked_is_not_shown_and_a_note_says_so():
    table = summary(QUESTIONS, users=[5.0, 4.0, np.nan], unassigned=8)
    ax = plot_clusters(table)
    assert row_labels(ax) == [
        "q001 · Parking?", "q002 · (too few users)", "q003 · (too few users)", "unassigned",
    ]  # fmt: skip
    assert "n = 20 (33%), 4 users" in texts(ax)
    assert _notes(ax) == [
        "(too few users): fewer known users than min_users=5;", "min_users=0 shows all labels",
    ]  # fmt: skip
    assert overlaps(ax) == []


def test_the_note_is_about_clusters_that_are_drawn():
    table = summary(QUESTIONS, users=[9.0, 9.0, 1.0])
    assert _notes(plot_clusters(table, top=2)) == ["1 smaller cluster not shown: n = 10"]


def test_the_fewest_people_can_be_chosen():
    table = summary(QUESTIONS, users=[30.0, 4.0, np.nan])
    assert row_labels(plot_clusters(table, min_users=31))[0] == "q001 · (too few users)"
    assert row_labels(plot_clusters(table, min_users=4))[1] == "q002 · Insurance?"
    assert row_labels(plot_clusters(table, min_users=0))[2] == "q003 · Gift wrapping?"


@pytest.mark.parametrize("users", [None, np.nan, pd.NA], ids=["no column", "NaN", "NA"])
def test_labels_of_mere_texts_of_which_nobody_knows_the_people_are_shown(users):
    table = summary(QUESTIONS, users=users)
    ax = plot_clusters(table.drop(columns="users") if users is None else table)
    assert row_labels(ax) == ["q001 · Parking?", "q002 · Insurance?", "q003 · Gift wrapping?"]
    assert texts(ax) == ["n = 30 (50%)", "n = 20 (33%)", "n = 10 (17%)"]


def test_nobody_known_of_those_who_could_be_is_too_few():
    ax = plot_clusters(summary(["Parking?"], users=0.0))
    assert row_labels(ax) == ["q001 · (too few users)"]


def test_a_cluster_that_was_marked_as_fixed_says_so():
    ax = plot_clusters(summary(QUESTIONS, status=["open", "fixed", None]))
    assert [text.endswith(", fixed") for text in texts(ax)] == [False, True, False]


def test_the_less_stable_a_cluster_the_paler_is_its_bar():
    ax = plot_clusters(summary(list("abcd"), grades=GRADES))
    faces = [bar.get_facecolor() for bar in ax.patches]
    assert all(face[:3] == to_rgba(BLUE)[:3] for face in faces)
    alphas = [face[3] for face in faces]
    assert alphas == sorted(set(alphas), reverse=True)
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [False, False, True, True]
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["stability:", *GRADES]


def test_the_legend_has_only_the_grades_that_are_there():
    ax = plot_clusters(summary(QUESTIONS, grades=["weak", "firm", "weak"]))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "stability:", "firm", "weak",
    ]  # fmt: skip


def test_each_state_has_words_and_a_mark_of_its_own():
    names = [f"question {number}" for number in range(6)]
    ax = plot_clusters(summary(names), trends=trends(names, states=STATES))
    assert [text for text in texts(ax) if text.replace(" ", "_") in STATES] == [
        "new", "growing", "falling", "resolved", "regressed", "too few",
    ]  # fmt: skip
    marks = dict(_marks(ax))
    assert sorted(marks) == [0, 1, 2, 3, 4, 5]
    assert len(set(marks.values())) == 6


def test_the_state_is_that_of_the_last_complete_period():
    table = trends(QUESTIONS, states=["new", "growing", "falling"])
    table.loc[table["period"] == table["period"].max(), "state"] = "resolved"
    ax = plot_clusters(summary(QUESTIONS), trends=table.sample(frac=1, random_state=0))
    assert [text for text in texts(ax) if text in STATES] == ["new", "growing", "falling"]
    assert _notes(ax) == ["state: last complete period,", "from 2026-06-01 on"]


def test_a_cluster_without_a_state_keeps_its_place_empty():
    table = trends(QUESTIONS[:2], states=["new", None])
    ax = plot_clusters(summary(QUESTIONS), trends=table)
    assert [y for y, _ in _marks(ax)] == [0]


@pytest.mark.parametrize("complete", [False, pd.NA])
def test_without_a_complete_period_no_state_is_told(complete):
    table = trends(QUESTIONS, periods=2)
    table["complete"] = pd.array([complete] * len(table), dtype="boolean")
    ax = plot_clusters(summary(QUESTIONS), trends=table)
    assert _marks(ax) == []
    assert _notes(ax) == ["no period is complete, so no trend is known"]


def test_numbers_stand_in_one_column_right_of_the_states():
    ax = plot_clusters(summary(QUESTIONS), trends=trends(QUESTIONS, states=STATES[:3]))
    lay_out(ax)
    boxes = {text.get_text(): text.get_window_extent() for text in ax.texts}
    starts = {round(box.x0) for text, box in boxes.items() if text.startswith("n = ")}
    assert len(starts) == 1
    assert max(boxes[state].x1 for state in STATES[:3]) < starts.pop()


def test_the_unassigned_are_a_hollow_bar_at_the_end():
    ax = plot_clusters(
        summary(QUESTIONS, unassigned=8), trends=trends(QUESTIONS, states=STATES[:3])
    )
    assert row_labels(ax)[-1] == "unassigned"
    bar = ax.patches[-1]
    assert bar.get_width() == 8
    assert bar.get_facecolor()[3] == 0
    assert bar.get_linestyle() == "--"
    assert "n = 8 (12%)" in texts(ax)
    assert [y for y, marker in _marks(ax) if marker == "_"] == [3]


@pytest.mark.parametrize(
    "attrs", [{}, {"chatdash": 1}, {"chatdash": {}}, {"chatdash": {"unassigned": {"n": 3}}}]
)
def test_where_the_table_does_not_tell_of_the_unassigned_there_is_no_bar(attrs):
    table = summary(QUESTIONS)
    table.attrs.update(attrs)
    assert row_labels(plot_clusters(table))[-1] == "q003 · Gift wrapping?"


def test_many_unassigned_do_not_press_the_clusters_flat():
    ax = plot_clusters(summary(QUESTIONS, unassigned=900))
    assert ax.get_xlim() == (0, 45)
    assert _notes(ax) == ["the bar of the unassigned is cut; its n is written"]
    assert {"»", "n = 900 (12%)"} <= set(texts(ax))
    few = plot_clusters(summary(QUESTIONS, unassigned=45))
    assert few.get_xlim()[1] > 45
    assert "»" not in texts(few)


def test_of_many_clusters_the_largest_are_drawn_and_the_others_counted():
    ax = plot_clusters(summary(FORTY), top=38)
    assert len(ax.patches) == 38
    assert _notes(ax) == ["2 smaller clusters not shown: n = 30"]
    assert _notes(plot_clusters(summary(FORTY), top=39)) == ["1 smaller cluster not shown: n = 10"]
    assert len(plot_clusters(summary(FORTY)).patches) == 20


def test_the_largest_are_drawn_in_the_order_of_the_table():
    ax = plot_clusters(summary(QUESTIONS, n=[5, 50, 20]), top=2)
    assert _lengths(ax) == [50, 20]


def test_clusters_of_one_name_keep_apart():
    assert row_labels(plot_clusters(summary(["Other", "Other"]))) == [
        "q001 · Other",
        "q002 · Other",
    ]


def test_without_clusters_only_the_unassigned_are_drawn():
    ax = plot_clusters(summary([], unassigned=7))
    assert row_labels(ax) == ["unassigned"]
    assert _lengths(ax) == [7]
    assert _notes(ax) == ["there is no cluster"]
    assert overlaps(ax) == []


def test_an_unknown_size_has_no_bar():
    ax = plot_clusters(summary(QUESTIONS, n=[np.nan, 4, 2], share=[np.nan, 0.4, 0.2]))
    assert _lengths(ax) == [4, 2]
    assert texts(ax)[0] == "n = ?"
    nothing = plot_clusters(summary(QUESTIONS, n=[np.nan] * 3, share=np.nan))
    assert overlaps(nothing) == []


def test_all_can_be_read_with_states_grades_and_hostile_labels():
    states = (STATES * 2)[: len(HOSTILE)]
    grades = (GRADES * 3)[: len(HOSTILE)]
    ax = plot_clusters(
        summary(HOSTILE, grades=grades, unassigned=5_000), trends=trends(HOSTILE, states=states)
    )
    assert overlaps(ax) == []
    _, axes = plt.subplots(1, 2, figsize=(15, 5), layout="constrained")
    assert overlaps(plot_clusters(summary(HOSTILE, grades=grades), ax=axes[1])) == []


def test_in_narrow_axes_labels_are_short_and_users_left_out():
    _, ax = plt.subplots(figsize=(5, 3), layout="constrained")
    plot_clusters(summary(HOSTILE[-2:]), trends=trends(HOSTILE[-2:]), ax=ax)
    assert row_labels(ax) == ["q001 · A very long…Berlin", "q002 · A very long…amburg"]
    assert "n = 20 (67%)" in texts(ax)
    assert overlaps(ax) == []


@pytest.mark.parametrize("top", [0, -3, 2.0, True, None, "5"])
def test_a_top_that_is_no_number_of_clusters_is_refused(top):
    with pytest.raises(InputError, match="top must be a number of clusters, 1 or more; got"):
        plot_clusters(summary(QUESTIONS), top=top)


@pytest.mark.parametrize("least", [-1, 2.5, True, None, "5"])
def test_a_least_that_is_no_number_of_people_is_refused(least):
    for table in (summary(QUESTIONS), summary(QUESTIONS).drop(columns="users")):
        with pytest.raises(InputError, match=r"min_users=.* is no number of people\. Give 5"):
            plot_clusters(table, min_users=least)


def test_trends_that_lack_a_column_are_refused():
    with pytest.raises(MissingColumnsError, match=r"plot_clusters needs .* lacks complete"):
        plot_clusters(summary(QUESTIONS), trends=trends(QUESTIONS).drop(columns="complete"))
    with pytest.raises(InputError, match="draws a pandas table"):
        plot_clusters(summary(QUESTIONS), trends="growing")
