from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pytest

import chatdash_analysis as cda
from chatdash_analysis.flattening.flatten import as_text
from chatdash_analysis.loading import scan_texts
from chatdash_analysis.loading.folders import store_folder
from chatdash_analysis.loading.frames import to_frame
from chatdash_analysis.loading.scanning import scan_cache
from chatdash_analysis.loading.store import Store
from tests.engines_data import ENGINES, spark
from tests.loading.made import KEY
from tests.loading.store_tables import URL, batch, hour, part_files, row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NUMBERS = (500.0, 1.25, 1e-7, 123456.789, -0.5, 1e20, 0.1 + 0.2, -3.0, 1234567.25, None)
BOTH = ["a", "b"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(store_folder(tmp_path, URL), URL)


@pytest.fixture
def filled(store: Store) -> Store:
    """Two agents, two months; fields that differ between parts in every way."""
    store.commit([batch(0, 48, rows("a", 0, 48, _early))])
    store.commit([batch(0, 48, rows("b", 0, 48, _other), agent="b")])
    store.commit([batch(48, 96, rows("a", 48, 96, _late))])
    undated = row(
        "undated", None, agent="b", placed_at=hour(50), platform="said", custom={"budget": 1.0}
    )
    store.commit([batch(48, 96, [undated], agent="b")])
    agent = {"agent_id": "a", "name": "A", "client_id": None, "platform": "retell"}
    store.remember_agents([agent, {**agent, "agent_id": "b", "platform": None}])
    return store


def rows(agent: str, start: int, end: int, custom: Callable[[int], dict]) -> list[dict]:
    rng = random.Random(agent)
    return [
        row(
            f"{agent}-{start}-{number:03d}",
            start + (end - start) * rng.random(),
            agent=agent,
            record=rng.choice([True, False, None]),
            cost=rng.choice([None, 1.5]),
            summary=rng.choice(["Ä '\"\n\0", "x", None]),
            misunderstood_count=rng.randrange(3),
            custom=custom(number),
        )
        for number in range(30)
    ]


def _early(number: int) -> dict[str, Any]:
    return {
        "Budget": NUMBERS[number % len(NUMBERS)],
        "Booked": True,
        "Consent": ("yes", " No\u00a0", "n/a", None)[number % 4],
        "Visits": ("5", "7.25 ", "N/A")[number % 3],
        "Sure": True if number % 2 else None,
        "Early": "only here" if number == 0 else None,
    }


def _other(number: int) -> dict[str, Any]:
    return {"Booked": False, "Budget": 2.0, "Free": f"text {number}"}


def _late(number: int) -> dict[str, Any]:
    return {
        "Budget": ("a lot", "500")[number % 2],
        "Booked": None if number % 3 else True,
        "Consent": True,
        "Visits": 7.5,
        "Sure": "maybe",
        "Late": 1.5,
    }


def loaded(cache: Path, agents: object = BOTH, **asked: Any) -> pd.DataFrame:
    client = cda.Client(KEY, base_url=URL)
    frame = cda.load_conversations(agents, client=client, cache_dir=cache, refresh="never", **asked)
    frame.attrs = {}
    return frame.sort_values("conversation_id", ignore_index=True)


def scanned(engine: str, cache: Path, agents: object = BOTH, **asked: Any) -> pd.DataFrame:
    """Scan, and collect with the dtypes that the types of the engine stand for."""
    if engine == "spark":
        spark()
    frame = scan_cache(engine=engine, agents=agents, cache_dir=cache, base_url=URL, **asked)
    if engine == "dask":
        return frame.compute().sort_values("conversation_id", ignore_index=True)
    collect = {"duckdb": "to_arrow_table", "spark": "toArrow", "polars": "collect"}[engine]
    collected = getattr(frame, collect)()
    if engine == "polars":
        collected = collected.to_arrow()
    fields = [pa.field(f.name, _promised(f.type)) for f in collected.schema]
    table = collected.cast(pa.schema(fields))
    rows_found = table.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    return rows_found.sort_values("conversation_id", ignore_index=True)


def _promised(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind):
        assert (kind.unit, kind.tz is None) == ("us", False)
        return pa.timestamp("us", "UTC")
    return pa.string() if pa.types.is_large_string(kind) else kind


@pytest.mark.parametrize("engine", ENGINES)
def test_a_scan_has_the_rows_columns_and_types_of_a_load(
    engine: str, filled: Store, tmp_path: Path
) -> None:
    expected = loaded(tmp_path)
    assert expected.filter(like="custom_").dtypes.astype(str).to_dict() == {
        "custom_analysis": "str",
        "custom_booked": "boolean",
        "custom_budget": "float64",
        "custom_budget__83a1b1bc": "str",
        "custom_consent": "boolean",
        "custom_early": "str",
        "custom_free": "str",
        "custom_late": "float64",
        "custom_sure": "str",
        "custom_visits": "float64",
    }
    pd.testing.assert_frame_equal(scanned(engine, tmp_path), expected)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "asked",
    [
        {"start": hour(10), "end": hour(60)},
        {"agents": "a", "start": hour(47), "end": hour(60)},
        {"agents": ["b"]},
        {"agents": "b", "start": hour(50), "end": hour(50.5)},
        {"agents": "b", "start": hour(95)},
    ],
    ids=["cut", "one agent, cut", "one agent", "undated", "nothing"],
)
def test_a_scan_is_limited_to_agents_and_a_range(
    engine: str, asked: dict[str, Any], filled: Store, tmp_path: Path
) -> None:
    expected = loaded(tmp_path, **asked)
    pd.testing.assert_frame_equal(scanned(engine, tmp_path, **asked), expected)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_scan_has_the_columns_named_in_their_order(
    engine: str, filled: Store, tmp_path: Path
) -> None:
    names = ["platform", "custom_visits", "conversation_id", "created_at"]
    found = scanned(engine, tmp_path, columns=names, start=hour(5))
    pd.testing.assert_frame_equal(found, loaded(tmp_path, start=hour(5))[names])


