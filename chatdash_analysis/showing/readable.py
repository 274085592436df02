"""A table of an analysis as one of texts, as it stands in a notebook or a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.showing.cells import cells, cells_with_limits
from chatdash_analysis.showing.kinds import NUMBERS, Meaning, heading_of, meaning_of
from chatdash_analysis.showing.layout import Shown, shown_columns
from chatdash_analysis.showing.numbers import MISSING, is_missing
from chatdash_analysis.showing.texts import one_line
from chatdash_analysis.tables import AS_RETURNED, require_columns, require_dataframe

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["readable_table"]

_OF_RETURNS = {
    "n": Meaning("count", "People at risk"),
    "successes": Meaning("count", "There again"),
    "unknown": Meaning("count", "Period not over"),
}


def readable_table(
    table: pd.DataFrame, columns: Sequence[str] | None = None, *, use: str = "readable_table"
) -> pd.DataFrame:
    """Return a table with numbers, intervals, lengths, money and flags as texts.

    Parameters
    ----------
    table : pandas.DataFrame
        Of an analysis; columns of your own are written by their type.
    columns : sequence of str, optional
        Columns that are shown, in this order; default: all. An interval stands in the cell
        of its number. Beside a rate the counts that it was made of are shown in any case.
    use : str
        Who asks, for messages.

    Returns
    -------
    pandas.DataFrame
        All ``str``, a dash where a value is missing, with headings as names.
        ``attrs["right"]`` says of each column whether it stands at the right.

    Raises
    ------
    InputError
        If it is no DataFrame, several columns have one name, labels of rows have the name of a
        column with other values, or `columns` are no names.
    MissingColumnsError
        If a column is not there.
    """
    require_dataframe(table, use)
    frame, labels = _with_index(table, use)
    asked = list(frame.columns) if columns is None else _asked(table, columns, use)
    require_columns(frame, asked, use, advice=AS_RETURNED)
    said = _said(table)
    shown = [
        replace(own, meaning=said.get(own.name, own.meaning))
        for own in shown_columns(list(frame.columns), [*labels, *asked])
    ]
    texts = {number: _texts(frame, own) for number, own in enumerate(shown)}
    result = pd.DataFrame(texts, index=pd.RangeIndex(len(frame)), dtype="str")
    result.columns = pd.Index(_headings(shown), dtype="str")
    result.attrs["right"] = [_at_right(frame, own) for own in shown]
    return result


def _said(table: pd.DataFrame) -> dict[str, Meaning]:
    """Return what the table itself says of its columns, beyond their names."""
    origin = table.attrs.get("cohorts")
    counts_people = isinstance(origin, Mapping) and origin.get("n") == "people at risk"
    said = dict(_OF_RETURNS) if counts_people else {}
    names = table.columns
    # Levels of a pivot table have names; those of several functions of one column have none.
    is_pivot = names.nlevels > 1 and None not in names.names[1:]
    return said | _of_pivot(names.to_list()) if is_pivot else said


def _of_pivot(columns: Sequence[tuple[object, ...]]) -> dict[str, Meaning]:
    """Return the meanings of columns such as ``("rate", "phone")``, by what comes first."""
    firsts = {str(own[0]) for own in columns}
    meanings = {first: meaning_of(first, firsts) for first in firsts}
    if "rate" in firsts:
        meanings |= dict.fromkeys(firsts & {"low", "high"}, meanings["rate"])
    return {
        _name(own): Meaning(meanings[str(own[0])].kind, heading_of(_name(own))) for own in columns
    }


def _asked(table: pd.DataFrame, columns: Sequence[str], use: str) -> list[str]:
    """Return the names that are asked for, as texts where the table has them otherwise."""
    names = {column: _name(column) for column in table.columns}
    if not isinstance(columns, Iterable) or isinstance(columns, bytes):
        got = type(columns).__name__
        raise InputError(f"{use}: columns must be names of columns; got {got}. Give a list.")
    wanted = [columns] if isinstance(columns, str) else list(columns)
    return [names.get(own, own) if isinstance(own, Hashable) else own for own in wanted]


def _with_index(table: pd.DataFrame, use: str) -> tuple[pd.DataFrame, list[str]]:
    """Return a table with texts as names, and the labels of its rows as first columns."""
    frame = table.set_axis([_name(column) for column in table.columns], axis="columns")
    require_columns(frame, (), use)
    index = table.index
    labels: dict[str, pd.Index] = {}
    for number, name in enumerate(index.names):
        if name is None and _only_counts(index):
            continue
        label, values = _label(name, number), index.get_level_values(number)
        if label not in labels and label not in frame.columns:
            labels[label] = values
        elif not _alike(values, labels[label] if label in labels else frame[label]):
            raise InputError(
                f"{use}: labels of the rows and another column of the table are both named"
                f" {label}, so that nobody knows which is meant. Name the labels anew with"
                " rename_axis, or drop them with reset_index(drop=True)."
            )
    first = pd.DataFrame(labels, index=range(len(frame)))
    frame = frame.set_axis(range(len(frame)), axis="index")
    return pd.concat([first, frame], axis="columns"), list(labels)


def _alike(one: Iterable[object], other: Iterable[object]) -> bool:
    """Return whether the values are the same, as labels are those of a column that was kept."""
    texts = [
        [MISSING if is_missing(value) else str(value) for value in own] for own in (one, other)
    ]
    return texts[0] == texts[1]


def _name(column: object) -> str:
    if isinstance(column, tuple):
        return " ".join(str(part) for part in column if str(part))
    return str(column)


def _label(name: object, number: int) -> str:
    return f"label {number + 1}" if name is None else _name(name)


def _only_counts(index: pd.Index) -> bool:
    """Return whether the labels say nothing but where a row stood."""
    return index.nlevels == 1 and bool(pd.api.types.is_integer_dtype(index.dtype))


def _texts(frame: pd.DataFrame, shown: Shown) -> list[str]:
    # A range has no values of its own.
    values, units, kind = frame.get(shown.name), frame.get("cost_unit"), shown.meaning.kind
    if shown.limits is None:
        return cells(values, kind, units)
    low, high = shown.limits
    return cells_with_limits(values, (frame[low], frame[high]), kind, units)


def _headings(shown: Sequence[Shown]) -> list[str]:
    """Return the headings, with the name of the column where two are equal."""
    texts = [one_line(own.meaning.heading) for own in shown]
    times = Counter(texts)
    return _distinct(
        [
            text if times[text] == 1 else f"{text} ({one_line(own.name)})"
            for text, own in zip(texts, shown, strict=True)
        ]
    )


def _distinct(texts: Sequence[str]) -> list[str]:
    """Return the texts with numbers where two are still equal."""
    taken: list[str] = []
    for text in texts:
        others = (text, *(f"{text} {number}" for number in range(2, len(texts) + 2)))
        taken.append(next(own for own in others if own not in taken))
    return taken


def _at_right(frame: pd.DataFrame, shown: Shown) -> bool:
    if shown.meaning.kind not in ("own", "value"):
        return shown.meaning.kind in NUMBERS
    dtype = frame[shown.name].dtype
    return bool(pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype))
