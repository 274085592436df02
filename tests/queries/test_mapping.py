"""The map of the questions."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.queries import mapping
from chatdash_analysis.queries.mapping import cluster_map
from chatdash_analysis.sandbox.sample import Sample

DTYPES = {
    "x": "float64", "y": "float64", "cluster_id": "str", "label": "str", "n": "int64",
    "cluster_users": "float64", "question": "str",
}  # fmt: skip


def _clusters(groups, vectors, cluster_ids, *, asked=None, labels=None):
    """Clusters whose groups were asked as often as said; the text of a group is its name."""
    times = [1] * len(groups) if asked is None else asked
    queries = pd.DataFrame({
        "duplicate_group": pd.Series(np.repeat(groups, times), dtype="str"),
        "cluster_id": pd.Series(np.repeat(cluster_ids, times), dtype="str"),
        "scrubbed": pd.Series([f"text {name}" for name in np.repeat(groups, times)], dtype="str"),
    })  # fmt: skip
    ids = sorted({name for name in cluster_ids if isinstance(name, str)})
    summary = pd.DataFrame({
        "cluster_id": pd.Series(ids, dtype="str"),
        "label": pd.Series(labels or [f"label {name}" for name in ids], dtype="str"),
    })  # fmt: skip
    model = SimpleNamespace(vectors=np.asarray(vectors, dtype="float32"), groups=list(groups))
    return SimpleNamespace(queries=queries, summary=summary, model=model)


def _blobs(sizes, *, spread=0.03, dimensions=32, **more):
    """Clusters around directions at right angles."""
    rng = np.random.default_rng(7)
    at = np.repeat(np.arange(len(sizes)), sizes)
    vectors = np.eye(dimensions)[at] + spread * rng.normal(size=(len(at), dimensions))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    groups = [f"g{number:05d}" for number in rng.permutation(len(at))]
    return _clusters(groups, vectors, [f"q{number + 1:03d}" for number in at], **more)


def _shuffled(clusters, seed):
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(clusters.model.groups))
    model = SimpleNamespace(
        vectors=clusters.model.vectors[order],
        groups=[clusters.model.groups[place] for place in order],
    )
    rows = clusters.queries.sample(frac=1, random_state=seed)
    return SimpleNamespace(queries=rows, summary=clusters.summary[::-1], model=model)


def _nearest_share(table):
    """Share of questions whose nearest other question on the map has the same cluster."""
    places = table[["x", "y"]].to_numpy()
    apart = np.linalg.norm(places[:, None] - places, axis=2)
    np.fill_diagonal(apart, np.inf)
    names = table["cluster_id"].to_numpy()
    return (names[apart.argmin(axis=1)] == names).mean()


def test_each_distinct_question_has_a_row_with_how_often_it_was_asked():
    clusters = _clusters(
        ["b", "a", "c"], np.eye(3), ["q001", "q001", None], asked=[3, 1, 2], labels=["Parking?"]
    )
    table = cluster_map(clusters)
    assert dict(table.dtypes.astype("str")) == DTYPES
    assert table["question"].tolist() == ["text a", "text b", "text c"]
    assert table["n"].tolist() == [1, 3, 2]
    assert table["label"].tolist()[:2] == ["Parking?"] * 2
    assert table[["cluster_id", "label"]].isna().all(axis=1).tolist() == [False, False, True]
    assert table.index.equals(pd.RangeIndex(3))
    assert table.attrs["cluster_map"] == {"questions": 3}


def test_each_question_has_the_known_people_of_its_cluster():
    clusters = _clusters(list("abcd"), np.eye(4), ["q001", "q002", "q001", None])
    assert cluster_map(clusters)["cluster_users"].isna().all()
    for users in (pd.array([7, None], dtype="Int64"), [7.0, np.nan], ["7", "many"]):
        clusters.summary["users"] = users
        table = cluster_map(clusters)
        assert table["cluster_users"].fillna(-1).tolist() == [7, -1, 7, -1]
        assert dict(table.dtypes.astype("str")) == DTYPES


def test_the_usual_spelling_stands_for_its_group():
    clusters = _clusters(["a", "b"], np.eye(2), ["q001", "q001"], asked=[5, 2])
    clusters.queries["scrubbed"] = ["Open?", "open", "open", "Open!", "Open!", "b?", "a?"]
    assert cluster_map(clusters)["question"].tolist() == ["Open!", "a?"]


def test_only_questions_with_a_vector_and_a_query_are_placed():
    clusters = _clusters(["a", "b", "c"], np.eye(3), ["q001"] * 3)
    clusters.queries = clusters.queries[clusters.queries["duplicate_group"] != "b"]
    clusters.model.vectors, clusters.model.groups = np.eye(3)[:2], ["a", "b"]
    assert cluster_map(clusters)["question"].tolist() == ["text a"]


def test_neighbours_on_the_map_are_of_one_cluster():
    assert _nearest_share(cluster_map(_blobs([15, 15, 15, 15]))) == 1.0


def test_questions_of_a_topic_that_was_planted_lie_together():
    """About as often as the nearest of all the dimensions is of the same topic."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    sample = Sample(600)
    asked = {
        text: topic
        for planted in sample.truth().planted()
        for text, topic in zip(planted.questions, planted.topics, strict=True)
        if topic is not None
    }
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4)).fit_transform(asked).toarray()
    groups = [f"g{number:04d}" for number in range(len(asked))]
    table = cluster_map(_clusters(groups, vectors, list(asked.values())))
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -1)
    topics = np.array(list(asked.values()))
    expected = (topics[alike.argmax(axis=1)] == topics).mean()
    assert len(table) > 120
    assert _nearest_share(table) > 0.85 * expected > 0.5


