"""Hand the stored conversations to an engine that works on more than fits into memory."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from chatdash_analysis.errors import CacheError, IncompleteError, InputError, MissingColumnsError
from chatdash_analysis.loading.asking import Asked
from chatdash_analysis.loading.intervals import from_microseconds, to_microseconds
from chatdash_analysis.loading.lacking import gaps_listed, lacking
from chatdash_analysis.loading.manifest import Manifest, read_manifest
from chatdash_analysis.loading.opening import open_store
from chatdash_analysis.loading.parts import FOLDER, VanishedPart, read_part
from chatdash_analysis.loading.scan_columns import (
    arrow_columns,
    expressions,
    scan_schema,
    source_columns,
)
from chatdash_analysis.loading.scan_engines import empty_frame, files_frame, require_engine
from chatdash_analysis.loading.scan_plan import TIME, dynamic_columns, read_source, sources_of
from chatdash_analysis.loading.selection import Request
from chatdash_analysis.loading.settings import find_base_url
from chatdash_analysis.privacy.guarding import guard_of
from chatdash_analysis.schema import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from os import PathLike
    from pathlib import Path

    import narwhals as nw

    from chatdash_analysis.loading.scan_engines import Engine
    from chatdash_analysis.loading.scan_plan import Dynamic, Source
    from chatdash_analysis.loading.store import Store
    from chatdash_analysis.loading.windows import Moment
    from chatdash_analysis.privacy.guarding import Pii

__all__ = ["scan_cache"]

# Each further attempt means that a writer replaced a file during the one before it.
_ATTEMPTS = 10


def scan_cache(
    *,
    engine: Engine = "duckdb",
    agents: str | Iterable[str] | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    columns: Sequence[str] | None = None,
    cache_dir: str | PathLike[str] | None = None,
    base_url: str | None = None,
    pii: Pii = "keep",
) -> Any:
    """Hand the cached conversations to an engine, without reading them into memory.

    The frame has the rows and columns that `load_conversations` returns with
    ``refresh="never"``, in any order. `rates_by`, `channel_summary`, `device_summary`
    and `retention_table` take it in place of a DataFrame.

    Parameters
    ----------
    engine : {"duckdb", "polars", "dask", "spark"}
        Who reads the files.
    agents : str or iterable of str, optional
        Agent ids; by default all that the cache holds.
    start, end : str, date, datetime or Timestamp, optional
        Half-open range of creation times as in `load_conversations`; by default what the
        cache covers.
    columns : sequence of str, optional
        Columns to have, in this order; by default all. Without a ``custom_*`` column
        among them the scan begins sooner: to tell the types of these their texts must be
        looked at.
    cache_dir : path, optional
        As in `load_conversations`.
    base_url : str, optional
        Address of the service; by default that of the environment, or the public one.
    pii : {"keep", "drop"} or PseudonymPolicy
        As in the `load_conversations` that filled the cache.

    Returns
    -------
    duckdb.DuckDBPyRelation, polars.LazyFrame, dask DataFrame or pyspark DataFrame
        A lazy frame, with the columns of `describe_columns` and the ``custom_*`` columns.
        DuckDB's is a relation of its default connection, so that ``duckdb.sql`` finds it
        by the name of its variable; Spark's belongs to the active session. It reads the
        files when it is evaluated: after a further load, scan again.

    Raises
    ------
    InputError
        If an argument cannot be used, or the engine is not installed.
    IncompleteError
        If the cache does not hold all of the range.
    MissingColumnsError
        If there is no column of a name in `columns`.
    CacheError
        If the cache cannot be read, or is damaged.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import chatdash_analysis as cda
    >>> from chatdash_analysis.sandbox import stand_in
    >>> with TemporaryDirectory() as folder, stand_in(300) as service:
    ...     client = cda.Client(service.api_key, base_url=service.url)
    ...     agent = cda.load_agents(client=client)["agent_id"][0]
    ...     loaded = cda.load_conversations(
    ...         agent, start="2026-05-01", end="2026-06-01", client=client, cache_dir=folder
    ...     )
    ...     conversations = cda.scan_cache(
    ...         engine="polars", cache_dir=folder, base_url=client.base_url
    ...     )
    ...     rows = conversations.collect().height
    >>> rows == len(loaded)
    True
    """
    require_engine(engine)
    store = open_store(cache_dir, find_base_url(base_url), guard_of(pii))
    for _ in range(_ATTEMPTS):
        state = read_manifest(store.folder) or Manifest()
        request = _request(store, state, agents, start, end)
        try:
            scan = _planned(store.folder, state, request, columns)
        except VanishedPart:
            if read_manifest(store.folder) == state:
                raise
        else:
            return _dask_frame(scan) if engine == "dask" else _lazy_frame(engine, scan)
    raise CacheError(f"The cache in {store.folder} changes all the time. Try again later.")


@dataclass(frozen=True)
class _Scan:
    """The files to read, and what to make of them."""

    folder: Path
    sources: list[Source]
    columns: list[str | Dynamic]
    platforms: dict[str, str]


def _request(
    store: Store,
    state: Manifest,
    agents: str | Iterable[str] | None,
    start: Moment | None,
    end: Moment | None,
) -> Request:
    """Return what is asked for, provided that the store has all of it."""
    if agents is None:
        agents = sorted(agent for agent, covered in state.coverage.items() if covered)
        if not agents:
            raise IncompleteError(
                f"The cache in {store.folder} holds no conversations. load_conversations fills it;"
                " cache_dir and base_url tell where it is."
            )
    asked = Asked.read(
        agents=agents, start=start, end=end, record=None, interacted=None, refresh="never"
    )
    windows = asked.windows(store)
    gaps = lacking(store, windows, asked.flags)
    if gaps:
        raise IncompleteError(
            f"These stretches are not in the cache, so nothing is returned:\n{gaps_listed(gaps)}\n"
            "load_conversations fetches them; or ask for less.",
            gaps=[gap.describe() for gap in gaps],
        )
    first = min(window.start for window in windows.values())
    last = max(window.end for window in windows.values())
    return Request(frozenset(asked.agents), to_microseconds(first), to_microseconds(last))


def _planned(
    folder: Path, state: Manifest, request: Request, columns: Sequence[str] | None
) -> _Scan:
    """Decide on the columns, and make sure that the files are there and sound."""
    sources = sources_of(state.parts, request)
    for source in sources:
        read_part(folder, source.part, columns=[], ranges=[])
    names = _names(columns)
    wanted = None if names is None else {name for name in names if name not in BY_NAME}
    sources, dynamic = dynamic_columns(folder, sources, wanted)
    if names is None:
        names = [*BY_NAME, *(column.name for column in dynamic)]
    known: dict[str, str | Dynamic] = {name: name for name in BY_NAME}
    known |= {column.name: column for column in dynamic}
    missing = [name for name in names if name not in known]
    if missing:
        raise MissingColumnsError(
            f"The cached conversations have no column {', '.join(missing)}. Columns besides those"
            f" of describe_columns(): {', '.join(c.name for c in dynamic) or 'none asked for'}.",
            missing=missing,
        )
    platforms = {
        str(agent["agent_id"]): platform
        for agent in state.agents
        if (platform := agent.get("platform"))
    }
    return _Scan(folder, sources, [known[name] for name in names], platforms)


def _names(columns: Sequence[str] | None) -> list[str] | None:
    if columns is None:
        return None
    names = [] if isinstance(columns, str) else list(columns)
    if not names or not all(isinstance(name, str) for name in names):
        raise InputError(f"columns={columns!r} is no list of column names, such as ['channel'].")
    return list(dict.fromkeys(names))


def _lazy_frame(engine: Engine, scan: _Scan) -> Any:
    """Scan the files that are alike together, and put all under each other."""
    import narwhals as nw

    if not scan.sources:
        return empty_frame(engine, scan_schema(scan.columns))
    groups: dict[Any, list[Source]] = defaultdict(list)
    for source in scan.sources:
        groups[source.fields, source.cut, source.request is None].append(source)
    frames = []
    for alike in groups.values():
        files = [scan.folder / FOLDER / source.part.file for source in alike]
        frame = nw.from_native(files_frame(engine, files, source_columns(alike[0], scan.columns)))
        if alike[0].request:
            frame = frame.filter(_inside(alike[0].request, cut=alike[0].cut))
        frames.append(frame.select(**expressions(alike[0], scan.columns, scan.platforms)))
    return nw.to_native(nw.concat(frames, how="vertical"))


def _inside(request: Request, *, cut: bool) -> nw.Expr:
    import narwhals as nw

    mine = nw.col("agent_id").is_in(sorted(request.agents))
    if not cut:
        return mine
    start, end = from_microseconds(request.start), from_microseconds(request.end)
    time = nw.coalesce(*TIME)
    return mine & (time >= nw.lit(start)) & (time < nw.lit(end))


def _dask_frame(scan: _Scan) -> Any:
    """Make a partition of each file; the workers read it as the loader does."""
    import dask
    import dask.dataframe

    # Dask gives its functions no types.
    dd: Any = dask.dataframe
    meta = _pandas(scan_schema(scan.columns).empty_table())
    # Otherwise texts get another dtype than those of `load_conversations`.
    with dask.config.set({"dataframe.convert-string": False}):
        if not scan.sources:
            return dd.from_pandas(meta, npartitions=1)
        return dd.from_map(_partition, scan.sources, scan=replace(scan, sources=[]), meta=meta)


def _partition(source: Source, columns: Sequence[str] | None = None, *, scan: _Scan) -> Any:
    wanted = scan.columns
    if columns is not None:
        by_name = {c if isinstance(c, str) else c.name: c for c in wanted}
        wanted = [by_name[name] for name in columns]
    table = read_source(scan.folder, source, source_columns(source, wanted).names)
    return _pandas(arrow_columns(table, source, wanted, scan.platforms))


def _pandas(table: pa.Table) -> pd.DataFrame:
    return table.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
