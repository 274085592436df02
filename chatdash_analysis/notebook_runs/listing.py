"""The notebooks there are, as text: what each is about, and its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatdash_analysis.notebook_runs.places import every_notebook
from chatdash_analysis.notebook_runs.reading import (
    check_installed,
    heading,
    parameters_of,
    read_notebook,
)

if TYPE_CHECKING:
    from chatdash_analysis.notebook_runs.reading import Parameter

__all__ = ["notebooks_text"]


def notebooks_text() -> str:
    """Return a line for each notebook, below it its own parameters, and at the end those of all.

    Raises
    ------
    InputError
        If a package is lacking, or a file is no notebook.
    """
    check_installed()
    notebooks = {path.stem: read_notebook(path) for path in every_notebook()}
    if not notebooks:
        return "There is no notebook here. Name one by its path."
    lines = {name: _lines(parameters_of(one)) for name, one in notebooks.items()}
    everywhere = [line for line in next(iter(lines.values())) if _is_in_all(line, lines)]
    width = max(map(len, notebooks))
    shown = []
    for name, notebook in notebooks.items():
        shown.append(f"{name:<{width}}  {heading(notebook)}".rstrip())
        shown += [f"    {line}" for line in lines[name] if line not in everywhere]
    if everywhere:
        shown += ["", "Parameters of each:", *(f"    {line}" for line in everywhere)]
    return "\n".join(shown)


def _lines(parameters: list[Parameter]) -> list[str]:
    return [
        f"{one.name} = {one.default!r}" + f"  # {one.help}" * bool(one.help) for one in parameters
    ]


def _is_in_all(line: str, lines: dict[str, list[str]]) -> bool:
    return len(lines) > 1 and all(line in of_one for of_one in lines.values())
