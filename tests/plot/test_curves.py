"""Return curves."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import PolyCollection

from chatdash_analysis.plot import plot_return_curve
from chatdash_analysis.plot.style import LINES
from tests.plot.tables import FORTY, curve, lay_out, overlaps, texts


def _curves(ax):
    return [line for line in ax.lines if line.get_drawstyle() == "steps-post"]


def test_each_group_is_a_line_of_steps_with_a_band():
    ax = plot_return_curve(curve(["web", "phone"]))
    assert len(_curves(ax)) == 2
    assert _curves(ax)[0].get_xdata().tolist() == [0, 5, 10, 20, 30]
    assert _curves(ax)[0].get_ydata() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    bands = ax.findobj(PolyCollection)
    assert len(bands) == 2
    assert bands[0].get_paths()[0].get_extents().y1 == pytest.approx(0.44)


def test_lines_differ_in_colour_and_in_dashes():
    ax = plot_return_curve(curve(FORTY[:6]))
    looks = [(line.get_color(), line.get_linestyle()) for line in _curves(ax)]
    assert [colour for colour, _ in looks] == list(LINES)
    assert looks[0][1] != looks[1][1]


def test_numbers_at_risk_stand_below_their_days():
    ax = plot_return_curve(curve(["web", "phone"]))
    lay_out(ax)
    numbers = {
        (text.xy[0], text.get_text()): text.get_window_extent() for text in ax.texts
        if text.get_text().isdigit() or "," in text.get_text()
    }  # fmt: skip
    days = ax.get_xticks().tolist()
    assert days == [0, 5, 10, 15, 20, 25, 30]
    # At day 15 nobody leaves; who is watched there is at risk at the step of day 20.
    assert [n for day, n in numbers if day == 15] == ["980", "970"]
    assert [n for day, n in numbers if day == 0] == ["1,000", "990"]
    below = ax.xaxis.label.get_window_extent().y0
    assert max(box.y1 for box in numbers.values()) < below


def test_each_line_is_named_beside_a_piece_of_it():
    ax = plot_return_curve(curve(["web", None]))
    lay_out(ax)
    samples = [line for line in ax.lines if line.get_drawstyle() != "steps-post"]
    names = [text for text in ax.texts if text.get_text() in {"web", "(missing)"}]
    assert [text.get_text() for text in names] == ["web", "(missing)"]
    for sample, name, line in zip(samples, names, _curves(ax), strict=True):
        assert sample.get_color() == line.get_color()
        assert sample.get_linestyle() == line.get_linestyle()
        at, beside = name.get_window_extent(), sample.get_window_extent()
        assert at.x1 < beside.x0 < beside.x1 < ax.get_window_extent().x0
        assert at.y0 < beside.y0 < at.y1


def test_axes_have_units():
    ax = plot_return_curve(curve(["web"]))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("days", "users who came back (%), band: interval")
    assert ax.yaxis.get_major_formatter()(0.2) == "20%"
    assert ax.get_ylim()[1] == pytest.approx(1.02 * 0.5)


@pytest.mark.parametrize(
    ("value", "text"), [(0.012, "p = 0.012"), (1e-9, "p < 0.001"), (1.0, "p = 1.000")]
)
def test_the_test_over_the_groups_is_told(value, text):
    ax = plot_return_curve(curve(["web", "phone"], p_value=value))
    assert f"log-rank test over the groups: {text}" in texts(ax)


@pytest.mark.parametrize("drop", [True, False])
def test_without_a_test_none_is_told(drop):
    table = curve(["web"], p_value=np.nan)
    ax = plot_return_curve(table.drop(columns="p_value") if drop else table)
    assert not [text for text in texts(ax) if "log-rank" in text]


def test_without_groups_the_line_stands_for_all():
    ax = plot_return_curve(curve(["web"]).drop(columns="channel"))
    assert len(_curves(ax)) == 1
    assert "all" in texts(ax)


def test_of_many_groups_those_with_the_most_users_are_drawn():
    ax = plot_return_curve(curve(FORTY[::-1]))
    assert len(_curves(ax)) == 6
    assert {"agent 39", "agent 34"} <= set(texts(ax))
    assert "agent 33" not in texts(ax)
    assert "34 smaller groups not shown" in texts(ax)
    assert overlaps(ax) == []


def test_a_group_without_rates_is_named_with_its_reason():
    table = curve(["web", "phone"])
    phone = table["channel"] == "phone"
    table.loc[phone, ["rate", "low", "high"]] = np.nan
    table["flags"] = table["flags"].mask(phone, "small_n")
    ax = plot_return_curve(table)
    assert "phone, not shown: n too small" in texts(ax)
    assert [len(line.get_xdata()) for line in _curves(ax)] == [5, 0]


def test_rows_may_come_in_any_order():
    table = curve(["web"]).iloc[::-1]
    assert _curves(plot_return_curve(table))[0].get_xdata().tolist() == [0, 5, 10, 20, 30]


@pytest.mark.parametrize("days", [(0,), (0.0, 0.4), (3, 4), (0, 400)])
def test_any_span_of_days_is_drawn(days):
    ax = plot_return_curve(curve(["web"], days=days))
    lay_out(ax)
    assert ax.get_xlim()[1] >= max(days)
    assert overlaps(ax) == []
