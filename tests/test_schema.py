"""The column table and what is made from it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from chatdash_analysis import schema

README = Path(__file__).parent.parent / "data" / "README.md"


def test_names_and_paths_are_unique():
    names = [c.name for c in schema.COLUMNS]
    paths = [c.path for c in schema.COLUMNS if c.path]
    assert len(set(names)) == len(names)
    assert len(set(paths)) == len(paths)


def test_every_column_is_described_as_a_sentence():
    assert all(c.description[0].isupper() and c.description.endswith(".") for c in schema.COLUMNS)


def test_units_stand_where_numbers_are_measured():
    assert all(c.unit for c in schema.COLUMNS if c.kind in ("measure", "count"))


def test_the_table_of_columns_lists_all_of_them():
    table = schema.describe_columns()
    assert table["column"].tolist() == [c.name for c in schema.COLUMNS]
    assert set(table["known_at"]) == {"start", "during", "end", "analysis", "later"}
    assert set(table["pii"]) == {"", "identifier", "free_text"}
    assert set(table.dtypes.astype(str)) == {"str"}


def test_the_data_dictionary_is_current():
    assert README.read_text(encoding="utf-8") == schema.dictionary_markdown(), (
        "data/README.md is not what the column table says: run `make dictionary`"
    )


def test_plain_pandas_reads_the_promised_dtypes_even_from_an_empty_file(tmp_path):
    arrow = pa.schema([(c.name, c.arrow_type) for c in schema.COLUMNS])
    pq.write_table(schema.with_pandas_metadata(arrow).empty_table(), tmp_path / "empty.parquet")
    frame = pd.read_parquet(tmp_path / "empty.parquet")
    assert {n: str(d) for n, d in frame.dtypes.items()} == {c.name: c.dtype for c in schema.COLUMNS}
