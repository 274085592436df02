"""What a report says of the data it stands on."""

from __future__ import annotations

import pytest

import chatdash_analysis as cda
from chatdash_analysis.report.sections.loaded import loaded_section
from tests.report.sections.materials import (
    JUDGED,
    assert_same,
    assert_sound,
    material_of,
    nobody_judged,
    nobody_known,
    said,
    table_of,
)

TOLD = {"start": "2025-12-31T23:00:00.000Z", "end": "2026-05-31T22:00:00.000Z", "gaps": []}


@pytest.fixture(scope="module")
def sample():
    return cda.identify_users(cda.load_sample(1_500))


def _with(frame, **origin):
    held = frame.copy(deep=False)
    held.attrs = {"chatdash": {**TOLD, **origin}}
    return held


def test_periods_agents_and_known_outcomes_are_counted(sample):
    material = material_of(sample)
    section = loaded_section(material)
    assert_sound(section)
    current, words = material.current, said(section)
    assert f"2026-05 (31 days, {len(current):,} conversations)" in words
    assert f"compared with 2026-04 (30 days, {len(material.previous):,} conversations)" in words
    assert f"of {current['agent_id'].nunique()} agents" in words
    assert f"for {current[JUDGED].notna().sum():,} conversations it is known" in words
    assert "Europe/Berlin" in words
    known = current["user_id"].notna().mean()
    assert f"{known * 100:.1f} % of the conversations" in words


def test_the_agents_have_names_where_there_are_some(sample):
    named = sample.assign(agent_name=sample["agent_id"].str[-2:].radd("Agent "))
    section = loaded_section(material_of(named))
    assert "Agent 11, Agent 12" in said(section)
    table = table_of(section, "Agents")
    assert table["agent"].str.startswith("Agent").all()
    assert table["n"].sum() == material_of(sample).current[JUDGED].notna().sum()


def test_agents_without_names_are_left_to_the_table(sample):
    (told,) = [words for words in loaded_section(material_of(sample)).sentences if "They" in words]
    assert told == "They are of 6 agents, listed in the table below."


def test_many_agents_are_not_all_in_a_sentence(sample):
    many = sample.assign(agent_id=[f"agent{k:05}" for k in range(len(sample))])
    many["agent_name"] = many["agent_id"]
    material = material_of(many)
    more = len(material.current) - 5
    assert f"and {more:,} more." in said(loaded_section(material))


def test_what_was_loaded_is_known_or_said_not_to_be(sample):
    told, silent = (said(loaded_section(material_of(f))) for f in (_with(sample), sample))
    unknown = "The data do not say from when to when they were loaded"
    assert unknown not in told
    assert unknown in silent


def test_a_period_of_which_only_some_days_have_conversations_is_pointed_out(sample):
    late = sample[sample["created_at"] >= "2026-05-25T00:00Z"]
    start = "2026-05 has conversations from 2026-05-25 "
    notes = loaded_section(material_of(late)).notes
    assert [note for note in notes if note.startswith(start)]
    assert start not in said(loaded_section(material_of(sample)))
    assert start not in said(loaded_section(material_of(_with(late))))


def test_gaps_of_the_periods_are_named_and_others_are_not(sample):
    gap = {"agent_id": "a", "record": True, "interacted": True, "reason": "https://secret/x"}
    gaps = [
        {**gap, "start": "2026-05-03T00:00:00.000Z", "end": "2026-05-04T00:00:00.000Z"},
        {**gap, "start": "2026-05-03T00:00:00.000Z", "end": "2026-05-04T00:00:00.000Z"},
        {**gap, "start": "2026-01-03T00:00:00.000Z", "end": "2026-01-04T00:00:00.000Z"},
    ]
    section = loaded_section(material_of(_with(sample, gaps=gaps)))
    (note,) = [note for note in section.notes if "could be loaded" in note]
    assert "from 2026-05-03 02:00 to 2026-05-04 02:00 are missing" in note
    assert "2026-01" not in note
    assert "secret" not in said(section)


def test_answers_and_conversations_that_are_left_out_are_counted(sample):
    section = loaded_section(material_of(_with(sample, rejected=3), undated=2))
    assert "3 answers of the service could not be read" in said(section)
    assert "2 conversations without a date are left out" in said(section)
    assert "without a date" not in said(loaded_section(material_of(sample)))


def test_an_agent_that_fell_silent_is_asked_after(sample):
    agent = sample["agent_id"].mode()[0]
    silent = sample["agent_id"].eq(agent) & sample["created_at"].gt("2026-05-10T00:00Z")
    section = loaded_section(material_of(_with(sample[~silent])))
    (note,) = [note for note in section.notes if "unusually long" in note]
    assert note.startswith(f"{agent} had no conversations from 2026-05-")
    assert "to 2026-05-31 22:00 UTC" in note


def test_what_was_loaded_after_the_period_is_no_silence(sample):
    later = _with(sample, end="2026-12-31T00:00:00.000Z")
    assert not [one for one in loaded_section(material_of(later)).notes if "silence" in one]
    assert said(loaded_section(material_of(later))) == said(
        loaded_section(material_of(_with(sample)))
    )


def test_findings_are_those_of_the_quality_report(sample):
    material = material_of(sample)
    table = table_of(loaded_section(material), "What is remarkable").set_index("finding")
    both = material.conversations[material.conversations["created_at"] >= material.before.start]
    report = cda.quality_report(both)
    conflicts = report[report["check"] == "conflict"]
    row = table.loc["Values of fields that hold several types"]
    assert row["count"] == conflicts["count"].sum() > 0
    assert row["agents"] == conflicts["agent_id"].nunique()
    # Details hold names of fields and properties as somebody wrote them.
    assert "detail" not in table


def test_a_table_that_was_not_loaded_whole_cannot_be_checked(sample):
    section = loaded_section(material_of(sample.drop(columns=["summary"])))
    assert "its quality could not be checked" in said(section)


@pytest.mark.parametrize("change", [nobody_known, nobody_judged], ids=lambda one: one.__name__)
def test_nobody_known_and_nothing_judged_are_said(sample, change):
    section = loaded_section(material_of(change(sample)))
    assert_sound(section)
    told = "behind 0 % of" if change is nobody_known else "for 0 conversations it is known"
    assert told in said(section)


def test_another_outcome_and_an_empty_earlier_period(sample):
    material = material_of(sample, before="2025-01", outcome="custom_booked")
    words = said(loaded_section(material))
    assert "“custom_booked”" in words
    assert "compared with 2025-01 (31 days, 0 conversations)" in words


def test_the_order_of_rows_does_not_matter(sample):
    one, other = (loaded_section(material_of(f)) for f in (sample, sample.iloc[::-1]))
    assert_same(one, other)


def test_what_lies_between_the_periods_is_no_silence(sample):
    apart = material_of(sample, before="2026-02")
    assert not [note for note in loaded_section(apart).notes if "switched off" in note]
