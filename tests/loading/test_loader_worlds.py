"""The load equals the service, whichever way the service reads its own documentation."""

from __future__ import annotations

import datetime as dt
import json

import pytest
import stamina

import chatdash_analysis as cda
from chatdash_analysis.sandbox.behaviour import Behaviour
from chatdash_analysis.sandbox.server import StandIn
from tests.loading.made import AGENT, AGENTS, KEY, OTHER, conversations, expected_ids, stamp

ROWS = conversations(300) + conversations(80, agent=OTHER, seed=1)
RANGE = {"start": "2026-03-05", "end": "2026-04-20"}


@pytest.fixture(autouse=True)
def _no_waiting():
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


def load(service: StandIn, cache, agents=AGENT, **options):
    client = cda.Client(KEY, base_url=service.url)
    return cda.load_conversations(agents, client=client, cache_dir=cache, **RANGE | options)


def check(frame, rows, agent=AGENT, **flags):
    mine = [row for row in rows if row["agentId"] == agent]
    assert frame["conversation_id"].tolist() == expected_ids(mine, **RANGE, **flags)
    by_id = {row["_id"]: row for row in mine}
    for found in frame.to_dict("records"):
        sent = by_id[found["conversation_id"]]
        assert found["evaluation_is_success"] == sent["evaluation"]["isSuccess"]
        assert found["cost"] == sent["cost"]
        assert found["custom_n"] == sent["customAnalysis"]["n"]
        questions = [q["question"] for q in sent["mistunderstoodQueries"]]
        assert (json.loads(found["misunderstood_queries"]) if questions else []) == questions


WORLDS = {
    "documented": Behaviour(),
    "by endedAt": Behaviour(date_field="endedAt"),
    "by updatedAt": Behaviour(date_field="updatedAt"),
    **{f"bounds {b}": Behaviour(bounds=b) for b in
       ("start_exclusive", "end_exclusive", "date_only", "date_cut", "ignored")},
    "false filters nothing": Behaviour(false_means="no_filter"),
    "strict booleans": Behaviour(bools="strict"),
    "ascending": Behaviour(order="asc"),
    "shuffled": Behaviour(order="random"),
    **{f"cap {n} {k}": Behaviour(cap=n, cap_keeps=k)
       for n in (10, 37, 100) for k in ("newest", "oldest", "random")},
    **{f"too large {fault}": Behaviour(max_rows=25, too_large=fault) for fault in
       (413, 502, 504, "reset", "reset_mid_body", "truncate", "wrong_length", "cut_chunked",
        "gzip_cut", "bad_gzip", "html", "empty", "object")},
    "every third request fails": Behaviour(fail_every=3, fail_with=500),
    "first requests fail": Behaviour(fail_first=2, fail_with="reset"),
    "twice": Behaviour(duplicates="twice"),
    "stale copies": Behaviour(duplicates="stale"),
    "both": Behaviour(duplicates="both", order="random"),
    "touched": Behaviour(touch_updated_at=True),
    "identity": Behaviour(encoding="identity"),
    "chunked": Behaviour(framing="chunked"),
    "until closed": Behaviour(framing="close"),
    "latin label": Behaviour(content_type="text/plain; charset=iso-8859-1"),
    "byte order mark": Behaviour(bom=True),
    "right spelling": Behaviour(spelling="misunderstoodQueries"),
    "third spelling": Behaviour(spelling="misunderstoodQuery"),
    "extra keys": Behaviour(extra_keys=True),
    "read with a colon": Behaviour(read_key="read:"),
    "numbers as text": Behaviour(numbers_as_text=True),
    "nulls": Behaviour(nulls="null"),
    "empty texts": Behaviour(nulls="empty"),
}  # fmt: skip


@pytest.mark.parametrize("world", WORLDS)
def test_every_world_gives_the_same_rows(world, tmp_path):
    with StandIn(ROWS, AGENTS, behaviour=WORLDS[world]) as service:
        frame = load(service, tmp_path)
        check(frame, ROWS)
        assert frame.attrs["chatdash"]["gaps"] == []
        # Settled long ago: nothing is asked again.
        asked = len(service.requests)
        again = load(service, tmp_path)
        assert len(service.requests) == asked
        assert again.equals(frame)


@pytest.mark.parametrize("false_means", ["only_false", "no_filter"])
@pytest.mark.parametrize("record", [True, False, None])
@pytest.mark.parametrize("interacted", [True, False, None])
def test_flags_select_rows_whichever_way_false_is_read(record, interacted, false_means, tmp_path):
    flags = {"record": record, "interacted": interacted}
    with StandIn(ROWS, AGENTS, behaviour=Behaviour(false_means=false_means)) as service:
        frame = load(service, tmp_path, **flags)
        check(frame, ROWS, **{k: v for k, v in flags.items() if v is not None})
        # Asking for all afterwards fetches the rest; then nothing is left to ask.
        check(load(service, tmp_path), ROWS)
        asked = len(service.requests)
        check(
            load(service, tmp_path, **flags),
            ROWS,
            **{k: v for k, v in flags.items() if v is not None},
        )
        assert len(service.requests) == asked


