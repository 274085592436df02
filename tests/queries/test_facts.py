"""Labels, examples and quality of clusters, recomputed another way."""

from __future__ import annotations

import numpy as np
import pytest

import chatdash_analysis as cda
from chatdash_analysis.queries import facts as module
from chatdash_analysis.queries.clustering import fitting
from chatdash_analysis.queries.clustering.space import scaled
from chatdash_analysis.queries.facts import EXAMPLES, FACTS, cluster_facts
from chatdash_analysis.queries.model import Settings, fit_pool
from chatdash_analysis.queries.pool import pool_of, query_table
from tests.queries.asked import TOPICS, asked, embed, strays


def _facts(texts, **settings):
    pool = pool_of(query_table(texts, "test"))
    vectors = scaled(np.array(embed(pool.texts)))
    settings = Settings(**settings)
    fit = fit_pool(pool, vectors, settings)
    ids = np.array([f"q{number:03d}" for number in range(fit.number)], dtype=object)
    return fit, pool, vectors, *cluster_facts(fit, pool, vectors, ids, settings=settings)


@pytest.fixture(scope="module")
def found():
    return _facts([*asked(*TOPICS[:4]), *strays(4)])


def test_there_is_a_row_for_each_cluster(found):
    fit, _, _, facts, examples = found
    assert facts.dtypes.astype(str).to_dict() == FACTS
    assert examples.dtypes.astype(str).to_dict() == EXAMPLES
    assert len(facts) == fit.number == 4
    assert facts["distinct"].tolist() == [(fit.owners == n).sum() for n in range(4)]
    assert set(examples["own_id"]) == set(facts["own_id"])


def test_cohesion_is_the_mean_cosine_with_the_centre(found):
    fit, pool, vectors, facts, _ = found
    placed = scaled(fit.space.placed(vectors, pool.languages))
    for number, cohesion in enumerate(facts["cohesion"]):
        members = placed[fit.owners == number].astype(float)
        centre = members.mean(axis=0) / np.linalg.norm(members.mean(axis=0))
        assert cohesion == pytest.approx((members @ centre).mean(), abs=1e-6)


def test_labels_and_examples_are_questions_of_the_cluster(found):
    fit, pool, _, facts, examples = found
    for number, row in facts.iterrows():
        own = set(pool.scrubbed[fit.owners == number])
        assert row["label"] in own
        assert set(examples.loc[examples["own_id"] == row["own_id"], "question"]) <= own


def test_topics_far_apart_are_stable(found):
    assert (found[3]["stability"] > 0.9).all()


def test_of_a_large_cluster_every_so_many_th_question_is_read(monkeypatch):
    monkeypatch.setattr(module, "_READ", 10)
    owners = np.array([0, 1, -1] * 25 + [1] * 5)
    rows = module._read_rows(owners, 2)
    assert (owners[rows] == 0).sum() == 9
    assert (owners[rows] == 1).sum() == 10
    assert rows.tolist() == sorted(rows)


def test_clusters_that_only_the_rest_of_a_sample_showed_have_no_stability(monkeypatch):
    monkeypatch.setattr(fitting, "MOST", 300)
    large = asked(*TOPICS, "late", "coupon", each=300)
    texts = [*large, *asked("hotel", "visa", "gym", "wifi", "crib", each=14, start=900)]
    fit, _, _, facts, _ = _facts(texts)
    late = np.arange(fit.number) >= fit.sampled
    assert late.any()
    assert facts["stability"].isna().tolist() == late.tolist()
    assert facts["label"].notna().all()


def test_without_clusters_the_tables_are_empty_and_typed():
    *_, facts, examples = _facts(["one thing", "another"])
    assert (len(facts), len(examples)) == (0, 0)
    assert facts.dtypes.astype(str).to_dict() == FACTS
    assert examples.dtypes.astype(str).to_dict() == EXAMPLES


def test_personal_data_is_in_neither_labels_nor_examples():
    texts = [f"{text} mail jo.{place}@example.org" for place, text in enumerate(asked("a", "b"))]
    clusters = cda.cluster_queries(texts, embed=embed)
    assert len(clusters.summary) > 0
    for shown in (clusters.summary.to_csv(), clusters.examples.to_csv(), repr(clusters)):
        assert "example.org" not in shown
    assert "[email]" in clusters.examples.to_csv()
