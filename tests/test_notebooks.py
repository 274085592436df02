"""The notebooks: they run on the sample and on agents, without warnings, and show no person."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest

import chatdash_analysis as cda
from chatdash_analysis.notebook_runs import run_notebook
from chatdash_analysis.notebook_runs.reading import parameters_of, read_notebook
from chatdash_analysis.sandbox.sampling import stand_in
from chatdash_analysis.sandbox.world import CLINIC, WEBSHOP

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LARGEST = 300_000
MACHINE = re.compile(r"(?<![\w.])/(?:tmp|var|work|farm|root|home|Users)/[\w.]")
# Where a person could be named in a table that is shown.
PERSONAL = re.compile(r"\b(?:phone|phone_secondary|ip_address|instagram_username|lead_id|url)\b")

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_the_notebooks_are_there():
    assert [path.stem for path in NOTEBOOKS][:2] == ["00-quickstart", "01-load-and-cache"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Stand in an empty folder, with a cache and settings of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATDASH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return tmp_path


@pytest.fixture(scope="module")
def service():
    with stand_in(600) as running:
        yield running


@pytest.mark.notebook
@every_notebook
def test_it_runs_on_the_sample_without_errors_and_warnings(path, here):
    result = _run(path, here)
    assert _warnings(result) == []
    assert not (here / "cache").exists()


@pytest.mark.notebook
@every_notebook
def test_it_runs_on_agents_without_errors_and_warnings(path, here, service, monkeypatch):
    """A clinic's phone and a web shop's chat, a shorter range, another time zone."""
    monkeypatch.setenv("CHATDASH_BASE_URL", service.url)
    monkeypatch.setenv("CHATDASH_API_KEY", service.api_key)
    given = {"agents": f"{CLINIC.id},{WEBSHOP.id}", "start": "2026-02-01", "tz": "America/New_York"}

    result = _run(path, here, *map("=".join, given.items()), "size=300")

    assert _warnings(result) == []
    assert sorted(cda.cache_info()["agent_id"]) == sorted([CLINIC.id, WEBSHOP.id])
    assert service.api_key not in json.dumps(result)


def _run(path: Path, folder: Path, *given: str):
    result = run_notebook(str(path), given, output=folder / "result.ipynb", say=lambda _: None)
    return nbformat.read(result, as_version=4)


def _warnings(notebook) -> list:
    outputs = [output for cell in _code(notebook) for output in cell.outputs]
    return [output for output in outputs if output.get("name") == "stderr"]


@every_notebook
def test_its_parameters_are_those_of_every_notebook(path):
    parameters = {one.name: one for one in parameters_of(read_notebook(path))}
    assert list(parameters)[:7] == ["agents", "start", "end", "outcome", "tz", "size", "seed"]
    assert parameters["agents"].default is None
    assert [one.name for one in parameters.values() if not one.help] == []


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
