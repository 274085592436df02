"""What sections read, made once: conversations cut, sorted, with people; and the heading."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from chatdash_analysis.identity.users import identify_users
from chatdash_analysis.report.columns import without_impossible
from chatdash_analysis.report.labels import AGENT, plain_labels, with_agents
from chatdash_analysis.report.parts import Material
from chatdash_analysis.report.phrases import listed, shown

if TYPE_CHECKING:
    from chatdash_analysis.report.periods import Period

__all__ = ["NEEDED", "default_title", "make_material"]

# In this order rows are sorted.
NEEDED = ["created_at", "agent_id", "conversation_id"]
# Of so many agents a heading has room for the names.
_NAMED = 3


def make_material(
    conversations: pd.DataFrame,
    periods: tuple[Period, Period],
    *,
    tz: str,
    outcome: str,
    min_users: int,
    sightings: pd.DataFrame | None = None,
) -> Material:
    """Return what sections read of the conversations before the end of the later period.

    `periods` are that of the report, and the one that it is compared with.
    """
    now, before = periods
    # Cut first: what came later must not change who is taken for whom.
    cut, impossible = without_impossible(conversations[conversations["created_at"] < now.end])
    frame = plain_labels(_sorted(cut), ["agent_name"])
    frame = frame if "user_id" in frame else identify_users(frame)
    undated = int(conversations["created_at"].isna().sum())
    return Material(frame, now, before, tz, outcome, int(min_users), sightings, undated, impossible)


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in an order of their own, whatever order they came in."""
    frame = frame.reset_index(drop=True)
    # Rows that the three do not tell apart are told apart by whatever they hold.
    twins = frame.duplicated(NEEDED, keep=False)
    texts = frame[twins].astype("str").fillna("")
    codes = pd.util.hash_pandas_object(texts[sorted(texts.columns)], index=False)
    ties = codes.reindex(frame.index, fill_value=0).to_numpy()
    names = [f"{number}" for number in range(len(NEEDED) + 1)]
    keys = pd.DataFrame(
        dict(zip(names, [*(frame[name] for name in NEEDED), ties], strict=True)), copy=False
    )
    return frame.take(keys.sort_values(names, kind="stable").index).reset_index(drop=True)


def default_title(material: Material) -> str:
    """Return a heading with the names of a few agents, and the period."""
    current = material.current
    if "agent_name" not in current or current["agent_id"].nunique() > _NAMED:
        return f"Conversations in {material.now.label}"
    names = sorted(with_agents(current)[AGENT].dropna().unique())
    return f"{listed(shown(name, most=60) for name in names)}: {material.now.label}"
