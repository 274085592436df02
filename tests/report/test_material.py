"""What sections read: nothing after the period, in an order of its own, with people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.report.material import default_title, make_material
from chatdash_analysis.report.periods import choose_periods

if TYPE_CHECKING:
    from chatdash_analysis.report.parts import Material


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    return cda.load_sample(1_000)


def _material_of(frame: pd.DataFrame) -> Material:
    periods = choose_periods(frame, "2026-05", None, "UTC")
    return make_material(frame, periods, tz="UTC", outcome="evaluation_is_success", min_users=5)


def test_what_came_after_the_period_does_not_matter(sample):
    early = sample[sample["created_at"] < "2026-06-01T00:00Z"]
    one, other = _material_of(sample), _material_of(early)
    pd.testing.assert_frame_equal(one.conversations, other.conversations)
    assert one.conversations["created_at"].is_monotonic_increasing
    assert one.conversations.attrs["chatdash"]["agents"] == sample.attrs["chatdash"]["agents"]


def test_people_who_are_known_already_stay_who_they_are(sample):
    own = sample.assign(user_id=sample["lead_id"].astype("str"))
    held = _material_of(own).conversations
    assert held["user_id"].equals(held["lead_id"].astype("str"))


def test_rows_that_nothing_names_have_an_order_too(sample):
    nameless = sample.assign(conversation_id=None, created_at=sample["created_at"].dt.floor("D"))
    one = _material_of(nameless.assign(user_id="a")).conversations
    other = _material_of(nameless.assign(user_id="a").sample(frac=1, random_state=1)).conversations
    pd.testing.assert_frame_equal(one, other)


def test_conversations_without_a_date_are_left_out_and_counted(sample):
    undated = sample.assign(created_at=sample["created_at"].mask(sample.index % 10 == 0))
    material = _material_of(undated)
    assert material.undated == undated["created_at"].isna().sum() == 100
    assert material.conversations["created_at"].notna().all()


@pytest.mark.parametrize(
    ("names", "title"),
    [
        (["Ana's line"], "Ana's line: May 2026"),
        (["B", "A"], "A and B: May 2026"),
        (["A", "A"], "A (id 0) and A (id 1): May 2026"),
        (["D", "C", "B", "A"], "Conversations in May 2026"),
        (["x" * 100], "x" * 59 + "…: May 2026"),
        (["call +49 171 5550123"], "call [phone]: May 2026"),
    ],
    ids=["one", "two", "alike", "many", "long", "phone"],
)
def test_the_heading_names_a_few_agents(sample, names, title):
    place = [number % len(names) for number in range(len(sample))]
    frame = sample.assign(
        agent_id=[f"id {number}" for number in place], agent_name=[names[k] for k in place]
    )
    assert default_title(_material_of(frame)) == title
