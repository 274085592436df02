"""What cannot be answered is refused, or answered as documented."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.driving.table import driver_levels, drivers
from chatdash_analysis.errors import InputError, MissingColumnsError
from tests.driving.made import conversations


def _frame(n=200, **columns) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x = pd.Series(rng.choice(["a", "b"], n), dtype="str")
    return conversations(rng, n).assign(custom_x=x, **columns)


@pytest.mark.parametrize("outcome", [True, False, None])
def test_one_outcome_only_is_counted_and_not_tested(outcome):
    flags = pd.array([outcome] * 200, dtype="boolean")
    found = drivers(_frame(evaluation_is_success=flags)).set_index("field")
    row = found.loc["custom_x"]
    assert np.isnan(row["p_value"])
    assert np.isnan(row["strength"])
    assert row["n"] + row["unknown"] == 200
    assert row["flags"] == ("no_known" if outcome is None else "one_outcome")
    levels = driver_levels(_frame(evaluation_is_success=flags), fields="custom_x")
    assert levels["level"].tolist() == ["a", "b"]


def test_fields_without_anything_to_compare_say_so():
    rng = np.random.default_rng(1)
    frame = _frame(
        custom_constant="a",
        custom_one=1.0,
        custom_none=pd.Series([None] * 200, dtype="str"),
        custom_names=pd.Series([f"Name {k}" for k in range(200)], dtype="str"),
        custom_dates=pd.Timestamp("2026-01-01", tz="UTC"),
        custom_few=pd.Series(["a"] * 197 + ["b"] * 3, dtype="str").sample(frac=1, random_state=rng),
        custom_objects=[["a"], {"b": 1}] * 100,
        custom_mixed=[1, "a", True, 2.5] * 50,
    )
    fields = [name for name in frame if name.startswith("custom_")]
    flags = drivers(frame, fields=fields).query("kind != 'absent'").set_index("field")["flags"]
    assert flags["custom_constant"] == flags["custom_one"] == "constant"
    assert "no_value" in flags["custom_none"]
    assert flags["custom_names"] == "near_unique"
    assert flags["custom_dates"] == "instant"
    assert flags["custom_few"] == "few_users"
    assert flags["custom_objects"] == "list"
    assert flags["custom_mixed"] == ""


def test_a_field_that_the_agent_decides_has_no_overlap():
    frame = _frame()
    found = drivers(frame.assign(custom_x=frame["agent_id"]), fields="custom_x").loc[0]
    assert found["flags"] == "no_overlap"
    assert np.isnan(found["p_value"])
    assert found["strata_n"] == 0


def test_many_fields_by_chance_are_not_drivers():
    rng = np.random.default_rng(2)
    noise = pd.DataFrame(rng.random((400, 150)) < 0.5).add_prefix("custom_noise_")
    found = drivers(pd.concat([_frame(400), noise], axis=1))
    assert len(found) >= 150
    assert (found["q_value"] < 0.05).sum() <= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outcome": "interacted"}, "who was reached"),
        ({"outcome": "custom_x"}, "custom_x"),
        ({"by": "evaluation_is_success"}, "is the outcome"),
        ({"by": "n"}, "column n of its own"),
        ({"by": ["channel", "channel"]}, "twice"),
        ({"by": 3}, "neither"),
        ({"fields": "user_id"}, "one of people"),
        ({"fields": []}, "no column"),
        ({"min_users": 0}, "min_users=0"),
        ({"min_users": True}, "min_users=True"),
        ({"level": 95}, "level=95"),
        ({"tz": "Mars"}, "tz='Mars'"),
        ({"outcome": 5}, "5 is no name"),
    ],
)
def test_arguments_that_cannot_be_used_are_refused(options, message):
    frame = _frame(n=20).assign(n=1)
    for function in (drivers, driver_levels):
        with pytest.raises(InputError, match=message):
            function(frame, **options)


@pytest.mark.parametrize("column", ["agent_id", "channel", "created_at", "evaluation_is_success"])
def test_a_missing_column_is_named(column):
    with pytest.raises(MissingColumnsError, match=f"lacks {column}"):
        drivers(_frame().drop(columns=column))


def test_tables_of_other_engines_and_times_without_a_zone_are_refused():
    with pytest.raises(InputError, match="pandas DataFrame"):
        drivers([1, 2])
    frame = _frame()
    with pytest.raises(InputError, match="time zone"):
        drivers(frame.assign(created_at=frame["created_at"].dt.tz_localize(None)))
    twice = pd.concat([frame, frame[["custom_x"]]], axis=1)
    with pytest.raises(InputError, match="several columns named custom_x"):
        drivers(twice)


def test_labels_that_are_missing_make_groups_and_strata():
    frame = _frame()
    frame = frame.assign(
        channel=frame["channel"].where(frame["channel"] == "phone"),
        agent_id=frame["agent_id"].where(frame["agent_id"] == "a0"),
    )
    found = drivers(frame, fields="custom_x", by="channel")
    assert found["channel"].isna().tolist() == [False, True]
    assert found["n"].sum() == 200


def test_people_may_be_missing_and_ids_too():
    frame = _frame().drop(columns="conversation_id")
    frame = frame.assign(user_id=frame["user_id"].where(frame["custom_x"] == "a"))
    found = drivers(frame, fields="custom_x")
    shuffled = drivers(frame.sample(frac=1, random_state=0), fields="custom_x")
    assert found.loc[0, "users"] == 200
    pd.testing.assert_frame_equal(found, shuffled, check_exact=True)


def test_conversations_before_1970_are_compared_like_others():
    frame = _frame()
    early = frame.assign(created_at=frame["created_at"] - pd.DateOffset(years=57))
    for used in (drivers, driver_levels):
        pd.testing.assert_frame_equal(used(early), used(frame))
