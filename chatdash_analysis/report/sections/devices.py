"""Devices, operating systems and browsers: where they are known, and whether they differ."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from chatdash_analysis.devices.summary import device_coverage, device_summary
from chatdash_analysis.report.labels import (
    by_size,
    largest,
    plain_labels,
    several,
    shared_labels,
)
from chatdash_analysis.report.parts import Section, Table
from chatdash_analysis.report.phrases import counted, listed, shown
from chatdash_analysis.report.rate_figures import rates_part
from chatdash_analysis.report.wording import (
    INTERVALS,
    no_conversations,
    points_range,
    records,
    success_words,
)
from chatdash_analysis.showing.numbers import count, is_missing, percent

if TYPE_CHECKING:
    import pandas as pd

    from chatdash_analysis.report.parts import Material

__all__ = ["devices_section"]

_TITLE = "Devices"
_NOUNS = {"device": "device", "os": "operating system", "browser": "browser"}
_FAMILIES = (
    "Names of devices are put together in families; versions do not count. Names that too few"
    " people share are among “other”."
)
# What differs between agents must not look like a difference of devices.
_STRATA = "agent_id"
# Of so many groups sentences speak; the table has all.
_SPOKEN = 4


def devices_section(material: Material) -> Section:
    """Say for which conversations a device is known, and whether success differs between them.

    Returns
    -------
    Section
        Coverage, and success by device, operating system and browser.
    """
    current = shared_labels(
        plain_labels(material.current, ["channel"]), ["channel", *_NOUNS], material.min_users
    )
    if current.empty:
        return Section("devices", _TITLE, [no_conversations(material.now.label)])
    coverage = device_coverage(current)
    known, covered = _known(current), _coverage_table(coverage, material)
    if not known.any():
        return Section("devices", _TITLE, [_nothing_known(material)], [covered])
    tables = {name: _summary(current, name, material) for name in _NOUNS}
    parts = [
        rates_part(table, _table(table, name, material), labels=[name], size="n")
        for name, table in tables.items()
        if len(table)
    ]
    return Section(
        "devices",
        _TITLE,
        [
            _coverage_words(current, coverage),
            *_rate_words(tables["device"]),
            *_difference_words(tables),
        ],
        [*parts, covered],
        [_FAMILIES],
    )


def _nothing_known(material: Material) -> str:
    return (
        f"No conversation from {material.now.label} says which device it came from, so nothing can"
        " be told about devices. Calls and messengers do not say it; chats in a widget do."
    )


def _known(current: pd.DataFrame) -> pd.Series:
    """Tell which conversations say anything about a device, system or browser."""
    held = current[list(_NOUNS)]
    return (held.notna() & held.ne("").fillna(value=False)).any(axis=1)


def _summary(current: pd.DataFrame, name: str, material: Material) -> pd.DataFrame:
    with warnings.catch_warnings():
        # Said in a sentence.
        warnings.filterwarnings("ignore", "Against the rest", category=UserWarning)
        table = device_summary(current, name, outcome=material.outcome, strata=_strata(current))
    # Conversations without a value are those of another table.
    named = table[table[name].notna()]
    return by_size(plain_labels(named, [name]), "n")


def _strata(current: pd.DataFrame) -> list[str]:
    """Return what is held fixed: the agent, where several have conversations with a device."""
    return [_STRATA] if several(current[_known(current)], _STRATA) else []


def _coverage_words(current: pd.DataFrame, coverage: pd.DataFrame) -> str:
    whole = device_coverage(current, ())
    row = records(whole[whole["column"] == "device"])[0]
    return (
        f"The device is known for {count(row['with_value'])} of"
        f" {counted(row['conversations'], 'conversation')} ({percent(row['coverage'])}). "
        f"{_channels_words(coverage[coverage['column'] == 'device'])}"
    )


def _channels_words(coverage: pd.DataFrame) -> str:
    known = coverage[coverage["with_value"] > 0]
    told = [
        f"{shown(row['channel'])} {percent(row['coverage'])}"
        for row in records(largest(known, "with_value", most=_SPOKEN)[0])
    ]
    silent = len(coverage) - len(known)
    words = [f"By channel: {listed(told)}."] if told else []
    if silent:
        words.append(f"In {counted(silent, 'channel')} it is never known; calls do not say it.")
    return " ".join([*words, "What follows is about conversations with a known device only."])


def _rate_words(table: pd.DataFrame) -> list[str]:
    return [
        f"{shown(row['device'])}: {success_words(row)}."
        for row in records(largest(table, "n", most=_SPOKEN)[0])
    ]


def _difference_words(tables: dict[str, pd.DataFrame]) -> list[str]:
    compared = {name: own for name, own in tables.items() if own["difference"].notna().any()}
    if not compared:
        return ["Too few are judged to compare devices with each other."]
    clear = {name: _clear(table) for name, table in compared.items()}
    told = [
        f"{shown(row[name])} differs from all other {_NOUNS[name]}s by"
        f" {points_range(row, 'difference')}{_adjusted_words(row)}."
        for name, rows in clear.items()
        for row in rows[:_SPOKEN]
    ]
    same = [f"{_NOUNS[name]}s" for name, rows in clear.items() if not rows]
    silent = [f"Between {listed(same)} no difference of success is clear of chance."]
    return [*told, *(silent if same else [])]


def _clear(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the groups that differ from the others by more than chance, of many comparisons."""
    compared = table[table["difference"].notna()]
    # Of two groups the one is the other turned round.
    once = compared.iloc[:1] if len(compared) == 2 else compared
    beyond = (once["difference_low"] > 0) | (once["difference_high"] < 0)
    return records(once[beyond & once["q_value"].lt(0.05)])


def _adjusted_words(row: dict[str, Any]) -> str:
    """Return the difference inside agents; nothing where there is one agent only."""
    if is_missing(row["adjusted_difference"]):
        return ""
    inside = f"; inside the same agents by {points_range(row, 'adjusted_difference')}"
    turned = ", the other way round: the agents make the difference, not the devices"
    return inside + (turned if "simpson" in row["flags"] else "")


def _table(table: pd.DataFrame, name: str, material: Material) -> Table:
    held = table["adjusted_difference"].notna().any()
    fixed = " The adjusted difference compares inside the same agents." if held else ""
    return Table(
        f"Success by {_NOUNS[name]}, {material.now.label}",
        f"device_summary: the difference is to all other groups together; a sentence names it only"
        f" where it is clear of chance, with all groups counted in. {INTERVALS}{fixed}",
        table,
        [
            name, "n", "unknown", "excluded", "rate", "difference",
            *(["adjusted_difference"] if held else []), "flags",
        ],
    )  # fmt: skip


def _coverage_table(coverage: pd.DataFrame, material: Material) -> Table:
    return Table(
        f"For which share of conversations the device is known, {material.now.label}",
        "device_coverage: conversations with a value, by channel.",
        coverage.assign(column=coverage["column"].map(_NOUNS)),
        ["channel", "column", "conversations", "with_value", "coverage"],
    )
