"""The map of the questions."""

from __future__ import annotations

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba

from chatdash_analysis.errors import InputError
from chatdash_analysis.plot.cluster_map import plot_cluster_map
from chatdash_analysis.plot.style import LINES
from tests.plot.cluster_tables import map_points
from tests.plot.tables import FORTY, HOSTILE, lay_out, overlaps, texts

QUESTIONS = ["Parking?", "Insurance?", "Gift wrapping?"]


def _heaps(ax):
    """Return what was drawn as (face, places, areas) of each heap."""
    return [
        (
            tuple(heap.get_facecolor()[0]) if len(heap.get_facecolor()) else None,
            heap.get_offsets().data,
            heap.get_sizes(),
        )
        for heap in ax.collections
    ]


def _names(ax):
    return [text for text in ax.texts if "\nn = " in text.get_text()]


def _legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_each_question_is_a_point_where_the_table_says():
    table = map_points(QUESTIONS)
    drawn = np.vstack([places for _, places, _ in _heaps(plot_cluster_map(table))])
    assert sorted(map(tuple, drawn)) == sorted(map(tuple, table[["x", "y"]].to_numpy()))


def test_clusters_have_colours_and_the_unassigned_are_hollow():
    table = map_points(QUESTIONS)
    heaps = _heaps(plot_cluster_map(table))
    hollow, *coloured = heaps
    assert hollow[0] is None
    assert hollow[1] == pytest.approx(table[["x", "y"]][-6:].to_numpy())
    assert {face[:3] for face, _, _ in coloured} == {to_rgba(c)[:3] for c in LINES[:3]}


def test_smaller_clusters_are_grey_and_counted():
    ax = plot_cluster_map(map_points(FORTY), top=10)
    _, grey, *coloured = _heaps(ax)
    red, green, blue, _ = grey[0]
    assert red == green == blue
    assert len(grey[1]) == 30 * 12
    assert len(coloured) == 10
    assert _legend(ax) == ["unassigned: 6 questions", "30 smaller clusters"]
    assert _legend(plot_cluster_map(map_points(FORTY), top=30))[1] == "10 smaller clusters"
    assert _legend(plot_cluster_map(map_points(QUESTIONS), top=2))[1] == "1 smaller cluster"


def test_the_clusters_asked_most_are_named_with_their_n():
    table = map_points(QUESTIONS)
    table.loc[table["cluster_id"] == "q002", "n"] = 100
    ax = plot_cluster_map(table.sample(frac=1, random_state=0), top=1)
    assert [text.get_text() for text in _names(ax)] == ["q002 · Insurance?\nn = 1,200"]


def test_without_unassigned_and_smaller_clusters_there_is_no_legend():
    assert plot_cluster_map(map_points(QUESTIONS, unassigned=0)).get_legend() is None


def test_top_zero_names_no_cluster():
    ax = plot_cluster_map(map_points(QUESTIONS), top=0)
    assert _names(ax) == []
    assert _legend(ax) == ["unassigned: 6 questions", "3 smaller clusters"]


def test_what_too_few_people_asked_is_not_shown_and_a_note_says_so():
    table = map_points(QUESTIONS)
    people = table["cluster_id"].map({"q001": 5.0, "q002": 4.0})
    table = table.assign(cluster_users=people.astype("float64"))
    ax = plot_cluster_map(table)
    assert sorted(text.get_text().split("\n")[0] for text in _names(ax)) == [
        "q001 · Parking?", "q002 · (too few users)", "q003 · (too few users)",
    ]  # fmt: skip
    note = "(too few users): fewer known users than min_users=5;\nmin_users=0 shows all labels"
    assert texts(ax)[-1] == note
    assert overlaps(ax) == []
    shown = plot_cluster_map(table, min_users=0)
    assert "q002 · Insurance?" in {text.get_text().split("\n")[0] for text in _names(shown)}
    assert note not in texts(shown)
    assert note not in texts(plot_cluster_map(table, top=0))


def test_where_nobody_knows_the_people_of_any_cluster_labels_are_shown():
    ax = plot_cluster_map(map_points(QUESTIONS).assign(cluster_users=np.nan))
    assert sorted(text.get_text().split("\n")[0] for text in _names(ax)) == [
        "q001 · Parking?", "q002 · Insurance?", "q003 · Gift wrapping?",
    ]  # fmt: skip


@pytest.mark.parametrize("least", [-1, 2.5, True, None, "5"])
def test_a_least_that_is_no_number_of_people_is_refused(least):
    with pytest.raises(InputError, match=r"min_users=.* is no number of people\. Give 5"):
        plot_cluster_map(map_points(QUESTIONS), min_users=least)


def test_a_name_leads_to_the_point_next_to_the_median():
    """Of two halves far from each other the median may be where no question is."""
    table = pd.DataFrame({
        "x": [0.0, 0.1, 0.3, 10.0, 10.2], "y": [0.0, 0.2, 0.1, 5.0, 5.1], "n": 1,
        "cluster_id": "q001", "label": "Parking?",
    })  # fmt: skip
    assert _names(plot_cluster_map(table))[0].xy == pytest.approx((0.3, 0.1))


