"""What a missing column is told, on any kind of frame, and that dtypes are kept."""

from __future__ import annotations

import pandas as pd
import pytest

from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.tables import column_names, require_columns, text_column, typed_table


def test_the_message_tells_needs_holdings_and_a_way():
    table = pd.DataFrame(columns=[f"c{i}" for i in range(20)])
    with pytest.raises(
        MissingColumnsError,
        match=r"f needs the columns c1, channel, os; the table lacks channel, os. It has c0, .*c11,"
        r" \.\.\.\. Pass a table as load_conversations",
    ) as caught:
        require_columns(table, ["c1", "channel", "os", "os"], "f")
    assert caught.value.missing == ["channel", "os"]
    with pytest.raises(MissingColumnsError, match=r"It has no columns at all\. identify_users\("):
        require_columns(pd.DataFrame(), ["user_id"], "f")
    require_columns(table, ["c1"], "f")


def test_columns_of_other_engines_are_known_too():
    duckdb, polars = pytest.importorskip("duckdb"), pytest.importorskip("polars")
    assert column_names(polars.LazyFrame({"a": [1], "b": [2]})) == ["a", "b"]
    assert column_names(duckdb.sql("select 1 as a, 2 as b")) == ["a", "b"]
    with pytest.raises(MissingColumnsError, match="lacks c"):
        require_columns(polars.DataFrame({"a": [1]}), ["c"], "f")


@pytest.mark.parametrize("rows", [[], [(None, None, None, 1)]])
def test_dtypes_are_promised_also_of_nothing(rows):
    dtypes = {"a": "str", "b": "datetime64[us, UTC]", "c": "boolean", "d": "int64"}
    assert {k: str(v) for k, v in typed_table(rows, dtypes).dtypes.items()} == dtypes


def test_half_of_a_character_is_refused_with_a_way_that_works():
    column = pd.Series(["a", None, "x\ud83d"], dtype=object, name="agent_id")
    with pytest.raises(InputError, match="Column 'agent_id' holds half of a character") as caught:
        text_column(column)
    way = str(caught.value).partition("Replace it: ")[2].rstrip(".")
    assert text_column(eval(way, {"column": column})).tolist()[::2] == ["a", "x\ufffd"]
