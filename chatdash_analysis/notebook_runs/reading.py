"""A notebook, read from its file: what it is about and which parameters it has."""

from __future__ import annotations

import ast
import importlib.util
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

__all__ = ["Parameter", "check_installed", "heading", "parameters_of", "read_notebook"]

_NEEDED = ("papermill", "ipykernel", "nbformat")


@dataclass(frozen=True)
class Parameter:
    """A line of the parameters cell: ``name = default  # help``."""

    name: str
    default: Any
    help: str
    annotation: str = ""


def check_installed() -> None:
    """Raise an InputError where the packages that run notebooks are not installed."""
    lacking = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if lacking:
        raise InputError(
            f"Running notebooks needs {' and '.join(lacking)}, which is not installed. "
            'Install what is needed with: pip install "chatdash_analysis[notebook]"'
        )


def read_notebook(path: Path) -> Any:
    """Return the notebook of a file, as nbformat reads it.

    Raises
    ------
    InputError
        If the file holds no notebook, or one that is not in Python.
    """
    import nbformat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of ids that old notebooks lack
            notebook = nbformat.read(path, as_version=4)
            nbformat.validate(notebook)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise _unreadable(path) from error
    except nbformat.ValidationError as error:
        raise _unreadable(path) from error
    language = notebook.metadata.get("language_info", {}).get("name", "python")
    if language != "python":
        raise InputError(f"{path.name} is written in {language!r}. Only Python can be run.")
    # What papermill looks for, also in a notebook that was never opened.
    notebook.metadata.setdefault("language_info", {"name": "python"})
    notebook.metadata["kernelspec"] = {
        "name": "python3", "display_name": "Python 3", "language": "python",
    }  # fmt: skip
    return notebook


def _unreadable(path: Path) -> InputError:
    return InputError(
        f"{path.name} cannot be read as a notebook. Open it in JupyterLab to see what is wrong, "
        "or name another."
    )


def heading(notebook: Any) -> str:
    """Return the first heading, or nothing."""
    for cell in notebook.cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
            if line.startswith("#"):
                return str(line.lstrip("#").strip())
    return ""


def parameters_of(notebook: Any) -> list[Parameter]:
    """Return the parameters in the order of their cell."""
    import papermill

    found = papermill.inspect_notebook(notebook).values()
    return [
        Parameter(one["name"], _value(one["default"]), one["help"], _annotation(one))
        for one in found
    ]


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        # Computed when the cell runs: whatever is given instead is text.
        return text


def _annotation(one: dict[str, str]) -> str:
    named = one["inferred_type_name"]
    return "" if named == "None" else named.partition("[")[0].strip()
