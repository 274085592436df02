"""The exported folder: what is in its files, that it is the same each time, what is refused."""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from chatdash_analysis.datasets.exporting.verify import verify_dataset
from chatdash_analysis.errors import InputError, MissingColumnsError
from tests.datasets.exporting.exported import contents, export, halved, made, with_features

SECRET = bytes(7 * place % 251 for place in range(32))


def test_a_table_becomes_a_file_a_part_with_a_card_and_a_recipe(tmp_path):
    table = made()
    folder = export(table, tmp_path / "set", splits=halved(table))
    assert folder == tmp_path / "set"
    names = ["README.md", "recipe.json", "test.parquet", "train.parquet"]
    assert list(contents(folder)) == names
    assert list(tmp_path.iterdir()) == [folder]
    whole = export(table, tmp_path / "whole")
    assert list(contents(whole)) == ["README.md", "all.parquet", "recipe.json"]


def test_pandas_gets_values_and_dtypes_back(tmp_path):
    table = made()
    again = pd.read_parquet(export(table, tmp_path / "set") / "all.parquet")
    rows = table.rows
    numbers = rows["group"].str[-1].astype("int64") + 1
    expected = pd.DataFrame({
        "conversation_id": rows["conversation_id"],
        "created_at": rows["created_at"],
        "group": ("g00000" + numbers.astype("str")).astype("str"),
        **table.features,
        "success": table.target,
    })  # fmt: skip
    expected["place"] = expected["place"].cat.remove_unused_categories()
    assert_frame_equal(again, expected)
    assert again.attrs == {}


@pytest.mark.parametrize("for_spreadsheet", [False, True])
def test_the_same_table_gives_the_same_bytes_whatever_the_order_of_its_rows(
    tmp_path, for_spreadsheet
):
    table = made(40)
    order = np.random.default_rng(0).permutation(40)
    features, rows = table.features.iloc[order], table.rows.iloc[order]
    shuffled = replace(table, features=features, rows=rows, target=table.target.iloc[order])
    folders = [
        export(each, tmp_path / name, splits=halved(each), for_spreadsheet=for_spreadsheet)
        for name, each in (("a", table), ("b", table), ("c", shuffled))
    ]
    first, second, third = map(contents, folders)
    assert first == second == third


def test_rows_that_share_id_and_time_are_in_one_order(tmp_path):
    table = made(4)
    rows = table.rows.assign(
        conversation_id="c", created_at=table.rows["created_at"].iloc[0], group=list("dcba")
    )
    one = replace(table, rows=rows)
    other = replace(
        table,
        rows=rows[::-1].reset_index(drop=True),
        features=table.features[::-1].reset_index(drop=True),
        target=table.target[::-1].reset_index(drop=True),
    )
    first, second = export(one, tmp_path / "1"), export(other, tmp_path / "2")
    assert contents(first) == contents(second)


def test_every_part_has_the_same_columns_and_labels(tmp_path):
    table = made()
    german = table.features["place"].isin(["Berlin", "Köln"]).to_numpy()
    parts = {"german": table.take(german), "other": table.take(~german)}
    folder = export(table, tmp_path / "set", splits=parts)
    frames = [pd.read_parquet(folder / f"{name}.parquet") for name in parts]
    assert frames[0].dtypes.equals(frames[1].dtypes)
    assert frames[0]["place"].cat.categories.tolist() == ["Berlin", "Paris", "Köln"]
    assert len(pd.concat(frames)["place"].cat.categories) == 3


def test_labels_that_no_row_has_are_not_in_the_files(tmp_path):
    folder = export(made(), tmp_path / "set")
    assert all(b"Nowhere" not in content for content in contents(folder).values())


def test_ids_of_people_and_texts_of_the_duplicate_search_are_nowhere(tmp_path):
    table = made()
    rows = table.rows.assign(text="secret words")
    table = replace(table, rows=rows)
    for number, choice in enumerate([{}, {"secret": SECRET}, {"for_spreadsheet": True}]):
        folder = export(table, tmp_path / str(number), splits=halved(table), **choice)
        for content in _readable(folder):
            assert "person-" not in content
            assert "secret words" not in content


def _readable(folder):
    for path in folder.iterdir():
        if path.suffix == ".parquet":
            yield pd.read_parquet(path).to_csv()
        else:
            yield path.read_text()


