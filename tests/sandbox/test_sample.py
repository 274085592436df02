"""The sample as a source of JSON: repeatable, of any size, streamed, true to the contract."""

from __future__ import annotations

import ast
import hashlib
import json
import time
import tracemalloc
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import islice
from pathlib import Path

import pytest
import yaml

from chatdash_analysis import sandbox
from chatdash_analysis.errors import InputError
from chatdash_analysis.sandbox.sample import Sample, as_of, json_array, json_lines
from tests.sandbox.made import known

CONTRACT = Path(__file__).parents[1] / "contract" / "openapi.yaml"
# Changes on purpose only: somebody's results rest on it.
FIRST_200 = "e64b2d7810ff9cbef4f675abdf25c1901cd37e56a1fcde059921979623ff2054"
ANALYSIS = {
    *("evaluation", "topic", "subtopic", "summary", "mistunderstoodQueries", "customAnalysis"),
    *("note", "read"),
}


def test_the_first_200_conversations_stay_the_same_bytes():
    first = b"".join(json_lines(Sample(2_000, seed=0))).splitlines(keepends=True)[:200]
    assert hashlib.sha256(b"".join(first)).hexdigest() == FIRST_200


def test_bytes_are_compact_json_in_utf_8():
    rows = Sample(50).conversations()
    text = "".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows
    )
    assert b"".join(json_lines(Sample(50))) == text.encode()


def test_equal_samples_are_equal_and_seeds_differ():
    first, again, other = Sample(300, seed=5), Sample(300, seed=5), Sample(300, seed=6)
    assert list(first.conversations()) == list(again.conversations())
    assert next(first.conversations()) != next(other.conversations())
    assert next(Sample(3, seed=-1).conversations()) != next(Sample(3, seed=1).conversations())


@pytest.mark.parametrize("size", [0, 1, 2, 10, 777])
def test_any_size_gives_exactly_so_many_in_order_with_ids_of_their_own(size):
    rows = list(Sample(size, seed=3).conversations())
    assert len(rows) == size
    assert [row["createdAt"] for row in rows] == sorted(row["createdAt"] for row in rows)
    assert len({row["_id"] for row in rows}) == size


def test_stopping_early_gives_the_first_of_that_size_and_another_size_is_another_draw():
    assert list(islice(Sample(500).conversations(), 20)) == list(Sample(500).conversations())[:20]
    assert next(Sample(500).conversations())["_id"] != next(Sample(501).conversations())["_id"]


def test_array_and_lines_hold_the_same_conversations():
    sample = Sample(150, seed=2)
    array, lines = b"".join(json_array(sample)), b"".join(json_lines(sample))
    rows = list(sample.conversations())
    assert json.loads(array) == rows
    assert [json.loads(line) for line in lines.splitlines()] == rows
    assert b"".join(json_array(Sample(0))) == b"[]"


def test_memory_does_not_grow_with_the_size():
    def peak(size: int) -> int:
        tracemalloc.start()
        total = sum(len(piece) for piece in json_array(Sample(size)))
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert total > 1_000 * size
        return held

    peak(100)  # texts are read once
    assert peak(4_000) < peak(500) + 300_000


def test_conversations_come_fast():
    next(Sample(1).conversations())
    started = time.process_time()
    assert sum(1 for _ in Sample(6_000).conversations()) == 6_000
    # About 20,000 a second where this was written; a slow machine may take four times as long.
    assert time.process_time() - started < 6_000 / 5_000


def test_a_row_is_about_as_large_as_a_real_one():
    sizes = [len(json.dumps(k.row, ensure_ascii=False, separators=(",", ":"))) for k in known()]
    assert 1_150 < sum(sizes) / len(sizes) < 1_600


def test_the_generator_needs_no_tables():
    folder = Path(sandbox.__file__).parent
    seen, waiting = set(), {"sample"}
    while waiting:
        name = waiting.pop()
        seen.add(name)
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                module = node.module.removeprefix("chatdash_analysis.sandbox.")
                assert node.module.split(".")[0] not in {"pandas", "numpy", "pyarrow"}
                if module != node.module and module not in seen:
                    waiting.add(module)
            if isinstance(node, ast.Import):
                assert not {a.name for a in node.names} & {"pandas", "numpy", "pyarrow"}
    assert {"rows", "wording", "customs", "truth"} <= seen


def test_names_and_types_of_properties_are_those_of_the_contract():
    schema = yaml.safe_load(CONTRACT.read_text())["components"]["schemas"]["Conversation"]
    types = {"string": str, "boolean": bool, "number": (int, float), "array": list, "object": dict}
    seen = set()
    for k in known():
        for name, value in k.row.items():
            seen.add(name)
            if value is not None:
                wanted = types[schema["properties"][name]["type"]]
                assert isinstance(value, wanted), (name, value)
                assert not (wanted == (int, float) and isinstance(value, bool)), name
    assert seen == set(schema["properties"])


def test_nested_properties_are_those_of_the_contract():
    for k in known():
        evaluation = k.row.get("evaluation") or {}
        assert set(evaluation) <= {"isSuccess", "reason"}
        assert all(isinstance(v, bool if n == "isSuccess" else str) for n, v in evaluation.items())
        for query in k.row.get("mistunderstoodQueries") or []:
            assert set(query) == {"question"}
            assert isinstance(query["question"], str)


