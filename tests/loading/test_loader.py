"""What a load promises about refreshing, gaps, offline work and bad arguments."""

from __future__ import annotations

import datetime as dt
import json
import time

import pandas as pd
import pytest
import stamina

import chatdash_analysis as cda
from chatdash_analysis import schema
from chatdash_analysis.loading.writing import Writer
from chatdash_analysis.sandbox.behaviour import Behaviour
from chatdash_analysis.sandbox.server import StandIn
from tests.loading.made import (
    AGENT,
    AGENTS,
    KEY,
    OTHER,
    START,
    UTC,
    conversations,
    expected_ids,
    stamp,
)

ROWS = conversations(200)
RANGE = {"start": "2026-03-05", "end": "2026-04-20"}


@pytest.fixture(autouse=True)
def _no_waiting():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def service():
    with StandIn(ROWS, AGENTS) as running:
        yield running


def load(service: StandIn, cache, agents=AGENT, **options):
    usual = {"client": cda.Client(KEY, base_url=service.url), "cache_dir": cache, **RANGE}
    return cda.load_conversations(agents, **usual | options)


def test_dtypes_are_the_same_for_full_holed_and_empty_tables(service, tmp_path):
    promised = {c.name: c.dtype for c in schema.COLUMNS}
    full = load(service, tmp_path)
    empty = load(service, tmp_path, start="2020-01-01", end="2020-02-01")
    assert len(empty) == 0
    for frame in (full, empty):
        assert {name: str(frame[name].dtype) for name in promised} == promised
    assert str(full["custom_booked"].dtype) == "boolean"
    assert str(full["custom_n"].dtype) == "float64"


def test_provenance_is_plain_and_survives_parquet(service, tmp_path):
    frame = load(service, tmp_path / "cache")
    origin = frame.attrs["chatdash"]
    assert origin["agents"] == [AGENT]
    assert (origin["start"], origin["end"]) == (
        "2026-03-05T00:00:00.000Z",
        "2026-04-20T00:00:00.000Z",
    )
    assert len(origin["combinations"]) == 4
    assert json.loads(json.dumps(origin)) == origin
    frame.to_parquet(tmp_path / "saved.parquet")
    again = pd.read_parquet(tmp_path / "saved.parquet")
    assert again.attrs["chatdash"] == origin
    assert (again.dtypes == frame.dtypes).all()
    assert KEY not in json.dumps(origin)


def test_which_combinations_were_fetched_is_known_for_each_stretch(service, tmp_path):
    load(service, tmp_path, record=True, interacted=True)
    frame = load(service, tmp_path, start="2026-03-01", record=True, interacted=True)
    flags = frame.attrs["chatdash"]["covered"]
    assert {tuple(part["combinations"]) for part in flags} == {("recorded, interacted",)}
    assert min(part["start"] for part in flags) == "2026-03-01T00:00:00.000Z"


@pytest.mark.parametrize("form", [
    ("2026-03-05", "2026-04-20"),
    (dt.date(2026, 3, 5), dt.datetime(2026, 4, 20)),  # noqa: DTZ001 - what users give
    (pd.Timestamp("2026-03-05 01:00", tz="Europe/Berlin"), "2026-04-20T00:00:00Z"),
])  # fmt: skip
def test_every_form_of_a_range_means_the_same(service, tmp_path, form):
    frame = load(service, tmp_path, start=form[0], end=form[1])
    assert frame["conversation_id"].tolist() == expected_ids(ROWS, **RANGE)


def test_open_ends_mean_from_the_first_to_now(service, tmp_path):
    frame = load(service, tmp_path, start=None, end=None)
    assert len(frame) == len(ROWS)
    assert frame.attrs["chatdash"]["start"] == "1970-01-01T00:00:00.000Z"


def _recent(n: int) -> list[dict]:
    """Conversations of the last days, evaluated late."""
    shift = dt.datetime.now(UTC) - dt.timedelta(days=12) - START
    moved = []
    for row in conversations(n, days=12, seed=3):
        dates = {
            key: stamp(dt.datetime.fromisoformat(row[key]) + shift)
            for key in ("createdAt", "endedAt", "updatedAt")
        }
        moved.append({**row, **dates})
    return moved


