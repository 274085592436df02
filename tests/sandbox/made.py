"""One sample of 20,000 conversations and the truth behind each, made once for all tests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chatdash_analysis.sandbox.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chatdash_analysis.sandbox.rows import Planted

SAMPLE = Sample(20_000, seed=0)
TRUTH = SAMPLE.truth()


@dataclass(frozen=True)
class Known:
    """A conversation beside the truth behind it."""

    row: dict[str, Any]
    planted: Planted

    @property
    def day(self) -> str:
        return self.row["createdAt"][:10]

    @property
    def verdict(self) -> bool | None:
        return (self.row.get("evaluation") or {}).get("isSuccess")

    @property
    def changed(self) -> bool:
        return self.day >= str(TRUTH.change_at.date())


@lru_cache(maxsize=1)
def known() -> tuple[Known, ...]:
    pairs = zip(SAMPLE.conversations(), TRUTH.planted(), strict=True)
    return tuple(Known(row, planted) for row, planted in pairs)


def judged(conversations: Iterable[Known]) -> list[Known]:
    """Keep what has a verdict and no technical fault."""
    return [k for k in conversations if k.verdict is not None and not k.planted.fault]


def rate(conversations: Iterable[Known]) -> float:
    verdicts = [k.verdict for k in conversations]
    return sum(verdicts) / len(verdicts)


def margin(expected: float, n: int) -> float:
    """Return 4 standard errors of a rate of `n`, with outcomes that cluster in people."""
    return 4 * (1.6 * expected * (1 - expected) / n) ** 0.5
