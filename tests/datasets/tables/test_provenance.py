"""How a table was made, and what was done about personal data."""

from __future__ import annotations

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from chatdash_analysis.datasets.tables.known import Asked
from chatdash_analysis.datasets.tables.provenance import privacy_sentences, recipe_of
from chatdash_analysis.schema import SCHEMA_VERSION

OPTIONS = Asked(
    "topic", "end", ZoneInfo("UTC"), timedelta(7), None, "user_id", {}, frozenset("ba"), 30
)


def test_every_argument_is_told_in_json():
    frame = pd.DataFrame({"a": [1, 2, 3]})
    frame.attrs["chatdash"] = {"agents": ["x"], "base_url": "https://example.com", "path": "/home"}
    recipe = recipe_of(frame, OPTIONS, rows=2)
    assert json.loads(json.dumps(recipe)) == recipe
    assert set(recipe["arguments"]) == set(Asked._fields)
    assert recipe["arguments"]["leave_out"] == ["a", "b"]
    assert recipe["source"] == {"agents": ["x"]}
    assert recipe["rows"] == {"given": 3, "learned_from": 2}
    assert recipe["schema_version"] == SCHEMA_VERSION


def test_reasons_of_gaps_are_told_without_personal_data():
    gap = {"agent_id": "x", "start": "2026-01-03", "end": "2026-01-04", "reason": "HTTP 500"}
    quoting = gap | {"reason": "HTTP 500: ana@example.org, call +49 171 5550123"}
    frame = pd.DataFrame()
    frame.attrs["chatdash"] = {"gaps": [gap, quoting, "of ana@example.org"]}
    assert recipe_of(frame, OPTIONS, rows=0)["source"]["gaps"] == [
        gap, gap | {"reason": "HTTP 500: [email], call [phone]"}, {"reason": "of [email]"},
    ]  # fmt: skip
    assert frame.attrs["chatdash"]["gaps"][1] == quoting


@pytest.mark.parametrize("attrs", [{}, {"chatdash": None}, {"chatdash": "x"}])
def test_a_frame_of_unknown_origin_has_no_source(attrs):
    frame = pd.DataFrame()
    frame.attrs.update(attrs)
    assert recipe_of(frame, OPTIONS, rows=0)["source"] == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [(None, "No free text"), ("keep", "is scrubbed"), ("embed", "vectors"), (len, "vectors")],
)
def test_what_became_of_text_is_told(text, told):
    assert told in " ".join(privacy_sentences(OPTIONS._replace(text=text)))
