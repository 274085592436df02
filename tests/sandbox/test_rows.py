"""How rows look: channels, numbers, endings, custom analyses, questions, made-up people."""

from __future__ import annotations

import csv
import ipaddress
import json
import re
from collections import Counter, defaultdict
from datetime import date, datetime
from pathlib import Path

import pytest

from chatdash_analysis.sandbox.people import Person
from tests.sandbox.made import SAMPLE, TRUTH, known

PLATFORM = {agent["_id"]: agent["platform"] for agent in SAMPLE.agents()}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
REASONS = Path(__file__).parents[3] / "shared" / "reference" / "ended_reason_family.csv"
POPULATIONS = [
    *(("clinic", "en"), ("home", "en"), ("home", "es"), ("hotel", "de"), ("hotel", "en")),
    *(("shop", "en"), ("shop", "de"), ("shop", "es"), ("whatsapp", "es"), ("fashion", "en")),
]


def _of(platform):
    return [k for k in known() if PLATFORM[k.row["agentId"]] == platform]


def _analyses(platform):
    return [(k.day, k.row["customAnalysis"]) for k in _of(platform) if k.row.get("customAnalysis")]


def test_devices_are_known_on_web_chat_alone():
    for k in known():
        if k.row["channel"] == "Webchat":
            assert k.row.get("device") in {"Desktop", "Mobile", "Tablet", None}
        else:
            assert not any(k.row.get(name) for name in ("device", "os", "browser", "ipAddress"))


def test_calls_alone_have_cost_duration_and_ending():
    for k in known():
        voice = k.row["channel"] in {"phone", "web_call"}
        assert (k.row.get("duration") is not None) is voice
        assert (k.row.get("cost") is not None) is voice
        if not voice:
            assert not k.row.get("endedReason")


def test_cost_per_minute_has_another_unit_on_each_platform():
    per_minute = {}
    for platform in TRUTH.cost_units:
        calls = [k.row for k in _of(platform) if k.row["duration"] > 1]
        per_minute[platform] = sum(c["cost"] / c["duration"] for c in calls) / len(calls)
    assert 9 < per_minute["retell"] < 14
    assert 0.1 < per_minute["vapi"] < 0.2
    assert 500 < per_minute["elevenlabs"] < 800


def test_the_length_of_a_call_is_its_duration_in_minutes():
    for k in _of("vapi"):
        if k.row.get("endedAt"):
            begin, end = (datetime.fromisoformat(k.row[n]) for n in ("createdAt", "endedAt"))
            assert abs((end - begin).total_seconds() / 60 - k.row["duration"]) < 0.001


def test_numbers_have_the_direction_of_their_platform():
    numbers = TRUTH.agent_numbers
    outbound = 0
    for k in known():
        agent, row = numbers.get(k.row["agentId"]), k.row
        if row["channel"] != "phone":
            continue
        if PLATFORM[row["agentId"]] == "retell" and row.get("campaignId"):
            outbound += 1
            assert row["phone"] == agent != row["phoneSecondary"]
        else:
            assert row["phoneSecondary"] == agent != row["phone"]
    assert outbound > 500


def test_a_person_keeps_one_number_which_at_times_is_written_otherwise():
    written = defaultdict(set)
    for k in _of("vapi"):
        if k.row.get("phone"):
            written[k.planted.person].add(k.row["phone"])
    digits = {
        person: {re.sub(r"\D", "", number)[-10:] for number in numbers}
        for person, numbers in written.items()
    }
    assert all(len(numbers) == 1 for numbers in digits.values())
    assert any(len(numbers) > 1 for numbers in written.values())


def test_phone_numbers_differ_between_people():
    people = [Person(population, index, 0) for population in POPULATIONS for index in range(15_000)]
    numbers = [person.phone for person in people]
    assert len(set(numbers)) == len(numbers)
    assert not set(numbers) & set(TRUTH.agent_numbers.values())


@pytest.mark.parametrize("index", [0, 4_000])
def test_phone_numbers_are_those_kept_for_stories(index):
    american = Person(("clinic", "en"), index, 0).phone
    assert re.fullmatch(r"\+1[2-9][02-8]\d55501\d\d", american)
    spanish = Person(("whatsapp", "es"), index, 0).phone
    assert re.fullmatch(r"\+343\d{8}", spanish)
    german = Person(("hotel", "de"), index, 0).phone
    assert re.fullmatch(r"\+49(3023125|6990009|4066969|2214710|8999998)\d{3}|\+49197\d{8}", german)


