"""Progress bars, where anybody watches, so that they are worth their lines."""

from __future__ import annotations

import os
import sys
from typing import Any

__all__ = ["nobody_watches", "texts_bar"]


def texts_bar(total: int, doing: str, *, least: int) -> Any:
    """Return a bar that counts texts; it shows for more than `least`, where anybody watches."""
    from tqdm.auto import tqdm

    return tqdm(
        total=total,
        unit="text",
        desc=doing,
        leave=False,
        disable=total <= least or nobody_watches(),
    )


def nobody_watches() -> bool:
    """Return True outside of notebooks and terminals, and where tqdm is told to be quiet."""
    if os.environ.get("TQDM_DISABLE", "0") not in ("", "0"):
        return True
    return "ipykernel" not in sys.modules and not sys.stderr.isatty()
