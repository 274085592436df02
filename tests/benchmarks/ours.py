"""The same jobs through this package."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import checks, payload
from tests.benchmarks.measure import Inputs, Job
from tests.benchmarks.serving import KEY

if TYPE_CHECKING:
    import pyarrow as pa

PARSER = "chatdash_analysis.loading.parsing"


def parse(inputs: Inputs) -> pa.Table:
    """Parse one body in one thread."""
    from chatdash_analysis.loading.parsing import parse_conversations

    with Path(inputs["body"]).open("rb") as body:
        return parse_conversations(body).table


def parse_two(inputs: Inputs) -> pa.Table:
    """Parse two windows, each in its own thread."""
    from chatdash_analysis.flattening.columns import combine

    with ThreadPoolExecutor(2) as threads:
        return combine(list(threads.map(parse, ({"body": body} for body in inputs["halves"]))))


def fetch(inputs: Inputs) -> Inputs:
    """Fetch a stretch of every agent over HTTP into an empty store, as a load does.

    Not by ``load_conversations``, which then also reads all rows into memory.
    """
    from datetime import datetime

    from chatdash_analysis.loading.client import Client
    from chatdash_analysis.loading.refreshing import refresh_store
    from chatdash_analysis.loading.store import Store
    from chatdash_analysis.loading.windows import Window

    client = Client(KEY, base_url=inputs["url"])
    store = Store(Path(inputs["folder"]) / "store", client.base_url)
    window = Window(*(datetime.fromisoformat(inputs[name]) for name in ("start", "end")))
    windows = dict.fromkeys(inputs["agents"], window)
    gaps = refresh_store(store, client, windows, 15, everything=False, allow_gaps=False)
    return {**inputs, "store": store, "window": window, "gaps": gaps}


def _check_fetch(done: Inputs) -> checks.Check:
    from chatdash_analysis.loading.refreshing import WORKERS

    window = done["window"]
    table = done["store"].read(done["agents"], window.start, window.end)
    return {**checks.of_table(table), "gaps": len(done["gaps"]), "threads": WORKERS}


_PIECE_SIZES = (4 << 10, 100_000, 1 << 20, 32 << 20)


def same_table(inputs: Inputs) -> list[str]:
    """Parse the same rows in other pieces, orders and windows; name what differs."""
    import random

    from chatdash_analysis.flattening.columns import combine

    texts = [row.text for row in payload.rows(payload.Payload(inputs["rows"]))]
    table = _sorted(_parsed(texts))
    others = {f"pieces of {size} bytes": _parsed(texts, size) for size in _PIECE_SIZES}
    for count in (2, 7, 50):
        parts = [_parsed(texts[start::count]) for start in range(count)]
        others[f"{count} windows"] = combine(parts)
    for seed in range(3):
        random.Random(seed).shuffle(texts)
        others[f"order {seed}"] = _parsed(texts)
    return [name for name, other in others.items() if not _identical(_sorted(other), table)]


def _parsed(texts: list[str], size: int | None = None) -> pa.Table:
    from chatdash_analysis.loading.parsing import parse_conversations

    body = BytesIO(b"[" + ",".join(texts).encode() + b"]")
    return parse_conversations(body, **({"piece_size": size} if size else {})).table


def _sorted(table: pa.Table) -> pa.Table:
    return table.sort_by("conversation_id")


def _identical(one: pa.Table, other: pa.Table) -> bool:
    return bool(one.equals(other, check_metadata=True))


# The later ones are imported when first needed: their memory is not the fetching's.
FETCHER = (
    "chatdash_analysis.loading.client",
    "chatdash_analysis.loading.refreshing",
    "chatdash_analysis.loading.transport",
    "pyarrow.pandas_compat",
    "pyarrow.parquet",
    "requests",
    "stamina",
    "tqdm.auto",
)
JOBS = {
    "fetch": Job(FETCHER, fetch, _check_fetch),
    "same_table": Job((PARSER,), same_table, lambda differs: {"rows": 0, "differs": differs}),
    "parse": Job((PARSER,), parse, checks.of_table),
    "parse_two": Job((PARSER,), parse_two, checks.of_table),
}
