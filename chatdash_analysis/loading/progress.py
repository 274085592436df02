"""Progress bars that keep quiet where nobody watches."""

from __future__ import annotations

import os
import sys
from typing import Any

__all__ = ["days_bar"]


def days_bar(total: float) -> Any:
    """Return a bar that counts days of conversations fetched."""
    from tqdm.auto import tqdm

    return tqdm(
        total=round(total, 1),
        unit="day",
        desc="Loading conversations",
        bar_format="{l_bar}{bar}| {n:.0f}/{total:.0f} days [{elapsed}<{remaining}]",
        leave=False,
        disable=_quiet(),
    )


def _quiet() -> bool:
    if os.environ.get("TQDM_DISABLE", "0") not in ("", "0"):
        return True
    in_notebook = "ipykernel" in sys.modules
    return not in_notebook and not sys.stderr.isatty()
