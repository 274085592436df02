"""Small result tables with promised dtypes, also when they are empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

__all__ = ["typed_table"]


def typed_table(
    rows: Sequence[Sequence[Any] | Mapping[str, Any]], dtypes: Mapping[str, str]
) -> pd.DataFrame:
    """Return rows as a table with exactly the columns and dtypes of `dtypes`."""
    table = pd.DataFrame(list(rows), columns=list(dtypes))
    for name, dtype in dtypes.items():
        # Of nothing but missing instants pandas does not know that they have a time zone.
        if dtype.startswith("datetime64"):
            table[name] = pd.to_datetime(table[name], utc=True)
    return table.astype(dict(dtypes))
