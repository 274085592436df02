"""Drivers and their levels: planted truth, other libraries, and what users are promised."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control
from scipy.stats.contingency import association
from statsmodels.stats.contingency_tables import StratifiedTable

import chatdash_analysis as cda
from chatdash_analysis.driving.arranging import DRIVERS, LEVELS
from chatdash_analysis.driving.table import driver_levels, drivers
from tests.driving.made import conversations


@pytest.fixture(scope="module")
def sample():
    return cda.load_sample(2_000)


@pytest.fixture(scope="module")
def found(sample):
    return drivers(sample)


def _row(table, field, kind=None) -> pd.Series:
    """Return the row of a field's values, or of its absence."""
    asked = table["kind"].eq(kind) if kind else table["kind"].ne("absent")
    (place,) = np.flatnonzero(table["field"].eq(field) & asked)
    return table.iloc[place]


def _shift_frame(rng, n=2000):
    """A field by chance that is missing where nobody was reached, which is a failure."""
    reached = rng.random(n) < 0.6
    frame = conversations(rng, n, reached=reached, success=rng.random(n) < 0.7)
    shift = pd.Series(rng.choice(["early", "day", "late", "night"], n), dtype="str")
    driver = rng.random(n) < np.where(frame["evaluation_is_success"], 0.6, 0.4)
    return frame.assign(
        custom_shift=shift.where(reached), custom_driver=pd.Series(driver, dtype="boolean")
    )


def test_a_field_that_is_null_on_unreached_calls_does_not_come_out_on_top():
    plain, ours, first = [], [], []
    for seed in range(8):
        frame = _shift_frame(np.random.default_rng(seed))
        as_level = frame["custom_shift"].fillna("none")
        table = pd.crosstab(as_level, frame["evaluation_is_success"]).to_numpy()
        plain.append(association(table))
        result = drivers(frame, fields=["custom_shift", "custom_driver"])
        first.append(result.loc[0, "field"])
        ours.append(_row(result, "custom_shift")["strength"])
    assert np.mean(plain) == pytest.approx(0.70, abs=0.02)
    assert np.mean(ours) < 0.05
    assert first == ["custom_driver"] * 8


def test_on_the_sample_booking_drives_and_shifts_do_not(found):
    booked = ["custom_appointment_booked", "custom_booked", "custom_room_booked"]
    assert sorted(found.loc[:2, "field"]) == booked
    assert (found.loc[:2, "q_value"] < 1e-6).all()
    shifts = found[found["field"].str.startswith("custom_agent_shift")]
    assert (shifts["q_value"].dropna() > 0.05).all()
    assert (shifts["strength"].dropna() < 0.1).all()


def test_on_the_sample_verdicts_in_other_words_are_set_apart(found):
    apart = found[found["flags"].str.contains("may_restate_outcome")]
    restated = {
        "custom_call_successful", "custom_csat", "custom_csat_score", "custom_solved_result",
        "custom_success_evaluation", "custom_rating",
    }  # fmt: skip
    assert restated <= set(apart["field"])
    tested = found[found["p_value"].notna() & ~found.index.isin(apart.index)]
    assert tested.index.max() < apart.index.min()


def test_on_the_sample_what_cannot_be_compared_is_listed_with_the_reason(found):
    for field, reason in {
        "custom_tags": "list",
        "custom_email": "personal",
        "custom_caller_name": "personal",
        "custom_appointment_date": "near_unique",
    }.items():
        row = _row(found, field)
        assert reason in row["flags"].split(", ")
        assert np.isnan(row["p_value"])
        assert row["n"] > 0


def test_no_text_of_a_few_people_is_shown(sample):
    levels = driver_levels(sample)
    shown = set(levels["level"].dropna())
    assert len(shown) > 100
    assert not any("@" in text for text in shown)
    assert not shown & set(sample["custom_caller_name"].dropna())
    named = levels[levels["kind"].eq("category") & ~levels["level"].isin(["[other]", ""])]
    assert (named["n"] + named["unknown"] >= 5).all()


