"""What a plot takes from its table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.plot.inputs import (
    columns_before,
    flag_sets,
    numbers,
    plotted_table,
    rate_columns,
    rates_of,
    shares,
)
from tests.plot.tables import rates_table


def test_numbers_are_floats_with_nan_for_what_is_missing_or_infinite():
    table = pd.DataFrame({"n": pd.array([1, None, 3], dtype="Int64"), "x": [np.inf, -np.inf, 2.0]})
    assert numbers(table, "n") == pytest.approx([1, np.nan, 3], nan_ok=True)
    assert numbers(table, "x") == pytest.approx([np.nan, np.nan, 2], nan_ok=True)


def test_percentages_are_refused_where_shares_are_needed():
    table = pd.DataFrame({"rate": [61.0, 40.0, np.nan]})
    with pytest.raises(InputError, match=r"rate must hold shares .* from 40 to 61.*Divide"):
        shares(table, "rate")


def test_shares_may_miss_the_ends_by_rounding():
    assert len(shares(pd.DataFrame({"rate": [-1e-12, 1 + 1e-12]}), "rate")) == 2


def test_flags_are_read_as_sets():
    table = pd.DataFrame({"flags": pd.Series(["", "small_n, few_users", None], dtype="str")})
    assert flag_sets(table) == [set(), {"small_n", "few_users"}, set()]
    assert flag_sets(pd.DataFrame({"n": [1]})) == [set()]


def test_columns_before_keep_their_order():
    table = pd.DataFrame(columns=["channel", "share", "device", "n", "rate"])
    assert columns_before(table, "n", but=("share",)) == ["channel", "device"]


def test_a_table_gets_a_plain_index_and_is_checked():
    table = rates_table(["a", "b"]).set_index(pd.Index([7, 7]))
    assert plotted_table(table, ["n"], "plot_x").index.tolist() == [0, 1]
    with pytest.raises(MissingColumnsError, match="plot_x needs the columns n, much"):
        plotted_table(table, ["n", "much"], "plot_x")


def test_a_metric_has_its_own_columns_and_its_own_n_where_there_is_one():
    table = pd.DataFrame(columns=["n", "handoff_n"])
    assert rate_columns(table, None) == ["rate", "low", "high", "n"]
    assert rate_columns(table, "handoff") == [
        "handoff_rate", "handoff_low", "handoff_high", "handoff_n",
    ]  # fmt: skip
    assert rate_columns(table, "shrunken")[-1] == "n"


def test_flags_belong_to_the_rate_of_the_column_n():
    table = rates_table(["a"], flags="few_users").assign(
        handoff_rate=0.2, handoff_low=0.1, handoff_high=0.3, handoff_n=50,
        shrunken_rate=0.4, shrunken_low=0.3, shrunken_high=0.5,
    )  # fmt: skip
    assert rates_of(table) == [(0.5, 0.4, 0.6, 100, {"few_users"})]
    assert rates_of(table, metric="handoff") == [(0.2, 0.1, 0.3, 50, set())]
    assert rates_of(table, metric="shrunken") == [(0.4, 0.3, 0.5, 100, {"few_users"})]
