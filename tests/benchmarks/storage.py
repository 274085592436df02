"""Jobs on stored conversations: build, reopen, refresh; with the store and without it."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks import checks, ours
from tests.benchmarks.measure import Inputs, Job
from tests.benchmarks.payload import END, START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from chatdash_analysis.loading.store import Batch

SEVEN = [
    "conversation_id",
    "agent_id",
    "lead_id",
    "created_at",
    "channel",
    "device",
    "evaluation_is_success",
]
URL = "https://benchmark.invalid/v1/public"
DAY = (END - timedelta(days=12), END - timedelta(days=11))
_ALL_FLAGS = 15
_WINDOW_ROWS = 30_000
_HELD_BYTES = 24 * 1024 * 1024
_STORE = "chatdash_analysis.loading.store"


def body_to_store(inputs: Inputs) -> Inputs:
    """Parse one body and commit it, an agent a batch."""
    from chatdash_analysis.loading.store import Store

    table = ours.parse(inputs)
    folder = Path(inputs["folder"]) / "store"
    Store(folder, URL).commit([_batch(*part, START, END) for part in _by_agent(table)])
    return {**inputs, "copy": folder}


def build_store(inputs: Inputs) -> Path:
    """Fill a store as a load does: agent after agent, window after window, commit by commit."""
    from chatdash_analysis.loading.store import Store

    folder = _emptied(inputs["store"])
    store, held, size = Store(folder, URL), [], 0
    for agent, rows in _by_agent(ours.parse(inputs)):
        for start, end in [(START, END)] if len(rows) <= _WINDOW_ROWS else months():
            table = _between(rows, start, end)
            held.append(_batch(agent, table, start, end))
            size += table.nbytes
            if size > _HELD_BYTES:
                store.commit(held)
                held, size = [], 0
    store.commit(held)
    return folder


def _emptied(folder: str) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return Path(folder)


def _by_agent(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    import pyarrow.compute as pc

    for agent in pc.unique(table["agent_id"]).to_pylist():
        yield agent, table.filter(pc.equal(table["agent_id"], agent))


def _between(table: pa.Table, start: datetime, end: datetime) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    first, last = (pa.scalar(moment, pa.timestamp("us", "UTC")) for moment in (start, end))
    at = table["created_at"]
    return table.filter(pc.and_(pc.greater_equal(at, first), pc.less(at, last)))


def _batch(agent: str, table: pa.Table, start: datetime, end: datetime) -> Batch:
    from chatdash_analysis.loading.placing import placed
    from chatdash_analysis.loading.store import Batch, Interval
    from chatdash_analysis.loading.windows import Window

    interval = Interval(start, end, _ALL_FLAGS, datetime.now(UTC))
    return Batch(agent, interval, placed(table, Window(start, end), 1))


def months() -> Iterator[tuple[datetime, datetime]]:
    """Yield each month of the payload."""
    start = START
    while start < END:
        end = (start + timedelta(days=32)).replace(day=1)
        yield start, end
        start = end


def build_plain_files(inputs: Inputs) -> Path:
    """Write what the refresh and the reading are compared with, from the same table."""
    import pyarrow.parquet as pq

    table, folder = ours.parse(inputs), _emptied(inputs["files"])
    (folder / "months").mkdir(parents=True)
    for start, end in months():
        path = folder / "months" / f"{start:%Y-%m}.parquet"
        pq.write_table(_between(table, start, end), path, compression="zstd", compression_level=1)
    pq.write_table(table, folder / "whole.parquet", compression="zstd", compression_level=1)
    pq.write_table(_changed_day(table), folder / "day.parquet")
    if "delta" in inputs:
        _write_delta(table, Path(inputs["delta"]))
    return folder


def _changed_day(table: pa.Table) -> pa.Table:
    """Return a day as it looks later: every second row evaluated anew, some rows more."""
    import pyarrow as pa
    import pyarrow.compute as pc

    day = _between(table, *DAY)
    later = pa.array([timedelta(hours=i % 2) for i in range(len(day))], pa.duration("us"))
    place = day.schema.get_field_index("updated_at")
    day = day.set_column(place, day.schema.field(place), pc.add(day["updated_at"], later))
    new = day.slice(0, max(1, len(day) // 20))
    place = day.schema.get_field_index("conversation_id")
    ids = pc.binary_join_element_wise("f", pc.utf8_slice_codeunits(new["conversation_id"], 1), "")
    return pa.concat_tables([day, new.set_column(place, day.schema.field(place), ids)])


def _write_delta(table: pa.Table, folder: Path) -> None:
    import deltalake

    deltalake.write_deltalake(str(folder), _with_month(table), partition_by=["month"])


def _with_month(table: pa.Table) -> pa.Table:
    import pyarrow.compute as pc

    return table.append_column("month", pc.strftime(table["created_at"], "%Y-%m"))


def reopen(columns: list[str] | None) -> Callable[[Inputs], pa.Table]:
    """Return the job of reading all rows from a store that nobody has opened yet."""

    def run(inputs: Inputs) -> pa.Table:
        from chatdash_analysis.loading.store import Store

        return Store(Path(inputs["store"]), URL).read(inputs["agents"], START, END, columns=columns)

    return run


def reopen_frame(columns: list[str] | None) -> Callable[[Inputs], Any]:
    """Return the same job up to the DataFrame."""

    def run(inputs: Inputs) -> Any:
        from chatdash_analysis.loading.frames import to_frame

        table = reopen(columns)(inputs)
        return table.to_pandas() if columns else to_frame(table)

    return run


def read_months(columns: list[str] | None) -> Callable[[Inputs], pa.Table]:
    """Return the job of reading the same rows from one file a month."""

    def run(inputs: Inputs) -> pa.Table:
        import pyarrow.dataset as ds

        return ds.dataset(Path(inputs["files"]) / "months").to_table(columns=columns)

    return run


def _copied(name: str) -> Callable[[Inputs], Inputs]:
    """Return the preparation that copies what a refresh changes, and reads the new day."""

    def prepare(inputs: Inputs) -> Inputs:
        import pyarrow.parquet as pq

        source, target = Path(inputs[name]), Path(inputs["folder"]) / "copy"
        shutil.copytree(source, target)
        # Else the copy's own writing to disk is still going on during the measurement.
        os.sync()
        return {
            **inputs,
            "copy": target,
            "day": pq.read_table(Path(inputs["files"], "day.parquet")),
        }

    return prepare


def refresh_store(inputs: Inputs) -> Inputs:
    """Replace one day of every agent in the store."""
    from chatdash_analysis.loading.store import Store

    batches = [_batch(*part, *DAY) for part in _by_agent(inputs["day"])]
    Store(inputs["copy"], URL).commit(batches)
    return inputs


def rewrite_file(inputs: Inputs) -> Inputs:
    """Replace the same rows in one file: read it, replace, write it."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    path, day = inputs["copy"] / "whole.parquet", inputs["day"]
    table = pq.read_table(path)
    known = pc.is_in(table["conversation_id"], day["conversation_id"].combine_chunks())
    table = pa.concat_tables([table.filter(pc.invert(known)), day])
    pq.write_table(table, path.with_suffix(".new"), compression="zstd", compression_level=1)
    path.with_suffix(".new").replace(path)
    return inputs


