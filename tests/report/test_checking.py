"""What a report cannot be made of, said before anything is computed."""

from __future__ import annotations

import pandas as pd
import pytest

import chatdash_analysis as cda

SAMPLE = cda.load_sample(100)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("report.txt", "does not end in .html"),
        ("report", "does not end in .html"),
        ("no/folder/report.html", "its folder is not there"),
        ("folder.html", "it is a folder itself"),
        ("x" * 300 + "/report.html", "its folder is not there"),
        ("a\x00/b.html", "its folder is not there"),
    ],
    ids=lambda text: text[:10].replace("\x00", "0"),
)
def test_a_file_that_cannot_be_written_is_known_first(tmp_path, name, words):
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(cda.InputError, match=words):
        cda.write_report(SAMPLE, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.html"]


@pytest.mark.parametrize("path", [None, 5, b"report.html"], ids=str)
def test_what_is_no_path_is_refused(path):
    with pytest.raises(cda.InputError, match=r"path=|does not end"):
        cda.write_report(SAMPLE, path)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"title": ""}, "title='' is no heading"),
        ({"title": " "}, "is no heading"),
        ({"title": 5}, "title=5 is no heading"),
        ({"tz": "Mars/Base"}, "is no time zone"),
        ({"tz": 1}, "tz=1 is no name of a time zone"),
        ({"min_users": 0}, "min_users=0 is no number"),
        ({"min_users": -1}, "is no number"),
        ({"min_users": 2.0}, "is no number"),
        ({"min_users": True}, "is no number"),
        ({"min_users": None}, "is no number"),
        ({"outcome": "channel"}, "channel is no flag"),
        ({"sightings": []}, "takes a pandas DataFrame"),
        ({"period": "May"}, "is no month"),
    ],
    ids=str,
)
def test_arguments_that_cannot_be_used(tmp_path, how, words):
    with pytest.raises(cda.InputError, match=words):
        cda.write_report(SAMPLE, tmp_path / "report.html", **how)
    assert list(tmp_path.iterdir()) == []


def test_an_outcome_that_is_not_there_is_named(tmp_path):
    with pytest.raises(cda.MissingColumnsError, match="custom_none") as caught:
        cda.write_report(SAMPLE, tmp_path / "report.html", outcome="custom_none")
    assert caught.value.missing == ["custom_none"]


def test_tables_that_are_no_conversations(tmp_path):
    with pytest.raises(cda.InputError, match="takes a pandas DataFrame"):
        cda.write_report([SAMPLE], tmp_path / "report.html")
    with pytest.raises(cda.MissingColumnsError, match="created_at"):
        cda.write_report(pd.DataFrame({"x": [1]}), tmp_path / "report.html")
    local = SAMPLE.assign(created_at=SAMPLE["created_at"].dt.tz_localize(None))
    with pytest.raises(cda.InputError, match="not instants with a time zone"):
        cda.write_report(local, tmp_path / "report.html")


def test_tables_that_hold_something_else_are_refused_before_anything_is_computed(tmp_path):
    with pytest.raises(cda.InputError, match=r"duration_minutes is str, not numbers"):
        cda.write_report(SAMPLE.assign(duration_minutes="abc"), tmp_path / "report.html")
    with pytest.raises(cda.InputError, match="would count twice"):
        cda.write_report(pd.concat([SAMPLE, SAMPLE]), tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []
