"""Saved clusters come back as they were, and work as before."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.storage.folder import save_parts
from tests.queries.asked import TOPICS, asked, embed, strays, table


def _other(texts):
    return [row[:7] for row in embed(texts)]


@pytest.fixture(scope="module")
def clusters():
    frame = table([*asked(*TOPICS[:4]), *strays(3), "", None])
    found = cda.cluster_queries(frame, embed=embed, granularity="fine")
    return (
        found.rename("q001", "Parcels").mark_fixed("q002", at="2026-03-05").merge(["q003", "q001"])
    )


def _same(one, other):
    for name in ("queries", "summary", "examples", "history"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    assert repr(one.summary.attrs) == repr(other.summary.attrs)
    assert (one.settings, repr(one)) == (other.settings, repr(other))


def test_clusters_come_back_as_they_were(clusters, tmp_path):
    again = cda.load_clusters(clusters.save(tmp_path / "saved"), embed=embed)
    _same(clusters, again)
    new = ["parcel today", *strays(8)[6:]]
    pd.testing.assert_frame_equal(clusters.assign(new), again.assign(new), check_exact=True)
    more = table([*asked(*TOPICS[:5]), *strays(3)])
    _same(clusters.refit(more), again.refit(more))


def test_clusters_that_compare_words_work_again(tmp_path):
    texts = ["where is my parcel", "my parcel is late", "parcel lost", "refund me", "a refund now"]
    clusters = cda.cluster_queries(texts, embed="tfidf", min_size=2)
    again = cda.load_clusters(clusters.save(tmp_path / "saved"))
    _same(clusters, again)
    pd.testing.assert_frame_equal(clusters.assign(["parcel!"]), again.assign(["parcel!"]))
    _same(clusters.refit(texts[:4]), again.refit(texts[:4]))


@pytest.mark.parametrize("texts", [[], [""], ["one"]])
def test_clusters_of_hardly_anything_come_back(texts, tmp_path):
    clusters = cda.cluster_queries(texts, embed=embed)
    again = cda.load_clusters(clusters.save(tmp_path / "saved"), embed=embed)
    _same(clusters, again)
    assert again.assign(["parcel today"])["unassigned_reason"].tolist() == ["far"]


def test_without_the_callable_they_are_read_but_place_nothing(clusters, tmp_path):
    again = cda.load_clusters(clusters.save(tmp_path / "saved"))
    _same(clusters, again)
    with pytest.raises(InputError, match=r"made with your own.*asked.embed.*Pass it again"):
        again.assign(["parcel"])
    with pytest.raises(InputError, match="Pass it again"):
        again.refit(["parcel"])


def test_another_callable_is_refused(clusters, tmp_path):
    again = cda.load_clusters(clusters.save(tmp_path / "saved"), embed=_other)
    with pytest.raises(InputError, match=r"made with the embedder.*embed/32.*_other/7"):
        again.assign(["parcel"])


def test_a_callable_for_clusters_of_a_named_embedder_is_refused(tmp_path):
    clusters = cda.cluster_queries(["a b", "a c", "a d"], embed="tfidf")
    again = cda.load_clusters(clusters.save(tmp_path / "saved"), embed=embed)
    with pytest.raises(InputError, match="Leave embed away"):
        again.assign(["a"])
    with pytest.raises(InputError, match="embed='use' cannot be called"):
        cda.load_clusters(tmp_path / "saved", embed="use")


def test_another_fingerprint_is_refused(tmp_path, monkeypatch):
    from chatdash_analysis.queries.embedding.tfidf import TfidfEmbedder

    saved = cda.cluster_queries(["a b", "a c", "a d"], embed="tfidf").save(tmp_path / "saved")
    clusters = cda.load_clusters(saved)
    monkeypatch.setattr(TfidfEmbedder, "fit", classmethod(lambda cls, texts: _Strange()))
    with pytest.raises(InputError, match=r"made with the embedder tfidf/.*, but now it is strange"):
        clusters.assign(["a"])


class _Strange:
    name, fingerprint = "tfidf", "strange"


def test_the_folder_is_plain_and_private_and_holds_the_raw_queries(tmp_path):
    texts = [f"{text} jo@example.org" for text in asked("parcel", "refund")]
    folder = cda.cluster_queries(texts, embed=embed).save(tmp_path / "saved")
    assert folder.stat().st_mode & 0o077 == 0
    assert {path.suffix for path in folder.iterdir() if path.name != "lock"} == {
        ".parquet",
        ".json",
    }
    rows = [pd.read_parquet(path) for path in folder.glob("rows*.parquet")]
    assert sorted(rows[0]["question"]) == sorted(texts)


def test_columns_of_users_come_back_even_if_they_have_our_names(tmp_path):
    frame = table(asked(*TOPICS[:2]), reason="mine", own_id=1, status=pd.NA)
    frame["status"] = frame["status"].astype("boolean")
    clusters = cda.cluster_queries(frame, embed=embed)
    again = cda.load_clusters(clusters.save(tmp_path / "saved"))
    _same(clusters, again)
    names = ["reason", "own_id", "status"]
    pd.testing.assert_frame_equal(again.queries[names], frame[names])


def test_columns_that_parquet_cannot_hold_are_refused(tmp_path):
    frame = table(asked("parcel"), odd=[{1, 2}] * 25)
    clusters = cda.cluster_queries(frame, embed=embed)
    with pytest.raises(InputError, match="rows cannot be saved as parquet"):
        clusters.save(tmp_path / "saved")


def test_what_is_no_saved_cluster_is_refused(tmp_path):
    with pytest.raises(InputError):
        cda.load_clusters(tmp_path / "nothing")
    other = save_parts(tmp_path / "other", tables={}, arrays={}, facts={})
    with pytest.raises(InputError, match="lacks a part of clusters"):
        cda.load_clusters(other)
    for wrong in (5, None):
        with pytest.raises(InputError, match="is no path"):
            cda.load_clusters(wrong)
        with pytest.raises(InputError, match="is no path"):
            cda.cluster_queries([], embed=embed).save(wrong)


def test_a_folder_with_a_changed_byte_is_refused(tmp_path):
    folder = cda.cluster_queries(asked("parcel"), embed=embed).save(tmp_path / "saved")
    path = next(folder.glob("part_vectors*"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(cda.ChatDashError):
        cda.load_clusters(folder)


def test_a_second_save_replaces_the_first(tmp_path):
    first = cda.cluster_queries(asked("parcel"), embed=embed)
    first.save(tmp_path / "saved")
    second = first.rename("q001", "Parcels")
    second.save(tmp_path / "saved")
    _same(cda.load_clusters(tmp_path / "saved"), second)
    manifest = [json.loads(path.read_text()) for path in (tmp_path / "saved").glob("*.json")]
    assert len(manifest) == 1
