"""Training tables as a whole."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chatdash_analysis as cda
from chatdash_analysis.datasets.tables.table import COLUMN_DTYPES, ROW_DTYPES
from chatdash_analysis.datasets.tables.training import training_table
from chatdash_analysis.errors import ChatDashError, InputError
from chatdash_analysis.schema import BY_NAME
from tests.datasets.made import sentence
from tests.datasets.training_rows import conversations, every_column

ORDER = ["start", "during", "end", "analysis", "later"]
MOMENTS = ORDER[:4]
OUTCOME = "evaluation_is_success"


@pytest.fixture(scope="module")
def sample():
    return cda.load_sample(900)


def parts(table):
    return table.features, table.target, table.rows, table.columns, table.left_out, table.dropped


def expect_equal(one, two):
    for first, second in zip(parts(one), parts(two), strict=True):
        expect = pd.testing
        same = expect.assert_series_equal if first.ndim == 1 else expect.assert_frame_equal
        same(first, second)


def expect_sound(table, given_columns, at):
    """What holds of every table, whatever it was made of."""
    names = table.features.columns.tolist()
    left_out = table.left_out["column"].tolist()
    assert table.columns["feature"].tolist() == names
    assert len({*names, *left_out}) == len(names) + len(left_out)
    assert {str(name) for name in given_columns} <= {*names, *left_out}
    assert (table.columns["known_at"].map(ORDER.index) <= ORDER.index(at)).all()
    assert len(table.features) == len(table.target) == len(table.rows) > 1
    assert {str(dtype) for dtype in table.features.dtypes} <= {"float64", "category", "str"}
    assert all(len(table.features[name].dropna().unique()) > 1 for name in names)
    assert np.isfinite(table.features.select_dtypes("float64").fillna(0)).all(axis=None)
    assert table.target.notna().all()
    assert len(table.target.unique()) > 1
    assert table.rows.dtypes.astype("str").to_dict() == ROW_DTYPES
    assert table.columns.dtypes.astype("str").to_dict() == COLUMN_DTYPES
    assert table.rows[["created_at", "group", "conversation_id"]].notna().all(axis=None)
    assert all(part.index.equals(pd.RangeIndex(len(part))) for part in parts(table))
    json.dumps(table.recipe)


@pytest.mark.parametrize("at", MOMENTS)
def test_the_sample_gives_a_sound_table(sample, at):
    table = training_table(sample, target=OUTCOME, at=at)
    expect_sound(table, sample.columns, at)
    assert (table.task, table.at, str(table.target.dtype)) == ("binary", at, "int64")
    assert set(table.target) == {0, 1}
    assert table.rows["text"].notna().any() == (at == "analysis")
    assert len(table) + table.dropped["rows"].sum() == len(sample)


@pytest.mark.parametrize("at", MOMENTS)
def test_nothing_that_is_known_later_changes_a_feature(at):
    """The strongest test of all: whatever is in the columns of the future, X stays the same."""
    frame = every_column()
    later = [
        name
        for name, column in BY_NAME.items()
        if ORDER.index(column.known_at) > ORDER.index(at) and name not in (OUTCOME, "updated_at")
    ]
    # Whom to exclude is asked of the outcome, and ended_at tells when one was known.
    later = [name for name in later if name not in ("interacted", "no_answer", "ended_at")]
    assert later
    scrambled = every_column(seed=1)[later]
    table = training_table(frame, target=OUTCOME, at=at, text="keep")
    changed = training_table(frame.assign(**scrambled), target=OUTCOME, at=at, text="keep")
    pd.testing.assert_frame_equal(table.features, changed.features)
    expect_sound(table, frame.columns, at)


def test_a_planted_length_that_is_the_outcome_is_no_feature_at_the_start():
    frame = conversations()
    assert frame["duration_minutes"].gt(5).equals(frame[OUTCOME].astype(bool))
    table = training_table(frame, target=OUTCOME)
    assert "duration_minutes" not in table.features
    assert "duration_minutes" in training_table(frame, target=OUTCOME, at="end").features
    reasons = table.left_out.set_index("column")["reason"]
    assert reasons["duration_minutes"] == "known only when the conversation is over"


def test_the_order_of_rows_and_columns_and_the_index_change_nothing(sample):
    shuffled = sample.sample(frac=1, random_state=3).sample(frac=1, axis=1, random_state=3)
    for target in (OUTCOME, "duration_minutes", "topic"):
        at = "end" if target == "topic" else "start"
        table = training_table(sample, target=target, at=at)
        expect_equal(table, training_table(shuffled, target=target, at=at))


def test_the_frame_of_the_caller_is_not_changed(sample):
    before = sample.copy(deep=True)
    training_table(sample, target=OUTCOME, at="analysis", text="keep")
    pd.testing.assert_frame_equal(sample, before)


@pytest.mark.parametrize(
    ("target", "at"), [(OUTCOME, "start"), (OUTCOME, "analysis"), ("duration_minutes", "start"),
                       ("topic", "end")]
)  # fmt: skip
def test_it_fits_in_scikit_learn_as_it_is(sample, target, at):
    from sklearn.compose import ColumnTransformer, make_column_selector
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    x, y, groups = training_table(sample, target=target, at=at).to_sklearn()
    regression = target == "duration_minutes"
    trees = (HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier)(
        categorical_features="from_dtype", max_iter=2, random_state=0
    )
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()),
             make_column_selector(dtype_include="float64")),
            ("labels", OneHotEncoder(handle_unknown="ignore"),
             make_column_selector(dtype_include="category")),
        ]
    )  # fmt: skip
    linear = make_pipeline(columns, Ridge() if regression else LogisticRegression(max_iter=3_000))
    half = len(x) // 2
    seen = x[:half].dropna(axis=1, how="all").columns
    for model in (trees, linear):
        model.fit(x.loc[: half - 1, seen], y[:half])
        assert len(model.predict(x.loc[half:, seen])) == len(x) - half
    assert len(groups) == len(x)


def test_planted_signal_is_found_and_missing_fields_are_not_filled(sample):
    table = training_table(sample, target=OUTCOME, at="analysis")
    booked = table.features["custom_appointment_booked"]
    held = sample.set_index("conversation_id")["custom_appointment_booked"]
    expected = held.loc[table.rows["conversation_id"]].astype("float64").to_numpy()
    np.testing.assert_array_equal(booked, expected)
    rates = table.target.groupby(booked).mean()
    assert rates[1] > rates[0] + 0.2


def test_no_person_can_be_read_from_the_features(sample):
    table = training_table(sample, target=OUTCOME, at="analysis", text="keep")
    levels = {
        level
        for name in table.features.select_dtypes("category")
        for level in table.features[name].cat.categories
    }
    identifiers = [name for name, column in BY_NAME.items() if column.pii == "identifier"]
    people = set(pd.concat([sample[name].dropna() for name in identifiers]))
    emails = set(sample["custom_email"].dropna())
    callers = set(sample["custom_caller_name"].dropna()) - {"N/A", "unknown"}
    assert min(len(people), len(emails), len(callers)) > 10
    assert not levels & (people | emails | callers)
    texts = " ".join(table.features["summary"].dropna())
    assert not [phone for phone in sample["phone"].dropna().unique() if phone in texts]
    assert "rows.group" in " ".join(table.privacy)


def test_groups_are_people(sample):
    table = training_table(sample, target=OUTCOME)
    people = cda.identify_users(sample).set_index("conversation_id")["user_id"]
    own = people.loc[table.rows["conversation_id"]].reset_index(drop=True)
    pd.testing.assert_series_equal(table.rows["group"].where(own.notna()), own, check_names=False)
    alone = table.rows.loc[own.isna().to_numpy()]
    assert (alone["group"] == "conversation:" + alone["conversation_id"]).all()


def test_unknown_people_have_no_history_rather_than_none():
    frame = conversations().assign(user_id=pd.Series([None, "u", "v"] * 40, dtype="str"))
    table = training_table(frame, target=OUTCOME)
    unknown = table.rows["group"].str.startswith("conversation:")
    before = table.features["user_conversations_before"]
    assert before.isna().equals(unknown)
    assert before.min() == 0


def test_history_looks_at_conversations_whose_outcome_is_not_known():
    frame = conversations()
    frame.loc[frame.index % 2 == 0, OUTCOME] = pd.NA
    table = training_table(frame, target=OUTCOME)
    counts = frame.groupby("user_id").cumcount()[frame[OUTCOME].notna()].reset_index(drop=True)
    assert table.features["user_conversations_before"].tolist() == counts.tolist()


def test_history_is_as_asked_for():
    frame = conversations()
    names = training_table(frame, target=OUTCOME).features.columns
    without = training_table(frame, target=OUTCOME, history=False).features.columns
    assert [name for name in names if name not in without] == [
        "user_conversations_before", "user_days_since_last", "user_same_agent",
        "user_last_channel", "user_outcomes_before", "user_outcome_before",
    ]  # fmt: skip
    late = training_table(frame, target=OUTCOME, history="300D")
    reasons = late.left_out.set_index("column")["reason"]
    assert reasons["user_outcomes_before"] == "takes one value only"


def test_hours_are_those_of_the_time_zone():
    frame = conversations()
    table = training_table(frame, target=OUTCOME, tz="America/New_York")
    local = table.rows["created_at"].dt.tz_convert("America/New_York")
    assert table.features["created_hour"].round(6).tolist() == (
        (local.dt.hour + local.dt.minute / 60).round(6).tolist()
    )


def test_the_user_decides_about_columns():
    frame = conversations(holiday=[True, False] * 60, metadata_plan=["a", "b", "c"] * 40)
    plain = training_table(frame, target=OUTCOME)
    assert {"holiday", "metadata_plan"} <= set(plain.left_out["column"])
    said = {"holiday": "start", "metadata_plan": "start"}
    leave_out = ("channel", "created_hour")
    table = training_table(frame, target=OUTCOME, known_at=said, leave_out=leave_out)
    assert {"holiday", "metadata_plan"} <= set(table.features)
    assert not {"channel", "created_hour"} & set(table.features)
    assert table.recipe["arguments"]["leave_out"] == ["channel", "created_hour"]
    assert (
        "created_day_of_week"
        not in training_table(frame, target=OUTCOME, leave_out="created_at").features
    )


def test_the_recipe_says_how_it_was_made(sample):
    recipe = training_table(sample, target=OUTCOME, tz="Europe/Berlin", history="7D").recipe
    assert recipe["function"] == "training_table"
    assert recipe["source"]["agents"] == sample.attrs["chatdash"]["agents"]
    assert recipe["rows"]["given"] == len(sample)
    arguments = recipe["arguments"]
    assert (arguments["tz"], arguments["history"]) == ("Europe/Berlin", "7D")
    assert set(recipe["source"]) <= {"agents", "start", "end", "combinations", "gaps",
                                     "schema_version"}  # fmt: skip


def test_own_vectors_are_named_in_the_recipe():
    frame = conversations(summary=[f"text {k}" for k in range(120)])
    table = training_table(frame, target=OUTCOME, at="analysis", text=two_numbers)
    assert {"summary_000", "summary_001"} <= set(table.features)
    assert table.recipe["arguments"]["text"].endswith("two_numbers")
    assert "vectors" in " ".join(table.privacy)


def two_numbers(texts):
    return np.array([[len(text), float(text[-1])] for text in texts])


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"target": "channel"}, "needs no prediction"),
        ({"target": "user_id"}, "is an id"),
        ({"target": 3}, "no name of a column"),
        ({"at": "before"}, "no moment"),
        ({"tz": "Mars/Base"}, "no time zone"),
        ({"history": "soon"}, "nor a length of time"),
        ({"text": "all"}, "is unknown"),
        ({"leave_out": "nowhere"}, "no such column and no such feature"),
        ({"leave_out": [3]}, "something else than names"),
        ({"leave_out": None}, "leave_out is a NoneType"),
        ({"leave_out": 5}, "leave_out is a int"),
        ({"target": "duration_minutes", "at": "end"}, "needs no prediction"),
        ({"history": "7"}, "nor a length of time"),
        ({"known_at": ["channel"]}, "Give a mapping"),
        ({"max_levels": 1}, "whole number from 2"),
        ({"max_levels": True}, "whole number from 2"),
        ({"max_levels": 999}, "whole number from 2"),
        ({"leave_out": ("agent_id", "channel", "created_at", "user_id")}, "No column is left"),
    ],
)
def test_arguments_that_cannot_be_are_refused(changes, match):
    with pytest.raises(InputError, match=match):
        training_table(conversations(), **{"target": OUTCOME, **changes})


def talkative(n=400):
    """Conversations of which every third asks one of 40 questions, with reasons of templates."""
    rng = np.random.default_rng(0)
    questions = [sentence(rng, 7) for _ in range(40)]
    reasons = [sentence(rng, 9) for _ in range(3)]
    asked = [json.dumps([questions[rng.integers(40)]]) if k % 3 == 0 else "[]" for k in range(n)]
    return conversations(
        n,
        misunderstood_queries=pd.Series(asked, dtype="str"),
        summary=pd.Series([sentence(rng, 14) for _ in range(n)], dtype="str"),
        evaluation_reason=pd.Series(rng.choice(reasons, n), dtype="str"),
        mine=rng.normal(size=n),
        user_id=[f"u{k}" for k in range(n)],
    )


def test_a_question_stands_on_one_side_of_a_split_whatever_the_summaries_are():
    table = training_table(talkative(), target=OUTCOME, at="analysis", text="keep")
    asked = table.features["misunderstood_queries"]
    for train, test in (cda.split_by_user(table), cda.split_by_time(table, at="2026-02-15")):
        first, second = (
            set(side.features["misunderstood_queries"].dropna()) for side in (train, test)
        )
        assert len(first | second) > 20
        assert not first & second
    said = table.rows["text"][asked.notna()].str.split("\n")
    assert said.str[0].tolist() == asked.dropna().tolist()
    assert said.str[1].tolist() == table.features["summary"][asked.notna()].tolist()


def test_a_text_that_is_a_feature_is_compared_unless_it_is_left_out():
    frame, how = talkative(), {"target": "mine", "at": "analysis", "text": "keep"}
    table = training_table(frame, **how)
    lines = table.rows["text"].str.split("\n")
    assert lines.str[-1].tolist() == table.features["evaluation_reason"].tolist()
    with pytest.raises(InputError, match=r"leave_out='evaluation_reason'.*similarity=None"):
        cda.split_by_user(table)
    assert len(cda.split_by_user(table, similarity=None).dropped) == 0
    without = training_table(frame, **how, leave_out="evaluation_reason")
    assert len(cda.split_by_user(without).test) > 50
    alone = training_table(frame, **{**how, "text": None}, leave_out=["summary"])
    assert alone.rows["text"].notna().sum() == table.features["misunderstood_queries"].count()


def test_before_the_analysis_no_text_is_compared():
    assert training_table(talkative(), target=OUTCOME, at="end").rows["text"].isna().all()


def test_numbers_of_customers_are_no_features():
    frame = talkative().assign(metadata_kundennr=10_000.0 + 7 * np.arange(400))
    table = training_table(frame, target=OUTCOME, at="end")
    reasons = table.left_out.set_index("column")["reason"]
    assert reasons["metadata_kundennr"].startswith("nearly every person has a whole number")


def test_a_column_with_the_name_of_a_made_feature_is_refused():
    with pytest.raises(InputError, match="'created_hour', but the table has a column"):
        training_table(conversations(created_hour=1.0), target=OUTCOME)


@pytest.mark.parametrize("rows", [0, 1])
def test_too_few_conversations_are_an_error_that_says_so(rows):
    with pytest.raises(InputError, match="Load"):
        training_table(conversations()[:rows], target=OUTCOME)


def test_thousands_of_fields_are_bounded():
    rng = np.random.default_rng(0)
    fields = pd.DataFrame(
        rng.integers(0, 3, (80, 5_000)), columns=[f"custom_f{k}" for k in range(5_000)]
    ).astype("float64")
    frame = pd.concat([conversations(80), fields], axis=1)
    table = training_table(frame, target=OUTCOME, at="analysis")
    assert table.columns["column"].str.startswith("custom_").sum() == 500
    assert table.left_out["reason"].str.startswith("more than 500 fields").sum() == 4_500
    assert not training_table(frame, target=OUTCOME).columns["column"].str.startswith("cus").any()


def test_odd_names_and_types_are_dealt_with():
    frame = conversations()
    frame[7] = np.arange(120) % 3
    frame[("custom", "x")] = "a"
    frame["custom_"] = [[1], {"a": 1}, None] * 40
    frame["custom_mixed"] = [1, "1", True, None] * 30
    frame["custom_🙂"] = pd.Categorical(["a", "b", "c"] * 40)
    frame["custom_when"] = pd.Timestamp("2026-01-01")
    table = training_table(frame, target=OUTCOME, at="analysis", known_at={"7": "start"})
    expect_sound(table, frame.columns, "analysis")
    assert {"7", "custom_mixed", "custom_🙂"} <= set(table.features)


cells = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.just([1]),
    st.sampled_from(["a", "b", "1", "", "x" * 3_000, "\ud83d"]),
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    columns=st.dictionaries(
        st.sampled_from([*BY_NAME, "custom_x", "custom_y", "metadata_z", "mine"]),
        st.lists(cells, min_size=1, max_size=4),
        max_size=6,
    ),
    target=st.sampled_from([OUTCOME, "custom_x", "topic", "cost", "no_answer", "mine"]),
    at=st.sampled_from(MOMENTS),
    text=st.sampled_from([None, "keep"]),
)
def test_whatever_the_columns_hold_there_is_a_sound_table_or_one_of_our_errors(
    columns, target, at, text
):
    frame = conversations(60)
    for name, values in columns.items():
        repeated = (values * 60)[:60]
        if name == "conversation_id":
            repeated = [f"{value!r}/{k}" for k, value in enumerate(repeated)]
        frame[name] = pd.Series(repeated, dtype=object)
    try:
        table = training_table(frame, target=target, at=at, text=text)
    except ChatDashError:
        return
    expect_sound(table, frame.columns, at)
