from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from chatdash_analysis import counts, engines
from chatdash_analysis.errors import InputError
from tests.engines_data import ENGINES, contacts, frame_of

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = ~nw.col("success").is_null()
VALUES = {
    "n": KNOWN,
    "successes": nw.col("success").fill_null(value=False),
    "unknown": ~KNOWN,
    "agent": nw.col("agent"),
    "minutes": nw.col("minutes"),
}
PRODUCTS = [
    ("n", "n"),
    ("n", "successes"),
    ("successes", "successes"),
    ("minutes", "rows"),
    ("n", "n", "n", "n"),
]
PLAIN: dict[str, Any] = {}
PEOPLE: dict[str, Any] = {"users": "lead_id", "counting": "n", "products": PRODUCTS}
REST = PEOPLE | {"rest": True}


def assert_equal(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    # Sums of floats depend on the order in which an engine adds.
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9, atol=1e-6)
    whole = expected.select_dtypes("int64").columns
    pd.testing.assert_frame_equal(found[whole], expected[whole])


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return contacts(100_000)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_gives_the_sums_of_pandas(
    engine: str, frame: pd.DataFrame, tmp_path: Path
) -> None:
    rows = frame_of(engine, frame, tmp_path)
    cases = [(["device", "flag"], REST), (["channel"], PLAIN), (["score", "channel"], PEOPLE)]
    # A question takes Spark seconds, whatever the number of rows.
    for by, asked in cases[: 1 if engine == "spark" else None]:
        expected = counts.group_sums(frame, by, VALUES, **asked)
        assert_equal(engines.group_sums(rows, by, VALUES, **asked), expected)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_gives_the_sums_of_pandas_on_more_than_a_million_rows(
    engine: str, tmp_path: Path
) -> None:
    frame = contacts(1_100_000, seed=1)
    expected = counts.group_sums(frame, ["channel"], VALUES, **REST)
    rows = frame_of(engine, frame, tmp_path)
    assert_equal(engines.group_sums(rows, ["channel"], VALUES, **REST), expected)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("by", [[], ["channel", "score"]])
def test_no_rows_give_an_empty_table_of_the_same_types(
    engine: str, by: list[str], tmp_path: Path
) -> None:
    frame = contacts(50).iloc[:0]
    found = engines.group_sums(frame_of(engine, frame, tmp_path), by, VALUES, **REST)
    assert_equal(found, counts.group_sums(frame, by, VALUES, **REST))
    assert len(found) == (0 if by else 1)


def test_a_row_without_a_user_is_a_person_of_its_own() -> None:
    table = pa.table({"who": ["a", "a", None, None], "ok": [True, True, True, False]})
    found = engines.group_sums(
        table, [], {"ok": nw.col("ok")}, users="who", products=[("ok", "ok")], rest=True
    )
    assert found["users"].tolist() == [3]
    assert found["ok*ok"].tolist() == [5.0]


def test_people_count_by_the_value_named_and_across_groups() -> None:
    table = pa.table({
        "who": ["a", "a", "a", "b", None],
        "where": ["x", "x", "y", "y", "y"],
        "n": [1, 1, 1, 0, 1],
    })  # fmt: skip
    found = engines.group_sums(
        table, ["where"], {"n": nw.col("n")}, users="who", counting="n", products=[("n", "n")],
        rest=True,
    )  # fmt: skip
    assert found["users"].tolist() == [1, 2]
    assert found["rest users"].tolist() == [2, 1]
    assert found["n*n"].tolist() == [4.0, 2.0]
    assert found["rest n*n"].tolist() == [2.0, 4.0]
    assert found["cross n*n"].tolist() == [2.0, 2.0]