def test_a_renamed_field_is_not_absent_after_the_change(sample, found):
    old, new = _row(found, "custom_caller_intent"), _row(found, "custom_call_intent")
    held = sample["custom_caller_intent"].notna()
    ended = sample.loc[held, "created_at"].max()
    later = sample["created_at"].gt(ended) & sample["agent_id"].isin(sample.loc[held, "agent_id"])
    absent = _row(found, "custom_caller_intent", "absent")
    assert later.sum() > 100
    assert absent["n"] + absent["unknown"] < 40
    assert old["known_at"] == new["known_at"] == "analysis"


def test_counts_of_a_field_and_its_absence_are_all_conversations(sample, found):
    for _, rows in found.groupby("field"):
        assert len(set(rows["excluded"])) == 1
        total = rows[["n", "unknown"]].to_numpy().sum() + rows["excluded"].iloc[0]
        assert total == len(sample)


def test_counts_of_levels_add_up_to_their_field(sample, found):
    levels = driver_levels(sample)
    counts = ["n", "successes", "unknown"]
    keys = ["field", "kind"]
    mine = levels.groupby(keys)[counts].sum()
    pd.testing.assert_frame_equal(mine, found.set_index(keys)[counts].sort_index())
    assert levels["field"].drop_duplicates().tolist() == found["field"].drop_duplicates().tolist()


def test_rows_do_not_depend_on_their_order_or_index(sample, found):
    shuffled = sample.sample(frac=1, random_state=1).set_axis([3] * len(sample))
    pd.testing.assert_frame_equal(drivers(shuffled), found, check_exact=True)


def test_the_table_given_is_not_changed(sample):
    before = sample.copy()
    drivers(sample, fields="topic", by="platform")
    pd.testing.assert_frame_equal(sample, before)


def test_levels_are_those_of_mantel_and_haenszel():
    rng = np.random.default_rng(0)
    frame = conversations(rng, 3000, agents=3)
    month = frame["created_at"].dt.month
    level = pd.Series(np.where(rng.random(3000) < 0.2 + 0.08 * month, "b", "a"), dtype="str")
    chance = 0.2 + 0.06 * month + 0.1 * level.eq("b")
    frame = frame.assign(custom_x=level, evaluation_is_success=rng.random(3000) < chance)
    row = driver_levels(frame, fields="custom_x").set_index("level").loc["b"]
    tables, weights, excess = [], 0.0, 0.0
    for _, part in frame.groupby(["agent_id", "channel", month]):
        table = pd.crosstab(part["custom_x"].ne("b"), ~part["evaluation_is_success"]).to_numpy()
        (a, b), (c, d) = table
        tables.append(table)
        weights += (a + b) * (c + d) / table.sum()
        excess += (a * (c + d) - c * (a + b)) / table.sum()
    assert row["adjusted_difference"] == pytest.approx(excess / weights)
    assert row["strata_n"] == len(tables)
    p_value = StratifiedTable(tables).test_null_odds().pvalue
    field = drivers(frame, fields="custom_x").loc[0]
    assert np.log10(field["p_value"]) == pytest.approx(np.log10(p_value), rel=0.15)
    assert field["level"] == "b"
    assert field["adjusted_difference"] == row["adjusted_difference"]


def test_simpson_of_the_pitfall_is_seen_through():
    cells = [
        ("web", "mobile", 200, 166), ("web", "desktop", 800, 648),
        ("voice", "mobile", 900, 405), ("voice", "desktop", 100, 40),
    ]  # fmt: skip
    rows = [(channel, device, k < good) for channel, device, n, good in cells for k in range(n)]
    frame = pd.DataFrame(rows, columns=["channel", "device", "evaluation_is_success"])
    frame = frame.assign(
        agent_id="a", created_at=pd.Timestamp("2026-01-05", tz="UTC"),
        user_id=[f"u{k}" for k in range(len(frame))],
    )  # fmt: skip
    levels = driver_levels(frame, fields="device").set_index("level")
    assert levels["rate"].round(3).to_dict() == {"mobile": 0.519, "desktop": 0.764}
    assert levels.loc["mobile", "adjusted_difference"] == pytest.approx(0.0308)
    assert drivers(frame, fields="device").loc[0, "strength"] > 0.2


