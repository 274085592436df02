"""The fields that go with success, as the report tells them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.report.parts import Figure, Material, Section
from chatdash_analysis.report.sections import fields
from chatdash_analysis.report.sections.fields import fields_section
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


@pytest.fixture(scope="module")
def section(material: Material) -> Section:
    return fields_section(material)


def test_levels_are_those_of_plain_counting(section: Section, material: Material) -> None:
    levels = table_of(section, "Success at each level")
    judged = material.current[material.current[JUDGED].notna()]
    for name, words in (("custom_room_booked", "Room booked"), ("custom_confirmed", "Confirmed")):
        plain = judged.groupby(judged[name].map({True: "true", False: "false"}))[JUDGED]
        told = levels[levels["field"] == words].set_index("level")
        assert told["n"].to_dict() == plain.count().to_dict()
        assert told["rate"].to_dict() == pytest.approx(plain.mean().astype(float).to_dict())


def test_only_what_is_hardly_chance_is_told(section: Section, material: Material) -> None:
    table = cda.drivers(material.current, tz="Europe/Berlin")
    restates = table["flags"].str.contains("restate|after")
    found = table[table["q_value"].lt(0.05) & ~restates]
    assert section.sentences[0] == f"{len(found)} findings in 2026-05 are hardly chance."
    for place, (_, row) in enumerate(found.head(5).iterrows(), start=1):
        words = row["field"].removeprefix("custom_").partition("__")[0].replace("_", " ")
        assert words.casefold() in section.sentences[place].casefold()
        assert f"{100 * row['adjusted_difference']:+.1f} points" in section.sentences[place]
        assert f"(n = {row['adjusted_n']})" in section.sentences[place]
    assert section.sentences[6] == f"The table has {len(found) - 5} more."


def test_nothing_is_called_a_cause(section: Section) -> None:
    everything = " ".join(texts(section)).casefold()
    for word in ("cause", "because of", "leads to", "drives"):
        assert word not in everything
    assert "goes with success; that it brings success is not shown" in said(section)
    assert "known only after the outcome are left out" in said(section)


def test_fields_that_say_the_outcome_again_are_named_apart(section: Section) -> None:
    (note,) = [note for note in section.notes if note.startswith("May say the outcome")]
    assert "“Call successful”" in note
    assert "Call successful" not in " ".join(section.sentences)


def test_fields_of_people_are_in_no_table(section: Section, material: Material) -> None:
    profile = cda.profile_fields(material.current)
    personal = set(profile.loc[profile["pii"] != "", "column"])
    assert {"custom_caller_name", "custom_email"} <= personal
    words = {name.removeprefix("custom_").replace("_", " ").casefold() for name in personal}
    for table in ("Fields and success", "Success at each level"):
        assert not words & set(table_of(section, table)["field"].str.casefold())


def test_levels_of_a_field_are_all_there_or_none(section: Section, material: Material) -> None:
    levels = table_of(section, "Success at each level")
    plain = cda.driver_levels(material.current, tz="Europe/Berlin")
    sizes = plain.groupby(["strength", "kind"]).size()
    told = levels.groupby(["strength", "kind"]).size()
    assert told.to_dict() == sizes.loc[told.index].to_dict()
    assert 10 < len(levels) <= 50


def test_of_fewer_than_ten_judged_conversations_there_is_no_rate(sample: pd.DataFrame) -> None:
    rare = pd.Series("often", index=sample.index)
    late = sample["created_at"].between("2026-05-02", "2026-05-30") & sample[JUDGED].notna()
    rare[sample.index[late & sample[JUDGED].fillna(value=False)][::2]] = "good"
    rare[sample.index[late & sample["user_id"].notna()][:9]] = "rare"
    levels = table_of(
        fields_section(material_of(sample.assign(custom_wish=rare))), "Success at each level"
    )
    wish = levels[levels["field"] == "Wish"].set_index("level")
    assert wish.loc["rare", "n"] == 9
    shown = ["rate", "low", "high", "adjusted_difference", "q_value"]
    assert wish.loc["rare", shown].isna().all()
    assert wish.loc[["often", "good"], shown].notna().all(axis=None)


def test_words_for_analysts_reach_no_client(section: Section) -> None:
    told = " ".join([*section.sentences, *section.notes])
    for table in ("Fields and success", "Success at each level"):
        frame = table_of(section, table)
        told += " ".join([*frame["field"], *frame["level"].dropna()])
    assert "no value" in told
    for raw in ("[absent]", "[other]", "[hidden", "custom_", "__", "q <", "q ="):
        assert raw not in told
    kinds = set(table_of(section, "Fields and success")["kind"])
    assert kinds == {"its value", "its number", "whether there is one"}


def test_fields_of_like_names_are_told_apart(section: Section) -> None:
    fields_ = table_of(section, "Fields and success")["field"]
    assert {"Appointment booked", "Appointment booked (2)"} <= set(fields_)


def test_the_picture_says_its_main_numbers(section: Section) -> None:
    figure = section.parts[0]
    assert isinstance(figure, Figure)
    strength = figure.table.frame["strength"].iloc[0]
    assert f"Strongest: “Appointment booked” {strength:.2f}" in figure.alt


def test_the_order_of_rows_changes_nothing(sample: pd.DataFrame, section: Section) -> None:
    shuffled = sample.sample(frac=1, random_state=7)
    assert_same(fields_section(material_of(shuffled)), section)


def test_without_verdicts_nothing_can_be_told(sample: pd.DataFrame) -> None:
    section = fields_section(material_of(nobody_judged(sample)))
    assert_sound(section)
    assert section.sentences[0].startswith("Too little is known in 2026-05")


def test_chance_alone_is_no_finding(sample: pd.DataFrame) -> None:
    rng = np.random.default_rng(1)
    drawn = pd.Series(rng.random(len(sample)) < 0.5, index=sample.index, dtype="boolean")
    section = fields_section(material_of(sample.assign(**{JUDGED: drawn})))
    assert_sound(section)
    assert section.sentences[0] == "No field is found to go with success in 2026-05."


def test_without_fields_of_their_own_the_declared_ones_are_looked_at(sample) -> None:
    own = [name for name in sample.columns if name.startswith("custom_")]
    section = fields_section(material_of(sample.drop(columns=own)))
    assert_sound(section)
    assert "“Topic” goes with success" in said(section)


@pytest.mark.parametrize("min_users", [1, 100_000])
def test_levels_of_too_few_people_are_not_named(sample: pd.DataFrame, min_users: int) -> None:
    section = fields_section(material_of(sample, min_users=min_users))
    assert_sound(section)
    named = "Billing & insurance" in " ".join(texts(section))
    assert named == (min_users == 1)


def test_levels_of_people_who_are_not_known_are_not_named(sample: pd.DataFrame) -> None:
    section = fields_section(material_of(nobody_known(sample)))
    assert_sound(section)
    assert "Billing & insurance" not in " ".join(texts(section))


def test_an_empty_period_is_told(sample: pd.DataFrame) -> None:
    section = fields_section(material_of(sample, "2027-05"))
    assert (len(section.sentences), list(section.parts)) == (1, [])


def test_hostile_and_personal_values_reach_no_text(sample: pd.DataFrame, monkeypatch) -> None:
    drawn = drawn_texts(monkeypatch, fields)
    good = sample[JUDGED].fillna(value=False)
    planted = pd.Series("call +49 171 5550123", index=sample.index).mask(
        good, "mail bob@example.com <img src=x onerror=alert(1)> \u202e$x_1$"
    )
    even = pd.Series(np.arange(len(sample)) % 2 == 0, index=sample.index)
    values = planted.where(even, "something else entirely")
    frame = sample.assign(custom_wish=values, topic=values, custom_call_0171_5550123=good)
    section = fields_section(material_of(frame))
    assert_sound(section)
    everything = "\n".join([*texts(section), *drawn])
    for word in ("5550123", "bob@example.com", "\u202e"):
        assert word not in everything
    levels = table_of(section, "Success at each level")
    assert "call [phone]" in set(levels.loc[levels["field"] == "Topic", "level"])
