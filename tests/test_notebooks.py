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

# Of these fewer made-up conversations show as much; the others run as they are.
SMALLER = {
    "04-devices": ["size=6000"],
    "05-misunderstood-queries": ["size=3000"],
    "07-ml-dataset": ["size=6000"],
    "08-research-question": ["size=6000"],
}
# A model needs more conversations than the rest, and two agents have few.
MODEL = "07-ml-dataset"

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


@pytest.fixture(scope="module")
def busy_service():
    with stand_in(3_000) as running:
        yield running


@pytest.mark.notebook
@every_notebook
def test_it_runs_on_the_sample_without_errors_and_warnings(path, here):
    result = _run(path, here, *SMALLER.get(path.stem, []))
    assert _warnings(result) == []
    assert not (here / "cache").exists()


@pytest.mark.notebook
@every_notebook
def test_it_runs_on_agents_without_errors_and_warnings(path, here, request, monkeypatch):
    """A clinic's phone and a web shop's chat, a shorter range, another time zone."""
    is_model = path.stem == MODEL
    service = request.getfixturevalue("busy_service" if is_model else "service")
    _use(service, monkeypatch)
    given = {"agents": f"{CLINIC.id},{WEBSHOP.id}", "start": "2026-02-01", "tz": "America/New_York"}

    result = _run(path, here, *map("=".join, given.items()), "size=300", *["least=20"] * is_model)

    assert _warnings(result) == []
    assert sorted(cda.cache_info()["agent_id"]) == sorted([CLINIC.id, WEBSHOP.id])
    assert service.api_key not in json.dumps(result)
    # What is held against the truth is made up.
    assert ("Own conversations: the model" in json.dumps(result)) == is_model


@pytest.mark.notebook
@pytest.mark.parametrize("days", [("2026-03-01", "2026-03-04"), ("2025-01-01", "2025-02-01")])
def test_channels_of_a_range_with_an_empty_half_are_shown(days, here, service, monkeypatch):
    _use(service, monkeypatch)
    start, end = days
    path = FOLDER / "03-channels.ipynb"
    result = _run(path, here, f"agents={CLINIC.id}", f"start={start}", f"end={end}")
    assert _warnings(result) == []
    assert "there is nothing to compare" in json.dumps(result)


@pytest.mark.notebook
def test_a_model_of_too_few_verdicts_is_refused_with_how_many_there_are(here, service, monkeypatch):
    _use(service, monkeypatch)
    given = [f"agents={CLINIC.id}", "start=2026-02-01", "test_from=2026-05-01"]
    with pytest.raises(cda.ChatDashError) as caught:
        _run(FOLDER / f"{MODEL}.ipynb", here, *given)

    loaded = cda.load_conversations(CLINIC.id, start="2026-02-01", end="2026-07-01")
    after = loaded["created_at"].ge("2026-05-01T00:00+02:00")
    reached = loaded["interacted"].eq(True)
    sizes = loaded[reached].groupby([after, "evaluation_is_success"]).size()
    assert str(caught.value).endswith(
        f"InputError: There are too few verdicts for a model: {sizes[False, True]} successes and "
        f"{sizes[False, False]} others before 2026-05-01, {sizes[True, True]} and "
        f"{sizes[True, False]} from then on. At least 100 of each are needed. Take a longer range, "
        "another test_from, or a lower least."
    )


@pytest.mark.notebook
@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("00-quickstart", "outcome=no_such_column", "MissingColumnsError: .*no_such_column"),
        ("01-load-and-cache", "size=3", "InputError: .*Take a larger size"),
        ("06-custom-analysis", "size=3", "InputError: .*too few for this"),
    ],
)
def test_what_cannot_be_answered_is_an_error_that_says_so(name, given, message, here):
    with pytest.raises(cda.ChatDashError, match=message):
        _run(FOLDER / f"{name}.ipynb", here, given)


def _use(service, monkeypatch) -> None:
    monkeypatch.setenv("CHATDASH_BASE_URL", service.url)
    monkeypatch.setenv("CHATDASH_API_KEY", service.api_key)


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
