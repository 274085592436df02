"""The measures of clusters are right, and the harness runs; no figure is asserted."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from tests.benchmarks import queries, query_measure, query_metrics
from tests.benchmarks.query_data import MissingSetsError, QuerySet, query_sets
from tests.benchmarks.query_ours import _prepare_huge, codes, known
from tests.benchmarks.query_real import _counterparts, _split, arriving, assigning, shuffling

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SET = """text,label,split,language,noise
Where is my card?,card,test,en,0
"Where is my card, please?",card,test,en,0
NA,card,test,en,0
"hello, i lost 2 cards",lost,test,en,0
Tell me a joke,NO_LABEL,test,en,1
"""


def random_labels(seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    random = np.random.default_rng(seed)
    return random.integers(0, 4, 30), random.integers(-1, 4, 30)


@pytest.mark.parametrize("seed", range(5))
def test_accuracy_is_that_of_the_best_of_all_pairings(seed: int) -> None:
    truth, found = random_labels(seed)
    right = [
        sum(
            pairing[cluster] == topic
            for topic, cluster in zip(truth, found, strict=True)
            if cluster >= 0
        )
        for pairing in permutations(range(4))
    ]

    assert query_metrics.accuracy(truth, found) == pytest.approx(max(right) / 30)


@pytest.mark.parametrize("seed", range(5))
def test_b_cubed_is_what_its_definition_says_of_each_query(seed: int) -> None:
    truth, found = random_labels(seed)
    precision, recall = [], []
    for i in range(30):
        same_topic, same_cluster = truth == truth[i], found == found[i]
        precision.append((same_topic & same_cluster).sum() / same_cluster.sum())
        recall.append((same_topic & same_cluster).sum() / same_topic.sum())
    p, r = np.mean(precision), np.mean(recall)

    assert query_metrics.b_cubed(truth, found) == pytest.approx(2 * p * r / (p + r))


def test_queries_left_out_are_wrong_and_one_more_cluster() -> None:
    truth = np.array(["a", "a", "b", "b"])
    found = np.array([0, 0, -1, -1])
    inside = np.zeros(4, dtype=bool)

    scores = query_metrics.scores(truth, found, inside)

    assert (scores["acc"], scores["ari"], scores["b3"]) == (50, 100, 100)
    assert (scores["k"], scores["true_k"], scores["left_out"]) == (1, 2, 50)
    assert scores["left_out_off"] is None


def test_where_all_are_left_out_none_is_right() -> None:
    assert query_metrics.accuracy(np.array(["a", "b"]), np.array([-1, -1])) == 0


def test_off_topic_queries_are_not_scored_but_their_clusters_are_counted() -> None:
    truth = np.array(["a", "b", "x", "x"])
    off_topic = np.array([False, False, True, True])

    scores = query_metrics.scores(truth, np.array([0, 1, 2, -1]), off_topic)

    assert (scores["acc"], scores["nmi"]) == (100, pytest.approx(100))
    assert (scores["k"], scores["true_k"], scores["left_out_off"]) == (3, 2, 50)


def test_a_score_that_is_higher_off_topic_has_a_full_area() -> None:
    off_topic = np.array([True, False, True, False])

    assert query_metrics.off_topic_auc(np.array([3.0, 1.0, 4.0, 2.0]), off_topic) == 100
    assert query_metrics.off_topic_auc(np.arange(4.0), np.zeros(4, dtype=bool)) is None


def test_what_was_left_out_joins_the_nearest_centre() -> None:
    vectors = np.array([[1, 0], [1, 0.1], [0, 2], [0.3, 9], [5, 1]], dtype=np.float32)
    found = np.array([7, 7, 3, -1, -1])

    assert query_metrics.attached(vectors, found).tolist() == [7, 7, 3, 3, 7]
    assert found.tolist() == [7, 7, 3, -1, -1]
    assert query_metrics.attached(vectors, np.full(5, -1)).tolist() == [-1] * 5


def test_a_set_is_read_without_showing_its_topics(tmp_path: Path) -> None:
    (tmp_path / "cards.csv").write_text(SET, encoding="utf-8")

    (read,) = query_sets(tmp_path, calls=["cards"])

    assert read.topics.tolist() == ["card", "card", "card", "lost", "NO_LABEL"]
    assert read.off_topic.tolist() == [False] * 4 + [True]
    table = read.table()
    assert table["question"].tolist()[2:4] == ["NA", "hello, i lost 2 cards"]
    assert table["prepared"].iloc[3] == "hello i lost number cards"
    assert not table.isin(["lost", "NO_LABEL"]).any(axis=None)


def test_sets_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingSetsError, match="--folder"):
        query_sets(tmp_path)
    (tmp_path / "cards.csv").write_text(SET, encoding="utf-8")
    with pytest.raises(MissingSetsError, match=r"cars.*There are cards"):
        query_sets(tmp_path, ["cars"])


def test_vectors_are_looked_up_by_text(tmp_path: Path) -> None:
    (tmp_path / "cards.csv").write_text(SET, encoding="utf-8")
    (read,) = query_sets(tmp_path)
    table, vectors = read.table(), np.eye(5, dtype=np.float32)

    embed = known(table, vectors)

    assert embed([table["prepared"][3], table["prepared"][0]]).tolist() == vectors[[3, 0]].tolist()
    ids = table["prepared"].map({table["prepared"][0]: "q002", table["prepared"][1]: "q001"})
    assert codes(ids).tolist() == [1, 0, -1, -1, -1]


def test_a_peer_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    truth = np.repeat(np.arange(3), 20)
    vectors = np.eye(8)[truth] + random.normal(scale=0.05, size=(60, 8))
    np.save(tmp_path / "vectors.npy", vectors.astype(np.float32))

    inputs = {"vectors": str(tmp_path / "vectors.npy"), "k": 3}
    run = query_measure.run("query_peers", "kmeans_true_k", inputs)

    assert query_metrics.accuracy(truth, run.arrays["labels"]) == 1
    assert run.cpu > 0
    assert run.peak > run.extra >= 0


def test_missing_peers_are_reported_as_skipped() -> None:
    texts = queries.report(
        [
            {"file": "a", "method": "ours", "acc": 40.0, "k": 3},
            {"file": "b", "method": "ours", "acc": 60.0, "k": 5},
            {"file": "a", "method": "evoc", "missing": "evoc not installed"},
        ]
    )

    assert "skipped evoc: evoc not installed" in texts
    assert "mean 50.0 4.0" in " ".join(texts.split())


def test_each_row_is_scored_and_noise_attached() -> None:
    item = QuerySet(
        "made", None, np.array(["a", "a", "b", "b"]), np.zeros(4, dtype=bool), calls=False
    )
    vectors = np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1]], dtype=np.float32)
    run = query_measure.Run({"labels": np.array([0, 0, 1, -1])}, seconds=2, cpu=1, extra=3_000_000)

    plain, whole = queries._rows("evoc", item, vectors, run)

    assert (plain["acc"], whole["acc"]) == (75, 100)
    assert (whole["method"], whole["cpu"], whole["extra_mb"]) == ("evoc+attached", 1, 3)


def words_set(count: int = 12) -> QuerySet:
    texts = [f"{topic} {n}" for topic in "abcde" for n in range(count)]
    topics = np.array([text[0] for text in texts])
    return QuerySet("made", pd.Series(texts), topics, np.zeros(len(texts), dtype=bool), calls=False)


def test_a_fifth_of_the_topics_is_unseen_and_a_fifth_of_the_texts_held_back() -> None:
    item = words_set()
    table = item.table()

    unseen, held = _split(item, table, np.random.default_rng(0))

    assert len(set(item.topics[unseen])) == 1
    assert unseen.sum() == 12
    assert not (unseen & held).any()
    assert 5 <= held.sum() <= 12


def test_clusters_of_two_fits_are_matched_on_half_of_their_members() -> None:
    after = pd.Series(["x", "x", "x", "y", "y", None, "z"], dtype="str")
    before = pd.Series(["p", "p", "q", "q", "q", "q", None], dtype="str")

    assert _counterparts(after, before, np.ones(7, dtype=bool)) == {"x": "p", "y": "q"}


class ByFirstLetter:
    """Clusters by the first letter; knows only the letters that it was given."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.queries = table.assign(cluster_id="q" + table["question"].str[0])

    def assign(self, table: pd.DataFrame) -> pd.DataFrame:
        ids = ByFirstLetter(table).queries["cluster_id"]
        return table.assign(cluster_id=ids.where(ids.isin(self.queries["cluster_id"])))

    def refit(self, table: pd.DataFrame) -> ByFirstLetter:
        return ByFirstLetter(table)