@pytest.mark.parametrize("sizes", [[4, 3], [20, 15]], ids=["components", "t-SNE"])
def test_the_order_of_the_rows_does_not_matter(sizes):
    clusters = _blobs(sizes)
    table = cluster_map(clusters)
    for seed in range(2):
        pd.testing.assert_frame_equal(cluster_map(_shuffled(clusters, seed)), table)


def test_another_random_state_gives_another_map_of_the_same_questions(monkeypatch):
    monkeypatch.setattr(mapping, "_MOST_POINTS", 12)
    clusters = _blobs([20, 15])
    one, other = cluster_map(clusters), cluster_map(clusters, random_state=1)
    assert set(one["question"]) != set(other["question"])
    assert len(one) == len(other) == 12


def test_few_questions_are_placed_by_their_principal_components():
    """Along the first component two far pairs lie apart; the plane keeps all their distances."""
    flat = np.array([[0, 0, 0], [1, 0, 0], [9, 0, 1], [9, 1, 1]], dtype="float64")
    table = cluster_map(_clusters(list("abcd"), flat, ["q001"] * 4))
    centred = flat - flat.mean(axis=0)
    left, scale, _ = np.linalg.svd(centred, full_matrices=False)
    expected = np.abs(left * scale)[:, :2]
    assert table[["x", "y"]].abs().to_numpy() == pytest.approx(expected, abs=1e-6)


def test_of_many_questions_a_sample_has_some_of_each_cluster(monkeypatch):
    monkeypatch.setattr(mapping, "_MOST_POINTS", 40)
    table = cluster_map(_blobs([100, 40, 3]))
    assert table.attrs["cluster_map"] == {"questions": 143}
    sizes = table["cluster_id"].value_counts()
    assert sizes.sum() == 40
    assert sizes["q003"] == 3
    assert sizes["q002"] >= 5
    assert 1.8 < sizes["q001"] / sizes["q002"] < 3.0


