"""Runs of notebooks: what is kept, what is said, and which Python runs them."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import pytest

from chatdash_analysis.cli import main
from chatdash_analysis.errors import ChatDashError, InputError
from chatdash_analysis.notebook_runs import results, run_notebook
from chatdash_analysis.notebook_runs.results import keep_result
from chatdash_analysis.saving import write_bytes

from .sheets import write_notebook

KEY = "CD.00112233445566778899aabbccddeeff"
NAME = re.compile(r"mine-\d{4}-\d\d-\d\d-\d{6}(-\d+)?\.ipynb")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return tmp_path


def _shown(path: Path) -> str:
    cells = nbformat.read(path, as_version=4).cells
    return "".join(
        output.get("text", "")
        for cell in cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )


def test_parameters_arrive_and_the_file_is_private_and_names_no_place(here, capfd):
    write_notebook(here / "mine.ipynb", "agents = None\nx = 1", "print(agents, x)")
    assert main(["notebook", "mine.ipynb", "-p", "agents=6812e4,1", "-p", "x=7"]) == 0

    (saved,) = (path for path in here.iterdir() if NAME.fullmatch(path.name))
    assert _shown(saved) == "['6812e4', '1'] 7\n"
    assert saved.stat().st_mode & 0o777 == 0o600
    out, err = capfd.readouterr()
    assert (out, err) == (f"Saved as {saved.name}\n", "")
    written = saved.read_text()
    assert str(here) not in written
    assert str(Path.home()) not in written
    assert json.loads(written)["metadata"]["papermill"]["parameters"] == {
        "agents": ["6812e4", "1"], "x": 7,
    }  # fmt: skip


def test_results_of_one_moment_stand_side_by_side_in_the_exports_of_a_project(here, monkeypatch):
    monkeypatch.setenv("CHATDASH_CACHE_DIR", str(here / "elsewhere"))
    (here / "pyproject.toml").touch()
    (here / "data").mkdir()
    write_notebook(here / "notebooks/mine.ipynb", "x = 1")
    (here / "data/exports").mkdir(mode=0o700)
    # Names that a run of the next seconds would take.
    now = time.time()
    taken = [
        time.strftime("mine-%Y-%m-%d-%H%M%S.ipynb", time.localtime(now + n)) for n in range(90)
    ]
    for name in taken:
        (here / "data/exports" / name).write_text("kept")

    saved = run_notebook("mine")

    assert saved.parent == Path("data/exports")
    assert saved.name.endswith("-2.ipynb")
    assert {(here / "data/exports" / name).read_text() for name in taken} == {"kept"}


def test_the_python_is_that_of_the_command_whatever_is_registered(here, monkeypatch):
    kernel = here / "share/kernels/python3/kernel.json"
    kernel.parent.mkdir(parents=True)
    other = {"argv": ["/bin/false", "{connection_file}"], "language": "python"}
    kernel.write_text(json.dumps({**other, "display_name": "other"}))
    monkeypatch.setenv("JUPYTER_PATH", str(here / "share"))
    write_notebook(here / "my {own}.ipynb", "x = 1", "import sys; print(sys.executable)")

    saved = run_notebook("my {own}.ipynb", output="the {result}.ipynb")

    assert _shown(saved) == f"{sys.executable}\n"
    assert saved == Path("the {result}.ipynb")


def test_a_failing_cell_is_named_and_what_ran_is_kept_without_the_key(here, monkeypatch, capfd):
    monkeypatch.setenv("CHATDASH_API_KEY", KEY)
    write_notebook(
        here / "mine.ipynb",
        "x = 1",
        "import os\nprint('first', os.environ['CHATDASH_API_KEY'])",
        "# Why not?\nraise ValueError(os.environ['CHATDASH_API_KEY'])",
        "print('never')",
    )
    assert main(["notebook", "mine.ipynb", "-o", "result.ipynb"]) == 1

    out, err = capfd.readouterr()
    assert out == "What ran is kept in result.ipynb\n"
    assert err == "chatdash: Cell [3], which begins with `# Why not?`, failed. ValueError: ***\n"
    written = (here / "result.ipynb").read_text()
    assert "first ***" in written
    assert "ValueError" in written
    assert KEY not in written
    assert _shown(here / "result.ipynb") == "first ***\n"


def test_a_run_that_fails_leaves_the_result_of_one_before_as_it_is(here, capfd):
    write_notebook(here / "mine.ipynb", "x = 1", "print('whole', 1 // x)")
    run_notebook("mine.ipynb", output="result.ipynb")
    whole = (here / "result.ipynb").read_bytes()
    with pytest.raises(ChatDashError, match="ZeroDivisionError"):
        run_notebook("mine.ipynb", ["x=0"], output="result.ipynb")
    assert (here / "result.ipynb").read_bytes() == whole
    (beside,) = here.glob("result-*.ipynb")
    assert capfd.readouterr().out.endswith(f"What ran is kept in {beside.name}\n")
    run_notebook("mine.ipynb", ["x=2"], output="result.ipynb")
    assert _shown(here / "result.ipynb") == "whole 0\n"


def test_an_interrupt_while_a_run_is_saved_does_not_lose_it(here, monkeypatch, capfd):
    write_notebook(here / "mine.ipynb", "x = 1", "print('first')")
    failing = iter([KeyboardInterrupt()])

    def interrupted(path, content):
        for error in failing:
            raise error
        write_bytes(path, content)

    monkeypatch.setattr(results, "write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_notebook("mine.ipynb")
    (saved,) = (path for path in here.iterdir() if NAME.fullmatch(path.name))
    assert _shown(saved) == "first\n"
    assert capfd.readouterr().out == f"What ran is kept in {saved.name}\n"


def test_a_kernel_that_dies_is_an_error_and_what_ran_is_kept(here, capfd):
    write_notebook(here / "mine.ipynb", "x = 1", "print('first')", "import os; os._exit(9)")
    with pytest.raises(ChatDashError, match="lack of memory"):
        run_notebook("mine.ipynb", output="result.ipynb")
    assert _shown(here / "result.ipynb") == "first\n"
    assert capfd.readouterr() == ("What ran is kept in result.ipynb\n", "")


def test_a_python_that_cannot_start_is_an_error_of_its_own(here, monkeypatch):
    write_notebook(here / "mine.ipynb", "x = 1")
    with monkeypatch.context() as broken:
        # Where the addresses of its ports should be written.
        broken.setattr(tempfile, "tempdir", str(here / "mine.ipynb"))
        with pytest.raises(ChatDashError, match=r"did not start \(.+\)\. Make sure that there is"):
            run_notebook("mine.ipynb")
    assert [path.name for path in here.iterdir()] == ["mine.ipynb"]


@pytest.mark.parametrize("stuck", ["import time; time.sleep(600)", "while True: pass"])
def test_ctrl_c_ends_the_run_and_what_ran_is_kept(stuck, here):
    mark = "from pathlib import Path; print('first'); Path('begun').touch()"
    write_notebook(here / "mine.ipynb", "x = 1", mark, stuck)
    command = [sys.executable, "-m", "chatdash_analysis", "notebook", "mine.ipynb"]
    command += ["-o", "result.ipynb"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
        deadline = time.monotonic() + 100
        while not (here / "begun").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        # The next cell, which does not end, is to be the one that is interrupted.
        time.sleep(1)
        p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=60)
    assert p.returncode == 130
    assert (out, err) == ("What ran is kept in result.ipynb\n", "")
    assert _shown(here / "result.ipynb") == "first\n"


@pytest.mark.parametrize("wish", ["SIGTERM", "SIGHUP"])
def test_a_wishto_end_is_heeded_like_ctrl_c_and_leaves_nothing(wish, here, monkeypatch):
    (here / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(here / "temporary"))
    mark = "import os; from pathlib import Path; print('first')\n"
    mark += "Path('pid').write_text(str(os.getpid())); Path('begun').touch()"
    write_notebook(here / "mine.ipynb", "x = 1", mark, "import time; time.sleep(600)")
    command = [sys.executable, "-m", "chatdash_analysis", "notebook", "mine.ipynb"]
    command += ["-o", "result.ipynb"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
        deadline = time.monotonic() + 100
        while not (here / "begun").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        p.send_signal(getattr(signal, wish))
        out, err = p.communicate(timeout=60)
    assert p.returncode == 130
    assert (out, err) == ("What ran is kept in result.ipynb\n", "")
    assert _shown(here / "result.ipynb") == "first\n"
    assert list((here / "temporary").iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int((here / "pid").read_text()), 0)


@pytest.mark.parametrize("broken", [False, True])
def test_a_result_that_cannot_be_saved_is_kept_elsewhere(broken, here, monkeypatch, capfd):
    """And what a cell failed of is told all the same."""
    (here / "elsewhere").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(here / "elsewhere"))
    (here / "out").mkdir()
    gone = "import shutil; print('first'); shutil.rmtree('out')"
    write_notebook(here / "mine.ipynb", "x = 1", gone, *["1 / 0"] * broken)

    assert main(["notebook", "mine.ipynb", "-o", "out/result.ipynb"]) == 1

    (kept,) = (here / "elsewhere").iterdir()
    assert _shown(kept) == "first\n"
    assert kept.stat().st_mode & 0o777 == 0o600
    out, err = capfd.readouterr()
    where = (
        "out/result.ipynb could not be written (No such file or directory). Choose another file, "
        f"or make room for this one. For now, what ran is kept in {kept}\n"
    )
    failed = "Cell [3], which begins with `1 / 0`, failed. ZeroDivisionError: division by zero\n"
    expected = (where, f"chatdash: {failed}") if broken else ("", f"chatdash: {where}")
    assert (out, err) == expected


def test_nothing_is_left_of_a_result_that_can_be_saved_nowhere(here, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(here / "nowhere"))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x" * 100_000)])
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(InputError, match=r"File too large.*could not be kept anywhere else"):
            keep_result(notebook, here, name="mine")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(here.iterdir()) == []


def test_nothing_runs_where_something_is_wrong_with_what_was_given(here):
    write_notebook(here / "mine.ipynb", "x = 1", "open('ran', 'w').close()")
    for given, output in (
        (["y=1"], None), (["x=a"], None), ([f"x={KEY}"], None),
        ([], "result.html"), ([], "no/result.ipynb"), ([], "x" * 400 + ".ipynb"),
        ([], "mine.ipynb"), ([], "."),
    ):  # fmt: skip
        with pytest.raises(InputError):
            run_notebook("mine.ipynb", given, output=output)
    assert [path.name for path in here.iterdir()] == ["mine.ipynb"]


def test_a_file_that_is_named_is_replaced(here):
    write_notebook(here / "mine.ipynb", "x = 1", "print(x)")
    (here / "result.ipynb").write_text("old")
    (here / "result.ipynb").chmod(0o644)
    run_notebook("mine.ipynb", output="result.ipynb")
    assert _shown(here / "result.ipynb") == "1\n"
    assert (here / "result.ipynb").stat().st_mode & 0o777 == 0o600


def test_loggers_are_left_as_they_were(here):
    write_notebook(here / "mine.ipynb", "x = 1")
    before = [logging.getLogger(name).level for name in ("papermill", "asyncio")]
    run_notebook("mine.ipynb", output="result.ipynb")
    assert [logging.getLogger(name).level for name in ("papermill", "asyncio")] == before


def test_bars_are_for_those_who_watch(here):
    """A terminal sees how far the run is; the saved notebook holds no bars."""
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    bar = "from tqdm.auto import tqdm\nfor _ in tqdm(range(3)): pass"
    write_notebook(here / "mine.ipynb", "x = 1", bar)
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 120))
    environment = {k: v for k, v in os.environ.items() if k != "TQDM_DISABLE"}
    command = [sys.executable, "-m", "chatdash_analysis", "notebook", "mine.ipynb"]
    with subprocess.Popen(
        [*command, "-o", "result.ipynb"], stderr=theirs, stdout=subprocess.PIPE, env=environment
    ) as p:
        os.close(theirs)
        p.communicate(timeout=100)
    seen = b""
    with contextlib.suppress(OSError):  # all is read, and nobody writes any more
        while b"Executing" not in seen:
            seen += os.read(ours, 100_000)
    os.close(ours)
    assert b"Executing" in seen
    assert _shown(here / "result.ipynb") == ""


def test_without_a_name_notebooks_are_listed(capsys):
    assert main(["notebook"]) == 0
    assert "02-cohorts" in capsys.readouterr().out
    assert main(["notebook", "-p", "x=1"]) == 1
    assert "Which notebook?" in capsys.readouterr().err