def test_late_evaluations_and_deletions_arrive_with_the_trailing_window(tmp_path):
    rows = _recent(60)
    young = [r for r in rows if r["createdAt"] > stamp(dt.datetime.now(UTC) - dt.timedelta(days=6))]
    changed, gone = young[0], young[1]
    early = {k: v for k, v in changed.items() if k != "evaluation"}
    early["updatedAt"] = early["endedAt"]
    with StandIn([r for r in rows if r is not changed] + [early], AGENTS) as service:
        first = load(service, tmp_path, start="2020-01-01", end=None).set_index("conversation_id")
        assert pd.isna(first.loc[changed["_id"], "evaluation_is_success"])
        service.upsert(changed)
        service.delete(gone["_id"])
        second = load(service, tmp_path, start="2020-01-01", end=None).set_index("conversation_id")
    assert second.loc[changed["_id"], "evaluation_is_success"] == changed["evaluation"]["isSuccess"]
    assert gone["_id"] in first.index
    assert gone["_id"] not in second.index
    assert len(second) == len(rows) - 1


def test_settled_stretches_change_only_when_all_is_fetched_again(service, tmp_path):
    first = load(service, tmp_path)
    gone = first["conversation_id"].iloc[0]
    service.delete(gone)
    assert gone in set(load(service, tmp_path)["conversation_id"])
    assert gone not in set(load(service, tmp_path, refresh="all")["conversation_id"])
    assert gone not in set(load(service, tmp_path)["conversation_id"])


def test_a_conversation_that_leaves_the_default_filter_does_not_stay(service, tmp_path):
    load(service, tmp_path)
    row = next(r for r in ROWS if r["record"] and r["interacted"] and r["createdAt"] > "2026-03-06")
    now = stamp(dt.datetime(2026, 7, 1, tzinfo=UTC))
    service.upsert({**row, "interacted": False, "updatedAt": now})
    frame = load(service, tmp_path, refresh="all").set_index("conversation_id")
    assert not frame.loc[row["_id"], "interacted"]
    assert frame.index.is_unique


def test_offline_needs_no_service_and_no_key(service, tmp_path, monkeypatch):
    online = load(service, tmp_path)
    url = service.url
    service.stop()
    monkeypatch.delenv("CHATDASH_API_KEY", raising=False)
    client = cda.Client(base_url=url)
    for options in ({"refresh": "never"}, {}):
        if not options:
            monkeypatch.setenv("CHATDASH_OFFLINE", "1")
        offline = cda.load_conversations(
            AGENT, client=client, cache_dir=tmp_path, **RANGE, **options
        )
        assert offline.equals(online)
    open_ended = cda.load_conversations(AGENT, client=client, cache_dir=tmp_path)
    assert open_ended["conversation_id"].tolist() == online["conversation_id"].tolist()


def test_offline_says_what_is_not_there(service, tmp_path):
    load(service, tmp_path, end="2026-03-20")
    with pytest.raises(cda.IncompleteError, match="not in the cache") as caught:
        load(service, tmp_path, refresh="never")
    assert {gap["start"] for gap in caught.value.gaps} == {"2026-03-20T00:00:00.000Z"}
    partial = load(service, tmp_path, refresh="never", allow_gaps=True)
    assert partial["conversation_id"].tolist() == expected_ids(ROWS, "2026-03-05", "2026-03-20")
    assert len(partial.attrs["chatdash"]["gaps"]) == 4


@pytest.mark.parametrize("poison", [500, "html", "truncate", "reset"])
def test_a_poisoned_row_is_a_named_gap_never_a_shorter_table(tmp_path, poison):
    bad = next(r for r in ROWS if "2026-03-10" < r["createdAt"] < "2026-04-10")
    behaviour = Behaviour(poisoned=frozenset({bad["_id"]}), poison=poison)
    with StandIn(ROWS, AGENTS, behaviour=behaviour) as service:
        with pytest.raises(cda.IncompleteError, match="could not be had") as caught:
            load(service, tmp_path)
        gaps = caught.value.gaps
        assert all(gap["start"] <= bad["createdAt"] <= gap["end"] for gap in gaps)
        frame = load(service, tmp_path, allow_gaps=True)
        assert set(expected_ids(ROWS, **RANGE)) - set(frame["conversation_id"]) == {bad["_id"]}
        assert frame.attrs["chatdash"]["gaps"]
        # Once the service is well again, only the gap is asked for.
        service.behaviour = Behaviour()
        whole = load(service, tmp_path)
        assert whole["conversation_id"].tolist() == expected_ids(ROWS, **RANGE)


