"""A table of an analysis becomes one of texts, whatever its index and columns are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis import InputError, MissingColumnsError
from chatdash_analysis.showing import readable_table

DASH = "\N{EN DASH}"


@pytest.fixture
def rates():
    return pd.DataFrame(
        {
            "channel": ["phone", None],
            "n": [1_204, 3],
            "successes": [751, 2],
            "unknown": [12, 0],
            "rate": [0.6237, np.nan],
            "low": [0.581, np.nan],
            "high": [0.662, np.nan],
            "flags": ["", "small_n"],
        }
    )


def test_rates_read_with_interval_and_counts(rates):
    expected = pd.DataFrame(
        {
            "Channel": ["phone", DASH],
            "Known": ["1,204", "3"],
            "Successes": ["751", "2"],
            "Unknown": ["12", "0"],
            "Rate": ["62.4 % (58.1 to 66.2)", DASH],
            "Notes": ["", "too few for a rate"],
        },
        dtype="str",
    )
    shown = readable_table(rates)
    pd.testing.assert_frame_equal(shown, expected)
    assert shown.attrs == {"right": [False, True, True, True, True, False]}


def test_chosen_columns_keep_their_order_and_a_rate_its_counts(rates):
    shown = readable_table(rates, ["rate", "channel"])
    assert list(shown.columns) == ["Rate", "Known", "Unknown", "Channel"]
    assert list(readable_table(rates, "rate").columns) == ["Rate", "Known", "Unknown"]


def test_the_callers_table_stays_as_it_is(rates):
    rates.attrs["mine"] = 1
    before = rates.copy(deep=True)
    shown = readable_table(rates)
    shown.iloc[0, 0] = "changed"
    pd.testing.assert_frame_equal(rates, before)
    assert rates.attrs == {"mine": 1}


def test_the_order_of_rows_is_kept_and_their_numbers_are_not_shown(rates):
    turned = rates.iloc[::-1]
    shown = readable_table(turned)
    assert shown["Channel"].tolist() == [DASH, "phone"]
    assert shown.index.tolist() == [0, 1]


def test_labels_of_rows_become_first_columns(rates):
    shown = readable_table(rates.set_index("channel"), ["rate"])
    assert list(shown.columns) == ["Channel", "Rate", "Known", "Unknown"]
    assert shown["Channel"].tolist() == ["phone", DASH]


def test_labels_without_a_name_are_shown_too():
    shown = readable_table(pd.DataFrame({"x": [1.0, 2.0]}, index=["mean", "max"]))
    assert shown.to_dict("list") == {"Label 1": ["mean", "max"], "x": ["1", "2"]}


def test_a_pivot_table_keeps_its_labels():
    long = pd.DataFrame({"a": ["x", "x", "y"], "b": ["p", "q", "p"], "v": [1.5, 2.0, np.nan]})
    wide = long.pivot_table(index="a", columns="b", values="v", dropna=False, observed=False)
    assert readable_table(wide).to_dict("list") == {
        "A": ["x", "y"], "P": ["1.50", DASH], "Q": ["2", DASH],
    }  # fmt: skip
    several = long.pivot_table(
        index=["a"], columns=["b"], values=["v"], dropna=False, observed=False
    )
    assert list(readable_table(several).columns) == ["A", "V p", "V q"]


def test_retention_as_a_pivot_table_reads():
    table = cda.retention_table(cda.load_sample(300), freq="M")
    wide = table.pivot_table(index=["cohort", "cohort_label"], columns="period", values="rate")
    shown = readable_table(wide)
    assert list(shown.columns)[:3] == ["Cohort from", "Cohort", "0"]
    assert shown.attrs["right"][:3] == [False, False, True]


def test_a_label_that_is_a_column_too_is_shown_once(rates):
    shown = readable_table(rates.set_index("channel", drop=False))
    assert [name for name in shown.columns if "Channel" in name] == ["Channel"]


def test_a_label_with_the_name_of_another_column_is_refused():
    index = pd.Index(["x", "y"], name="channel")
    table = pd.DataFrame({"channel": ["p", "q"]}, index=index)
    with pytest.raises(InputError, match=r"both named channel.*rename_axis.*reset_index"):
        readable_table(table)
    fixed = readable_table(table.rename_axis("line"))
    assert fixed.to_dict("list") == {"Line": ["x", "y"], "Channel": ["p", "q"]}


def test_two_labels_of_one_name_are_refused_unless_they_are_the_same():
    def labelled(*rows):
        return pd.DataFrame({"x": [1, 2]}, pd.MultiIndex.from_tuples(rows, names=["day", "day"]))

    with pytest.raises(InputError, match="both named day"):
        readable_table(labelled(("a", "b"), ("c", "d")))
    shown = readable_table(labelled(("a", "a"), (None, None)))
    assert shown.to_dict("list") == {"Day": ["a", DASH], "x": ["1", "2"]}


@pytest.mark.parametrize(
    "values",
    [
        pd.array([1, None], dtype="Int64"), pd.Categorical(["a", None]), [0.1, np.nan],
        pd.to_datetime(["2026-05-01T10:00Z", None]), pd.array(["a", None], dtype=object),
    ],
    ids=lambda values: str(getattr(values, "dtype", "")),
)  # fmt: skip
def test_columns_that_were_kept_beside_their_labels_are_shown_once(values):
    table = pd.DataFrame({"one": values, "two": [1, 2]})
    for names in ("one", ["one", "two"]):
        kept = readable_table(table.set_index(names, drop=False))
        pd.testing.assert_frame_equal(kept, readable_table(table))


def test_names_that_are_no_texts_can_be_asked_for():
    table = pd.DataFrame({0: [1], 1: [2], ("a", "b"): [3]})
    assert list(readable_table(table, [1, ("a", "b")]).columns) == ["1", "A b"]


def test_equal_headings_are_told_apart():
    table = pd.DataFrame([[1, 2, 3, 4]], columns=["custom_rating", "rating", "Rating", "rating "])
    shown = readable_table(table)
    assert shown.columns.is_unique
    assert list(shown.columns)[:2] == ["Rating (custom_rating)", "Rating (rating)"]


def test_headings_that_collide_by_accident_are_numbered():
    names = ["x", "X", "X (x)", "\u202eX"]
    shown = readable_table(pd.DataFrame([[1, 2, 3, 4]], columns=names))
    assert shown.columns.is_unique
    assert shown.iloc[0].tolist() == ["1", "2", "3", "4"]


def test_columns_of_ones_own_are_written_by_their_type():
    table = pd.DataFrame(
        {
            "custom_year": [2_024],
            "custom_paid": pd.array([None], dtype="boolean"),
            "custom_rate": [0.5],
            "custom_at": pd.to_datetime(["2026-05-01T10:00Z"]),
        }
    )
    shown = readable_table(table)
    assert shown.iloc[0].tolist() == ["2024", DASH, "0.50", "2026-05-01 10:00 UTC"]
    assert shown.attrs["right"] == [True, False, True, False]


@pytest.mark.parametrize("shape", [(0, 0), (3, 0)])
def test_a_table_without_columns_reads(shape):
    shown = readable_table(pd.DataFrame(index=range(shape[0])))
    assert shown.shape == shape
    assert shown.attrs["right"] == []


def test_several_columns_of_one_name_are_refused(rates):
    twice = pd.concat([rates, rates[["n"]]], axis="columns")
    with pytest.raises(InputError, match="several columns named n"):
        readable_table(twice)
    with pytest.raises(InputError, match="several columns named 0"):
        readable_table(pd.DataFrame([[1, 2]], columns=[0, "0"]))


def test_a_column_that_is_not_there_is_named(rates):
    with pytest.raises(MissingColumnsError, match=r"lacks share\b.*It has channel, n") as caught:
        readable_table(rates, ["channel", "share"])
    assert caught.value.missing == ["share"]


@pytest.mark.parametrize("wrong", [[None], [1.5], [["rate"]]], ids=str)
def test_what_is_no_name_of_a_column_is_refused(rates, wrong):
    with pytest.raises(InputError, match="is no name of a column"):
        readable_table(rates, wrong)


@pytest.mark.parametrize("wrong", [None, 1, "rate", {"rate": [1]}, pd.Series([1])], ids=repr)
def test_what_is_no_table_is_refused(wrong):
    with pytest.raises(InputError, match="takes a pandas DataFrame"):
        readable_table(wrong)


def test_a_frame_of_another_engine_is_refused_with_what_to_do():
    polars = pytest.importorskip("polars")
    with pytest.raises(InputError, match="Collect the columns"):
        readable_table(polars.DataFrame({"rate": [0.5]}))


def test_the_same_number_reads_the_same_whatever_the_dtype():
    counts = [pd.array([3], dtype=dtype) for dtype in ("int64", "Int64", "float64", "object")]
    assert {readable_table(pd.DataFrame({"n": own}))["n"].iloc[0] for own in counts} == {"3"}


@pytest.mark.parametrize("wrong", [5, True, 1.5, b"rate"], ids=repr)
def test_columns_that_are_no_names_are_refused(rates, wrong):
    with pytest.raises(InputError, match="columns must be names of columns; got"):
        readable_table(rates, wrong)


def test_retention_counts_people_at_risk_and_an_outcome_by_cohort_does_not():
    sample = cda.load_sample(300)
    retention, outcomes = cda.retention_table(sample, freq="M"), cda.cohort_metric(sample, freq="M")
    assert "People at risk" in readable_table(retention.head(3), ["rate"]).columns
    assert "Known" in readable_table(outcomes, ["rate"]).columns


def test_a_pivot_that_names_its_rates_reads_as_rates(rates):
    wide = rates.assign(of="all").pivot_table(
        index="of", columns="channel", values=["rate", "low", "n"], observed=True, dropna=True
    )
    shown = readable_table(wide)
    assert shown.iloc[0].tolist() == ["all", "58.1 %", "1,204", "62.4 %"]
    assert list(shown.columns) == ["Of", "Low phone", "N phone", "Rate phone"]


def test_functions_of_a_rate_are_no_rates(rates):
    several = rates.groupby("n")[["rate"]].agg(["mean", "count"])
    assert readable_table(several)["Rate count"].tolist() == ["0", "1"]


def test_common_words_of_ones_own_stay_ones_own():
    own = readable_table(pd.DataFrame({"day": ["Mon"], "part": ["left_wing"]}))
    assert own.to_dict("list") == {"Day": ["Mon"], "Part": ["left_wing"]}
    curve = readable_table(cda.return_curve(cda.load_sample(300)))
    assert curve.columns[0] == "Days since"
    parts = cda.business_hours_summary(cda.load_sample(300), tz="UTC")
    assert "Part of the week" in readable_table(parts).columns
