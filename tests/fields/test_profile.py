"""Profiles of fields: counts as pandas has them, over any input, with nobody's data in them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chatdash_analysis as cda
from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.fields.profile import profile_fields
from chatdash_analysis.reached import connected
from tests.fields.rows import START, conversations

TEXTS = ("agent_id", "column", "raw_key", "kind", "dtype", "top_values", "pii", "flags")


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    return cda.identify_users(cda.load_sample(1500))


@pytest.fixture(scope="module")
def profile(sample) -> pd.DataFrame:
    return profile_fields(sample, metadata=True)


def test_counts_are_those_of_pandas(sample, profile):
    rows = cda.expand_metadata(sample)
    met = pd.Series(connected(rows), index=rows.index)
    for line in profile.rename(columns={"values": "filled"}).itertuples():
        own = rows[rows["agent_id"] == line.agent_id]
        column, there = own[line.column], own[line.column].notna()
        could = met[own.index] & (own["created_at"] >= own.loc[there, "created_at"].min())
        expected = (there.sum(), len(own), could.sum(), (could & there).sum(), column.nunique())
        found = (line.filled, line.rows, line.eligible, line.eligible_values, line.distinct)
        assert found == expected, line.column
        assert line.coverage == pytest.approx(there.mean())
        assert line.eligible_coverage == pytest.approx(there[could].mean())
        assert line.first_seen == own.loc[there, "created_at"].min()
        assert line.last_seen == own.loc[there, "created_at"].max()


def test_periods_and_their_coverage_are_those_of_pandas(sample):
    profile = profile_fields(sample, freq="M", tz="Europe/Berlin").set_index("raw_key")
    line = profile.loc["caller_intent"]
    own = sample[(sample["agent_id"] == line["agent_id"]) & connected(sample)]
    own = own[own["created_at"] >= line["first_seen"]]
    month = own["created_at"].dt.tz_convert("Europe/Berlin").dt.tz_localize(None).dt.to_period("M")
    shares = own["custom_caller_intent"].notna().groupby(month).mean()
    assert line["periods"] == len(shares)
    assert line["covered_periods"] == (shares > 0).sum()
    assert [line["first_coverage"], line["last_coverage"]] == shares.iloc[[0, -1]].tolist()
    assert "ended" in line["flags"]


def test_keys_kinds_and_conflicts_are_those_of_the_catalogue(sample, profile):
    catalogue = cda.field_catalogue(sample).set_index(["agent_id", "raw_key"])
    own = profile[profile["column"].str.startswith("custom_")].set_index(["agent_id", "raw_key"])
    assert sorted(own.index) == sorted(catalogue.index)
    for name in ("column", "kind", "conflicts"):
        pd.testing.assert_series_equal(own[name].sort_index(), catalogue[name].sort_index())
    # What the column lost when "N/A" became missing is counted as saying nothing.
    assert (own["values"] + own["nothing"] >= catalogue["values"].reindex(own.index)).all()


def test_planted_changes_of_the_sample_are_seen(profile):
    lines = profile.set_index("raw_key")
    assert lines.loc["caller_intent", "renamed_to"] == "custom_call_intent"
    assert lines.loc["call_intent", "renamed_from"] == "custom_caller_intent"
    assert lines.loc["caller_intent", "rename_score"] > 0.6
    assert lines.loc["agentShift", "renamed_to"].startswith("custom_agent_shift__")
    assert lines.loc["callback_minutes", ["kind", "dtype"]].tolist() == ["mixed", "str"]
    assert 0 < lines.loc["callback_minutes", "number_like"] < 1
    assert lines.loc["caller_name", "pii"] == "name"
    assert lines.loc["email", "pii"] == "email"
    assert lines.loc["variableValues.zip", "pii"] == "address"
    assert lines.loc["service_type", "pii"] == ""
    assert "mostly_nothing" in lines.loc["insurance", "flags"]


def test_nobodys_data_are_in_the_table(sample, profile):
    text = profile.to_csv()
    held = [sample["custom_caller_name"], sample["custom_email"], sample["phone"], sample["name"]]
    for value in set(pd.concat(held).dropna()) - {"N/A", "unknown"}:
        assert value not in text


def test_planted_contacts_are_not_shown_even_if_many_use_them():
    values = ["call +49 171 5550123", "Mr. Smith", "ben@example.com", "sales"]
    rows = conversations(custom_who=values * 20, custom_tel=["+49 171 5550123"] * 80)
    line = profile_fields(rows).set_index("column")
    for secret in ("555", "Smith", "ben@"):
        assert secret not in profile_fields(rows).to_csv()
    assert line.loc["custom_tel", "pii"] == "phone"
    assert line.loc["custom_who", "pii"] == "free_text"


def test_values_need_people_who_are_known():
    rows = conversations(custom_a=["x"] * 6 + ["y"] * 4)
    assert profile_fields(rows)["top_values"].tolist() == ["x 60 %, 1 hidden"]
    alone = rows.assign(user_id=pd.Series(["u"] * 10, dtype="str"))
    assert profile_fields(alone)["top_values"].tolist() == ["2 hidden"]
    nobody = profile_fields(rows.drop(columns="user_id"))
    assert nobody["top_values"].tolist() == ["2 hidden"]
    assert nobody["flags"].tolist() == ["hidden, no_users"]
    assert profile_fields(rows.drop(columns="user_id"), min_users=0)["top_values"].tolist() == [
        "x 60 %, y 40 %"
    ]


def _numbers(rows, **options) -> pd.DataFrame:
    profile = profile_fields(rows, **options).set_index("column")
    return profile[["minimum", "median", "maximum"]].T


def test_numbers_are_summed_up_unless_they_name_somebody_or_too_few_have_them():
    rows = conversations(
        custom_price=[0.0] * 5 + [1.0, 2.0, 3.0, 9.0] + [8.0] * 5,
        custom_phone=[4917155501.0 + n for n in range(14)],
        custom_few=[1.0, 2.0] + [None] * 12,
    )
    numbers = _numbers(rows)
    assert numbers["custom_price"].tolist() == [0, 2.5, 8]
    assert numbers[["custom_phone", "custom_few"]].isna().all(axis=None)


def test_the_smallest_and_largest_number_shown_are_those_of_many():
    rows = conversations(custom_age=[3.0, *[40.0] * 9, 97.0])
    assert _numbers(rows)["custom_age"].tolist() == [40, 40, 40]
    assert _numbers(rows, min_users=1)["custom_age"].tolist() == [3, 40, 97]
    assert _numbers(rows.drop(columns="user_id"))["custom_age"].isna().all()
    assert _numbers(rows.drop(columns="user_id"), min_users=0)["custom_age"].tolist() == [3, 40, 97]
    differing = _numbers(conversations(custom_age=[float(age) for age in range(20, 31)]))
    assert differing["custom_age"].isna().tolist() == [True, False, True]
    assert differing.loc["median", "custom_age"] == 25


def test_the_number_that_one_person_gave_again_and_again_is_not_shown():
    rows = conversations(custom_age=[97.0] * 10 + [40.0] * 6)
    rows["user_id"] = pd.Series(["u"] * 10 + list("abcdef"), dtype="str")
    assert _numbers(rows)["custom_age"].fillna(-1).tolist() == [40, -1, 40]


def test_only_connected_conversations_from_the_first_value_on_could_have_one():
    rows = conversations(
        custom_a=[None, "x", None, "x", "x", None],
        interacted=[True, True, True, False, True, False],
    )
    line = profile_fields(rows).iloc[0]
    assert line[["values", "rows", "eligible", "eligible_values"]].tolist() == [3, 6, 3, 2]
    assert line["flags"] == "hidden, unconnected"


def test_an_end_and_a_gap_are_flagged_where_they_are_no_chance():
    place = np.arange(100)
    values = pd.Series(["x"] * 100, dtype="str")
    rows = conversations(
        custom_end=values.where(place < 60),
        custom_gap=values.where((place < 30) | (place > 70)),
        custom_rare=values.where(place % 20 == 0),
    )
    flags = profile_fields(rows, min_users=1).set_index("column")["flags"]
    assert flags.to_dict() == {"custom_end": "ended", "custom_gap": "gap", "custom_rare": ""}


def test_chance_alone_is_seldom_called_an_end_or_a_gap():
    rng = np.random.default_rng(1)
    values = pd.Series(["x"] * 200, dtype="str")
    rows = conversations(
        **{f"custom_{n}": values.where(rng.random(200) < rng.uniform(0.02, 1)) for n in range(300)}
    )
    flags = profile_fields(rows)["flags"]
    assert flags.str.contains("ended|gap").sum() <= 3


def test_fields_without_json_or_without_column_are_listed():
    rows = conversations(custom_own=["x", "y"], custom_analysis=['{"left": 1}', '{"left": "a"}'])
    table = profile_fields(rows)
    assert table[["column", "raw_key", "kind"]].astype(object).fillna("").to_numpy().tolist() == [
        ["custom_own", "", "text"],
        ["", "left", "mixed"],
    ]
    assert table["flags"].tolist() == ["hidden", "no_column"]
    assert table["values"].tolist() == [2, 2]
    assert table["eligible"].tolist() == [2, 0]


def test_an_index_may_be_named_as_a_column_is(sample, profile):
    indexed = sample.set_index(["agent_id", "created_at"], drop=False)
    pd.testing.assert_frame_equal(profile_fields(indexed, metadata=True), profile)


def test_objects_that_were_decoded_already_are_read_as_their_json(sample, profile):
    objects = {
        name: sample[name].astype(object).map(json.loads, na_action="ignore")
        for name in ("custom_analysis", "metadata")
    }
    assert objects["custom_analysis"].map(type).eq(dict).any()
    pd.testing.assert_frame_equal(profile_fields(sample.assign(**objects), metadata=True), profile)
    odd = pd.Series([{"a": 1}, {(1, 2): 3}], dtype=object)
    with pytest.raises(InputError, match="Give the JSON as text"):
        profile_fields(conversations(custom_analysis=odd))


def test_metadata_without_json_is_taken_from_its_columns():
    rows = conversations(metadata_plan=["a", "b"], custom_x=["a", "b"])
    assert profile_fields(rows)["column"].tolist() == ["custom_x"]
    assert (
        profile_fields(rows, metadata=True)["column"].tolist()
        == ["metadata_plan", "custom_x"][::-1]
    )
    with pytest.raises(MissingColumnsError, match="metadata"):
        profile_fields(rows.drop(columns="metadata_plan"), metadata=True)


def test_a_metadata_field_named_like_a_column_of_the_package_is_found():
    rows = conversations(metadata=['{"analysis": "x", "b": 1}', None], custom_analysis=["{}", None])
    table = profile_fields(rows, metadata=True)
    assert table[["column", "raw_key", "values"]].to_numpy().tolist() == [
        ["metadata_analysis", "analysis", 1], ["metadata_b", "b", 1],
    ]  # fmt: skip


def test_rows_in_any_order_give_the_identical_table(sample, profile):
    for seed in (0, 1):
        shuffled = sample.sample(frac=1, random_state=seed)
        pd.testing.assert_frame_equal(profile_fields(shuffled, metadata=True), profile)
    same_moment = conversations(custom_a=list("xyzxy"), custom_b=[1.0, None, 2.0, None, 3.0])
    same_moment["created_at"] = START
    one, other = profile_fields(same_moment), profile_fields(same_moment[::-1])
    pd.testing.assert_frame_equal(one, other)


def test_the_table_has_the_same_types_when_it_is_empty(sample, profile):
    for empty in (sample.iloc[:0], sample[["agent_id", "created_at"]], conversations(custom_a=[])):
        table = profile_fields(empty)
        assert len(table) == 0
        assert table.dtypes.equals(profile.dtypes)
        assert isinstance(table.index, pd.RangeIndex)
    assert all(str(profile[name].dtype) == "str" for name in TEXTS)


def test_the_table_given_stays_as_it_was(sample):
    before = sample.copy(deep=True)
    profile_fields(sample, metadata=True)
    pd.testing.assert_frame_equal(sample, before)


def test_missing_agents_and_moments_are_told():
    rows = conversations(custom_a=["p", "q", "r"])
    rows["agent_id"] = pd.Series(["b", None, "b"], dtype="str")
    rows.loc[0, "created_at"] = pd.NaT
    table = profile_fields(rows)
    assert table["agent_id"].isna().tolist() == [False, True]
    assert table[["values", "eligible_values"]].to_numpy().tolist() == [[2, 1], [1, 1]]
    assert table["flags"].tolist() == ["hidden, undated", "hidden"]
    nowhen = profile_fields(rows.assign(created_at=pd.Series([pd.NaT] * 3, dtype=START_DTYPE)))
    assert nowhen["first_seen"].isna().all()
    assert nowhen["eligible"].eq(0).all()


START_DTYPE = "datetime64[us, UTC]"


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"freq": "Y"}, "freq"), ({"tz": "Mars"}, "tz"), ({"top": -1}, "top"),
        ({"min_users": 1.5}, "min_users"),
    ],
)  # fmt: skip
def test_arguments_are_checked(options, match):
    with pytest.raises(InputError, match=match):
        profile_fields(conversations(custom_a=["x"]), **options)


def test_what_cannot_be_profiled_is_said():
    rows = conversations(custom_a=["x"])
    with pytest.raises(MissingColumnsError, match="agent_id"):
        profile_fields(rows.drop(columns="agent_id"))
    with pytest.raises(MissingColumnsError, match="lead"):
        profile_fields(rows, users="lead")
    with pytest.raises(InputError, match="not instants"):
        profile_fields(rows.assign(created_at=["2026-01-01"]))
    with pytest.raises(InputError, match="several columns named"):
        profile_fields(pd.concat([rows, rows[["custom_a"]]], axis=1))
    with pytest.raises(InputError, match="takes a pandas DataFrame"):
        profile_fields("rows")


def test_thousands_of_fields_take_seconds_and_are_all_listed():
    rng = np.random.default_rng(0)
    objects = [{f"f{n}": f"v{n % 7}" for n in rng.choice(5000, 50)} for _ in range(100)]
    rows = conversations(custom_analysis=[json.dumps(one) for one in objects])
    table = profile_fields(rows)
    assert len(table) == len(set().union(*objects))
    assert table["flags"].eq("no_column").all()


hostile = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.lists(st.text(max_size=3), max_size=2), st.dates(), st.binary(max_size=2),
)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(hostile, hostile), max_size=8),
    st.sampled_from(["custom_a", "custom_", "custom_\x00 b"]),
)
def test_any_values_give_a_table(values, name):
    rows = conversations(**{name: pd.Series([v for v, _ in values], dtype=object)})
    rows["custom_b"] = pd.Series([v for _, v in values], dtype=object)
    table = profile_fields(rows, min_users=0)
    assert table["values"].le(table["rows"]).all()
    assert table["number_like"].dropna().between(0, 1).all()
    pd.testing.assert_frame_equal(table, profile_fields(rows[::-1], min_users=0))
