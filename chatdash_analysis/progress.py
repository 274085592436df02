"""Whether anybody watches, so that a progress bar is worth its lines."""

from __future__ import annotations

import os
import sys

__all__ = ["nobody_watches"]


def nobody_watches() -> bool:
    """Return True outside of notebooks and terminals, and where tqdm is told to be quiet."""
    if os.environ.get("TQDM_DISABLE", "0") not in ("", "0"):
        return True
    return "ipykernel" not in sys.modules and not sys.stderr.isatty()
