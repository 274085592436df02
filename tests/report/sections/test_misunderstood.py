"""What the agents did not understand, as the report tells it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.report import topic_parts
from chatdash_analysis.report.page_parts import page_sections
from chatdash_analysis.report.parts import Figure, Material, Section
from chatdash_analysis.report.periods import Period
from chatdash_analysis.report.sections import misunderstood
from chatdash_analysis.report.sections.misunderstood import misunderstood_section
from tests.report.sections.materials import (
    assert_same,
    assert_sound,
    drawn_texts,
    material_of,
    nobody_judged,
    nobody_known,
    said,
    table_of,
    tables,
    texts,
    without_questions,
)


@pytest.fixture(scope="module")
def made(material: Material) -> tuple[Section, cda.QueryClusters]:
    """Return the section and the clusters that it was made of; they take the most time."""
    held: list[cda.QueryClusters] = []

    def noting(queries: pd.DataFrame) -> cda.QueryClusters:
        held.append(cda.cluster_queries(queries))
        return held[0]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(misunderstood, "cluster_queries", noting)
        return misunderstood_section(material), held[0]


@pytest.fixture(scope="module")
def section(made) -> Section:
    return made[0]


@pytest.fixture(scope="module")
def clusters(made) -> cda.QueryClusters:
    return made[1]


@pytest.fixture(scope="module")
def small() -> pd.DataFrame:
    return cda.identify_users(cda.load_sample(600))


def test_sizes_are_those_of_plain_counting(section: Section, clusters, material: Material) -> None:
    queries = clusters.queries
    local = queries["created_at"].dt.tz_convert("Europe/Berlin").dt.tz_localize(None)
    months = local.dt.to_period("M").astype("str")
    topics = table_of(section, "Topics that were not").set_index("cluster_id")
    sizes = pd.crosstab(queries["cluster_id"], months)
    people = queries[months == "2026-05"].groupby("cluster_id")["user_id"].nunique()
    ever = queries.groupby("cluster_id")["user_id"].nunique()
    assert set(topics.index) == set(ever.index[ever >= 5])
    assert topics["queries"].to_dict() == sizes["2026-05"].loc[topics.index].to_dict()
    assert topics["queries_before"].to_dict() == sizes["2026-04"].loc[topics.index].to_dict()
    assert topics["people"].to_dict() == people.reindex(topics.index, fill_value=0).to_dict()
    first = topics.iloc[0]
    assert first["queries"] == topics["queries"].max()
    assert (
        f"“{first['label']}” ({first['queries']} questions of {first['people']} known people;"
        f" {first['queries_before']} in the period before)"
    ) in said(section)


def test_the_share_of_conversations_is_that_of_plain_counting(section, material) -> None:
    asked = material.current["misunderstood_count"] > 0
    (told,) = [words for words in section.sentences if words.startswith("In 2026-05, the share")]
    assert f"is {100 * asked.mean():.1f} % (" in told
    assert f"n = {len(asked):,}" in told


def test_trends_compare_with_the_months_before(section: Section, clusters, material) -> None:
    trends = cda.cluster_trends(clusters, material.conversations, freq="M", tz="Europe/Berlin")
    may = trends[trends["period"] == pd.Timestamp("2026-05-01")].set_index("cluster_id")
    topics = table_of(section, "Topics that were not").set_index("cluster_id")
    assert topics["state"].to_dict() == may.loc[topics.index, "state"].to_dict()
    growing = topics[topics["state"] == "growing"]
    assert len(growing)
    for name in growing.index:
        before = f"{may.loc[name, 'before_users']} in up to four months before:"
        times = f"{may.loc[name, 'users']} people, {before}"
        assert f"{times} {may.loc[name, 'ratio']:.1f} times as often (" in said(section)


def test_what_goes_with_such_questions_is_no_cause(section: Section, material: Material) -> None:
    judged = material.current[material.current["evaluation_is_success"].notna()]
    asked = judged[judged["misunderstood_count"] > 0]["evaluation_is_success"].astype("float64")
    rate = f"succeed in {100 * asked.mean():.1f} % ("
    (told,) = [words for words in section.sentences if rate in words]
    assert f"n = {len(asked)})" in told
    assert told.endswith("that the question is the cause is not shown.")


def test_topics_of_too_few_people_are_counted_and_not_shown(section, clusters, material) -> None:
    queries = clusters.queries
    ever = queries.groupby("cluster_id")["user_id"].nunique()
    few = ever.index[ever < 5]
    hidden = material.now.of(queries)
    hidden = hidden[hidden["cluster_id"].isin(few)]
    assert (
        f"{hidden['cluster_id'].nunique()} further topics with {len(hidden)} questions of 2026-05"
        " came from fewer than 5 known people each since the load begins, and are not shown."
    ) in section.sentences
    labels = clusters.summary.set_index("cluster_id").loc[few, "label"]
    everything = set(texts(section))
    assert len(few)
    assert not everything & {*labels, *few}


def test_examples_are_masked_and_each_of_another_person(section: Section, clusters) -> None:
    examples = table_of(section, "Examples")
    assert examples.groupby("cluster_id").size().between(1, 3).all()
    assert examples["cluster_id"].nunique() == 15
    queries = clusters.queries[clusters.queries["user_id"].notna()]
    askers = queries.groupby(["cluster_id", "scrubbed"])["user_id"].agg(set)
    for name, rows in examples.groupby("cluster_id"):
        people = [askers[name, example] for example in rows["example"]]
        # One asker can be named for each example so that all differ.
        assert len(set().union(*people)) >= len(people)
        assert rows["label"].iloc[0] not in set(rows["example"])
        assert not rows["example"].str.casefold().duplicated().any()
    found = clusters.examples.query("kind == 'representative'").groupby("cluster_id")["question"]
    chosen = examples.groupby("cluster_id")["example"].first()
    assert np.mean([chosen[name] in set(found.get_group(name)) for name in chosen.index]) > 0.8


def test_tables_of_topics_have_room_on_paper_and_hold_what_is_said(section: Section) -> None:
    (page,) = page_sections([section])
    assert max(len(part.table.headings) for part in page.parts) <= 7
    changes = table_of(section, "Topics asked more or less often")
    for row in changes[changes["state"] == "growing"].itertuples():
        assert f"{row.users} people, {row.before_users} in up to four months" in said(section)
    impact = table_of(section, "Success where").set_index("label")
    assert impact["n"].ge(10).all()
    total = impact.loc["All such questions"]
    assert f"{100 * total['rate']:.1f} % (" in said(section)
    assert f"without any succeed in {100 * total['expected_rate']:.1f} %" in said(section)


def test_the_embedding_is_named(section: Section, clusters) -> None:
    (topics,) = [t for t in tables(section) if t.caption.startswith("Topics that were not")]
    words = {"use": "Universal Sentence Encoder", "tfidf": "their words only"}
    assert words.get(clusters.model.embedder, "MiniLM") in topics.method


def test_pictures_say_their_main_numbers(section: Section, material: Material) -> None:
    sizes, lines = [part for part in section.parts if isinstance(part, Figure)]
    first = sizes.table.frame.iloc[0]
    assert f"“{first['label']}” ({first['queries']} questions" in sizes.alt
    assert f"of {material.current['misunderstood_count'].sum()}." in sizes.alt
    rows = lines.table.frame
    last = rows[rows["cluster_id"] == first["cluster_id"]].iloc[-1]
    assert f"to {last['per_1000']:.1f} of 1,000 conversations" in lines.alt


def test_the_order_of_rows_changes_nothing(small: pd.DataFrame) -> None:
    one = misunderstood_section(material_of(small))
    other = misunderstood_section(material_of(small.sample(frac=1, random_state=7)))
    assert_sound(one)
    assert_same(other, one)


def test_without_questions_a_sentence_says_so(small: pd.DataFrame) -> None:
    section = misunderstood_section(material_of(without_questions(small)))
    assert section.sentences == ["No question of 2026-05 is marked as not understood."]
    assert misunderstood_section(material_of(small, "2027-05")).sentences
    assert misunderstood_section(material_of(small[:0])).sentences


def test_questions_before_but_none_in_the_period(small: pd.DataFrame) -> None:
    may = small["created_at"] >= pd.Timestamp("2026-05-01", tz="Europe/Berlin")
    frame = pd.concat([small[~may], without_questions(small[may])])
    section = misunderstood_section(material_of(frame))
    assert_sound(section)
    assert section.sentences == ["No question of 2026-05 is marked as not understood."]


def test_topics_of_before_that_nobody_asks_now_are_in_the_table(small: pd.DataFrame) -> None:
    asked = small["misunderstood_count"] > 0
    may = small["created_at"] >= pd.Timestamp("2026-05-01", tz="Europe/Berlin")
    lists = small["misunderstood_queries"].mask(asked & may, json.dumps(["xq zzv wwrt"]))
    once = small["misunderstood_count"].mask(asked & may, 1)
    frame = small.assign(misunderstood_queries=lists, misunderstood_count=once)
    alone = asked & may & frame["user_id"].notna()
    frame = frame.assign(user_id=frame["user_id"].mask(alone, "one"))
    section = misunderstood_section(material_of(frame))
    assert_sound(section)
    topics = table_of(section, "Topics that were not")
    assert len(topics)
    assert topics["queries"].eq(0).all()
    assert not [part for part in section.parts if isinstance(part, Figure)]


def test_questions_without_text_are_in_no_topic(small: pd.DataFrame) -> None:
    asked = small["misunderstood_count"] > 0
    blank = small["misunderstood_queries"].mask(asked, json.dumps([" "]))
    frame = small.assign(misunderstood_queries=blank, misunderstood_count=asked.astype("int64"))
    section = misunderstood_section(material_of(frame))
    assert_sound(section)
    assert "Topics" not in " ".join(table.caption for table in tables(section))


def test_of_people_who_are_not_known_no_words_are_shown(small: pd.DataFrame) -> None:
    section = misunderstood_section(material_of(nobody_known(small)))
    assert_sound(section)
    assert "came from fewer than 5 known people each since the load begins" in said(section)
    assert [table.caption for table in tables(section)] == [
        "Conversations with a question that was not understood"
    ]


def test_without_verdicts_topics_are_there_all_the_same(small: pd.DataFrame) -> None:
    section = misunderstood_section(material_of(nobody_judged(small)))
    assert_sound(section)
    assert "What such questions go with cannot be told (n = 0)." in section.sentences
    assert len(table_of(section, "Topics that were not"))


@pytest.mark.parametrize("min_users", [1, 100_000])
def test_the_least_number_of_people_rules_what_is_shown(small, min_users: int) -> None:
    section = misunderstood_section(material_of(small, min_users=min_users))
    assert_sound(section)
    captions = " ".join(table.caption for table in tables(section))
    assert ("Topics" in captions) == (min_users == 1)


def test_the_first_period_has_nothing_before_it(small: pd.DataFrame) -> None:
    section = misunderstood_section(material_of(small, "2026-01", before="2025-12"))
    assert_sound(section)
    assert "No topic that can be shown is surely asked more or less often" in said(section)


def test_a_week_that_the_period_cuts_is_not_compared(small: pd.DataFrame) -> None:
    material = material_of(small)
    zone = "Europe/Berlin"
    period = Period("to Wednesday", *pd.to_datetime(["2026-05-11", "2026-05-27"]).tz_localize(zone))
    cut = small[small["created_at"] < period.end]
    cut.attrs["chatdash"] = dict(
        small.attrs["chatdash"], start="2026-01-01T00:00:00Z", end="2026-07-01T00:00:00Z"
    )
    before = Period("before", *pd.to_datetime(["2026-04-25", "2026-05-11"]).tz_localize(zone))
    section = misunderstood_section(Material(cut, period, before, zone, material.outcome, 3))
    trends = table_of(section, "Topics over weeks")
    last = trends["period"] == pd.Timestamp("2026-05-25")
    assert last.any()
    assert not trends.loc[last, "complete"].any()
    assert trends.loc[~last & (trends["period"] > "2026-02-01"), "complete"].all()


PLANTED = (
    "call me back on +49 171 5550123 about the parking",
    "is there parking, write to bob@example.com please",
    "<script>alert('parking')</script> where is the parking?",
    "parking?\u202e\x1b[31m {{ 7*7 }} $x_1$ where do I park",
    "where can I park my car near number 5550123",
    "parking " * 300,
)


def test_hostile_and_personal_questions_reach_no_text(small: pd.DataFrame, monkeypatch) -> None:
    drawn = drawn_texts(monkeypatch, topic_parts)
    asked = np.flatnonzero(small["misunderstood_count"] > 0)
    column = small["misunderstood_queries"].tolist()
    for place, row in enumerate(asked):
        column[row] = json.dumps([PLANTED[place % len(PLANTED)] + " !" * (place % 5)])
    frame = small.assign(
        misunderstood_queries=pd.Series(column, index=small.index, dtype="str"),
        misunderstood_count=(small["misunderstood_count"] > 0).astype("int64"),
    )
    section = misunderstood_section(material_of(frame, min_users=1))
    assert_sound(section)
    everything = "\n".join([*texts(section), *drawn])
    assert "park" in everything
    for planted in ("5550123", "bob@example", "\u202e", "\x1b"):
        assert planted not in everything
    assert max(map(len, table_of(section, "Examples")["example"])) <= 120
