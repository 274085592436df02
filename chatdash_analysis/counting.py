"""Count where the rows are: in pandas by `counts`, in any other engine by `engines`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis import counts
from chatdash_analysis.errors import InputError
from chatdash_analysis.tables import column_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import narwhals as nw

__all__ = ["group_sums", "labels_of"]


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
    """Sum values by group; see `counts.group_sums`, whose answer every engine gives."""
    options: dict[str, Any] = {
        "users": users, "counting": counting, "products": products, "rest": rest,
    }  # fmt: skip
    if isinstance(frame, pd.DataFrame):
        return counts.group_sums(frame, by, values, **options)
    from chatdash_analysis import engines

    return engines.group_sums(frame, by, values, **options)


def labels_of(by: str | Sequence[str] | None, frame: Any, taken: Sequence[str]) -> list[str]:
    """Return the columns of groups as a list, checked; None is no groups.

    Raises
    ------
    InputError
        If a column is named twice or bears a name of the table to be made.
    """
    names: list[Any] = list(by or ()) if isinstance(by, Iterable | None) else [by]
    names = [by] if isinstance(by, str) else names
    if not all(isinstance(name, str) for name in names):
        raise InputError(f"by={by!r} is neither the name of a column nor a list of names.")
    if len(set(names)) < len(names):
        raise InputError(f"by={by!r} names a column twice.")
    clash = [name for name in names if name in taken and name in column_names(frame)]
    if clash:
        raise InputError(
            f"by={by!r}: the table made here has a column {clash[0]} of its own. Rename yours."
        )
    return names
