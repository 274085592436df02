"""How much memory fetching takes."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chatdash_analysis.sandbox.sample import Sample
from chatdash_analysis.sandbox.server import StandIn
from tests.loading import load_children as children
from tests.loading.loads import starting
from tests.loading.made import AGENT, AGENTS, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator


def rows_of_a_year() -> Iterator[bytes]:
    """Yield 120,000 conversations of one agent over twelve months, a sample again and again."""
    sample = list(Sample(10_000, months=1, end="2025-02-01").conversations())
    for month in range(12):
        later = dt.timedelta(days=30 * month)
        for at, row in enumerate(sample):
            moved = {
                name: stamp(dt.datetime.fromisoformat(row[name]) + later)
                for name in ("createdAt", "endedAt", "updatedAt")
                if row.get(name)
            }
            key = f"{month:04x}{at:020x}"
            yield json.dumps({**row, **moved, "_id": key, "agentId": AGENT}).encode()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="how Linux tells a peak")
def test_memory_does_not_grow_with_what_is_fetched(tmp_path):
    peaks = {}
    with StandIn(rows_of_a_year(), AGENTS) as service, starting() as begin:
        for end in ("2025-06-30", "2025-12-27"):
            ask = {"agent": AGENT, "start": "2025-01-01", "end": end, "cache": str(tmp_path / end)}
            _, said = begin(children.fetch, service.url, ask)
            assert said.poll(200)
            peaks[end] = said.recv()
    half, whole = peaks.values()
    assert whole < 1.35 * half, f"peaks of {half:.0f} and {whole:.0f} MB"
