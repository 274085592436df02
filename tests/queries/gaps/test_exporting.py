"""The gaps outside of the notebook: masked, harmless in spreadsheets, whole or not there."""

from __future__ import annotations

import csv
import json
import stat
from types import SimpleNamespace

import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.queries.gaps.exporting import export_gaps
from chatdash_analysis.queries.questions import text_table

START = pd.Timestamp("2026-03-01T10:00", tz="UTC")


def clusters_of(rows, *, labels=None, phrases=None, users="user_id"):
    """Clusters from (cluster, question, person), as `cluster_queries` would return them."""
    frame = pd.DataFrame(rows, columns=["cluster_id", "question", users], dtype="object")
    texts = text_table(frame["question"].tolist())
    queries = texts.assign(
        query_id=[f"secret-conversation-{row}/0" for row in range(len(frame))],
        conversation_id=[f"secret-conversation-{row}" for row in range(len(frame))],
        created_at=START,
        language="en",
        cluster_id=frame["cluster_id"].astype("str").array,
        **{users: frame[users].astype("str").array},
    )
    ids = sorted(frame["cluster_id"].dropna().unique(), key=lambda i: (-rows_of(frame, i), i))
    summary = pd.DataFrame(
        {
            "cluster_id": pd.Series(ids, dtype="str"),
            "label": pd.Series([(labels or {}).get(i, f"Label {i}") for i in ids], dtype="str"),
            "key_phrase": pd.Series([(phrases or {}).get(i, "key") for i in ids], dtype="str"),
            "status": pd.Series(["open"] * len(ids), dtype="str"),
            "n": pd.Series([rows_of(frame, i) for i in ids], dtype="int64"),
            "conversations": pd.Series([rows_of(frame, i) for i in ids], dtype="float64"),
            "first_seen": pd.Series([START] * len(ids), dtype="datetime64[us, UTC]"),
            "last_seen": pd.Series([START] * len(ids), dtype="datetime64[us, UTC]"),
            "languages": pd.Series(["en 100 %"] * len(ids), dtype="str"),
        }
    )
    return SimpleNamespace(queries=queries, summary=summary)


def rows_of(frame, cluster):
    return int(frame["cluster_id"].eq(cluster).sum())


def parcel(people=6):
    """A cluster that many ask about, each in the same words and once in their own."""
    rows = [("q001", "Where is my parcel?", f"user-{number}") for number in range(people)]
    own = ("one", "two", "three", "four", "five", "six")
    return rows + [
        ("q001", f"Parcel question {own[number % 6]}", f"user-{number}") for number in range(people)
    ]


def cells(path):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file))


def test_the_sheet_says_what_was_asked_how_often_and_by_how_many(tmp_path):
    clusters = clusters_of(parcel(), labels={"q001": "Where is my parcel?"})
    table = export_gaps(clusters, tmp_path / "gaps.csv")
    row = table.iloc[0]
    assert row["question"] == "Where is my parcel?"
    assert row["variants"].split("\n")[:2] == ["Parcel question five", "Parcel question four"]
    assert (row["queries"], row["conversations"], row["users"]) == (12, 12, 6)
    assert row["first_seen"] == row["last_seen"] == START
    assert (row["languages"], row["status"]) == ("en 100 %", "open")
    assert row["suggested_answer"] == ""
    assert cells(tmp_path / "gaps.csv")[1][4:7] == ["12", "12", "6"]


def test_the_dtypes_are_the_same_for_a_full_and_an_empty_sheet(tmp_path):
    full = export_gaps(clusters_of(parcel()), tmp_path / "full.csv")
    few = export_gaps(clusters_of(parcel()), tmp_path / "few.csv", min_users=7)
    none = export_gaps(clusters_of([]), tmp_path / "none.csv")
    assert len(few) == len(none) == 0
    assert full.dtypes.equals(few.dtypes)
    assert full.dtypes.equals(none.dtypes)
    assert str(full["first_seen"].dtype) == "datetime64[us, UTC]"
    assert cells(tmp_path / "none.csv") == [list(full.columns)]


