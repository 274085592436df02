"""Features that name people are found, and others are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.datasets.linting.identifying import share_named
from chatdash_analysis.datasets.linting.lint import leak_lint
from chatdash_analysis.datasets.splitting.splits import split_by_user
from tests.datasets.made import made, sentence

PERSON = np.repeat(np.arange(40), 5)


def naming(features, person=PERSON):
    """Return the features that are said to name people, with the status."""
    rng = np.random.default_rng(0)
    table = made(
        rng.integers(0, 2, len(person)),
        groups=[f"p{number:03d}" for number in person],
        features=features,
    )
    lint = leak_lint(table)
    found = lint[lint["check"].eq("names_people") & lint["status"].ne("ok")]
    return dict(zip(found["feature"], found["status"], strict=True))


def test_ids_and_numbers_of_customers_are_caught_in_each_form():
    codes = np.random.default_rng(1).permutation(10_000)[:40][PERSON]
    found = naming({
        "number": codes.astype(float),
        "label": pd.Categorical([f"k{code}" for code in codes]),
        "name": pd.Series([f"Customer {code}" for code in codes], dtype="str"),
        "holed": np.where(np.arange(200) % 5 < 3, codes, np.nan),
        "object": pd.Series([f"k{code}" for code in codes], dtype=object),
        "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(codes, unit="D"),
        "balance": codes / 7,
    })  # fmt: skip
    assert found.pop("balance") == "warning"
    assert found == dict.fromkeys(["number", "label", "name", "holed", "object", "since"], "leak")


def test_labels_of_one_row_each_are_caught_and_texts_are_not():
    rng = np.random.default_rng(2)
    found = naming({
        "id": pd.Series([f"c{number}" for number in range(200)], dtype="str"),
        "ticket": pd.Categorical([f"t{number}" for number in range(200)]),
        "text": pd.Series([f"{sentence(rng)} {number}" for number in range(200)], dtype="str"),
    })  # fmt: skip
    assert found == {"id": "warning", "ticket": "warning"}


def test_measures_and_traits_that_people_share_name_nobody():
    rng = np.random.default_rng(3)
    found = naming({
        "hour": rng.uniform(0, 24, 200),
        "before": np.tile(np.arange(5.0), 40),
        "age": rng.integers(20, 60, 40)[PERSON].astype(float),
        "city": pd.Categorical([f"city {code}" for code in rng.integers(0, 30, 40)[PERSON]]),
        "flag": rng.random(200) < 0.5,
        "gone": np.full(200, np.nan),
    })  # fmt: skip
    assert found == {}


def test_people_of_one_row_each_prove_nothing():
    rng = np.random.default_rng(4)
    alone = {"hour": rng.uniform(0, 24, 200), "seconds": rng.permutation(200).astype(float)}
    assert naming(alone, person=np.arange(200)) == {}
    # Some with several conversations are not enough if they are few.
    few = np.concatenate([np.arange(182), np.repeat(np.arange(182, 191), 2)])
    assert naming({"code": few.astype(float)}, person=few) == {}


def test_the_share_is_of_people_with_an_own_value_of_their_own():
    codes = PERSON.astype(float)
    assert share_named(pd.Series(codes), PERSON) == 1
    shared = np.where(PERSON == 1, 0.0, codes)  # two people have one value
    assert share_named(pd.Series(shared), PERSON) == pytest.approx(38 / 40)
    two = codes.copy()
    two[0] = 999.0  # one person has two
    assert share_named(pd.Series(two), PERSON) == pytest.approx(39 / 40)


@pytest.mark.parametrize("at", ["start", "end", "analysis"])
def test_the_features_of_the_sample_name_nobody(at):
    conversations = cda.identify_users(cda.load_sample(1_500))
    table = cda.training_table(conversations, target="evaluation_is_success", at=at)
    lint = leak_lint(table, split_by_user(table))
    assert set(lint.loc[lint["check"].eq("names_people"), "status"]) == {"ok"}
    people = pd.factorize(table.rows["group"])[0].astype(float)
    named = replace(table, features=table.features.assign(customer=people))
    found = leak_lint(named).query("check == 'names_people'")
    assert found[["feature", "status"]].to_numpy().tolist() == [["customer", "leak"]]