def test_dates_are_iso_with_milliseconds_and_ids_hold_the_second_of_creation():
    for k in known():
        for name in ("createdAt", "endedAt", "updatedAt"):
            text = k.row.get(name)
            if text is not None:
                moment = datetime.fromisoformat(text)
                assert text == f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
        second = int(k.row["_id"][:8], 16)
        assert len(k.row["_id"]) == 24
        assert second == int(datetime.fromisoformat(k.row["createdAt"]).timestamp())


def test_dates_follow_each_other_and_creation_lies_in_the_window():
    for k in known():
        row = k.row
        assert "2026-01-01" <= row["createdAt"] < "2026-07-01"
        ended = row.get("endedAt") or row["createdAt"]
        assert row["createdAt"] <= ended <= row["updatedAt"]
        assert row["updatedAt"] < "2026-07-07"


def test_nothing_to_say_is_mostly_a_missing_key_but_null_and_empty_occur():
    states = Counter(
        "missing" if name not in k.row else "null" if k.row[name] is None else "empty"
        for k in known()
        for name in ("leadId", "note", "phone", "name", "subtopic", "evaluation")
        if not k.row.get(name)
    )
    assert states["missing"] > 5 * (states["null"] + states["empty"])
    assert min(states["null"], states["empty"]) > 500


def test_agents_have_six_platforms_and_secrets_and_conversations_belong_to_them():
    agents, clients = Sample().agents(), Sample().clients()
    assert len(agents) == 6
    assert len(clients) == 3
    assert {a["platform"] for a in agents} >= {"retell", "vapi", "elevenlabs", "voiceflow"}
    assert {a["clientId"] for a in agents} == {c["_id"] for c in clients}
    assert all(a["apiKey"].startswith("made-up-secret") for a in agents)
    assert all("made-up" in a["platformCredentials"]["botId"] for a in agents)
    assert {k.row["agentId"] for k in known()} == {a["_id"] for a in agents}


def test_the_window_follows_end_and_months():
    rows = list(Sample(400, months=2, end=date(2025, 3, 31)).conversations())
    days = [row["createdAt"][:10] for row in rows]
    assert min(days) >= "2025-01-31"
    assert max(days) < "2025-03-31"
    assert max(days) > "2025-03-20"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"size": -1}, "0 conversations or more, not -1"),
        ({"months": 0}, "1 to 120 months, not 0"),
        ({"end": "soon"}, "must be a date such as"),
        ({"end": "0001-01-01"}, "between 1970 and 2106"),
        ({"end": "2107-01-01"}, "between 1970 and 2106"),
    ],
)
def test_parameters_that_cannot_be_used_are_refused(wrong, words):
    with pytest.raises(InputError, match=words):
        Sample(**wrong)


def _late() -> dict[str, object]:
    return next(
        k.row
        for k in known()
        if k.row.get("summary") and "endedAt" in k.row and k.row["updatedAt"] > k.row["endedAt"]
    )


def test_a_conversation_is_unknown_before_it_begins():
    row = _late()
    begin = datetime.fromisoformat(row["createdAt"])
    assert as_of(row, begin - timedelta(milliseconds=1)) is None
    assert as_of(row, begin) is not None


def test_a_running_conversation_has_no_ending():
    row = _late()
    shown = as_of(row, datetime.fromisoformat(row["createdAt"]))
    assert shown["isLive"] is True
    assert shown["updatedAt"] == row["createdAt"]
    assert not {"endedAt", "duration", "endedReason", *ANALYSIS} & set(shown)


def test_analysis_arrives_at_updated_at():
    row = _late()
    settled = datetime.fromisoformat(row["updatedAt"])
    shown = as_of(row, settled - timedelta(milliseconds=1))
    assert not ANALYSIS & set(shown)
    assert shown["updatedAt"] == row["endedAt"]
    assert {k: v for k, v in row.items() if k not in ANALYSIS} == shown | {
        "updatedAt": row["updatedAt"]
    }
    assert as_of(row, settled) == row


def test_now_may_be_in_any_zone_and_naive_is_utc():
    row = _late()
    settled = datetime.fromisoformat(row["updatedAt"])
    east = settled.astimezone(timezone(timedelta(hours=9)))
    assert as_of(row, east) == as_of(row, settled.astimezone(UTC).replace(tzinfo=None)) == row


def test_most_analyses_arrive_within_the_hour_and_some_take_days():
    delays = [
        datetime.fromisoformat(k.row["updatedAt"]) - datetime.fromisoformat(k.row["endedAt"])
        for k in known()
        if k.planted.reached and "endedAt" in k.row
    ]
    soon = sum(delay < timedelta(hours=1) for delay in delays) / len(delays)
    late = sum(delay > timedelta(days=1) for delay in delays) / len(delays)
    assert 0.65 < soon < 0.78
    assert 0.06 < late < 0.1
    assert timedelta(days=4) < max(delays) <= timedelta(days=5)