def test_addresses_and_links_cannot_be_anybodys():
    kept = [
        ipaddress.ip_network(block)
        for block in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
    ]
    addresses = {k.row["ipAddress"] for k in known() if k.row.get("ipAddress")}
    assert len(addresses) > 2_000
    assert all(any(ipaddress.ip_address(a) in block for block in kept) for a in addresses)
    rows = [k.row | {"mistunderstoodQueries": None} for k in known()[:8_000]]
    text = json.dumps(rows)
    assert set(re.findall(r"https?://([\w.-]+)", text)) == {
        "recordings.example.com",
        "shop.example.com",
    }
    assert set(re.findall(r"@([\w.-]+)", text)) == {"example.com"}


def test_ended_reasons_are_words_of_their_platforms():
    if not REASONS.exists():
        pytest.skip(f"the list of ended reasons is not here: {REASONS}")
    with REASONS.open(newline="") as file:
        vocabulary = {(row["platform"], row["reason"]) for row in csv.DictReader(file)}
    found = {
        (PLATFORM[k.row["agentId"]], k.row["endedReason"])
        for k in known()
        if k.row.get("endedReason")
    }
    assert found <= vocabulary
    assert len(found) > 25


def test_handover_exists_on_the_widget_alone():
    states = defaultdict(Counter)
    for k in known():
        states[k.row["channel"]][k.row.get("status")] += 1
        if k.row.get("liveAgentName"):
            assert k.row["status"] == "human"
    assert set(states["Webchat"]) >= {"ai", "pending", "human"}
    assert all(set(c) <= {"ai", None} for name, c in states.items() if name != "Webchat")


def test_retell_is_flat_with_a_colliding_key_texts_beside_booleans_and_lists():
    analyses = [analysis for _, analysis in _analyses("retell")]
    assert not any(isinstance(v, dict) for a in analyses for v in a.values())
    both = [a for a in analyses if "Lead Score" in a and "lead_score" in a]
    assert any(a["Lead Score"] == "3/5" and a["lead_score"] == 3 for a in both)
    assert {repr(a.get("confirmed")) for a in analyses} >= {"True", "False", "'yes'", "'no'"}
    assert {"N/A", ""} <= {a.get("insurance") for a in analyses}
    assert any(isinstance(v, list) and v for a in analyses for v in a.values())


def test_a_field_is_renamed_and_whole_numbers_become_text():
    old, new = TRUTH.renamed_field
    renamed, retyped = (str(at.date()) for at in (TRUTH.renamed_at, TRUTH.retyped_at))
    for day, analysis in _analyses("retell"):
        assert (new if day < renamed else old) not in analysis
        if "callback_minutes" in analysis:
            assert isinstance(analysis["callback_minutes"], int if day < retyped else str)
    keys = Counter(key for _, analysis in _analyses("retell") for key in analysis)
    assert min(keys[old], keys[new]) > 300


def test_vapi_changes_from_nested_data_to_structured_outputs():
    switch = str(TRUTH.new_form_at.date())
    nested, outputs = [], []
    for day, analysis in _analyses("vapi"):
        (nested if day < switch else outputs).append(analysis)
    assert min(len(nested), len(outputs)) > 500
    assert {frozenset(a) & {"structuredData", "issue"} for a in nested} == {
        frozenset({"structuredData"}),
        frozenset({"issue"}),
    }
    assert all(UUID.fullmatch(key) for a in outputs for key in a)
    assert all(set(field) == {"name", "result"} for a in outputs for field in a.values())
    verdicts = {a["successEvaluation"] for a in nested if "successEvaluation" in a}
    assert {"true", "false", "8"} <= verdicts


def test_elevenlabs_gives_values_with_rationale_flat_or_in_a_container():
    analyses = [analysis for _, analysis in _analyses("elevenlabs")]
    held = [a for a in analyses if "data_collection_results" in a]
    flat = [a for a in analyses if "data_collection_results" not in a]
    assert min(len(held), len(flat)) > 300
    for a in flat + [a["data_collection_results"] for a in held]:
        assert all({"value", "rationale", "json_schema"} <= set(item) for item in a.values())
    results = {a["evaluation_criteria_results"]["solved"]["result"] for a in held}
    assert results == {"success", "failure", "unknown"}
    guests = {type(a["guests"]["value"]) for a in flat if "guests" in a}
    assert guests == {int, str}


