"""Grids of cells."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from chatdash_analysis.plot.cells import Cell, draw_cells, draw_colour_bar, grid_axes, label_grid
from tests.plot.tables import lay_out

ROOM = (40.0, 25.0)


def _drawn(*cells, top=1.0):
    ax = Figure(layout="constrained").subplots()
    ax.set(xlim=(-0.5, 2.5), ylim=(2.5, -0.5))
    return ax, draw_cells(ax, cells, top=top, room=ROOM)


def test_a_cell_is_a_square_around_its_place_with_its_text_in_the_middle():
    ax, _ = _drawn(Cell(1, 2, 0.5, "50%\nn = 9"))
    assert ax.patches[0].get_bbox().bounds == (0.5, 1.5, 1, 1)
    assert [(text.get_position(), text.get_text()) for text in ax.texts] == [((1, 2), "50%\nn = 9")]


def test_colours_run_from_0_to_the_top_and_stay_there():
    ax, colours = _drawn(*[Cell(0, 0, value, "") for value in (0, 0.25, 0.5, 0.9)], top=0.5)
    drawn = [patch.get_facecolor() for patch in ax.patches]
    assert drawn == [tuple(colours.to_rgba(value)) for value in (0, 0.25, 0.5, 0.5)]
    assert len(set(drawn)) == 3


def test_only_cells_that_are_not_final_are_hatched():
    ax, _ = _drawn(
        Cell(0, 0, 0.5, ""), Cell(1, 0, np.nan, "", hatched=True), Cell(2, 0, np.nan, "x")
    )
    assert [bool(patch.get_hatch()) for patch in ax.patches] == [False, True, False]


def test_a_cell_without_value_is_grey():
    ax, _ = _drawn(Cell(0, 0, np.nan, "n = 2"))
    red, green, blue, _ = ax.patches[0].get_facecolor()
    assert red == green == blue


def test_text_is_bright_on_dark_and_dark_on_bright():
    ax, _ = _drawn(Cell(0, 0, 0.0, "a"), Cell(1, 0, 1.0, "b"), Cell(2, 0, np.nan, "c"))
    assert [text.get_color() for text in ax.texts] == ["white", "black", "black"]


def test_text_fits_into_its_cell():
    ax, _ = _drawn(Cell(0, 0, 0.5, "n = 123,456,789"), Cell(1, 0, 0.5, "1"))
    sizes = {text.get_fontsize() for text in ax.texts}
    assert len(sizes) == 1
    assert 4 <= sizes.pop() < 5


def test_a_new_figure_has_room_for_cells_and_labels():
    small, _ = grid_axes(None, across=6, down=4, labels=["a"])
    wide, _ = grid_axes(None, across=12, down=8, labels=["a" * 40])
    growth = wide.get_figure().get_size_inches() - small.get_figure().get_size_inches()
    assert growth == pytest.approx([6 * 0.62 + 39 * 0.065, 4 * 0.36])


def test_given_axes_are_used_and_tell_their_room():
    ax = Figure(figsize=(10, 10)).subplots()
    assert grid_axes(ax, across=5, down=2, labels=["a"])[0] is ax
    width, height = grid_axes(ax, across=5, down=2, labels=["a"])[1]
    assert height / width == pytest.approx(5 / 2, rel=0.01)


@pytest.mark.parametrize(("room", "angle"), [((80.0, 20.0), 0), ((10.0, 20.0), 90)])
def test_names_of_columns_are_turned_where_they_do_not_fit(room, angle):
    ax = Figure().subplots()
    label_grid(ax, columns=["week 10", "week 11"], rows=["a"], places=[0], room=room)
    assert {label.get_rotation() for label in ax.get_xticklabels()} == {angle}


@pytest.mark.parametrize(("percent", "ticks"), [(True, {"0%", "20%"}), (False, {"0", "2,000"})])
def test_the_scale_has_units_and_leaves_other_axes_alone(percent, ticks):
    figure = Figure(layout="constrained")
    left, right = figure.subplots(1, 2)
    colours = draw_cells(left, [Cell(0, 0, 0.1, "")], top=0.4 if percent else 4000, room=ROOM)
    before = right.get_position().bounds
    draw_colour_bar(left, colours, label="share", percent=percent, beyond=percent)
    assert figure.axes == [left, right]
    assert right.get_position().bounds == before
    bar = left.child_axes[0]
    lay_out(left)
    assert ticks <= {text.get_text() for text in bar.findobj(Text)}
    assert bar.get_ylabel() == "share"
