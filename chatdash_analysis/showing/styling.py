"""Tables in notebooks: numbers with their units, intervals and counts."""

from __future__ import annotations

import hashlib
import html
from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.showing.numbers import count
from chatdash_analysis.showing.readable import readable_table
from chatdash_analysis.showing.texts import one_line
from chatdash_analysis.tables import require_dataframe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pandas.io.formats.style import Styler

__all__ = ["style_table"]

# Notebooks would set what stands between dollar signs as a formula.
_PLAIN = 'class="dataframe tex2jax_ignore mathjax_ignore"'


def style_table(
    table: pd.DataFrame, columns: Sequence[str] | None = None, *, caption: str | None = None
) -> Styler:
    """Show a table of an analysis in a notebook as readers like it.

    Rates are percentages with their intervals and the counts behind them, differences are
    points, lengths are minutes and seconds, money has its unit, flags are words, and what is
    missing is a dash. It shows what the table holds, personal data too. Of long tables it shows
    as many rows as ``pandas.options.display.max_rows`` says, and how many there are.

    Parameters
    ----------
    table : pandas.DataFrame
        What any function here returned, or a table of your own; it stays as it is.
    columns : sequence of str, optional
        Columns to show, in this order; default: all. Intervals stand beside their number,
        and ``n`` and ``unknown`` beside each rate, whether asked for or not.
    caption : str, optional
        What the table shows, above it.

    Returns
    -------
    pandas.io.formats.style.Styler
        Shows itself in a notebook, and its first rows in a terminal; ``.to_html()`` is the same
        text each time. Its ``data`` are texts: take numbers from the table.

    Raises
    ------
    InputError
        If it is no DataFrame, several columns have one name, or labels of rows have the name of
        a column with other values.
    MissingColumnsError
        If a column is not there.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> channels = cda.rates_by(cda.load_sample(600), "channel")
    >>> styled = cda.style_table(channels, ["channel", "rate"], caption="Success by channel")
    >>> styled.data.columns.tolist()
    ['Channel', 'Rate', 'Known', 'Unknown']
    """
    if caption is not None and not isinstance(caption, str):
        raise InputError(f"caption must be a text; got {type(caption).__name__}.")
    require_dataframe(table, "style_table")
    most = pd.get_option("display.max_rows") or len(table)
    readable = readable_table(table.iloc[:most], columns, use="style_table")
    caption = _with_rest(caption, len(readable), len(table))
    # A mark of its own for each content, as a random one would change at every run.
    styled = _styler(readable, _mark(readable, caption))
    return styled if caption is None else styled.set_caption(html.escape(one_line(caption)))


def _with_rest(caption: str | None, shown: int, rows: int) -> str | None:
    if shown == rows:
        return caption
    rest = f"The first {count(shown)} of {count(rows)} rows; display.max_rows of pandas sets it."
    return rest if caption is None else f"{caption} ({rest.removesuffix('.')})"


def _styler(readable: pd.DataFrame, mark: str) -> Styler:
    # It needs jinja2, which takes long to import.
    from chatdash_analysis.showing.styler import ReadableStyler

    styled = ReadableStyler(readable, uuid=mark, cell_ids=False, escape="html")
    styled = styled.format_index(escape="html", axis="columns").hide(axis="index")
    return styled.set_table_attributes(_PLAIN).set_table_styles(_alignment(readable))


def _alignment(readable: pd.DataFrame) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = [
        {"selector": "caption", "props": "caption-side: top; text-align: left"}
    ]
    for number, right in enumerate(readable.attrs["right"]):
        side = "right" if right else "left"
        rules.append({"selector": f".col{number}", "props": f"text-align: {side}"})
        if right:
            # A number and its interval stay on one line.
            rules.append({"selector": f"td.col{number}", "props": "white-space: nowrap"})
    return rules


def _mark(readable: pd.DataFrame, caption: str | None) -> str:
    parts = [
        caption or "",
        str(readable.attrs["right"]),
        *readable.columns,
        *readable.to_numpy().ravel().tolist(),
    ]
    said = "\0".join(map(str, parts)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(said).hexdigest()[:10]
