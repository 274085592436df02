"""What the sample says it planted is in its 20,000 conversations."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from itertools import combinations

import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.sandbox.sample import Sample
from tests.sandbox.made import SAMPLE, TRUTH, judged, known, margin, rate

CHANNELS = ("phone", "web_call", "Webchat", "WhatsApp", "Instagram")


@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("channel", CHANNELS)
def test_channels_succeed_as_planted(channel, changed):
    expected = TRUTH.success_by_channel(changed=changed)[channel]
    rows = judged(k for k in known() if k.row["channel"] == channel and k.changed is changed)
    assert len(rows) > 300
    assert abs(rate(rows) - expected) < margin(expected, len(rows))


@pytest.mark.parametrize("changed", [False, True])
def test_the_mix_of_channels_is_as_planted(changed):
    rows = [k for k in known() if k.changed is changed]
    counts = Counter(k.row["channel"] for k in rows)
    for channel, expected in TRUTH.channel_shares(changed=changed).items():
        assert abs(counts[channel] / len(rows) - expected) < margin(expected, len(rows))


def test_success_falls_over_all_although_each_channel_gains():
    before = TRUTH.success_by_channel(changed=False)
    after = TRUTH.success_by_channel(changed=True)
    assert all(after[channel] > before[channel] for channel in CHANNELS)
    fall = TRUTH.overall_success(changed=False) - TRUTH.overall_success(changed=True)
    assert fall > 0.05
    found = rate(judged(k for k in known() if not k.changed)) - rate(
        judged(k for k in known() if k.changed)
    )
    assert abs(found - fall) < 0.03


def test_mobile_is_worse_over_all_and_better_in_each_language():
    crude, within = TRUTH.success_by_device(), TRUTH.success_by_language_and_device()
    assert crude["Desktop"] - crude["Mobile"] > 0.04
    assert all(within[code, "Mobile"] > within[code, "Desktop"] for code in ("en", "de", "es"))
    chats = judged(k for k in known() if k.row["channel"] == "Webchat" and not k.changed)
    by_device, strata = defaultdict(list), defaultdict(list)
    for k in chats:
        if device := k.row.get("device"):
            by_device[device].append(k)
            strata[k.planted.person.split("-")[1], device].append(k)
    assert rate(by_device["Desktop"]) > rate(by_device["Mobile"])
    for cell, expected in within.items():
        assert abs(rate(strata[cell]) - expected) < margin(expected, len(strata[cell]))


def test_operating_systems_succeed_as_planted():
    rows = defaultdict(list)
    for k in judged(k for k in known() if k.row.get("os") and not k.changed):
        rows[k.row["os"]].append(k)
    expected = TRUTH.success_by_os()
    assert set(rows) == set(expected)
    for system, rate_expected in expected.items():
        found = rate(rows[system])
        assert abs(found - rate_expected) < margin(rate_expected, len(rows[system]))


def test_a_fifth_is_hidden_by_the_default_filter():
    shown = sum(k.row["record"] and k.row["interacted"] for k in known()) / len(known())
    assert 0.77 < shown < 0.85
    flags = Counter((k.row["record"], k.row["interacted"]) for k in known())
    assert len(flags) == 4
    assert min(flags.values()) > 80


def test_reached_is_as_planted_and_what_was_not_answered_has_no_verdict():
    rows = [k for k in known() if not k.changed]
    for channel, expected in TRUTH.reached_by_channel(changed=False).items():
        of_channel = [k.row["interacted"] for k in rows if k.row["channel"] == channel]
        found = sum(of_channel) / len(of_channel)
        assert abs(found - expected) < margin(expected, len(of_channel))
    unanswered = [k for k in known() if k.row.get("noAnswer")]
    assert len(unanswered) > 500
    assert all(k.verdict is None and not k.row["interacted"] for k in unanswered)


def test_evaluations_are_missing_null_or_empty_for_the_rest():
    reached = [k for k in known() if k.planted.reached]
    found = sum(k.verdict is not None for k in reached) / len(reached)
    assert abs(found - TRUTH.evaluated) < 0.01
    blanks = Counter(repr(k.row.get("evaluation", "missing")) for k in reached if k.verdict is None)
    assert set(blanks) == {"'missing'", "None", "{}"}


def test_verdicts_tell_the_planted_outcome():
    assert all(k.verdict == k.planted.success for k in known() if k.verdict is not None)


def test_outcomes_of_a_person_are_correlated_as_planted():
    people = defaultdict(list)
    for k in known():
        if k.planted.reached and not k.planted.fault:
            people[k.planted.person].append(k)
    means = {
        (channel, changed): TRUTH.success_by_channel(changed=changed)[channel]
        for channel in CHANNELS
        for changed in (False, True)
    }
    products, squares = [], []
    for rows in people.values():
        errors = [
            k.planted.success - means[k.row["channel"], k.changed]
            for k in rows
            if k.row["channel"] != "Webchat"  # its languages differ too much for one mean
        ]
        squares += [error * error for error in errors]
        products += [a * b for a, b in combinations(errors, 2)]
    found = (sum(products) / len(products)) / (sum(squares) / len(squares))
    assert len(products) > 4_000
    assert abs(found - TRUTH.icc) < 0.05


def test_people_return_and_ever_fewer_of_them():
    first, weeks = {}, defaultdict(set)
    for k in known():
        day = date.fromisoformat(k.day)
        person = k.planted.person
        if first.setdefault(person, day) < date(2026, 3, 1):
            weeks[(day - first[person]).days // 7].add(person)
    shares = [len(weeks[number]) / len(weeks[0]) for number in (1, 2, 4, 8, 16)]
    assert shares == sorted(shares, reverse=True)
    assert 0.08 < shares[0] < 0.3
    assert shares[-1] < 0.2 * shares[0]
    returning = 1 - len(first) / len(known())
    assert 0.35 < returning < TRUTH.returning


def test_some_people_use_several_channels_and_several_agents():
    channels, agents = defaultdict(set), defaultdict(set)
    for k in known():
        channels[k.planted.person].add(k.row["channel"])
        agents[k.planted.person].add(k.row["agentId"])
    assert 0.05 < sum(len(c) > 1 for c in channels.values()) / len(channels) < 0.2
    assert 0.02 < sum(len(a) > 1 for a in agents.values()) / len(agents) < 0.1


def test_one_address_is_shared_by_many():
    chats = [k for k in known() if k.row["channel"] == "Webchat"]
    shared = [k.planted.person for k in chats if k.row.get("ipAddress") == TRUTH.shared_ip]
    assert 0.03 < len(shared) / len(chats) < 0.07
    assert len(set(shared)) > 100


def test_the_outage_ends_most_calls_of_its_agent_with_a_fault():
    outage = TRUTH.outage
    start, end = str(outage.start.date()), str(outage.end.date())
    calls = [k for k in known() if k.row["agentId"] == outage.agent_id and k.planted.reached]
    during = [k for k in calls if start <= k.day < end]
    other = [k for k in calls if not start <= k.day < end]
    assert (outage.end - outage.start).days == 2
    assert 0.5 < sum(k.planted.fault for k in during) / len(during) < 0.9
    assert sum(k.planted.fault for k in other) / len(other) < 0.03
    faults = [k for k in calls if k.planted.fault]
    assert {k.row["endedReason"] for k in faults} == set(outage.reasons)
    assert not any(k.verdict for k in faults)


def _value(analysis, path):
    for key in path:
        if not isinstance(analysis, dict) or key not in analysis:
            return None
        analysis = analysis[key]
    return analysis


def _with_field(platform, path):
    agents = {a["_id"]: a["platform"] for a in SAMPLE.agents()}
    for k in known():
        value = _value(k.row.get("customAnalysis"), path)
        if value is not None and agents[k.row["agentId"]] == platform:
            yield k, value


@pytest.mark.parametrize("driver", TRUTH.drivers, ids=lambda d: f"{d.platform}-{d.path[-1][-4:]}")
def test_drivers_go_with_success(driver):
    outcomes = defaultdict(list)
    for k, value in _with_field(driver.platform, driver.path):
        outcomes[k.planted.success].append(value == driver.yes)
    for success, expected in ((True, driver.if_success), (False, driver.if_failure)):
        found = outcomes[success]
        assert len(found) > 60
        assert abs(sum(found) / len(found) - expected) < margin(expected, len(found))


@pytest.mark.parametrize(("platform", "path"), TRUTH.chance_fields)
def test_chance_fields_have_nothing_to_do_with_success(platform, path):
    rows = list(_with_field(platform, path))
    expected = sum(k.planted.success for k, _ in rows) / len(rows)
    for shift in (1, 2, 3, 4):
        of_shift = [k.planted.success for k, value in rows if value == shift]
        assert len(of_shift) > 20
        assert abs(sum(of_shift) / len(of_shift) - expected) < margin(expected, len(of_shift))


def test_topics_are_many_and_in_three_languages():
    topics = TRUTH.topics
    assert len(topics) >= 14
    assert all(topic.texts for topic in topics.values())
    assert {code for topic in topics.values() for code in topic.languages} == {"en", "de", "es"}
    asked = Counter(topic for k in known() for topic in k.planted.topics)
    assert set(asked) == {*topics, None}
    assert min(asked.values()) > 50
    noise = asked[None] / sum(asked.values())
    assert 0.12 < noise < 0.18


def test_topic_of_tells_the_topic_of_each_question():
    for k in known():
        texts = [query["question"] for query in k.row.get("mistunderstoodQueries") or []]
        assert texts == list(k.planted.questions)
        assert [TRUTH.topic_of(text) for text in texts] == list(k.planted.topics)


def test_topic_of_refuses_what_nobody_asked():
    with pytest.raises(InputError, match=r"Nobody asked 'who\?' in this sample"):
        TRUTH.topic_of("who?")


def test_one_topic_is_new_and_one_is_fixed():
    days = defaultdict(list)
    for k in known():
        for topic in k.planted.topics:
            days[topic].append(k.day)
    new, fixed = TRUTH.new_topic, TRUTH.fixed_topic
    assert min(days[new]) >= str(TRUTH.change_at.date()) == "2026-05-01"
    assert max(days[fixed]) < str(TRUTH.fixed_at.date()) == "2026-04-15"
    others = [topic for topic in days if topic not in {new, fixed}]
    assert all(min(days[t]) < "2026-02-01" and max(days[t]) > "2026-06-01" for t in others)


def test_bad_conversations_have_more_questions():
    asked = {
        success: [
            bool(k.planted.questions)
            for k in known()
            if k.planted.reached and not k.planted.fault and k.planted.success is success
        ]
        for success in (True, False)
    }
    good, bad = (sum(asked[s]) / len(asked[s]) for s in (True, False))
    assert bad > 2 * good > 0.2


def test_planted_truth_comes_in_the_order_of_the_sample():
    sample = Sample(300, seed=4)
    ids = [planted.conversation_id for planted in sample.truth().planted()]
    assert ids == [row["_id"] for row in sample.conversations()]