def test_names_stand_outside_of_the_axes_on_both_sides_and_keep_apart():
    ax = plot_cluster_map(map_points(FORTY[:12]))
    lay_out(ax)
    area = ax.get_window_extent()
    sides = [text.get_position()[0] > 0.5 for text in _names(ax)]
    assert sides.count(True) == sides.count(False) == 6
    middle = np.median([text.xy[0] for text in _names(ax)])
    for text, right in zip(_names(ax), sides, strict=True):
        box = plt.Text.get_window_extent(text)
        assert box.x0 > area.x1 if right else box.x1 < area.x0
        assert (text.xy[0] >= middle) == right


def test_names_of_heaps_on_one_spot_do_not_overlap():
    table = map_points(FORTY[:12], unassigned=0).assign(x=0.0, y=0.0)
    ax = plot_cluster_map(table)
    lay_out(ax)
    assert len(_names(ax)) == 12
    assert overlaps(ax) == []


def test_areas_grow_with_how_often_a_question_was_asked():
    table = map_points(["Parking?"], each=4, unassigned=0).assign(n=[1, 10, 20, 40])
    areas = _heaps(plot_cluster_map(table))[0][2]
    assert areas[2] == pytest.approx(2 * areas[1])
    assert areas[3] == pytest.approx(4 * areas[1])
    assert all(low < high for low, high in pairwise(areas))


@pytest.mark.parametrize("n", [[0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 10**6], [1, np.nan, 1, 2]])
def test_every_point_can_be_seen_and_none_covers_the_map(n):
    table = map_points(["Parking?"], each=4, unassigned=0).assign(n=n)
    areas = _heaps(plot_cluster_map(table))[0][2]
    assert areas.min() >= 5
    assert areas.max() <= 300


def test_clusters_of_one_colour_have_different_markers():
    ax = plot_cluster_map(map_points(FORTY, unassigned=0), top=30)
    looks = {
        (tuple(heap.get_facecolor()[0]), heap.get_paths()[0].vertices.tobytes())
        for heap in ax.collections[1:]
    }
    assert len(looks) == 30


def test_axes_have_no_ticks_and_say_what_distance_means():
    ax = plot_cluster_map(map_points(QUESTIONS))
    assert ax.get_xticks().tolist() == ax.get_yticks().tolist() == []
    assert "distances between far groups mean little" in ax.get_xlabel()
    assert "area of a point: how often it was asked" in ax.get_xlabel()


def test_a_sample_says_that_it_is_one():
    table = map_points(QUESTIONS)
    table.attrs["cluster_map"] = {"questions": 9_000}
    expected = "a sample: 42 of 9,000 distinct questions; n counts those drawn"
    assert texts(plot_cluster_map(table))[-1] == expected


@pytest.mark.parametrize("attrs", [{}, {"cluster_map": 3}, {"cluster_map": {"questions": 42}}])
def test_where_all_questions_are_drawn_there_is_no_note(attrs):
    table = map_points(QUESTIONS)
    table.attrs.update(attrs)
    assert not [text for text in texts(plot_cluster_map(table)) if "sample" in text]


def test_points_without_a_place_are_left_out():
    table = map_points(QUESTIONS)
    table.loc[0, "x"], table.loc[1, "y"] = np.nan, np.inf
    drawn = [len(places) for _, places, _ in _heaps(plot_cluster_map(table))]
    assert sum(drawn) == len(table) - 2


def test_one_question_is_drawn():
    ax = plot_cluster_map(map_points(["Parking?"], each=1, unassigned=0))
    assert len(_heaps(ax)[0][1]) == 1
    assert overlaps(ax) == []


def test_all_unassigned_are_drawn_hollow():
    ax = plot_cluster_map(map_points([], unassigned=9))
    assert [face for face, _, _ in _heaps(ax)] == [None]
    assert _legend(ax) == ["unassigned: 9 questions"]


def test_in_narrow_axes_names_are_short():
    _, ax = plt.subplots(figsize=(5, 4), layout="constrained")
    plot_cluster_map(map_points(HOSTILE[-2:], unassigned=0), ax=ax)
    assert sorted(text.get_text().split("\n")[0] for text in _names(ax)) == [
        "q001 · A very lon…erlin", "q002 · A very lon…mburg",
    ]  # fmt: skip
    assert overlaps(ax) == []


def test_all_can_be_read_with_many_names_and_hostile_ones():
    assert overlaps(plot_cluster_map(map_points(FORTY), top=30)) == []
    _, axes = plt.subplots(1, 2, figsize=(16, 5), layout="constrained")
    assert overlaps(plot_cluster_map(map_points(HOSTILE), ax=axes[1])) == []


@pytest.mark.parametrize("top", [-1, 2.0, False, None])
def test_a_top_that_is_no_number_of_clusters_is_refused(top):
    with pytest.raises(InputError, match="top must be a number of clusters, 0 or more; got"):
        plot_cluster_map(map_points(QUESTIONS), top=top)
