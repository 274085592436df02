"""Which fields the agents have, from the JSON that the platforms sent and from the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from chatdash_analysis.flattening.catalogue import expand_metadata, field_catalogue
from chatdash_analysis.schema import BY_NAME
from chatdash_analysis.tables import require_columns, require_dataframe

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["Listing", "in_order", "is_field", "listing_of", "with_raw_key"]

_CUSTOM, _METADATA = "custom_", "metadata_"
_SENT = ("agent_id", "column", "raw_key", "kind", "values", "first_seen", "last_seen", "conflicts")


class Listing(NamedTuple):
    """The fields of conversations.

    Attributes
    ----------
    frame : pandas.DataFrame
        The conversations, with the columns of metadata where they were asked for.
    columns : list of str
        The columns that are fields.
    sent : pandas.DataFrame
        One row an agent and field of the JSON: ``agent_id``, ``column`` (missing if it has
        none), ``raw_key``, ``kind``, ``values``, ``first_seen``, ``last_seen``, ``conflicts``.
    """

    frame: pd.DataFrame
    columns: list[str]
    sent: pd.DataFrame


def is_field(name: object, prefixes: Iterable[str] = (_CUSTOM, _METADATA)) -> bool:
    """Tell whether a column is a flattened field."""
    return isinstance(name, str) and name.startswith(tuple(prefixes)) and name not in BY_NAME


def listing_of(conversations: pd.DataFrame, *, metadata: bool, use: str) -> Listing:
    """Find the fields.

    Raises
    ------
    MissingColumnsError
        If ``agent_id`` or ``created_at`` is not there, or there is no metadata but it was
        asked for.
    InputError
        If it is no pandas DataFrame.
    """
    require_dataframe(conversations, use)
    require_columns(conversations, ("agent_id", "created_at"), use)
    frame, sent = conversations, []
    if "custom_analysis" in frame.columns:
        sent.append(field_catalogue(frame)[[*_SENT]])
    if metadata:
        frame = _with_metadata(frame, use)
        if "metadata" in frame.columns:
            sent.append(_metadata_catalogue(frame))
    prefixes = (_CUSTOM, _METADATA) if metadata else (_CUSTOM,)
    columns = sorted(name for name in frame.columns if is_field(name, prefixes))
    return Listing(frame, columns, pd.concat([_nothing_sent(), *sent], ignore_index=True))


def _with_metadata(frame: pd.DataFrame, use: str) -> pd.DataFrame:
    if any(is_field(name, (_METADATA,)) for name in frame.columns):
        return frame
    require_columns(frame, ("metadata",), use)
    return expand_metadata(frame)


def _metadata_catalogue(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the fields of metadata, which the catalogue of customAnalysis finds as well."""
    columns = [name for name in frame.columns if is_field(name, (_METADATA,))]
    beside = frame[["agent_id", "created_at", "metadata", *columns]].rename(
        columns={name: _CUSTOM + name[len(_METADATA) :] for name in columns}
    )
    # A field named "analysis" would stand where the catalogue expects the JSON.
    beside = beside.drop(columns="custom_analysis", errors="ignore")
    sent = field_catalogue(beside.rename(columns={"metadata": "custom_analysis"}))[[*_SENT]]
    column = sent["column"].str.slice(len(_CUSTOM))
    return sent.assign(column=(_METADATA + column).astype("str"))


def _nothing_sent() -> pd.DataFrame:
    texts = {name: pd.Series([], dtype="str") for name in ("agent_id", "column", "raw_key", "kind")}
    counts = {name: pd.Series([], dtype="int64") for name in ("values", "conflicts")}
    instant = pd.Series([], dtype="datetime64[us, UTC]")
    empty = pd.DataFrame({**texts, **counts, "first_seen": instant, "last_seen": instant})
    return empty[[*_SENT]]


def with_raw_key(table: pd.DataFrame, listing: Listing) -> pd.DataFrame:
    """Return a table of ``agent_id`` and ``column`` with the keys that the platforms sent."""
    sent = listing.sent.dropna(subset="column").drop_duplicates(["agent_id", "column"])
    return table.merge(
        sent[["agent_id", "column", "raw_key"]], how="left", on=["agent_id", "column"], sort=False
    )


def in_order(table: pd.DataFrame) -> Any:
    """Return the places of rows by agent, raw key, column and, where there is one, period."""
    key = table["raw_key"].fillna(table["column"])
    keys = table.assign(raw_key=key)
    by = [name for name in ("agent_id", "raw_key", "column", "period") if name in table.columns]
    return keys.reset_index(drop=True).sort_values(by, kind="stable").index.to_numpy()
