"""From conversations to what was measured of each field in each group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.codes import group_codes
from chatdash_analysis.counting import labels_of
from chatdash_analysis.driving.arranging import TAKEN
from chatdash_analysis.driving.choosing import fields_of
from chatdash_analysis.driving.eligible import rows_of, taken
from chatdash_analysis.driving.measuring import measured
from chatdash_analysis.driving.parts import parts_of
from chatdash_analysis.errors import InputError
from chatdash_analysis.tables import require_dataframe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from chatdash_analysis.driving.choosing import Field
    from chatdash_analysis.driving.eligible import Rows
    from chatdash_analysis.driving.parts import Part

__all__ = ["compared"]


# What both public functions were asked.
def compared(  # noqa: PLR0913
    conversations: pd.DataFrame,
    *,
    outcome: str,
    by: str | Sequence[str] | None,
    fields: str | Sequence[str] | None,
    users: str,
    include_later: bool,
    min_users: int,
    level: float,
    tz: str | tzinfo,
    each_level: bool,
    use: str,
) -> tuple[list[str], pd.DataFrame]:
    """Return the columns of `by`, and one row a field or level: counts and measures."""
    require_dataframe(conversations, use)
    enough = _checked_users(min_users)
    names = labels_of(by, conversations, TAKEN)
    chosen = fields_of(
        conversations, fields, outcome=outcome, taken=[*names, users],
        include_later=include_later, use=use,
    )  # fmt: skip
    rows, groups = rows_of(
        conversations, [field.name for field in chosen], names, outcome=outcome, users=users,
        tz=tz, use=use,
    )  # fmt: skip
    codes, labels = group_codes(groups, names)
    found = measured(
        _parts(rows, codes, chosen, len(labels), enough), min_users=enough, level=level,
        each_level=each_level,
    )  # fmt: skip
    beside = labels.take(found["_group"]).reset_index(drop=True)
    return names, pd.concat([beside, found], axis=1)


def _checked_users(min_users: int) -> int:
    whole = isinstance(min_users, (int, np.integer)) and not isinstance(min_users, bool)
    if not whole or min_users < 1:
        raise InputError(f"min_users={min_users!r} is no number of people. Give 5, for example.")
    return int(min_users)


def _parts(
    rows: Rows, codes: NDArray[np.int64], fields: Sequence[Field], groups: int, min_users: int
) -> Iterator[Part]:
    for group in range(groups):
        own = rows if groups == 1 else taken(rows, np.flatnonzero(codes == group))
        for field in fields:
            yield from parts_of(own, field, group, min_users)
