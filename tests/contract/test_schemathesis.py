"""Conversations that schemathesis makes up from the contract, through the parser."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatdash_analysis.loading.parsing import parse_conversations
from tests.oracle import differences, read_losslessly, rows_of

schemathesis = pytest.importorskip("schemathesis")

CONTRACT = Path(__file__).with_name("openapi.yaml")
ROWS = {"type": "array", "maxItems": 4, "items": {"$ref": "#/components/schemas/Conversation"}}


def _generated() -> st.SearchStrategy[list[Any]]:
    """Turn the contract round: what it says of an answer is asked of the body of a request."""
    document = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    body = {"required": True, "content": {"application/json": {"schema": ROWS}}}
    answers = {"200": {"description": "taken"}}
    document["paths"] = {"/rows": {"post": {"requestBody": body, "responses": answers}}}
    cases = schemathesis.openapi.from_dict(document)["/rows"]["POST"].as_strategy()
    bodies: st.SearchStrategy[list[Any]] = cases.map(lambda case: case.body)
    return bodies


@settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(_generated())
def test_every_made_up_conversation_is_typed_and_whole(made_up: list[Any]) -> None:
    rows = [{**row, "_id": f"c{place}"} for place, row in enumerate(made_up)]
    body = json.dumps(rows).encode()
    parsed = parse_conversations(io.BytesIO(body))
    assert parsed.rejected == []
    parsed.table.validate(full=True)
    for sent, row in zip(read_losslessly(body), rows_of(parsed.table), strict=True):
        assert differences(sent, row) == []
