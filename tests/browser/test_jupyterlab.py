"""The first day: a notebook, opened and run in JupyterLab as an analyst does it."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.browser, pytest.mark.notebook]

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NOTEBOOK = "02-cohorts.ipynb"
READY_SECONDS = 60
RUN_SECONDS = 180
# All cells stand in the page, not only those in sight.
WHOLE = {"windowingMode": "none"}
# JupyterLab asks its maker's hosts for news, and about them, unless it is told.
QUIET = {"fetchNews": "false", "checkForUpdates": False}


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """Start JupyterLab's own server on a notebook without outputs; give its address."""
    work = tmp_path / "work"
    work.mkdir()
    nbformat.write(_without_outputs(NOTEBOOKS / NOTEBOOK), work / NOTEBOOK)
    for plugin, settings in (
        ("notebook-extension/tracker", WHOLE),
        ("apputils-extension/notification", QUIET),
    ):
        file = tmp_path / f"settings/@jupyterlab/{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(settings))
    token, port = secrets.token_hex(8), _free_port()
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [
                sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
                f"--port={port}", f"--IdentityProvider.token={token}",
                f"--ServerApp.root_dir={work}",
            ],
            cwd=work, env=_environment(tmp_path), stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _wait(f"http://127.0.0.1:{port}/api?token={token}", server, tmp_path / "log")
        yield f"http://127.0.0.1:{port}/lab/tree/{NOTEBOOK}?token={token}"
    finally:
        _stop(server)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _without_outputs(path: Path) -> Any:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    return notebook


def _environment(folder: Path) -> dict[str, str]:
    homes = ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "CHATDASH_CACHE_DIR")
    return {
        **os.environ,
        **{name: str(folder / name.lower()) for name in homes},
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


def test_a_notebook_runs_top_to_bottom_without_an_error_on_screen(browser, lab, tmp_path):
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(lab)
    panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    first = panel.locator(".jp-CodeCell").first
    _expect("the notebook is open", lambda: first.wait_for(timeout=1000 * READY_SECONDS))
    _run_all(page)

    assert _loud(panel) == []
    assert panel.locator(".jp-RenderedHTMLCommon table").count() > 3
    assert panel.locator(".jp-RenderedImage img").count() > 1
    assert faults == []
    saved = _save(page, tmp_path / "work" / NOTEBOOK)
    assert [o for cell in saved for o in cell.outputs if o.output_type == "error"] == []
    assert [o for cell in saved for o in cell.outputs if o.get("name") == "stderr"] == []
    assert [cell.execution_count for cell in saved] == list(range(1, len(saved) + 1))


def _run_all(page: Any) -> None:
    """Choose "Run All Cells" from the menu; wait until all have a number."""
    idle = page.get_by_text("Python 3 (ipykernel) | Idle")
    _expect("the kernel is ready", lambda: idle.wait_for(timeout=1000 * READY_SECONDS))
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    numbered = """selector => [...document.querySelectorAll(selector)].every(
        element => /^\\[\\d+\\]:$/.test(element.textContent.trim()))"""
    prompts = ".jp-CodeCell .jp-InputArea-prompt"
    _expect(
        "all cells have run",
        lambda: page.wait_for_function(numbered, arg=prompts, timeout=1000 * RUN_SECONDS),
    )


def _expect(what: str, wait: Callable[[], Any]) -> None:
    """Wait for something as long as the wait allows, and say in words what did not come."""
    from playwright.sync_api import TimeoutError as TooLong

    try:
        wait()
    except TooLong as error:
        pytest.fail(f"JupyterLab: not in time that {what}\n{error}")


def _loud(panel: Any) -> list[str]:
    """Return what stands on the error output, and tracebacks."""
    kinds = ("application/vnd.jupyter.stderr", "application/vnd.jupyter.error")
    found = panel.locator(", ".join(f'[data-mime-type="{kind}"]' for kind in kinds))
    return found.all_inner_texts() + [
        text for text in panel.locator(".jp-OutputArea").all_inner_texts() if "Traceback" in text
    ]


def _save(page: Any, path: Path) -> list[Any]:
    """Save the notebook as a user does; return its code cells."""
    before = path.stat().st_mtime_ns
    page.keyboard.press("Control+s")
    deadline = time.monotonic() + 30
    while path.stat().st_mtime_ns == before:
        assert time.monotonic() < deadline, "JupyterLab did not save the notebook"
        time.sleep(0.2)
    notebook = nbformat.read(path, as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]
