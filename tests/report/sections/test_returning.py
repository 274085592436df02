"""People who come back, as the report tells them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

import chatdash_analysis as cda
from chatdash_analysis.report.parts import Figure, Material, Section
from chatdash_analysis.report.sections.returning import returning_section
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

DAY = pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def section(material: Material) -> Section:
    return returning_section(material)


def test_known_people_are_counted_in_the_period(section: Section, material: Material) -> None:
    known = material.current["user_id"].notna()
    assert section.sentences[0] == (
        f"Of 1,032 conversations in 2026-05, {known.sum()} ({100 * known.mean():.1f} %) have a"
        " known person. Only these can be counted here."
    )
    people = table_of(section, "Conversations with a known person").set_index("rule")
    assert people.loc["default", "identified"] == material.conversations["user_id"].notna().sum()


def test_returns_are_those_of_an_independent_estimate(section: Section, material: Material) -> None:
    rows = material.conversations[material.conversations["user_id"].notna()]
    times = rows.sort_values("created_at").groupby("user_id")["created_at"]
    first, second = times.nth(0), times.nth(1)
    people = pd.DataFrame({
        "first": first.set_axis(rows.loc[first.index, "user_id"]),
        "second": second.set_axis(rows.loc[second.index, "user_id"]),
    })  # fmt: skip
    back = people["second"].notna()
    watched = (people["second"].fillna(material.now.end) - people["first"]) / DAY
    curve = SurvfuncRight(watched, back.astype(int))
    for days, words in ((1, "1 day"), (7, "7 days"), (30, "30 days")):
        rate = 1 - curve.surv_prob[np.searchsorted(curve.surv_times, days, side="right") - 1]
        assert f"{100 * rate:.1f} % (" in section.sentences[2]
        assert f"within {words}" in section.sentences[2]
    assert f"Of n = {len(people):,} people seen since then" in section.sentences[2]


def test_where_history_begins_is_said(section: Section) -> None:
    told = section.sentences[1]
    assert told.startswith("History begins on 2026-01-01")
    assert "people first seen in the first 63 days may not be new" in told


def test_only_people_who_are_surely_new_are_followed_by_month(section, material) -> None:
    months = table_of(section, "People who were there again")
    times = material.conversations[material.conversations["user_id"].notna()]
    local = times["created_at"].dt.tz_convert("Europe/Berlin").dt.tz_localize(None)
    month = local.dt.year * 12 + local.dt.month
    first = month.groupby(times["user_id"]).min()
    # Who came in April has May behind them; earlier ones may have been there before.
    april = first.index[first == first.max() - 1]
    back = times.loc[month == month.max(), "user_id"].unique()
    assert months["period_label"].tolist() == ["month 1"]
    assert months["n"].tolist() == [len(april)]
    assert months["successes"].tolist() == [april.isin(back).sum()]


def test_contacts_are_counted_since_history_begins(section: Section, material: Material) -> None:
    rows = material.conversations[material.conversations["user_id"].notna()]
    number = rows.groupby("user_id")["created_at"].rank(method="min").astype(int)
    inside = rows["created_at"] >= material.now.start
    missed = rows["interacted"].eq(False).fillna(False) | rows["no_answer"].fillna(False)
    judged = rows[JUDGED].notna() & ~missed.astype(bool)
    table = table_of(section, "Success by contact").set_index("contact_label")
    for contact in (1, 2, 3):
        plain = rows.loc[inside & judged & (number == contact), JUDGED].astype("float64")
        assert table.loc[str(contact), "n"] == len(plain)
        assert table.loc[str(contact), "rate"] == pytest.approx(plain.mean())
        rate = f"{100 * plain.mean():.1f} % ("
        assert rate in section.sentences[3]


def test_what_was_resolved_for_good_is_that_of_the_period(
    section: Section, material: Material
) -> None:
    plain = cda.resolved_for_good(
        material.current, as_of="2026-06-01", tz="Europe/Berlin", within_days=(7,)
    ).iloc[0]
    assert section.sentences[4].startswith(
        f"{100 * plain['rate']:.1f} % ({100 * plain['low']:.1f} to {100 * plain['high']:.1f},"
        f" n = {plain['n']}) of the conversations of 2026-05"
    )
    month = material.current[material.current["user_id"].notna()]
    well = month[JUDGED].astype("boolean").fillna(value=False).sum()
    assert section.sentences[4].endswith(
        f"n = {well:,}) did come back; {plain['at_risk']:,} of them were watched for all of that"
        " time."
    )


def test_the_share_that_came_back_has_the_interval_of_drawing_people_again(
    section: Section, material: Material
) -> None:
    rows = material.current[material.current["user_id"].notna()].copy()
    rows["end"] = rows["ended_at"].fillna(rows["created_at"]).clip(lower=rows["created_at"])
    rows = rows.sort_values(["user_id", "created_at"])
    following = rows.groupby("user_id")["created_at"].shift(-1)
    good = rows[JUDGED].astype("boolean").fillna(value=False).to_numpy(bool)
    until = following.fillna(material.now.end.tz_convert("UTC"))
    lengths = ((until - rows["end"]) / DAY).clip(lower=0)[good]
    back, people = following.notna()[good], rows.loc[good, "user_id"]
    rng, drawn = np.random.default_rng(5), []
    places = list(people.groupby(people).indices.values())
    for _ in range(200):
        chosen = np.concatenate([places[k] for k in rng.integers(0, len(places), len(places))])
        curve = SurvfuncRight(lengths.iloc[chosen], back.iloc[chosen].astype(int))
        drawn.append(1 - curve.surv_prob[np.searchsorted(curve.surv_times, 7, side="right") - 1])
    table = table_of(section, "Conversations that went well").set_index("within_days")
    low, high = table.loc[7.0, ["recontact_low", "recontact_high"]]
    assert low < table.loc[7.0, "recontact_rate"] < high
    assert [low, high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.015)


def test_of_too_few_who_were_watched_so_long_nothing_is_told(section: Section) -> None:
    table = table_of(section, "Conversations that went well").set_index("within_days")
    assert table.loc[30.0, "at_risk"] < 10 <= table.loc[14.0, "at_risk"]
    assert table.loc[30.0, ["rate", "low", "high", "recontact_rate", "recontact_low"]].isna().all()
    assert table.loc[30.0, "flags"] == "short_follow_up"
    assert table.loc[14.0, "rate"] > 0


def test_the_picture_says_its_main_numbers(section: Section) -> None:
    figure = section.parts[0]
    assert isinstance(figure, Figure)
    assert "25.4 % (23.5 to 27.3) within 7 days" in figure.alt


def test_the_order_of_rows_changes_nothing(sample: pd.DataFrame, section: Section) -> None:
    shuffled = sample.sample(frac=1, random_state=7)
    assert_same(returning_section(material_of(shuffled)), section)


def test_a_load_that_ends_before_the_period_does_is_watched_until_then(sample) -> None:
    cut = sample[sample["created_at"] < pd.Timestamp("2026-05-20", tz="UTC")]
    cut.attrs["chatdash"] = dict(sample.attrs["chatdash"], end="2026-05-20T00:00:00Z")
    material = material_of(cut)
    section = returning_section(material)
    assert_sound(section)
    curve = table_of(section, "People who came back")
    assert curve.attrs["cohorts"]["as_of"] == "2026-05-20T00:00:00+00:00"


def test_a_period_that_is_not_over_is_no_error(sample: pd.DataFrame) -> None:
    ages = {name: sample[name] + 300 * 365 * DAY for name in ("created_at", "ended_at")}
    section = returning_section(material_of(sample.assign(**ages), "2326-02", before="2326-01"))
    assert_sound(section)
    assert "in 2326-02" in section.sentences[0]


@pytest.mark.parametrize("min_users", [1, 100_000])
def test_the_least_number_of_people_changes_nothing_here(sample, section, min_users) -> None:
    assert_same(returning_section(material_of(sample, min_users=min_users)), section)


def test_without_known_people_nothing_is_told_of_returns(sample: pd.DataFrame) -> None:
    section = returning_section(material_of(nobody_known(sample)))
    assert_sound(section)
    assert section.sentences[0].startswith("Of 1,032 conversations in 2026-05, 0 (0 %)")
    assert "nothing can be told of returns" in section.sentences[1]


def test_without_verdicts_success_cannot_be_told(sample: pd.DataFrame) -> None:
    section = returning_section(material_of(nobody_judged(sample)))
    assert_sound(section)
    assert "Too few outcomes of 2026-05 are known to tell success by contact." in said(section)
    assert "were resolved for good cannot be told (n = 0)." in said(section)


def test_an_empty_period_is_told_and_history_still_counts(sample: pd.DataFrame) -> None:
    may = sample["created_at"].between(
        pd.Timestamp("2026-05-01", tz="Europe/Berlin"),
        pd.Timestamp("2026-06-01", tz="Europe/Berlin"),
    )
    section = returning_section(material_of(sample[~may]))
    assert_sound(section)
    assert "No person is known in 2026-05." in section.sentences
    assert returning_section(material_of(sample[:0])).sentences