@pytest.mark.parametrize("engine", ENGINES)
def test_the_name_of_the_folder_may_look_like_a_pattern(engine: str, tmp_path: Path) -> None:
    cache = tmp_path / "a [b] *{c} d"
    store = Store(store_folder(cache, URL), URL)
    store.commit([batch(0, 48, [row("x", 1)])])
    assert scanned(engine, cache, agents="a")["conversation_id"].tolist() == ["x"]


def test_all_that_is_cached_is_scanned_by_default(filled: Store, tmp_path: Path) -> None:
    found = scan_cache(engine="polars", cache_dir=tmp_path, base_url=URL)
    assert found.collect().height == 91


@pytest.mark.parametrize("engine", ["polars", "duckdb", "dask"])
def test_a_stretch_that_was_never_loaded_is_named(
    engine: str, filled: Store, tmp_path: Path
) -> None:
    with pytest.raises(
        cda.IncompleteError, match=r"b: 2026-02-03T00:00:00\.000Z to 2026-02-04"
    ) as e:
        scanned(engine, tmp_path, agents=["a", "b"], start=hour(0), end=hour(120))
    with pytest.raises(cda.IncompleteError) as expected:
        loaded(tmp_path, start=hour(0), end=hour(120))
    assert e.value.gaps == expected.value.gaps
    assert len(e.value.gaps) == 8


def test_an_empty_cache_says_how_to_fill_it(tmp_path: Path) -> None:
    with pytest.raises(cda.IncompleteError, match="load_conversations fills it"):
        scan_cache(cache_dir=tmp_path, base_url=URL)


def test_a_damaged_manifest_is_an_error(filled: Store, tmp_path: Path) -> None:
    manifest = filled.folder / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b"retell", b"ratell"))
    with pytest.raises(cda.CacheError, match=r"manifest .* is damaged"):
        scan_cache(cache_dir=tmp_path, base_url=URL)


