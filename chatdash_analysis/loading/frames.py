"""From an Arrow table to a DataFrame with the promised dtypes."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from chatdash_analysis.flattening.columns import BASE, drop_empty, dynamic_paths
from chatdash_analysis.flattening.texts import resolve
from chatdash_analysis.schema import COLUMNS, with_pandas_metadata

__all__ = ["to_frame", "user_table"]


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Return a conversation table as a DataFrame.

    The declared columns come first, in the order of the column table, then the
    ``custom_*`` columns in alphabetical order. The dtypes are the same for full,
    holed and empty tables.
    """
    table = user_table(table)
    frame: pd.DataFrame = table.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    frame.columns = frame.columns.astype("str")
    return frame


def user_table(table: pa.Table) -> pa.Table:
    """Return `table` as users see it: no bookkeeping, no empty fields, texts resolved."""
    table = drop_empty(table)
    declared = [column.name for column in COLUMNS]
    dynamic = sorted(dynamic_paths(table).values())
    arrays = [
        *(table[name] for name in declared),
        *(resolve(table[name]).column for name in dynamic),
    ]
    fields = [BASE.field(name) for name in declared]
    fields += [
        table.schema.field(name).with_type(array.type)
        for name, array in zip(dynamic, arrays[len(declared) :], strict=True)
    ]
    schema = with_pandas_metadata(pa.schema(fields))
    return pa.Table.from_arrays(arrays, schema=schema)
