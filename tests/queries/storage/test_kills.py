"""A save that ends anywhere leaves the old or the new state, and the next one works."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.storage import folder as module
from chatdash_analysis.queries.storage.folder import load_parts, save_parts
from tests.queries.storage.saved_states import save, snapshot, state


class Killed(BaseException):
    """Ends the process as far as the code under test can tell."""


class Death:
    """From the n-th change of the disk on, each raises: after a kill nothing is done any more."""

    def __init__(self, monkeypatch, at: int, error: BaseException, *, lasts: bool = True):
        self.calls, self.at, self.error, self.lasts = 0, at, error, lasts
        for name in ("replace", "unlink", "fsync", "chmod", "mkdir"):
            monkeypatch.setattr(os, name, self.deadly(getattr(os, name)))
        monkeypatch.setattr(os, "open", self.deadly(os.open, self.creates))

    @staticmethod
    def creates(path, flags, *rest, **options) -> bool:
        return bool(flags & os.O_CREAT)

    def deadly(self, function, counts=lambda *rest, **options: True):
        def call(*arguments, **options):
            if counts(*arguments, **options):
                self.calls += 1
                if self.calls == self.at or (self.lasts and self.calls > self.at):
                    raise self.error
            return function(*arguments, **options)

        return call


@pytest.fixture
def quick(monkeypatch):
    """Encode each state once: it is the disk that matters here."""
    encoded, real = {}, module._encoded

    def once(tables, arrays, facts):
        if facts["n"] not in encoded:
            encoded[facts["n"]] = real(tables, arrays, facts)
        return encoded[facts["n"]]

    monkeypatch.setattr(module, "_encoded", once)


def steps(folder: Path, monkeypatch) -> int:
    with monkeypatch.context() as patch:
        death = Death(patch, 10**9, Killed())
        save(folder, 2)
    return death.calls


def expect_saved_anew(folder: Path) -> None:
    """Whatever happened there, the next save is whole, and leaves nothing else behind."""
    save(folder, 3)
    assert state(folder) == 3
    assert len(snapshot(folder)) == 5


@pytest.mark.usefixtures("quick")
def test_a_save_that_is_killed_anywhere_leaves_the_old_or_the_new_state(tmp_path, monkeypatch):
    save(tmp_path / "count", 1)
    total = steps(tmp_path / "count", monkeypatch)
    assert total > 12
    seen = []
    for at in range(1, total + 1):
        folder = tmp_path / f"at{at}"
        save(folder, 1)
        with monkeypatch.context() as patch, contextlib.suppress(Killed):
            Death(patch, at, Killed())
            save(folder, 2)
        seen.append(state(folder))
        expect_saved_anew(folder)
    assert seen == sorted(seen)
    assert set(seen) == {1, 2}


@pytest.mark.usefixtures("quick")
def test_a_fault_anywhere_leaves_the_old_or_the_new_state_and_is_told(tmp_path, monkeypatch):
    save(tmp_path / "count", 1)
    full = OSError(28, "No space left on device")
    for at in range(1, steps(tmp_path / "count", monkeypatch) + 1):
        folder = tmp_path / f"at{at}"
        save(folder, 1)
        told = False
        with monkeypatch.context() as patch:
            Death(patch, at, full, lasts=False)
            try:
                save(folder, 2)
            except InputError:
                told = True
        assert state(folder) == 2 or told
        expect_saved_anew(folder)


@pytest.mark.usefixtures("quick")
def test_a_first_save_that_is_killed_anywhere_can_be_done_again(tmp_path, monkeypatch):
    outcomes = []
    for at in range(1, steps(tmp_path / "count", monkeypatch) + 1):
        folder = tmp_path / f"at{at}"
        with monkeypatch.context() as patch, contextlib.suppress(Killed):
            Death(patch, at, Killed())
            save(folder, 2)
        outcomes.append((folder / "manifest.json").exists())
        if outcomes[-1]:
            assert state(folder) == 2
        else:
            with pytest.raises(InputError, match="no saved clusters"):
                load_parts(folder)
        expect_saved_anew(folder)
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {False, True}


def test_a_fault_of_the_disk_is_an_error_of_ours_and_leaves_no_litter(tmp_path, monkeypatch):
    folder = tmp_path / "a"
    save(folder, 1)
    before = snapshot(folder)
    real, calls = module.replace_file, []

    def full(target, content, *, beside):
        calls.append(target.name)
        if target.name == "manifest.json":
            raise OSError(28, "No space left on device")
        real(target, content, beside=beside)

    monkeypatch.setattr(module, "replace_file", full)
    with pytest.raises(InputError, match=r"could not be written \(No space left on device\)"):
        save(folder, 2)
    assert len(calls) == 3  # the table that is the same was not written again
    assert snapshot(folder) == before


CHILD = """
    import os, signal, sys
    from pathlib import Path
    import numpy as np
    import pandas as pd
    from chatdash_analysis.queries.storage.folder import save_parts

    at, calls, real = sys.argv[2], [], os.replace

    def deadly(source, target, **options):
        calls.append(target)
        if at == "before" and str(target).endswith("manifest.json"):
            os.kill(os.getpid(), signal.SIGKILL)
        real(source, target, **options)
        if at == "after" and str(target).endswith("manifest.json"):
            os.kill(os.getpid(), signal.SIGKILL)

    os.replace = deadly
    tables = {"changing": pd.DataFrame({"n": [2] * 1000})}
    save_parts(sys.argv[1], tables=tables, arrays={"v": np.full((9, 3), 2.0)}, facts={"n": 2})
"""


@pytest.mark.parametrize(("at", "left"), [("before", 1), ("after", 2)])
def test_a_process_that_is_killed_leaves_the_old_or_the_new_state(tmp_path, at, left):
    folder = tmp_path / "a"

    def save_state(n: int) -> None:
        tables = {"changing": pd.DataFrame({"n": [n] * 1000})}
        save_parts(folder, tables=tables, arrays={"v": np.full((9, 3), float(n))}, facts={"n": n})

    save_state(1)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(folder), at],
        capture_output=True, check=False, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    strays = {"before": 1, "after": 0}[at]  # the new manifest, which has no name yet
    assert len(snapshot(folder)) == 6 + strays  # two states of two files, the manifest, the lock
    tables, arrays, facts = load_parts(folder)
    assert facts == {"n": left}
    assert tables["changing"]["n"].unique().tolist() == [left]
    assert np.unique(arrays["v"]).tolist() == [left]
    save_state(3)
    assert len(snapshot(folder)) == 4
