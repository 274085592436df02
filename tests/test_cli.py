"""The command: what it prints, what it leaves on disk, and its exit codes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import chatdash_analysis as cda
from chatdash_analysis.cli import main
from chatdash_analysis.sandbox.behaviour import Behaviour
from chatdash_analysis.sandbox.sampling import stand_in
from chatdash_analysis.sandbox.world import CLINIC
from chatdash_analysis.schema import dictionary_markdown

AGENT = CLINIC.id
MAY = ["--start", "2026-05-01", "--end", "2026-06-01"]
VERBS = ["fetch", "info", "verify", "clear", "serve", "demo", "columns", "report", "notebook"]


@pytest.fixture
def service(monkeypatch, tmp_path):
    with stand_in(600) as running:
        monkeypatch.setenv("CHATDASH_BASE_URL", running.url)
        monkeypatch.setenv("CHATDASH_API_KEY", running.api_key)
        monkeypatch.setenv("CHATDASH_CACHE_DIR", str(tmp_path / "cache"))
        yield running


def _loaded() -> pd.DataFrame:
    return cda.load_conversations(AGENT, start="2026-05-01", end="2026-06-01")


def test_fetch_saves_the_table_that_the_loader_gives(service, tmp_path, capsys):
    target = tmp_path / "may.parquet"
    assert main(["fetch", AGENT, *MAY, "-o", str(target)]) == 0

    saved, loaded = pd.read_parquet(target), _loaded()
    assert len(loaded) > 10
    assert_frame_equal(saved, loaded)
    assert saved.attrs["chatdash"]["agents"] == [AGENT]
    out = capsys.readouterr().out
    assert f"{len(loaded):,} conversations" in out
    assert f"Saved as {target}" in out


def test_fetch_passes_the_flags_on(service, tmp_path):
    target = tmp_path / "may.parquet"
    assert main(["fetch", AGENT, *MAY, "--no-interacted", "--record", "-o", str(target)]) == 0
    saved = pd.read_parquet(target)
    assert 0 < len(saved) < len(_loaded())
    assert not saved["interacted"].any()
    assert saved["record"].all()


def test_fetch_refuses_a_file_it_cannot_write_before_it_asks_the_service(service, capsys):
    assert main(["fetch", AGENT, *MAY, "-o", "table.xlsx"]) == 1
    assert "neither .parquet nor .csv" in capsys.readouterr().err
    assert service.requests == []


def test_fetch_with_gaps_names_them(service, capsys):
    service.behaviour = Behaviour(fail_every=1, fail_with=500, fault_routes=("conversations",))
    assert main(["fetch", AGENT, *MAY, "--refresh", "never", "--allow-gaps"]) == 0
    assert f"missing: {AGENT}, 2026-05-01T00:00:00.000Z" in capsys.readouterr().out


def test_errors_are_one_paragraph_on_the_error_output(service, monkeypatch):
    monkeypatch.setenv("CHATDASH_API_KEY", "not-the-key-1234567890")
    done = _run("fetch", AGENT, *MAY)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("chatdash: ")
    assert "Traceback" not in done.stderr
    assert "1234567890" not in done.stderr


def test_warnings_are_plain_sentences(capsys):
    import warnings

    from chatdash_analysis.cli import _show_warning

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = _show_warning
        warnings.warn("mind this", stacklevel=1)
    assert capsys.readouterr().err == "chatdash: mind this\n"


@pytest.mark.parametrize("arguments", [[], ["fetch"], ["no-such-verb"], ["clear"], ["info", "x"]])
def test_a_command_that_cannot_be_understood_ends_with_2(arguments, capsys):
    with pytest.raises(SystemExit, match=r"^2$"):
        main(arguments)
    assert "usage: chatdash" in capsys.readouterr().err


@pytest.mark.parametrize("verb", VERBS)
def test_help_explains_each_verb_with_an_example(verb, capsys):
    with pytest.raises(SystemExit, match=r"^0$"):
        main([verb, "--help"])
    assert f"Example: chatdash {verb}" in capsys.readouterr().out


def test_help_of_fetch_says_what_happens_to_formulas(capsys):
    with pytest.raises(SystemExit):
        main(["fetch", "--help"])
    assert "leading apostrophe" in " ".join(capsys.readouterr().out.split())


def test_info_lists_agents_and_clear_removes_them(service, capsys):
    main(["fetch", AGENT, *MAY])
    capsys.readouterr()

    assert main(["info"]) == 0
    shown = capsys.readouterr().out
    assert service.url in shown
    assert re.search(rf"{AGENT} .* {len(_loaded())} +all +2026-05-01 2026-06-01", shown)

    assert main(["clear", AGENT]) == 0
    assert main(["info"]) == 0
    assert AGENT not in capsys.readouterr().out


def test_clear_all_empties_the_cache(service):
    main(["fetch", AGENT, *MAY])
    assert main(["clear", "--all"]) == 0
    assert cda.cache_info().empty


def test_verify_ends_with_3_when_a_file_is_damaged(service, tmp_path, capsys):
    main(["fetch", AGENT, *MAY])
    assert main(["verify"]) == 0
    assert "all sound" in capsys.readouterr().out

    part = next((tmp_path / "cache").rglob("*.parquet"))
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)

    assert main(["verify"]) == 3
    out = capsys.readouterr().out
    assert part.name in out
    assert "1 of 1 files are damaged" in out

    assert main(["verify", "--repair"]) == 0
    assert "taken out" in capsys.readouterr().out
    assert main(["verify"]) == 0


def test_columns_prints_the_data_dictionary(capsys):
    assert main(["columns"]) == 0
    assert capsys.readouterr().out == dictionary_markdown()


def test_serve_says_what_to_export_and_ends_with_ctrl_c():
    command = [sys.executable, "-m", "chatdash_analysis", "serve", "--port", "0", "--size", "50"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
        said = [p.stdout.readline() for _ in range(3)]
        exports = dict(re.findall(r"export (\w+)=(\S+)", "".join(said)))
        client = cda.Client(exports["CHATDASH_API_KEY"], base_url=exports["CHATDASH_BASE_URL"])
        agents = cda.load_agents(client=client)
        p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=20)
    assert AGENT in agents["agent_id"].tolist()
    assert p.returncode == 130
    assert (out, err) == ("", "")


def test_ctrl_c_ends_a_load_at_once_and_without_a_traceback(service):
    service.behaviour = Behaviour(fail_every=1, fail_with="stall", fault_routes=("conversations",))
    command = [sys.executable, "-m", "chatdash_analysis", "fetch", AGENT, *MAY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
        _wait_for(lambda: any("conversations" in request.path for request in service.requests))
        p.send_signal(signal.SIGINT)
        # Far less than the time-out of the answer that its threads still wait for.
        watch = threading.Timer(15, p.kill)
        watch.start()
        _, err = p.communicate()
        watch.cancel()
    assert p.returncode == 130
    assert "Traceback" not in err


def test_a_reader_that_goes_away_is_no_error():
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, "-m", "chatdash_analysis", "columns"],
        stdout=write_end, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(write_end)
    assert (done.returncode, done.stderr) == (0, "")


def test_letters_that_the_terminal_lacks_are_no_error(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = _run("info", "--cache-dir", str(tmp_path / "größe"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "gr\\xf6" in done.stdout


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chatdash_analysis", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


def _wait_for(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
