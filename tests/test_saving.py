"""Saving tables: lossless parquet, harmless CSV, whole files."""

from __future__ import annotations

import csv
import resource
import stat

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

import chatdash_analysis as cda
from chatdash_analysis.saving import check_target, save_table


def test_parquet_gives_back_dtypes_values_and_attrs(tmp_path):
    conversations = cda.load_sample(200)
    conversations.attrs["chatdash"] = {"agents": ["a"], "gaps": [{"reason": "ü"}], "n": 1.5}

    save_table(conversations, tmp_path / "c.parquet")

    again = pd.read_parquet(tmp_path / "c.parquet")
    assert_frame_equal(again, conversations)
    assert again.attrs == conversations.attrs


def test_csv_quotes_every_cell_and_disarms_formulas(tmp_path):
    texts = ["=1+1", "+49 30", "-2", "@sum", "\tx", "\ry", "a=b", 'he said "hi", ok', "ü", np.nan]
    table = pd.DataFrame({"text": pd.Series(texts, dtype="str"), "minutes": -1.5})

    save_table(table, tmp_path / "c.csv")

    written = (tmp_path / "c.csv").read_bytes().decode("utf-8-sig")
    assert written.startswith('"text","minutes"\r\n"\'=1+1","-1.5"\r\n')
    with (tmp_path / "c.csv").open(newline="") as file:
        cells = [row[0] for row in csv.reader(file)][1:]
    assert cells == [
        *("'=1+1", "'+49 30", "'-2", "'@sum", "'\tx", "'\ry"),
        *("a=b", 'he said "hi", ok', "ü", ""),
    ]


@pytest.mark.parametrize("space", [" ", "\t", "\u3000", "\xa0 ", "\x0b"])
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff20", "\u2212"])
def test_every_line_that_may_be_a_formula_is_disarmed(tmp_path, space, sign):
    text = f"{sign}1\nplain\n{space}{sign}1\na {sign} b\n\n{sign}1"
    save_table(pd.DataFrame({"text": pd.Series([text], dtype="str")}), tmp_path / "c.csv")
    with (tmp_path / "c.csv").open(newline="", encoding="utf-8-sig") as file:
        (cell,) = list(csv.reader(file))[1]
    # A tab also ends a cell where texts are pasted.
    inner = f"{space}'" if space == "\t" else space
    assert cell == f"'{sign}1\nplain\n'{inner}{sign}1\na {sign} b\n\n'{sign}1"


def _cells(path, delimiter=","):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [cell for row in csv.reader(file, delimiter=delimiter) for cell in row]


@pytest.mark.parametrize("dtype", ["category", "object", "string", pd.ArrowDtype(pa.string())])
def test_texts_of_every_dtype_are_disarmed_and_names_of_columns_too(tmp_path, dtype):
    save_table(pd.DataFrame({"=a": pd.Series(["=1", None, "b"], dtype=dtype)}), tmp_path / "c.csv")
    assert _cells(tmp_path / "c.csv") == ["'=a", "'=1", "", "b"]


@pytest.mark.parametrize("text", ["hi;=1+1;bye", "a;@b;+49 1;-x()", "a|=1", "a\t=1"])
def test_a_spreadsheet_that_cuts_elsewhere_runs_nothing_either(tmp_path, text):
    save_table(pd.DataFrame({"a": ["x"], "b": [text]}), tmp_path / "c.csv")
    for delimiter in ";|\t":
        assert not [
            c for c in _cells(tmp_path / "c.csv", delimiter) if c.strip()[:1] in tuple("=+-@")
        ]


def test_a_smiley_stays(tmp_path):
    save_table(pd.DataFrame({"a": ["thanks ;-) ok"]}), tmp_path / "c.csv")
    assert _cells(tmp_path / "c.csv") == ["a", "thanks ;-) ok"]


def test_the_table_itself_is_not_changed(tmp_path):
    table = pd.DataFrame({"text": pd.Series(["=1"], dtype="str")})
    save_table(table, tmp_path / "c.csv")
    assert table["text"].tolist() == ["=1"]


@pytest.mark.parametrize("name", ["c.csv", "c.parquet", "C.CSV"])
def test_only_the_owner_may_read_the_file_even_over_an_open_one(tmp_path, name):
    (tmp_path / name).touch(mode=0o666)
    save_table(pd.DataFrame({"a": [1]}), tmp_path / name)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_name_that_is_too_long_is_an_error_of_ours(tmp_path):
    with pytest.raises(cda.InputError, match="could not be written"):
        save_table(pd.DataFrame({"a": [1]}), tmp_path / ("x" * 300 + ".csv"))


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    target = tmp_path / "c.csv"
    target.write_text("old")
    table = pd.DataFrame({"number": range(10_000)})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(cda.InputError, match=r"could not be written .* make room"):
            save_table(table, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("c.xlsx", "ends in neither .parquet nor .csv"),
        ("c", "ends in neither"),
        ("missing/c.csv", "its folder is not there"),
        ("folder.csv", "it is a folder itself"),
    ],
)
def test_a_target_that_cannot_be_written_is_refused_with_the_reason(tmp_path, name, said):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(cda.InputError, match=said):
        check_target(tmp_path / name)
