"""Run this package and its peers in turn on the same bytes, and compare."""

from __future__ import annotations

import random
import sys
import tempfile
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.benchmarks import measure, payload
from tests.benchmarks.checks import UnequalWorkError, require_equal
from tests.benchmarks.measure import Inputs, Result
from tests.benchmarks.serving import largest_window, serving
from tests.benchmarks.targets import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Results = dict[str, list[Result]]
_MB = 1_000_000


@dataclass(frozen=True)
class Settings:
    """How many rows and agents, how often each job runs, and where files go for a while."""

    main: int = 100_000
    large: int = 1_000_000
    small: int = 10_000
    huge: int = 0
    groups: int = 10_000
    rounds: int = 5
    large_rounds: int = 2
    many: tuple[int, ...] = (20, 300)
    folder: Path = Path(tempfile.gettempdir())

    def sizes(self) -> dict[str, str]:
        """Return the numbers of rows as the table shows them."""
        return {name: f"{getattr(self, name):,}" for name in ("main", "large", "small", "huge")}


def benchmark(settings: Settings, only: str | None = None) -> Iterator[Figure]:
    """Measure everything, or the steps named in `only`; yield each figure when it is known."""
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=settings.folder) as folder:
        bench = replace(settings, folder=Path(folder))
        for name, step in STEPS.items():
            if only is None or name in only.split(","):
                yield from step(bench)


def parsing(bench: Settings) -> Iterator[Figure]:
    """JSON to a typed table, to a store, and back."""
    inputs = _inputs(bench, bench.main)
    stored = _stored(bench, inputs)
    names = ["plain", "loads", "duckdb", "dlt", "parse", "parse_two", "body_to_store"]
    names += ["reopen_seven", "reopen_all", "reopen_seven_frame", "reopen_all_frame"]
    results = _rounds(bench, dict.fromkeys(names, inputs), bench.rounds)
    for name in ("plain", "loads", "duckdb"):
        yield _ratio(name, results, "parse", name, _cpu)
    yield _ratio("plain_two", results, "parse_two", "plain", _wall)
    yield _ratio("dlt", results, "body_to_store", "dlt", _cpu)
    yield _ratio("duckdb_peak", results, "parse", "duckdb", _peak)
    yield Figure("peak", [r.peak / inputs["bytes"] for r in results["parse"]])
    yield Figure("size", [stored.check["bytes"] / inputs["bytes"]])
    for name in ("seven", "all", "seven_frame", "all_frame"):
        yield _ratio(name, results, "plain", f"reopen_{name}", _wall, compare=False)


def parsing_small(bench: Settings) -> Iterator[Figure]:
    """The pair with the plain way, where imports weigh most."""
    inputs = _inputs(bench, bench.small)
    results = _rounds(bench, dict.fromkeys(("plain", "parse"), inputs), bench.rounds)
    yield _ratio("plain_small", results, "parse", "plain", _cpu)


def parsing_large(bench: Settings) -> Iterator[Figure]:
    """The same pair where memory weighs most, and how the cost of a row grows."""
    inputs, fewer = _inputs(bench, bench.large), _inputs(bench, bench.main)
    results = _rounds(bench, dict.fromkeys(("plain", "parse"), inputs), bench.large_rounds)
    base = _rounds(bench, {"parse": fewer}, bench.large_rounds)["parse"]
    yield _ratio("plain_large", results, "parse", "plain", _cpu)
    yield Figure("peak_large", [r.peak / inputs["bytes"] for r in results["parse"]])
    shrink = bench.main / bench.large
    pairs = zip(results["parse"], base, strict=True)
    yield Figure("growth", [a.cpu_job / b.cpu_job * shrink for a, b in pairs])


def many_agents(bench: Settings) -> Iterator[Figure]:
    """Reading a store of many agents, against one parquet file a month."""
    for agents in bench.many:
        inputs = _inputs(bench, bench.main, agents)
        _stored(bench, inputs)
        _run(bench, "build_plain_files", inputs)
        names = ["reopen_seven", "reopen_all", "months_seven", "months_all"]
        results = _rounds(bench, dict.fromkeys(names, inputs), bench.rounds)
        for name in ("seven", "all"):
            yield _ratio(f"{name}_{agents}", results, f"reopen_{name}", f"months_{name}", _wall)


