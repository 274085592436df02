"""Tests of chatdash_analysis.queries.questions."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import chatdash_analysis as cda
from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.queries.questions import TEXT_COLUMNS, misunderstood_queries, text_table
from chatdash_analysis.sandbox.sample import Sample

DTYPES = {
    "query_id": "str",
    "conversation_id": "str",
    "agent_id": "str",
    "channel": "str",
    "platform": "str",
    "created_at": "datetime64[us, UTC]",
    "user_id": "str",
    "evaluation_is_success": "boolean",
    "position": "int64",
    **dict.fromkeys(TEXT_COLUMNS, "str"),
}


def _conversations(*rows: tuple[str, str, list[Any] | str | None], **columns: Any) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "conversation_id": [row[0] for row in rows],
            "agent_id": "a",
            "channel": "Webchat",
            "platform": "voiceflow",
            "created_at": pd.to_datetime([row[1] for row in rows], utc=True),
            "user_id": "u",
            "evaluation_is_success": pd.array([True] * len(rows), dtype="boolean"),
            "misunderstood_queries": [
                json.dumps(row[2]) if isinstance(row[2], list) else row[2] for row in rows
            ],
        }
    )
    return frame.assign(**columns)


DAY, NEXT = "2026-01-01", "2026-01-02"


def test_each_question_is_a_row_by_time_conversation_and_position() -> None:
    frame = _conversations(
        ("c2", NEXT, ["late"]), ("c9", DAY, ["b", "a", "b"]), ("c1", DAY, ["x"]),
        ("c3", DAY, None), ("c4", DAY, []),
    )  # fmt: skip
    queries = misunderstood_queries(frame)
    assert queries["query_id"].tolist() == ["c1/0", "c9/0", "c9/1", "c9/2", "c2/0"]
    assert queries["question"].tolist() == ["x", "b", "a", "b", "late"]
    assert queries["position"].tolist() == [0, 0, 1, 2, 0]
    assert queries["duplicate_group"].nunique() == 4
    assert queries["user_id"].eq("u").all()
    assert queries["evaluation_is_success"].all()


@pytest.mark.parametrize("name", ["conversation_id", "created_at", "user_id"])
def test_an_index_may_be_named_as_a_column_is(name: str) -> None:
    frame = _conversations(("c2", NEXT, ["late"]), ("c9", DAY, ["b", "a"]))
    indexed = frame.set_index(name, drop=False)
    assert_frame_equal(misunderstood_queries(indexed), misunderstood_queries(frame))


def test_the_table_has_the_promised_dtypes_full_holed_and_empty() -> None:
    full = cda.load_sample(500, seed=1)
    holes = _conversations(
        ("c", DAY, ["a"]), channel=None, platform=None, agent_id=None,
        evaluation_is_success=None, user_id=None,
    )  # fmt: skip
    silent = _conversations(("c", DAY, None), created_at=None)
    for frame in (full, holes, silent, full.iloc[:0]):
        queries = misunderstood_queries(frame)
        assert queries.dtypes.astype(str).to_dict() == DTYPES
        assert queries.index.equals(pd.RangeIndex(len(queries)))


def test_the_order_of_rows_and_their_index_do_not_matter_and_nothing_is_changed() -> None:
    frame = cda.load_sample(900, seed=2)
    before = frame.copy(deep=True)
    expected = misunderstood_queries(frame)
    shuffled = frame.sample(frac=1, random_state=0)
    shuffled.index = pd.Index([7] * len(shuffled))
    assert_frame_equal(misunderstood_queries(shuffled), expected)
    assert_frame_equal(frame, before)


def test_every_planted_question_is_there_as_often_as_it_was_asked() -> None:
    planted = [(p.conversation_id, q) for p in Sample(600).truth().planted() for q in p.questions]
    queries = misunderstood_queries(cda.load_sample(600))
    found = zip(queries["conversation_id"], queries["question"], strict=True)
    assert sorted(found) == sorted(planted)


def test_empty_questions_are_rows_without_group() -> None:
    queries = misunderstood_queries(_conversations(("c", DAY, ["", "  ", None, "a"])))
    assert queries["question"].tolist() == ["", "  ", "", "a"]
    assert queries["normal_form"].tolist() == ["", "", "", "a"]
    assert queries["duplicate_group"].isna().tolist() == [True, True, True, False]
    assert queries["prepared"].tolist() == ["", "", "", "a"]


def test_only_calls_are_prepared_as_calls() -> None:
    asked = ["um hi, can I pay"]
    frame = _conversations(
        ("a", DAY, asked), ("b", DAY, asked), ("c", DAY, asked), ("d", DAY, asked),
        platform=["retell", "voiceflow", "vapi", None],
        channel=["web_call", "Webchat", "sms", "Phone"],
    )  # fmt: skip
    prepared = misunderstood_queries(frame)["prepared"].tolist()
    assert prepared == ["hi can I pay", asked[0], asked[0], "hi can I pay"]


def test_people_of_a_conversation_are_masked_in_its_own_questions() -> None:
    frame = _conversations(("a", DAY, ["i asked eva"]), ("b", DAY, ["i asked eva"]))
    queries = misunderstood_queries(frame.assign(live_agent_name=["Eva", None]))
    assert queries["scrubbed"].tolist() == ["i asked [name]", "i asked eva"]


def test_other_columns_can_name_people_outcome_and_language() -> None:
    frame = _conversations(
        ("a", DAY, ["x", "y"]), ("b", NEXT, ["z"]), ("c", NEXT, ["z"]),
        lead_id=["p", None, 5], solved=[1.0, 0.0, None], locale=["de-AT", "EN_us", "english"],
    )  # fmt: skip
    queries = misunderstood_queries(frame, users="lead_id", outcome="solved", language="locale")
    assert queries["lead_id"].fillna("-").tolist() == ["p", "p", "-", "5"]
    assert queries["solved"].tolist() == [True, True, False, pd.NA]
    assert queries["language"].fillna("-").tolist() == ["de", "de", "en", "-"]
    assert "user_id" not in queries


def test_people_are_identified_where_no_column_names_them() -> None:
    queries = misunderstood_queries(cda.load_sample(400))
    assert queries["user_id"].notna().mean() > 0.5


def test_lone_surrogates_are_replaced_in_every_column() -> None:
    queries = misunderstood_queries(_conversations(("c", DAY, '["a\\ud800b", "\\ud83d\\ude4f"]')))
    assert queries["question"].tolist() == ["a\ufffdb", "🙏"]
    for column in TEXT_COLUMNS:
        assert "".join(queries[column].fillna("")).isprintable()


@pytest.mark.parametrize(
    "broken", ["not json", '{"question": "a"}', "[1]", '"a"', "[[]]", "[" * 100_000, "null"]
)
def test_what_is_no_list_of_texts_is_refused(broken: str) -> None:
    with pytest.raises(InputError, match="no JSON list of texts"):
        misunderstood_queries(_conversations(("c", DAY, broken)))


def test_lists_instead_of_json_text_are_refused() -> None:
    frame = _conversations(("c", DAY, None)).astype({"misunderstood_queries": "object"})
    frame["misunderstood_queries"] = pd.Series([["a"]], dtype="object")
    with pytest.raises(InputError, match="no JSON list of texts"):
        misunderstood_queries(frame)


def test_conversations_that_would_count_twice_are_refused() -> None:
    twice = _conversations(("c", DAY, ["a"]), ("c", DAY, ["b"]), ("d", DAY, None), ("d", DAY, None))
    with pytest.raises(InputError, match="1 conversations stand in the table more than once"):
        misunderstood_queries(twice)
    assert len(misunderstood_queries(twice.drop_duplicates("conversation_id"))) == 1
    with pytest.raises(InputError, match="no conversation_id"):
        misunderstood_queries(_conversations((None, DAY, ["a"])))  # type: ignore[arg-type]


def test_times_without_zone_are_refused() -> None:
    frame = _conversations(("c", DAY, ["a"]))
    naive = frame.assign(created_at=frame["created_at"].dt.tz_localize(None))
    with pytest.raises(InputError, match="not instants with a time zone"):
        misunderstood_queries(naive)


def test_times_of_another_zone_and_unit_become_utc() -> None:
    frame = _conversations(("c", DAY, ["a"]))
    elsewhere = frame["created_at"].dt.tz_convert("Asia/Tokyo").dt.as_unit("ns")
    queries = misunderstood_queries(frame.assign(created_at=elsewhere))
    assert_frame_equal(queries, misunderstood_queries(frame))


@pytest.mark.parametrize("missing", ["misunderstood_queries", "evaluation_is_success", "platform"])
def test_missing_columns_are_named(missing: str) -> None:
    with pytest.raises(MissingColumnsError, match=f"lacks {missing}") as caught:
        misunderstood_queries(_conversations(("c", DAY, ["a"])).drop(columns=missing))
    assert caught.value.missing == [missing]


def test_an_unknown_language_column_is_named() -> None:
    with pytest.raises(MissingColumnsError, match="lacks locale"):
        misunderstood_queries(_conversations(("c", DAY, ["a"])), language="locale")


@pytest.mark.parametrize(
    "names",
    [{"users": "question"}, {"outcome": "language"}, {"users": "evaluation_is_success"}],
)
def test_columns_of_the_result_cannot_be_given_twice(names: dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"Name (another|two columns)"):
        misunderstood_queries(_conversations(("c", DAY, ["a"])), **names)


def test_an_outcome_that_is_no_flag_and_a_list_of_rows_are_refused() -> None:
    with pytest.raises(InputError, match="topic is no flag"):
        misunderstood_queries(_conversations(("c", DAY, ["a"]), topic="x"), outcome="topic")
    with pytest.raises(InputError, match="takes a pandas DataFrame, not a list"):
        misunderstood_queries([])  # type: ignore[arg-type]


def test_texts_alone_have_the_text_columns_in_their_order() -> None:
    texts = ["Wo ist mein Paket??", None, "wo ist mein paket", "🙏"]
    table = text_table(texts)
    assert list(table) == list(TEXT_COLUMNS)
    assert set(table.dtypes.astype(str)) == {"str"}
    assert table["question"].tolist() == [texts[0], "", texts[2], "🙏"]
    groups = table["duplicate_group"]
    assert groups[0] == groups[2] != groups[3]
    assert pd.isna(groups[1])


def test_texts_may_come_as_series_array_or_table() -> None:
    texts = pd.Series(["a b", "c"], index=[4, 4])
    expected = text_table(["a b", "c"])
    for same in (texts, texts.to_numpy(), texts.to_frame("question"), tuple(texts)):
        assert_frame_equal(text_table(same), expected)
    assert text_table([]).dtypes.equals(expected.dtypes)


def test_texts_of_calls_are_told_by_a_flag() -> None:
    texts = ["um hi there, my card 99", "um hi there, my card 99"]
    assert text_table(texts)["prepared"].tolist() == texts
    spoken, typed = text_table(texts, calls=[True, False])["prepared"]
    assert spoken == "hi there my card number"
    assert typed == texts[1]
    assert text_table(texts, calls=True)["prepared"].tolist() == [spoken, spoken]


@pytest.mark.parametrize("calls", [[True], [True, None], "yes", 1, None])
def test_flags_that_do_not_fit_are_refused(calls: Any) -> None:
    with pytest.raises(InputError, match="not one flag a text"):
        text_table(["a", "b"], calls=calls)


def test_a_table_without_questions_is_refused() -> None:
    with pytest.raises(MissingColumnsError, match="lacks question"):
        text_table(pd.DataFrame({"text": ["a"]}))


@pytest.mark.parametrize(
    "text",
    ["=cmd()", "<script>alert(1)</script>", "😕" * 10_000, "x" * 100_000, "a हिन्दी 中文", "\x00"],
)
def test_odd_texts_get_a_row_each(text: str) -> None:
    table = text_table([text, text, "b"])
    assert len(table) == 3
    assert table["prepared"].str.len().max() <= 2_000
    assert table["scrubbed"].str.len().max() <= 2_000
    assert table["duplicate_group"][0] == table["duplicate_group"][1] or text == "\x00"
