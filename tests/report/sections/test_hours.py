"""Hours of the week, as the report tells them."""

from __future__ import annotations

import pandas as pd
import pytest

from chatdash_analysis.errors import MissingColumnsError
from chatdash_analysis.report.parts import Figure, Material, Section
from chatdash_analysis.report.sections.hours import hours_section
from tests.report.sections.materials import (
    JUDGED,
    TZ,
    assert_same,
    assert_sound,
    material_of,
    month,
    nobody_judged,
    said,
    table_of,
)


@pytest.fixture(scope="module")
def section(material: Material) -> Section:
    return hours_section(material)


def _in_business(frame: pd.DataFrame, tz: str = TZ) -> pd.Series:
    local = frame["created_at"].dt.tz_convert(tz)
    return (local.dt.day_of_week < 5) & local.dt.hour.between(9, 16)


def test_the_two_parts_of_the_week_are_those_of_plain_counting(
    section: Section, material: Material
) -> None:
    current = material.current
    business = _in_business(current)
    for part, held in (("In business hours", business), ("After hours and on weekends", ~business)):
        rows = current[held]
        judged = rows[JUDGED].dropna().astype("float64")
        (told,) = [words for words in section.sentences if words.startswith(part)]
        assert f"{len(rows)} conversations ({100 * len(rows) / len(current):.1f} %)" in told
        assert f"of those judged, {100 * judged.mean():.1f} % (" in told
        assert f"n = {len(judged)}) succeeded" in told


def test_the_hours_are_named(section: Section) -> None:
    assert "9:00 to 17:00, Monday to Friday, on the clock of Europe/Berlin" in section.sentences[0]


def test_the_busiest_hour_is_that_of_plain_counting(section: Section, material: Material) -> None:
    local = material.current["created_at"].dt.tz_convert(TZ)
    times = local.dt.strftime("%A from %-H:00").value_counts()
    # May 2026 begins on a Friday and has 31 days.
    five = times.index.str.split().str[0].isin(["Friday", "Saturday", "Sunday"])
    each = (times / pd.Series(five, times.index).map({True: 5, False: 4})).sort_values()
    most = each.index[-1]
    assert each.iloc[-2] < each.iloc[-1]
    number = 5 if most.startswith(("Fri", "Sat", "Sun")) else 4
    told = f"with {times[most]} conversations on {number} such days, {each.iloc[-1]:.1f} a day."
    assert f"is {most} to " in said(section)
    assert told in said(section)


def _at(*moments: str, tz: str = "America/New_York") -> Material:
    times = pd.Series(pd.to_datetime(list(moments), utc=True)).dt.as_unit("us")
    frame = pd.DataFrame(
        {
            "conversation_id": [str(number) for number in range(len(times))],
            "created_at": times,
            "user_id": [f"person {number}" for number in range(len(times))],
            JUDGED: pd.array([True] * len(times), dtype="boolean"),
        }
    )
    period, before = month("2026-03", tz), month("2026-02", tz)
    return Material(frame, period, before, tz, JUDGED, 5)


def test_the_local_clock_counts_when_it_changes() -> None:
    # Clocks go forward on 8 March: half past one in UTC was 8:30 before and is 9:30 after.
    section = hours_section(_at("2026-03-06T13:30Z", "2026-03-09T13:30Z", "2026-03-10T13:30Z"))
    assert "In business hours: 2 conversations (66.7 %)" in said(section)
    assert "After hours and on weekends: 1 conversation (33.3 %)" in said(section)


def test_hours_that_are_equally_busy_are_not_ranked() -> None:
    section = hours_section(_at("2026-03-09T13:30Z", "2026-03-10T15:30Z"))
    assert "No single hour is the busiest: 2 have 0.2 a day each." in said(section)


def test_a_part_without_conversations_is_a_sentence() -> None:
    section = hours_section(_at("2026-03-07T13:30Z"))
    assert "In business hours: no conversations." in said(section)
    assert_sound(section)


def test_an_empty_month_is_a_sentence(sample: pd.DataFrame) -> None:
    section = hours_section(material_of(sample[sample["created_at"] < "2026-04-20"]))
    assert section.sentences == ["The data hold no conversations from 2026-05."]
    assert not section.parts


def test_without_a_judgement_the_counts_stay(sample: pd.DataFrame, material: Material) -> None:
    section = hours_section(material_of(nobody_judged(sample)))
    told = said(section)
    assert f"{_in_business(material.current).sum()} conversations" in told
    assert "has been judged" in told
    assert "% (" not in told.replace(" %)", "")
    assert_sound(section)


def test_the_picture_holds_no_text_and_its_words_tell_the_days(
    section: Section, material: Material
) -> None:
    (figure,) = [part for part in section.parts if isinstance(part, Figure)]
    assert b"<text" not in figure.picture
    days = material.current["created_at"].dt.tz_convert(TZ).dt.day_name().value_counts()
    for day, number in days.items():
        assert f"{day} {number}" in figure.alt


def test_the_table_of_hours_holds_every_conversation(section: Section, material: Material) -> None:
    hours = table_of(section, "Conversations by weekday")
    local = material.current["created_at"].dt.tz_convert(material.tz).dt
    assert len(hours) == len(set(zip(local.day_of_week, local.hour, strict=True)))
    assert hours["conversations"].sum() == len(material.current)
    assert hours["weekday"].iloc[[0, -1]].tolist() == ["Monday", "Sunday"]


def test_the_order_of_rows_makes_no_difference(section: Section, material: Material) -> None:
    assert_sound(section)
    assert_same(section, hours_section(material_of(material.conversations.iloc[::-1])))


def test_a_table_without_the_outcome_is_refused(material: Material) -> None:
    with pytest.raises(MissingColumnsError, match=JUDGED):
        hours_section(material_of(material.conversations.drop(columns=JUDGED)))
