"""What holds for every plot, whatever its table."""

from __future__ import annotations

import inspect
import io
import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.text import Text

from chatdash_analysis import plot
from chatdash_analysis.errors import InputError, MissingColumnsError
from tests.plot.cluster_tables import map_points, summary, trends
from tests.plot.field_tables import drivers, settling
from tests.plot.tables import (
    FORTY,
    HOSTILE,
    activity,
    change,
    curve,
    lay_out,
    league,
    overlaps,
    rates_table,
    retention,
    stages,
    texts,
)

# A plot, and a table for it of any groups.
PLOTS = {
    "rates": (plot.plot_rates, rates_table),
    "retention": (plot.plot_retention, lambda groups: retention(3, by=groups)),
    "return_curve": (plot.plot_return_curve, curve),
    "heatmap": (plot.plot_heatmap, lambda groups: activity()),
    "funnel": (plot.plot_funnel, lambda groups: league(groups, outside=set(groups[:9]))),
    "waterfall": (plot.plot_waterfall, change),
    "stages": (plot.plot_stages, stages),
    "clusters": (plot.plot_clusters, summary),
    "cluster_trend": (plot.plot_cluster_trend, trends),
    "cluster_map": (plot.plot_cluster_map, map_points),
    "drivers": (plot.plot_drivers, drivers),
    "settling": (plot.plot_settling, settling),
}
# A column that each plot needs, and one of numbers that it draws, where it is not "rate".
NEEDED = {
    "waterfall": "rate_before", "heatmap": "n", "clusters": "n", "cluster_trend": "per_1000",
    "cluster_map": "x", "settling": "settled",
    "drivers": "strength",
}  # fmt: skip
NUMBERS = {**NEEDED, "waterfall": "mix", "heatmap": "conversations"}
every_plot = pytest.mark.parametrize("name", PLOTS)


def _draw(name, groups=("web", "phone"), **options):
    draw, table = PLOTS[name]
    return draw(table(list(groups)), **options)


def _without_values(table):
    """The table where no rate is known."""
    known = (
        "rate", "low", "high", "mix", "within", "limit", "overall", "per_1000", "n", "x", "y",
        "settled", "strength",
    )  # fmt: skip
    return table.assign(**{name: np.nan for name in table if name.startswith(known)})


@every_plot
def test_axes_that_are_given_are_used_and_no_figure_is_made(name):
    _, axes = plt.subplots(1, 2)
    before = plt.get_fignums()
    assert _draw(name, ax=axes[1]) is axes[1]
    assert plt.get_fignums() == before
    assert len(axes[0].get_figure().axes) == 2
    assert not axes[0].has_data()


@every_plot
def test_without_axes_one_new_figure_is_made(name):
    ax = _draw(name)
    assert isinstance(ax, Axes)
    assert len(plt.get_fignums()) == 1
    assert ax.get_figure().axes == [ax]


@every_plot
def test_the_settings_of_the_user_stay_as_they_are(name):
    before = dict(mpl.rcParams)
    lay_out(_draw(name))
    assert dict(mpl.rcParams) == before


@every_plot
def test_the_table_stays_as_it_is(name):
    draw, table = PLOTS[name]
    given = table(["web", "phone"])
    given.index = given.index[::-1]
    copy = given.copy()
    draw(given)
    pd.testing.assert_frame_equal(given, copy)


@every_plot
@pytest.mark.parametrize(
    "groups", [["web", "phone"], ["web"], HOSTILE, FORTY], ids=["two", "one", "hostile", "forty"]
)
def test_every_text_can_be_read(name, groups):
    ax = _draw(name, groups)
    assert overlaps(ax) == []
    assert min(text.get_fontsize() for text in ax.findobj(Text)) >= 5.5


@every_plot
def test_no_text_of_the_data_is_set_as_mathematics(name):
    ax = _draw(name, HOSTILE)
    lay_out(ax)
    shown = [text for text in ax.findobj(Text) if text.get_text()]
    assert len(shown) > 5
    risky = [text for text in shown if set(text.get_text()) & set("$_^{}#&\\")]
    assert risky or name == "heatmap"
    assert [text for text in risky if text.get_parse_math() or text.get_usetex()] == []


