"""What is predicted, and which conversations can teach it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.datasets.tables.rows import rows_of
from chatdash_analysis.datasets.tables.targets import check_target, dropped_rows, read_target
from chatdash_analysis.errors import IncompleteError, InputError
from chatdash_analysis.segments import rates_by
from tests.datasets.training_rows import conversations


def target_of(frame, name, max_levels=30):
    return read_target(rows_of(frame, name, "user_id"), name, max_levels)


def with_unknown():
    frame = conversations(60)
    frame["evaluation_is_success"] = frame["evaluation_is_success"].mask(frame.index < 20)
    frame["interacted"] = pd.Series(frame.index >= 8, dtype="boolean")
    frame["no_answer"] = pd.Series(frame.index < 12, dtype="boolean")
    return frame


def test_unknown_and_impossible_outcomes_are_told_apart_as_in_rates():
    frame = with_unknown()
    found = target_of(frame, "evaluation_is_success")
    rates = rates_by(frame.assign(all="all"), "all").iloc[0]
    assert found.lost == {
        "no created_at": 0,
        "excluded": rates["excluded"],
        "unknown": rates["unknown"],
    }
    assert (rates["excluded"], rates["unknown"]) == (12, 8)
    assert (found.task, int(found.known.sum())) == ("binary", rates["n"])
    assert found.outcomes.sum() == rates["successes"]


def test_a_field_that_an_agent_lacks_excludes_its_conversations():
    frame = conversations(90).assign(agent_id=["a", "b", "c"] * 30)
    frame["custom_score"] = frame["duration_minutes"].where(frame["agent_id"].eq("a"))
    frame.loc[0, "custom_score"] = np.inf
    found = target_of(frame, "custom_score")
    assert found.task == "regression"
    assert found.lost == {"no created_at": 0, "excluded": 60, "unknown": 1}


@pytest.mark.parametrize(
    ("values", "task"),
    [
        ([True, False], "binary"),
        ([0, 1], "binary"),
        ([0.0, 1.0], "binary"),
        ([0, 2], "regression"),
        (["yes", "no"], "multiclass"),
        ([1, "no"], "multiclass"),
    ],
)
def test_the_values_decide_the_task(values, task):
    frame = conversations(60).assign(custom_x=pd.Series(values * 30))
    assert target_of(frame, "custom_x").task == task


def test_a_declared_measure_stays_one_where_it_is_nought_or_one():
    frame = conversations(60).assign(misunderstood_count=[0, 1] * 30)
    assert target_of(frame, "misunderstood_count").task == "regression"


def test_rare_labels_are_not_learned():
    frame = conversations(60).assign(topic=["x"] * 30 + ["y"] * 28 + ["z"] * 2)
    found = target_of(frame, "topic")
    assert found.lost["rare label"] == 2
    assert sorted(found.outcomes.dropna().unique()) == ["x", "y"]


@pytest.mark.parametrize(
    ("name", "values", "match"),
    [
        ("evaluation_is_success", pd.array([None] * 60, dtype="boolean"), "of none of the 60"),
        ("evaluation_is_success", pd.array([True] * 60, dtype="boolean"), "the same in all 60"),
        ("evaluation_is_success", ["yes", "no"] * 30, "is no flag"),
        ("custom_x", [3.5] * 60, "the same in all 60"),
        ("custom_x", ["a"] * 60, "the same in all 60"),
        ("custom_x", [f"t{k}" for k in range(60)], "of none of the 60"),
        ("custom_x", ["a", "b", "c"] * 20, "3 labels, more than max_levels=2"),
        ("custom_caller_name", ["a", "b"] * 30, "names people"),
        ("custom_x", [[1], [2]] * 30, "no flags, numbers or labels"),
        ("custom_x", pd.date_range("2026-01-01", periods=60, tz="UTC"), "no flags, numbers"),
    ],
)
def test_a_target_that_cannot_be_learned_is_refused(name, values, match):
    frame = conversations(60).assign(**{name: pd.Series(values)})
    with pytest.raises(InputError, match=match):
        target_of(frame, name, max_levels=2)


@pytest.mark.parametrize(
    ("target", "match"),
    [
        ("phone", "names people"),
        ("summary", "free text"),
        ("custom_analysis", "free text"),
        ("conversation_id", "is an id"),
        ("user_id", "is an id"),
        ("created_at", "is an instant"),
    ],
)
def test_ids_people_texts_and_instants_are_no_targets(target, match):
    with pytest.raises(InputError, match=match):
        check_target(conversations(), target, "user_id")


def test_who_was_reached_is_asked_only_where_all_were_loaded():
    frame = conversations().assign(interacted=True, no_answer=False)
    with pytest.raises(IncompleteError, match="who was reached"):
        check_target(frame, "no_answer", "user_id")


def test_only_reasons_that_occur_are_listed():
    table = dropped_rows({"no created_at": 2, "excluded": 0, "unknown": 3})
    assert table.to_numpy().tolist() == [["no created_at", 2], ["unknown", 3]]
    assert dropped_rows({}).dtypes.astype("str").to_dict() == {"reason": "str", "rows": "int64"}
