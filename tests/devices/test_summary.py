"""Devices: who is compared with whom, what is left out, and the planted Simpson."""

from __future__ import annotations

import warnings

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import chatdash_analysis as cda
from chatdash_analysis.devices.summary import device_coverage, device_crosstab, device_summary
from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.rates import RATE_COLUMNS, newcombe, wilson
from chatdash_analysis.sandbox.sample import Sample
from chatdash_analysis.sandbox.world import DEVICE_LIFT

LANGUAGE = dict.fromkeys(("DE", "AT", "CH"), "de") | dict.fromkeys(("ES", "MX", "AR", "CO"), "es")
LANGUAGE |= dict.fromkeys(("GB", "IE", "US", "SE", "NL"), "en")


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    conversations = cda.load_sample(20_000)
    language = conversations["country_code"].map(LANGUAGE).astype("str")
    return cda.identify_users(conversations.assign(language=language))


def _frame(groups) -> pd.DataFrame:
    """Return conversations from ``(device, channel, n, successes)``; each of one person."""
    rows = [
        (device, channel, number < good)
        for device, channel, n, good in groups
        for number in range(n)
    ]
    frame = pd.DataFrame(rows, columns=["device", "channel", "evaluation_is_success"])
    frame = frame.assign(user_id=[f"u{number}" for number in range(len(frame))], interacted=True)
    return frame.astype(
        {"device": "str", "evaluation_is_success": "boolean", "interacted": "boolean"}
    )


TWO = [("Mobile", "web", 40, 30), ("desktop", "web", 50, 25), ("DESKTOP", "web", 10, 5)]
PITFALL = [
    ("Mobile", "web", 200, 166),
    ("Desktop", "web", 800, 648),
    ("Mobile", "voice", 900, 405),
    ("Desktop", "voice", 100, 40),
]


def test_families_are_compared_with_the_rest_that_has_a_device():
    frame = _frame([*TWO, (None, "phone", 500, 0), ("", "phone", 7, 7)])
    table = device_summary(frame)
    assert table["device"].tolist()[:2] == ["Desktop", "Mobile"]
    mobile = table.iloc[1]
    assert mobile[["n", "successes", "rate", "rest_rate"]].tolist() == [40, 30, 0.75, 0.5]
    assert mobile["lift"] == 1.5
    expected = newcombe(0.75, *wilson(30, 40), 0.5, *wilson(30, 60))
    found = mobile[["difference", "difference_low", "difference_high"]].tolist()
    np.testing.assert_allclose(found, [float(x) for x in expected])


def test_conversations_without_a_device_are_excluded_and_compared_with_nothing():
    frame = _frame([*TWO, (None, "phone", 500, 0), ("", "phone", 7, 7)])
    last = device_summary(frame).iloc[-1]
    assert pd.isna(last["device"])
    assert last[["n", "successes", "unknown", "excluded", "users"]].tolist() == [0, 0, 0, 507, 0]
    assert last["flags"] == "no_value"
    assert last[["rate", "rest_rate", "difference", "lift", "p_value"]].isna().all()
    with_rows = device_summary(frame).iloc[:2]
    pd.testing.assert_frame_equal(with_rows, device_summary(_frame(TWO)))


def test_the_counts_add_up_to_all_conversations(sample):
    for by in ("device", "os", ["os", "browser"], ["device", "os", "browser"]):
        table = device_summary(sample, by)
        assert table[["n", "unknown", "excluded"]].to_numpy().sum() == len(sample)
        known = sample["device"].notna() & sample["evaluation_is_success"].notna()
        assert table["n"].sum() == known.sum()


def test_simpson_of_the_pitfall_is_flagged_and_warned_of():
    frame = _frame(PITFALL)
    with pytest.warns(UserWarning, match=r"Mobile -24\.5 and \+3\.1 points") as caught:
        table = device_summary(frame, strata="channel").set_index("device")
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert table["rate"].round(3).to_dict() == {"Desktop": 0.764, "Mobile": 0.519}
    assert table["adjusted_difference"].round(3).to_dict() == {"Desktop": -0.031, "Mobile": 0.031}
    assert table["flags"].tolist() == ["simpson", "simpson"]
    assert table["strata_n"].tolist() == [2, 2]
    assert table["adjusted_n"].tolist() == [2000, 2000]


