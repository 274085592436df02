"""Looking after the parquet store through the public functions."""

from __future__ import annotations

import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.sandbox.server import StandIn
from tests.loading.made import AGENT, AGENTS, KEY, OTHER, conversations

ROWS = conversations(60) + conversations(30, agent=OTHER, seed=1)
RANGE = {"start": "2026-03-01", "end": "2026-05-01"}


@pytest.fixture
def cache(tmp_path):
    with StandIn(ROWS, AGENTS) as service:
        client = cda.Client(KEY, base_url=service.url)
        cda.load_conversations([AGENT, OTHER], client=client, cache_dir=tmp_path, **RANGE)
    return tmp_path


def test_info_lists_agents_with_what_was_covered(cache):
    info = cda.cache_info(cache).set_index("agent_id")
    assert info["conversations"].to_dict() == {AGENT: 60, OTHER: 30}
    assert info.loc[AGENT, ["name", "platform"]].tolist() == ["Desk", "retell"]
    assert info.loc[AGENT, "covered_from"] == pd.Timestamp("2026-03-01", tz="UTC")
    assert info.loc[AGENT, "combinations"].count(";") == 3


def test_an_empty_cache_has_typed_empty_tables(tmp_path):
    assert str(cda.cache_info(tmp_path)["first"].dtype) == "datetime64[us, UTC]"
    assert len(cda.verify_cache(tmp_path)) == 0
    cda.clear_cache(cache_dir=tmp_path)


def test_verify_names_the_damaged_file(cache):
    assert cda.verify_cache(cache)["ok"].all()
    part = next(cache.rglob("*.parquet"))
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    checked = cda.verify_cache(cache)
    assert checked.loc[~checked["ok"], "file"].tolist() == [part.name]
    assert checked.loc[~checked["ok"], "problem"].str.len().iloc[0] > 0
    cda.verify_cache(cache, repair=True)
    assert part.name not in set(cda.verify_cache(cache)["file"])
    assert cda.verify_cache(cache)["ok"].all()


def test_verify_reports_a_damaged_list_of_parts(cache):
    manifest = next(cache.rglob("manifest.json"))
    manifest.write_bytes(manifest.read_bytes()[:-20])
    checked = cda.verify_cache(cache)
    assert checked["ok"].tolist() == [False]
    cda.verify_cache(cache, repair=True)
    assert cda.verify_cache(cache).empty
    assert list(cache.rglob("*.parquet")) == []


def test_clearing_leaves_no_personal_data_behind_a_damaged_list(cache):
    manifest = next(cache.rglob("manifest.json"))
    manifest.write_bytes(manifest.read_bytes()[:-20])
    cda.clear_cache(cache_dir=cache)
    assert list(cache.rglob("*.parquet")) == []


def test_clearing_one_agent_leaves_the_others(cache):
    cda.clear_cache(AGENT, cache_dir=cache)
    assert cda.cache_info(cache)["agent_id"].tolist() == [OTHER]
    cda.clear_cache(cache_dir=cache)
    assert cda.cache_info(cache).empty
    assert list(cache.rglob("*.parquet")) == []


def test_agent_ids_are_texts(cache):
    with pytest.raises(cda.InputError, match="agent ids are texts"):
        cda.clear_cache([1], cache_dir=cache)


def test_parts_are_plain_parquet_with_the_promised_dtypes(cache):
    frames = [pd.read_parquet(part) for part in sorted(cache.rglob("*.parquet"))]
    columns = cda.describe_columns().set_index("column")["dtype"]
    for frame in frames:
        assert frame[columns.index].dtypes.astype(str).to_dict() == columns.to_dict()
    assert sum(map(len, frames)) == len(ROWS)


def test_other_engines_read_the_parts(cache):
    duckdb = pytest.importorskip("duckdb")
    polars = pytest.importorskip("polars")
    parts = sorted(map(str, cache.rglob("*.parquet")))
    with duckdb.connect() as connection:
        query = "SELECT count(*), sum(custom_n) FROM read_parquet(?, union_by_name = true)"
        found = connection.execute(query, [parts]).fetchone()
    expected = (len(ROWS), sum(row["customAnalysis"]["n"] for row in ROWS))
    assert found == expected
    frame = polars.concat([polars.read_parquet(part) for part in parts], how="diagonal_relaxed")
    assert (len(frame), frame["custom_n"].sum()) == expected
