"""What the README tells to type works: Python from top to bottom, and each `chatdash` command."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest

import chatdash_analysis as cda
from chatdash_analysis.sandbox import stand_in

mpl.use("Agg")

import matplotlib.pyplot as plt

README = (Path(__file__).parents[1] / "README.md").read_text()
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall(README)
PYTHON = [body for kind, body in BLOCKS if kind == "python"]
COMMANDS = [
    line.split("#")[0].strip()
    for kind, body in BLOCKS
    if kind == "sh"
    for line in body.splitlines()
    if re.search(r"\bchatdash ", line)
]
# Those that the test below does not run, with the reason.
NOT_RUN = {
    ".venv/bin/chatdash demo": "the tests of the demo run it",
    "chatdash serve": "it does not end; a test of its own interrupts it",
}
# Each command starts Python anew; a notebook starts a kernel, too.
PATIENCE = 180


@pytest.fixture(scope="module")
def service():
    with stand_in(1_000) as started:
        yield started


@pytest.fixture
def settings(service, tmp_path):
    return {
        "CHATDASH_API_KEY": service.api_key,
        "CHATDASH_BASE_URL": service.url,
        "CHATDASH_CACHE_DIR": str(tmp_path / "cache"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


def test_every_block_is_of_a_kind_that_is_run_or_a_picture_of_folders():
    assert {kind for kind, _ in BLOCKS} == {"python", "sh", ""}
    assert len(PYTHON) >= 7
    assert set(NOT_RUN) <= set(COMMANDS)


def test_all_python_runs_from_top_to_bottom(settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    names = {}
    seen = []
    for block in PYTHON:
        exec(block, names)
        seen.append(dict(names))
        plt.close("all")

    made = {path.name for path in tmp_path.iterdir()} - {"cache"}
    assert made == {"report.html", "gaps.csv", "clusters", "audit.csv", "success"}
    _check_loaded(seen[0])
    _check_questions(names)
    _check_fields(names)


def _check_loaded(names):
    assert len(names["agents"]) == 6
    assert len(names["conversations"]) == 1_000
    assert names["channels"]["conversations"].sum() == 1_000


def _check_questions(names):
    assert names["impact"]["rank"].iloc[0] == 1
    assert {"born", "renamed", "fixed", "kept"} <= set(names["clusters"].history["event"])
    assert len(names["clusters"].queries) == len(names["queries"]) + len(names["placed"])


def _check_fields(names):
    assert names["amounts"]["custom_lead_score__877dcab8"].max() == 1
    assert set(names["train"].rows["group"]).isdisjoint(names["test"].rows["group"])
    assert len(names["X"]) == len(names["y"]) == len(names["groups"]) == len(names["table"])
    kept = set(names["conversations"]["phone"].dropna()) & set(names["hidden"]["phone"])
    assert not [phone for phone in kept if len(re.findall(r"\d", phone)) > 6]


def test_its_commands_run_in_their_order(service, settings, tmp_path):
    agent = cda.load_agents(client=cda.Client(service.api_key, base_url=service.url))["agent_id"][0]
    lines = [line.replace("AGENT", agent) for line in COMMANDS if line not in NOT_RUN]
    assert len(lines) >= 5
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(lines)],
        cwd=tmp_path, env=os.environ | settings, capture_output=True, text=True, check=False,
        timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    made = {path.name for path in tmp_path.iterdir()} - {"cache"}
    assert made == {"conversations.parquet", "report.html", "quickstart.ipynb"}


def test_serve_answers_until_it_is_interrupted(settings, tmp_path):
    command = [sys.executable, "-m", "chatdash_analysis", "serve", "--size", "100", "--port", "0"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        said = running.stdout.readline()
        assert "http://127.0.0.1:" in said
        running.send_signal(signal.SIGINT)
        assert running.wait(PATIENCE) in {0, 130}
        assert "Traceback" not in running.stderr.read()
