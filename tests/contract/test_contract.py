"""The contract in this folder, held against its source and against the column table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from chatdash_analysis.schema import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CONTRACT = Path(__file__).with_name("openapi.yaml")
REFERENCE = ROOT / "../shared/reference/openapi.yaml"

TEXTS = {"description", "summary", "title"}
FITTING_KIND = {
    ("string", ""): "text",
    ("string", "date-time"): "instant",
    ("boolean", ""): "flag",
    ("number", ""): "measure",
    ("array", ""): "json",
    ("object", ""): "json",
}


def test_contract_has_the_structure_of_its_source() -> None:
    if not REFERENCE.exists():
        pytest.skip(f"the source of the contract is not here: {REFERENCE}")
    assert _structure(_read(CONTRACT)) == _structure(_read(REFERENCE))


def test_contract_says_nothing_in_the_words_of_its_source() -> None:
    if not REFERENCE.exists():
        pytest.skip(f"the source of the contract is not here: {REFERENCE}")
    assert not set(_texts(_read(CONTRACT))) & set(_texts(_read(REFERENCE)))


def test_structure_keeps_a_property_that_is_called_like_a_text() -> None:
    properties = _structure(_read(CONTRACT))["components"]["schemas"]["Conversation"]["properties"]
    assert properties["summary"] == {"type": "string"}
    assert len(properties) == 39


def test_every_property_has_a_column_of_a_fitting_kind() -> None:
    kinds = {column.path: column.kind for column in COLUMNS}
    expected = {path: FITTING_KIND[shape] for path, shape in _leaves().items()}
    assert {path: kinds.get(path) for path in expected} == expected


def test_every_column_with_a_path_stands_in_the_contract() -> None:
    paths = [column.path for column in COLUMNS if column.path]
    assert sorted(paths) == sorted(_leaves())


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def _structure(node: Any) -> Any:
    """Leave out the texts; a property may bear the name of one, but is no text itself."""
    if isinstance(node, dict):
        kept = {k: v for k, v in node.items() if not (k in TEXTS and isinstance(v, str))}
        return {key: _structure(value) for key, value in kept.items()}
    if isinstance(node, list):
        return [_structure(item) for item in node]
    return node


def _texts(node: Any) -> Iterator[str]:
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in items:
        if key in TEXTS and isinstance(value, str):
            yield " ".join(value.split())
        elif isinstance(value, dict | list):
            yield from _texts(value)


def _leaves() -> dict[str, tuple[str, str]]:
    """Path -> type and format of each value that becomes one column."""
    properties = _read(CONTRACT)["components"]["schemas"]["Conversation"]["properties"]
    leaves: dict[str, tuple[str, str]] = {}
    for name, schema in properties.items():
        leaves |= dict(_flattened(name, schema))
    return leaves


def _flattened(name: str, schema: dict[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    if "properties" in schema:
        for inner, inner_schema in schema["properties"].items():
            yield from _flattened(f"{name}.{inner}", inner_schema)
    elif schema["type"] == "array":
        # The texts of a list stand in one column, as a JSON list.
        for inner in schema["items"]["properties"]:
            yield f"{name}[].{inner}", ("array", "")
    else:
        yield name, (schema["type"], schema.get("format", ""))