def test_a_service_that_is_down_is_an_error_and_loses_nothing(service, tmp_path):
    load(service, tmp_path, end="2026-03-20")
    url = service.url
    service.stop()
    client = cda.Client(KEY, base_url=url)
    with pytest.raises(cda.RequestError, match=r"."):
        cda.load_conversations(AGENT, client=client, cache_dir=tmp_path, **RANGE)
    gapped = cda.load_conversations(
        AGENT, client=client, cache_dir=tmp_path, **RANGE, allow_gaps=True
    )
    assert gapped["conversation_id"].tolist() == expected_ids(ROWS, "2026-03-05", "2026-03-20")
    assert gapped.attrs["chatdash"]["gaps"]


def test_a_wrong_key_is_said_at_once(service, tmp_path):
    client = cda.Client("CD.wrong", base_url=service.url)
    with pytest.raises(cda.AuthenticationError):
        cda.load_conversations(AGENT, client=client, cache_dir=tmp_path, **RANGE)
    assert len(service.requests) == 1


def test_an_agent_that_the_service_does_not_know_is_an_error(service, tmp_path):
    with pytest.raises(cda.RequestError) as caught:
        load(service, tmp_path, agents="64b0000000000000000000ff")
    assert caught.value.status_code == 404


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"agents": []}, "agents is empty"),
        ({"agents": ""}, "identifier cannot be"),
        ({"agents": ".."}, r"\.\."),
        ({"agents": 5}, "neither an agent id"),
        ({"agents": [5]}, "must be text|text"),
        ({"agents": {"a": 1}}, "neither an agent id"),
        ({"start": "2026-05-01", "end": "2026-04-01"}, "range is empty"),
        ({"start": "tomorrow-ish"}, "no date or time"),
        ({"record": "yes"}, "record='yes'"),
        ({"refresh": "daily"}, "refresh='daily'"),
        ({"record": 1}, "record=1"),
        ({"agents": pd.DataFrame({"agent_id": ["a"]})}, "agents is a table"),
        ({"cache_dir": 5}, "names no folder"),
    ],
)
def test_bad_arguments_are_refused_before_any_request(service, tmp_path, options, message):
    with pytest.raises(cda.InputError, match=message):
        load(service, tmp_path, **options)
    assert service.requests == []


def test_rejected_elements_are_counted_in_the_provenance(tmp_path):
    with StandIn(ROWS, AGENTS, behaviour=Behaviour(element_junk=True)) as service:
        frame = load(service, tmp_path)
    assert frame["conversation_id"].tolist() == expected_ids(ROWS, **RANGE)
    assert frame.attrs["chatdash"]["rejected"] > 0
    report = cda.quality_report(frame)
    assert "rejected_rows" in set(report["check"])


def test_secrets_of_the_agents_reach_neither_frame_nor_disk(service, tmp_path):
    load(service, tmp_path)
    agents = cda.load_agents(client=cda.Client(KEY, base_url=service.url))
    assert agents.columns.tolist() == [
        "agent_id",
        "name",
        "client_id",
        "client_name",
        "platform",
    ]
    assert agents["agent_id"].tolist() == [AGENT, OTHER]
    on_disk = b"".join(f.read_bytes() for f in tmp_path.rglob("*") if f.is_file())
    for secret in (b"SECRET-1", b"SECRET-2", KEY.encode()):
        assert secret not in on_disk
    assert "SECRET" not in agents.to_csv()


def test_an_interrupt_while_rows_are_handed_over_keeps_what_has_arrived_meanwhile(
    service, tmp_path, monkeypatch
):
    take, taken = Writer.add, []

    def interrupted(writer, agent, fetched):
        take(writer, agent, fetched)
        taken.append(fetched.window)
        if len(taken) == 1:
            # Time for the other thread to be done with its stretch.
            time.sleep(1)
            raise KeyboardInterrupt

    monkeypatch.setattr(Writer, "add", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load(service, tmp_path)
    assert len(taken) == 2
    kept = load(service, tmp_path, refresh="never")
    assert kept["conversation_id"].tolist() == expected_ids(ROWS, **RANGE)
