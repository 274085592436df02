"""A commit: from a state of the store and the service's answers to the next state."""

from __future__ import annotations

import logging
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa

from chatdash_analysis.flattening.columns import combine, drop_empty
from chatdash_analysis.loading.answers import Answers, Batch, answers_of
from chatdash_analysis.loading.arrange import Flags, Rows, months_of, order, pick
from chatdash_analysis.loading.fates import decide, joined_keys
from chatdash_analysis.loading.grouping import Source, of_batch, of_part, too_small, write_month
from chatdash_analysis.loading.intervals import overlay
from chatdash_analysis.loading.lookup import affected
from chatdash_analysis.loading.parts import DamagedPart, read_part
from chatdash_analysis.loading.sights import remembered, with_sights

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from chatdash_analysis.loading.manifest import Manifest, Part
    from chatdash_analysis.loading.sights import Sights

__all__ = ["cleared", "committed"]

WORKERS = 2

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Change:
    """What happens to rows of one part: some are `removed`, some `kept` with another `served`."""

    removed: Rows
    kept: Rows
    served: Rows


def committed(folder: Path, manifest: Manifest, batches: Sequence[Batch]) -> Manifest:
    """Write the parts that the batches need and return the state that names them.

    A stored part that turns out damaged is left out, and what it covered with it.

    Raises
    ------
    InputError
        If a batch holds rows that do not belong into its stretch.
    """
    answers = answers_of(batches)
    state = _with_parts(manifest, lambda held: _with_rows(folder, held, answers))
    coverage = dict(state.coverage)
    for batch in batches:
        coverage[batch.agent_id] = overlay(coverage.get(batch.agent_id, ()), batch.interval)
    return msgspec.structs.replace(state, coverage=coverage)


def cleared(folder: Path, manifest: Manifest, agents: Collection[str]) -> Manifest:
    """Write what is left without the rows of some agents and return the state of it."""
    state = _with_parts(manifest, lambda held: _without_rows(folder, held, agents))
    coverage = {agent: held for agent, held in state.coverage.items() if agent not in agents}
    return msgspec.structs.replace(state, coverage=coverage)


def _with_parts(manifest: Manifest, write: Callable[[Manifest], tuple[Part, ...]]) -> Manifest:
    """Return the state with the parts that `write` makes of it; damaged ones are left out."""
    while True:
        try:
            return msgspec.structs.replace(manifest, parts=write(manifest))
        except DamagedPart as damage:
            _log.warning("%s", damage)
            manifest = manifest.without_parts({damage.file})


def _without_rows(folder: Path, manifest: Manifest, agents: Collection[str]) -> tuple[Part, ...]:
    none = np.empty(0, "int64")
    modified = {}
    for part in manifest.parts:
        runs = [
            np.arange(at, at + run.rows) for at, run in part.located() if run.agent_id in agents
        ]
        if runs:
            modified[part.file] = Change(np.concatenate(runs), none, none)
    return _rewritten(folder, manifest, modified, {})


def _with_rows(folder: Path, manifest: Manifest, answers: Answers) -> tuple[Part, ...]:
    found = list(affected(folder, manifest.parts, answers))
    keys = joined_keys([*(stored.keys for stored in found), answers.keys])
    stays, served = decide(keys, answers.asked)
    sights = remembered(keys, [stored.sights for stored in found], answers, manifest.coverage)
    modified: dict[str, Change] = {}
    offset = 0
    for stored in found:
        here = slice(offset, offset + len(stored.rows))
        offset = here.stop
        kept = stays[here] & (served[here] != stored.keys.served)
        if kept.any() or not stays[here].all():
            change = Change(stored.rows[~stays[here]], stored.rows[kept], served[here][kept])
            modified[stored.part.file] = change
    arrivals = _arrivals(answers, stays[offset:], served[offset:], sights)
    return _rewritten(folder, manifest, modified, arrivals)


def _arrivals(
    answers: Answers, stays: Flags, served: Rows, sights: Sights
) -> dict[str, list[Source]]:
    """Split the fresh rows that stay by month."""
    arrivals: dict[str, list[Source]] = defaultdict(list)
    offset = 0
    for batch in answers.batches:
        rows = np.flatnonzero(stays[offset : offset + len(batch.table)])
        months = months_of(answers.keys.time[offset + rows])
        for month in np.unique(months):
            chosen = rows[months == month]
            table = _with_served(pick(batch.table, chosen), served[offset + chosen])
            table = with_sights(table, sights.take(offset + chosen))
            arrivals[str(month)].append(of_batch(batch.agent_id, table))
        offset += len(batch.table)
    return arrivals


def _with_served(table: pa.Table, served: Rows) -> pa.Table:
    place = table.schema.get_field_index("served")
    return table.set_column(place, table.schema.field(place), pa.array(served, pa.int8()))


def _rewritten(
    folder: Path,
    manifest: Manifest,
    modified: Mapping[str, Change],
    arrivals: Mapping[str, list[Source]],
) -> tuple[Part, ...]:
    """Write the months that change; return all parts of the new state."""
    by_month: dict[str, list[Part]] = defaultdict(list)
    for part in manifest.parts:
        by_month[part.month].append(part)
    busy = {*arrivals, *(part.month for part in manifest.parts if part.file in modified)}

    def written(month: str) -> list[Part]:
        return _month(folder, month, by_month[month], modified, arrivals.get(month, []))

    with ThreadPoolExecutor(WORKERS) as pool:
        by_month |= dict(zip(sorted(busy), pool.map(written, sorted(busy)), strict=True))
    return tuple(part for month in sorted(by_month) for part in by_month[month])


def _month(
    folder: Path,
    month: str,
    parts: Sequence[Part],
    modified: Mapping[str, Change],
    arrivals: Sequence[Source],
) -> list[Part]:
    changed = [part for part in parts if part.file in modified]
    others = [part for part in parts if part.file not in modified]
    rows = sum(len(source.table) for source in arrivals)
    rows += sum(part.rows - len(modified[part.file].removed) for part in changed)
    tables = [read_part(folder, part) for part in changed]
    if changed and _same(tables, [modified[part.file] for part in changed], arrivals):
        return list(parts)
    merged = too_small(rows, others) if rows else []
    stored = [
        _left(part, table, modified[part.file]) for part, table in zip(changed, tables, strict=True)
    ]
    stored += [of_part(part, read_part(folder, part)) for part in merged]
    untouched = [part for part in others if part not in merged]
    return [*untouched, *write_month(folder, month, [*stored, *arrivals])]


def _same(
    tables: Sequence[pa.Table], modified: Sequence[Change], arrivals: Sequence[Source]
) -> bool:
    """Tell whether the fresh rows are those that they replace, so that nothing need be written."""
    removed = sum(len(change.removed) for change in modified)
    if removed != sum(len(s.table) for s in arrivals) or any(len(c.kept) for c in modified):
        return False
    old = combine([pick(t, c.removed) for t, c in zip(tables, modified, strict=True)])
    new = combine([source.table for source in arrivals])
    old, new = (drop_empty(pick(table, order(table))) for table in (old, new))
    return bool(old.equals(new))


def _left(part: Part, table: pa.Table, change: Change) -> Source:
    if len(change.kept):
        served = table["served"].to_numpy().astype("int64")
        served[change.kept] = change.served
        table = _with_served(table, served)
    stays = np.ones(len(table), bool)
    stays[change.removed] = False
    return of_part(part, table, stays)
