"""Run a notebook with parameters, and keep what it showed."""

from __future__ import annotations

import contextlib
import gc
import logging
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from chatdash_analysis.errors import ChatDashError
from chatdash_analysis.notebook_runs.kernel import own_kernel
from chatdash_analysis.notebook_runs.places import find_notebook
from chatdash_analysis.notebook_runs.reading import check_installed, parameters_of, read_notebook
from chatdash_analysis.notebook_runs.results import check_result, has_run, keep_result
from chatdash_analysis.notebook_runs.values import read_values, without_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
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
        File of the result; one that is there is replaced. Default: a new one in ``data/exports``
        of the project that the working directory lies in, else in the working directory.
    say : callable
        Told, in one sentence, where the result is kept, also that of a run that did not end.

    Raises
    ------
    InputError
        A package is lacking; there is no such notebook or parameter; a value cannot be read or
        looks like a key; the result cannot be written. Nothing has been run then.
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
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder, "draft.ipynb")
        try:
            _execute(notebook, values, draft)
        except BaseException:
            if has_run(draft):
                say(f"What ran is kept in {keep_result(draft, target, name=path.stem)}")
            raise
        kept = keep_result(draft, target, name=path.stem)
    say(f"Saved as {kept}")
    return kept


def _execute(notebook: Any, values: dict[str, Any], draft: Path) -> None:
    import nbformat

    source = draft.with_name("source.ipynb")
    source.write_text(nbformat.writes(notebook), encoding="utf-8")
    with _quiet():
        failure = _failure(source, values, draft)
        # What an interrupt leaves unfinished complains when it is removed.
        gc.collect()
    if failure:
        raise failure


def _failure(source: Path, values: dict[str, Any], draft: Path) -> BaseException | None:
    """Run the notebook; return what went wrong."""
    from papermill.exceptions import PapermillExecutionError

    kernel = own_kernel()
    try:
        _papermill(source, values, draft, kernel)
    except PapermillExecutionError as error:
        return ChatDashError(_words(error))
    except Exception as error:  # noqa: BLE001 - the end of a kernel surfaces in many ways
        # An interrupt ends the kernel, too.
        if kernel.stopped:
            return KeyboardInterrupt()
        return ChatDashError(
            f"The Python that ran the notebook ended ({type(error).__name__}), as it does for lack "
            "of memory. Take fewer agents or a shorter range."
        )
    return None


def _papermill(source: Path, values: dict[str, Any], draft: Path, kernel: Any) -> None:
    from papermill import execute_notebook

    execute_notebook(
        _escaped(source),
        _escaped(draft),
        values,
        kernel_name="python3",
        language="python",
        progress_bar=sys.stderr.isatty(),
        kernel_manager_class=kernel,
        record_timing=False,
    )


def _escaped(path: Path) -> str:
    """Protect braces, which papermill would fill in."""
    return str(path).replace("{", "{{").replace("}", "}}")


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