def merge_delta(inputs: Inputs) -> Inputs:
    """Merge the same rows into a Delta table, by month and id."""
    import deltalake

    month = f"{DAY[0]:%Y-%m}"
    (
        deltalake.DeltaTable(str(inputs["copy"]))
        .merge(
            _with_month(inputs["day"]),
            f"t.month = '{month}' AND t.conversation_id = s.conversation_id",
            source_alias="s",
            target_alias="t",
        )
        .when_matched_update_all()
        .when_not_matched_insert_all()
        .execute()
    )
    return inputs


def _check_store(inputs: Inputs) -> checks.Check:
    from chatdash_analysis.loading.store import Store

    return checks.of_table(Store(inputs["copy"], URL).read(inputs["agents"], START, END))


def _check_file(inputs: Inputs) -> checks.Check:
    import pyarrow.parquet as pq

    return checks.of_table(pq.read_table(inputs["copy"] / "whole.parquet"))


def _check_delta(inputs: Inputs) -> checks.Check:
    import deltalake

    return checks.of_table(deltalake.DeltaTable(str(inputs["copy"])).to_pyarrow_table())


def _size(folder: Path) -> checks.Check:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {"rows": 0, "bytes": sum(path.stat().st_size for path in files), "files": len(files)}


_READ = ("pyarrow.dataset", _STORE, "chatdash_analysis.loading.frames")
_REPEATS = 5
JOBS = {
    "body_to_store": Job((ours.PARSER, _STORE), body_to_store, _check_store),
    "build_store": Job((_STORE,), build_store, _size),
    "build_plain_files": Job(("pyarrow.parquet",), build_plain_files, _size),
    "reopen_seven": Job(_READ, reopen(SEVEN), checks.of_table, repeat=_REPEATS),
    "reopen_all": Job(_READ, reopen(None), checks.of_table, repeat=_REPEATS),
    "reopen_seven_frame": Job(_READ, reopen_frame(SEVEN), checks.of_length, repeat=_REPEATS),
    "reopen_all_frame": Job(_READ, reopen_frame(None), checks.of_length, repeat=_REPEATS),
    "months_seven": Job(_READ, read_months(SEVEN), checks.of_table, repeat=_REPEATS),
    "months_all": Job(_READ, read_months(None), checks.of_table, repeat=_REPEATS),
    "refresh_store": Job(_READ, refresh_store, _check_store, _copied("store")),
    "rewrite_file": Job(_READ, rewrite_file, _check_file, _copied("files")),
    "merge_delta": Job((*_READ, "deltalake"), merge_delta, _check_delta, _copied("delta")),
}