def test_clusters_of_few_people_are_left_out_and_counted(tmp_path):
    few = [("q002", "Where is my parcel?", f"user-{number % 4}") for number in range(30)]
    nobody = [("q003", "Where is my parcel?", None)] * 30
    table = export_gaps(clusters_of([*parcel(), *few, *nobody]), tmp_path / "gaps.csv")
    assert table["cluster_id"].tolist() == ["q001"]
    assert table.attrs["left_out"] == {"clusters": 2, "queries": 60, "texts": 0}
    assert "q002" not in (tmp_path / "gaps.csv").read_text()


def test_a_cluster_of_just_enough_people_is_kept(tmp_path):
    table = export_gaps(clusters_of(parcel(5)), tmp_path / "gaps.csv", min_users=5)
    assert table["users"].tolist() == [5]


@pytest.mark.parametrize("people", [None, "dropped"])
def test_without_people_nothing_is_written_unless_all_is_asked_for(tmp_path, people):
    clusters = clusters_of([("q001", "Where is my parcel?", None)] * 3)
    if people == "dropped":
        clusters.queries = clusters.queries.drop(columns="user_id")
    with pytest.raises(cda.InputError, match=r"No query has a person .* min_users=0"):
        export_gaps(clusters, tmp_path / "gaps.csv")
    assert list(tmp_path.iterdir()) == []
    table = export_gaps(clusters, tmp_path / "gaps.csv", min_users=0)
    assert table["users"].isna().all()
    assert cells(tmp_path / "gaps.csv")[1][6] == ""


def test_people_can_stand_in_another_column(tmp_path):
    clusters = clusters_of(parcel(), users="lead_id")
    assert len(export_gaps(clusters, tmp_path / "gaps.csv", users="lead_id")) == 1
    with pytest.raises(cda.InputError, match="'user_id'"):
        export_gaps(clusters, tmp_path / "gaps.csv")


def test_only_the_largest_are_written_if_asked(tmp_path):
    more = [("q002", "Opening hours?", f"user-{number}") for number in range(9)]
    clusters = clusters_of([*parcel(), *more])
    table = export_gaps(clusters, tmp_path / "gaps.csv", top=1)
    assert table["cluster_id"].tolist() == ["q001"]
    assert table.attrs["left_out"]["clusters"] == 0


def test_no_more_variants_than_asked_those_of_most_people_first(tmp_path):
    clusters = clusters_of(parcel())
    table = export_gaps(clusters, tmp_path / "gaps.csv", variants=2)
    assert table["variants"].tolist() == ["Where is my parcel?\nParcel question five"]


PLANTED = ["anna.schmidt@example.org", "+49 171 2345678"]


@pytest.mark.parametrize("name", ["gaps.csv", "train.csv", "train.json"])
def test_personal_data_of_any_cell_reaches_no_file(tmp_path, name):
    planted = " ".join(PLANTED)
    rows = [("q001", f"Mail to {planted} please", f"user-{number}") for number in range(6)]
    clusters = clusters_of(rows, labels={"q001": f"Ask {planted}"}, phrases={"q001": PLANTED[0]})
    kind = "sheet" if name == "gaps.csv" else "training"
    export_gaps(clusters, tmp_path / name, kind=kind)
    written = (tmp_path / name).read_text("utf-8-sig")
    assert "Mail to" in written
    for secret in [*PLANTED, "2345678", "schmidt", "user-", "secret-conversation"]:
        assert secret not in written


def test_a_masked_text_of_one_person_is_left_out_but_not_of_two(tmp_path):
    rows = [
        *parcel(),
        ("q001", "The red house at a@b.de", "user-1"),
        ("q001", "Write to c@d.de", "user-1"),
        ("q001", "Write to e@f.de", "user-2"),
    ]
    table = export_gaps(clusters_of(rows), tmp_path / "gaps.csv", variants=20)
    lines = table["variants"].iloc[0].split("\n")
    assert "Write to [email]" in lines
    assert not any("red house" in line for line in lines)
    assert table.attrs["left_out"]["texts"] == 1


