"""Rates by group as points with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.errors import InputError
from chatdash_analysis.plot.fonts import plain
from chatdash_analysis.plot.inputs import (
    label_columns,
    numbers,
    plotted_table,
    rate_columns,
    rates_of,
    shares,
)
from chatdash_analysis.plot.labels import SEPARATOR, group_labels, percent_text, short_text
from chatdash_analysis.plot.rows import draw_points, height_of, largest_groups, set_rows
from chatdash_analysis.plot.style import (
    BLUE,
    FAINT,
    SMALL,
    axes_for,
    draw_no_data,
    draw_note,
    percent_axis,
    put_text,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["plot_rates"]


def plot_rates(
    table: pd.DataFrame,
    *,
    label: str | Sequence[str] | None = None,
    metric: str | None = None,
    reference: float | None = None,
    sort: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the rate of each group as a point with its interval, n at its right.

    The rows keep the order of the table. A group whose rate is missing keeps its row, with the
    reason in the place of the point. Hollow points have a plain interval, as their users are too
    few for one that knows that conversations cluster in users. Of more than 60 groups the largest
    are drawn, and a note counts the others.

    Parameters
    ----------
    table : pandas.DataFrame
        What `rates_by`, `channel_summary`, `country_summary`, `device_summary`, `ended_reasons`
        or any function returned that has ``n``, ``rate``, ``low``, ``high`` and ``flags``.
    label : str or sequence of str, optional
        Columns that name a group. Without it: the columns before ``n``, except measures.
        Columns that identify people (as `describe_columns` says) are numbered, not shown.
    metric : str, optional
        Which of several rates of the table: ``"handoff"`` draws ``handoff_rate`` with
        ``handoff_low`` and ``handoff_high``.
    reference : float, optional
        A share, 0 to 1, drawn as a line to compare with.
    sort : str, optional
        A column of numbers; the row with its largest value comes first, missing ones last.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure whose height fits the groups when not given.

    Returns
    -------
    matplotlib.axes.Axes
        x is the rate in percent; one row a group.

    Raises
    ------
    MissingColumnsError
        The table has no such rate.
    InputError
        Rates or the reference are not shares between 0 and 1.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> channels = cda.rates_by(cda.load_sample(300), "channel")
    >>> ax = cda.plot_rates(channels, reference=0.5)
    >>> ax.get_xlabel()
    'rate (% of n), line: interval'
    """
    table = plotted_table(table, ["n"], "plot_rates")
    columns = rate_columns(table, metric)
    table = plotted_table(table, [*columns, *([sort] if sort else [])], "plot_rates")
    names = label_columns(table, label)
    _check_reference(reference)
    rows, notes = largest_groups(numbers(table, columns[-1]))
    shown = _sorted(table.iloc[rows], sort)
    ax = axes_for(ax, width=8, height=height_of(len(shown)))
    ax.set_xlabel(_axis_label(metric), **plain([_axis_label(metric)]))
    if shown.empty:
        return draw_no_data(ax)
    positions = np.arange(len(shown), dtype="float64")
    head = SEPARATOR.join(name.removesuffix("_label").replace("_", " ") for name in names)
    set_rows(ax, group_labels(shown, names), positions, head=short_text(head) if names else "")
    draw_points(ax, rates_of(shown, metric=metric), positions, colour=BLUE)
    percent_axis(ax, np.append(shares(shown, columns[2]), reference or np.nan))
    ax.grid(axis="x", alpha=0.3)
    _draw_reference(ax, reference)
    draw_note(ax, notes)
    return ax


def _axis_label(metric: str | None) -> str:
    what = "" if metric is None else f"{short_text(metric.replace('_', ' '))} "
    return f"{what}rate (% of n), line: interval"


def _check_reference(reference: float | None) -> None:
    if reference is not None and not 0 <= reference <= 1:
        raise InputError(f"reference must be a share between 0 and 1; got {reference!r}.")


def _sorted(table: pd.DataFrame, sort: str | None) -> pd.DataFrame:
    if sort is None:
        return table
    return table.sort_values(sort, ascending=False, kind="stable", na_position="last")


def _draw_reference(ax: Axes, reference: float | None) -> None:
    if reference is None:
        return
    ax.axvline(
        reference, linestyle="--", linewidth=1, color=ax.xaxis.label.get_color(), alpha=FAINT
    )
    put_text(
        ax, f"reference {percent_text(reference)}", xy=(reference, 1),
        xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points",
        ha="center", va="bottom", fontsize=SMALL, alpha=FAINT,
    )  # fmt: skip
