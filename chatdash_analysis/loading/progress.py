"""Progress bars that keep quiet where nobody watches."""

from __future__ import annotations

from typing import Any

from chatdash_analysis.progress import nobody_watches

__all__ = ["days_bar"]


def days_bar(total: float) -> Any:
    """Return a bar that counts days of conversations fetched."""
    from tqdm.auto import tqdm

    return tqdm(
        total=round(total, 1),
        unit="day",
        desc="Loading conversations",
        bar_format="{l_bar}{bar}| {n:.0f}/{total:.0f} days [{elapsed}<{remaining}]",
        leave=False,
        disable=nobody_watches(),
    )