def test_a_masked_label_that_only_one_person_sent_gives_way_to_the_key_phrase(tmp_path):
    rows = [*parcel(), ("q001", "The red house at a@b.de", "user-1")]
    one = clusters_of(rows, labels={"q001": "The red house at [email]"}, phrases={"q001": "parcel"})
    assert export_gaps(one, tmp_path / "gaps.csv")["question"].tolist() == ["parcel"]
    rows.append(("q001", "The red house at c@d.de", "user-2"))
    two = clusters_of(rows, labels={"q001": "The red house at [email]"})
    table = export_gaps(two, tmp_path / "gaps.csv")
    assert table["question"].tolist() == ["The red house at [email]"]


def test_a_long_text_of_one_person_is_left_out(tmp_path):
    rows = [*parcel(), ("q001", "My parcel and what became of it. " * 7, "user-1")]
    table = export_gaps(clusters_of(rows), tmp_path / "gaps.csv", variants=20)
    assert "became" not in table["variants"].iloc[0]
    assert table.attrs["left_out"]["texts"] == 1


def test_what_is_masked_in_one_of_equal_questions_is_masked_in_all(tmp_path):
    clusters = clusters_of(
        [*parcel(), ("q001", "Is Anna there", "user-1"), ("q001", "is anna there?", "user-2")]
    )
    known = clusters.queries["question"].eq("Is Anna there")
    scrubbed = clusters.queries["scrubbed"].mask(known, "Is [name] there")
    clusters.queries = clusters.queries.assign(scrubbed=scrubbed)
    table = export_gaps(clusters, tmp_path / "gaps.csv", variants=20)
    assert "Is [name] there" in table["variants"].iloc[0]
    assert "anna" not in table["variants"].iloc[0]


HOSTILE = [
    "=1+1", "+cmd|' /C calc'!A0", "-2+3", "@ SUM(A1)", "  =HYPERLINK(1)", "\t=tab", "\r=return",
    "\uff1d1", "\uff0b1", "\uff0d1", "\uff20 1", "\n=newline", "\u200b=hidden",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["sheet", "training"])
@pytest.mark.parametrize("text", HOSTILE)
def test_no_line_of_any_cell_starts_a_formula(tmp_path, text, kind):
    rows = [("q001", text, f"user-{number}") for number in range(6)]
    clusters = clusters_of(rows, labels={"q001": text + "!"}, phrases={"q001": text})
    table = export_gaps(clusters, tmp_path / "gaps.csv", kind=kind)
    lines = [line for row in cells(tmp_path / "gaps.csv") for cell in row
             for line in cell.splitlines()]  # fmt: skip
    starts = {line.strip()[0] for line in lines if line.strip()}
    assert starts.isdisjoint("=+-@\uff1d\uff0b\uff0d\uff20")
    assert sum(line.startswith("'") for line in lines) >= 1
    column = "variants" if kind == "sheet" else "text"
    assert not table[column].str.startswith("'").any()


def test_formulas_in_later_lines_of_a_cell_are_disarmed_too(tmp_path):
    rows = [*parcel(), *[("q001", "=later", f"user-{number}") for number in range(3)]]
    export_gaps(clusters_of(rows), tmp_path / "gaps.csv")
    assert "\n'=later\n" in cells(tmp_path / "gaps.csv")[1][2]


STRANGE = [
    'he said "hi", ok; yes', "line\nbreak", "<b>bold</b> & more", "\ud800 alone", "🙏", "日本語",
]  # fmt: skip


def test_strange_texts_come_back_from_the_csv_module_and_from_pandas(tmp_path):
    rows = [("q001", text, f"user-{number}") for text in STRANGE for number in range(5)]
    table = export_gaps(clusters_of(rows), tmp_path / "train.csv", kind="training")
    assert cells(tmp_path / "train.csv")[1:] == table.to_numpy().tolist()
    again = pd.read_csv(tmp_path / "train.csv", dtype="str", keep_default_na=False)
    assert again.to_numpy().tolist() == table.to_numpy().tolist()
    assert set(table["text"]) == {
        'he said "hi", ok; yes', "line break", "bold & more", "\ufffd alone", "🙏", "日本語",
    }  # fmt: skip