@pytest.mark.parametrize("kind", ["polars eager", "arrow", "narwhals", "pandas in narwhals"])
def test_frames_in_memory_are_taken_too(kind: str) -> None:
    import polars as pl

    frame = contacts(2_000)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    rows = {
        "polars eager": pl.DataFrame(table),
        "arrow": table,
        "narwhals": nw.from_native(pl.DataFrame(table).lazy()),
        "pandas in narwhals": nw.from_native(frame),
    }[kind]
    expected = counts.group_sums(frame, ["channel"], VALUES, **REST)
    assert_equal(engines.group_sums(rows, ["channel"], VALUES, **REST), expected)


@pytest.mark.parametrize("engine", ENGINES)
def test_names_may_be_those_used_inside_the_engine(engine: str, tmp_path: Path) -> None:
    names = {"channel": "k0", "device": "n", "lead_id": "people", "success": "u0", "flag": "v0"}
    frame = contacts(3_000).rename(columns=names)
    values = {"v1": nw.col("u0"), "lone": nw.col("v0"), "t": nw.col("agent")}
    asked: dict[str, Any] = {
        "users": "people", "counting": "lone", "products": [("t", "v1")], "rest": True,
    }  # fmt: skip
    found = engines.group_sums(frame_of(engine, frame, tmp_path), ["n", "k0"], values, **asked)
    assert_equal(found, counts.group_sums(frame, ["n", "k0"], values, **asked))


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    frame = contacts(5_000)
    mixed = frame.sample(frac=1, random_state=0, ignore_index=True)
    one, other = (
        engines.group_sums(frame_of("duckdb", rows, tmp_path), ["channel"], VALUES, **REST)
        for rows in (frame, mixed)
    )
    assert_equal(one, other)


def test_labels_of_categories_and_instants_come_back_as_promised() -> None:
    import polars as pl

    instant = pd.Timestamp("2026-03-29T01:00", tz="UTC")
    table = pl.DataFrame({"kind": ["b", None, "a"], "at": [instant, instant, None]}).with_columns(
        pl.col("kind").cast(pl.Categorical), pl.col("at").dt.convert_time_zone("Europe/Berlin")
    )
    found = engines.group_sums(table, ["kind", "at"], {})
    assert found.dtypes.astype(str).to_dict() == {
        "kind": "str", "at": "datetime64[us, UTC]", "rows": "int64",
    }  # fmt: skip
    assert found["kind"].tolist()[:2] == ["a", "b"]
    assert found["at"].tolist()[1:] == [instant, instant]


def test_not_a_number_adds_nothing_and_is_a_missing_label() -> None:
    import polars as pl

    nan = float("nan")
    table = pl.DataFrame({"label": [nan, None, 1.0], "value": [1.0, nan, None]})
    found = engines.group_sums(table, ["label"], {"value": nw.col("value")})
    assert found["label"].tolist()[:1] == [1.0]
    assert found["rows"].tolist() == [1, 2]
    assert found["value"].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("engine", ["polars", "duckdb", "dask"])
def test_only_small_tables_are_collected(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected = []
    collect = nw.LazyFrame.collect

    def counted(self: Any, *args: Any) -> Any:
        collected.append(collect(self, *args))
        return collected[-1]

    monkeypatch.setattr(nw.LazyFrame, "collect", counted)
    frame = contacts(20_000)
    found = engines.group_sums(frame_of(engine, frame, tmp_path), ["channel"], VALUES, **REST)
    assert collected
    assert max(map(len, collected)) <= len(found)


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(InputError, match="This needs a table, not a list"):
        engines.group_sums([1, 2], [], {})


def test_groups_of_lists_are_refused() -> None:
    table = pa.table({"lists": [[1], [2]]})
    with pytest.raises(InputError, match="Groups cannot be made of a column of type List"):
        engines.group_sums(table, ["lists"], {})


def test_ten_thousand_groups_are_counted(tmp_path: Path) -> None:
    rows = 60_000
    frame = contacts(rows).assign(agent=np.arange(rows) % 10_000)
    expected = counts.group_sums(frame, ["agent"], VALUES, **REST)
    found = engines.group_sums(frame_of("duckdb", frame, tmp_path), ["agent"], VALUES, **REST)
    assert_equal(found, expected)
