"""The sheet that people fill in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import chatdash_analysis as cda
from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.judging.sampling import audit_sample
from chatdash_analysis.judging.sampling_codes import drawn_from
from tests.judging.made import conversations

DTYPES = {
    "conversation_id": "str", "agent_id": "str", "created_at": "datetime64[us, UTC]",
    "channel": "str", "duration_minutes": "float64", "ended_reason": "str", "summary": "str",
    "misunderstood_queries": "str", "human_verdict": "boolean", "human_note": "str",
    "sampling_code": "str",
}  # fmt: skip


def test_the_sheet_shows_what_a_person_needs_and_hides_the_verdict():
    sample = cda.load_sample(600)
    sheet = audit_sample(sample, 60)
    assert sheet.dtypes.astype("str").to_dict() == DTYPES
    assert len(sheet) == 60
    assert sheet["human_verdict"].isna().all()
    assert sheet["summary"].notna().mean() > 0.5
    empty = audit_sample(sample.iloc[:0], 60)
    assert empty.dtypes.astype("str").to_dict() == DTYPES


def test_an_index_may_be_named_as_a_column_is():
    rows = conversations([True, False] * 10)
    indexed = rows.set_index("conversation_id", drop=False)
    expected = audit_sample(rows, 10, by=None, columns=[])
    pd.testing.assert_frame_equal(audit_sample(indexed, 10, by=None, columns=[]), expected)


def test_columns_can_be_chosen_and_free_text_is_masked():
    rows = conversations(
        [True, False, True, False],
        name=pd.Series(["Ana Lopez"] * 4, dtype="str"),
        summary=pd.Series(["Lopez called from 0171 555 01 23"] * 3 + [None], dtype="str"),
        misunderstood_queries=pd.Series(['["a@b.org?", "why"]'] * 4, dtype="str"),
        evaluation_reason=pd.Series(["Lopez was helped"] * 4, dtype="str"),
        url=pd.Series(["https://x.example/1"] * 4, dtype="str"),
    )
    chosen = ["summary", "misunderstood_queries", "url", "evaluation_reason"]
    sheet = audit_sample(rows, 4, by=None, columns=chosen).set_index("conversation_id")
    assert sheet.columns[:4].tolist() == chosen
    assert sheet.loc["c000", chosen].tolist() == [
        "[name] called from [phone]", "[email]? / why", "https://x.example/1", "[name] was helped",
    ]  # fmt: skip
    assert pd.isna(sheet.loc["c003", "summary"])
    plain = audit_sample(rows, 4, by=None, columns=chosen, scrubbed=False)
    assert "Lopez" in plain["summary"].str.cat(na_rep="")


def test_unknown_verdicts_are_counted_and_never_drawn():
    rows = conversations([True, None, False, None, True])
    sheet = audit_sample(rows, 99)
    assert sorted(sheet["conversation_id"]) == ["c000", "c002", "c004"]
    made = sheet.attrs["audit_sample"]
    assert (made["conversations"], made["unknown"], made["drawn"]) == (5, 2, 3)
    assert made["strata"][1] == {
        "agent_id": "a", "verdict": False, "conversations": 1, "drawn": 1, "weight": 1.0,
    }  # fmt: skip


def test_the_same_rows_are_drawn_whatever_their_order():
    sample = cda.load_sample(800)
    first = audit_sample(sample, 50, by=["channel"], random_state=3)
    shuffled = sample.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(audit_sample(shuffled, 50, by=["channel"], random_state=3), first)
    other = audit_sample(sample, 50, by=["channel"], random_state=4)
    assert set(other["conversation_id"]) != set(first["conversation_id"])


def test_codes_hold_the_size_of_the_stratum():
    sample = cda.load_sample(800)
    sheet = audit_sample(sample, 50)
    known = sample.dropna(subset="evaluation_is_success").set_index("conversation_id")
    sizes = known.groupby(["agent_id", "evaluation_is_success"]).size()
    for one, code in zip(sheet["conversation_id"], sheet["sampling_code"], strict=True):
        row = known.loc[one]
        held = drawn_from(one, code)
        assert held.size == sizes[row["agent_id"], row["evaluation_is_success"]]


def test_one_person_is_not_drawn_again_and_again_while_others_wait():
    rows = conversations([True, False] * 50, user_id=["busy"] * 20 + [f"u{k}" for k in range(80)])
    sheet = audit_sample(rows, 10, by=None)
    owners = rows.set_index("conversation_id").loc[sheet["conversation_id"], "user_id"]
    assert owners.value_counts()["busy"] == 2


def test_the_file_is_safe_for_spreadsheets_and_never_overwritten(tmp_path):
    rows = conversations([True, False], summary=["=HYPERLINK(1)", "@SUM(1)"])
    path = tmp_path / "sheet.csv"
    audit_sample(rows, 2, path=path)
    assert "\"'=HYPERLINK" in path.read_text("utf-8")
    with pytest.raises(InputError, match="may hold people's answers"):
        audit_sample(rows, 2, path=path)
    audit_sample(rows, 2, path=tmp_path / "sheet.parquet")
    assert pd.read_parquet(tmp_path / "sheet.parquet").attrs["audit_sample"]["drawn"] == 2
    with pytest.raises(InputError, match="neither"):
        audit_sample(rows, 2, path=tmp_path / "sheet.xlsx")


@pytest.mark.parametrize("n", [0, -1, 2.5, True, "many", None, np.nan])
def test_no_number_of_conversations_is_refused(n):
    with pytest.raises(InputError, match=r"n=.* is no whole number of 1 or more"):
        audit_sample(conversations([True, False]), n)


def test_bad_arguments_are_refused_in_words():
    rows = conversations([True, False, True], lead_id=["x", "y", "z"])
    with pytest.raises(InputError, match="is the verdict"):
        audit_sample(rows, 2, by="evaluation_is_success")
    with pytest.raises(InputError, match="personal data"):
        audit_sample(rows, 2, by="lead_id")
    with pytest.raises(InputError, match="Give a list"):
        audit_sample(rows, 2, columns="summary")
    with pytest.raises(InputError, match="has a column human_note"):
        audit_sample(rows.assign(human_note=""), 2, columns=["human_note"])
    with pytest.raises(InputError, match="random_state"):
        audit_sample(rows, 2, random_state=None)
    with pytest.raises(InputError, match="in 2 rows conversation_id"):
        audit_sample(rows.assign(conversation_id=["a", "a", "b"]), 2)
    with pytest.raises(InputError, match="no flag"):
        audit_sample(rows, 2, outcome="lead_id")
    with pytest.raises(MissingColumnsError, match="channel"):
        audit_sample(rows, 2, by="channel")
    with pytest.raises(InputError, match="DataFrame"):
        audit_sample([1, 2], 2)


def test_the_caller_keeps_its_table_and_any_index_will_do():
    rows = conversations([True, False] * 4).set_index(pd.Index([7] * 8))
    before = rows.copy()
    sheet = audit_sample(rows, 5, by=None)
    pd.testing.assert_frame_equal(rows, before)
    assert sheet.index.equals(pd.RangeIndex(5))


@pytest.mark.parametrize("dtype", ["category", "object", "string", pd.ArrowDtype(pa.string())])
def test_texts_of_every_dtype_are_masked(dtype):
    table = conversations([True, False] * 30)
    told = pd.Series(["call +491712345678"] * len(table), dtype=dtype)
    sheet = audit_sample(table.assign(summary=told, by_me=told), 20, columns=["summary", "by_me"])
    assert set(sheet["summary"]) == set(sheet["by_me"]) == {"call [phone]"}


def test_the_verdict_is_not_shown_even_if_it_is_asked_for():
    table = conversations([True, False] * 30)
    with pytest.raises(InputError, match="is the verdict that is audited"):
        audit_sample(table, 20, columns=["evaluation_is_success"])
