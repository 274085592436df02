"""Cohorts by period."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.plot import plot_retention
from tests.plot.tables import retention, row_labels, texts


def _cells(ax):
    """The cells, by row label and column label."""
    rows = dict(zip(np.round(ax.get_yticks(), 3), row_labels(ax), strict=True))
    columns = [label.get_text() for label in ax.get_xticklabels()]
    return {
        (rows[round(cell.get_y() + 0.5, 3)], columns[round(cell.get_x() + 0.5)]): cell
        for cell in ax.patches
    }


def _text_of(ax, cell):
    middle = (cell.get_x() + 0.5, cell.get_y() + 0.5)
    found = [t.get_text() for t in ax.texts if t.get_position() == pytest.approx(middle)]
    return found[0] if found else ""


def test_each_cell_stands_in_its_row_and_column_with_rate_and_n():
    ax = plot_retention(retention(3))
    shown = {place: _text_of(ax, cell) for place, cell in _cells(ax).items()}
    assert shown == {
        ("all", "week 0"): "100%\nn = 300",
        ("all", "week 1"): "50%\nn = 300",
        ("2026-01-05", "week 0"): "100%\nn = 90",
        ("2026-01-05", "week 1"): "50%\nn = 90",
        ("2026-01-05", "week 2"): "",
        ("2026-01-12", "week 0"): "100%\nn = 80",
        ("2026-01-12", "week 1"): "",
        ("2026-01-19", "week 0"): "",
    }


def test_cells_that_are_not_over_are_hatched_and_the_hatch_is_explained():
    ax = plot_retention(retention(3))
    hatched = {place for place, cell in _cells(ax).items() if cell.get_hatch()}
    assert hatched == {
        ("2026-01-05", "week 2"), ("2026-01-12", "week 1"), ("2026-01-19", "week 0"),
    }  # fmt: skip
    assert texts(ax)[-1] == "hatched: period not over for the whole cohort"


def test_a_cell_that_is_over_for_some_has_their_rate_and_a_hatch():
    table = retention(3)
    table.loc[table["flags"] == "immature", ["n", "rate", "low", "high"]] = [12, 0.25, 0.1, 0.4]
    ax = plot_retention(table)
    cell = _cells(ax)["2026-01-19", "week 0"]
    assert cell.get_hatch()
    assert _text_of(ax, cell) == "25%\nn = 12"


def test_the_pooled_row_is_on_top_and_apart():
    ax = plot_retention(retention(3))
    assert row_labels(ax)[0] == "all"
    assert ax.yaxis_inverted()
    assert np.diff(ax.get_yticks()) == pytest.approx([1.35, 1, 1])


def test_rows_do_not_depend_on_the_order_of_the_table():
    table = retention(4)
    usual, mixed = (plot_retention(t) for t in (table, table.sample(frac=1, random_state=1)))
    shown, wished = (
        {place: _text_of(ax, cell) for place, cell in _cells(ax).items()} for ax in (mixed, usual)
    )
    assert shown == wished
    assert len(shown) == 13


def test_small_cells_are_grey_with_their_n():
    table = retention(3)
    table.loc[1, ["n", "rate", "low", "high", "flags"]] = [4, np.nan, np.nan, np.nan, "small_n"]
    ax = plot_retention(table)
    cell = _cells(ax)["2026-01-05", "week 1"]
    assert _text_of(ax, cell) == "n = 4"
    assert len(set(cell.get_facecolor()[:3])) == 1
    assert not cell.get_hatch()
    assert "grey: n too small, or nobody at risk" in texts(ax)[-1].split("\n")


def test_cohorts_from_before_the_data_are_marked():
    table = retention(3)
    early = table["cohort_label"] == "2026-01-05"
    table["flags"] = table["flags"].mask(early, "left_truncated")
    ax = plot_retention(table)
    assert row_labels(ax) == ["all", "2026-01-05 †", "2026-01-12", "2026-01-19"]
    assert "† so early in the data" in texts(ax)[-1]


def test_groups_stand_below_each_other_each_with_its_pooled_row():
    ax = plot_retention(retention(2, by=["web", "phone"]))
    assert row_labels(ax) == [
        "web · all", "web · 2026-01-05", "web · 2026-01-12",
        "phone · all", "phone · 2026-01-05", "phone · 2026-01-12",
    ]  # fmt: skip
    assert np.diff(ax.get_yticks()) == pytest.approx([1.35, 1, 1.7, 1.35, 1])


@pytest.mark.parametrize("name", ["group", "label", "y", "later", "early"])
def test_columns_of_groups_may_have_any_name(name):
    table = retention(2, by=["web", "phone"]).rename(columns={"channel": name})
    assert row_labels(plot_retention(table))[0] == "web · all"


def _scale(ax):
    return ax.child_axes[0].get_ylim(), ax.child_axes[0].get_ylabel()


def test_colours_end_at_the_highest_rate_after_a_first_period_with_everybody():
    ax = plot_retention(retention(3), measure="came again")
    assert _scale(ax) == (pytest.approx((0, 0.5)), "came again (% of n)")


def test_colours_take_in_the_first_period_of_another_rate():
    table = retention(3)
    table["rate"] *= 0.8
    assert _scale(plot_retention(table))[0] == pytest.approx((0, 0.8))


def test_without_any_rate_there_is_no_scale():
    ax = plot_retention(retention(3).assign(rate=np.nan, flags="immature", n=0))
    assert ax.child_axes == []
    assert all(cell.get_hatch() for cell in ax.patches)


def test_the_newest_cohorts_and_first_periods_of_very_many_are_drawn():
    ax = plot_retention(retention(63))
    labels = row_labels(ax)
    newest = pd.Timestamp("2026-01-05") + pd.Timedelta(weeks=62)
    assert len(labels) == 61
    assert (labels[0], labels[-1]) == ("all", f"{newest:%Y-%m-%d}")
    assert len(ax.get_xticks()) == 31
    assert texts(ax)[-1].split("\n")[-2:] == [
        "3 older cohorts not shown", "32 later periods not shown",
    ]  # fmt: skip


def test_a_new_figure_grows_with_cohorts_and_periods():
    small, large = (plot_retention(retention(size)).get_figure() for size in (8, 20))
    assert (large.get_size_inches() - small.get_size_inches() > (6, 4)).all()