def test_a_sheet_comes_back_from_pandas(tmp_path):
    table = export_gaps(clusters_of(parcel()), tmp_path / "gaps.csv")
    again = pd.read_csv(tmp_path / "gaps.csv", parse_dates=["first_seen"])
    assert again["variants"].tolist() == table["variants"].tolist()
    assert again["first_seen"].tolist() == [START]
    assert again["suggested_answer"].isna().all()


def test_training_data_as_json_is_utf8_and_says_the_same_as_the_table(tmp_path):
    rows = [("q001", text, f"user-{number}") for text in STRANGE for number in range(5)]
    clusters = clusters_of([*rows, *[("q002", "=x", f"user-{number}") for number in range(5)]])
    table = export_gaps(clusters, tmp_path / "train.json", kind="training")
    data = json.loads((tmp_path / "train.json").read_bytes().decode("utf-8"))
    assert [intent["intent"] for intent in data["intents"]] == ["q001", "q002"]
    assert data["intents"][0]["name"] == "Label q001"
    assert data["intents"][1]["examples"] == ["=x"]
    assert data["intents"][0]["examples"] == table.loc[table["intent"].eq("q001"), "text"].tolist()


def test_no_training_data_is_an_empty_list_of_intents(tmp_path):
    table = export_gaps(clusters_of([]), tmp_path / "train.json", kind="training")
    assert json.loads((tmp_path / "train.json").read_text()) == {"intents": []}
    assert table.columns.tolist() == ["intent", "text", "language"]
    assert table.dtypes.astype(str).tolist() == ["str"] * 3


@pytest.mark.parametrize("name", ["gaps.csv", "train.json"])
def test_only_the_owner_may_read_the_file(tmp_path, name):
    kind = "sheet" if name == "gaps.csv" else "training"
    export_gaps(clusters_of(parcel()), tmp_path / name, kind=kind)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_error_leaves_the_old_file_as_it_was(tmp_path):
    (tmp_path / "gaps.csv").write_text("old")
    clusters = clusters_of(parcel())
    with pytest.raises(cda.InputError):
        export_gaps(clusters, tmp_path / "gaps.csv", users="nobody")
    assert (tmp_path / "gaps.csv").read_text() == "old"


def test_the_rows_order_changes_nothing(tmp_path):
    rows = [*parcel(), *[("q001", f"{word} x", "user-1") for word in ("b", "A", "a", "c")]]
    clusters = clusters_of(rows)
    export_gaps(clusters, tmp_path / "one.csv")
    clusters.queries = clusters.queries.sample(frac=1, random_state=3)
    export_gaps(clusters, tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_the_callers_tables_are_not_changed(tmp_path):
    clusters = clusters_of(parcel())
    before = clusters.queries.copy(), clusters.summary.copy()
    export_gaps(clusters, tmp_path / "gaps.csv")
    pd.testing.assert_frame_equal(clusters.queries, before[0])
    pd.testing.assert_frame_equal(clusters.summary, before[1])


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("gaps.xlsx", {}, r"'gaps.xlsx' does not end in \.csv"),
        ("gaps.json", {}, "does not end in"),
        ("gaps.txt", {"kind": "training"}, r"\.csv or \.json"),
        ("gaps.csv", {"kind": "pdf"}, "'sheet' or 'training'"),
        ("gaps.csv", {"min_users": -1}, "min_users=-1"),
        ("gaps.csv", {"min_users": True}, "min_users=True"),
        ("gaps.csv", {"variants": 2.5}, "variants=2.5"),
        ("gaps.csv", {"top": "3"}, "top='3'"),
        ("nowhere/gaps.csv", {}, "folder is not there"),
        ("nowhere/gaps.json", {"kind": "training"}, "could not be written"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path, name, arguments, message):
    with pytest.raises(cda.InputError, match=message):
        export_gaps(clusters_of(parcel()), tmp_path / name, **arguments)


@pytest.mark.parametrize("part", ["queries", "summary"])
def test_missing_columns_are_named(tmp_path, part):
    clusters = clusters_of(parcel())
    setattr(clusters, part, getattr(clusters, part).drop(columns="cluster_id"))
    with pytest.raises(cda.MissingColumnsError, match="cluster_id"):
        export_gaps(clusters, tmp_path / "gaps.csv")
