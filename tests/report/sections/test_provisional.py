"""Which weeks may still change, as the report tells it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.report.parts import Figure, Material, Section
from chatdash_analysis.report.sections.provisional import provisional_section
from chatdash_analysis.sandbox.sample import Sample
from chatdash_analysis.sandbox.server import StandIn
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

if TYPE_CHECKING:
    from pathlib import Path


NEVER = pd.Series(pd.NaT, index=range(10_000), dtype="datetime64[us, UTC]")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """Return May as a cache saw it twice: a week's verdicts came only between the two loads."""
    made = Sample(size=1_500)
    rows, agents = list(made.conversations()), list(made.agents())
    folder: Path = tmp_path_factory.mktemp("cache")
    late = {row["_id"]: row for row in rows if row["createdAt"] >= "2026-05-25"}
    early = [{k: v for k, v in row.items() if k != "evaluation"} if row["_id"] in late else row
             for row in rows]  # fmt: skip
    with StandIn(early, agents, list(made.clients())) as service:
        client = cda.Client(service.api_key, base_url=service.url)
        span = {"start": "2026-01-01", "end": "2026-06-01", "client": client, "cache_dir": folder}
        ids = cda.load_agents(client=client)["agent_id"].tolist()
        cda.load_conversations(ids, **span)
        for row in late.values():
            service.upsert(row)
        frame = cda.load_conversations(ids, refresh="all", **span)
        sightings = cda.load_sightings(cache_dir=folder, base_url=client.base_url)
    assert sightings["last_unjudged_at"].notna().sum() >= 50
    return material_of(frame, sightings=sightings)


def test_weeks_of_a_real_cache_are_marked_as_the_analysis_does(loaded: Material) -> None:
    section = provisional_section(loaded)
    assert_sound(section)
    weeks = table_of(section, "Weeks of 2026-05")
    curve = cda.settling_curve(loaded.sightings, by=None)
    plain = cda.provisional_periods(loaded.current, curve, tz="Europe/Berlin")
    pd.testing.assert_frame_equal(weeks.drop(columns="period"), plain.drop(columns="period"))
    shown = next(part for part in section.parts if "may still change" in part.caption)
    assert not {"n", "unknown"} & {*shown.columns}
    marked = weeks[weeks["provisional"]]
    for week in marked["period"]:
        assert week in " ".join(section.sentences)
    assert any("will hardly change" in words for words in section.sentences) == marked.empty
    assert isinstance(section.parts[1], Figure)


def seen_every_day(material: Material, delay_days: float) -> pd.DataFrame:
    """Return sightings of verdicts that come so long after the end, looked for every day."""
    rows = material.conversations
    now = material.now.end
    due = rows["ended_at"].fillna(rows["created_at"]) + pd.Timedelta(days=delay_days)
    came = rows[JUDGED].notna() & (due < now)
    first = due.dt.ceil("D").where(came)
    return pd.DataFrame({
        "conversation_id": rows["conversation_id"],
        "agent_id": rows["agent_id"],
        "created_at": rows["created_at"],
        "ended_at": rows["ended_at"],
        "updated_at": rows["updated_at"],
        "last_unjudged_at": (first - pd.Timedelta(days=1)).where(came, now),
        "first_judged_at": first,
        "last_seen_at": pd.Series(now.tz_convert("UTC"), index=rows.index),
    }).astype(dict.fromkeys(
        ["last_unjudged_at", "first_judged_at", "last_seen_at"], "datetime64[us, UTC]"
    ))  # fmt: skip


@pytest.fixture(scope="module")
def slow(sample: pd.DataFrame) -> Material:
    """Return May, loaded as it ended, of verdicts that come nine days late."""
    late = sample["created_at"] >= pd.Timestamp("2026-05-22", tz="UTC")
    end = pd.Timestamp("2026-06-01", tz="Europe/Berlin")
    updated = sample["updated_at"].clip(upper=end.tz_convert("UTC"))
    frame = sample.assign(**{JUDGED: sample[JUDGED].mask(late), "updated_at": updated})
    frame = frame[frame["created_at"] < end]
    frame.attrs["chatdash"] = dict(sample.attrs["chatdash"], fetched_at="2026-05-31T23:00:00Z")
    material = material_of(frame)
    return replace(material, sightings=seen_every_day(material, 9))


@pytest.fixture(scope="module")
def section(slow: Material) -> Section:
    return provisional_section(slow)


def test_weeks_younger_than_the_delay_are_provisional(section: Section) -> None:
    assert_sound(section)
    weeks = table_of(section, "Weeks of 2026-05").set_index("period")["provisional"]
    assert weeks.index[weeks].tolist() == ["18 May 2026", "25 May 2026"]
    (told,) = [words for words in section.sentences if "may still change." in words[-17:]]
    assert told.startswith("The weeks from 18 May 2026 (")
    assert "11 May" not in told


