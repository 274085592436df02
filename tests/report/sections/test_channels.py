"""Channels, agents and countries, as the report tells them."""

from __future__ import annotations

import time

import pandas as pd
import pytest

from chatdash_analysis.errors import MissingColumnsError
from chatdash_analysis.report import rate_figures
from chatdash_analysis.report.parts import Figure, Material, Section, Table
from chatdash_analysis.report.sections.channels import channels_section
from tests.report.sections.materials import (
    JUDGED,
    assert_same,
    assert_sound,
    drawn_texts,
    material_of,
    nobody_judged,
    said,
    table_of,
    tables,
    texts,
)

NAMES = {"phone": "Phone", "web_call": "Web call"}


@pytest.fixture(scope="module")
def section(material: Material) -> Section:
    return channels_section(material)


def _possible(frame: pd.DataFrame) -> pd.Series:
    """Tell where somebody was there to be judged."""
    return frame["interacted"].fillna(value=True) & ~frame["no_answer"].fillna(value=False)


def test_volume_and_success_are_those_of_plain_counting(
    section: Section, material: Material
) -> None:
    current = material.current
    for channel, rows in current.groupby("channel"):
        judged = rows[JUDGED].dropna().astype("float64")
        unknown = (rows[JUDGED].isna() & _possible(rows)).sum()
        name = NAMES.get(str(channel), channel)
        (told,) = [words for words in section.sentences if words.startswith(f"{name}: ")]
        share = f"({100 * len(rows) / len(current):.1f} % of all)"
        assert f"{len(rows)} conversations {share}; of those judged" in told
        assert f"{100 * judged.mean():.1f} % (" in told
        assert f"n = {len(judged)}) succeeded; {unknown} are not judged." in told


def test_the_overview_adds_up_to_all_conversations(section: Section, material: Material) -> None:
    current = material.current
    unknown = current[JUDGED].isna()
    numbers = (current[JUDGED].notna(), unknown & _possible(current), unknown & ~_possible(current))
    judged, open_, nothing = (int(rows.sum()) for rows in numbers)
    assert judged + open_ + nothing == len(current)
    assert (
        f"{judged} are judged, {open_} are not, and in {nothing} there was nothing to judge"
        in section.sentences[0]
    )


def test_the_largest_channel_comes_first(section: Section, material: Material) -> None:
    order = (
        material.current["channel"]
        .value_counts()
        .rename({"phone": "Phone", "web_call": "Web call"})
    )
    assert table_of(section, "Success by channel")["channel"].tolist() == order.index.tolist()


def test_hand_off_and_unanswered_calls_are_those_of_plain_counting(
    section: Section, material: Material
) -> None:
    current = material.current
    chats = current[(current["channel"] == "Webchat") & current["interacted"].fillna(value=True)]
    taken = chats["status"].isin(["pending", "human"]).mean()
    assert f"A person was asked to take over {100 * taken:.1f} % (" in said(section)
    calls = current.loc[current["channel"] == "phone", "no_answer"]
    silent = calls.dropna().astype("float64")
    told = f"Nobody answered {100 * silent.mean():.1f} % ("
    assert told in said(section)
    assert f"n = {len(silent)}) of the calls; of {calls.isna().sum()} more" in said(section)


def test_a_mean_length_is_that_of_plain_counting(section: Section, material: Material) -> None:
    current = material.current
    lengths = current.loc[current["channel"] == "phone", "duration_minutes"].dropna()
    minutes, seconds = divmod(round(lengths.mean() * 60), 60)
    told = f"The mean length is {minutes} min {seconds} s ("
    assert told in said(section)
    assert f"of {len(lengths)} conversations with a length." in said(section)


def test_a_success_costs_what_was_spent_by_successes(section: Section, material: Material) -> None:
    current = material.current
    calls = current[(current["platform"] == "vapi") & (current["channel"] == "phone")]
    unknown = calls[JUDGED].isna() & _possible(calls)
    spent = calls.loc[~unknown, "cost"].sum()
    successes = calls.loc[calls["cost"].notna(), JUDGED].fillna(value=False).sum()
    (told,) = [words for words in section.sentences if words.startswith("On Vapi, a success")]
    assert f"costs {spent / successes:.2f} dollars (" in told
    assert f" by Phone, of {calls['cost'].notna().sum()} conversations with a cost" in told
    total = table_of(section, "Cost by platform").set_index(["platform", "channel"])["cost_total"]
    assert total["Vapi", "Phone"] == pytest.approx(calls["cost"].sum())


def test_costs_in_several_units_stay_apart(section: Section) -> None:
    frame = table_of(section, "Cost by platform")
    assert set(frame["cost_unit"]) == {"dollars", "cents", "credits"}
    assert "cost" not in ",".join(table_of(section, "Success by channel")["flags"])


def test_agents_on_platforms_of_their_own_are_not_ranked(section: Section) -> None:
    assert "6 agents took part. No agent can be compared with another" in said(section)
    assert any(note.startswith("Platforms judge success by rules") for note in section.notes)


def test_countries_are_named_by_size(section: Section, material: Material) -> None:
    codes = material.current["country_code"]
    first, second, third = codes.value_counts().head(3).items()
    told = "{} with {} conversations, {} with {} conversations and {} with {} conversations"
    assert told.format(*first, *second, *third) in said(section)
    assert f"{codes.isna().sum()} conversations without a country." in said(section)


