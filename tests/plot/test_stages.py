"""Stages of each group."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.plot import plot_stages
from tests.plot.tables import FORTY, row_labels, stages, texts


def _points(ax):
    points = [line.get_xydata()[0] for line in ax.lines]
    return sorted((round(float(y), 2), round(float(x), 2)) for x, y in points)


def test_each_stage_has_its_row_below_the_name_of_its_group():
    ax = plot_stages(stages(["retell", "vapi"]))
    assert row_labels(ax) == [
        "reached", "no fault, of reached", "success, of those", "overall",
    ] * 2  # fmt: skip
    rows = ax.get_yticks().tolist()
    assert _points(ax) == [
        (round(row, 2), rate) for row, rate in zip(rows, [0.8, 0.7, 0.6, 0.4] * 2, strict=True)
    ]
    names = {text.get_text(): text.xy[1] for text in ax.texts if text.get_weight() == "bold"}
    assert names == {"retell": rows[0] - 1, "vapi": rows[4] - 1}
    assert ax.yaxis_inverted()
    assert ax.get_ylim()[1] < rows[0] - 1


def test_each_stage_has_its_n_and_interval():
    ax = plot_stages(stages(["retell"]))
    assert sorted(text for text in texts(ax) if text.startswith("n")) == [
        "n = 100", "n = 100", "n = 60", "n = 80",
    ]  # fmt: skip
    ends = [lines.get_segments()[0][:, 0].tolist() for lines in ax.collections]
    assert ends[0] == pytest.approx([0.7, 0.9])


def test_stages_differ_in_colour_and_in_shape():
    ax = plot_stages(stages(["retell"]))
    assert len({line.get_marker() for line in ax.lines}) == 4
    assert len({line.get_color() for line in ax.lines}) == 4


def test_a_stage_without_a_rate_says_why():
    table = stages(["retell"])
    table.loc[1, ["rate", "low", "high", "n", "flags"]] = [np.nan, np.nan, np.nan, 0, "no_known"]
    ax = plot_stages(table)
    assert "not shown: no known outcome" in texts(ax)
    assert len(ax.lines) == 3


def test_rows_of_a_group_are_brought_together():
    table = stages(["retell", "vapi"])
    mixed = table.iloc[[0, 4, 1, 5, 2, 6, 3, 7]]
    assert _points(plot_stages(mixed)) == _points(plot_stages(table))


@pytest.mark.parametrize("name", ["group", "place", "label"])
def test_columns_of_groups_may_have_any_name(name):
    ax = plot_stages(stages(["retell", None]).rename(columns={"platform": name}))
    assert {"retell", "(missing)"} <= set(texts(ax))


def test_other_stages_are_drawn_under_their_names():
    table = stages(["retell"]).assign(stage=["rung", "reached", "success", "overall"])
    assert row_labels(plot_stages(table))[0] == "rung"


def test_of_very_many_groups_the_largest_are_drawn():
    table = stages([*FORTY, "big", "bigger"])
    table["n"] += np.arange(len(table))
    ax = plot_stages(table)
    names = [text.get_text() for text in ax.texts if text.get_weight() == "bold"]
    assert names == [*FORTY[2:], "big", "bigger"]
    assert "2 smaller groups not shown" in texts(ax)


def test_without_groups_the_stages_stand_for_all():
    ax = plot_stages(stages(["retell"]).drop(columns="platform"))
    assert [t.get_text() for t in ax.texts if t.get_weight() == "bold"] == ["all"]
