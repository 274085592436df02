"""Run a notebook with parameters, and keep what it showed."""

from __future__ import annotations

import contextlib
import gc
import logging
import signal
import sys
import threading
import warnings
from typing import TYPE_CHECKING

from chatdash_analysis.errors import ChatDashError, InputError
from chatdash_analysis.notebook_runs.kernel import keeping_engine, own_kernel
from chatdash_analysis.notebook_runs.places import find_notebook
from chatdash_analysis.notebook_runs.reading import check_installed, parameters_of, read_notebook
from chatdash_analysis.notebook_runs.results import check_result, has_run, keep_result
from chatdash_analysis.notebook_runs.values import read_values, without_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import Any

__all__ = ["run_notebook"]

# Of the message of a failed cell: enough for every error of this package.
_LONGEST = 1_000


def run_notebook(
    name: str,
    given: Iterable[str] = (),
    *,
    output: str | Path | None = None,
    say: Callable[[str], None] = print,
) -> Path:
    """Run a notebook, and return the file that holds it with its results.

    Parameters
    ----------
    name : str
        Name of a notebook, such as ``02-cohorts``, ``02`` or ``cohorts``, or a path.
    given : iterable of str
        Parameters as ``name=value``, read by the kind of the default.
    output : path, optional
        File of the result; one that is there is replaced, unless the run fails: then what ran is
        kept in a new one beside it. Default: a new one in ``data/exports`` of the project that
        the working directory lies in, else in the working directory.
    say : callable
        Told, in one sentence, where the result is kept, also that of a run that did not end.

    Raises
    ------
    InputError
        A package is lacking; there is no such notebook or parameter; a value cannot be read or
        looks like a key; the result cannot be written. Nothing has been run then, unless the
        disk is full at the end: the message says where what ran is kept.
    ChatDashError
        A cell failed. What ran is kept.
    KeyboardInterrupt
        The run was interrupted. What ran is kept.
    """
    check_installed()
    path = find_notebook(name)
    notebook = read_notebook(path)
    with _quiet():
        values = read_values(parameters_of(notebook), given)
    target = check_result(path, output)
    state: dict[str, Any] = {}
    with _ended_politely():
        try:
            _execute(notebook, values, state)
            kept = keep_result(state["notebook"], target, name=path.stem)
        except InputError:
            raise
        except BaseException:
            if _begun(state):
                say(_said(state["notebook"], target, name=path.stem))
            raise
    say(f"Saved as {kept}")
    return kept


@contextlib.contextmanager
def _ended_politely() -> Iterator[None]:
    """Treat requests to end like Ctrl-C, so that what ran is kept and no kernel is left."""
    ours = threading.current_thread() is threading.main_thread()
    named = ("SIGTERM", "SIGHUP") if ours else ()
    known = [getattr(signal, name) for name in named if hasattr(signal, name)]
    # What somebody else hears, or ignores as nohup does, stays as it is.
    heard = [one for one in known if signal.getsignal(one) is signal.SIG_DFL]
    for one in heard:
        signal.signal(one, signal.default_int_handler)
    try:
        yield
    finally:
        for one in heard:
            signal.signal(one, signal.SIG_DFL)


def _execute(notebook: Any, values: dict[str, Any], state: dict[str, Any]) -> None:
    with _quiet():
        failure = _failure(notebook, values, state)
        # What an interrupt leaves unfinished complains when it is removed.
        gc.collect()
    if failure:
        raise failure


def _failure(notebook: Any, values: dict[str, Any], state: dict[str, Any]) -> BaseException | None:
    """Run the notebook; return what went wrong."""
    from papermill.exceptions import PapermillExecutionError

    kernel = own_kernel()
    try:
        _papermill(notebook, values, state, kernel)
    except PapermillExecutionError as error:
        return ChatDashError(_words(error))
    except KeyboardInterrupt:
        # A new one, that holds on to nothing of the run.
        return KeyboardInterrupt()
    except Exception as error:  # noqa: BLE001 - the end of a kernel surfaces in many ways
        # An interrupt ends the kernel, too.
        return KeyboardInterrupt() if kernel.stopped else ChatDashError(_end(error, state))
    return None


def _end(error: Exception, state: dict[str, Any]) -> str:
    if _begun(state):
        return (
            f"The Python that ran the notebook ended ({type(error).__name__}), as it does for lack "
            "of memory. Take fewer agents or a shorter range."
        )
    return (
        f"The Python that runs notebooks did not start ({type(error).__name__}). Make sure that "
        "there is room on the disk and in memory, and that your home folder can be written."
    )


def _begun(state: dict[str, Any]) -> bool:
    return "notebook" in state and has_run(state["notebook"])


def _papermill(notebook: Any, values: dict[str, Any], state: dict[str, Any], kernel: Any) -> None:
    from papermill import execute_notebook
    from papermill.engines import papermill_engines

    papermill_engines.register("keeping", keeping_engine(state))
    execute_notebook(
        notebook,
        None,
        values,
        engine_name="keeping",
        kernel_name="python3",
        language="python",
        progress_bar=sys.stderr.isatty(),
        kernel_manager_class=kernel,
        record_timing=False,
    )


def _said(notebook: Any, target: Path, *, name: str) -> str:
    """Keep what ran; say where, or why not: that must not hide why the run ended."""
    if target.is_file():
        # What is there may be the result of a whole run.
        target, name = target.parent, target.stem
    try:
        return f"What ran is kept in {keep_result(notebook, target, name=name)}"
    except InputError as error:
        return str(error)


def _words(error: Any) -> str:
    first = next((line for line in error.source.splitlines() if line.strip()), "").strip()
    reason = f"{error.ename}: {error.evalue}".strip().removesuffix(":")
    if len(reason) > _LONGEST:
        reason = f"{reason[:_LONGEST]} ..."
    return without_key(f"Cell [{error.exec_count}], which begins with `{first}`, failed. {reason}")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the warnings and log lines of the libraries underneath off the screen."""
    loggers = [logging.getLogger(name) for name in ("papermill", "asyncio")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
