"""Settling curves."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import PolyCollection

from chatdash_analysis.errors import InputError
from chatdash_analysis.plot import plot_settling
from tests.plot.field_tables import settling
from tests.plot.tables import FORTY, lay_out, texts


def _curves(ax):
    return [line for line in ax.lines if line.get_drawstyle() == "steps-post"]


def test_each_group_is_a_line_of_steps_with_a_band():
    ax = plot_settling(settling(["a", "b"]))
    # A delay of nothing has no place on a scale of logarithms.
    assert _curves(ax)[0].get_xdata().tolist() == [0.01, 0.25, 1.0, 5.0, 20.0]
    assert _curves(ax)[0].get_ydata() == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert len(ax.findobj(PolyCollection)) == 2


def test_the_legend_tells_how_many_verdicts_a_line_stands_on():
    ax = plot_settling(settling(["_hidden", "b"], flags="few_judged"))
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["_hidden, n = 400, few judged", "b, n = 399, few judged"]


def test_the_target_is_a_line():
    (line,) = [line for line in plot_settling(settling(["a"]), target=0.8).lines
               if line.get_drawstyle() != "steps-post"]  # fmt: skip
    assert set(line.get_ydata()) == {0.8}


@pytest.mark.parametrize("target", [-0.1, 1.1, np.nan, True, "a", None])
def test_a_target_that_is_no_share_is_refused(target):
    with pytest.raises(InputError, match="share between 0 and 1"):
        plot_settling(settling(["a"]), target=target)


def test_ticks_have_units():
    ax = plot_settling(settling(["a"]))
    lay_out(ax)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == [
        "1 h", "6 h", "1 d", "3 d", "7 d", "14 d",
    ]  # fmt: skip


def test_of_many_groups_those_with_the_most_verdicts_are_drawn():
    ax = plot_settling(settling(FORTY[::-1]))
    assert len(_curves(ax)) == 6
    assert "34 smaller groups not shown" in texts(ax)
    assert ax.get_legend().get_texts()[0].get_text().startswith("agent 39")


@pytest.mark.parametrize("days", [(0.0,), (0.0, 3.0), (3.0, 3.001), (1e-4, 900.0)])
def test_any_span_of_delays_is_drawn(days):
    lay_out(plot_settling(settling(["a"], days=days)))