def test_people_are_numbered_by_their_first_conversation_and_the_same_in_every_part(tmp_path):
    table = made(6, people=3)
    rows = table.rows.assign(group=["z", "a", None, "z", None, "a"])
    table = replace(table, rows=rows)
    parts = {"early": table.take(np.arange(3)), "late": table.take(np.arange(3, 6))}
    folder = export(table, tmp_path / "set", splits=parts)
    early, late = (pd.read_parquet(folder / f"{name}.parquet")["group"] for name in parts)
    assert early.tolist() == ["g000001", "g000002", "g000003"]
    assert late.tolist() == ["g000001", "g000004", "g000002"]


def test_with_a_secret_ids_are_keyed_hashes(tmp_path):
    table = made()
    folders = [
        export(table, tmp_path / name, secret=secret)
        for name, secret in (("1", SECRET), ("2", SECRET[::-1]), ("3", SECRET.decode("latin-1")))
    ]
    one, two, _ = (pd.read_parquet(folder / "all.parquet") for folder in folders)
    first = table.rows.iloc[0]
    message = b"chatdash_analysis conversation\0" + first["conversation_id"].encode()
    digits = hmac.new(SECRET, message, hashlib.sha256).hexdigest()[:32]
    codes = one["conversation_id"]
    assert f"c{digits}" in set(codes)
    assert not set(codes) & set(two["conversation_id"])
    assert not set(one["group"]) & set(two["group"])
    assert one["group"].nunique() == table.rows["group"].nunique()
    assert all(SECRET not in content for content in contents(folders[0]).values())
    assert all(SECRET.hex().encode() not in content for content in contents(folders[0]).values())


@pytest.mark.parametrize(
    "secret", [b"", b"x" * 15, "short", 7, bytearray(32), "a" * 16, "1234567890abcdef"]
)
def test_a_secret_that_can_be_guessed_is_refused_and_not_repeated(tmp_path, secret):
    with pytest.raises(InputError, match=r"secrets\.token_hex\(32\)") as raised:
        export(made(), tmp_path / "set", secret=secret)
    assert not (isinstance(secret, str) and secret in str(raised.value))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("flag", ["no", "False", 1, None])
@pytest.mark.parametrize("name", ["overwrite", "for_spreadsheet"])
def test_only_true_and_false_are_flags(tmp_path, name, flag):
    folder = export(made(), tmp_path / "set")
    before = contents(folder)
    with pytest.raises(InputError, match=f"{name} is a .*. Give True or False."):
        export(made(20), folder, **{name: flag})
    assert contents(folder) == before


def test_no_table_is_changed(tmp_path):
    table = made()
    copies = [part.copy() for part in (table.features, table.rows, table.columns)]
    export(table, tmp_path / "set", splits=halved(table), secret=SECRET)
    for part, copy in zip((table.features, table.rows, table.columns), copies, strict=True):
        assert_frame_equal(part, copy)


