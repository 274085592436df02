"""The exported folder as other libraries load it."""

from __future__ import annotations

import os
import subprocess
import sys

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chatdash_analysis.datasets.exporting import files
from chatdash_analysis.datasets.exporting.fingerprint import table_hash
from tests.datasets.exporting.exported import export, halved, made

NAMES = ["conversation_id", "created_at", "group", "minutes", "place", "question", "success"]


def expected(folder, part):
    return pd.read_parquet(folder / f"{part}.parquet").astype({"place": "str"})


def test_duckdb_reads_plain_types(tmp_path):
    folder = export(made(), tmp_path / "set")
    relation = duckdb.sql(f"FROM '{folder / 'all.parquet'}'")
    assert relation.columns == NAMES
    plain = ["VARCHAR", "TIMESTAMP WITH TIME ZONE", "VARCHAR", "DOUBLE", "VARCHAR", "VARCHAR"]
    assert [str(kind) for kind in relation.types] == [*plain, "BIGINT"]
    found = relation.to_arrow_table().to_pandas()
    found["created_at"] = found["created_at"].dt.tz_convert("UTC").astype("datetime64[us, UTC]")
    assert table_hash(found.astype({"place": "str"})) == table_hash(expected(folder, "all"))


def test_polars_reads_the_same_values(tmp_path):
    folder = export(made(), tmp_path / "set")
    frame = pl.read_parquet(folder / "all.parquet")
    assert frame["place"].dtype in (pl.Categorical, pl.Enum, pl.String)
    found = frame.with_columns(pl.col("place").cast(pl.String)).to_pandas()
    strings = dict.fromkeys(["conversation_id", "group", "place", "question"], "str")
    assert table_hash(found.astype(strings)) == table_hash(expected(folder, "all"))


def test_types_are_the_same_in_every_part_and_plain_in_the_file(tmp_path):
    table = made()
    folder = export(table, tmp_path / "set", splits=halved(table))
    one, other = (pq.read_schema(folder / f"{name}.parquet") for name in ("train", "test"))
    assert one.equals(other)
    assert one.field("place").type == pa.dictionary(pa.int32(), pa.string())
    stored = pq.ParquetFile(folder / "train.parquet").schema
    assert {stored.column(i).physical_type for i in (0, 2, 4, 5)} == {"BYTE_ARRAY"}


def test_labels_and_their_order_come_back_from_several_row_groups(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_ROW_GROUP", 7)
    table = made(40)
    labels = pd.CategoricalDtype(pd.Index(["Paris", "Köln", "Berlin"], dtype="str"), ordered=True)
    table.features["place"] = table.features["place"].astype(labels)
    folder = export(table, tmp_path / "set")
    assert pq.ParquetFile(folder / "all.parquet").num_row_groups == 6
    place = pd.read_parquet(folder / "all.parquet")["place"]
    assert place.dtype == labels
    assert place.equals(table.features["place"])


@pytest.mark.parametrize("for_spreadsheet", [False, True])
def test_csv_and_parquet_hold_the_same_values(tmp_path, for_spreadsheet):
    table = made()
    folder = export(table, tmp_path / "set", for_spreadsheet=for_spreadsheet)
    if for_spreadsheet:
        found = pd.read_csv(folder / "all.csv", parse_dates=["created_at"])
        assert found.columns.tolist() == NAMES
        found["created_at"] = found["created_at"].dt.tz_localize("UTC")
    else:
        found = pd.read_parquet(folder / "all.parquet")
    assert np.array_equal(found["minutes"], table.features["minutes"], equal_nan=True)
    assert found["place"].astype("str").equals(table.features["place"].astype("str"))
    assert (found["created_at"] == table.rows["created_at"]).all()
    assert found["success"].equals(table.target)


LOADING = """
import json, sys, datasets
folder, cache, *splits = sys.argv[1:]
loaded = datasets.load_dataset(folder, cache_dir=cache)
assert sorted(loaded) == sorted(splits), list(loaded)
for split in splits:
    part = loaded[split]
    print(json.dumps({
        "split": split,
        "types": {name: str(feature.dtype) for name, feature in part.features.items()},
        "rows": json.loads(part.to_pandas().to_json(orient="records")),
    }))
"""


CARD = """
import pathlib, re
card = pathlib.Path("README.md").read_text()
card = card[card.index("## How to load it"):]
blocks = re.findall("```python\\n(.*?)\\n```", card, re.DOTALL)
for block in blocks:
    found = {}
    exec(block, found)
    print(len(found["table"]))
assert len(blocks) == 3
"""


@pytest.mark.parametrize("for_spreadsheet", [False, True])
@pytest.mark.parametrize("split", [False, True])
def test_the_code_of_the_card_runs_inside_the_folder(tmp_path, for_spreadsheet, split):
    table = made()
    folder = tmp_path / "a set"
    export(table, folder, splits=halved(table) if split else None, for_spreadsheet=for_spreadsheet)
    done = in_a_process(CARD, tmp_path / "cache", folder=folder)
    assert done.stdout.split() == ["6" if split else "12"] * 3


def in_a_process(code, cache, *args, folder=None):
    """Run code so that nothing of the library stays in this process, and nothing is fetched."""
    quiet = {
        "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HOME": str(cache), "HF_DATASETS_CACHE": str(cache),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code, *args],
        env=os.environ | quiet, cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done


def loaded_by_datasets(folder, cache, splits):
    done = in_a_process(LOADING, cache, str(folder), str(cache), *splits)
    return [pd.read_json(line, typ="series") for line in _lines(done.stdout)]


def _lines(text):
    import io

    return [io.StringIO(line) for line in text.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("split", [False, True])
def test_hugging_face_datasets_load_the_folder(tmp_path, split):
    pytest.importorskip("datasets")
    table = made()
    parts = ["train", "test"] if split else ["train"]
    splits = halved(table) if split else None
    folder = export(table, tmp_path / "set", splits=splits, title="A: 'title' | # \"")
    for name, found in zip(parts, loaded_by_datasets(folder, tmp_path / "c", parts), strict=True):
        assert found["types"] == {
            **dict.fromkeys(["conversation_id", "group", "place", "question"], "string"),
            "created_at": "timestamp[us, tz=UTC]",
            "minutes": "float64",
            "success": "int64",
        }
        rows = expected(folder, name if split else "all")
        assert [row["conversation_id"] for row in found["rows"]] == rows["conversation_id"].tolist()
        assert [row["success"] for row in found["rows"]] == rows["success"].tolist()
        places = [row["place"] for row in found["rows"]]
        assert places == rows["place"].astype(object).where(rows["place"].notna(), None).tolist()


def test_hugging_face_datasets_load_a_folder_for_spreadsheets(tmp_path):
    pytest.importorskip("datasets")
    folder = export(made(), tmp_path / "set", for_spreadsheet=True)
    (found,) = loaded_by_datasets(folder, tmp_path / "c", ["train"])
    assert list(found["types"]) == NAMES
    assert len(found["rows"]) == 12
