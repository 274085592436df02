"""Coverage by period: as pandas counts it, with what begins, ends and pauses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.fields.coverage import field_coverage
from chatdash_analysis.reached import connected
from tests.fields.rows import conversations


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    return cda.load_sample(1000)


def _pandas_periods(instants: pd.Series, tz: str, freq: str) -> pd.Series:
    local = instants.dt.tz_convert(tz).dt.tz_localize(None)
    return local.dt.to_period({"W": "W-SUN"}.get(freq, freq)).dt.start_time


@pytest.mark.parametrize(("freq", "tz"), [("W", "UTC"), ("M", "Asia/Tokyo"), ("D", "UTC")])
def test_counts_are_those_of_pandas(sample, freq, tz):
    table = field_coverage(sample, freq=freq, tz=tz)
    period = _pandas_periods(sample["created_at"], tz, freq)
    met = connected(sample)
    for (agent, column), part in table.groupby(["agent_id", "column"]):
        own = (sample["agent_id"] == agent).to_numpy()
        there = sample[column].notna()
        could = met & (sample["created_at"] >= sample.loc[own & there, "created_at"].min())
        expected = pd.DataFrame(
            {
                "rows": own,
                "values": own & there,
                "eligible": own & could,
                "eligible_values": own & could & there,
            }
        )
        expected = expected[own].groupby(period[own]).sum()
        assert part["period"].tolist() == expected.index.tolist()
        for name in expected:
            assert part[name].tolist() == expected[name].tolist(), (column, name)
    assert len(table.groupby(["agent_id", "column"])) == 39


def test_a_renamed_field_ends_where_the_other_begins(sample):
    table = field_coverage(sample, freq="M")
    old, new = (table[table["raw_key"] == key] for key in ("caller_intent", "call_intent"))
    assert old["flags"].tolist() == ["", "", "", "after", "after", "after"]
    assert new["flags"].tolist() == ["before", "before", "", "", "", ""]
    assert new["eligible_coverage"].isna().tolist() == [True, True] + [False] * 4


def test_a_week_without_values_is_a_gap_only_if_it_is_no_chance():
    week = np.arange(5 * 7 * 24) // (7 * 24)
    values = pd.Series(["x"] * len(week), dtype="str")
    rows = conversations(
        custom_a=values.where(week != 2),
        custom_rare=values.where(np.isin(np.arange(len(week)), (0, 5 * 7 * 24 - 1))),
    )
    table = field_coverage(rows)
    flags = table.groupby("column")["flags"].apply(list).to_dict()
    assert flags == {"custom_a": ["", "", "gap", "", ""], "custom_rare": [""] * 5}
    assert table["rows"].tolist() == [168] * 10


def test_fields_of_metadata_come_on_request(sample):
    plain, wide = field_coverage(sample), field_coverage(sample, metadata=True)
    custom = wide["column"].str.startswith("custom_")
    pd.testing.assert_frame_equal(wide[custom].reset_index(drop=True), plain)
    assert wide.loc[~custom, "column"].str.startswith("metadata_").all()
    assert wide.loc[~custom, "raw_key"].notna().all()


def test_rows_in_any_order_give_the_identical_table(sample):
    table = field_coverage(sample, metadata=True)
    shuffled = sample.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(field_coverage(shuffled, metadata=True), table)


def test_undated_conversations_are_in_no_row_and_agents_have_their_own_periods():
    rows = conversations(custom_a=["x", "y", "z", None])
    rows["agent_id"] = pd.Series(["b", "c", None, "c"], dtype="str")
    rows.loc[0, "created_at"] = pd.NaT
    rows.loc[3, "created_at"] += pd.Timedelta(weeks=5)
    table = field_coverage(rows)
    assert table["agent_id"].isna().tolist() == [False, False, True]
    assert table[["rows", "values"]].to_numpy().tolist() == [[1, 1], [1, 0], [1, 1]]
    assert table["flags"].tolist() == ["", "after", ""]


def test_the_types_are_the_same_when_it_is_empty(sample):
    table = field_coverage(sample)
    assert table.dtypes.astype(str).tolist() == [
        "str", "str", "str", "datetime64[us]", "int64", "int64", "float64",
        "int64", "int64", "float64", "str",
    ]  # fmt: skip
    nowhen = sample.assign(created_at=sample["created_at"].where(sample["agent_id"].isna()))
    for empty in (sample.iloc[:0], sample[["agent_id", "created_at"]], nowhen):
        other = field_coverage(empty)
        assert len(other) == 0
        assert other.dtypes.equals(table.dtypes)


def test_what_cannot_be_used_is_said(sample):
    with pytest.raises(InputError, match="freq"):
        field_coverage(sample, freq="Y")
    with pytest.raises(InputError, match="tz"):
        field_coverage(sample, tz="Mars")
    with pytest.raises(MissingColumnsError, match="created_at"):
        field_coverage(sample.drop(columns="created_at"))
