"""Tests of chatdash_analysis.privacy.pseudonymizing and what it is made of."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chatdash_analysis as cda
from chatdash_analysis.errors import InputError
from chatdash_analysis.privacy.pseudonymizing import pseudonymize
from chatdash_analysis.privacy.pseudonyms import FIELD_KINDS, IDENTIFIER_KINDS
from chatdash_analysis.schema import COLUMNS
from tests.identity.made import table

SECRET = "correct horse battery staple"
OTHER = "another horse battery staple"
RULES = ("strict", "default", "loose")


@pytest.fixture(scope="module")
def sample():
    return cda.load_sample(3_000)


@pytest.fixture(scope="module")
def private(sample):
    return pseudonymize(sample, secret=SECRET)


@pytest.fixture(scope="module")
def small(sample):
    return sample.head(500)


def partition(frame, **options):
    people = cda.identify_users(frame, **options)
    return pd.factorize(people["user_id"])[0].tolist(), people["user_key"].fillna("").tolist()


def test_each_identifier_of_the_schema_has_a_kind() -> None:
    marked = {c.name for c in COLUMNS if c.pii == "identifier"}
    assert marked == set(IDENTIFIER_KINDS) - {"user_id"}
    assert FIELD_KINDS["phoneSecondary"] == FIELD_KINDS["phone"] == "phone"


@pytest.mark.parametrize("rule", RULES)
def test_the_same_people_are_found_in_the_sample(sample, private, rule) -> None:
    assert partition(sample, rule=rule) == partition(private, rule=rule)


@pytest.mark.parametrize("key", ["userId", "waId", "retell_llm_dynamic_variables.first_name"])
def test_the_same_people_are_found_by_metadata(sample, private, key) -> None:
    options = {"metadata_key": key, "rule": "loose"}
    assert partition(sample, **options) == partition(private, **options)


def test_columns_dtypes_rows_and_what_names_nobody_are_as_before(sample, private) -> None:
    assert private.columns.tolist() == sample.columns.tolist()
    assert (private.dtypes == sample.dtypes).all()
    stays = [c.name for c in COLUMNS if not c.pii]
    pd.testing.assert_frame_equal(sample[stays], private[stays])
    assert (sample.notna() == private.notna()).all().all()
    for name in sample.columns[sample.columns.str.startswith("custom_")]:
        if sample[name].dtype != "str":
            assert sample[name].equals(private[name]), name


def test_no_identifier_of_the_sample_is_left_anywhere(sample, private) -> None:
    sample, private = sample.head(1_000), private.head(1_000)
    shown = private.to_csv()
    for name in (c.name for c in COLUMNS if c.pii == "identifier" and c.name != "name"):
        values = sample[name].dropna().unique()
        left = [
            v for v in values if len(v) > 6 and v not in ("anonymous", "unknown") and v in shown
        ]
        assert left == [], name
    # A name is known in its own conversation.
    named = sample["name"].notna()
    rows = zip(sample.loc[named, "name"], private[named].to_dict("records"), strict=True)
    assert [name for name, row in rows if name in str(row)] == []
    assert "@" not in shown
    assert not re.search(r"\+\d{7}", shown)


def test_the_callers_table_is_not_changed(small) -> None:
    before = small.copy()
    pseudonymize(small, secret=SECRET)
    pd.testing.assert_frame_equal(before, small)


def test_the_order_of_rows_changes_nothing(small, private) -> None:
    order = np.random.default_rng(0).permutation(len(small))
    shuffled = pseudonymize(small.iloc[order], secret=SECRET)
    pd.testing.assert_frame_equal(shuffled, private.iloc[order], check_flags=False)


def test_a_secret_gives_the_same_pseudonyms_everywhere_and_another_one_others(sample) -> None:
    part = sample.head(200)
    same = pseudonymize(sample.iloc[100:300], secret=SECRET).head(100)
    pd.testing.assert_frame_equal(pseudonymize(part, secret=SECRET).tail(100), same)
    first = set(pseudonymize(part, secret=SECRET)["phone"].dropna()) - {"withheld"}
    second = set(pseudonymize(part, secret=OTHER)["phone"].dropna()) - {"withheld"}
    assert first
    assert not first & second


# Few and alike, so that people meet; and what systems write where nobody is known.
NUMBERS = (
    *("+49 171 1234567", "0049 1711234567", "491711234567", "(212) 555-0100", "+12125550100"),
    *("anonymous", "Private: +1 (212) 555-0100", "unknown", "", "12", "sip:ben@x.de", "+266696687"),
    *(
        "caller 7",
        "tel:+12125550100",
        "44 20 7946 0999",
        "\u0660\u0661\u0662\u0663\u0664\u0665\u0666",
    ),
)
ADDRESSES = (
    *("84.1.2.3", "84.1.2.3, 10.0.0.1", "::ffff:84.1.2.3", "10.0.0.1, 84.1.2.3", "2001:DB8::1"),
    *("2001:db8::1", "unknown", "", "fd00::1", "private", "0.0.0.0"),
)
IDS = ("a", " a", "A", "b", "unknown", "N/A", "", "phone:3f9a", "0")
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "agent_id": st.sampled_from(("x", "y")),
            "platform": st.sampled_from((None, "retell", "vapi")),
            "lead_id": st.none() | st.sampled_from(IDS),
            "instagram_id": st.none() | st.sampled_from(IDS),
            "phone": st.none() | st.sampled_from(NUMBERS),
            "phone_secondary": st.none() | st.sampled_from(NUMBERS),
            "ip_address": st.none() | st.sampled_from(ADDRESSES),
            "metadata": st.none() | st.sampled_from(
                ('{"userId": "a"}', '{"userId": " a"}', '{"userId": 17}', '{"userId": 17.0}',
                 '{"userId": "17"}', '{"userId": true}', '{"userId": "n/a"}',
                 '{"userId": 12345678}', '{"userId": null}', '{"u": {"user_id": "a"}}', "{", "[]"),
            ),
            "day": st.integers(0, 20),
        }
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from(RULES))
def test_the_same_people_are_found_in_any_table(rows, rule) -> None:
    frame = table(rows)
    hidden = pseudonymize(frame, secret=SECRET)
    assert partition(frame, rule=rule) == partition(hidden, rule=rule)
    again = pseudonymize(hidden, secret=OTHER)
    assert partition(frame, rule=rule) == partition(again, rule=rule)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from(RULES), st.sampled_from(("agent", "all")))
def test_the_same_people_are_found_by_a_field_of_the_metadata(rows, rule, scope) -> None:
    frame = table([*rows, {"metadata": '{"userId": "known"}'}])
    options = {"rule": rule, "metadata_key": "userId", "metadata_scope": scope}
    hidden = pseudonymize(frame, secret=SECRET)
    assert partition(frame, **options) == partition(hidden, **options)


def test_spellings_of_a_number_on_either_side_have_one_pseudonym() -> None:
    frame = table([
        {"phone": "+49 171 1234567", "phone_secondary": "0049-171-1234567"},
        {"phone": "491711234567", "phone_secondary": "+49 171 1234568"},
    ])  # fmt: skip
    hidden = pseudonymize(frame, secret=SECRET)
    assert hidden.loc[0, "phone"] == hidden.loc[1, "phone"]
    assert hidden.loc[0, "phone_secondary"] == hidden.loc[0, "phone"]
    assert hidden.loc[1, "phone_secondary"] != hidden.loc[0, "phone"]


def test_what_tells_nobody_stays_and_withheld_numbers_say_so() -> None:
    frame = table([
        {"phone": "anonymous caller (Ben)", "lead_id": "N/A", "ip_address": "10.0.0.1, 84.1.2.3"},
        {"phone": "", "lead_id": " unknown ", "ip_address": None},
        {"phone": "web-ben-smith", "lead_id": "x"},
    ])  # fmt: skip
    hidden = pseudonymize(frame, secret=SECRET)
    assert hidden["phone"].tolist()[:2] == ["withheld", ""]
    assert hidden["phone"].tolist()[2].startswith("nophone:")
    assert hidden["lead_id"].tolist()[:2] == ["N/A", " unknown "]
    assert hidden["ip_address"].tolist()[0] == "private"


def test_users_named_before_are_keyed_too(small) -> None:
    named = cda.identify_users(small)
    before = pseudonymize(named, secret=SECRET)
    after = cda.identify_users(pseudonymize(small, secret=SECRET))
    assert not set(before["user_id"].dropna()) & set(named["user_id"].dropna())
    assert pd.factorize(before["user_id"])[0].tolist() == pd.factorize(after["user_id"])[0].tolist()
    leads = before["user_key"].eq("lead").fillna(False)
    assert before.loc[leads, "user_id"].equals(after.loc[leads, "user_id"])
    assert before["user_key"].equals(after["user_key"])


def columns(**values):
    size = len(next(iter(values.values())))
    usual = {"conversation_id": [f"c{i}" for i in range(size)], "agent_id": ["a"] * size}
    return pd.DataFrame({**usual, **values})


def test_names_of_a_conversation_are_masked_in_all_its_texts() -> None:
    frame = columns(
        name=["Zoe Quill", "Ben"],
        summary=["zoe called about Ben", "zoe called about BEN"],
        misunderstood_queries=['["Is Quill here?", "ok"]', None],
        custom_remark=["for ZOE", "for ZOE"],
        metadata=['{"agent_note": "Zoe again"}', '{"first_name": "Kim", "text": "kim here"}'],
    )
    hidden = pseudonymize(frame, secret=SECRET)
    assert hidden["summary"].tolist() == ["[name] called about Ben", "zoe called about [name]"]
    assert hidden.loc[0, "misunderstood_queries"] == '["Is [name] here?","ok"]'
    assert hidden["custom_remark"].tolist() == ["for [name]", "for ZOE"]
    assert json.loads(hidden.loc[0, "metadata"]) == {"agent_note": "[name] again"}
    assert json.loads(hidden.loc[1, "metadata"])["text"] == "[name] here"


def test_fields_that_name_people_get_pseudonyms_and_share_them_with_columns() -> None:
    frame = columns(
        name=["Zoe Quill"],
        custom_caller_name=["Zoe Quill"],
        custom_plan_name=["Silver"],
        custom_phone=[491711234567.0],
        phone=["+49 171 1234567"],
        custom_price=[1250.5],
        custom_ticket=[104211345.0],
        custom_started_at=[1735689600000.0],
        custom_ok=pd.array([True], "boolean"),
        metadata=['{"customer": {"fullName": "Zoe Quill", "tel": "0049 171 1234567"}}'],
    )
    hidden = pseudonymize(frame, secret=SECRET).iloc[0]
    assert hidden["name"] == hidden["custom_caller_name"]
    assert hidden["custom_plan_name"] == "Silver"
    assert hidden["custom_phone"] == hidden["phone"]
    assert np.isnan(hidden["custom_ticket"])
    assert (hidden["custom_price"], hidden["custom_started_at"]) == (1250.5, 1735689600000.0)
    inside = json.loads(hidden["metadata"])["customer"]
    assert inside == {"fullName": hidden["name"], "tel": hidden["phone"]}


def test_drop_empties_columns_and_their_fields() -> None:
    frame = columns(
        note=["x"], topic=["t"], cost=[1.0], record=pd.array([True], "boolean"),
        ended_at=pd.to_datetime(["2026-01-01T01Z"]),
        custom_diet=["vegan"], custom_analysis=['{"diet": "vegan", "Diet plan": {"a": 1}}'],
        metadata=['{"a": "b"}'], metadata_a=["b"],
    )  # fmt: skip
    frame = frame.astype({"note": "str", "custom_diet": "str"})
    dropped = ["note", "topic", "cost", "record", "ended_at", "custom_diet", "metadata"]
    hidden = pseudonymize(frame, secret=SECRET, drop=dropped)
    assert hidden[[*dropped, "metadata_a"]].isna().all().all()
    assert json.loads(hidden.loc[0, "custom_analysis"]) == {"diet": None, "Diet plan": {"a": 1}}
    assert (hidden.dtypes == frame.dtypes).all()


def test_keep_and_identifiers_reach_columns_and_the_fields_inside_json() -> None:
    frame = columns(
        custom_due=["2026-03-01"], custom_vet=["Dr. Li"], topic=["Zoe"], note=["call 0171 5550123"],
        custom_analysis=['{"due": "2026-03-01", "vet": "Dr. Li", "next due": "2026-03-01"}'],
        metadata=['{"ref": {"no": "X-1", "n": 2}}'],
    )  # fmt: skip
    hidden = pseudonymize(
        frame,
        secret=SECRET,
        keep=["custom_due", "note"],
        identifiers=["custom_vet", "topic", "metadata_ref"],
    ).iloc[0]
    inside = json.loads(hidden["custom_analysis"])
    assert hidden["custom_due"] == inside["due"] == "2026-03-01"
    assert inside["next due"] == "[date]"
    assert hidden["custom_vet"] == inside["vet"]
    assert re.fullmatch("id:[0-9a-f]{20}", hidden["custom_vet"])
    assert re.fullmatch("id:[0-9a-f]{20}", hidden["topic"])
    assert hidden["note"] == "call 0171 5550123"
    ref = json.loads(hidden["metadata"])["ref"]
    assert all(re.fullmatch("id:[0-9a-f]{20}", value) for value in ref.values())


@pytest.mark.parametrize("argument", ["drop", "keep", "identifiers"])
@pytest.mark.parametrize("name", ["topik", "custom_x", "metadata_user"])
def test_a_name_of_no_column_and_no_field_is_refused(argument, name) -> None:
    frame = columns(topic=["t"], metadata=['{"user id": "a"}'])
    with pytest.raises(InputError, match=f"'{name}': there is no such column or field"):
        pseudonymize(frame, secret=SECRET, **{argument: [name]})
    pseudonymize(frame, secret=SECRET, **{argument: ["metadata_user_id"]})


def test_a_function_scrubs_and_names_are_masked_all_the_same() -> None:
    seen = []

    def shout(texts):
        seen.extend(texts)
        return [text.upper() for text in texts]

    frame = columns(name=["Zoe"], summary=["zoe and ben"], metadata=['{"a": ["zoe", 1]}'])
    hidden = pseudonymize(frame, secret=SECRET, scrub=shout).iloc[0]
    assert hidden["summary"] == "[name] AND BEN"
    assert json.loads(hidden["metadata"]) == {"a": ["[name]", 1]}
    assert sorted(seen) == ["zoe", "zoe and ben"]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda texts: texts[1:], "returned 0 texts for 1"),
        (lambda texts: [None for _ in texts], "returned a NoneType"),
        (lambda texts: [b"x" for _ in texts], "returned a bytes"),
    ],
)
def test_a_function_that_does_not_return_as_many_texts_is_refused(function, message) -> None:
    with pytest.raises(InputError, match=message):
        pseudonymize(columns(summary=["x"]), secret=SECRET, scrub=function)


@pytest.mark.parametrize("text", ["{", "nonsense", "[1,", '"\\ud83d"', "[" * 5000 + "]" * 5000])
def test_json_that_cannot_be_read_is_missing_or_sound_afterwards(text) -> None:
    hidden = pseudonymize(columns(metadata=pd.Series([text], dtype="object")), secret=SECRET)
    value = hidden.loc[0, "metadata"]
    assert pd.isna(value) or json.loads(value) is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
    | st.sampled_from(["+49 171 1234567", "zoe@x.de", "Zoe", '{"tel": "0171 5551234", "n": [1]}']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["name", "value", "result", "email", "Tel", "a", "zoe@x.de"]), inner,
        max_size=4,
    ),
    max_leaves=10,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_any_json_stays_json_of_the_same_shape_without_people(value) -> None:
    text = json.dumps(value)
    frame = columns(name=["Zoe"], other_properties=[text], custom_analysis=[text])
    hidden = pseudonymize(frame, secret=SECRET).iloc[0]
    for name in ("other_properties", "custom_analysis"):
        result = json.loads(hidden[name])
        assert shape(result) == shape(value)
        assert "zoe@" not in hidden[name].lower()
        assert "1234567" not in hidden[name]
        assert "5551234" not in hidden[name]


def shape(value):
    if isinstance(value, dict):
        return [shape(item) for item in value.values()]
    return [shape(item) for item in value] if isinstance(value, list) else None


def test_labels_of_values_stay_so_that_fields_keep_their_columns() -> None:
    uuid = "6f0c2e3a-1b7d-4c58-9a21-5d0e7b3f1a01"
    analysis = {
        uuid: {"name": "Appointment Booked 2026", "result": "yes"},
        uuid[:-1] + "2": {"name": "Caller Name", "result": "Zoe Quill"},
        "email": {"value": "z@x.de", "rationale": "Zoe said z@x.de", "json_schema": {}},
    }
    frame = columns(custom_analysis=[json.dumps(analysis)], summary=["zoe booked"])
    hidden = pseudonymize(frame, secret=SECRET).iloc[0]
    inside = json.loads(hidden["custom_analysis"])
    assert inside[uuid] == {"name": "Appointment Booked 2026", "result": "yes"}
    assert inside[uuid[:-1] + "2"]["name"] == "Caller Name"
    assert inside[uuid[:-1] + "2"]["result"].startswith("name:")
    assert inside["email"]["value"].startswith("email:")
    assert inside["email"]["rationale"] == "[name] said [email]"
    assert hidden["summary"] == "[name] booked"


def test_attrs_say_what_was_done_and_hold_neither_secret_nor_texts(sample) -> None:
    part = sample.head(5)
    part.attrs["chatdash"] = {"gaps": [{"reason": "it starts with 'zoe@x.de'"}], "agents": ["a"]}
    hidden = pseudonymize(part, secret=SECRET, drop=["note"])
    done = hidden.attrs["chatdash"]["privacy"]
    assert (done["pii"], done["drop"], done["scrub"]) == ("pseudonyms", ["note"], "default")
    assert hidden.attrs["chatdash"]["agents"] == ["a"]
    assert SECRET not in str(hidden.attrs)
    assert "zoe" not in str(hidden.attrs)
    assert "privacy" not in part.attrs["chatdash"]
    again = pseudonymize(hidden, secret=OTHER).attrs["chatdash"]["privacy"]
    assert again["before"] == done
    assert again["key_id"] != done["key_id"]


@pytest.mark.parametrize("rows", [0, 1])
def test_small_tables_and_tables_of_nothing_keep_their_dtypes(sample, rows) -> None:
    part = sample.head(rows)
    hidden = pseudonymize(part, secret=SECRET)
    assert (hidden.dtypes == part.dtypes).all()
    missing = sample.head(3).copy()
    for name in missing.columns.difference(["misunderstood_count"]):
        missing[name] = pd.Series(None, index=missing.index, dtype=missing[name].dtype)
    pd.testing.assert_frame_equal(pseudonymize(missing, secret=SECRET), missing, check_flags=False)


def test_odd_tables_are_taken_or_refused_in_our_words() -> None:
    odd = pd.DataFrame(
        {"phone": [491711234567, None], 7: ["Zoe", "x"], "my email": ["z@x.de", "yes"],
         "note": pd.Categorical(["a@b.de", "a@b.de"]), "custom_mixed": [True, "Ben b@x.de"],
         "n": [4917112345678, 1], "custom_n": [4917112345678, 1]},
        index=[3, 3],
    )  # fmt: skip
    hidden = pseudonymize(odd, secret=SECRET)
    assert hidden.index.tolist() == [3, 3]
    assert hidden["phone"].iloc[0].startswith("phone:")
    assert hidden["my email"].tolist()[1] == "yes"
    assert hidden["my email"].tolist()[0].startswith("email:")
    assert hidden["note"].tolist() == ["[email]", "[email]"]
    assert hidden["note"].dtype == "category"
    assert hidden["custom_mixed"].tolist() == [True, "Ben [email]"]
    assert hidden["n"].isna().tolist() == [True, False]
    assert hidden["custom_n"].isna().tolist() == [True, False]
    with pytest.raises(InputError, match="takes a pandas DataFrame"):
        pseudonymize([1], secret=SECRET)
    with pytest.raises(InputError, match="several columns named"):
        pseudonymize(pd.DataFrame([[1, 2]], columns=["a", "a"]), secret=SECRET)
    with pytest.raises(InputError, match="holds a dict"):
        pseudonymize(columns(custom_x=[{"a": 1}]), secret=SECRET)
    with pytest.raises(InputError, match="cannot be missing"):
        pseudonymize(odd, secret=SECRET, drop=["n"])
