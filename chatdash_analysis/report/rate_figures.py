"""Pictures of rates by group, for as many groups as a reader can tell apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chatdash_analysis.plot.rates import plot_rates
from chatdash_analysis.report.labels import largest
from chatdash_analysis.report.parts import Figure
from chatdash_analysis.report.phrases import shown
from chatdash_analysis.report.pictures import picture
from chatdash_analysis.report.wording import records, success_words
from chatdash_analysis.showing.numbers import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from chatdash_analysis.report.parts import Table

__all__ = ["rates_part"]


def rates_part(
    table: pd.DataFrame, about: Table, *, labels: Sequence[str], size: str
) -> Figure | Table:
    """Return a table with a picture of its largest groups; alone where these have no rate.

    Parameters
    ----------
    table : pandas.DataFrame
        Rates by group, as they are drawn.
    about : Table
        The table that a reader can look up.
    labels : sequence of str
        Columns that name a group.
    size : str
        Column by which groups are large.
    """
    drawn, rest = largest(table, size)
    if drawn["rate"].isna().all():
        return about
    only = f" The picture shows the {count(len(drawn))} largest of {count(len(table))}."
    told = "; ".join(_words(row, labels) for row in records(drawn))
    height = 1.3 + 0.28 * max(len(drawn), 2)
    return Figure(
        picture(plot_rates, drawn, size=(7.5, height), label=list(labels)),
        f"{about.caption}. {told}.{only if rest else ''}",
        replace(about, method=f"{about.method}{only}") if rest else about,
    )


def _words(row: dict[str, Any], labels: Sequence[str]) -> str:
    return f"{', '.join(shown(row[name]) for name in labels)}: {success_words(row)}"