@pytest.mark.parametrize("damage", ["gone", "cut", "footer"])
def test_a_damaged_file_is_an_error(damage: str, filled: Store, tmp_path: Path) -> None:
    file = part_files(filled)[0]
    content = bytearray(file.read_bytes())
    if damage == "gone":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(content[:-1])
    else:
        content[-20] ^= 1
        file.write_bytes(content)
    with pytest.raises(cda.CacheError, match="is damaged"):
        scan_cache(engine="polars", columns=["channel"], cache_dir=tmp_path, base_url=URL)


def test_files_that_do_not_count_are_not_read(filled: Store, tmp_path: Path) -> None:
    part = part_files(filled)[0]
    (part.parent / f"2026-01-{'0' * 32}.parquet").write_bytes(part.read_bytes())
    assert len(scanned("duckdb", tmp_path, columns=["conversation_id"])) == 91


def test_more_fields_than_columns_are_refused_unless_not_asked_for(
    store: Store, tmp_path: Path
) -> None:
    many = {f"Field {number}": 1.5 for number in range(501)}
    store.commit([batch(0, 5, [row("x", 1, custom=many)])])
    asked: dict[str, Any] = {"engine": "polars", "cache_dir": tmp_path, "base_url": URL}
    with pytest.raises(cda.InputError, match="more than 500 custom fields"):
        scan_cache(**asked)
    assert scan_cache(**asked, columns=["agent_id"]).collect().rows() == [("a",)]


def test_unknown_columns_are_named(filled: Store, tmp_path: Path) -> None:
    with pytest.raises(cda.MissingColumnsError, match="no column served, nope") as e:
        scan_cache(columns=["channel", "served", "nope"], cache_dir=tmp_path, base_url=URL)
    assert e.value.missing == ["served", "nope"]
    for columns in ("channel", [], [1]):
        with pytest.raises(cda.InputError, match="no list of column names"):
            scan_cache(columns=columns, cache_dir=tmp_path, base_url=URL)


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(cda.InputError, match="none of duckdb, polars, dask, spark"):
        scan_cache(engine="pandas")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("engine", "module", "extra"),
    [
        ("duckdb", "duckdb", "engines"),
        ("polars", "polars", "engines"),
        ("dask", "dask.dataframe", "dask"),
        ("spark", "pyspark.sql", "spark"),
    ],
)
def test_a_missing_engine_says_what_to_install(
    engine: Any, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(cda.InputError, match=rf"with its extra {extra}"):
        scan_cache(engine=engine)


@pytest.mark.parametrize("engine", ["polars", "duckdb", "dask"])
@pytest.mark.parametrize(
    "texts",
    [
        ["yes", "NO", "n/a"],
        ["1.5", " 2", "unknown"],
        ["yes", "1"],
        ["n/a", ""],
        ["0123"],
        ["5", "five"],
        ["Y", True, None],
        ["12", 12.5],
        ["12", 1e9],
        ["12", True],
        [True, 1.5],
    ],
    ids=str,
)
def test_texts_become_what_a_load_makes_of_them(
    engine: str, texts: list[Any], store: Store, tmp_path: Path
) -> None:
    for number, value in enumerate(texts):
        at = 24 * number
        content = [row(f"x{number}", at + 1, custom={"A": value}), row(f"y{number}", at + 2)]
        if value is not None:
            store.commit([batch(at, at + 24, content)])
    expected = to_frame(store.read(["a"], hour(0), hour(24 * len(texts))))
    expected = expected.sort_values("conversation_id", ignore_index=True)
    pd.testing.assert_frame_equal(scanned(engine, tmp_path, agents="a"), expected)


def test_numbers_that_need_a_spelling_of_their_own_are_found() -> None:
    evidence = scan_texts.Evidence()
    evidence.add(pa.chunked_array([pa.array(["word"])]))
    evidence.add(pa.chunked_array([pa.array([n for n in NUMBERS if n is not None])]))
    odd = dict(evidence.values().odd)
    assert odd == {n: as_text(n) for n in (1e-7, 1e20, 0.1 + 0.2, 1234567.25)}
