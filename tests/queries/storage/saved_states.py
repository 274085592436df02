"""States of a folder of saved clusters, and a way to tell which one is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.queries.storage.folder import load_parts, save_parts
from chatdash_analysis.tables import typed_table

if TYPE_CHECKING:
    from pathlib import Path

DTYPES = {
    "text": "str",
    "at": "datetime64[us, UTC]",
    "flag": "boolean",
    "rate": "float64",
    "n": "int64",
}
ROWS = [
    ("ü 👩‍🔧 =1+1", pd.Timestamp("2026-05-01T10:00:00.000001Z"), True, 0.1, 2**62),
    (None, pd.NaT, None, np.nan, 0),
    ("", pd.Timestamp("1700-01-01T00:00Z"), False, -0.0, -1),
]
TABLE = typed_table(ROWS, DTYPES)
VECTORS = np.random.default_rng(0).standard_normal((7, 5)).astype("float32")
FACTS = {
    "embed": "use",
    "cut": 0.55,
    "n": 3,
    "ok": True,
    "none": None,
    "list": [1, {"ä": "\ud83d"}],
}


def save(path: Path, n: int = 1) -> None:
    """A state that differs from those of other numbers, but for one table."""
    save_parts(
        path,
        tables={"same": TABLE, "changing": TABLE.assign(n=n)},
        arrays={"vectors": VECTORS * n},
        facts={"n": n},
    )


def state(path: Path) -> int:
    """Which state is there; all of it has to be of the same."""
    tables, arrays, facts = load_parts(path)
    n = facts["n"]
    pd.testing.assert_frame_equal(tables["same"], TABLE)
    pd.testing.assert_frame_equal(tables["changing"], TABLE.assign(n=n))
    assert (arrays["vectors"] == VECTORS * n).all()
    return n


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
