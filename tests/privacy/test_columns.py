"""Tests of what becomes of single columns and values: roles, numbers, labels, names, index."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.errors import InputError
from chatdash_analysis.loading.parsing import parse_conversations
from chatdash_analysis.privacy.guarding import guard_of
from chatdash_analysis.privacy.policy import PseudonymPolicy
from chatdash_analysis.privacy.pseudonymizing import pseudonymize
from chatdash_analysis.privacy.rules import identifying_number

SECRET = "correct horse battery staple"
PHONE = 491712345678
ROLES = (
    *("customer", "caller", "patient", "kunde", "client", "guest", "contact", "contact_person"),
    *("owner", "tenant", "member", "user", "anrufer", "gast", "spouse", "employee"),
)


def hidden(**values):
    return pseudonymize(pd.DataFrame(values), secret=SECRET)


def inside(value, **columns):
    return json.loads(hidden(custom_analysis=[json.dumps(value)], **columns)["custom_analysis"][0])


@pytest.mark.parametrize("role", ROLES)
def test_names_under_a_role_get_the_pseudonym_of_the_name(role) -> None:
    column = f"custom_{role}"
    texts = ["Quinn Smith", "new", "returning", None, "call zoe@x.de", "yes"]
    table = hidden(**{column: texts, "name": ["Quinn Smith"] + [None] * 5})
    first = table["name"][0]
    assert first.startswith("name:")
    assert table[column].tolist()[:3] == [first, "new", "returning"]
    assert table[column].tolist()[4:] == ["call [email]", "yes"]
    assert inside({role: "Quinn Smith"}) == {role: first}
    assert inside({role: "new", "a": {role: ["Quinn Smith", "VIP"]}}) == {
        role: "new",
        "a": {role: [first, "VIP"]},
    }


def test_roles_are_told_in_lists_labels_and_parts() -> None:
    value = {
        "guests": ["Zoe Quill", "2 more"],
        "u": {"name": "Patient", "result": "Zoe Quill"},
        "contact": {"first": "Zoe", "last": "Quill", "plan": "Gold"},
        "patient": {"value": "Zoe Quill", "rationale": "Zoe said it"},
    }
    found = inside(value)
    name = found["guests"][0]
    assert name.startswith("name:")
    assert found["guests"][1] == "2 more"
    assert found["u"] == {"name": "Patient", "result": name}
    assert [found["contact"][key][:5] for key in ("first", "last", "plan")] == ["name:"] * 2 + [
        "Gold"
    ]
    assert found["patient"] == {"value": name, "rationale": "[name] said it"}
    assert hidden(custom_guests=['["Zoe Quill","2 more"]'])["custom_guests"][0] == (
        json.dumps([name, "2 more"], separators=(",", ":"))
    )


def test_a_name_under_a_role_is_masked_in_the_texts_of_its_conversation() -> None:
    frame = {"summary": ["Quinn called", "Quinn called"], "note": ["for quux", "for quux"]}
    table = hidden(
        **frame,
        custom_patient=["Quinn Smith", "new"],
        metadata=['{"d": "\\"x\\"", "guest": ["Ben Quux"]}', '{"guest": "returning"}'],
    )
    assert table["summary"].tolist() == ["[name] called", "Quinn called"]
    assert table["note"].tolist() == ["for [name]", "for quux"]


def test_names_under_roles_are_the_same_whether_hidden_while_loading_or_later() -> None:
    analysis = {"patient": "Zoe Quux", "customer": "returning", "contact": {"first": "Zoe"},
                "booking": {"guest": "Ben Li"}, "+49 171 2345678": "x"}  # fmt: skip
    row = {"_id": "c", "agentId": "a", "customAnalysis": analysis, "summary": "zoe asked"}
    table = parse_conversations(io.BytesIO(json.dumps([row]).encode())).table
    before = guard_of(PseudonymPolicy(secret=SECRET))(table).to_pandas()
    after = pseudonymize(guard_of("drop")(table).to_pandas(), secret=SECRET)
    assert "custom_patient" not in after  # nothing to compare where all texts went
    raw = table.to_pandas()
    raw["custom_patient"] = "Zoe Quux"
    raw["custom_customer"] = "returning"
    raw["custom_booking_guest"] = "Ben Li"
    after = pseudonymize(raw, secret=SECRET)
    for name in ("custom_patient", "custom_customer", "custom_booking_guest", "summary"):
        assert before[name].tolist() == after[name].tolist(), name
    assert before["custom_customer"].tolist() == ["returning"]
    assert before["summary"].tolist() == ["[name] asked"]
    assert "2345678" not in str(before.to_dict()) + str(after.to_dict())


@pytest.mark.parametrize(
    ("number", "field"),
    [
        (PHONE, "duration"), (PHONE, "ref_time"), (1_712_345_678, "callback_time_number"),
        (12_345_678, "duration"), (1_735_689_600, "duration"), (PHONE, "date"),
        (4_917_123_456, "created at"), (1_735_689_600, "ticket"), (Decimal(PHONE), "x"),
        (np.int64(PHONE), "x"), (np.float32(2**40), "x"), (-PHONE, "x"),
    ],
)  # fmt: skip
def test_a_number_is_no_time_because_its_field_is_called_so(number, field) -> None:
    assert identifying_number(number, field)


@pytest.mark.parametrize(
    ("number", "field"),
    [
        (1_735_689_600, "createdAt"), (1_735_689_600.0, "start_time"), (3_600_000, "duration_ms"),
        (1_735_689_600_000, "call.startedAt"), (1_735_689_600_000_000, "timestamp"),
        (1_735_689_600_000_000_000, "ts"), (999_999, "x"), (float("nan"), "x"), (1e6 + 0.5, "x"),
        (float("inf"), "x"), (Decimal("NaN"), "x"), (True, "x"), ("1", "x"),
    ],
)  # fmt: skip
def test_instants_durations_and_small_numbers_stay(number, field) -> None:
    assert not identifying_number(number, field)


@pytest.mark.parametrize(
    "name", ["phone", "summary", "metadata", "user_id", "email", "custom_caller_name"]
)
def test_an_index_called_like_what_changes_is_refused(name) -> None:
    frame = pd.DataFrame({name: ["+491712345678"], "conversation_id": ["c"]})
    for index in (name, ["conversation_id", name]):
        with pytest.raises(InputError, match=rf"called '{name}'.*reset_index\(\)") as caught:
            pseudonymize(frame.set_index(index), secret=SECRET)
        assert "1712" not in str(caught.value)
    pseudonymize(frame.set_index("conversation_id"), secret=SECRET)


def test_an_index_of_names_under_a_role_is_refused_and_others_stay() -> None:
    frame = pd.DataFrame({"patient": ["Zoe Quill"], "plan": ["Gold"], "cost": [1.0]})
    with pytest.raises(InputError, match="called 'patient'"):
        pseudonymize(frame.set_index("patient"), secret=SECRET)
    assert pseudonymize(frame.set_index("plan"), secret=SECRET).index.tolist() == ["Gold"]
    kept = frame.rename(columns={"plan": "note"}).assign(note2="x")
    indexed = kept.set_index("note", drop=False)
    assert pseudonymize(indexed, secret=SECRET, keep=["note"]).index.tolist() == ["Gold"]


@pytest.mark.parametrize(
    "index",
    [
        ["+491712345678", "x"],
        pd.Index(["zoe@x.de", "x"], name="contact"),
        pd.MultiIndex.from_tuples([(1, "zoe@x.de"), (2, "x")]),
        pd.CategoricalIndex(["x", "x"], categories=["x", "zoe@x.de"]),
        pd.MultiIndex.from_tuples([(1, "x"), (2, "y"), (3, "zoe@x.de")])[:2],
    ],
)
def test_an_index_that_holds_contacts_is_refused_whatever_it_is_called(index) -> None:
    frame = pd.DataFrame({"plan": ["Gold", "Silver"]}, index=index)
    with pytest.raises(InputError, match=r"may name people.*reset_index\(\)") as caught:
        pseudonymize(frame, secret=SECRET)
    assert "zoe" not in str(caught.value)
    assert len(pseudonymize(frame.reset_index(drop=True), secret=SECRET)) == 2


def test_keys_with_addresses_do_not_stay_as_names_of_columns() -> None:
    keys = {"zoe.quill@x.de": "yes", "+49 171 2345678": "no", "plan": "Gold"}
    body = json.dumps([{"_id": "c", "customAnalysis": keys}]).encode()
    loaded = parse_conversations(io.BytesIO(body)).table.to_pandas()
    assert "custom_zoe_quill_x_de" in loaded
    result = pseudonymize(loaded, secret=SECRET)
    assert not result.columns.str.contains("quill|2345678").any()
    assert result["custom_plan"].tolist() == ["Gold"]
    assert len(result.columns) == len(loaded.columns)


def test_names_of_columns_lose_numbers_and_addresses() -> None:
    frame = pd.DataFrame([[1, 2, 3, 4, 5, 6, 7]], columns=[
        "custom_+491712345678", "custom_491712345679", "zoe@x.de", PHONE, "custom_plan__12345678",
        "custom_0171_234_56_78_said", "custom_week_2026_05_01",
    ])  # fmt: skip
    table = pseudonymize(frame, secret=SECRET)
    assert table.columns.tolist() == [
        "custom_number", "custom_number_", "email", "number", "custom_plan__12345678",
        "custom_number_said", "custom_week_2026_05_01",
    ]  # fmt: skip
    assert table.iloc[0].tolist() == [1, 2, 3, 4, 5, 6, 7]
    kept = pseudonymize(frame, secret=SECRET, keep=["zoe@x.de"])
    assert "zoe@x.de" in kept.columns


def test_labels_are_masked_only_where_they_hold_a_contact() -> None:
    sample = cda.load_sample(1_000)
    labels = ["topic", "subtopic", "ended_reason"]
    whole = pseudonymize(sample, secret=SECRET)
    pd.testing.assert_frame_equal(whole[labels], sample[labels])
    table = hidden(
        topic=["mail z@x.de", "Prices"], subtopic=pd.Categorical(["0171 2345678", "A"]),
        ended_reason=["call +49 171 2345678", "dial_no_answer"],
    )  # fmt: skip
    assert table["topic"].tolist() == ["mail [email]", "Prices"]
    named = hidden(name=["Zoe Quill"] * 2, topic=["Zoe, z@x.de", "Zoe Prices"])
    assert named["topic"].tolist() == ["[name], [email]", "Zoe Prices"]
    assert table["subtopic"].tolist() == ["[phone]", "A"]
    assert table["subtopic"].dtype == "category"
    assert table["ended_reason"].tolist() == ["call [phone]", "dial_no_answer"]


def suspected(**values):
    return hidden(**values).attrs["chatdash"]["privacy"].get("suspected")


def test_columns_that_may_still_name_people_are_suspected() -> None:
    first = ["Ava", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gil", "Hana", "Ida", "Jon", "Kim", "Lea"]
    assert suspected(custom_who=["Zoe Quill", "Ben Li", None]) == ["custom_who"]
    assert suspected(custom_who=first) == ["custom_who"]
    assert suspected(campaign_id=["spring", "z@x.de"], device=["+49 171 2345678", "x"]) == [
        "campaign_id", "device",
    ]  # fmt: skip
    frame = pd.DataFrame({"remark": ["mail z@x.de"]})
    done = pseudonymize(frame, secret=SECRET, scrub=list).attrs["chatdash"]["privacy"]
    assert done["suspected"] == ["remark"]
    named = pseudonymize(frame, secret=SECRET, scrub=list, identifiers=["remark"])
    assert "suspected" not in named.attrs["chatdash"]["privacy"]


def test_labels_versions_and_what_was_hidden_are_not() -> None:
    rows = 39
    table = {
        "custom_plan": ["Deep Tissue", "Hot Stone", "None"] * 13,
        "browser": ["Chrome 120.0.6099.109"] * rows,
        "custom_patient": ["Zoe Quill"] * rows,
        "summary": ["Zoe Quill"] * rows,
        "name": ["Zoe Quill"] * rows,
        "n": range(rows),
    }
    assert suspected(**table) is None
    assert suspected(custom_x=[]) is None
    sample = pseudonymize(cda.load_sample(1_000), secret=SECRET)
    assert "suspected" not in sample.attrs["chatdash"]["privacy"]


def test_what_is_suspected_does_not_hang_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(0)
    texts = np.array([f"Ava {chr(65 + n % 26)}{chr(97 + n // 26)}" for n in range(600)])
    texts[:290] = [f"thing {n}" for n in range(290)]
    answers = {tuple(suspected(custom_x=rng.permutation(texts)) or ()) for _ in range(4)}
    assert len(answers) == 1
