"""Parts of a report as a page shows them: numbered, of few rows and short texts."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.report.parts import Figure
from chatdash_analysis.report.phrases import counted
from chatdash_analysis.report.wording import HEADINGS, method_words
from chatdash_analysis.showing.numbers import MISSING, count
from chatdash_analysis.showing.readable import readable_table
from chatdash_analysis.showing.texts import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatdash_analysis.report.parts import Section, Table

__all__ = ["MOST_ROWS", "PagePart", "PageSection", "PageTable", "page_sections", "plain"]

MOST_ROWS = 50
_MOST_IN_A_CELL = 160
_MOST_IN_A_PARAGRAPH = 2_000
_MOST_PARAGRAPHS = 40
# Columns that sum up how much a row stands for; the first that a table has.
_SIZES = ("conversations", "queries", "n", "users", "count")


@dataclass(frozen=True)
class PageTable:
    """A table of texts, and what is said of rows that are not shown."""

    headings: list[tuple[str, bool]]
    rows: list[list[str]]
    left_out: str


@dataclass(frozen=True)
class PagePart:
    """A table, with its picture where it has one; `number` is the same for both."""

    number: int
    caption: str
    method: str
    table: PageTable
    open: bool
    source: str
    alt: str


@dataclass(frozen=True)
class PageSection:
    """A section as texts."""

    anchor: str
    title: str
    sentences: list[str]
    parts: list[PagePart]
    notes: list[str]


def page_sections(sections: Sequence[Section], *, most_rows: int = MOST_ROWS) -> list[PageSection]:
    """Return sections with their tables as texts and their parts numbered through the page."""
    numbers = iter(range(1, 1 + sum(len(section.parts) for section in sections)))
    return [
        PageSection(
            section.anchor,
            section.title,
            [plain(text) for text in section.sentences[:_MOST_PARAGRAPHS]],
            [_part(part, next(numbers), most_rows) for part in section.parts],
            [plain(text) for text in section.notes[:_MOST_PARAGRAPHS]],
        )
        for section in sections
    ]


def plain(text: Any, *, most: int = _MOST_IN_A_PARAGRAPH) -> str:
    """Return a text as one line, without signs that act, cut where it is too long."""
    line = one_line(str(text))
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _part(part: Figure | Table, number: int, most_rows: int) -> PagePart:
    table = part.table if isinstance(part, Figure) else part
    return PagePart(
        number=number,
        caption=plain(table.caption),
        method=plain(method_words(table.method)),
        table=_page_table(table, most_rows),
        open=table.open,
        source=_source(part.picture) if isinstance(part, Figure) else "",
        alt=plain(part.alt) if isinstance(part, Figure) else "",
    )


def _source(picture: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(picture).decode('ascii')}"


def _page_table(table: Table, most_rows: int) -> PageTable:
    kept, left_out = _most(table.frame, most_rows)
    texts, right = _filled(readable_table(kept, table.columns))
    words = {**HEADINGS, **table.headings}
    headings = [plain(words.get(name, name), most=_MOST_IN_A_CELL) for name in texts.columns]
    rows = [
        [plain(cell, most=_MOST_IN_A_CELL) for cell in row]
        for row in texts.itertuples(index=False, name=None)
    ]
    return PageTable(list(zip(headings, right, strict=True)), rows, left_out)


def _filled(texts: pd.DataFrame) -> tuple[pd.DataFrame, list[bool]]:
    """Leave out columns that say nothing in any row; the first names the rows, and stays."""
    told = [not texts.iloc[:, at].isin(["", MISSING]).all() for at in range(texts.shape[1])]
    kept = [at for at, says in enumerate(told) if says or at == 0 or texts.empty]
    right = texts.attrs["right"]
    return texts.iloc[:, kept], [right[at] for at in kept]


def _most(frame: pd.DataFrame, most: int) -> tuple[pd.DataFrame, str]:
    """Return the rows that are shown, and a line on the others; nothing if there are none."""
    if len(frame) <= most:
        return frame, ""
    size = next((name for name in _SIZES if name in frame.columns), None)
    of = f"{count(most)} of {counted(len(frame), 'row')}"
    if size is None or not _is_by_group(frame):
        return frame.iloc[:most], f"The first {of}."
    sizes = frame[size].reset_index(drop=True)
    kept = sizes.sort_values(ascending=False, kind="stable").index[:most].sort_values()
    rest = sizes.drop(kept)
    total = f"; the others add up to {count(rest.sum())} ({size})" if size != "users" else ""
    return frame.iloc[kept], f"The largest {of}{total}."


def _is_by_group(frame: pd.DataFrame) -> bool:
    """Tell whether the first column names groups: days and contacts are read in their order."""
    first = frame.dtypes.iloc[0]
    texts = isinstance(first, (pd.StringDtype, pd.CategoricalDtype))
    return texts or bool(pd.api.types.is_object_dtype(first))
