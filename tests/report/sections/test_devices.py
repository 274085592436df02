"""Devices, as the report tells them."""

from __future__ import annotations

import pandas as pd
import pytest

from chatdash_analysis.errors import MissingColumnsError
from chatdash_analysis.report import rate_figures
from chatdash_analysis.report.parts import Figure, Material, Section, Table
from chatdash_analysis.report.sections.devices import devices_section
from tests.report.sections.materials import (
    JUDGED,
    assert_same,
    assert_sound,
    drawn_texts,
    material_of,
    nobody_judged,
    said,
    table_of,
    texts,
)


@pytest.fixture(scope="module")
def section(material: Material) -> Section:
    return devices_section(material)


def test_it_says_of_which_share_the_device_is_known(section: Section, material: Material) -> None:
    known = material.current["device"].notna()
    share = f"{known.sum()} of {len(known):,} conversations ({100 * known.mean():.1f} %)"
    assert f"The device is known for {share}. By channel: Webchat" in section.sentences[0]
    silent = known.groupby(material.current["channel"]).any()
    assert f"In {(~silent).sum()} channels it is never known" in section.sentences[0]


def test_rates_are_those_of_plain_counting(section: Section, material: Material) -> None:
    current = material.current
    for device in ("Desktop", "Mobile"):
        judged = current.loc[current["device"] == device, JUDGED].dropna().astype("float64")
        (told,) = [words for words in section.sentences if words.startswith(f"{device}: ")]
        assert f"of those judged, {100 * judged.mean():.1f} % (" in told
        assert f"n = {len(judged)}) succeeded" in told


def test_too_few_are_no_rate(section: Section, material: Material) -> None:
    judged = material.current.loc[material.current["device"] == "Tablet", JUDGED].notna().sum()
    assert 0 < judged < 10
    assert f"Tablet: only {judged} have been judged, too few for a rate" in said(section)


def test_no_difference_is_claimed_where_none_is_clear(section: Section) -> None:
    assert (
        "Between devices, operating systems and browsers no difference of success is clear of"
        " chance."
    ) in section.sentences
    assert "differs from" not in said(section)


def _cells(*cells: tuple[str, str, int, int]) -> Material:
    """Return a month of chats: agent, device, how many succeeded and how many failed."""
    rows = [
        (agent, device, good)
        for agent, device, successes, failures in cells
        for good in [True] * successes + [False] * failures
    ]
    frame = pd.DataFrame(rows, columns=["agent_id", "device", JUDGED])
    n = len(frame)
    return material_of(
        frame.assign(
            **{JUDGED: frame[JUDGED].astype("boolean")},
            conversation_id=[f"{i:05}" for i in range(n)],
            user_id=[f"person {i}" for i in range(n)],
            created_at=pd.date_range("2026-05-02", periods=n, freq="min", tz="UTC").as_unit("us"),
            channel=pd.Series(["Webchat"] * n, dtype="str"),
            os=pd.Series([None] * n, dtype="str"),
            browser=pd.Series([None] * n, dtype="str"),
        )
    )


def test_a_clear_difference_is_told_once_for_two_devices() -> None:
    section = devices_section(_cells(("a", "Desktop", 80, 20), ("a", "Mobile", 40, 60)))
    told = [words for words in section.sentences if "differs from" in words]
    assert len(told) == 1
    assert told[0].startswith("Desktop differs from all other devices by +40.0 points (+")
    assert "inside the same agents" not in said(section)


def test_a_difference_that_agents_make_is_told_as_theirs() -> None:
    # Within each agent mobiles do better; desktops write to the easy one.
    section = devices_section(
        _cells(
            ("easy", "Desktop", 320, 80), ("easy", "Mobile", 36, 4),
            ("hard", "Desktop", 8, 32), ("hard", "Mobile", 140, 260),
        )
    )  # fmt: skip
    (told,) = [words for words in section.sentences if "differs from" in words]
    observed = 100 * (328 / 440 - 176 / 440)
    assert f"by {observed:+.1f} points" in told
    assert "inside the same agents by -" in told
    assert told.endswith("the other way round: the agents make the difference, not the devices.")
    table = table_of(section, "Success by device")
    assert table["flags"].str.contains("simpson").all()


