"""Why success changed, as the report tells it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.errors import MissingColumnsError
from chatdash_analysis.report.parts import Figure, Material, Section, Table
from chatdash_analysis.report.sections import change
from chatdash_analysis.report.sections.change import change_section
from tests.report.sections.materials import (
    JUDGED,
    TZ,
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
    return change_section(material)


def _shares_and_rates(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    judged = frame[frame[JUDGED].notna()].astype({JUDGED: "float64"})
    cells = judged.groupby(by)[JUDGED].agg(["size", "mean"])
    return cells.assign(share=cells["size"] / len(judged))


def _split(material: Material, by: str) -> tuple[float, float]:
    was, now = (_shares_and_rates(f, by) for f in (material.previous, material.current))
    mix = (now["share"] - was["share"]) * (now["mean"] + was["mean"]) / 2
    within = (now["mean"] - was["mean"]) * (now["share"] + was["share"]) / 2
    return float(mix.sum()), float(within.sum())


def test_the_rates_of_both_months_are_those_of_plain_counting(
    section: Section, material: Material
) -> None:
    was, now = (f[JUDGED].dropna().astype("float64") for f in (material.previous, material.current))
    first, then = (f"{100 * f.mean():.1f} % (n = {len(f)})" for f in (was, now))
    points = f"{100 * (now.mean() - was.mean()):+.1f} points"
    told = f"Success was {first} in 2026-04 and is {then} in 2026-05: {points}."
    assert section.sentences[1] == told


def test_those_not_judged_are_named(section: Section, material: Material) -> None:
    for frame, period in ((material.previous, "before"), (material.current, "after")):
        someone = frame["interacted"].fillna(value=True) & ~frame["no_answer"].fillna(value=False)
        unknown = (frame[JUDGED].isna() & someone).sum()
        noun = "conversations before" if period == "before" else "after are not judged"
        assert f"{unknown} {noun}" in section.sentences[0]


@pytest.mark.parametrize(("by", "noun"), [("channel", "channel"), ("agent_id", "agent")])
def test_mix_and_within_are_the_two_sums_over_the_groups(
    section: Section, material: Material, by: str, noun: str
) -> None:
    mix, within = _split(material, by)
    (told,) = [words for words in section.sentences if words.startswith(f"By {noun}:")]
    assert f"(mix) accounts for {100 * mix:+.1f} points (" in told
    assert f"(within) accounts for {100 * within:+.1f} points (" in told


def test_the_largest_clear_part_is_named_with_its_numbers(
    section: Section, material: Material
) -> None:
    was, now = (_shares_and_rates(f, "channel") for f in (material.previous, material.current))
    assert (
        f"Most of the mix is Webchat: its share went from {100 * was['share']['Webchat']:.1f} % to"
        f" {100 * now['share']['Webchat']:.1f} %."
    ) in said(section)


def test_a_change_within_chance_is_not_told_as_one(section: Section) -> None:
    total = table_of(section, "Change of success by channel").iloc[-1]
    assert total["total_low"] < 0 < total["total_high"]
    assert "The difference may be chance" in said(section)
    assert "fell from" not in said(section)
    assert "moved most" not in said(section)
    assert "Chance alone seldom makes so much" not in said(section)
    assert section.notes[0].startswith("The intervals in this section are drawn by resampling")


def _month(start: str, good: int, bad: int, channel: str = "Webchat") -> pd.DataFrame:
    n = good + bad
    times = pd.date_range(start, periods=n, freq="h", tz="UTC").as_unit("us")
    return pd.DataFrame(
        {
            "conversation_id": [f"{channel} {start} {i}" for i in range(n)],
            "created_at": times,
            "channel": pd.Series([channel] * n, dtype="str"),
            "platform": pd.Series(["voiceflow"] * n, dtype="str"),
            "user_id": [f"{channel} {start} {i}" for i in range(n)],
            JUDGED: pd.array([True] * good + [False] * bad, dtype="boolean"),
        }
    )


def _two_months(*parts: pd.DataFrame) -> Material:
    return material_of(pd.concat(parts, ignore_index=True))


def test_a_change_beyond_chance_is_told_as_one() -> None:
    section = change_section(
        _two_months(_month("2026-04-02", 80, 20), _month("2026-05-02", 40, 60))
    )
    told = "was 80.0 % (n = 100) in 2026-04 and is 40.0 % (n = 100) in 2026-05: -40.0 points."
    assert told in said(section)
    assert "Chance alone seldom makes so much" in said(section)


def test_of_a_clear_change_the_group_that_moved_most_is_named_with_how_many_were_looked_at() -> (
    None
):
    section = change_section(
        _two_months(
            _month("2026-04-02", 80, 20), _month("2026-05-02", 40, 60),
            _month("2026-04-02", 50, 50, "phone"), _month("2026-05-02", 45, 55, "phone"),
        )
    )  # fmt: skip
    (told,) = [words for words in section.sentences if "moved most" in words]
    assert "Within them, Webchat moved most: from 80.0 % (" in told
    assert told.endswith("(of 2 channels looked at, not corrected for looking at several).")


@pytest.mark.parametrize("seed", range(3))
def test_its_verdict_is_that_of_the_numbers(seed: int) -> None:
    frame = cda.identify_users(cda.load_sample(1_500, seed=seed))
    section = change_section(material_of(frame))
    judged = frame.assign(month=_months(frame)).query("month in ('2026-04', '2026-05')")
    row = cda.rates_by(judged, "month").iloc[-1]
    may_be = row["difference_low"] <= 0 <= row["difference_high"]
    assert ("The difference may be chance" in said(section)) == may_be


def test_a_channel_that_few_people_share_is_not_named(sample: pd.DataFrame) -> None:
    own = sample["channel"].mask(sample.index.isin(_two_of(sample)), "ZEBRA Jonathan")
    assert "ZEBRA" not in " ".join(texts(change_section(material_of(sample.assign(channel=own)))))


def _two_of(sample: pd.DataFrame) -> pd.Index:
    return sample.index[_months(sample) == "2026-05"][:2]


def test_a_single_channel_is_all_within() -> None:
    section = change_section(
        _two_months(_month("2026-04-02", 80, 20), _month("2026-05-02", 40, 60))
    )
    assert "There is one channel only, so that the whole change lies within it." in said(section)
    assert "By agent" not in said(section)
    assert len(section.parts) == 1


def test_channels_that_come_and_go_are_mix() -> None:
    section = change_section(
        _two_months(_month("2026-04-02", 40, 10, "phone"), _month("2026-05-02", 20, 30, "Webchat"))
    )
    frame = table_of(section, "Change of success by channel")
    assert frame["flags"].str.contains("new|vanished").sum() == 2
    assert frame["mix"].iloc[-1] == pytest.approx(-0.4)
    assert_sound(section)


@pytest.mark.parametrize(
    ("kept", "empty"),
    [(["2026-05"], "2026-04"), (["2026-03", "2026-04"], "2026-05"), ([], "2026-05")],
    ids=["nothing before", "nothing now", "nothing"],
)
def test_without_conversations_on_one_side_a_sentence_says_so(
    sample: pd.DataFrame, kept: list[str], empty: str
) -> None:
    section = change_section(material_of(sample[_months(sample).isin(kept)]))
    assert section.sentences == [
        f"The data hold no conversations from {empty}. So no change can be told."
    ]
    assert not section.parts


def _months(frame: pd.DataFrame) -> pd.Series:
    return frame["created_at"].dt.tz_convert(TZ).dt.strftime("%Y-%m")


@pytest.mark.parametrize("when", ["2026-04", "2026-05", ""], ids=["before", "now", "never"])
def test_without_a_judgement_on_one_side_nothing_is_compared(
    sample: pd.DataFrame, when: str
) -> None:
    unknown = _months(sample).str.startswith(when)
    section = change_section(material_of(sample.assign(**{JUDGED: sample[JUDGED].mask(unknown)})))
    assert "Success cannot be compared" in said(section)
    assert all(isinstance(part, Table) for part in section.parts)
    assert "accounts for" not in said(section)
    assert_sound(section)


def test_a_month_that_was_not_loaded_in_full_is_not_compared(sample: pd.DataFrame) -> None:
    frame = sample[sample["created_at"] >= "2026-04-12"].copy()
    loaded = {"start": "2026-04-12T00:00:00+00:00", "end": "2026-07-01T00:00:00+00:00"}
    frame.attrs["chatdash"] = {**sample.attrs["chatdash"], **loaded}
    section = change_section(material_of(frame))
    (told,) = section.sentences
    assert told.startswith("Not all that is needed to compare 2026-05 with 2026-04 was loaded")


def test_few_people_give_no_interval_and_no_claim() -> None:
    section = change_section(_two_months(_month("2026-04-02", 2, 1), _month("2026-05-02", 1, 2)))
    assert "Too few are judged to tell it from chance." in said(section)
    assert_sound(section)


def test_many_groups_are_joined_before_they_are_compared(sample: pd.DataFrame) -> None:
    labels = [f"shop {chr(97 + i % 26)}" for i in range(len(sample))]
    section = change_section(material_of(sample.assign(channel=labels, agent_id=labels)))
    for by in ("channel", "agent"):
        frame = table_of(section, f"Change of success by {by}")
        assert len(frame) == 9
        assert frame[by].str.contains("smaller ones").sum() == 1
        shown = frame[["n_before", "n_after"]]
        assert (shown.iloc[:-1].sum() == shown.iloc[-1]).all()
    (by_channel, _) = section.parts
    assert isinstance(by_channel, Figure)
    assert "are joined to one." in by_channel.table.method


def test_agents_go_by_their_names(sample: pd.DataFrame) -> None:
    names = sample["agent_id"].map({"68f5fd6e4c0f9a0011a70014": "Front desk"})
    section = change_section(material_of(sample.assign(agent_name=names.astype("str"))))
    assert "Most of the mix is Front desk" in said(section)


def test_labels_hold_no_personal_data(
    sample: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = drawn_texts(monkeypatch, change)
    typed = np.where(sample["channel"] == "phone", "+49 171 5550123", "mia@example.org")
    section = change_section(material_of(sample.assign(channel=typed)))
    everything = " ".join([*texts(section), *drawn])
    assert "5550123" not in everything
    assert "mia@" not in everything
    assert any("[phone]" in text for text in drawn)


def test_pictures_hold_no_text_and_their_words_tell_the_numbers(
    section: Section, material: Material
) -> None:
    now = material.current[JUDGED].dropna().astype("float64").mean()
    mix, within = _split(material, "channel")
    for part in section.parts:
        assert isinstance(part, Figure)
        assert b"<text" not in part.picture
        assert f"to {100 * now:.1f} % in 2026-05" in part.alt
    first = section.parts[0]
    assert isinstance(first, Figure)
    assert f"mix of channel {100 * mix:+.1f} points, within {100 * within:+.1f} points" in first.alt


def test_the_order_of_rows_makes_no_difference(section: Section, material: Material) -> None:
    turned = material_of(material.conversations.iloc[::-1])
    assert_same(section, change_section(turned))


def test_a_table_without_channels_cannot_be_split(material: Material) -> None:
    with pytest.raises(MissingColumnsError, match="channel"):
        change_section(material_of(material.conversations.drop(columns="channel")))


def test_cautions_follow_the_flags(sample: pd.DataFrame) -> None:
    later = sample["created_at"] >= "2026-05-01"
    half = later & (np.arange(len(sample)) % 2 == 0)
    section = change_section(material_of(sample.assign(**{JUDGED: sample[JUDGED].mask(half)})))
    assert any(note.startswith("Success was judged more or less often") for note in section.notes)
    assert any(note.startswith("Platforms judge") for note in section.notes)
    alone = change_section(material_of(nobody_judged(sample)))
    assert not any(note.startswith("Success was judged") for note in alone.notes)
    assert_sound(section)
