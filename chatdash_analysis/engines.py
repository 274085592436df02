"""The counts of `counts`, on frames of other engines: polars, DuckDB, Dask, PySpark.

Only what narwhals does alike on all of them is used: select, filter, with_columns,
group_by with count and sum of plain columns, and joins on one key. No ``n_unique`` and
no ``over``, which some engines answer wrongly, and nothing that depends on the time zone
of a session. The rows stay in the engine; what comes back are small tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import pandas as pd

from chatdash_analysis.engine_frames import grouped, kept, small_table
from chatdash_analysis.engine_people import People
from chatdash_analysis.engine_rows import EVERYTHING, USER, prepared
from chatdash_analysis.tables import lazy_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chatdash_analysis.engine_rows import Rows

__all__ = ["group_sums"]


def group_sums(
    frame: Any,
    by: Sequence[str],
    values: Mapping[str, nw.Expr],
    *,
    users: str | None = None,
    counting: str | None = None,
    products: Sequence[tuple[str, ...]] = (),
    rest: bool = False,
) -> pd.DataFrame:
    """Sum values by group, and products of each person's sums.

    Whole numbers are exact. Sums of floats may differ in their last digits from run to
    run: an engine adds in any order.

    Parameters
    ----------
    frame : frame of polars, DuckDB, Dask, PySpark or narwhals
        Any rows.
    by, values, users, counting, products, rest
        As in `counts.group_sums`.

    Returns
    -------
    pandas.DataFrame
        The table of `counts.group_sums`.

    Raises
    ------
    InputError
        If `frame` is no table, or groups cannot be made of a column.
    """
    rows = prepared(lazy_frame(frame), by, values, users)
    totals = {name: rows.total(name) for name in rows.sums.values()}
    if users is None:
        table = _together([_collected(rows.frame, totals, rows)], rows)
        return _named(table, by, rows)
    factors = {"*".join(names): tuple(rows.sums[name] for name in names) for names in products}
    people = People(rows, rows.sums[counting or "rows"], factors)
    # What is summed by person need not be summed by group as well.
    by_person = {name: totals.pop(name) for name in people.needed}
    tables = [_with_nameless(rows, totals, people, by_person)]
    inside, everybody = people.inside(), None
    with kept(people.per_group(), often=rest) as lines:
        sums = _sums([*inside, *by_person])
        tables.append(_collected(lines.with_columns(**inside), sums, rows))
        if rest:
            with kept(people.overall(lines)) as overall:
                outside = people.outside()
                beside = people.beside(lines, overall).with_columns(**outside)
                tables.append(_collected(beside, _sums(outside), rows))
                everybody = _whole(overall.with_columns(**inside), inside)
    table = _together(tables, rows)
    return _named(table, by, rows).assign(**people.results(table, everybody))


def _with_nameless(
    rows: Rows, totals: Mapping[str, nw.Expr], people: People, by_person: Mapping[str, nw.Expr]
) -> pd.DataFrame:
    """Sum over all rows by group, and what rows without a user give where there are any."""
    nameless = nw.col(USER).is_null()
    frame = rows.frame.with_columns(nameless=nw.when(nameless).then(1))
    table = _collected(frame, {**totals, "nameless": nw.col("nameless").count()}, rows)
    if not table.pop("nameless").any():
        return table
    alone = people.alone()
    frame = rows.frame.filter(nameless).with_columns(**alone)
    return pd.concat([table, _collected(frame, {**by_person, **_sums(alone)}, rows)])


def _sums(columns: Iterable[str]) -> dict[str, nw.Expr]:
    return {name: nw.col(name).sum() for name in columns}


def _collected(frame: nw.LazyFrame[Any], sums: Mapping[str, nw.Expr], rows: Rows) -> pd.DataFrame:
    return small_table(grouped(frame, list(rows.keys), **sums), rows.dtypes(sums))


def _whole(frame: nw.LazyFrame[Any], columns: Iterable[str]) -> pd.DataFrame:
    found = grouped(frame.with_columns(k=nw.lit(0)), ["k"], **_sums(columns))
    return small_table(found, dict.fromkeys(columns, "float64"))


def _together(tables: Sequence[pd.DataFrame], rows: Rows) -> pd.DataFrame:
    """Put sums of the same groups beside each other: sorted, missing labels last.

    Without any label there is one row, even of no rows.
    """
    keys = list(rows.keys)
    table = pd.concat(tables)
    numbers = list(table.columns.difference(keys, sort=False))
    table = table.fillna(dict.fromkeys(numbers, 0)).groupby(keys, dropna=False)[numbers].sum()
    table = table.reset_index().sort_values(keys, ignore_index=True)
    return table.reindex(range(1), fill_value=0) if keys == [EVERYTHING] else table


def _named(table: pd.DataFrame, by: Sequence[str], rows: Rows) -> pd.DataFrame:
    """Return the labels and sums under the caller's names."""
    labels = {name: table[key] for name, key in zip(by, rows.keys, strict=False)}
    sums = {name: table[column] for name, column in rows.sums.items()}
    dtypes = {name: rows.dtypes([column])[column] for name, column in rows.sums.items()}
    return pd.DataFrame(labels | sums).astype(dtypes)
