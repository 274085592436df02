"""Run one way of clustering in a process of its own, on one thread.

``python -m tests.benchmarks.query_measure MODULE METHOD FOLDER`` reads ``inputs.json`` in the
folder, prepares, runs, and writes each array that comes out as ``<name>.npy`` and what it took
as ``result.json``. The interpreter may be another one than that of the caller: a peer needs
neither this package nor pandas.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.benchmarks.measure import _cpu, _memory, _reset_peak

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

Inputs = dict[str, Any]
_ROOT = Path(__file__).resolve().parents[2]
_THREADS = ("OMP", "OPENBLAS", "MKL", "NUMBA")


@dataclass(frozen=True)
class Method:
    """One way of clustering: what `prepare` does is not measured."""

    imports: tuple[str, ...]
    run: Callable[[Any], dict[str, NDArray[Any]]]
    prepare: Callable[[Inputs], Any] = lambda inputs: inputs


@dataclass(frozen=True)
class Run:
    """What came out and what it took; `missing` names libraries that are not installed.

    `extra` is the peak of memory above what imports and input hold, `peak` all of it.
    """

    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    seconds: float = 0.0
    cpu: float = 0.0
    extra: int = 0
    peak: int = 0
    missing: str = ""


def run(module: str, method: str, inputs: Mapping[str, Any], python: str = sys.executable) -> Run:
    """Run `method` of `tests.benchmarks.<module>` in a new process of `python`."""
    with tempfile.TemporaryDirectory(prefix="queries-") as name:
        folder = Path(name)
        (folder / "inputs.json").write_text(json.dumps(dict(inputs)), encoding="utf-8")
        done = subprocess.run(
            [python, "-m", "tests.benchmarks.query_measure", module, method, name],
            cwd=_ROOT,
            env={**os.environ, **{f"{library}_NUM_THREADS": "1" for library in _THREADS}},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{method} failed (exit {done.returncode}):\n{done.stderr[-4000:]}")
        took = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        arrays = {path.stem: np.load(path) for path in folder.glob("*.npy")}
    return Run(arrays, **took)


def measure(module: str, name: str, folder: Path) -> None:
    """Run a method in this process, and write what came out and what it took."""
    method: Method = importlib.import_module(f"tests.benchmarks.{module}").METHODS[name]
    roots = {imported.split(".")[0] for imported in method.imports}
    missing = sorted(root for root in roots if importlib.util.find_spec(root) is None)
    if missing:
        _write(folder, {"missing": f"{', '.join(missing)} not installed"})
        return
    for imported in method.imports:
        importlib.import_module(imported)
    prepared = method.prepare(json.loads((folder / "inputs.json").read_text(encoding="utf-8")))
    _reset_peak()
    before, cpu, wall = _memory("VmRSS"), _cpu(), time.monotonic()
    arrays = method.run(prepared)
    seconds, cpu, peak = time.monotonic() - wall, _cpu() - cpu, _memory("VmHWM")
    for key, array in arrays.items():
        np.save(folder / f"{key}.npy", array)
    _write(folder, {"seconds": seconds, "cpu": cpu, "extra": peak - before, "peak": peak})


def _write(folder: Path, took: dict[str, Any]) -> None:
    (folder / "result.json").write_text(json.dumps(took), encoding="utf-8")


if __name__ == "__main__":
    measure(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