def test_without_strata_nothing_is_adjusted_and_nobody_is_warned():
    table = device_summary(_frame(PITFALL))
    assert table["adjusted_difference"].isna().all()
    assert (table["flags"] == "").all()


def test_the_planted_simpson_comes_out(sample):
    truth = Sample(size=10, seed=0).truth()
    planted = truth.success_by_device()
    assert planted["Mobile"] < planted["Desktop"]
    with pytest.warns(UserWarning, match="Mobile"):
        table = device_summary(sample, strata="language").set_index("device")
    mobile = table.loc["Mobile"]
    assert mobile["difference_high"] < 0 < mobile["adjusted_difference_low"]
    assert "simpson" in mobile["flags"]
    # The rest of mobile is desktop, nearly: the planted lift inside each language.
    low, high = mobile[["adjusted_difference_low", "adjusted_difference_high"]]
    assert low < DEVICE_LIFT["Mobile"] - DEVICE_LIFT["Desktop"] < high
    assert mobile["strata_n"] == 3


def test_inside_each_language_mobile_is_better(sample):
    planted = Sample(size=10, seed=0).truth().success_by_language_and_device()
    for language in ("en", "de", "es"):
        assert planted[language, "Mobile"] > planted[language, "Desktop"]
        part = device_summary(sample[sample["language"] == language]).set_index("device")
        assert part.loc["Mobile", "difference"] > 0


