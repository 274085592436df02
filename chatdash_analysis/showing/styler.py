"""A Styler of pandas that reads in a terminal too."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from pandas.io.formats.style import Styler

from chatdash_analysis.showing.numbers import count

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ReadableStyler"]

# Notebooks save this text beside the table, where nobody sees it.
_ROWS, _WIDTH, _CELL = 5, 100, 40
_MORE = "\N{HORIZONTAL ELLIPSIS}"


class ReadableStyler(Styler):  # type: ignore[misc]
    """A styled table whose ``repr`` is its first rows as text, in every process the same."""

    def __repr__(self) -> str:
        columns = [at for at in range(self.data.shape[1]) if at not in set(self.hidden_columns)]
        rows = [at for at in range(len(self.data)) if at not in set(self.hidden_rows)]
        texts = self.data.iloc[rows[:_ROWS], columns]
        caption = [html.unescape(self.caption)] if isinstance(self.caption, str) else []
        rest = [f"{_MORE} {count(len(rows) - _ROWS)} more"] if len(rows) > _ROWS else []
        cells = [list(texts.columns), *texts.to_numpy().tolist()]
        return "\n".join([*caption, *_lines(cells), *rest])


def _lines(cells: Sequence[Sequence[object]]) -> list[str]:
    """Return rows of texts as aligned lines, cut at the right."""
    columns = [
        _aligned([_cut(str(cell), _CELL) for cell in column]) for column in zip(*cells, strict=True)
    ]
    return [_cut("  ".join(row).rstrip(), _WIDTH) for row in zip(*columns, strict=True)]


def _aligned(texts: Sequence[str]) -> list[str]:
    width = max(map(len, texts))
    return [text.ljust(width) for text in texts]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + _MORE
