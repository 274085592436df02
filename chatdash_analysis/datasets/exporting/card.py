"""The card of a data set: what is in it, what is not, and how to use it, in Markdown."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from chatdash_analysis.datasets.exporting.making import recipe_section, source_section
from chatdash_analysis.datasets.exporting.markdown import (
    bullets,
    escaped,
    name,
    one_line,
    quoted,
    table,
)
from chatdash_analysis.datasets.exporting.usage import loading_section

if TYPE_CHECKING:
    from collections.abc import Mapping

    Facts = Mapping[str, Any]

__all__ = ["dataset_card"]

_FINDING = (
    "status", "check", "split", "side", "feature", "value", "low", "high", "limit", "n", "people",
    "advice",
)  # fmt: skip
_SIZES = {10**3: "n<1K", 10**4: "1K<n<10K", 10**5: "10K<n<100K", 10**6: "100K<n<1M"}


def dataset_card(facts: Facts, title: str) -> str:
    """Return the card that says what the recipe of a data set says, for people."""
    sections = [
        _front_matter(facts, title),
        f"# {escaped(title)}",
        _introduction(facts),
        _section("Parts", _parts(facts)),
        _section("Target", _target(facts)),
        _section("What was loaded", source_section(facts)),
        _section("Rows that are not in it", _dropped(facts)),
        _section("Features", _features(facts)),
        _section("Columns that are no features", _left_out(facts)),
        _section("Personal data", bullets(escaped(line) for line in facts["privacy"])),
        _section("Leaks", _leaks(facts)),
        _section("Recipe", recipe_section(facts)),
        _section("Content hash", _hash(facts)),
        _section("How to load it", loading_section(facts)),
    ]
    return "\n\n".join(sections) + "\n"


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}"


def _front_matter(facts: Facts, title: str) -> str:
    """Return the YAML by which Hugging Face datasets find the files."""
    rows = sum(part["rows"] for part in facts["tables"].values())
    size = next((label for limit, label in _SIZES.items() if rows < limit), "n>1M")
    kind = "regression" if facts["task"] == "regression" else "classification"
    lines = [
        f"pretty_name: {quoted(title)}",
        f"task_categories:\n- tabular-{kind}",
        f"size_categories:\n- {size}",
        "configs:\n- config_name: default\n  data_files:",
    ]
    lines += [
        f"  - split: {part['split']}\n    path: {part['file']}" for part in facts["tables"].values()
    ]
    return "\n".join(["---", *lines, "---"])


def _introduction(facts: Facts) -> str:
    rows = sum(part["rows"] for part in facts["tables"].values())
    columns = "feature" if len(facts["features"]) == 1 else "features"
    return (
        f"{rows:,} conversations, one a row, with {len(facts['features']):,} {columns} that are"
        f" known at a conversation's {escaped(facts['at'])}. To be predicted is"
        f" {name(facts['target'])} ({facts['task']})."
    )


def _parts(facts: Facts) -> str:
    rows = [
        [
            name(part),
            f"`{entry['file']}`",
            f"{entry['rows']:,}",
            f"{entry['people']:,}",
            entry["first"] or "-",
            entry["last"] or "-",
        ]
        for part, entry in facts["tables"].items()
    ]
    shown = table(["Part", "File", "Rows", "People", "First", "Last"], rows)
    both = facts["people_in_several_parts"]
    note = "No person is in two parts." if not both else f"{both:,} people are in several parts."
    alone = "A conversation of nobody known counts as a person of its own."
    return f"{shown}\n\n{note} {alone}" if len(rows) > 1 else f"{shown}\n\n{alone}"


def _target(facts: Facts) -> str:
    if facts["task"] == "regression":
        keys = ("mean", "sd", "p10", "p50", "p90")
        rows = [
            [name(entry["part"]), *(_number(entry[key]) for key in keys)]
            for entry in facts["classes"]
        ]
        return table(["Part", "Mean", "Standard deviation", "10 %", "Median", "90 %"], rows)
    parts = facts["tables"]
    rows = [
        [
            _class_name(entry["label"], facts["min_users"]),
            *(_with_share(entry["rows"][part], parts[part]["rows"]) for part in parts),
        ]
        for entry in facts["classes"]
    ]
    return table([f"Class of {name(facts['target'])}", *map(name, parts)], rows)


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4g}"


def _class_name(label: str | None, min_users: int) -> str:
    return f"(classes of fewer than {min_users} people)" if label is None else escaped(label)


def _with_share(count: int, total: int) -> str:
    return f"{count:,} ({count / total:.1%})" if total else "0"


def _dropped(facts: Facts) -> str:
    entries = [*facts["dropped"], *facts["dropped_by_split"]]
    if not entries:
        return "Every conversation that was given is in it."
    return table(
        ["Reason", "Rows"], [[escaped(entry["reason"]), f"{entry['rows']:,}"] for entry in entries]
    )


def _features(facts: Facts) -> str:
    if not facts["features"]:
        return "There are none."
    head = ["Feature", "Type", "Unit", "Known at", "Filled", "Personal", "Meaning"]
    rows = [
        [
            name(entry["feature"]),
            *(escaped(entry[field]) for field in ("dtype", "unit", "known_at")),
            _filled(entry["coverage"]),
            escaped(entry["pii"]),
            _meaning(entry, facts["min_users"]),
        ]
        for entry in facts["features"]
    ]
    return table(head, rows)


def _filled(coverage: Mapping[str, float]) -> str:
    shares = {part: f"{share:.1%}" for part, share in coverage.items()}
    if len(set(shares.values())) == 1:
        return next(iter(shares.values()))
    return ", ".join(f"{name(part)} {share}" for part, share in shares.items())


def _meaning(entry: Facts, min_users: int) -> str:
    source = f" From {name(entry['column'])}." if entry["column"] != entry["feature"] else ""
    if "labels" not in entry:
        return (escaped(entry["description"]) + (source if entry["column"] else "")).strip()
    labels = ", ".join(escaped(label) for label in entry["labels"])
    more = entry["labels_not_named"]
    rest = f" and {more:,} more (rarer, or of fewer than {min_users} people)" if more else ""
    described = escaped(entry["description"]) + (source if entry["column"] else "")
    return f"{described} Labels: {labels or 'none named'}{rest}.".strip()


def _left_out(facts: Facts) -> str:
    if not facts["left_out"]:
        return "There are none."
    rows = [
        [name(entry["column"]), escaped(entry["known_at"]), escaped(entry["reason"])]
        for entry in facts["left_out"]
    ]
    return table(["Column", "Known at", "Reason"], rows)


def _leaks(facts: Facts) -> str:
    findings = facts["lint"]
    if not findings:
        return "Not looked for."
    counts = Counter(str(finding["status"]) for finding in findings)
    said = ", ".join(f"{escaped(status)}: {count:,}" for status, count in counts.items())
    keys = [key for key in _FINDING if key in findings[0]]
    rows = [[_cell(finding[key]) for key in keys] for finding in findings]
    return f"What leak_lint found. {said}.\n\n{table([key.capitalize() for key in keys], rows)}"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return _number(value)
    return "-" if value is None else escaped(str(value))


def _hash(facts: Facts) -> str:
    return (
        f"`{one_line(facts['content_hash'])}`\n\nIt is made of the names, types and values of the"
        " tables, is the same on every machine, and does not depend on the order of the rows."
        ' `chatdash_analysis.verify_dataset("folder")` computes it anew.'
    )
