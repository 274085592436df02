"""Colours, axes, the percent axis and notes."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from chatdash_analysis.plot import style
from tests.plot.tables import lay_out, texts


def _axes(**options):
    return Figure(**options).subplots()


def test_a_new_figure_has_the_size_asked_for_and_a_layout():
    figure = style.axes_for(None, width=7, height=3).get_figure()
    assert figure.get_size_inches().tolist() == [7, 3]
    assert figure.get_layout_engine() is not None
    assert figure.number in plt.get_fignums()


@pytest.mark.parametrize(
    ("highest", "top"),
    [([0.95], 1), ([0.6, np.nan], 1), ([0.17], 0.2), ([0.02], 0.05), ([0.45], 0.5), ([], 1),
     ([np.nan], 1), ([0.0], 1), ([1.2], 1)],
)  # fmt: skip
@pytest.mark.parametrize("axis", ["x", "y"])
def test_a_percent_axis_ends_at_100_or_lower_where_all_is_small(highest, top, axis):
    ax = _axes()
    style.percent_axis(ax, np.array(highest, dtype="float64"), axis=axis)
    low, high = ax.get_xlim() if axis == "x" else ax.get_ylim()
    assert (low, high) == pytest.approx((-0.02 * top, 1.02 * top))


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0%"), (0.2, "20%"), (0.575, "57.5%"), (1, "100%"), (0.0025, "0.25%")]
)
def test_ticks_have_the_decimals_that_they_need(share, text):
    assert style.percent_tick(share) == text


def test_a_note_stands_below_the_label_of_the_axis():
    ax = _axes(layout="constrained")
    ax.set_xlabel("rate")
    style.draw_note(ax, ["one", "two"])
    lay_out(ax)
    assert texts(ax) == ["one\ntwo"]
    assert ax.texts[0].get_window_extent().y1 < ax.xaxis.label.get_window_extent().y0


def test_no_notes_leave_nothing():
    ax = _axes()
    style.draw_note(ax, [])
    assert texts(ax) == []


def test_text_shrinks_with_the_number_of_rows_within_bounds():
    ax = _axes(figsize=(5, 4))
    sizes = [style.fitting_size(ax, rows) for rows in (1, 20, 30, 40, 1000)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 9
    assert sizes[-1] == 4
    assert sizes[2] * 1.25 * 30 == pytest.approx(style.size_of(ax)[1])


def test_the_size_of_axes_does_not_depend_on_the_resolution():
    small, fine = (style.size_of(_axes(figsize=(5, 4), dpi=dpi)) for dpi in (50, 200))
    assert small == pytest.approx(fine)


def test_lines_can_be_told_apart_by_brightness_or_colour_without_red_and_green():
    # Simulated protanopia and deuteranopia (Vienot, Brettel and Mollon 1999).
    rgb = np.array([to_rgb(colour) for colour in style.LINES]) ** 2.2
    protan = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.004, -0.004, 1]])
    deutan = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
    for sight in (np.eye(3), protan, deutan):
        seen = np.clip(rgb @ sight.T, 0, 1) ** (1 / 2.2)
        apart = np.linalg.norm(seen[:, None] - seen, axis=-1)
        assert apart[~np.eye(len(seen), dtype=bool)].min() > 0.1
