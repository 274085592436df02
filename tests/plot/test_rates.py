"""Rates by group."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.plot import plot_rates
from tests.plot.tables import FORTY, lay_out, rates_table, row_labels, texts


def _points(ax):
    """The points, by the label of their row."""
    labels = row_labels(ax)
    points = [line.get_xydata()[0] for line in ax.lines if len(line.get_xydata()) == 1]
    return {labels[round(y)]: x for x, y in points}


def test_rows_keep_the_order_of_the_table():
    ax = plot_rates(rates_table(["web", "phone", "sms"], rate=[0.5, 0.2, 0.7], n=[1204, 10, 30]))
    assert row_labels(ax) == ["web", "phone", "sms"]
    assert _points(ax) == {"web": 0.5, "phone": 0.2, "sms": 0.7}
    assert texts(ax) == ["n = 1,204", "n = 10", "n = 30"]
    assert [lines.get_segments()[0][:, 0].tolist() for lines in ax.collections] == [
        pytest.approx([0.4, 0.6]), pytest.approx([0.1, 0.3]), pytest.approx([0.6, 0.8]),
    ]  # fmt: skip


def test_the_axis_is_in_percent_from_0():
    ax = plot_rates(rates_table(["web"], rate=0.5))
    assert ax.get_xlabel() == "rate (% of n), line: interval"
    assert ax.get_xlim() == pytest.approx((-0.02, 1.02))
    assert ax.xaxis.get_major_formatter()(0.4) == "40%"


def test_rows_are_sorted_only_when_asked():
    table = rates_table(["a", "b", "c", "d"], n=[5, 9, 5, 7], rate=[0.5, np.nan, 0.5, 0.6])
    assert row_labels(plot_rates(table, sort="n")) == ["b", "d", "a", "c"]
    assert row_labels(plot_rates(table, sort="rate")) == ["d", "a", "c", "b"]


def test_a_group_without_a_rate_keeps_its_row_and_says_why():
    table = rates_table(
        ["web", "sms"], rate=[0.5, np.nan], n=[50, 3], flags=["", "few_users, small_n"]
    )
    ax = plot_rates(table)
    assert row_labels(ax) == ["web", "sms"]
    assert _points(ax) == {"web": 0.5}
    assert texts(ax) == ["n = 50", "n = 3, few users", "not shown: n too small"]


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (["channel"], ["web"]),
        (["channel", "conversations", "share"], ["web"]),
        (["platform", "ended_family", "fault_side", "reasons", "conversations", "share"],
         ["web · web · web"]),
        (["cohort", "cohort_label", "period", "period_label"], ["web · web"]),
        (["contact", "contact_label"], ["web"]),
        ([], ["all"]),
    ],
)  # fmt: skip
def test_groups_are_named_by_what_stands_before_n_but_for_measures(columns, names):
    table = rates_table(["web"]).drop(columns="channel")
    for place, column in enumerate(columns):
        table.insert(place, column, "web")
    assert row_labels(plot_rates(table)) == names


@pytest.mark.parametrize(
    ("label", "head"),
    [(None, "channel"), (["country_code", "channel"], "country code · channel")],
)
def test_what_names_a_group_stands_above_the_labels(label, head):
    ax = plot_rates(rates_table(["web", "phone"]).assign(country_code="DE"), label=label)
    lay_out(ax)
    (text,) = [text for text in ax.texts if text.get_gid() == "head"]
    assert text.get_text() == head
    assert text.get_window_extent().y0 > ax.get_window_extent().y1
    assert text.get_window_extent().y1 < ax.get_figure().bbox.y1
    assert text.get_window_extent().x1 < ax.get_window_extent().x0


def test_label_says_which_columns_name_a_group():
    table = rates_table(["web"]).assign(country="DE")
    assert row_labels(plot_rates(table, label="country")) == ["DE"]
    assert row_labels(plot_rates(table, label=["country", "channel"])) == ["DE · web"]
    with pytest.raises(MissingColumnsError, match="lacks nation"):
        plot_rates(table, label="nation")


def test_a_metric_is_drawn_with_its_own_n():
    table = rates_table(["web", "sms"]).assign(
        handoff_rate=[0.1, np.nan], handoff_low=[0.05, np.nan], handoff_high=[0.2, np.nan],
        handoff_n=[77, 0],
    )  # fmt: skip
    ax = plot_rates(table, metric="handoff")
    assert ax.get_xlabel() == "handoff rate (% of n), line: interval"
    assert _points(ax) == {"web": 0.1}
    assert texts(ax) == ["n = 77", "n = 0", "not shown: no known outcome"]
    with pytest.raises(MissingColumnsError, match="lacks no_answer_rate, no_answer_low"):
        plot_rates(table, metric="no_answer")


def test_a_reference_is_a_named_line_within_the_axis():
    ax = plot_rates(rates_table(["web"], rate=0.1), reference=0.61)
    lines = [line.get_xdata() for line in ax.lines if len(line.get_xdata()) == 2]
    assert [list(x) for x in lines] == [[0.61, 0.61]]
    assert "reference 61%" in texts(ax)
    assert ax.get_xlim()[1] > 0.61


@pytest.mark.parametrize("reference", [61, -0.1, float("nan")])
def test_a_reference_that_is_no_share_is_refused(reference):
    with pytest.raises(InputError, match="reference must be a share between 0 and 1; got"):
        plot_rates(rates_table(["web"]), reference=reference)


def test_of_very_many_groups_the_largest_are_drawn_and_the_others_counted():
    table = rates_table([f"agent {row}" for row in range(75)], n=np.arange(75) * 7 % 75)
    ax = plot_rates(table)
    shown = table.loc[table["n"] >= 15, "channel"]
    assert row_labels(ax) == shown.tolist()
    assert texts(ax)[-1] == "15 smaller groups not shown"


def test_a_new_figure_grows_with_the_groups():
    few, many = (plot_rates(rates_table(FORTY[:size])).get_figure() for size in (3, 40))
    assert many.get_figheight() > 4 * few.get_figheight()


def test_rates_in_percent_are_refused():
    with pytest.raises(InputError, match="must hold shares between 0 and 1"):
        plot_rates(rates_table(["web"], rate=61.0))


def test_people_are_not_named():
    ax = plot_rates(rates_table(["+49 170 1234567", "+49 30 7654321"], by="phone"))
    assert row_labels(ax) == ["phone 1", "phone 2"]