def test_q_values_are_those_of_benjamini_and_hochberg_without_what_is_set_apart(found):
    apart = found["flags"].str.contains("may_restate_outcome")
    for family in (found[apart], found[~apart]):
        tested = family[family["p_value"].notna()]
        expected = false_discovery_control(tested["p_value"])
        np.testing.assert_allclose(tested["q_value"], expected)
        assert family["q_value"].isna().eq(family["p_value"].isna()).all()


def test_what_was_found_comes_first_and_the_strongest_of_it(found):
    place = np.where(found["q_value"] < 0.05, 0, 1)
    ordinary = found["p_value"].notna() & ~found["flags"].str.contains("may_restate")
    place, strength = place[ordinary], found.loc[ordinary, "strength"]
    assert (np.diff(place) >= 0).all()
    for half in (0, 1):
        assert strength[place == half].is_monotonic_decreasing


def test_numbers_are_cut_at_the_median_and_point_up_or_down():
    rng = np.random.default_rng(1)
    success = rng.random(1200) < 0.5
    frame = conversations(rng, 1200, success=success).assign(
        custom_up=rng.integers(1, 5, 1200) + 2.0 * success, custom_down=-rng.random(1200) - success
    )
    found = drivers(frame, fields=["custom_up", "custom_down"]).set_index("field")
    assert found.loc["custom_up", "auc"] > 0.8
    assert found.loc["custom_up", "auc_low"] > 0.75
    assert found.loc["custom_down", "auc"] < 0.2
    assert found.loc["custom_up", "level"] == "> 4"
    levels = driver_levels(frame, fields="custom_up")
    assert levels["level"].tolist() == ["<= 4", "> 4"]
    assert levels["n"].tolist() == [
        (frame["custom_up"] <= 4).sum(), (frame["custom_up"] > 4).sum(),
    ]  # fmt: skip


def test_long_numbers_are_not_shown():
    rng = np.random.default_rng(2)
    frame = conversations(rng, 300).assign(custom_contact=4915112340000.0 + np.arange(300))
    assert driver_levels(frame, fields="custom_contact")["level"].tolist() == [
        "lower half", "upper half",
    ]  # fmt: skip


def test_texts_of_one_level_are_masked_and_put_together():
    rng = np.random.default_rng(3)
    texts = rng.choice(["call +49 171 5550123", "call +49 171 5550199", "no call"], 400)
    frame = conversations(rng, 400).assign(custom_note=pd.Series(texts, dtype="str"))
    levels = driver_levels(frame, fields="custom_note")
    assert levels["level"].tolist() == ["call [phone]", "no call"]
    assert levels["n"].sum() == 400


def test_levels_of_few_people_are_not_named():
    rng = np.random.default_rng(4)
    frame = conversations(rng, 200, people=60)
    mine = np.where(frame["user_id"].isin(["u1", "u2"]), "secret", rng.choice(["a", "b"], 200))
    frame = frame.assign(custom_x=pd.Series(mine, dtype="str"))
    levels = driver_levels(frame, fields="custom_x").set_index("level")
    assert levels.index.tolist() == ["a", "b", "[other]"]
    assert levels.loc["[other]", "users"] == 2
    assert "few_users" in levels.loc["[other]", "flags"]


def test_absence_is_a_row_of_its_own():
    rng = np.random.default_rng(5)
    success = rng.random(1500) < 0.6
    value = pd.Series(rng.choice(["a", "b"], 1500), dtype="str")
    told = rng.random(1500) < np.where(success, 0.9, 0.5)
    frame = conversations(rng, 1500, success=success).assign(custom_x=value.where(told))
    found = drivers(frame, fields="custom_x").set_index("kind")
    assert found.loc["absent", "q_value"] < 1e-6
    assert found.loc["absent", "adjusted_difference"] < -0.3
    assert found.loc["category", "p_value"] > 0.01
    levels = driver_levels(frame, fields="custom_x")
    assert levels["level"].tolist() == ["a", "b", "[absent]"]


