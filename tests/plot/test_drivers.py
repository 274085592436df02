"""Which fields go with success."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from chatdash_analysis.errors import InputError
from chatdash_analysis.plot import plot_drivers
from chatdash_analysis.plot.style import BLUE, VERMILION
from tests.plot.field_tables import drivers
from tests.plot.tables import FORTY, row_labels, texts


def _points(ax):
    return [line for line in ax.lines if line.get_marker() == "o"]


def test_each_row_is_a_point_at_its_strength():
    ax = plot_drivers(drivers(["custom_booked", "channel", "custom_shift"]))
    assert [line.get_xdata()[0] for line in _points(ax)] == pytest.approx([0.9, 0.5, 0.1])
    assert row_labels(ax) == ["booked", "channel", "shift"]


def test_filled_points_are_found_and_hollow_ones_are_not():
    ax = plot_drivers(drivers(["a", "b"]), found=0.05)
    faces = [to_hex(line.get_markerfacecolor()) for line in _points(ax)]
    assert faces == [to_hex(BLUE), to_hex(ax.get_facecolor())]
    assert "filled: q < 0.05" in texts(ax)


@pytest.mark.parametrize("flag", ["after_outcome", "small_n, may_restate_outcome"])
def test_what_may_be_the_outcome_itself_has_another_colour(flag):
    ax = plot_drivers(drivers(["a", "b"], flags=["", flag]))
    assert [to_hex(line.get_color()) for line in _points(ax)] == [to_hex(BLUE), to_hex(VERMILION)]
    assert "vermilion: known after the outcome" in " ".join(texts(ax))


def test_n_q_value_and_difference_stand_beside_each_row():
    table = drivers(["a", "b"], adjusted_difference=[-0.004, np.nan])
    assert {"n = 200, q < 0.001, +0 points", "n = 201, q = 0.200"} <= set(
        texts(plot_drivers(table))
    )


def test_absence_is_a_row_of_its_own():
    ax = plot_drivers(drivers(["custom_date", "custom_date"], kind=["category", "absent"]))
    assert row_labels(ax) == ["date", "date: absent"]


def test_rows_beyond_the_limit_and_untested_ones_are_counted():
    table = drivers(FORTY)
    table.loc[38:, "strength"] = np.nan
    ax = plot_drivers(table, most=10)
    assert len(_points(ax)) == 10
    assert "28 further rows not shown" in " ".join(texts(ax))
    assert "2 without a strength" in " ".join(texts(ax))


@pytest.mark.parametrize("most", [0, -1, 2.5, True, None])
def test_a_limit_that_is_no_number_of_rows_is_refused(most):
    with pytest.raises(InputError, match="number of rows"):
        plot_drivers(drivers(["a"]), most=most)


@pytest.mark.parametrize("found", [-0.1, 2, np.nan, True, "a", None])
def test_a_limit_that_is_no_q_value_is_refused(found):
    with pytest.raises(InputError, match="no q-value"):
        plot_drivers(drivers(["a"]), found=found)