def test_the_sample_does_not_depend_on_the_order_of_the_rows(monkeypatch):
    monkeypatch.setattr(mapping, "_MOST_POINTS", 8)
    clusters = _blobs([20, 15])
    table = cluster_map(clusters)
    pd.testing.assert_frame_equal(cluster_map(_shuffled(clusters, 3)), table)


@pytest.mark.parametrize("size", [1, 2, 9, 10, 11, 40])
@pytest.mark.parametrize("vector", [[1.0, 0.0], [0.0, 0.0], [1.0]], ids=["same", "zero", "flat"])
def test_questions_with_one_vector_lie_on_one_spot(size, vector):
    groups = [f"g{number}" for number in range(size)]
    table = cluster_map(_clusters(groups, [vector] * size, ["q001"] * size))
    assert table[["x", "y"]].eq(0).all(axis=None)
    assert len(table) == size


@pytest.mark.parametrize("size", [2, 9, 10, 30])
def test_vectors_on_a_line_and_with_holes_have_places(size):
    line = np.outer(np.arange(size), [1.0, 2.0])
    line[0, 0] = np.nan
    groups = [f"g{number:02d}" for number in range(size)]
    table = cluster_map(_clusters(groups, line, [None] * size))
    assert np.isfinite(table[["x", "y"]].to_numpy()).all()
    assert np.ptp(table["x"]) > 0
    assert table["cluster_id"].isna().all()


def test_no_questions_give_an_empty_table_of_the_same_types():
    clusters = _clusters([], np.zeros((0, 4)), [])
    table = cluster_map(clusters)
    assert len(table) == 0
    assert dict(table.dtypes.astype("str")) == DTYPES
    assert table.index.equals(pd.RangeIndex(0))


def test_what_was_given_stays_as_it_is():
    clusters = _blobs([5, 6])
    before = (clusters.queries.copy(), clusters.summary.copy(), clusters.model.vectors.copy())
    cluster_map(clusters)
    pd.testing.assert_frame_equal(clusters.queries, before[0])
    pd.testing.assert_frame_equal(clusters.summary, before[1])
    assert np.array_equal(clusters.model.vectors, before[2])


def test_hostile_texts_are_kept_as_they_are():
    clusters = _clusters(["a", "b"], np.eye(2), ["q001", None])
    clusters.queries["scrubbed"] = ["=1+1\U0001f9b7<b>\x00", "x" * 100_000]
    assert cluster_map(clusters)["question"].tolist() == clusters.queries["scrubbed"].tolist()


@pytest.mark.parametrize("thing", [None, "clusters", pd.DataFrame(), SimpleNamespace(queries=1)])
def test_something_else_than_clusters_is_refused(thing):
    with pytest.raises(InputError, match=f"takes clusters, not a {type(thing).__name__}"):
        cluster_map(thing)


def test_vectors_without_their_groups_are_refused():
    clusters = _clusters(["a", "b"], np.eye(2), ["q001", None])
    clusters.model.groups = ["a"]
    with pytest.raises(InputError, match="whose vectors have a group each"):
        cluster_map(clusters)


@pytest.mark.parametrize("part", ["queries", "summary"])
def test_a_missing_column_is_named(part):
    clusters = _clusters(["a", "b"], np.eye(2), ["q001", None])
    setattr(clusters, part, getattr(clusters, part).drop(columns="cluster_id"))
    with pytest.raises(MissingColumnsError, match=r"cluster_map needs .* lacks cluster_id") as got:
        cluster_map(clusters)
    assert got.value.missing == ["cluster_id"]


@pytest.mark.parametrize("seed", [-1, 1.5, True, None, "0"])
def test_a_random_state_that_is_no_number_is_refused(seed):
    with pytest.raises(InputError, match="random_state must be a whole number"):
        cluster_map(_blobs([3, 3]), random_state=seed)


def test_any_whole_number_is_a_random_state():
    assert len(cluster_map(_blobs([8, 8]), random_state=2**40)) == 16