def test_a_spreadsheet_gets_csv_that_it_cannot_run(tmp_path):
    texts = ["=1+1", "+49", "-2", "@a", "\tx", "a\n=b", 'he said "hi"', "ü", None]
    features = pd.DataFrame({
        "=cmd|' /C calc'!A0": pd.Series(texts, dtype="str"),
        "+label": pd.Series(texts, dtype="category"),
        "size": pd.Series([-1.5] * 9),
    })  # fmt: skip
    folder = export(with_features(features), tmp_path / "set", for_spreadsheet=True)
    assert list(contents(folder)) == ["README.md", "all.csv", "recipe.json"]
    written = (folder / "all.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(written.decode("utf-8-sig").splitlines(keepends=True)))
    assert lines[0][3:6] == ["'=cmd|' /C calc'!A0", "'+label", "size"]
    cells = ["'=1+1", "'+49", "'-2", "'@a", "'\tx", "a\n'=b", 'he said "hi"', "ü", ""]
    assert [line[3] for line in lines[1:]] == cells
    assert [line[4] for line in lines[1:]] == cells
    assert lines[1][1] == "2026-01-05 08:00:00"
    assert lines[1][5] == "-1.5"


def test_the_content_hash_is_in_card_and_recipe_and_does_not_depend_on_the_format(tmp_path):
    table = made()
    one = export(table, tmp_path / "1")
    two = export(table, tmp_path / "2", for_spreadsheet=True, title="Other", min_users=1)
    found = verify_dataset(one)
    assert found == verify_dataset(two)
    for folder in (one, two):
        assert json.loads((folder / "recipe.json").read_text())["content_hash"] == found
        assert f"`{found}`" in (folder / "README.md").read_text()
    other = table.features.assign(minutes=table.features["minutes"] + 1e-9)
    three = export(replace(table, features=other), tmp_path / "3")
    assert verify_dataset(three) != found


def test_the_hash_of_a_fixed_export_is_the_same_for_ever(tmp_path):
    folder = export(made(), tmp_path / "set", splits=halved(made()))
    pinned = "0a9b60735ef8e38430002e105c069fa6a2e6cdee2185493a736d33846404d1ee"
    assert verify_dataset(folder) == pinned


def test_a_file_that_another_tool_wrote_again_still_has_the_hash(tmp_path):
    folder = export(made(30), tmp_path / "set")
    found = verify_dataset(folder)
    frame = pd.read_parquet(folder / "all.parquet").astype({"place": "str"})
    frame[::-1].to_parquet(folder / "all.parquet", compression=None, row_group_size=7, index=False)
    assert verify_dataset(folder) == found


def _cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def _edit(path):
    frame = pd.read_parquet(path)
    frame.loc[3, "minutes"] = 99.0
    frame.to_parquet(path, index=False)


@pytest.mark.parametrize(
    ("file", "damage", "for_spreadsheet"),
    [
        ("all.parquet", _cut, False),
        ("all.parquet", _edit, False),
        ("all.parquet", lambda path: path.unlink(), False),
        ("all.csv", lambda path: path.write_text(path.read_text() + " "), True),
        ("all.csv", lambda path: path.unlink(), True),
    ],
)
def test_a_changed_file_is_noticed(tmp_path, file, damage, for_spreadsheet):
    folder = export(made(), tmp_path / "set", for_spreadsheet=for_spreadsheet)
    damage(folder / file)
    with pytest.raises(InputError, match=rf"The file {file} is missing"):
        verify_dataset(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda recipe: recipe.update(content_hash="0" * 64),
        lambda recipe: recipe.pop("content_hash"),
        lambda recipe: recipe.update(tables={}),
        lambda recipe: recipe.update(tables=[1]),
        lambda recipe: recipe["tables"]["all"].update(content_hash=1),
    ],
)
def test_a_changed_recipe_is_noticed(tmp_path, change):
    folder = export(made(), tmp_path / "set")
    recipe = json.loads((folder / "recipe.json").read_text())
    change(recipe)
    (folder / "recipe.json").write_text(json.dumps(recipe))
    with pytest.raises(InputError, match="not as it was exported"):
        verify_dataset(folder)


@pytest.mark.parametrize("path", ["missing", "x\0y", 7, "n" * 300])
def test_what_is_no_export_cannot_be_verified(tmp_path, path):
    with pytest.raises(InputError, match=r"Give the folder of an export"):
        verify_dataset(tmp_path / path if isinstance(path, str) else path)


def test_a_table_without_features_is_exported(tmp_path):
    table = with_features(pd.DataFrame(index=pd.RangeIndex(3)))
    folder = export(table, tmp_path / "set")
    assert pd.read_parquet(folder / "all.parquet").shape == (3, 4)
    verify_dataset(folder)


def test_one_row_and_nothing_but_missing_values_are_exported(tmp_path):
    labels = pd.CategoricalDtype(pd.Index([], dtype="object"))
    features = pd.DataFrame({
        "number": pd.Series([np.nan]),
        "text": pd.Series([None], dtype="str"),
        "label": pd.Series([None], dtype=labels),
    })  # fmt: skip
    for name, choice in (("p", False), ("c", True)):
        folder = export(
            with_features(features, task="regression", target=pd.Series([np.inf], name="size")),
            tmp_path / name,
            for_spreadsheet=choice,
        )
        verify_dataset(folder)
    again = pd.read_parquet(tmp_path / "p" / "all.parquet")
    assert again[["number", "text", "label"]].isna().all(axis=None)
    assert [str(dtype) for dtype in again.dtypes[3:6]] == ["float64", "str", "category"]


def test_five_thousand_features_are_exported(tmp_path):
    features = pd.DataFrame(np.arange(15_000.0).reshape(3, -1)).add_prefix("custom_")
    folder = export(with_features(features), tmp_path / "set")
    assert pd.read_parquet(folder / "all.parquet").shape == (3, 5_004)
    verify_dataset(folder)


@pytest.mark.parametrize(
    "name", ["a|b", "<script>", "two\nlines", "ü 漢", "`", "", " ", "a.b", "="]
)
def test_columns_of_any_name_are_exported(tmp_path, name):
    features = pd.DataFrame({name: [1.0, 2.0]})
    for choice in (False, True):
        folder = export(with_features(features), tmp_path / str(choice), for_spreadsheet=choice)
        verify_dataset(folder)
    assert pd.read_parquet(tmp_path / "False" / "all.parquet").columns[3] == name


