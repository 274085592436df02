"""What tables that keep platforms apart have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatdash_analysis.counting import labels_of
from chatdash_analysis.segments import with_users
from chatdash_analysis.tables import require_columns, require_dataframe

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["people_table", "platform_groups"]


def platform_groups(by: str | Sequence[str], frame: Any, taken: Sequence[str]) -> list[str]:
    """Return the columns of groups, with ``platform`` among them."""
    names = labels_of(by, frame, taken)
    return names if "platform" in names else ["platform", *names]


def people_table(frame: Any, needed: Sequence[str], users: str, use: str) -> pd.DataFrame:
    """Return the table with the column of people; raise if it has not what `use` needs."""
    require_dataframe(frame, use)
    require_columns(frame, needed, use)
    checked: pd.DataFrame = with_users(frame, users, use=use)
    return checked