def test_several_agents_come_in_one_table(tmp_path):
    with StandIn(ROWS, AGENTS) as service:
        frame = load(service, tmp_path, agents=[OTHER, AGENT])
    for agent, platform in ((AGENT, "retell"), (OTHER, "voiceflow")):
        part = frame[frame["agent_id"] == agent]
        check(part, ROWS, agent=agent)
        assert set(part["platform"]) == {platform}
    assert frame["created_at"].is_monotonic_increasing


def test_rows_without_a_creation_date_are_placed_by_their_id(tmp_path):
    behaviour = Behaviour(hide=("createdAt",), bounds="ignored")
    rows = conversations(24)
    with StandIn(rows, AGENTS, behaviour=behaviour) as service:
        frame = load(service, tmp_path, start=None, end=None)
    assert sorted(frame["conversation_id"]) == sorted(row["_id"] for row in rows)
    assert frame["created_at"].isna().all()


def test_an_unknown_platform_does_not_stop_a_load(tmp_path):
    behaviour = Behaviour(fail_every=1, fail_with=500, fault_routes=("agents",))
    with StandIn(ROWS, AGENTS, behaviour=behaviour) as service:
        frame = load(service, tmp_path)
    check(frame, ROWS)
    assert frame["platform"].isna().all()


def test_a_limit_on_size_is_met_once_and_then_respected(tmp_path):
    rows = conversations(1_500, days=600)
    with StandIn(rows, AGENTS, behaviour=Behaviour(max_rows=25, too_large=413)) as service:
        frame = load(service, tmp_path, start="2026-03-01", end="2027-10-30")
        refused = [r for r in service.requests if r.status == 413]
        asked = len(service.requests)
    assert len(frame) == len(rows)
    assert 0 < len(refused) < asked / 8


def test_a_cap_is_noticed_though_an_answer_was_just_as_long(tmp_path):
    """An uncut answer of exactly the cap's length proves nothing about the next one."""
    recent = conversations(97, days=20)
    older = conversations(400, days=20, seed=5)
    back = dt.timedelta(days=30)
    for i, row in enumerate(older):
        row["_id"] = f"{i:024x}"
        for key in ("createdAt", "endedAt", "updatedAt"):
            row[key] = stamp(dt.datetime.fromisoformat(row[key]) - back)
    flags = {"record": True, "interacted": True}
    rows = [{**row, **flags} for row in recent + older]
    with StandIn(rows, AGENTS, behaviour=Behaviour(cap=97)) as service:
        frame = load(service, tmp_path, start="2026-01-01", end="2026-03-25")
    assert len(frame) == len(rows)


@pytest.mark.parametrize("behaviour", [
    Behaviour(date_field="updatedAt"),
    Behaviour(date_field="updatedAt", cap=37),
    Behaviour(date_field="updatedAt", cap=20),
    Behaviour(date_field="endedAt", cap=20, cap_keeps="random"),
    Behaviour(bounds="date_cut", date_field="endedAt"),
    Behaviour(false_means="no_filter", duplicates="stale", cap=37),
], ids=str)  # fmt: skip
def test_oddities_come_together(behaviour, tmp_path):
    with StandIn(ROWS, AGENTS, behaviour=behaviour) as service:
        check(load(service, tmp_path), ROWS)


def test_a_range_whose_rows_were_all_changed_later_is_not_empty(tmp_path):
    later = [f"2026-07-{1 + i % 28:02}T00:{i // 28:02}:00.000Z" for i in range(len(ROWS))]
    rows = [{**row, "updatedAt": at} for row, at in zip(ROWS, later, strict=True)]
    with StandIn(rows, AGENTS, behaviour=Behaviour(date_field="updatedAt")) as service:
        check(load(service, tmp_path), rows)


def test_a_cap_behind_bounds_of_whole_days_is_a_named_gap(tmp_path):
    rows = conversations(400, days=3)
    with (
        StandIn(rows, AGENTS, behaviour=Behaviour(bounds="date_only", cap=100)) as service,
        pytest.raises(cda.IncompleteError, match="nothing proves"),
    ):
        load(service, tmp_path, start="2026-03-01", end="2026-03-04")


def test_a_conversation_that_goes_to_another_combination_is_not_lost(tmp_path):
    with StandIn(ROWS, AGENTS) as service:
        load(service, tmp_path, record=False)
        for row in ROWS:
            service.upsert({**row, "record": not row["record"]})
        flipped = [{**row, "record": not row["record"]} for row in ROWS]
        check(load(service, tmp_path), flipped)
