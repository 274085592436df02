"""Small notebooks for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat

if TYPE_CHECKING:
    from pathlib import Path


def write_notebook(path: Path, parameters: str, *cells: str, heading: str = "A title") -> Path:
    """Save a notebook with a heading, a parameters cell and others."""
    build = nbformat.v4
    code = [build.new_code_cell(text) for text in (parameters, *cells)]
    code[0].metadata["tags"] = ["parameters"]
    notebook = build.new_notebook(cells=[build.new_markdown_cell(f"# {heading}\n\nText."), *code])
    path.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, path)
    return path
