"""The notebooks: they run, say nothing on the error output, and show no person or machine."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LARGEST = 300_000
MACHINE = re.compile(r"(?<![\w.])/(?:tmp|var|work|farm|root|home|Users)/[\w.]")
# Where a person could be named in a table that is shown.
PERSONAL = re.compile(r"\b(?:phone|phone_secondary|ip_address|instagram_username|lead_id|url)\b")

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_the_notebooks_are_there():
    assert [path.stem for path in NOTEBOOKS][:2] == ["00-quickstart", "01-load-and-cache"]


@pytest.mark.notebook
@every_notebook
def test_it_runs_without_errors_and_warnings(path, tmp_path, monkeypatch):
    monkeypatch.setenv("TQDM_DISABLE", "1")
    # Were a notebook to use the usual cache, it would be this one.
    monkeypatch.setenv("CHATDASH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(path, as_version=4)

    client = NotebookClient(
        notebook, timeout=300, record_timing=False, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()

    outputs = [output for cell in _code(notebook) for output in cell.outputs]
    assert [output for output in outputs if output.get("name") == "stderr"] == []
    assert not (tmp_path / "cache").exists()


@every_notebook
def test_it_is_small_executed_and_can_be_parametrised(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert path.stat().st_size < LARGEST
    cells = _code(notebook)
    assert cells[0].metadata.tags == ["parameters"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert [cell.id for cell in cells if "execution" in cell.metadata] == []


@every_notebook
def test_its_outputs_name_no_machine_and_show_no_personal_column(path):
    shown = json.dumps([_texts(cell) for cell in _code(nbformat.read(path, as_version=4))])
    assert MACHINE.findall(shown) == []
    columns = re.findall(r"<th>([a-z_]+)</th>", shown)
    assert [name for name in columns if PERSONAL.fullmatch(name)] == []
    assert "ApiKey(" not in shown
    assert "CD.0123" not in shown


def _code(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _texts(cell) -> list[str]:
    return [
        "".join(output.get("text", "") or output.get("data", {}).get("text/plain", ""))
        for output in cell.outputs
    ]