def test_where_no_week_is_open_those_that_will_get_no_verdict_are_counted(slow: Material) -> None:
    judged = slow.conversations[JUDGED]
    quick = replace(slow, sightings=seen_every_day(slow, 0.01))
    section = provisional_section(quick)
    assert section.sentences[0].endswith("so the weeks will hardly change.")
    plain = cda.rates_by(quick.current.assign(all="all"), "all", outcome=JUDGED).iloc[0]
    assert 0 < plain["unknown"] <= judged.isna().sum()
    possible = plain["n"] + plain["unknown"]
    assert section.sentences[1] == (
        f"Of {possible:,} conversations that could have a verdict, {plain['unknown']:,} have none,"
        " and most of these will hardly get one."
    )


def test_by_when_the_weeks_are_final_is_told(section: Section) -> None:
    # The period ends with 31 May; all verdicts come nine days later, and are looked for by day.
    (told,) = [words for words in section.sentences if words.startswith("Nearly all of their")]
    assert told == (
        "Nearly all of their verdicts should be there by 2026-06-11: make the report again then."
    )


def test_where_no_verdict_is_missing_one_sentence_is_enough(sample: pd.DataFrame) -> None:
    judged = sample.assign(**{JUDGED: sample[JUDGED].fillna(value=False)})
    section = provisional_section(material_of(judged))
    assert section.sentences == ["No conversation of 2026-05 lacks a verdict: nothing is open."]
    assert len(section.parts) == 1


def test_a_week_that_the_period_cuts_is_marked(section: Section) -> None:
    weeks = table_of(section, "Weeks of 2026-05")["period"].tolist()
    assert weeks[:2] == ["27 April 2026 (3 of 7 days)", "4 May 2026"]
    assert table_of(section, "Conversations with and without")["week"].tolist() == weeks
    assert any(
        words.startswith("95.0 % of verdicts are there 10 days") for words in section.sentences
    )


def test_what_has_no_verdict_is_counted_by_local_week(section: Section, slow: Material) -> None:
    rows = slow.current
    possible = rows["interacted"].fillna(value=True) & ~rows["no_answer"].fillna(value=False)
    local = rows["created_at"].dt.tz_convert("Europe/Berlin").dt.tz_localize(None)
    weeks = local.dt.to_period("W").dt.start_time
    silent = rows.loc[possible, JUDGED].isna().groupby(weeks[possible])
    for week, number, share in zip(
        silent.sum().index[-4:], silent.sum()[-4:], silent.mean()[-4:], strict=True
    ):
        total = silent.size()[week]
        share_text = "100 %" if share == 1 else f"{100 * share:.1f} %"
        assert f"{number} of {total} ({share_text}) from {week.day} May 2026" in said(section)


def test_the_order_of_rows_changes_nothing(slow: Material, section: Section) -> None:
    order = np.random.default_rng(3).permutation(len(slow.sightings))
    shuffled = material_of(
        slow.conversations.sample(frac=1, random_state=7), sightings=slow.sightings.take(order)
    )
    assert_same(provisional_section(shuffled), section)


def test_other_agents_tell_nothing(slow: Material, section: Section) -> None:
    others = slow.sightings.assign(agent_id="other", last_unjudged_at=NEVER)
    both = pd.concat([slow.sightings, others], ignore_index=True)
    assert_same(provisional_section(replace(slow, sightings=both)), section)


@pytest.mark.parametrize("sightings", [None, 0, 20])
def test_without_enough_sightings_it_cannot_be_told(slow: Material, sightings) -> None:
    seen = None if sightings is None else slow.sightings.head(sightings)
    section = provisional_section(replace(slow, sightings=seen))
    assert_sound(section)
    assert "so no week can be called final." in said(section)
    assert "Without a verdict so far" in said(section)
    assert len(section.parts) == 1


def test_of_another_outcome_nothing_was_noted(slow: Material) -> None:
    material = replace(slow, outcome="custom_appointment_booked")
    section = provisional_section(material)
    assert_sound(section)
    assert "When this outcome arrives was not noted" in said(section)


@pytest.mark.parametrize("change", [nobody_judged, nobody_known])
@pytest.mark.parametrize("seen", [True, False])
def test_what_is_not_known_is_said(slow: Material, change, seen: bool) -> None:
    sightings = slow.sightings if seen else None
    if seen and change is nobody_judged:
        sightings = sightings.assign(first_judged_at=NEVER)
    section = provisional_section(
        replace(slow, conversations=change(slow.conversations), sightings=sightings)
    )
    assert_sound(section)


def test_an_empty_period_is_told(sample: pd.DataFrame) -> None:
    section = provisional_section(material_of(sample, "2027-05"))
    assert (len(section.sentences), list(section.parts)) == (1, [])