def refreshing(bench: Settings) -> Iterator[Figure]:
    """One day that changed, in many months."""
    inputs = _inputs(bench, bench.large)
    inputs["delta"] = str(Path(inputs["files"]) / "delta")
    if measure.missing_imports(measure.jobs()["merge_delta"]):
        del inputs["delta"]
    _stored(bench, inputs)
    _run(bench, "build_plain_files", inputs)
    names = ["refresh_store", "rewrite_file", "merge_delta"]
    results = _rounds(bench, dict.fromkeys(names, inputs), bench.rounds)
    yield _ratio("rewrite", results, "refresh_store", "rewrite_file", _wall)
    yield _ratio("merge", results, "refresh_store", "merge_delta", _wall)


def fetching(bench: Settings) -> Iterator[Figure]:
    """Over HTTP into the store: how much is held at once."""
    what = payload.Payload(bench.large)
    parsed = _run(bench, "parse", _inputs(bench, bench.large))
    quarter = payload.START + timedelta(days=183)
    peaks: dict[str, list[int]] = defaultdict(list)
    shares: list[float] = []
    with serving(what) as url:
        inputs = {"url": url, "agents": what.agent_ids, "start": payload.START.isoformat()}
        for _ in range(bench.large_rounds):
            for end in (quarter, payload.END):
                result = _run(bench, "fetch", {**inputs, "end": end.isoformat()})
                peaks[end.isoformat()].append(result.peak)
            require_equal(result.check, parsed.check, "parsing the same rows from a file")
            window, threads = largest_window(url), result.check["threads"]
            allowed = 64 * _MB + threads * 1.1 * window
            shares.append(result.peak / allowed)
    parts, whole = peaks.values()
    note = f"{whole[-1] / _MB:.0f} of {allowed / _MB:.0f} MB; window {window / _MB:.0f} MB"
    yield Figure("fetch", shares, note=note)
    yield Figure("fetch_flat", [b / a for a, b in zip(parts, whole, strict=True)])


def sameness(bench: Settings) -> Iterator[Figure]:
    """One table, however its rows arrive."""
    differs = _run(bench, "same_table", {"rows": min(bench.main, 20_000)}).check["differs"]
    yield Figure("same", [len(differs)], note="; ".join(differs) or "identical")


def analysing(bench: Settings) -> Iterator[Figure]:
    """The reports, by this package and by its peers; also at the huge size if there is one."""
    yield from _analysing(bench, bench.large, "")
    if bench.huge:
        yield from _analysing(bench, bench.huge, "_huge")
    counted = {"groups": bench.groups, "store": "", "agents": []}
    results = _rounds(bench, {"group_statistics": counted}, bench.rounds)
    yield Figure("groups", [result.wall_job for result in results["group_statistics"]])


def _analysing(bench: Settings, rows: int, suffix: str) -> Iterator[Figure]:
    from chatdash_analysis.loading.folders import store_folder
    from tests.benchmarks.analysis_data import URL

    store = store_folder(bench.folder / f"analysis-{rows}", URL)
    inputs = {"store": str(store), "agents": payload.Payload(0).agent_ids, "rows": rows}
    _say(f"inventing {rows:,} conversations for the analyses")
    _run(bench, "build_analysis_store", inputs)
    names = [f"{who}_{what}" for who in ("our", "plain") for what in _REPORTS]
    names += [f"{who}_reports" for who in ("our", "plain", "polars", "sql", "same_sql", "scan")]
    results = _rounds(bench, dict.fromkeys(names, inputs), bench.large_rounds)
    for report in _REPORTS:
        yield _ratio(f"{report}{suffix}", results, f"our_{report}", f"plain_{report}", _cpu_job)
    for who, name in (("plain", "pandas"), ("polars", "polars"), ("sql", "sql")):
        figure = f"reports_{name}{suffix}"
        yield _ratio(figure, results, "our_reports", f"{who}_reports", _cpu_job)
    for who, name in (("sql", "scan"), ("same_sql", "scan_same")):
        yield _ratio(f"{name}{suffix}", results, "scan_reports", f"{who}_reports", _cpu_job)
    if not results["scan_reports"][0].missing:
        peaks = [result.peak / 1e9 for result in results["scan_reports"]]
        yield Figure(f"scan_peak{suffix}", peaks)