def test_calls_that_did_not_connect_have_no_analysis():
    unconnected = [k for k in known() if k.row["channel"] == "phone" and not k.planted.reached]
    values = [v for k in unconnected for v in (k.row.get("customAnalysis") or {}).values()]
    assert set(values) <= {None, "N/A"}
    assert any("agent_shift" in (k.row.get("customAnalysis") or {}) for k in unconnected)
    assert sum("customAnalysis" not in k.row for k in unconnected) > 0.7 * len(unconnected)


def test_written_conversations_have_no_analysis():
    for platform in ("voiceflow", "botpress", "openai"):
        assert not any(k.row.get("customAnalysis") for k in _of(platform))


def test_summaries_have_a_believable_length_and_the_language_of_the_customer():
    rows = [k for k in known() if k.row.get("summary")]
    lengths = [len(k.row["summary"]) for k in rows]
    assert 350 < sum(lengths) / len(lengths) < 500
    assert min(lengths) > 200
    assert max(lengths) < 700
    assert not any(re.search(r"[\[\]{}<>|]|  ", k.row["summary"]) for k in rows)
    marks = {"en": " the ", "de": " und ", "es": " el "}
    for k in rows:
        assert marks[k.planted.person.split("-")[1]] in f" {k.row['summary'].lower()} "


def test_questions_are_many_with_duplicates_slips_and_emojis():
    texts = [text for k in known() for text in k.planted.questions]
    assert len(set(texts)) > 4_000
    assert len(texts) - len(set(texts)) > 150
    assert sum(text == text.upper() and len(text) > 12 for text in texts) > 30
    assert sum(any(ord(c) > 0x1F000 for c in text) for text in texts) > 200
    assert sum("@" in text for text in texts) > 20
    assert not any(re.search(r"[\[\]{}<>|]", text) for text in texts)


def test_a_question_is_at_times_asked_twice_in_one_conversation():
    twice = [k for k in known() if len(set(k.planted.questions)) < len(k.planted.questions)]
    assert len(twice) > 100


def test_spoken_questions_have_fillers_and_spoken_numbers():
    spoken = [t for k in _of("retell") for t in k.planted.questions]
    written = [t for k in _of("voiceflow") for t in k.planted.questions]
    filler, number = re.compile(r"\b(um|uh|er)\b", re.IGNORECASE), re.compile(r"\b(six|nine|two)\b")
    assert sum(bool(filler.search(t)) for t in spoken) > 0.15 * len(spoken)
    assert sum(bool(filler.search(t)) for t in written) < 0.03 * len(written)
    assert sum(bool(number.search(t)) for t in spoken) > 5


def test_traffic_follows_the_clock_and_the_week_of_its_place():
    clinic = [k for k in _of("retell") if k.day < "2026-03-01"]
    hours = Counter((int(k.row["createdAt"][11:13]) - 6) % 24 for k in clinic)
    assert sum(hours[h] for h in range(8, 18)) > 0.65 * len(clinic)
    assert sum(hours[h] for h in range(5)) < 0.05 * len(clinic)
    weekend = sum(date.fromisoformat(k.day).weekday() >= 5 for k in clinic)
    assert weekend < 0.16 * len(clinic)


def test_clocks_go_forward_in_spring():
    hotel = _of("elevenlabs")
    night = {
        month: Counter(int(k.row["createdAt"][11:13]) for k in hotel if k.day[5:7] in month)
        for month in (("01", "02"), ("05", "06"))
    }
    # The quietest three local hours, 2 to 4, are 1 to 3 in winter and 0 to 2 in summer.
    winter, summer = (sum(counts.values()) for counts in night.values())
    first, second = night.values()
    assert first[0] / winter > second[0] / summer
    assert first[3] / winter < second[3] / summer


def test_namibia_is_among_the_countries():
    countries = Counter(k.row.get("countryCode") for k in known())
    assert countries["NA"] > 50
    assert all(re.fullmatch(r"[A-Z]{2}", code) for code in countries if code)
