"""``chatdash report``, against the stand-in: what it loads, writes, prints and refuses."""

from __future__ import annotations

import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis import report_runs
from chatdash_analysis.cli import main
from chatdash_analysis.sandbox.behaviour import Behaviour
from chatdash_analysis.sandbox.sampling import stand_in
from chatdash_analysis.sandbox.world import CLINIC
from chatdash_analysis.verbs import command_parser
from tests.report.html_pages import read_page, section_of

AGENT = CLINIC.id
MAY = ["--month", "2026-05", "--tz", "Europe/Berlin"]


@pytest.fixture
def service(monkeypatch, tmp_path):
    with stand_in(600) as running:
        monkeypatch.setenv("CHATDASH_BASE_URL", running.url)
        monkeypatch.setenv("CHATDASH_API_KEY", running.api_key)
        monkeypatch.setenv("CHATDASH_CACHE_DIR", str(tmp_path / "cache"))
        monkeypatch.chdir(tmp_path)
        yield running


def test_a_month_of_an_agent_becomes_a_page(service, tmp_path, capsys):
    assert main(["report", AGENT, *MAY, "--history-days", "30", "-o", "may.html"]) == 0
    out = capsys.readouterr().out
    assert "Saved as may.html" in out
    april = cda.load_conversations(AGENT, start="2026-03-31T22:00Z", end="2026-04-30T22:00Z")
    assert f"{AGENT}: " in out
    page = read_page((tmp_path / "may.html").read_text("utf-8"))
    name = cda.load_agents().set_index("agent_id").loc[AGENT, "name"]
    assert page.all("h1")[0].text == f"{name}: May 2026"
    # 30 days before April.
    loaded = cda.cache_info()["covered_from"].min()
    assert loaded == pd.Timestamp("2026-03-02T00:00", tz="Europe/Berlin")
    held = cda.load_conversations(AGENT, start="2026-04-30T22:00Z", end="2026-05-31T22:00Z")
    assert f"May 2026 (31 days, {len(held):,} conversations)" in section_of(page, "loaded").text
    on = f"the report is on {len(held):,} of May 2026, compared with {len(april):,} of April 2026."
    assert on in out
    # Sightings of the cache are in it.
    assert section_of(page, "provisional").all("table")


@pytest.mark.parametrize(
    ("words", "labels"),
    [
        (["--month", "2026-05"], ("May 2026", "April 2026")),
        (["--month", "2026-05", "--compare-with", "2026-02"], ("May 2026", "February 2026")),
        (
            ["--start", "2026-05-01", "--end", "2026-05-15"],
            ("1 May to 14 May 2026", "17 April to 30 April 2026"),
        ),
    ],
    ids=["month", "compare", "days"],
)
def test_periods_are_read(words, labels):
    options = command_parser().parse_args(["report", AGENT, *words])
    assert tuple(one.label for one in report_runs._periods(options)) == labels


def test_the_last_month_that_is_over_is_the_default():
    options = command_parser().parse_args(["report", AGENT])
    now, before = report_runs._periods(options)
    moment = pd.Timestamp.now("UTC")
    assert now.end <= moment < now.end + pd.Timedelta(days=32)
    assert before.end == now.start


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--month", "May"], "is no month"),
        (["--month", "2199-01"], "is not over yet"),
        (["--month", "2026-05", "--start", "2026-05-01"], "both --start and --end"),
        (["--start", "2026-05-01"], "both --start and --end"),
        (["--end", "2026-05-01"], "both --start and --end"),
        (["--month", "2026-05", "--tz", "Mars"], "is no time zone"),
        (["--month", "2026-05", "--history-days", "-1"], "is not from 0 to 36525"),
        (["--month", "2026-05", "--min-users", "0"], "--min-users=0 is no number of people"),
        (["--month", "2026-05", "--title", " "], "--title=' ' is no heading"),
        (
            ["--month", "2026-05", "--compare-with", "2026-05"],
            "--compare-with: May 2026 does not end before the period of the report starts",
        ),
        (["--month", "2026-05", "--compare-with", ""], "--compare-with: '' is no month"),
        (
            ["--month", "2026-05", "--outcome", "evaluation_is_succes"],
            "Did you mean evaluation_is_success?",
        ),
        (["--month", "2026-05", "--outcome", "channel"], "channel is no flag of a conversation."),
        (["--start", "2026-05-40", "--end", "2026-06-01"], "--start='2026-05-40' is no date"),
        (
            ["--start", "2026-05-02", "--end", "2026-05-01"],
            "--start and --end: 2026-05-02 to 2026-05-01 ends at or before its start",
        ),
        (
            ["--start", "2026-05-01T12:00", "--end", "2026-06-01"],
            "--start and --end: 2026-05-01T12:00 is in the middle of a day",
        ),
        (["--month", "2026-05", "-o", "report.txt"], "does not end in .html"),
        (["--month", "2026-05", "-o", "no/such/report.html"], "its folder is not there"),
    ],
    ids=lambda one: one if isinstance(one, str) else None,
)
def test_what_cannot_be_meant_is_refused_before_anything_is_asked(service, words, told, capsys):
    assert main(["report", AGENT, *words]) == 1
    assert told in capsys.readouterr().err
    assert service.requests == []


def test_what_could_not_be_loaded_is_an_error_or_named(service, capsys):
    service.behaviour = Behaviour(fail_every=1, fail_with=500, fault_routes=("conversations",))
    words = ["report", AGENT, *MAY, "--refresh", "never"]
    assert main(words) == 1
    assert "could not be had" in capsys.readouterr().err


def test_a_field_that_the_agents_do_not_have_is_said_with_those_they_have(service, capsys):
    words = ["report", AGENT, *MAY, "--history-days", "0", "--outcome", "custom_nope"]
    assert main(words) == 1
    told = capsys.readouterr().err
    assert "--outcome custom_nope is no field of these agents" in told
    assert "custom_confirmed" in told
    assert "write_report" not in told


def test_a_file_is_named_by_its_period():
    month = report_runs.read_period("2026-05", "--month", "UTC")
    days = report_runs.read_period(("2026-05-03", "2026-05-10"), "--start", "UTC")
    assert report_runs._file_name(month) == "report-2026-05.html"
    assert report_runs._file_name(days) == "report-2026-05-03-to-2026-05-09.html"
    quarter = report_runs.read_period(("2026-01-01", "2026-04-01"), "--start", "Europe/Berlin")
    assert report_runs._file_name(quarter) == "report-2026-01-01-to-2026-03-31.html"


def test_a_report_of_other_agents_is_not_replaced_unasked(service, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report-2026-05.html").write_text("theirs")
    assert main(["report", AGENT, "--month", "2026-05"]) == 1
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "report-2026-05.html").read_text() == "theirs"
    assert service.requests == []


def test_a_history_longer_than_a_century_is_refused(service, capsys):
    assert main(["report", AGENT, "--month", "2026-05", "--history-days", "99999999"]) == 1
    assert "is not from 0 to 36525" in capsys.readouterr().err


def test_names_are_those_that_the_cache_knows_of_this_service():
    frame = pd.DataFrame({"agent_id": ["a", "b", "c"]})
    held = pd.DataFrame(
        {
            "base_url": ["x", "x", "y", "x"],
            "agent_id": ["a", "b", "c", "a"],
            "name": ["Anna", None, "Clara", "Anna"],
        }
    )
    names = report_runs._with_names(frame, held, "x")["agent_name"]
    assert names[0] == "Anna"
    assert names[1:].isna().all()