@every_plot
def test_texts_are_texts_where_the_user_has_tex_for_everything(name):
    with mpl.rc_context({"text.usetex": True}):
        ax = _draw(name, HOSTILE)
        label = {ax.xaxis.label, ax.yaxis.label, *ax.findobj(mpl.axis.Tick)}
        free = [text for text in ax.texts if text not in label]
    assert free
    assert not any(text.get_usetex() for text in free)


@every_plot
def test_an_empty_table_says_so(name):
    draw, table = PLOTS[name]
    ax = draw(table(["web"]).iloc[:0])
    lay_out(ax)
    assert texts(ax) == ["no data"]
    assert ax.get_xlabel()
    assert overlaps(ax) == []


@every_plot
def test_an_empty_table_of_no_types_says_so(name):
    draw, table = PLOTS[name]
    ax = draw(pd.DataFrame(columns=table(["web"]).columns))
    assert texts(ax) == ["no data"]


@every_plot
def test_rates_that_are_all_missing_leave_readable_axes(name):
    draw, table = PLOTS[name]
    ax = draw(_without_values(table(["web", "phone"])))
    lay_out(ax)
    assert texts(ax)
    assert overlaps(ax) == []


@every_plot
def test_a_missing_column_is_named(name):
    draw, table = PLOTS[name]
    needed = NEEDED.get(name, "rate")
    options = {"value": "rate"} if name == "heatmap" else {}
    with pytest.raises(
        MissingColumnsError, match=f"{draw.__name__} needs .* lacks {needed}"
    ) as got:
        draw(table(["web"]).drop(columns=needed), **options)
    assert got.value.missing == [needed]
    assert plt.get_fignums() == []


@every_plot
@pytest.mark.parametrize("thing", [None, [1, 2], {"n": [1]}, "table"])
def test_something_else_than_a_table_is_refused(name, thing):
    with pytest.raises(InputError, match=rf"{PLOTS[name][0].__name__} draws a pandas table .* got"):
        PLOTS[name][0](thing)


@every_plot
def test_something_else_than_axes_is_refused(name):
    _, axes = plt.subplots(1, 2)
    with pytest.raises(InputError, match=r"ax must be the matplotlib Axes .* got ndarray"):
        _draw(name, ax=axes)


@every_plot
def test_text_in_place_of_numbers_is_refused(name):
    draw, table = PLOTS[name]
    column = NUMBERS.get(name, "rate")
    wrong = table(["web", "phone"]).astype({column: "str"}).assign(**{column: "much"})
    with pytest.raises(InputError, match=f"column {column} must hold numbers"):
        draw(wrong)


@every_plot
def test_nullable_and_arrow_columns_are_drawn_alike(name):
    draw, table = PLOTS[name]
    given = table(["web", "phone"])
    usual = draw(given)
    for backend in ("numpy_nullable", "pyarrow"):
        ax = draw(given.convert_dtypes(dtype_backend=backend))
        assert texts(ax) == texts(usual)
        assert ax.dataLim.bounds == pytest.approx(usual.dataLim.bounds)


@every_plot
def test_a_plot_takes_the_table_first_and_the_rest_by_keyword(name):
    signature = inspect.signature(PLOTS[name][0])
    table, *rest = signature.parameters.values()
    assert table.name == "table"
    assert {parameter.kind for parameter in rest} == {inspect.Parameter.KEYWORD_ONLY}
    assert signature.parameters["ax"].default is None


@every_plot
def test_a_small_panel_of_a_figure_without_layout_is_drawn_without_warning(name):
    _, axes = plt.subplots(2, 2, figsize=(5, 4))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _draw(name, ax=axes[0, 0]).get_figure().savefig(io.BytesIO())
    assert axes[0, 0].has_data()


def test_the_package_names_its_plots_in_order():
    assert plot.__all__ == sorted(plot.__all__)
    assert {f"plot_{name}" for name in PLOTS} == set(plot.__all__)
