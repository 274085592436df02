"""The card: what it says, and that nothing in the data can change how it looks."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace

import mistune
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdash_analysis.datasets.exporting.markdown import escaped, name, quoted
from chatdash_analysis.datasets.splitting.folds import cross_validation
from chatdash_analysis.datasets.splitting.splits import split_by_time, split_by_user
from tests.datasets.exporting.exported import columns_of, export, halved, made, with_features

SECRET = b"ov3Tq9ZpLw7XkRa2"
HOSTILE = [
    "a|b", "<script>alert(1)</script>", "two\nlines", "`code`", "**bold**", "[x](http://y.z)",
    "http://example.com", "www.example.com", "# head", "&amp;", "~~gone~~", "\\", "![i](j)",
    "a@example.com", "$x$", "---", "1. one", "\u202eright", "@someone", "| --- |", "<!--",
]  # fmt: skip


def card_of(tmp_path, table, **choices):
    folder = export(table, tmp_path / f"set{len(list(tmp_path.iterdir()))}", **choices)
    return (folder / "README.md").read_text()


def body(card):
    """Return the card without its front matter."""
    return card.split("\n---\n", 1)[1]


def tree(card):
    """Return the card as another library understands it."""
    return mistune.create_markdown(renderer="ast", plugins=["table", "url", "strikethrough"])(
        body(card)
    )


def text_of(token):
    inner = "".join(text_of(child) for child in token.get("children", []))
    raw = token.get("raw", "")
    return (html.unescape(raw) if token["type"] == "text" else raw) + inner


def section(card, title):
    """Return the text of a section."""
    found = re.search(
        rf"^## {re.escape(title)}\n\n(.*?)(?=\n\n## |\Z)", card, re.MULTILINE | re.DOTALL
    )
    assert found, title
    return found[1]


def table_of(card, title):
    """Return the first table of a section as Markdown understands it: lists of cells."""
    tokens = tree("\n---\n" + section(card, title))
    table = next(token for token in tokens if token["type"] == "table")
    head, rows = table["children"]
    lines = [head["children"], *(row["children"] for row in rows["children"])]
    return [[text_of(cell) for cell in line] for line in lines]


def kinds(tokens):
    found = {token["type"] for token in tokens}
    return found.union(*(kinds(token["children"]) for token in tokens if "children" in token))


def test_the_parts_with_their_rows_people_and_periods(tmp_path):
    table = made()
    card = card_of(tmp_path, table, splits=halved(table))
    assert table_of(card, "Parts") == [
        ["Part", "File", "Rows", "People", "First", "Last"],
        ["train", "train.parquet", "6", "3", "2026-01-05 08:00 UTC", "2026-01-05 18:00 UTC"],
        ["test", "test.parquet", "6", "3", "2026-01-05 09:00 UTC", "2026-01-05 19:00 UTC"],
    ]
    assert "No person is in two parts." in card
    rows = np.arange(12)
    parts = {"early": table.take(rows < 8), "late": table.take(rows >= 4)}
    assert "6 people are in several parts." in card_of(tmp_path, table, splits=parts)


def test_the_classes_with_counts_and_shares_of_each_part(tmp_path):
    table = made()
    card = card_of(tmp_path, table, splits=halved(table))
    assert table_of(card, "Target") == [
        ["Class of success", "train", "test"],
        ["0", "6 (100.0%)", "0 (0.0%)"],
        ["1", "0 (0.0%)", "6 (100.0%)"],
    ]


def test_a_measure_has_its_distribution(tmp_path):
    sizes = pd.Series([*range(11), np.inf], dtype="float64", name="size")
    table = made(task="regression", target=sizes)
    (_, row) = table_of(card_of(tmp_path, table), "Target")
    assert row == ["all", "5", "3.317", "1", "5", "9"]


def test_classes_and_labels_of_few_people_are_not_named(tmp_path):
    labels = pd.Series(["often"] * 8 + ["rare one"] * 3 + ["rare two"], dtype="str", name="topic")
    place = pd.Series(["Berlin"] * 9 + ["Rareham"] * 3, dtype="category")
    features = made().features.assign(place=place)
    table = made(task="multiclass", target=labels, features=features)
    folder = export(table, tmp_path / "set")
    for file in ("README.md", "recipe.json"):
        text = (folder / file).read_text()
        assert "often" in text
        assert "Berlin" in text
        assert "rare one" not in text
        assert "rare two" not in text
        assert "Rareham" not in text
    card = (folder / "README.md").read_text()
    assert table_of(card, "Target")[1:] == [
        ["often", "8 (66.7%)"],
        ["(classes of fewer than 5 people)", "4 (33.3%)"],
    ]
    assert "Labels: Berlin and 1 more (rarer, or of fewer than 5 people)." in card
    assert set(pd.read_parquet(folder / "all.parquet")["place"]) == {"Berlin", "Rareham"}
    shown = card_of(tmp_path, table, min_users=1)
    assert table_of(shown, "Target")[2:] == [["rare one", "3 (25.0%)"], ["rare two", "1 (8.3%)"]]


def test_people_count_and_not_rows(tmp_path):
    rows = made().rows.assign(group=["one person"] * 8 + list("abcd"))
    labels = pd.Series(["chatty"] * 8 + ["x"] * 4, dtype="str", name="topic")
    table = made(task="multiclass", target=labels, rows=rows)
    card = card_of(tmp_path, table, min_users=2)
    assert "chatty" not in card
    assert table_of(card, "Target")[1] == ["x", "4 (33.3%)"]


def test_the_features_with_what_is_known_of_them(tmp_path):
    table = made()
    columns = table.columns.assign(
        unit=["min", "", ""], column=["duration", "city", "question"], pii=["", "", "free_text"]
    )
    card = card_of(tmp_path, replace(table, columns=columns), splits=halved(table))
    head, minutes, place, question = table_of(card, "Features")
    assert head == ["Feature", "Type", "Unit", "Known at", "Filled", "Personal", "Meaning"]
    described = "A thing. From duration."
    assert minutes == ["minutes", "float64", "min", "start", "83.3%", "", described]
    assert place[4] == "train 50.0%, test 100.0%"
    assert question[5:] == ["free_text", "A thing."]
    assert "These features are marked as personal: question." in card


def test_what_is_not_in_it_and_why(tmp_path):
    table = made()
    card = card_of(tmp_path, table, splits=halved(table))
    gone = [["no target", "3"], ["embargo", "1"]]
    assert table_of(card, "Rows that are not in it") == [["Reason", "Rows"], *gone]
    assert table_of(card, "Columns that are no features")[1] == [
        "duration", "end", "known too late",
    ]  # fmt: skip
    bare = replace(table, dropped=table.dropped[:0], left_out=table.left_out[:0])
    plain = card_of(tmp_path, bare)
    assert (
        section(plain, "Rows that are not in it") == "Every conversation that was given is in it."
    )
    assert section(plain, "Columns that are no features") == "There are none."


def test_rows_in_none_of_the_parts_are_counted(tmp_path):
    bare = made()
    bare = replace(bare, dropped=bare.dropped[:0])
    parts = {"train": bare.take(np.arange(5)), "test": bare.take(np.arange(4, 8))}
    folder = export(bare, tmp_path / "set", splits=parts)
    card = (folder / "README.md").read_text()
    assert table_of(card, "Rows that are not in it")[1:] == [["in none of the parts", "4"]]
    recipe = json.loads((folder / "recipe.json").read_text())
    assert recipe["dropped_by_split"] == [{"reason": "in none of the parts", "rows": 4}]
    whole = {"train": bare.take(np.arange(5)), "test": bare.take(np.arange(5, 12))}
    card = card_of(tmp_path, bare, splits=whole)
    assert "Every conversation that was given is in it." in card
    table = made(40, people=40)
    split = split_by_time(table, at="2026-01-06 16:00", embargo="5h")
    assert "in none of the parts" not in card_of(tmp_path, table, splits=split)


def test_what_was_loaded_and_what_could_not_be(tmp_path):
    card = card_of(tmp_path, made())
    assert "- Agents: a1\n- Start: 2026-01-01" in section(card, "What was loaded")
    assert "No part of what was asked for is missing." in card
    gap = {"agent_id": "a1", "start": "2026-01-03", "end": "2026-01-04", "reason": "HTTP 500"}
    source = {"agents": [f"a{i}" for i in range(30)], "gaps": [gap]}
    gappy = card_of(tmp_path, made(recipe={"source": source}))
    assert table_of(gappy, "What was loaded")[1] == ["a1", "2026-01-03", "2026-01-04", "HTTP 500"]
    assert "a19, and 10 more" in gappy
    assert "Not recorded" in card_of(tmp_path, made(recipe={}))


def test_what_was_done_about_personal_data(tmp_path):
    card = card_of(tmp_path, made())
    assert "- No names." in section(card, "Personal data")
    assert "people (group) are numbers in the order" in card
    keyed = card_of(tmp_path, made(), secret=SECRET)
    assert "keyed hashes (HMAC-SHA-256, 128 bits); the key is not in it" in keyed
    assert "but not from whoever holds the conversations" in keyed
    assert "whoever holds the conversations" not in card
    assert SECRET.decode() not in keyed


def test_the_calls_that_make_it_again(tmp_path):
    table = made()
    code = section(card_of(tmp_path, table, splits=halved(table), min_users=3), "Recipe")
    assert (
        """