def test_order_of_rows_makes_no_difference(sample):
    mixed = sample.sample(frac=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = device_summary(sample, ["device", "os"], strata=["language", "channel"])
        found = device_summary(mixed, ["device", "os"], strata=["language", "channel"])
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


@pytest.mark.parametrize("engine", ["polars", "polars lazy", "duckdb", "dask"])
def test_every_engine_gives_the_same_tables(engine):
    import dask.dataframe as dd

    frame = cda.load_sample(1500).assign(
        month=lambda rows: rows["created_at"].dt.month.astype("int64")
    )
    kept = ["device", "os", "browser", "channel", "agent_id", "month", "lead_id", "interacted"]
    frame = frame[[*kept, "no_answer", "evaluation_is_success"]]
    polars = pl.from_pandas(frame)
    other = {
        "polars": polars,
        "polars lazy": polars.lazy(),
        "duckdb": duckdb.sql("select * from polars"),
        "dask": dd.from_pandas(frame, npartitions=3),
    }[engine]
    for function, options in (
        (device_summary, {"by": "os", "strata": ["month"], "users": "lead_id"}),
        (device_crosstab, {"users": "lead_id"}),
        (device_crosstab, {"rows": "device", "columns": "channel", "users": "lead_id"}),
        (device_coverage, {"by": ["channel", "month"]}),
    ):
        pd.testing.assert_frame_equal(function(other, **options), function(frame, **options))


def test_dtypes_are_the_same_for_full_holed_and_empty_tables():
    frame = _frame(PITFALL)
    unknown = frame.assign(evaluation_is_success=pd.array([None] * len(frame), dtype="boolean"))
    without = frame.assign(device=pd.array([None] * len(frame), dtype="str"))
    expected = device_summary(frame, strata=()).dtypes
    for other in (frame[:0], frame[:1], unknown, without, frame[frame["device"] == "Mobile"]):
        for strata in ((), "channel"):
            table = device_summary(other, strata=strata)
            pd.testing.assert_series_equal(table.dtypes, expected)
            assert isinstance(table.index, pd.RangeIndex)
            assert table["rest_rate"].isna().all()
        pd.testing.assert_series_equal(
            device_crosstab(other, rows="device", columns="channel").dtypes,
            device_crosstab(frame, rows="device", columns="channel").dtypes,
        )
    assert expected["device"] == "str"
    assert expected[list(RATE_COLUMNS)].astype(str).tolist() == (
        ["int64"] * 5 + ["float64"] * 3 + ["str"]
    )
    assert expected[["strata_n", "adjusted_n"]].astype(str).tolist() == ["int64", "int64"]


def test_no_success_anywhere_else_leaves_the_lift_missing():
    table = device_summary(_frame([("Mobile", "web", 40, 30), ("Desktop", "web", 50, 0)]))
    assert np.isnan(table.set_index("device").loc["Mobile", "lift"])
    assert table.set_index("device").loc["Desktop", "lift"] == 0


def test_ten_thousand_devices_are_a_table_of_at_most_a_few_dozen():
    names = [
        f"{a}{b}{c}{d}phonix"
        for a in "abcdefghij"
        for b in "klmnopqrst"
        for c in "uvwxyz"
        for d in "abcdefghij"
    ]
    frame = _frame([(name, "web", 2, 1) for name in names])
    table = device_summary(frame, strata="channel")
    assert len(table) == 51
    assert table["n"].sum() == 2 * len(names)


def test_the_frame_is_left_as_it_was():
    frame = _frame(PITFALL[:2])
    before = frame.copy(deep=True)
    device_summary(frame, strata="channel")
    device_crosstab(frame, rows="device", columns="channel")
    pd.testing.assert_frame_equal(frame, before)


def test_a_custom_outcome_and_identified_people_are_taken():
    conversations = cda.load_sample(1500)
    table = device_summary(conversations, outcome="custom_appointment_booked")
    assert table["n"].sum() == 0
    assert table["excluded"].sum() == 1500
    people = device_summary(conversations)
    assert (people["users"] < people["n"]).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "channel"}, "not about devices"),
        ({"by": []}, "not about devices"),
        ({"by": ["device", "device"]}, "twice"),
        ({"strata": "device"}, "other than device"),
        ({"strata": ["channel", "channel"]}, "named once"),
        ({"strata": "evaluation_is_success"}, "other than"),
        ({"level": 95}, "no confidence level"),
        ({"outcome": "channel"}, "no flag"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        device_summary(_frame(TWO), **options)


def test_missing_columns_are_named():
    with pytest.raises(MissingColumnsError, match="device_summary needs the columns os, month"):
        device_summary(_frame(TWO), "os", strata="month")
    with pytest.raises(MissingColumnsError, match="device_coverage needs"):
        device_coverage(_frame(TWO))
    with pytest.raises(InputError, match="needs a table, not a list"):
        device_summary([1, 2])


def test_a_crosstab_counts_every_pair_that_occurs(sample):
    table = device_crosstab(sample)
    held = sample.dropna(subset=["os", "browser"])
    browser = held["browser"].replace("Mobile Safari", "Safari")
    expected = held.assign(browser=browser).groupby(["os", "browser"]).size()
    pairs = table.dropna(subset="os").set_index(["os", "browser"])
    assert pairs["conversations"].to_dict() == expected.to_dict()
    assert table["conversations"].sum() == len(sample)
    known = held.assign(browser=browser).groupby(["os", "browser"])["evaluation_is_success"]
    assert pairs["n"].to_dict() == known.count().to_dict()
    shown = pairs["rate"].dropna()
    expected_rates = known.mean().astype("float64").reindex(shown.index)
    np.testing.assert_allclose(shown, expected_rates)


def test_a_crosstab_takes_one_other_column_with_its_missing_label():
    frame = _frame([*TWO, ("Mobile", None, 5, 5), (None, "web", 3, 0)])
    table = device_crosstab(frame, rows="device", columns="channel")
    assert table[["device", "channel", "conversations"]].fillna("-").to_numpy().tolist() == [
        ["Desktop", "web", 60],
        ["Mobile", "web", 40],
        ["Mobile", "-", 5],
        ["-", "-", 3],
    ]
    with pytest.raises(InputError, match="at least one of them"):
        device_crosstab(frame, rows="channel", columns="user_id")
    with pytest.raises(InputError, match="two columns"):
        device_crosstab(frame, rows="device", columns="device")


def test_coverage_is_known_for_each_channel(sample):
    table = device_coverage(sample)
    assert table.columns.tolist() == [
        "channel",
        "column",
        "conversations",
        "with_value",
        "coverage",
    ]
    assert table["column"].tolist() == ["device", "os", "browser"] * 5
    web = table[table["channel"] == "Webchat"]
    assert web["coverage"].between(0.97, 0.99).all()
    assert (table.loc[table["channel"] != "Webchat", "with_value"] == 0).all()
    assert table.loc[::3, "conversations"].sum() == len(sample)
    assert table["with_value"].sum() == sample[["device", "os", "browser"]].notna().to_numpy().sum()


def test_coverage_of_nothing_is_an_empty_typed_table(sample):
    pd.testing.assert_series_equal(
        device_coverage(sample[:0]).dtypes, device_coverage(sample).dtypes
    )
    with pytest.raises(InputError, match="a column device of its own"):
        device_coverage(sample, by="device")
