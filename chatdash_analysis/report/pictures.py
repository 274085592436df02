"""Plots as drawings that a page can hold."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from chatdash_analysis.report.slimming import slim

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

__all__ = ["picture"]


def picture(
    plot: Callable[..., Any],
    table: pd.DataFrame,
    *,
    size: tuple[float, float] = (7.5, 4.0),
    **how: Any,
) -> bytes:
    """Draw a table by one of the public plots; return the SVG, the same for the same table."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # Without a salt and with a date, each run would give other bytes.
    with mpl.rc_context({"svg.hashsalt": "chatdash", "svg.fonttype": "path"}):
        figure = Figure(figsize=size, layout="constrained")
        plot(table, ax=figure.subplots(), **how)
        drawn = io.BytesIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    return slim(drawn.getvalue().decode("utf-8")).encode("utf-8")