def test_clusters_that_know_the_topics_reach_all_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "tests.benchmarks.query_ours.cluster", lambda table, embed: ByFirstLetter(table)
    )
    item = words_set()
    table = item.table()

    figures = {
        **assigning(item, table, None, np.random.default_rng(0)),
        **arriving(table, None, np.random.default_rng(0)),
        "same_order": shuffling(table, None, np.random.default_rng(0).permutation(len(table))),
    }

    assert (figures.pop("own_pool"), figures.pop("fit_left_out")) == (0, 0)
    assert np.isnan(figures.pop("off_pool"))
    assert set(figures.values()) == {100}


def test_many_vectors_are_real_ones_moved_a_little(tmp_path: Path) -> None:
    base = np.eye(500, dtype=np.float32)[:40]
    np.save(tmp_path / "base.npy", base)

    vectors = _prepare_huge({"vectors": str(tmp_path / "base.npy"), "count": 1_000})

    assert (vectors.shape, vectors.dtype) == ((1_000, 384), np.float32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    similar = vectors @ vectors.T
    assert np.median(np.sort(similar, axis=1)[:, -2]) == pytest.approx(1 / 1.25, abs=0.1)


def test_only_one_peer_is_told_how_many_topics_there_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: dict[str, dict[str, object]] = {}

    def run(module: str, method: str, inputs: dict[str, object], python: str = "") -> object:
        given[method] = dict(inputs)
        vectors = np.eye(60, dtype=np.float32)
        arrays = {"vectors": vectors, "labels": np.arange(60) // 12}
        return query_measure.Run(arrays, missing="x not installed" if method == "leiden" else "")

    monkeypatch.setattr(query_measure, "run", run)
    peers = ("evoc", "kmeans_true_k", "leiden")

    rows = list(queries.benchmark(words_set(), "tfidf", tmp_path, peers=peers, python="other"))

    assert [row["method"] for row in rows] == [
        "ours",
        "evoc",
        "evoc+attached",
        "kmeans_true_k",
        "leiden",
    ]
    assert [row.get("acc") for row in rows] == [100, 100, 100, 100, None]
    assert rows[-1]["missing"] == "x not installed"
    assert given["kmeans_true_k"]["k"] == 5
    assert [name for name, inputs in given.items() if "k" in inputs] == ["kmeans_true_k"]
