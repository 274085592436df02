"""In how many conversations a field has a value, period by period."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.fields.distinct import distinct_values
from chatdash_analysis.fields.listing import in_order, listing_of, with_raw_key
from chatdash_analysis.fields.rows import agents_and_moments, cells_of, seen
from chatdash_analysis.periods import period_starts
from chatdash_analysis.rates import add_flag

if TYPE_CHECKING:
    from datetime import tzinfo

    from chatdash_analysis.fields.listing import Listing
    from chatdash_analysis.fields.rows import Cells, Flags, Ints, Rows
    from chatdash_analysis.periods import Freq

__all__ = ["field_coverage"]

_DTYPES = {
    "agent_id": "str", "column": "str", "raw_key": "str", "period": "datetime64[us]",
    "rows": "int64", "values": "int64", "coverage": "float64",
    "eligible": "int64", "eligible_values": "int64", "eligible_coverage": "float64",
    "flags": "str",
}  # fmt: skip
_COUNTED = ("rows", "values", "eligible", "eligible_values")
_FLAGS = ("before", "after", "gap")
# So unlikely is a pause by chance that it is called a gap.
_CHANCE = 0.001
_LEAST = 5  # conversations


def field_coverage(
    conversations: pd.DataFrame,
    *,
    freq: Freq = "W",
    tz: str | tzinfo = "UTC",
    metadata: bool = False,
) -> pd.DataFrame:
    """Tell for each field and period how many conversations have a value.

    So that gaps can be seen, and where a field was dropped, added or got another name.
    These are counts of what is there, no estimates, and have no intervals.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations with ``agent_id``, ``created_at`` and ``custom_*`` columns; the keys
        that the platforms sent are told where ``custom_analysis`` is there, too.
    freq : {"D", "W", "M"}
        Local days, weeks (from Monday) or months.
    tz : str or tzinfo
        Time zone of the periods.
    metadata : bool
        Whether the fields of ``metadata`` are listed, too.

    Returns
    -------
    pandas.DataFrame
        One row an agent, field and period in which the agent has conversations, sorted by
        agent, raw key and period: ``agent_id``, ``column``, ``raw_key``, ``period`` (its
        first local date); ``rows`` (the agent's conversations), ``values`` (of them with a
        value) and ``coverage`` (their ratio); ``eligible`` (conversations that could have
        one: connected, from the field's first value on), ``eligible_values`` and
        ``eligible_coverage`` (missing where none could); ``flags``: ``before`` and ``after``
        (the field's first, or last value lies in another period), ``gap`` (between these,
        no value in so many conversations that it is hardly chance). Conversations without
        ``created_at`` are in no row, nor are fields that have no column.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If there is no such time zone or kind of period, or the instants have no time zone.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> weeks = cda.field_coverage(cda.load_sample(600), freq="M")
    >>> renamed = weeks[weeks["raw_key"].isin(["caller_intent", "call_intent"])]
    >>> renamed.groupby("raw_key")["values"].apply(list).to_dict()
    {'call_intent': [0, 0, 7, 11, 9, 19], 'caller_intent': [10, 10, 3, 0, 0, 0]}
    """
    listing = listing_of(conversations, metadata=metadata, use="field_coverage")
    rows = agents_and_moments(listing.frame)
    cells = cells_of(listing.frame, rows, freq, tz)
    counted = [_none()]
    for column in listing.columns:
        present = distinct_values(listing.frame[column]).codes >= 0
        counted.append(_counts(rows, cells, present))
    table = pd.DataFrame(
        {name: np.concatenate([counts[name] for counts in counted]) for name in counted[0]}
    )
    sizes = [len(counts["cell"]) for counts in counted[1:]]
    return _finished(
        table.assign(
            column=np.repeat(np.array(listing.columns, dtype=object), sizes),
            agent_id=rows.labels.take(cells.agents[table["cell"]]).to_numpy(),
            period=period_starts(cells.periods[table["cell"]], freq),
        ),
        listing,
    )


def _none() -> dict[str, Ints]:
    return dict.fromkeys(("cell", *_COUNTED, *_FLAGS), np.empty(0, dtype=np.int64))


def _finished(table: pd.DataFrame, listing: Listing) -> pd.DataFrame:
    flags = pd.Series("", index=table.index, dtype="str")
    for name in _FLAGS:
        flags = add_flag(flags, table[name], name)
    table = table.assign(
        agent_id=table["agent_id"].astype("str"),
        column=table["column"].astype("str"),
        coverage=table["values"] / table["rows"],
        eligible_coverage=table["eligible_values"] / table["eligible"].where(table["eligible"] > 0),
        flags=flags,
    )
    table = with_raw_key(table, listing)
    return table[[*_DTYPES]].astype(_DTYPES).take(in_order(table)).reset_index(drop=True)


def _counts(rows: Rows, cells: Cells, present: Flags) -> dict[str, Ints]:
    """Count one field in the periods of the agents that have it."""
    where = seen(rows, present)
    masks = (rows.dated, present & rows.dated, where.eligible, where.eligible & present)
    size = len(cells.agents)
    counts = {
        name: np.bincount(cells.codes[mask], minlength=size)
        for name, mask in zip(_COUNTED, masks, strict=True)
    }
    has = np.bincount(rows.agents[present], minlength=rows.size) > 0
    held = np.flatnonzero(has[cells.agents])
    told = counts | _flags(counts, cells.agents, rows.size)
    return {"cell": held, **{name: values[held] for name, values in told.items()}}


def _flags(counts: dict[str, Ints], agents: Ints, size: int) -> dict[str, Ints]:
    held = np.flatnonzero(counts["values"])
    place = np.arange(len(agents))
    first = np.full(size, len(agents))
    last = np.full(size, -1)
    np.minimum.at(first, agents[held], held)
    np.maximum.at(last, agents[held], held)
    before, after = place < first[agents], place > last[agents]
    gap = _is_gap(counts, agents, size) & ~before & ~after
    flags = {"before": before, "after": after & ~before, "gap": gap}
    return {name: mask.astype(np.int64) for name, mask in flags.items()}


def _is_gap(counts: dict[str, Ints], agents: Ints, size: int) -> Flags:
    """Tell where no value at all is hardly chance, if the field is filled as it mostly is."""
    could, has = counts["eligible"], counts["eligible_values"]
    rate = _sums(has, agents, size) / (_sums(could, agents, size) + 2)
    chance = np.power(1 - rate[agents], could)
    return np.asarray((counts["values"] == 0) & (could >= _LEAST) & (chance < _CHANCE))


def _sums(counts: Ints, agents: Ints, size: int) -> Ints:
    return np.bincount(agents, weights=counts, minlength=size).astype(np.int64)