@pytest.mark.parametrize(
    ("features", "said"),
    [
        (pd.DataFrame({"group": [1.0, 2.0]}), "'group' cannot be exported"),
        (pd.DataFrame({"success": [1.0, 2.0]}), "'success' cannot be exported"),
        (pd.DataFrame([[1.0, 2.0]] * 2, columns=["a", "a"]), "'a' cannot be exported"),
        (pd.DataFrame({7: [1.0, 2.0]}), "7 cannot be exported"),
        (
            pd.DataFrame([[1.0]] * 2, columns=pd.Index(["\ud800"], dtype="object")),
            "cannot be exported",
        ),
        (pd.DataFrame({"a": [True, False]}), "'a' is bool"),
        (pd.DataFrame({"a": [[1], [2]]}), "'a' is object"),
        (pd.DataFrame({"a": pd.Series([1, 2], dtype="category")}), "'a' is category"),
    ],
)
def test_columns_that_cannot_be_written_are_named(tmp_path, features, said):
    table = replace(made(2), features=features)
    with pytest.raises(InputError, match=said):
        export(table, tmp_path / "set")
    assert list(tmp_path.iterdir()) == []


def _other_columns(table):
    return table.take([0, 1]).__class__(**{
        **vars(table.take([0, 1])), "features": table.features[["minutes"]][:2],
    })  # fmt: skip


@pytest.mark.parametrize(
    ("splits", "said"),
    [
        ([], "splits is a list"),
        ({}, "splits is a dict without tables"),
        ({"all": made()}, "names a table 'all'"),
        ({"../x": made()}, "names a table '../x'"),
        ({"Train": made()}, "names a table 'Train'"),
        ({7: made()}, "names a table 7"),
        ({"train": made().features}, r"splits\['train'\] is a DataFrame"),
        ({"train": made().take([])}, r"splits\['train'\] has no rows"),
        ({"train": made(14)}, r"splits\['train'\] has other conversations"),
        ({"train": _other_columns(made())}, r"splits\['train'\] has other columns"),
    ],
)
def test_parts_that_are_none_are_refused_with_what_is_possible(tmp_path, splits, said):
    with pytest.raises(InputError, match=said):
        export(made(), tmp_path / "set", splits=splits)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (made().features, "table is a DataFrame"),
        (made().take([]), "table has no rows"),
        (replace(made(), features=made().features[:3]), "no rows|several lengths"),
        (replace(made(), rows=made().rows.assign(conversation_id=None)), "no conversation_id"),
        (replace(made(), recipe={"x": {1, 2}}), "cannot be written as JSON"),
    ],
)
def test_tables_that_are_none_are_refused(tmp_path, table, said):
    with pytest.raises(InputError, match=said):
        export(table, tmp_path / "set")
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_lacks_what_stands_beside_features_says_so(tmp_path):
    table = replace(made(), rows=made().rows.drop(columns="group"))
    with pytest.raises(MissingColumnsError, match="export_dataset needs the columns"):
        export(table, tmp_path / "set")


@pytest.mark.parametrize(
    "choice",
    [
        {"min_users": -1},
        {"min_users": True},
        {"title": 7},
        {"lint": "none"},
        {"lint": pd.DataFrame({"check": ["rows"]})},
    ],
)
def test_other_arguments_are_checked(tmp_path, choice):
    with pytest.raises((InputError, MissingColumnsError), match=next(iter(choice))):
        export(made(), tmp_path / "set", **choice)


def test_a_recipe_may_hold_what_numpy_and_pandas_make(tmp_path):
    recipe = {"n": np.int64(3), "x": np.float64("nan"), "at": pd.Timestamp("2026-01-01"), "t": (1,)}
    folder = export(replace(made(), recipe=recipe), tmp_path / "set")
    found = json.loads((folder / "recipe.json").read_text())["table_recipe"]
    assert found == {"n": 3, "x": None, "at": "2026-01-01 00:00:00", "t": [1]}


def test_the_folder_can_be_moved(tmp_path):
    folder = export(made(), tmp_path / "set")
    assert str(tmp_path) not in "".join(_readable(folder))
    shutil.move(folder, tmp_path / "elsewhere")
    assert len(verify_dataset(tmp_path / "elsewhere")) == 64