def test_without_any_device_a_sentence_says_so(sample: pd.DataFrame) -> None:
    nothing = pd.Series([None] * len(sample), index=sample.index, dtype="str")
    section = devices_section(
        material_of(sample.assign(device=nothing, os=nothing, browser=nothing))
    )
    assert section.sentences[0].startswith("No conversation from 2026-05 says which device")
    (part,) = section.parts
    assert isinstance(part, Table)
    assert (part.frame["with_value"] == 0).all()


def test_an_empty_month_is_a_sentence(sample: pd.DataFrame) -> None:
    section = devices_section(material_of(sample[sample["created_at"] < "2026-04-20"]))
    assert section.sentences == ["The data hold no conversations from 2026-05."]


def test_without_a_judgement_devices_are_counted_and_not_compared(sample: pd.DataFrame) -> None:
    section = devices_section(material_of(nobody_judged(sample)))
    assert "Too few are judged to compare devices with each other." in section.sentences
    assert all(isinstance(part, Table) for part in section.parts)
    assert_sound(section)


def test_what_somebody_typed_is_a_family_or_masked(
    sample: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = drawn_texts(monkeypatch, rate_figures)
    typed = ["mia@example.org", "<b onload=alert(1)>", "Mozilla/5.0 (X11; Linux) " * 9, "$x^2$"]
    labels = [typed[number % len(typed)] for number in range(len(sample))]
    section = devices_section(material_of(sample.assign(device=labels, browser=labels)))
    everything = " ".join([*texts(section), *drawn])
    assert "mia@" not in everything
    assert "onload=" not in everything
    assert drawn
    assert_sound(section)


def test_a_device_that_few_people_have_is_not_named(
    sample: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = drawn_texts(monkeypatch, rate_figures)
    held = (sample["created_at"] >= "2026-05-03") & sample["device"].notna()
    rows = sample.index.isin(sample.index[held][:2])
    typed = {
        name: sample[name].mask(rows, "Zebra Jonathan")
        for name in ("device", "os", "browser", "channel")
    }
    section = devices_section(material_of(sample.assign(**typed)))
    assert "zebra" not in " ".join([*texts(section), *drawn]).casefold()
    assert "other" in set(table_of(section, "Success by device")["device"])
    assert "Tablet" in set(table_of(section, "Success by device")["device"])


def test_of_many_devices_the_largest_are_drawn(
    sample: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = drawn_texts(monkeypatch, rate_figures)
    names = [f"Brand {chr(97 + i % 26)}{'x' * (i % 26)}" for i in range(len(sample))]
    section = devices_section(material_of(sample.assign(device=names)))
    assert len(table_of(section, "Success by device")) == 26
    assert len({text for text in drawn if text.startswith("Brand ")}) == 12
    first = section.parts[0]
    assert isinstance(first, Figure)
    assert "The picture shows the 12 largest of 26." in first.table.method


def test_pictures_hold_no_text_and_their_words_tell_the_numbers(
    section: Section, material: Material
) -> None:
    figures = [part for part in section.parts if isinstance(part, Figure)]
    assert len(figures) == 3
    assert not any(b"<text" in figure.picture for figure in figures)
    current = material.current
    windows = current.loc[current["os"] == "Windows", JUDGED].dropna().astype("float64")
    assert f"Windows: of those judged, {100 * windows.mean():.1f} % (" in figures[1].alt


def test_the_order_of_rows_makes_no_difference(section: Section, material: Material) -> None:
    assert_sound(section)
    assert_same(section, devices_section(material_of(material.conversations.iloc[::-1])))


def test_a_table_without_devices_is_refused(material: Material) -> None:
    with pytest.raises(MissingColumnsError, match="device"):
        devices_section(material_of(material.conversations.drop(columns="device")))