_REPORTS = ("cohorts", "channels", "devices")
STEPS: Mapping[str, Callable[[Settings], Iterator[Figure]]] = {
    "same": sameness,
    "small": parsing_small,
    "main": parsing,
    "agents": many_agents,
    "large": parsing_large,
    "refresh": refreshing,
    "fetch": fetching,
    "analysis": analysing,
}


def _inputs(bench: Settings, rows: int, agents: int = 4) -> Inputs:
    """Write a body, whole and in two halves, unless it is there; say where everything is."""
    what = payload.Payload(rows, agents)
    folder = bench.folder / f"{rows}-{agents}"
    body = folder / "body.json"
    halves = [folder / "first.json", folder / "second.json"]
    if not body.exists():
        _say(f"inventing {rows:,} conversations of {agents} agents")
        folder.mkdir()
        payload.write_body(body, what)
        if rows == bench.main:
            payload.write_halves(halves, what)
    return {
        "body": str(body),
        "bytes": body.stat().st_size,
        "halves": list(map(str, halves)),
        "agents": what.agent_ids,
        "store": str(folder / "store"),
        "files": str(folder / "files"),
    }


def _stored(bench: Settings, inputs: Inputs) -> Result:
    return _run(bench, "build_store", inputs)


def _rounds(bench: Settings, jobs: Mapping[str, Inputs], rounds: int) -> Results:
    """Run all jobs once a round, each round in another order."""
    results: Results = defaultdict(list)
    for number in range(rounds):
        names = list(jobs)
        random.Random(number).shuffle(names)
        for name in names:
            _say(f"round {number + 1} of {rounds}: {name}")
            results[name].append(_run(bench, name, jobs[name]))
    return results


def _run(bench: Settings, name: str, inputs: Inputs) -> Result:
    with _scratch(bench) as folder:
        return measure.run(name, {**inputs, "folder": folder})


@contextmanager
def _scratch(bench: Settings) -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir=bench.folder) as folder:
        yield folder


def _ratio(
    figure: str,
    results: Results,
    ours: str,
    theirs: str,
    take: Callable[[Result], float],
    *,
    compare: bool = True,
) -> Figure:
    """Return the ratios of the rounds, once both are known to have done the same work."""
    missing = results[ours][0].missing or results[theirs][0].missing
    if missing:
        return Figure(figure, missing=missing)
    pairs = list(zip(results[ours], results[theirs], strict=True))
    for one, peer in pairs:
        _require_rows(one, peer.check["rows"])
        if compare:
            require_equal(one.check, peer.check, theirs)
    mine, other = (median(map(take, results[name])) for name in (ours, theirs))
    note = f"{mine:.3g} against {other:.3g} {_UNITS[take]}"
    return Figure(figure, [take(one) / take(peer) for one, peer in pairs], note=note)


def _require_rows(result: Result, rows: int) -> None:
    if result.check["rows"] != rows:
        raise UnequalWorkError(f"{result.job}: {result.check['rows']} rows, not {rows}")


def _cpu(result: Result) -> float:
    return result.cpu_process


def _cpu_job(result: Result) -> float:
    # A session imports once and asks many questions.
    return result.cpu_job


def _wall(result: Result) -> float:
    return result.wall_job


def _peak(result: Result) -> float:
    return result.peak / _MB


_UNITS: dict[Any, str] = {_cpu: "s CPU", _cpu_job: "s CPU", _wall: "s", _peak: "MB"}


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
