"""What the dynamic fields are: where each comes from, its type, coverage and conflicts."""

from __future__ import annotations

import copy
from collections import Counter

import pandas as pd
import pyarrow as pa

from chatdash_analysis.errors import InputError
from chatdash_analysis.flattening.columns import flatten_column, with_fields
from chatdash_analysis.flattening.flatten import Path, as_text, decode_objects, flatten
from chatdash_analysis.flattening.names import both_names, raw_key
from chatdash_analysis.flattening.texts import Resolved, resolve
from chatdash_analysis.tables import require_columns, text_column, typed_table

__all__ = ["expand_metadata", "field_catalogue"]

_READ = ("agent_id", "created_at", "custom_analysis")
_KINDS = {bool: "boolean", int: "number", float: "number", str: "text"}
_DTYPES = {
    "agent_id": "str",
    "column": "str",
    "raw_key": "str",
    "kind": "str",
    "values": "int64",
    "rows": "int64",
    "coverage": "float64",
    "first_seen": "datetime64[us, UTC]",
    "last_seen": "datetime64[us, UTC]",
    "conflicts": "int64",
    "converted": "str",
    "null_tokens": "int64",
}


def field_catalogue(conversations: pd.DataFrame) -> pd.DataFrame:
    """List the fields of the platforms' own analysis, for each agent.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations with ``agent_id``, ``created_at`` and ``custom_analysis`` (JSON as text,
        or dicts).

    Returns
    -------
    pandas.DataFrame
        One row an agent and field: ``agent_id``, ``column`` (missing if the field
        stayed in the JSON because there are too many), ``raw_key`` (as the platform
        sent it), ``kind`` (boolean, number, text or mixed), ``values`` (conversations
        that have one) of ``rows``, ``coverage`` (their ratio), ``first_seen``,
        ``last_seen``, ``conflicts`` (values that are not of the field's most common
        type), ``converted`` (what text was turned into, where every value allows it)
        and ``null_tokens`` (texts such as "N/A" that became missing by that).

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If the objects in ``custom_analysis`` cannot be written as JSON.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> catalogue = cda.field_catalogue(cda.load_sample(300))
    >>> catalogue.columns[:4].tolist()
    ['agent_id', 'column', 'raw_key', 'kind']
    """
    require_columns(conversations, _READ, "field_catalogue")
    # An index may be named as a column is.
    frame = conversations[[*_READ]].reset_index(drop=True)
    frame["custom_analysis"] = _json_texts(frame["custom_analysis"])
    columns, _ = flatten_column(pa.chunked_array([pa.array(frame["custom_analysis"], pa.string())]))
    names = {path: _column_in(conversations, path) for path in columns}
    resolved = {path: resolve(column) for path, column in columns.items()}
    rows = []
    for agent, part in frame.groupby("agent_id", dropna=False, sort=True):
        for path, found in _by_path(part).items():
            rows.append(_describe(agent, len(part), path, found, names, resolved))
    rows.sort(key=lambda row: (str(row[0]), row[2]))
    return typed_table(rows, _DTYPES)


def _json_texts(column: pd.Series) -> pd.Series:
    """Return a column of JSON as text; objects that were decoded already are written again."""
    if isinstance(column.dtype, pd.StringDtype):
        return column
    try:
        texts = [as_text(value) if isinstance(value, dict) else value for value in column]
    except (TypeError, ValueError, RecursionError):
        raise InputError(
            f"Column {column.name!r} holds objects that cannot be written as JSON. Give the JSON as"
            " text, as load_conversations returns it, or dicts of texts, numbers and flags."
        ) from None
    return text_column(pd.Series(texts, index=column.index, name=column.name, dtype=object))


def _column_in(conversations: pd.DataFrame, path: Path) -> str | None:
    """Return the column of a field; which name it got depends on the fields beside it."""
    plain, unique = both_names(path, "custom_")
    return next((name for name in (unique, plain) if name in conversations.columns), None)


def _by_path(part: pd.DataFrame) -> dict[Path, pd.DataFrame]:
    """Return for each field of one agent when and as what type it was seen."""
    held = part[part["custom_analysis"].notna()]
    objects = decode_objects([text.encode() for text in held["custom_analysis"]])
    seen = [
        (path, at, _KINDS[type(item)])
        for value, at in zip(objects, held["created_at"], strict=True)
        if isinstance(value, dict)
        for path, item in flatten(value)
    ]
    table = pd.DataFrame(seen, columns=["path", "at", "kind"])
    return dict(iter(table.groupby("path"))) if len(table) else {}


def _describe(
    agent: object,
    size: int,
    path: Path,
    found: pd.DataFrame,
    names: dict[Path, str | None],
    resolved: dict[Path, Resolved],
) -> tuple[object, ...]:
    kinds = Counter(found["kind"])
    conflicts = len(found) - kinds.most_common(1)[0][1]
    result = resolved.get(path)
    return (
        agent,
        names.get(path),
        raw_key(path),
        "mixed" if len(kinds) > 1 else next(iter(kinds)),
        min(len(found), size),
        size,
        min(len(found), size) / size,
        found["at"].min(),
        found["at"].max(),
        conflicts,
        result.converted if result else "",
        result.null_tokens if result else 0,
    )


def expand_metadata(conversations: pd.DataFrame) -> pd.DataFrame:
    """Return the conversations with a ``metadata_*`` column for each metadata field.

    The fields are flattened and typed like those of customAnalysis; beyond 500, those
    with most values get a column and the rest stay in ``metadata`` alone. They often
    hold personal data.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations with ``metadata`` (JSON as text, or dicts).

    Returns
    -------
    pandas.DataFrame
        A new table: the columns given, then the ``metadata_*`` columns.

    Raises
    ------
    MissingColumnsError
        If the column ``metadata`` is not there.
    InputError
        If the objects in ``metadata`` cannot be written as JSON.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> conversations = cda.load_sample(300)
    >>> new = cda.expand_metadata(conversations).columns.difference(conversations.columns)
    >>> all(name.startswith("metadata_") for name in new)
    True
    """
    require_columns(conversations, ("metadata",), "expand_metadata")
    texts = pa.array(_json_texts(conversations["metadata"]), pa.string())
    columns, overflow = flatten_column(pa.chunked_array([texts]))
    table = with_fields(pa.table({}), columns, overflow=overflow, prefix="metadata_")
    resolved = pa.table({name: resolve(table[name]).column for name in table.column_names})
    frame = resolved.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    frame.index = conversations.index
    expanded = pd.concat(
        [conversations.drop(columns=frame.columns, errors="ignore"), frame], axis=1
    )
    expanded.attrs = copy.deepcopy(conversations.attrs)
    return expanded
