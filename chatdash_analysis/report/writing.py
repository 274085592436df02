"""Write a report: check, cut, run the sections, lay out, save."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatdash_analysis.errors import InputError
from chatdash_analysis.report.checking import check_arguments
from chatdash_analysis.report.columns import with_plain_columns
from chatdash_analysis.report.contents import make_sections
from chatdash_analysis.report.material import default_title, make_material
from chatdash_analysis.report.origins import with_origin
from chatdash_analysis.report.page_parts import MOST_ROWS
from chatdash_analysis.report.pages import page_text
from chatdash_analysis.report.periods import choose_periods
from chatdash_analysis.saving import write_bytes

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    import pandas as pd

    from chatdash_analysis.report.parts import Material
    from chatdash_analysis.report.periods import Asked

__all__ = ["write_report"]

_LARGEST = 2_000_000
# Tables are cut shorter, before a page is too large to be sent.
_ROWS = (MOST_ROWS, 15, 5)


def write_report(
    conversations: pd.DataFrame,
    path: str | PathLike[str],
    *,
    title: str | None = None,
    period: Asked | None = None,
    compare_with: Asked | None = None,
    tz: str = "UTC",
    outcome: str = "evaluation_is_success",
    min_users: int = 5,
    sightings: pd.DataFrame | None = None,
) -> Path:
    """Write a report on a period as one HTML file, for a client to read.

    The file needs no network and runs no script. It says what was loaded and what is missing,
    the numbers beside those of an earlier period, why success changed, channels, devices and
    hours, how far conversations got and why they ended, who comes back, what was not
    understood, which fields go with success, and what may still change. Each figure has its
    table, and each table its method.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations of both periods and better of some months before them, of which people
        who come back and trends are told. A column ``agent_name``, where there is one, names
        the agents.
    path : path
        File to write; its name ends in ``.html``. A file that is there is replaced whole.
    title : str, optional
        Heading; by default the names of up to three agents, and the period.
    period : str or (start, end), optional
        A month such as ``"2026-05"``, or its first day and the first day after it, on the
        calendar of `tz`; by default the last whole month that the data cover.
    compare_with : str or (start, end), optional
        The same of the earlier period; by default the month before a month, and as many days
        before other periods. It may hold nothing.
    tz : str
        Time zone of days, hours and months.
    outcome : str
        Column of flags that says what succeeded.
    min_users : int
        Least number of people behind a text that is shown.
    sightings : pandas.DataFrame, optional
        What `load_sightings` gives, from which is told how late evaluations come.

    Returns
    -------
    pathlib.Path
        The file, which only its owner may read. The same data, in whatever order, give the
        same bytes.

    Raises
    ------
    InputError
        If an argument cannot be used, a column does not hold what `describe_columns` says, a
        conversation is there twice, the period holds no conversations, or the file cannot be
        written or would be larger than 2 MB.
    MissingColumnsError
        If a column is not there without which there is no report.
    IncompleteError
        If part of the period was never loaded.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import chatdash_analysis as cda
    >>> conversations = cda.load_sample(600)
    >>> with TemporaryDirectory() as folder:
    ...     page = cda.write_report(conversations, f"{folder}/report.html", period="2026-05")
    >>> page.name
    'report.html'
    """
    target = check_arguments(
        conversations, path, title=title, tz=tz, outcome=outcome, min_users=min_users,
        sightings=sightings,
    )  # fmt: skip
    told = with_plain_columns(with_origin(conversations))
    periods = choose_periods(told, period, compare_with, tz)
    material = make_material(
        told, periods, tz=tz, outcome=outcome, min_users=min_users, sightings=sightings
    )
    page = _page(default_title(material) if title is None else title, material)
    write_bytes(target, page)
    return target


def _page(title: str, material: Material) -> bytes:
    sections = make_sections(material)
    for most_rows in _ROWS:
        page = page_text(title, sections, material, most_rows=most_rows).encode("utf-8")
        if len(page) <= _LARGEST:
            return page
    raise InputError(
        f"The report would have {len(page):,} bytes, more than {_LARGEST:,}. Write it for fewer"
        " agents, or a shorter period."
    )
