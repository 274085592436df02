"""The sections of a card that tell what was loaded, and how to make the data set again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chatdash_analysis.datasets.exporting.markdown import (
    bullets,
    code_block,
    escaped,
    one_line,
    table,
)
from chatdash_analysis.datasets.exporting.recipe import RECIPE, as_json, plain

__all__ = ["recipe_section", "source_section"]

Facts = Mapping[str, Any]

_NAME = re.compile(r"[a-z_]{1,40}")
# A recipe holds arguments beside what came out of them.
_SPLITS = {
    "split_by_time": ("at", "embargo", "keep", "similarity"),
    "split_by_user": ("test_size", "random_state", "keep", "similarity"),
    "cross_validation": ("n_splits", "embargo", "keep", "similarity"),
}
_SHOWN = 20
_WIDTH = 80


def source_section(facts: Facts) -> str:
    """Return what was loaded, and the gaps in it."""
    source = _mapping(_mapping(facts["table_recipe"]).get("source"))
    said = [
        f"{escaped(key.replace('_', ' ').capitalize())}: {escaped(_listed(value))}"
        for key, value in source.items()
        if key != "gaps" and value not in (None, [], "")
    ]
    if not said:
        return "Not recorded: the conversations did not come from load_conversations as they were."
    return f"{bullets(said)}\n\n{_gaps(source.get('gaps'))}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return {str(key): inner for key, inner in value.items()} if isinstance(value, Mapping) else {}


def _listed(value: Any) -> str:
    if not isinstance(value, list | tuple):
        return str(value)
    more = f", and {len(value) - _SHOWN:,} more" if len(value) > _SHOWN else ""
    return ", ".join(str(item) for item in value[:_SHOWN]) + more


def _gaps(gaps: Any) -> str:
    if not isinstance(gaps, Sequence) or not gaps:
        return "No part of what was asked for is missing."
    columns = ("agent_id", "start", "end", "reason")
    rows = [[escaped(str(_mapping(gap).get(name, ""))) for name in columns] for gap in gaps]
    shown = table(["Agent", "From", "To", "Reason"], rows[:_SHOWN])
    return f"{len(gaps):,} stretches could not be loaded, so that it is incomplete:\n\n{shown}"


def recipe_section(facts: Facts) -> str:
    """Return the calls that make the data set again, and all settings."""
    code = [
        "import chatdash_analysis as cda\n",
        f"conversations = {_loading(facts)}",
        "# What was done to them before this line is not recorded, such as adding user_id.",
        f"table = {_making(facts)}",
        *_splitting(facts),
        _exporting(facts),
    ]
    settings = {key: facts[key] for key in ("table_recipe", "split_recipe")}
    shown = [
        code_block("\n".join(code), "python"),
        f"All settings; `{RECIPE}` holds them, too.",
        code_block(as_json(settings), "json"),
    ]
    return "\n\n".join(shown)


def _loading(facts: Facts) -> str:
    source = _mapping(_mapping(facts["table_recipe"]).get("source"))
    if not {"agents", "start", "end"} <= set(source):
        return "...  # as they were given"
    period = _keywords({name: source[name] for name in ("start", "end")})
    return _call("cda.load_conversations", [_literal(source["agents"]), *period])


def _making(facts: Facts) -> str:
    recipe = _mapping(facts["table_recipe"])
    arguments = _mapping(recipe.get("arguments"))
    if recipe.get("function") != "training_table" or not arguments:
        return "...  # as its recipe below says"
    return _call("cda.training_table", ["conversations", *_keywords(arguments)])


def _splitting(facts: Facts) -> list[str]:
    recipe = _mapping(facts["split_recipe"])
    function = str(recipe.get("function") or recipe.get("method") or "")
    if function not in _SPLITS:
        return [] if len(facts["tables"]) == 1 else ["splits = ...  # tables by name"]
    given = _mapping(recipe.get("arguments")) or recipe
    arguments = _keywords({name: given[name] for name in _SPLITS[function] if name in given})
    call = _call(f"cda.{function}", ["table", *arguments])
    place = given.get("split")  # of the splits of a cross-validation
    return [f"splits = {call}[{place - 1}]" if isinstance(place, int) else f"splits = {call}"]


def _exporting(facts: Facts) -> str:
    split = ["splits=splits"] if _splitting(facts) else []
    secret = ["secret=..."] if facts["keyed_ids"] else []
    choices = _keywords({name: facts[name] for name in ("for_spreadsheet", "min_users")})
    return _call("cda.export_dataset", ["table", '"folder"', *split, *secret, *choices])


def _keywords(arguments: Mapping[str, Any]) -> list[str]:
    named = {name: value for name, value in arguments.items() if _NAME.fullmatch(name)}
    return [f"{name}={_literal(value)}" for name, value in named.items()]


def _literal(value: Any) -> str:
    return one_line(repr(plain(value)))


def _call(function: str, arguments: Sequence[str]) -> str:
    """Return a call in one line, or with a line for each argument where that is too long."""
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= _WIDTH:
        return line
    return f"{function}(\n    " + ",\n    ".join(arguments) + ",\n)"
