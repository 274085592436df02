"""Plots of the tables that the analyses really return."""

from __future__ import annotations

import numpy as np
import pytest

import chatdash_analysis as cda
from chatdash_analysis import plot
from chatdash_analysis.changes.explaining import explain_change
from chatdash_analysis.channels.activity import activity_table
from chatdash_analysis.channels.outcomes import outcome_stages
from chatdash_analysis.channels.reasons import ended_reasons
from chatdash_analysis.channels.summary import channel_summary, country_summary
from chatdash_analysis.cohorts.resolved import resolved_for_good
from chatdash_analysis.cohorts.retention import cohort_metric, retention_table
from chatdash_analysis.cohorts.returning import contact_table, return_curve
from chatdash_analysis.devices.summary import device_crosstab, device_summary
from chatdash_analysis.league import league_table
from chatdash_analysis.segments import rates_by
from tests.plot.tables import overlaps, row_labels, texts


@pytest.fixture(scope="module", name="conversations")
def _conversations():
    return cda.identify_users(cda.load_sample(1500))


RATES = {
    "rates_by": lambda c: rates_by(c, "channel"),
    "rates_by two": lambda c: rates_by(c, ["channel", "device"]),
    "channel_summary": channel_summary,
    "country_summary": country_summary,
    "device_summary": device_summary,
    "device_crosstab": device_crosstab,
    "ended_reasons": ended_reasons,
    "contact_table": contact_table,
    "resolved_for_good": resolved_for_good,
    "outcome_stages": outcome_stages,
    "cohort_metric": lambda c: cohort_metric(c, freq="M"),
    "league_table": league_table,
}


@pytest.mark.parametrize("name", RATES)
def test_rates_are_drawn_where_the_table_has_them(conversations, name):
    table = RATES[name](conversations)
    ax = plot.plot_rates(table)
    drawn = sorted(line.get_xdata()[0] for line in ax.lines)
    assert drawn == pytest.approx(sorted(table["rate"].dropna()))
    assert len(row_labels(ax)) == len(set(row_labels(ax))) == len(table)
    assert sum(text.startswith("n = ") for text in texts(ax)) == len(table)
    assert sum(text.startswith("not shown: ") for text in texts(ax)) == table["rate"].isna().sum()
    assert "not shown: no rate" not in texts(ax)
    assert overlaps(ax) == []


@pytest.mark.parametrize("metric", ["handoff", "no_answer"])
def test_the_other_rates_of_channels_are_drawn(conversations, metric):
    table = channel_summary(conversations)
    ax = plot.plot_rates(table, metric=metric)
    known = table[f"{metric}_rate"].dropna()
    assert len(known) > 0
    assert sorted(line.get_xdata()[0] for line in ax.lines) == pytest.approx(sorted(known))


def test_shrunken_rates_are_drawn(conversations):
    table = league_table(conversations)
    ax = plot.plot_rates(table, metric="shrunken", sort="shrunken_rate")
    assert [line.get_xdata()[0] for line in ax.lines] == pytest.approx(table["shrunken_rate"])


@pytest.mark.parametrize(
    "options",
    [{"freq": "W"}, {"freq": "M", "by": "channel"}, {"freq": "M", "burn_in": "auto"},
     {"freq": "M", "brackets": (1, 7, 30)}, {"freq": "M", "kind": "unbounded"}],
)  # fmt: skip
def test_each_cell_of_a_retention_table_is_drawn(conversations, options):
    table = retention_table(conversations, **options)
    ax = plot.plot_retention(table)
    assert len(ax.patches) == len(table)
    hatched = sum(bool(cell.get_hatch()) for cell in ax.patches)
    assert hatched == table["flags"].str.contains("immature").sum() > 0
    shown = sum("%" in text.get_text() for text in ax.texts)
    assert shown == table["rate"].notna().sum() > 0
    assert row_labels(ax)[0].endswith("all")
    assert overlaps(ax) == []


def test_success_by_cohort_is_drawn(conversations):
    table = cohort_metric(conversations, freq="M")
    ax = plot.plot_retention(table, measure="success")
    assert len(ax.patches) == len(table)
    assert ax.child_axes[0].get_ylabel() == "success (% of n)"


def test_return_curves_are_drawn_as_far_as_their_rates_go(conversations):
    table = return_curve(conversations, by="channel")
    ax = plot.plot_return_curve(table)
    curves = [line for line in ax.lines if line.get_drawstyle() == "steps-post"]
    assert len(curves) == table["channel"].nunique()
    assert sum(len(line.get_xdata()) for line in curves) == table["rate"].notna().sum()
    assert overlaps(ax) == []


@pytest.mark.parametrize("value", ["conversations", "rate"])
def test_a_week_is_drawn(conversations, value):
    table = activity_table(conversations, tz="Europe/Berlin")
    ax = plot.plot_heatmap(table, value=value)
    assert len(ax.patches) == 168
    assert overlaps(ax) == []


def test_the_funnel_names_who_the_table_flags(conversations):
    table = league_table(conversations, by=["channel", "country_code"])
    ax = plot.plot_funnel(table)
    points = sum(len(line.get_xdata()) for line in ax.lines if line.get_marker() in {"o", "D", "s"})
    assert points == table["rate"].notna().sum()
    assert overlaps(ax) == []


def test_a_change_is_drawn_from_before_to_after(conversations):
    table = explain_change(
        conversations, by="channel", n_boot=100,
        before=("2026-04-01", "2026-05-01"), after=("2026-05-01", "2026-06-01"),
    )  # fmt: skip
    ax = plot.plot_waterfall(table)
    diamonds = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "D"]
    assert diamonds == pytest.approx(table[["rate_before", "rate_after"]].iloc[-1].tolist())
    last = ax.patches[-1]
    assert last.get_x() + last.get_width() == pytest.approx(diamonds[1])
    cells = table.iloc[:-1]
    widths = [bar.get_width() for bar in ax.patches]
    assert widths[1 : len(cells) + 1] == pytest.approx(cells["mix"].tolist())
    assert overlaps(ax) == []


def test_stages_are_drawn(conversations):
    table = outcome_stages(conversations)
    ax = plot.plot_stages(table)
    assert len(ax.lines) == table["rate"].notna().sum()
    assert np.isnan(table["rate"]).any() == any("not shown" in text for text in texts(ax))
    assert overlaps(ax) == []
