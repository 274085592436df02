"""The harness works, and every job that is compared does the same work; no speed is asserted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from tests.benchmarks import measure, payload, targets
from tests.benchmarks.checks import UnequalWorkError, require_equal
from tests.benchmarks.run import STEPS, Settings, benchmark

if TYPE_CHECKING:
    from pathlib import Path

TINY: dict[str, Any] = {
    "main": 2_000,
    "large": 2_000,
    "small": 500,
    "groups": 50,
    "rounds": 1,
    "large_rounds": 1,
    "many": (20,),
}


@pytest.mark.parametrize("step", sorted(STEPS))
def test_each_step_measures_equal_work(step: str, tmp_path: Path) -> None:
    figures = list(benchmark(Settings(folder=tmp_path, **TINY), step))

    assert figures
    assert all(f.missing or (f.values and all(map(math.isfinite, f.values))) for f in figures)
    assert list(tmp_path.iterdir()) == []


def test_every_target_belongs_to_one_of_the_rows() -> None:
    assert {target.row for target in targets.TARGETS.values()} == set(range(1, 21))


def test_unequal_work_is_an_error() -> None:
    ours = {"rows": 3, "columns": {"cost": ["double", 3, 1.5]}}

    require_equal(ours, {"rows": 3, "columns": {"cost": ["double", 3, 1.5]}}, "peer")
    for other in (["double", 2, 1.5], ["double", 3, 1.6], ["text", 3, 1.5]):
        with pytest.raises(UnequalWorkError, match="cost"):
            require_equal(ours, {"rows": 3, "columns": {"cost": other}}, "peer")
    with pytest.raises(UnequalWorkError, match="rows: 3 here, 2 there"):
        require_equal(ours, {"rows": 2}, "peer")


def test_a_column_that_only_one_has_is_unequal_work() -> None:
    full = {"rows": 1, "columns": {"custom_a": ["text", 1, 4]}, "complete": True}
    lacking = {"rows": 1, "columns": {}, "complete": True}

    for one, other in ((full, lacking), (lacking, full)):
        with pytest.raises(UnequalWorkError, match="custom_a"):
            require_equal(one, other, "peer")


def test_a_missing_peer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    job = measure.Job(("no_such_library.part",), lambda inputs: inputs, lambda made: {"rows": 0})
    monkeypatch.setattr(measure, "jobs", lambda: {"absent": job})

    assert measure.run("absent", {}).missing == "no_such_library not installed"


def test_the_payload_depends_on_its_seed_alone() -> None:
    first, again, other = (
        [row.text for row in payload.rows(payload.Payload(50, seed=seed))] for seed in (1, 1, 2)
    )

    assert first == again
    assert first != other


def test_the_verdict_says_by_how_much_a_figure_is_missed() -> None:
    text = targets.table(
        [targets.Figure("plain", [0.42, 0.4, 0.5]), targets.Figure("seven", [600.0])], {}
    )

    assert "missed by 50%" in text
    assert "0.40-0.50" in text
    assert "reached, and the aim" in text
