"""Run one job in a process of its own and say what it took.

``python -m tests.benchmarks.measure NAME INPUTS`` imports what the job needs, prepares
its input, runs it, and prints one JSON line: CPU and wall of the whole process and of the
job alone, peak of memory above what the imports hold, and check sums of what came out.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Inputs = dict[str, Any]
_STARTED = "BENCHMARK_STARTED"
_PAGE_PEAK_RESET = "5"
_ROOT = Path(__file__).resolve().parents[2]
_MODULES = (
    "tests.benchmarks.analysis",
    "tests.benchmarks.ours",
    "tests.benchmarks.peers",
    "tests.benchmarks.storage",
)


@dataclass(frozen=True)
class Job:
    """Something to measure: `prepare` and `check` are not part of what is measured."""

    imports: tuple[str, ...]
    run: Callable[[Any], Any]
    check: Callable[[Any], dict[str, Any]]
    prepare: Callable[[Inputs], Any] = lambda inputs: inputs
    repeat: int = 1


@dataclass(frozen=True)
class Result:
    """What one run took: seconds, bytes, and the check sums; or why there is no result."""

    job: str
    cpu_process: float = 0.0
    wall_process: float = 0.0
    cpu_job: float = 0.0
    wall_job: float = 0.0
    peak: int = 0
    check: dict[str, Any] = field(default_factory=dict)
    missing: str = ""


def run(name: str, inputs: Mapping[str, Any]) -> Result:
    """Run the job called `name` in a new process."""
    missing = missing_imports(jobs()[name])
    if missing:
        return Result(name, missing=f"{', '.join(missing)} not installed")
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.measure", name, json.dumps(dict(inputs))],
        cwd=_ROOT,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(
            f"the job {name} failed (exit {done.returncode}):\n{done.stderr[-4000:]}"
        )
    return Result(**json.loads(done.stdout.splitlines()[-1]))


def _environment() -> dict[str, str]:
    # Without written bytecode every import compiles its modules anew, which users do not have.
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, _STARTED: repr(time.monotonic())}


def jobs() -> dict[str, Job]:
    """Return every job by its name."""
    found: dict[str, Job] = {}
    for module in _MODULES:
        found |= importlib.import_module(module).JOBS
    return found


def missing_imports(job: Job) -> list[str]:
    roots = sorted({name.split(".")[0] for name in job.imports})
    return [root for root in roots if importlib.util.find_spec(root) is None]


def measure(name: str, inputs: Inputs) -> Result:
    """Run the job called `name` in this process."""
    job = jobs()[name]
    for module in job.imports:
        importlib.import_module(module)
    prepared = job.prepare(inputs)
    _reset_peak()
    before = _memory("VmRSS")
    cpus, walls = [], []
    for _ in range(job.repeat):
        cpu, wall = _cpu(), time.monotonic()
        produced = job.run(prepared)
        walls.append(time.monotonic() - wall)
        cpus.append(_cpu() - cpu)
    peak = _memory("VmHWM") - before
    cpu_process, wall_process = _cpu(), time.monotonic() - float(os.environ[_STARTED])
    check = job.check(produced)
    return Result(name, cpu_process, wall_process, median(cpus), median(walls), peak, check)


def _cpu() -> float:
    """Seconds of CPU of this process, its threads and the children it has waited for."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _reset_peak() -> None:
    # ru_maxrss cannot be used: a new process inherits the peak of the one that started it.
    Path("/proc/self/clear_refs").write_text(_PAGE_PEAK_RESET, encoding="ascii")


def _memory(what: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(what):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {what}: memory can be measured on Linux only")


if __name__ == "__main__":
    print(json.dumps(asdict(measure(sys.argv[1], json.loads(sys.argv[2])))))
