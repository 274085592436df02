"""The lint: it catches what was planted, and is silent on what is clean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.datasets.linting.findings import FINDING_DTYPES
from chatdash_analysis.datasets.linting.lint import leak_lint
from chatdash_analysis.datasets.splitting.folds import cross_validation
from chatdash_analysis.datasets.splitting.splits import split_by_time, split_by_user
from chatdash_analysis.datasets.tables.table import Split
from tests.datasets.made import clean, made, sentence, shuffled

AT = "2026-03-10"
CHECKS = {
    "known_later", "later_values", "one_class", "constant", "target_copy", "single_feature_auc",
    "rows", "people", "near_duplicates", "time_order", "adversarial_auc", "readable",
    "names_people",
}  # fmt: skip


def _with(table, **features):
    return replace(table, features=table.features.assign(**features))


def _found(lint, check, status="leak") -> pd.DataFrame:
    return lint[lint["check"].eq(check) & lint["status"].eq(status)]


def _duration(table, rng) -> np.ndarray:
    """Return minutes that follow from the outcome, with noise: successful talks are long."""
    return np.where(table.target.eq(1), rng.normal(8, 1, len(table)), rng.normal(3, 1, len(table)))


@pytest.fixture(scope="module")
def table():
    return clean(np.random.default_rng(0))


def test_every_check_says_something_on_a_clean_table(table):
    lint = leak_lint(table, split_by_time(table, at=AT))
    assert lint.dtypes.astype(str).to_dict() == FINDING_DTYPES
    assert set(lint["check"]) == CHECKS
    assert set(lint["status"]) == {"ok", "unchecked"}
    assert lint.loc[lint["status"].eq("unchecked"), "check"].tolist() == ["later_values"]
    strongest = _found(lint, "single_feature_auc", "ok")
    assert strongest["side"].tolist() == ["train", "test"]
    assert strongest["value"].between(0.6, 0.9).all()


def test_a_planted_duration_is_caught_by_name_and_by_value_on_both_sides(table):
    leaky = _with(table, duration_minutes=_duration(table, np.random.default_rng(1)))
    lint = leak_lint(leaky, split_by_time(leaky, at=AT))
    assert _found(lint, "known_later")["feature"].tolist() == ["duration_minutes"]
    assert "'end'" in _found(lint, "known_later")["advice"].iloc[0]
    single = _found(lint, "single_feature_auc")
    assert single["feature"].tolist() == ["duration_minutes"] * 2
    assert set(single["side"]) == {"train", "test"}


def test_a_duration_under_another_name_is_caught_by_its_values(table):
    values = _duration(table, np.random.default_rng(2))
    lint = leak_lint(_with(table, x1=values), split_by_user(_with(table, x1=values)))
    assert set(_found(lint, "single_feature_auc")["feature"]) == {"x1"}
    assert _found(lint, "known_later", "warning")["feature"].tolist() == ["x1"]


def test_a_weak_duration_under_another_name_is_caught_beside_the_conversations(table):
    rng = np.random.default_rng(3)
    minutes = rng.exponential(4, len(table))
    minutes[::7] = np.nan
    conversations = pd.DataFrame(
        {
            "conversation_id": table.rows["conversation_id"],
            "duration_minutes": minutes,
            "topic": rng.choice(["price", "place", "time"], len(table)),
            "evaluation_is_success": table.target.astype("boolean"),
            "device": "phone",
        }
    ).sample(frac=1, random_state=0)
    leaky = _with(table, x1=-60 * minutes, x2=pd.Categorical(
        conversations.sort_values("conversation_id")["topic"].str.upper()
    ))  # fmt: skip
    lint = leak_lint(leaky, conversations=conversations)
    found = _found(lint, "later_values")
    assert found["feature"].tolist() == ["x1", "x2"]
    assert found["advice"].str.extract(r"of (\w+),")[0].tolist() == ["duration_minutes", "topic"]
    lint = leak_lint(table, conversations=conversations)
    assert lint.loc[lint["check"].eq("later_values"), "status"].tolist() == ["ok"]


def test_a_copy_of_the_target_is_named_whatever_it_looks_like(table):
    won = table.target.eq(1)
    leaky = _with(
        table, same=won.astype(float), other=np.where(won, -3.0, 7.0),
        word=pd.Categorical(np.where(won, "good", "bad")),
        gone=np.where(won, 1.0, np.nan),
    )  # fmt: skip
    lint = leak_lint(leaky)
    assert _found(lint, "target_copy")["feature"].tolist() == ["same", "other", "word"]
    assert set(_found(lint, "single_feature_auc")["feature"]) == {"same", "other", "word", "gone"}


def test_columns_of_the_table_that_are_known_later_are_named():
    table = made(
        [0, 1] * 40, features={"a": np.arange(80.0), "b": np.arange(80.0) % 7, "c": 1.0},
        known_at={"a": "analysis", "b": "during", "c": "later"}, at="during",
    )  # fmt: skip
    lint = leak_lint(table)
    assert _found(lint, "known_later")["feature"].tolist() == ["a", "c"]
    assert _found(lint, "constant", "warning")["feature"].tolist() == ["c"]


def test_sides_that_share_rows_people_and_texts_are_found():
    rng = np.random.default_rng(4)
    texts = [sentence(rng) for _ in range(60)]
    texts[50] = texts[0].upper() + "!"
    texts[51] = texts[0]
    table = made([0, 1] * 30, texts=texts, groups=[f"p{number % 55}" for number in range(60)])
    parts = {"fit": table.take(np.arange(40)), "held": table.take(np.arange(39, 60))}
    lint = leak_lint(table, parts)
    counts = lint.set_index("check")["value"]
    assert (counts["rows"], counts["people"], counts["near_duplicates"]) == (1, 6, 3)
    assert set(lint.loc[lint["split"].eq("fit/held") & lint["status"].eq("leak"), "check"]) == {
        "rows", "people", "near_duplicates"
    }  # fmt: skip
    assert "3 rows of held" in _found(lint, "near_duplicates")["advice"].iloc[0]
    assert _found(lint, "time_order", "warning")["value"].tolist() == [1]


def test_a_test_before_its_training_is_a_leak_of_a_split_by_time():
    table = made([0, 1] * 30)
    split = split_by_time(table, at="2026-02-01", embargo="2D")
    lint = leak_lint(table, split)
    assert _found(lint, "time_order", "ok")["value"].tolist() == [0]
    turned = replace(split, train=split.test, test=split.train)
    assert _found(leak_lint(table, turned), "time_order")["value"].tolist() == [29]
    early = replace(split, recipe={**split.recipe, "embargo": "P9DT0H0M0S"})
    assert _found(leak_lint(table, early), "time_order")["value"].tolist() == [7]
    by_user = leak_lint(table, split_by_user(table))
    assert _found(by_user, "time_order", "ok")["value"].iloc[0] > 0


def test_drift_in_time_is_a_warning_that_names_the_feature(table):
    day = (table.rows["created_at"] - table.rows["created_at"].min()).dt.total_seconds()
    rng = np.random.default_rng(5)
    drifting = _with(table, drift=day.to_numpy() / 86_400 + rng.normal(scale=10, size=len(table)))
    lint = leak_lint(drifting, split_by_time(drifting, at=AT))
    found = _found(lint, "adversarial_auc", "warning").iloc[0]
    assert found["feature"] == "drift"
    assert 0.7 < found["low"] < found["value"] < found["high"] <= 1
    even = leak_lint(drifting, split_by_user(drifting))
    assert _found(even, "adversarial_auc", "ok")["value"].between(0.35, 0.65).all()


def test_clean_tables_raise_no_alarm():
    alarms = []
    for seed in range(12):
        rng = np.random.default_rng(100 + seed)
        table = clean(rng, rows=int(rng.choice([80, 150, 400])), people=120, width=3)
        split = split_by_user(table, random_state=seed) if seed % 2 else split_by_time(table, at=AT)
        lint = leak_lint(table, split, random_state=seed)
        alarms += lint.loc[lint["status"].isin(["leak", "warning"]), "check"].tolist()
    assert alarms == []


def test_folds_are_looked_at_one_by_one(table):
    lint = leak_lint(table, cross_validation(table, n_splits=2, keep="train"))
    assert set(lint["split"]) == {"", "split 1", "split 2"}
    assert lint.groupby("check").size().loc[["people", "adversarial_auc"]].tolist() == [2, 2]


def test_few_people_are_a_warning_and_not_a_leak():
    person = np.repeat(np.arange(8), 10)
    table = made(
        person % 2, groups=[f"p{number}" for number in person],
        features={"age": person % 2 * 30.0 + 20, "noise": np.arange(80.0) % 9},
    )  # fmt: skip
    lint = leak_lint(table)
    assert _found(lint, "single_feature_auc", "warning")["feature"].tolist() == ["age"]
    assert _found(lint, "target_copy", "warning")["feature"].tolist() == ["age"]
    assert not lint["status"].eq("leak").any()


def test_a_feature_with_few_values_that_agree_by_chance_is_no_alarm(table):
    sparse = np.full(len(table), np.nan)
    some = np.flatnonzero(np.cumsum(table.target.eq(1)) <= 3)[:6]
    sparse[some] = table.target.iloc[some]
    noise = {f"n{place}": table.features["f1"] for place in range(9)}
    lint = leak_lint(_with(table, **noise, rare=sparse))
    judged = lint[lint["check"].isin(["target_copy", "single_feature_auc"])]
    assert judged["status"].tolist() == ["ok", "ok"]


def test_noise_in_few_rows_is_no_warning():
    alarms = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        noise = rng.normal(size=(90, 150))
        noise[rng.random(noise.shape) < 0.9] = np.nan
        features = {f"n{place}": column for place, column in enumerate(noise)}
        lint = leak_lint(made(rng.integers(0, 2, 150), features=features))
        alarms += lint.loc[
            lint["check"].isin(["target_copy", "single_feature_auc"]), "status"
        ].tolist()
    assert set(alarms) == {"ok"}


def test_a_code_of_numbers_is_caught():
    rng = np.random.default_rng(9)
    won = rng.integers(0, 2, 900)
    codes = rng.permutation(60)
    coded = np.where(won == 1, rng.choice(codes[:35], 900), rng.choice(codes[35:], 900))
    lint = leak_lint(made(won, features={"disposition": coded.astype(float)}))
    assert _found(lint, "single_feature_auc")["feature"].tolist() == ["disposition"]


def test_infinite_numbers_are_numbers(table):
    endless = np.where(table.target.eq(1), np.inf, -np.inf)
    leaky = _with(table, endless=endless)
    lint = leak_lint(leaky, split_by_user(leaky))
    assert set(_found(lint, "single_feature_auc")["feature"]) == {"endless"}


def test_what_cannot_be_read_is_said_and_plain_objects_are_read(table):
    size, won = len(table), table.target.eq(1)
    odd = _with(
        table, listed=pd.Series([[1]] * size, dtype=object), complex=np.ones(size) * 1j,
        held=pd.Series([{"a": 1}] * size, dtype=object),
        said=pd.Series(np.where(won, "good", "bad"), dtype=object),
        lasting=pd.to_timedelta(won.astype("int64"), unit="h"),
    )  # fmt: skip
    lint = leak_lint(odd, split_by_user(odd))
    assert set(_found(lint, "readable", "unchecked")["feature"]) == {"listed", "complex", "held"}
    assert set(_found(lint, "target_copy")["feature"]) == {"said", "lasting"}
    assert not lint["check"].eq("constant")[lint["status"].ne("ok")].any()


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_other_targets_are_linted_too(task):
    rng = np.random.default_rng(6)
    target = rng.exponential(size=200) if task == "regression" else rng.choice(["a", "b", "c"], 200)
    copy = target if task == "regression" else np.searchsorted(["a", "b", "c"], target)
    table = made(
        target, task=task, features={"copy": copy * 2.0, "noise": rng.normal(size=200)},
    )  # fmt: skip
    lint = leak_lint(table, split_by_user(table))
    assert set(_found(lint, "target_copy")["feature"]) == {"copy"}
    assert set(_found(lint, "single_feature_auc")["feature"]) == {"copy"}
    other = leak_lint(replace(table, features=table.features[["noise"]]))
    assert set(other["status"]) == {"ok", "unchecked"}


def test_the_order_of_the_rows_does_not_matter(table):
    rng = np.random.default_rng(7)
    first, second = (
        leak_lint(rows, split_by_time(rows, at=AT)) for rows in (table, shuffled(table, rng))
    )
    pd.testing.assert_frame_equal(first, second, check_exact=True)


@pytest.mark.parametrize("size", [2, 3, 12, 40])
def test_small_tables_have_an_answer(size):
    table = made(
        [0, 1] * (size // 2) + [0] * (size % 2),
        features={"holes": [np.nan] * size, "number": np.arange(float(size)), "same": 2.0},
    )
    lint = leak_lint(table, {"a": table, "b": table})
    assert _found(lint, "constant", "warning")["feature"].tolist() == ["holes", "same"] * 2
    assert _found(lint, "rows")["value"].tolist() == [size]


def test_one_class_and_no_features_have_an_answer():
    lint = leak_lint(made([1] * 30, features={"number": np.arange(30.0)}))
    assert _found(lint, "one_class", "warning")["value"].tolist() == [1]
    lint = leak_lint(made([0, 1] * 15))
    assert _found(lint, "single_feature_auc", "unchecked")["n"].tolist() == [30]


def test_many_features_of_noise_raise_no_alarm_in_bounded_time():
    rng = np.random.default_rng(8)
    noise = dict(zip([f"f{k}" for k in range(400)], rng.normal(size=(400, 60)), strict=True))
    table = made(rng.integers(0, 2, 60), features=noise)
    lint = leak_lint(table, split_by_user(table, test_size=0.4))
    assert not lint["status"].isin(["leak", "warning"]).any()


def test_no_message_holds_a_text_a_person_or_a_value():
    table = made(
        [0, 1] * 40, texts=["my secret is 1234 and I am Ann Example"] * 80,
        groups=["ann@example.com"] * 80,
        features={"word": pd.Categorical(["Ann Example", "Bob Example"] * 40)},
    )  # fmt: skip
    said = " ".join(leak_lint(table, {"a": table, "b": table})["advice"])
    assert not any(word in said for word in ("secret", "Ann", "Bob", "1234", "@"))


def test_bad_arguments_are_refused(table):
    with pytest.raises(cda.InputError, match="takes a TrainingTable, not a DataFrame"):
        leak_lint(pd.DataFrame())
    for splits in (5, "train", [1], table, pd.DataFrame()):
        with pytest.raises(cda.InputError, match="Give a Split, a list of them, or a mapping"):
            leak_lint(table, splits)
    with pytest.raises(cda.InputError, match=r"splits\['a'\] takes a TrainingTable"):
        leak_lint(table, {"a": 1})
    with pytest.raises(cda.InputError, match="splits has the name 1"):
        leak_lint(table, {1: table})
    empty = table.take([])
    with pytest.raises(cda.InputError, match="test of split 1: the table has no rows"):
        leak_lint(table, Split(table, empty, pd.DataFrame()))
    for limit in (0.4, 1, True, "0.98", None):
        with pytest.raises(cda.InputError, match=r"auc_limit=.* is no AUC|adversarial_limit"):
            leak_lint(table, auc_limit=limit)
    for seed in (-1, None, 0.5, True):
        with pytest.raises(cda.InputError, match=r"random_state=.* is no whole number"):
            leak_lint(table, random_state=seed)
    with pytest.raises(cda.InputError, match="parts of the table differ in length"):
        leak_lint(replace(table, features=table.features.iloc[:5]))
    with pytest.raises(
        cda.MissingColumnsError, match="leak_lint needs the columns conversation_id"
    ):
        leak_lint(table, conversations=pd.DataFrame({"a": [1]}))


def test_splits_that_were_not_made_of_the_table_are_refused(table):
    half = Split(table.take(range(100)), table.take(range(100, 200)), pd.DataFrame())
    leaky = _with(table, score=table.target * 1.0)
    with pytest.raises(cda.InputError, match="train of split 1 has other columns than the table"):
        leak_lint(leaky, half)
    parts = {"train": half.train, "test": table}
    with pytest.raises(cda.InputError, match=r"splits\['test'\] has other conversations than"):
        leak_lint(half.train, parts)
