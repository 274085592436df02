"""The key numbers beside those of the period before."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.report.parts import Figure
from chatdash_analysis.report.sections.numbers import numbers_section
from chatdash_analysis.showing.numbers import percent
from tests.report.sections.materials import (
    JUDGED,
    assert_same,
    assert_sound,
    material_of,
    nobody_judged,
    nobody_known,
    said,
    table_of,
    tables,
)


@pytest.fixture(scope="module")
def sample():
    return cda.identify_users(cda.load_sample(1_500))


@pytest.fixture(scope="module")
def material(sample):
    return material_of(sample)


@pytest.fixture(scope="module")
def section(material):
    return numbers_section(material)


def test_it_is_sound_and_says_how_much_there_was(section, material):
    assert_sound(section)
    words = said(section)
    now, before = len(material.current), len(material.previous)
    assert f"2026-05: {now:,} ({now / 31:.1f} a day)" in words
    assert f"after {before:,} ({before / 30:.1f} a day) in 2026-04" in words
    assert f"with {material.current['user_id'].nunique()} known people" in words


def test_periods_of_different_length_are_compared_by_the_day(section, sample):
    uneven = "2026-05 has 31 days and 2026-04 30: compare totals by the day, not as they stand."
    assert uneven in section.sentences[0]
    told = [table.method for table in tables(section) if "Cost" in table.caption]
    assert len(told) == 1
    assert all(uneven in method for method in told)
    assert section.cards[0].beside.endswith("in 2026-04, of 30 days")
    even = numbers_section(material_of(sample, before="2026-03"))
    assert "by the day" not in said(even)
    assert even.cards[0].beside.endswith("in 2026-03")


def test_a_platform_that_few_people_share_has_no_name(sample, material):
    costly = material.current[
        material.current["cost"].notna() & material.current["user_id"].notna()
    ]
    typed = sample["conversation_id"].isin(costly["conversation_id"].head(3))
    frame = sample.assign(platform=sample["platform"].mask(typed, "zebra"))
    few, enough = (
        set(table_of(numbers_section(material_of(frame, min_users=least)), "Cost")["platform"])
        for least in (5, 1)
    )
    assert "zebra" in enough
    assert few == enough - {"zebra"} | {"other (rare)"}


def test_success_and_its_difference_are_those_of_rates_by(section, material):
    table = table_of(section, "Success in").set_index("period")
    for period, held in (("2026-05", material.current), ("2026-04", material.previous)):
        judged = held[JUDGED].dropna().astype(bool)
        assert table.loc[period, "n"] == len(judged)
        assert table.loc[period, "rate"] == pytest.approx(judged.mean())
    now, before = table.loc["2026-05"], table.loc["2026-04"]
    assert now["difference"] == pytest.approx(now["rate"] - before["rate"])
    assert now["difference_low"] < now["difference"] < now["difference_high"]
    assert pd.isna(before["difference"])
    assert list(table.index) == ["2026-04", "2026-05"]


def test_the_other_numbers_are_those_of_channel_summary(section, material):
    sides = table_of(section, "Chats handed").set_index("period")
    for period, held in (("2026-05", material.current), ("2026-04", material.previous)):
        alone = cda.channel_summary(held.assign(every="x"), "every").iloc[0]
        for name in ("conversations", "handoff_rate", "no_answer_rate", "duration_minutes_mean"):
            assert sides.loc[period, name] == pytest.approx(alone[name])


def test_costs_are_never_added_up_over_platforms(section, material):
    table = table_of(section, "Cost")
    for _, row in table[table["period"] == "2026-05"].iterrows():
        held = material.current[material.current["platform"] == row["platform"].lower()]
        assert row["cost_total"] == pytest.approx(held["cost"].sum())
    assert (
        table["platform"].nunique()
        == table["cost_unit"].notna().groupby(table["platform"]).any().sum()
    )


def test_weeks_are_whole_local_weeks(section, material):
    (figure,) = [part for part in section.parts if isinstance(part, Figure)]
    weeks = figure.table.frame.set_index("week")
    starts = pd.DatetimeIndex(weeks.index)
    assert set(starts.day_of_week) == {0}
    assert len(weeks) == 16
    # The week from 25 to 31 May is the last whole one of the month.
    assert weeks.index[-1] == "2026-05-25"
    local = material.conversations["created_at"].dt.tz_convert("Europe/Berlin")
    inside = local.ge("2026-05-11T00:00+02:00") & local.lt("2026-05-18T00:00+02:00")
    assert weeks.loc["2026-05-11", "n"] == material.conversations.loc[inside, JUDGED].notna().sum()


@pytest.mark.parametrize(("turned", "word"), [(True, "rose"), (False, "fell")])
def test_a_clear_change_is_said_as_one(sample, turned, word):
    may = sample["created_at"] >= "2026-04-30T22:00Z"
    changed = sample[JUDGED].mask(may & sample[JUDGED].notna() & (sample.index % 3 > 0), turned)
    words = said(numbers_section(material_of(sample.assign(**{JUDGED: changed}))))
    assert f"Success {word}: " in words


def test_what_may_be_chance_is_said_as_such(sample):
    same = material_of(
        sample.assign(**{JUDGED: sample[JUDGED].mask(sample[JUDGED].notna(), sample.index % 2 > 0)})
    )
    assert "It cannot be said that success changed" in said(numbers_section(same))


def test_cards_hold_a_figure_its_n_and_what_it_was(section, material):
    cards = {card.name: card for card in section.cards}
    assert cards["Conversations"].value == f"{len(material.current):,}"
    success = material.current[JUDGED].dropna().astype(bool)
    assert cards["Success of those judged"].value == percent(success.mean())
    assert f"n = {len(success)}" in cards["Success of those judged"].beside
    assert (
        f"before {percent(material.previous[JUDGED].mean())}"
        in cards["Success of those judged"].beside
    )
    assert len(section.cards) == 4


@pytest.mark.parametrize("kind", ["voiceflow", "vapi"])
def test_the_last_card_is_about_what_there_is(sample, kind):
    name = numbers_section(material_of(sample[sample["platform"] == kind])).cards[-1].name
    assert name == {"voiceflow": "Chats handed to a person", "vapi": "Calls not answered"}[kind]


def test_without_an_earlier_period_nothing_is_compared(sample):
    section = numbers_section(material_of(sample, before="2025-01"))
    assert_sound(section)
    assert "no earlier period" in said(section)
    assert "hold no conversations from 2025-01" in said(section)
    table = table_of(section, "Success in")
    assert table["period"].tolist() == ["2026-05"]
    assert "difference" not in (tables(section)[0].columns or ())


@pytest.mark.parametrize("change", [nobody_judged, nobody_known], ids=lambda one: one.__name__)
def test_without_verdicts_or_people_there_is_a_section(sample, change):
    section = numbers_section(material_of(change(sample)))
    assert_sound(section)
    if change is nobody_judged:
        assert "Too few have been judged" in said(section)
        values = {card.name: card.value for card in section.cards}
        assert values["Success of those judged"] == "\N{EN DASH}"


def test_one_conversation_is_enough(sample):
    one = sample[sample["created_at"] >= "2026-05-10T00:00Z"].iloc[[0]]
    section = numbers_section(material_of(one))
    assert_sound(section)
    assert "Conversations in 2026-05: 1 (" in said(section)
    assert not [part for part in section.parts if isinstance(part, Figure)]


def test_a_platform_that_is_a_phone_number_is_masked(sample):
    named = sample.assign(platform=sample["platform"] + " +49 171 5550123")
    section = numbers_section(material_of(named))
    held = " ".join(str(table.frame.to_dict()) for table in tables(section))
    assert not re.search("5550123", held)


def test_the_order_of_rows_does_not_matter(sample, section):
    assert_same(section, numbers_section(material_of(sample.iloc[::-1])))
