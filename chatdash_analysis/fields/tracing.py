"""What is kept of a field to see whether it goes on under another name."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.fields.renames import Shares, Trace, trimmed

if TYPE_CHECKING:
    from chatdash_analysis.fields.distinct import Distinct
    from chatdash_analysis.fields.rows import Ints, Rows

__all__ = ["trace_of"]

# Texts that say more than a label, each in words of its own, cannot be compared.
_MOST_TEXTS = 100


def trace_of(
    column: str, key: str, agent: int, *, distinct: Distinct, held: Ints, telling: Ints, rows: Rows
) -> Trace | None:
    """Return the trace of a field of an agent; None if no connected conversation has it.

    Parameters
    ----------
    column, key : str
    agent : int
    distinct : Distinct
    held : numpy.ndarray of int64
        The agent's rows with a value.
    telling : numpy.ndarray of int64
        How often each distinct value came; 0 if it says nothing.
    rows : Rows
    """
    moments = np.sort(rows.moments[held[rows.connected[held]]])
    if not len(moments):
        return None
    first, last = trimmed(moments)
    kind = "text" if distinct.kind == "mixed" else distinct.kind
    known = rows.connected_moments[agent]
    shares = _shares(distinct, telling)
    return Trace(agent, column, key, kind, known, first, last, len(moments), shares)


def _shares(distinct: Distinct, telling: Ints) -> Shares:
    held = np.flatnonzero(telling)
    parts = telling[held] / max(int(telling.sum()), 1)
    if len(distinct.numbers):
        return Shares({}, distinct.numbers[held], parts)
    if len(held) > _MOST_TEXTS:
        return Shares({}, np.empty(0), np.empty(0))
    shares: dict[str, float] = defaultdict(float)
    for place, part in zip(held.tolist(), parts.tolist(), strict=True):
        shares[distinct.text(place).strip().casefold()] += part
    return Shares(dict(shares), np.empty(0), np.empty(0))
