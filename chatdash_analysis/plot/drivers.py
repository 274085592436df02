"""Which fields go with success, and how strongly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.errors import InputError
from chatdash_analysis.plot.inputs import columns_before, flag_sets, numbers, plotted_table, shares
from chatdash_analysis.plot.labels import count_text, group_labels
from chatdash_analysis.plot.rows import height_of, set_rows, write_beside
from chatdash_analysis.plot.style import (
    BLUE,
    VERMILION,
    axes_for,
    draw_no_data,
    draw_note,
    fitting_size,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["plot_drivers"]

_NEEDED = ("field", "kind", "strength", "adjusted_difference", "n", "q_value")
_APART = frozenset({"after_outcome", "may_restate_outcome"})


def plot_drivers(
    table: pd.DataFrame, *, most: int = 20, found: float = 0.05, ax: Axes | None = None
) -> Axes:
    """Draw how strongly each field goes with success, with its n, q-value and difference.

    Filled points have a q-value below `found`; hollow ones may be chance. Vermilion ones are
    known after the outcome, or may restate it. At the right stands the adjusted difference in
    points of a percent where the field has two sides. Rows keep the order of the table; what was
    not tested is counted in a note.

    Parameters
    ----------
    table : pandas.DataFrame
        What `drivers` returned; the columns before ``field`` name the groups.
    most : int
        Rows to draw at most; a note counts the others.
    found : float
        q-value below which a field counts as found.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure whose height fits the rows when not given.

    Returns
    -------
    matplotlib.axes.Axes
        x is the strength, 0 to 1; one row a field, or its absence.

    Raises
    ------
    MissingColumnsError
        The table is no table of drivers.
    InputError
        A strength or `found` is not between 0 and 1, or `most` is no number of rows.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> found = cda.drivers(cda.load_sample(600), fields=["channel", "device"])
    >>> ax = cda.plot_drivers(found)
    >>> ax.get_xlabel()
    'strength, corrected for chance (0: none, 1: decides the outcome)'
    """
    if isinstance(most, bool) or not isinstance(most, (int, np.integer)) or most < 1:
        raise InputError(f"most={most!r} is no number of rows. Give 20, for example.")
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not 0 <= found <= 1:
        raise InputError(f"found={found!r} is no q-value between 0 and 1. Give 0.05, for example.")
    table = plotted_table(table, _NEEDED, "plot_drivers")
    tested = table[~np.isnan(shares(table, "strength"))].reset_index(drop=True)
    shown = tested.head(most)
    ax = axes_for(ax, width=8, height=height_of(len(shown)))
    ax.set_xlabel("strength, corrected for chance (0: none, 1: decides the outcome)")
    notes = _notes(len(tested) - len(shown), len(table) - len(tested))
    if shown.empty:
        draw_note(ax, notes)
        return draw_no_data(ax)
    positions = np.arange(len(shown), dtype="float64")
    set_rows(ax, _labels(shown), positions)
    _draw_points(ax, shown, found)
    ax.set_xlim(-0.02, 1.02)
    ax.grid(axis="x", alpha=0.3)
    draw_note(ax, [*_meanings(shown, found), *notes])
    return ax


def _meanings(shown: pd.DataFrame, found: float) -> list[str]:
    apart = any(flags & _APART for flags in flag_sets(shown))
    red = ["vermilion: known after the outcome, or may be the outcome in other words"]
    return [f"filled: q < {found:g}", *(red if apart else [])]


def _notes(more: int, untested: int) -> list[str]:
    notes = [f"{more:,} further row{'s' if more > 1 else ''} not shown"] if more else []
    return notes + ([f"{untested:,} without a strength, see their flags"] if untested else [])


def _labels(shown: pd.DataFrame) -> list[str]:
    names = shown.assign(
        field=shown["field"].str.removeprefix("custom_")
        + shown["kind"].eq("absent").map({True: ": absent", False: ""})
    )
    return group_labels(names, [*columns_before(shown, "field"), "field"])


def _draw_points(ax: Axes, shown: pd.DataFrame, found: float) -> None:
    size = fitting_size(ax, len(shown))
    strengths, q_values = shares(shown, "strength"), numbers(shown, "q_value")
    differences, counts = numbers(shown, "adjusted_difference"), numbers(shown, "n")
    for y, flags in enumerate(flag_sets(shown)):
        colour = VERMILION if flags & _APART else BLUE
        face = colour if q_values[y] < found else ax.get_facecolor()
        ax.hlines(y, 0, strengths[y], color=colour, linewidth=1.8, alpha=0.7)
        ax.plot(
            strengths[y], y, "o", color=colour, markerfacecolor=face, markersize=size * 0.65
        )  # fmt: skip
        parts = [count_text(counts[y]), _q_text(q_values[y]), _points_text(differences[y])]
        text = ", ".join(part for part in parts if part)
        write_beside(ax, float(y), text, size)


def _q_text(value: float) -> str:
    if np.isnan(value):
        return ""
    return "q < 0.001" if value < 0.001 else f"q = {value:.3f}"


def _points_text(difference: float) -> str:
    return "" if np.isnan(difference) else f"{round(difference * 100):+d} points"