def test_one_channel_one_agent_and_no_country_make_one_picture(sample: pd.DataFrame) -> None:
    alone = sample[sample["channel"] == "Webchat"].assign(country_code="DE")
    section = channels_section(material_of(alone))
    assert len([part for part in section.parts if isinstance(part, Figure)]) == 1
    assert "agents took part" not in said(section)
    assert "countries" not in said(section)
    assert not any(note.startswith("Platforms judge") for note in section.notes)
    assert_sound(section)


def test_an_empty_month_is_a_sentence(sample: pd.DataFrame) -> None:
    section = channels_section(material_of(sample[sample["created_at"] < "2026-04-20"]))
    assert section.sentences == ["The data hold no conversations from 2026-05."]
    assert not section.parts


def test_without_a_judgement_there_are_counts_and_no_picture(sample: pd.DataFrame) -> None:
    section = channels_section(material_of(nobody_judged(sample)))
    assert all(isinstance(part, Table) for part in section.parts)
    assert "succeeded" not in said(section)
    assert "costs" not in said(section)
    assert_sound(section)


def test_few_conversations_give_no_mean_and_no_cost(sample: pd.DataFrame) -> None:
    few = sample[sample["created_at"].between("2026-05-03", "2026-05-04")].iloc[:8]
    section = channels_section(material_of(few))
    assert "mean length" not in said(section)
    assert "a success costs" not in said(section)
    assert_sound(section)


def test_thousands_of_channels_and_agents_stay_readable_and_quick(
    sample: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = drawn_texts(monkeypatch, rate_figures)
    n = len(sample)
    # The first dozen and a half have many conversations, the others one each.
    number = [i % 20 if i % 6 else i for i in range(n)]
    letters = ["".join(chr(97 + (k // 26**p) % 26) for p in range(3)) for k in number]
    many = sample.assign(
        channel=[f"shop {text}" for text in letters],
        agent_id=[f"agent {text}" for text in letters],
        created_at=pd.Timestamp("2026-05-05", tz="UTC").as_unit("us"),
    )
    assert many["agent_id"].nunique() > 1_000
    begun = time.process_time()
    section = channels_section(material_of(many))
    assert time.process_time() - begun < 20
    # What few people share is one group.
    people = many.groupby("channel")["user_id"].nunique()
    assert people.ge(5).sum() == 20
    table = table_of(section, "Success by channel")
    assert set(table["channel"]) == {*people.index[people >= 5], "other (rare)"}
    assert table["conversations"].sum() == n
    assert len({text for text in drawn if text.startswith("shop ")}) == 11
    largest = "The picture shows the 12 largest of 21."
    assert largest in tables(section)[0].method
    assert max(len(part.picture) for part in section.parts if isinstance(part, Figure)) < 200_000
    assert len(section.sentences) < 30


def test_labels_that_few_people_share_are_nowhere_on_the_page(
    sample: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = drawn_texts(monkeypatch, rate_figures)
    rows = sample.index[sample["created_at"].between("2026-05-03", "2026-05-04")][:2]
    typed = {
        name: sample[name].mask(sample.index.isin(rows), "ZEBRA Jonathan")
        for name in ("channel", "platform", "country_code")
    }
    section = channels_section(material_of(sample.assign(**typed)))
    assert "ZEBRA" not in " ".join([*texts(section), *drawn])


def test_namibia_does_not_read_like_a_missing_country(
    sample: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = drawn_texts(monkeypatch, rate_figures)
    codes = sample["country_code"].replace("DE", "NA")
    section = channels_section(material_of(sample.assign(country_code=codes)))
    assert {"NA (Namibia)", "(not known)"} <= set(
        table_of(section, "Success by country").iloc[:, 0]
    )
    assert {"NA (Namibia)", "(not known)"} <= set(drawn)


HOSTILE = [
    "<script>alert(1)</script>", "$x^2$ \\frac{a}{b}", "+49 171 5550123", "mia@example.org",
    "\u202eabc", None, "a" * 5_000, "=cmd|' /C calc'!A0", "{{ 7 * 7 }}", "all", "nan", "日本語",
]  # fmt: skip


def test_what_somebody_typed_is_plain_text_without_personal_data(
    sample: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = drawn_texts(monkeypatch, rate_figures)
    typed = [HOSTILE[i % len(HOSTILE)] for i in range(len(sample))]
    labels = pd.Series(typed, index=sample.index, dtype="str")
    hostile = sample.assign(channel=labels, platform=labels[::-1].to_numpy(), country_code=labels)
    section = channels_section(material_of(hostile))
    everything = " ".join([*texts(section), *drawn])
    assert "5550123" not in everything
    assert "mia@" not in everything
    assert "<script" not in everything
    assert "\u202e" not in " ".join([*section.sentences, *drawn])
    assert all(len(words) < 600 for words in section.sentences)
    assert drawn


def test_pictures_hold_no_text_and_their_words_tell_the_numbers(
    section: Section, material: Material
) -> None:
    figures = [part for part in section.parts if isinstance(part, Figure)]
    assert len(figures) == 3
    assert not any(b"<text" in figure.picture for figure in figures)
    phone = material.current.loc[material.current["channel"] == "phone", JUDGED].dropna()
    assert (
        f"Phone: of those judged, {100 * phone.astype('float64').mean():.1f} % (" in figures[0].alt
    )


def test_the_order_of_rows_makes_no_difference(section: Section, material: Material) -> None:
    assert_sound(section)
    assert_same(section, channels_section(material_of(material.conversations.iloc[::-1])))


def test_a_table_without_platforms_is_refused(material: Material) -> None:
    with pytest.raises(MissingColumnsError, match="platform"):
        channels_section(material_of(material.conversations.drop(columns="platform")))
