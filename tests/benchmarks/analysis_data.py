"""A store of invented conversations with the columns that the analyses need, made fast.

Four conversations of nine are of somebody who was there before; each person has a channel
and a device; calls have no device and chats no duration. Two years, as `payload` has them.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.payload import END, START, agent_id
from tests.benchmarks.storage import months

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from tests.benchmarks.measure import Inputs

URL = "https://benchmark.invalid/v1/public"
TZ = "Europe/Berlin"
NEEDED = [
    *("lead_id", "created_at", "platform", "channel", "status", "interacted", "no_answer"),
    *("duration_minutes", "cost", "device", "os", "browser", "evaluation_is_success"),
]
_AGENTS = 4
_CHANNELS = ["phone", "web_call", "Webchat", "WhatsApp", "Instagram"]
_SYSTEMS = ["Windows", "iOS", "Android", "Mac OS"]
_BROWSERS = ["Chrome", "Safari", "Edge", "Firefox"]
_VOICE = 2
_ALL_FLAGS = 15


def build_analysis_store(inputs: Inputs) -> int:
    """Fill a store, a month a commit; return the number of rows."""
    import numpy as np

    from chatdash_analysis.loading.store import Batch, Interval, Store

    folder = Path(inputs["store"])
    shutil.rmtree(folder, ignore_errors=True)
    store, spans = Store(folder, URL), list(months())
    sizes = np.diff(np.linspace(0, inputs["rows"], len(spans) + 1).astype(int))
    for number, ((start, end), size) in enumerate(zip(spans, sizes, strict=True)):
        random = np.random.default_rng(number)
        agents = random.integers(0, _AGENTS, size)
        batches = []
        for place in range(_AGENTS):
            rows = int((agents == place).sum())
            first = number * inputs["rows"] * _AGENTS + place * inputs["rows"]
            table = _table(random, rows, place, (start, end), first, inputs["rows"])
            interval = Interval(start, end, _ALL_FLAGS, datetime.now(UTC))
            batches.append(Batch(agent_id(place), interval, table))
        store.commit(batches)
    return int(inputs["rows"])


def _table(
    random: np.random.Generator,
    rows: int,
    agent: int,
    span: tuple[datetime, datetime],
    first: int,
    people: int,
) -> pa.Table:
    """Make the rows of an agent in a month; `first` numbers the conversations."""
    import numpy as np
    import pyarrow as pa

    from chatdash_analysis.flattening.columns import BASE

    start, end = (int(moment.timestamp() * 1e6) for moment in span)
    lead = random.integers(0, int(people * 0.58), rows)
    channel, system = lead % len(_CHANNELS), lead // 7 % len(_SYSTEMS)
    voice = channel < _VOICE
    judged = random.random(rows) < 0.8
    instant = pa.timestamp("us", "UTC")
    columns: dict[str, Any] = {
        "conversation_id": _ids(np.arange(first, first + rows)),
        "agent_id": pa.repeat(pa.scalar(agent_id(agent)), rows),
        "platform": pa.repeat(pa.scalar(["retell", "vapi"][agent % 2]), rows),
        "lead_id": _ids(lead),
        "created_at": pa.array(np.sort(random.integers(start, end, rows))).cast(instant),
        "channel": _words(_CHANNELS, channel),
        "status": _words(["ai", "human"], (random.random(rows) < 0.1).astype(int)),
        "record": pa.array(np.ones(rows, bool)),
        "interacted": pa.array(random.random(rows) < 0.9),
        "no_answer": pa.array(random.random(rows) < 0.1, mask=~voice),
        "duration_minutes": pa.array(random.exponential(3, rows).round(2), mask=~voice),
        "cost": pa.array(random.exponential(0.2, rows).round(4), mask=~voice),
        "device": _words(["Desktop", "Mobile", "Mobile", "Desktop"], system, voice),
        "os": _words(_SYSTEMS, system, voice),
        "browser": _words(_BROWSERS, lead // 31 % len(_BROWSERS), voice),
        "evaluation_is_success": pa.array(random.random(rows) < 0.6, mask=~judged),
        "misunderstood_count": pa.array(np.zeros(rows, np.int64)),
        "served": pa.array(np.full(rows, _ALL_FLAGS, np.int8)),
    }
    arrays = [columns.get(field.name, pa.nulls(rows, field.type)) for field in BASE]
    return pa.Table.from_arrays(arrays, schema=BASE)


def _ids(numbers: np.ndarray[Any, Any]) -> pa.Array:
    """Write numbers as ids of 24 hexadecimal digits, spread as ids are."""
    import numpy as np
    import pyarrow as pa

    mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    nibbles = mixed[:, None] >> np.arange(60, -4, -4, dtype=np.uint64) & np.uint64(15)
    text = np.full((len(numbers), 24), ord("6"), np.uint8)
    text[:, 8:] = digits[nibbles]
    ends = np.arange(len(numbers) + 1, dtype=np.int32) * 24
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(ends), pa.py_buffer(text))


def _words(
    words: list[str], places: np.ndarray[Any, Any], missing: np.ndarray[Any, Any] | None = None
) -> pa.Array:
    import pyarrow as pa

    return pa.array(words).take(pa.array(places, mask=missing))


__all__ = ["END", "NEEDED", "START", "TZ", "URL", "build_analysis_store"]
