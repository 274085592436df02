"""Stages and reasons, as the report tells them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.report.parts import Figure, Material, Section
from chatdash_analysis.report.sections import outcomes
from chatdash_analysis.report.sections.outcomes import outcomes_section
from tests.report.sections.materials import (
    JUDGED,
    assert_same,
    assert_sound,
    drawn_texts,
    material_of,
    nobody_judged,
    nobody_known,
    said,
    table_of,
    texts,
)

PLATFORMS = {"elevenlabs": "ElevenLabs", "retell": "Retell", "vapi": "Vapi"}


@pytest.fixture(scope="module")
def section(material: Material) -> Section:
    return outcomes_section(material)


def test_the_share_that_succeeded_is_the_product_of_what_plain_counting_gives(
    section: Section, material: Material
) -> None:
    chats = material.current[material.current["platform"] == "botpress"]
    # Botpress tells no reasons, so that whoever did anything was reached and met no fault.
    reached = chats["interacted"].fillna(value=False) & ~chats["no_answer"].fillna(value=False)
    judged = chats.loc[reached, JUDGED].dropna().astype("float64")
    product = reached.mean() * judged.mean()
    (told,) = [words for words in section.sentences if words.startswith("On Botpress in 2026-05")]
    assert f"is {100 * product:.1f} % (" in told
    assert f"n = {len(judged) + (~reached).sum()})" in told
    assert f"Of {reached.sum() - len(judged)} it is not known." in told


def test_the_weakest_step_is_the_one_with_the_lowest_share(section: Section) -> None:
    stages = table_of(section, "Stages").query("platform == 'Voiceflow' and stage != 'overall'")
    assert stages.set_index("stage")["rate"].idxmin() == "reached"
    (told,) = [words for words in section.sentences if words.startswith("On Voiceflow in")]
    assert "The weakest step is reaching somebody: 74.6 % (66.0 to 81.6, n = 126)" in told


def test_counts_divide_to_the_rate_beside_them_or_are_not_shown(section: Section) -> None:
    for caption in ("Stages", "Who ended calls", "Why calls ended"):
        rows = table_of(section, caption).dropna(subset=["rate", "successes"])
        assert len(rows) > 10
        assert (rows["successes"] / rows["n"]).tolist() == pytest.approx(rows["rate"].tolist())
    stages = table_of(section, "Stages")
    assert stages["successes"].isna().tolist() == stages["stage"].eq("overall").tolist()


def test_the_change_of_each_stage_is_a_multiple_of_its_rate(section: Section) -> None:
    table = table_of(section, "Change of each stage")
    known = table.dropna(subset=["ratio"]).query("stage != 'overall'")
    plain = known["rate_after"] / known["rate_before"]
    # Estimates of small groups are drawn a little towards the middle.
    assert known["ratio"].tolist() == pytest.approx(plain.tolist(), rel=0.02)
    for _, rows in table.groupby("platform"):
        product = rows.loc[rows["stage"] != "overall", "ratio"].prod()
        assert rows["ratio"].iloc[-1] == pytest.approx(product)
    silent = table["flags"].str.contains("not_recorded")
    assert silent.any()
    assert table.loc[silent, "ratio"].isna().all()


def test_platforms_that_somebody_made_up_are_not_named(sample: pd.DataFrame) -> None:
    few = sample["platform"].mask(sample.index.isin(sample.index[-1_200::400]), "only one has this")
    section = outcomes_section(material_of(sample.assign(platform=few)))
    assert "only one has this" not in " ".join(texts(section))


def test_sides_are_counted_as_the_reasons_are(section: Section, material: Material) -> None:
    sides = table_of(section, "Who ended calls")
    known = cda.ended_reason_families().drop_duplicates(["platform", "reason"])
    calls = material.current[material.current["ended_reason"].notna()]
    joined = calls.merge(
        known, left_on=["platform", "ended_reason"], right_on=["platform", "reason"], how="left"
    )
    # Spelling differs from the map for some words; of those that agree none may be missing.
    own = {"human": "staff (such as transfers)", "customer": "customer (or nobody answered)"}
    joined = joined.assign(fault_side=joined["fault_side"].replace(own))
    plain = joined.assign(platform=joined["platform"].map(PLATFORMS))
    plain = plain.groupby(["platform", "fault_side"]).size()
    counted = sides.set_index(["platform", "fault_side"])["successes"]
    assert (counted.reindex(plain.index) >= plain).all()
    assert counted.groupby("platform").sum().to_dict() == (
        calls["platform"].map(PLATFORMS).value_counts().to_dict()
    )
    told = (
        "calls on Retell ended lay with the customer (or nobody answered) in 67.2 % (61.6 to 72.4,"
        " n = 293)"
    )
    assert told in said(section)


def test_own_words_stand_only_where_enough_people_had_them(
    section: Section, material: Material
) -> None:
    people = material.current.groupby("ended_reason")["user_id"].nunique()
    shown = ", ".join(table_of(section, "Why calls ended")["reasons"])
    for reason, number in people.items():
        assert (str(reason).replace("_", " ") in shown) <= (number >= 5), reason
    assert people[people < 5].size > 3
    assert "user hangup" in shown
    # Nothing tells who had the words of a side: they are in no table at all.
    assert "reasons" not in table_of(section, "Who ended calls").columns


def test_a_change_beyond_chance_is_told_with_both_rates(sample: pd.DataFrame) -> None:
    late = sample["created_at"] >= pd.Timestamp("2026-05-01", tz="Europe/Berlin")
    worse = late & sample["platform"].eq("vapi") & sample[JUDGED].notna()
    change = material_of(sample.assign(**{JUDGED: sample[JUDGED].mask(worse, other=False)}))
    told = said(outcomes_section(change))
    assert "too little is known to compare on Vapi" in told
    better = sample.assign(**{JUDGED: sample[JUDGED].mask(worse, other=True)})
    section = outcomes_section(material_of(better))
    (words,) = [words for words in section.sentences if "went from" in words]
    row = table_of(section, "Change").query("platform == 'Vapi' and stage == 'overall'").iloc[0]
    assert words.startswith("On Vapi the share that succeeded went from")
    assert f"{100 * row['rate_before']:.1f} %" in words
    assert f"{100 * row['rate_after']:.1f} %" in words
    assert "Most of it lies in going well once somebody was reached." in words
    assert row["ratio_low"] > 1


def test_the_order_of_rows_changes_nothing(sample: pd.DataFrame, section: Section) -> None:
    shuffled = sample.sample(frac=1, random_state=7)
    assert_same(outcomes_section(material_of(shuffled)), section)


def test_pictures_say_their_main_numbers_in_words(section: Section) -> None:
    figures = [part for part in section.parts if isinstance(part, Figure)]
    assert len(figures) == 2
    assert "Retell 44.2 % (38.2 to 50.4, n = 271)" in figures[0].alt
    assert "the assistant in 38.2 %" in figures[1].alt


@pytest.mark.parametrize("change", [nobody_judged, nobody_known])
def test_what_is_not_known_is_said(sample: pd.DataFrame, change) -> None:
    section = outcomes_section(material_of(change(sample)))
    assert_sound(section)
    if change is nobody_judged:
        assert "the share that succeeded cannot be told (n = " in said(section)
    else:
        assert set(table_of(section, "Why calls ended")["reasons"]) == {""}


@pytest.mark.parametrize("min_users", [1, 100_000])
def test_the_least_number_of_people_rules_the_own_words(sample, min_users: int) -> None:
    section = outcomes_section(material_of(sample, min_users=min_users))
    assert_sound(section)
    reasons = table_of(section, "Why calls ended")["reasons"]
    assert reasons.eq("").all() == (min_users > 1)


def test_empty_periods_are_told_in_a_sentence(sample: pd.DataFrame) -> None:
    empty = outcomes_section(material_of(sample, "2027-05"))
    assert (list(empty.parts), len(empty.sentences)) == ([], 1)
    first = outcomes_section(material_of(sample, "2026-01", before="2025-12"))
    assert_sound(first)
    assert "There are no conversations in 2025-12 to compare with." in first.sentences


def test_a_period_before_that_was_never_loaded_is_told(sample: pd.DataFrame) -> None:
    cut = sample[sample["created_at"] >= "2026-04-15"]
    cut.attrs["chatdash"] = dict(
        sample.attrs["chatdash"], start="2026-04-15T00:00:00Z", end="2026-07-01T00:00:00Z"
    )
    section = outcomes_section(material_of(cut))
    assert_sound(section)
    assert "2026-04 was not loaded in full, so there is nothing to compare with." in said(section)


def test_chats_have_no_reasons(sample: pd.DataFrame) -> None:
    section = outcomes_section(material_of(sample[sample["platform"] == "botpress"]))
    assert_sound(section)
    assert "No conversation has a reason why it ended; chats have none." in section.sentences


def test_hostile_and_personal_labels_reach_no_text(sample, monkeypatch) -> None:
    drawn = drawn_texts(monkeypatch, outcomes)
    late = sample["created_at"] >= pd.Timestamp("2026-04-20", tz="UTC")
    calls = sample["ended_reason"].notna() & late
    numbers = pd.Series(np.arange(len(sample)) % 4, index=sample.index)
    reason = numbers.map({
        0: "failed for +49 171 5550123",
        1: "mail bob@example.com <script>alert(1)</script>",
        2: "plain $x_1$ \u202ereason",
        3: "failed for +49 171 5550124",
    })  # fmt: skip
    platform = sample["platform"].mask(sample["platform"].eq("vapi"), "ring 0171 5550123\x00")
    frame = sample.assign(
        ended_reason=sample["ended_reason"].mask(calls, reason), platform=platform
    )
    section = outcomes_section(material_of(frame))
    assert_sound(section)
    everything = "\n".join([*texts(section), *drawn])
    for planted in ("5550123", "bob@example.com", "\u202e", "\x00"):
        assert planted not in everything
    reasons = table_of(section, "Why calls ended")["reasons"]
    assert reasons.str.count(re.escape("failed for [phone]")).max() == 1
    assert re.search(r"ring \[phone\]", everything)