conversations = cda.load_conversations(['a1'], start='2026-01-01', end='2026-02-01')
# What was done to them before this line is not recorded, such as adding user_id.
table = cda.training_table(conversations, target='success', at='start')
splits = cda.split_by_user(table, test_size=0.5, random_state=0)
cda.export_dataset(
    table,
    "folder",
    splits=splits,
    for_spreadsheet=False,
    min_users=3,
)
"""
        in code
    )


def test_a_split_as_the_package_describes_it_is_made_again(tmp_path):
    table = made(40, people=40)
    folds = cross_validation(table, n_splits=2)
    by_user = split_by_user(table, test_size=0.5)
    for splits, call in (
        (folds[1], "splits = cda.cross_validation("),
        (by_user, "splits = cda.split_by_user("),
    ):
        code = section(card_of(tmp_path, table, splits=splits), "Recipe")
        assert call in code
        assert ("random_state=0" in code) == (splits is by_user)
        assert (")[1]\n" in code) == (splits is folds[1])


@pytest.mark.parametrize("secret", [None, SECRET])
@pytest.mark.parametrize("split", [None, "split", "mapping"])
@pytest.mark.parametrize("recipe", [{}, {"function": "x; y", "arguments": {"a b": "`'\n"}}])
def test_all_code_in_the_card_is_python(tmp_path, secret, split, recipe):
    table = made(recipe=recipe)
    halves = halved(table)
    splits = {"split": halves, "mapping": {"a": halves.train}}.get(split)
    card = card_of(tmp_path, table, secret=secret, splits=splits)
    blocks = re.findall(r"```python\n(.*?)\n```", card, re.DOTALL)
    assert len(blocks) == 4
    for block in blocks:
        compile(block, "card", "exec")


def test_the_code_that_loads_it_runs(tmp_path, monkeypatch):
    odd = with_features(pd.DataFrame({"a\"b'c`": [1.0, 2.0]}))
    folder = export(odd, tmp_path / "set")
    monkeypatch.chdir(folder)
    card = (folder / "README.md").read_text()
    blocks = re.findall(r"```python\n(.*?)\n```", section(card, "How to load it"), re.DOTALL)
    found: dict = {}
    exec(blocks[0], found)
    assert found["X"].columns.tolist() == ["a\"b'c`"]
    assert found["y"].tolist() == [0, 1]
    exec(blocks[2], found)  # the second one needs a process of its own: test_export_loading
    assert found["table"].shape[0] == 2


@pytest.mark.parametrize(
    "title", [None, *HOSTILE, "Größe 🙂", "a: b", "'", '"', "\ud800", "x" * 999]
)
def test_the_front_matter_is_yaml_and_the_title_stays_a_title(tmp_path, title):
    table = made()
    card = card_of(tmp_path, table, splits=halved(table), title=title)
    front = yaml.safe_load(card.split("\n---\n", 1)[0])
    plain = "".join(mark if mark.isprintable() else " " for mark in title or "")
    assert front["pretty_name"] == (" ".join(plain.split()) or "Conversations: success")
    assert front["configs"][0]["data_files"] == [
        {"split": "train", "path": "train.parquet"},
        {"split": "test", "path": "test.parquet"},
    ]
    first = next(token for token in tree(card) if token["type"] != "blank_line")
    assert (first["type"], text_of(first)) == ("heading", front["pretty_name"])


@pytest.mark.parametrize("odd", HOSTILE)
def test_names_and_texts_of_all_kinds_are_shown_as_they_are(tmp_path, odd):
    labels = pd.Series([odd] * 12, dtype="category")
    table = with_features(pd.DataFrame({odd: labels, "plain": 1.0}))
    table = replace(
        table,
        columns=table.columns.assign(description=odd, unit=odd),
        left_out=pd.DataFrame({"column": [odd], "known_at": ["end"], "reason": [odd]}),
        dropped=pd.DataFrame({"reason": [odd], "rows": [1]}),
        target=pd.Series([odd] * 12, dtype="str", name="t|t"),
        task="multiclass",
        privacy=(odd,),
        recipe={"source": {"agents": [odd], "gaps": [{"reason": odd}]}, "arguments": {"x": odd}},
    )
    card = card_of(tmp_path, table)
    shown = " ".join("".join(c if c.isprintable() else " " for c in odd).split())
    features = table_of(card, "Features")
    assert [line[0] for line in features] == ["Feature", shown, "plain"]
    assert features[1][6] == f"{shown} Labels: {shown}."
    assert table_of(card, "Target")[1] == [shown, "12 (100.0%)"]
    assert table_of(card, "Columns that are no features")[1] == [shown, "end", shown]
    assert table_of(card, "Rows that are not in it")[1] == [shown, "1"]
    allowed = {
        "heading", "paragraph", "text", "list", "list_item", "block_text", "codespan", "softbreak",
        "block_code", "blank_line", "table", "table_head", "table_body", "table_row", "table_cell",
    }  # fmt: skip
    assert kinds(tree(card)) <= allowed
    assert "<script" not in mistune.html(body(card)).replace("&lt;script", "")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=12))
def test_any_text_in_a_cell_is_shown_as_it_is(text):
    render = mistune.create_markdown(renderer="ast", plugins=["table", "url", "strikethrough"])
    shown = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    for cell in (escaped(text), name(text)):
        (table,) = render(f"| a | b |\n| --- | --- |\n| x | {cell} |\n")
        (row,) = table["children"][1]["children"]
        assert [text_of(inner) for inner in row["children"]] == ["x", shown]
    literal = quoted(text)
    assert yaml.safe_load(literal) == json.loads(literal) == shown
    assert "`" not in literal


def test_what_the_lint_found(tmp_path):
    table = made()
    assert section(card_of(tmp_path, table), "Leaks") == "Not looked for."
    findings = pd.DataFrame({
        "check": ["single_feature_auc", "rows"], "feature": ["a|b", None], "value": [0.999, np.nan],
        "n": [12, 12], "status": ["leak", "ok"], "advice": ["Leave it out.", ""],
    })  # fmt: skip
    card = card_of(tmp_path, table, lint=findings)
    assert "leak: 1, ok: 1." in section(card, "Leaks")
    assert table_of(card, "Leaks") == [
        ["Status", "Check", "Feature", "Value", "N", "Advice"],
        ["leak", "single_feature_auc", "a|b", "0.999", "12", "Leave it out."],
        ["ok", "rows", "-", "-", "12", ""],
    ]


def test_a_planted_leak_is_in_the_card_when_nobody_looked_before(tmp_path):
    success = pd.Series(np.arange(120) % 2, name="success")
    features = pd.DataFrame({"tell_tale": success + np.arange(120) / 1000})
    table = replace(made(120, people=120), features=features, target=success)
    table = replace(table, columns=columns_of(features))
    card = card_of(tmp_path, table, lint=None)
    found = [line for line in table_of(card, "Leaks") if "tell_tale" in line]
    assert [line[0] for line in found] == ["leak"]


def test_no_feature_at_all_is_said(tmp_path):
    card = card_of(tmp_path, with_features(pd.DataFrame(index=pd.RangeIndex(3))))
    assert section(card, "Features") == "There are none."