def test_by_does_everything_apart_in_each_group(sample):
    whole = drivers(sample, by="agent_id", fields=["custom_appointment_booked", "topic"])
    for agent, rows in whole.groupby("agent_id"):
        part = sample[sample["agent_id"] == agent]
        alone = drivers(part, fields=["custom_appointment_booked", "topic"])
        shown = ["field", "kind", "n", "strength", "p_value"]
        pd.testing.assert_frame_equal(rows[shown].reset_index(drop=True), alone[shown])


def test_fields_known_later_are_marked_and_set_apart(sample):
    found = drivers(sample, fields=["read", "topic"])
    row = _row(found, "read")
    assert row["known_at"] == "later"
    assert "after_outcome" in row["flags"]
    assert found["field"].tolist()[0] == "topic"
    assert "read" not in set(drivers(sample)["field"])


def test_dtypes_are_those_promised_also_of_nothing(sample, found):
    assert found.dtypes.astype(str).to_dict() == DRIVERS
    levels = driver_levels(sample, fields="topic")
    assert levels.dtypes.astype(str).to_dict() == LEVELS
    for function, dtypes in ((drivers, DRIVERS), (driver_levels, LEVELS)):
        for part in (sample.iloc[:0], sample.iloc[:1]):
            empty = function(part)
            assert empty.dtypes.astype(str).to_dict() == dtypes
            assert empty["p_value"].isna().all()
        nothing = function(sample.iloc[:0], by="platform")
        assert nothing.dtypes.astype(str).to_dict() == {"platform": "str", **dtypes}
        assert len(nothing) == 0


def test_names_of_people_are_no_levels_however_common():
    rng = np.random.default_rng(6)
    names = pd.Series(rng.choice(["Ana", "Ben"], 300), dtype="str")
    frame = conversations(rng, 300).assign(metadata_user_first_name=names, metadata_plan_name=names)
    levels = driver_levels(frame).set_index("field")["level"]
    assert pd.isna(levels["metadata_user_first_name"])
    assert levels["metadata_plan_name"].tolist() == ["Ana", "Ben"]


def test_absence_is_not_judged_where_nobody_knows_who_was_reached():
    rng = np.random.default_rng(3)
    reached = rng.random(1200) < 0.5
    success = np.where(reached, rng.random(1200) < 0.7, rng.random(1200) < 0.03)
    value = pd.Series(rng.choice(["a", "b", "c"], 1200), dtype="str").where(reached)
    blind = conversations(rng, 1200, success=success).drop(columns="interacted")
    for frame in (blind, blind.assign(ended_reason="mailbox reached (code 7)", platform="x")):
        found = drivers(frame.assign(custom_x=value), fields="custom_x").set_index("kind")
        assert found.loc["absent", "flags"] == "reach_unknown"
        assert np.isnan(found.loc["absent", "strength"])
        assert found.loc["absent", ["n", "excluded"]].sum() == (~reached).sum()
        assert found.loc["category", "strength"] < 0.2


def test_half_a_character_is_a_level_like_any_other():
    rng = np.random.default_rng(3)
    value = pd.Series(["\ud800", "b"] * 100, dtype="object")
    frame = conversations(rng, 200).assign(custom_x=value)
    assert driver_levels(frame, fields="custom_x")["level"].tolist() == ["?", "b"]


def test_what_nobody_known_has_said_is_a_level_without_its_name():
    rng = np.random.default_rng(3)
    frame = conversations(rng, 400).assign(custom_x=pd.Series(["a wish", "b"] * 200, dtype="str"))
    told = driver_levels(frame, fields="custom_x")
    frame["user_id"] = frame["user_id"].where(frame["custom_x"] == "b")
    hidden = driver_levels(frame, fields="custom_x")
    assert told["level"].tolist() == ["a wish", "b"]
    assert hidden["level"].tolist() == ["[hidden 1]", "b"]
    assert hidden["n"].tolist() == told["n"].tolist()
