"""Frames of engines over the files of a store."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any, Literal

from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

__all__ = ["Engine", "empty_frame", "files_frame", "require_engine"]

Engine = Literal["duckdb", "polars", "dask", "spark"]

# What must be importable, and the extra that brings it.
_NEEDED = {
    "duckdb": ("duckdb", "engines"),
    "polars": ("polars", "engines"),
    "dask": ("dask.dataframe", "dask"),
    "spark": ("pyspark.sql", "spark"),
}
_PATTERN = re.compile(r"[\[\]{}*?\\]")


def require_engine(engine: str) -> None:
    """Raise `InputError` unless the engine is one of those, and installed."""
    if engine not in _NEEDED:
        raise InputError(f"engine={engine!r} is none of {', '.join(_NEEDED)}.")
    module, extra = _NEEDED[engine]
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            f"engine={engine!r} needs a package that is not installed ({error.name or module})."
            f" Install this package with its extra {extra}, as the README says."
        ) from error


def files_frame(engine: Engine, files: Sequence[Path], schema: pa.Schema) -> Any:
    """Return a lazy frame of some columns of parquet files, which may have more."""
    names = [str(file) for file in files]
    if engine == "duckdb":
        import duckdb

        # Not by the union of their names: files that are alike in the columns of `schema` need
        # none, and each step of a query would open all of them.
        return duckdb.read_parquet(names)
    if engine == "polars":
        import polars as pl

        types = pl.DataFrame(schema.empty_table()).schema
        return pl.scan_parquet(list(files), schema=types, glob=False, extra_columns="ignore")
    # Spark takes paths as patterns, and does not decode those of an address.
    paths = ["file://" + _PATTERN.sub(r"\\\g<0>", name) for name in names]
    return _spark().read.schema(_ddl(schema)).parquet(*paths)


def empty_frame(engine: Engine, schema: pa.Schema) -> Any:
    """Return a lazy frame with these columns and no rows."""
    table = schema.empty_table()
    if engine == "duckdb":
        import duckdb

        return duckdb.from_arrow(table)
    if engine == "polars":
        import polars as pl

        return pl.DataFrame(table).lazy()
    return _spark().createDataFrame([], _ddl(schema))


def _ddl(schema: pa.Schema) -> str:
    types = {"string": "STRING", "bool": "BOOLEAN", "double": "DOUBLE", "int64": "BIGINT"}
    return ", ".join(f"`{f.name}` {types.get(str(f.type), 'TIMESTAMP')}" for f in schema)


def _spark() -> Any:
    """Return the session there is, or a new one."""
    from pyspark.errors import PySparkRuntimeError
    from pyspark.sql import SparkSession

    try:
        return SparkSession.getActiveSession() or SparkSession.builder.getOrCreate()
    except PySparkRuntimeError as error:
        raise InputError(
            "Spark cannot be started; it needs Java 17 or newer. Or start a SparkSession of your"
            " own first, which is then used."
        ) from error
