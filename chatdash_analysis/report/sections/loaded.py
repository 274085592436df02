"""What the report stands on: what was loaded, what is missing, and what is compared."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chatdash_analysis.errors import MissingColumnsError
from chatdash_analysis.loading.quality import quality_report
from chatdash_analysis.report.labels import AGENT, with_agents
from chatdash_analysis.report.origins import says_what_was_loaded
from chatdash_analysis.report.parts import Section, Table
from chatdash_analysis.report.phrases import counted, listed, quoted, shown
from chatdash_analysis.segments import rates_by
from chatdash_analysis.showing.numbers import count, percent
from chatdash_analysis.spans import gaps_of, local_text

if TYPE_CHECKING:
    import pandas as pd

    from chatdash_analysis.report.parts import Material
    from chatdash_analysis.report.periods import Period

__all__ = ["loaded_section"]

_TITLE = "What this report stands on"
# Of so many names and stretches sentences speak.
_SPOKEN = 5
# So long without conversations, and part of a period may not have been loaded.
_SILENT = timedelta(days=3)
_EXPECTED = ("rows", "coverage", "gap", "rejected_rows")
_WORDS = {
    "coerced": "Values that were turned into the type of their column",
    "rejected": "Values that did not fit their column and count as missing",
    "unknown_property": "Properties that are kept, but not used",
    "replaced_characters": "Texts with broken characters",
    "missing_id": "Conversations without an id",
    "conflict": "Values of fields that hold several types",
    "name_clash": "Values of fields that share their name with another field",
    "no_column": "Values of fields beyond the largest number of columns",
    "ingestion_gap": "Stretches without any conversation, longer than usual",
    "unit": "Costs or lengths that look like another unit than usual",
}


def loaded_section(material: Material) -> Section:
    """Say what was loaded, what is missing, and which period is compared with which.

    Returns
    -------
    Section
        Facts in sentences, the agents, and what the quality report found.
    """
    named = with_agents(material.conversations)
    findings = _findings(material)
    return Section(
        "loaded",
        _TITLE,
        [
            _periods_words(material),
            _agents_words(named, material),
            _extent_words(material),
            _known_words(material),
        ],
        [_agent_table(named, material), *_quality_table(findings, material)],
        [*_missing(material), *_silences(findings, named)],
    )


def _periods_words(material: Material) -> str:
    now, before = material.now, material.before
    return (
        f"This report is on {now.label} ({_size(material.current, now)}), compared with"
        f" {before.label} ({_size(material.previous, before)})."
        f" Days and hours are those of {material.tz}."
    )


def _size(conversations: pd.DataFrame, period: Period) -> str:
    return f"{counted(period.days, 'day')}, {counted(len(conversations), 'conversation')}"


def _agents_words(named: pd.DataFrame, material: Material) -> str:
    agents = sorted(material.now.of(named)[AGENT].dropna().unique())
    if not agents:
        return "The conversations name no agent."
    if "agent_name" not in material.current:
        return f"They are of {counted(len(agents), 'agent')}, listed in the table below."
    told = [shown(name, most=60) for name in agents[:_SPOKEN]]
    if len(agents) > _SPOKEN:
        told.append(f"{count(len(agents) - _SPOKEN)} more")
    return f"They are of {counted(len(agents), 'agent')}: {listed(told)}."


def _extent_words(material: Material) -> str:
    frame = material.conversations
    first, last = (local_text(frame["created_at"].iloc[end], material.tz) for end in (0, -1))
    return (
        f"For people who come back and for trends, {counted(len(frame), 'conversation')} count,"
        f" from {first} to {last}. Nothing after {material.now.label} is looked at."
    )


def _known_words(material: Material) -> str:
    current = material.current
    rates = rates_by(current.assign(all="all"), "all", outcome=material.outcome).iloc[0]
    people = percent(current["user_id"].notna().mean())
    judged = "judged by the service" if material.outcome == "evaluation_is_success" else "told"
    source = "" if judged != "told" else f" by the field {quoted(material.outcome)}"
    return (
        f"Success is {judged}{source}: for {counted(rates['n'], 'conversation')} it is known, for"
        f" {count(rates['unknown'])} it is not, and {count(rates['excluded'])} could not have"
        f" one. A person is known behind {people} of the conversations."
    )


def _agent_table(named: pd.DataFrame, material: Material) -> Table:
    return Table(
        f"Agents, and of how many conversations success is known, {material.now.label}",
        "rates_by: of known ones somebody judged whether they went well; unknown ones never count"
        " as failures; where nobody took part or answered there was nothing to judge.",
        rates_by(material.now.of(named), AGENT, outcome=material.outcome),
        [AGENT, "n", "unknown", "excluded"],
    )


def _findings(material: Material) -> pd.DataFrame | None:
    """Return what the quality report found since the earlier period; None without its columns."""
    frame = material.conversations
    # With what lies between the periods, or that would look like a silence.
    frame = frame[frame["created_at"] >= material.before.start]
    # What was loaded after the period is not in the table, so it is no silence.
    frame.attrs = {"chatdash": _until_the_end(material)}
    try:
        report = quality_report(frame)
    except MissingColumnsError:
        return None
    return report[~report["check"].isin(_EXPECTED)]


def _until_the_end(material: Material) -> dict[str, Any]:
    origin = material.conversations.attrs.get("chatdash")
    told = dict(origin) if isinstance(origin, dict) else {}
    if told.get("end"):
        told["end"] = material.now.end.isoformat()
    return told


def _quality_table(findings: pd.DataFrame | None, material: Material) -> list[Table]:
    if findings is None or findings.empty:
        return []
    # One field can have the same in several agents.
    words = findings.assign(finding=findings["check"].map(_WORDS).fillna(findings["check"]))
    table = words.groupby("finding", as_index=False).agg(
        agents=("agent_id", "nunique"), count=("count", "sum")
    )
    return [
        Table(
            f"What is remarkable about the data from {material.before.label} to"
            f" {material.now.label}",
            "quality_report: how often each kind of finding was met; a value can have several.",
            table,
            ["finding", "agents", "count"],
        )
    ]


def _missing(material: Material) -> list[str]:
    return [
        *_unknown_notes(material),
        *_gap_notes(material),
        *_rejected_notes(material),
        *_undated_notes(material),
        *_impossible_notes(material),
    ]


def _unknown_notes(material: Material) -> list[str]:
    if says_what_was_loaded(material.conversations):
        return []
    unknown = "The data do not say from when to when they were loaded, so nothing tells whether"
    return [f"{unknown} any conversations are missing.", *_reach_notes(material)]


def _reach_notes(material: Material) -> list[str]:
    """Say where conversations begin late in a period, or end early, as part of a load would."""
    notes = []
    for period in (material.before, material.now):
        created = period.of(material.conversations)["created_at"]
        if created.empty:
            continue
        first, last = created.min(), created.max()
        if max(first - period.start, period.end - last) > _SILENT:
            span = " to ".join(local_text(moment, material.tz) for moment in (first, last))
            few = "if other days were not loaded, its totals and numbers per day are too small."
            notes.append(f"{period.label} has conversations from {span} only: {few}")
    return notes


def _gap_notes(material: Material) -> list[str]:
    start, end = material.before.start, material.now.end
    held = {
        f"{local_text(gap.start, material.tz)} to {local_text(gap.end, material.tz)}"
        for gap in gaps_of(material.conversations)
        if gap.start < end and start < gap.end
    }
    if not held:
        return []
    stretches = _some(sorted(held))
    missing = f"Not everything could be loaded: conversations from {stretches} are missing."
    return [f"{missing} The numbers of these days are too small."]


def _some(texts: list[str]) -> str:
    more = [f"{count(len(texts) - _SPOKEN)} more stretches"] if len(texts) > _SPOKEN else []
    return listed([*texts[:_SPOKEN], *more])


def _rejected_notes(material: Material) -> list[str]:
    origin = material.conversations.attrs.get("chatdash")
    rejected = origin.get("rejected", 0) if isinstance(origin, dict) else 0
    if not rejected:
        return []
    return [f"{counted(rejected, 'answer')} of the service could not be read as conversations."]


def _undated_notes(material: Material) -> list[str]:
    if not material.undated:
        return []
    return [f"{counted(material.undated, 'conversation')} without a date are left out."]


def _impossible_notes(material: Material) -> list[str]:
    if not material.impossible:
        return []
    held = counted(material.impossible, "conversation")
    return [f"{held} had a length or a cost that is negative or infinite; it counts as missing."]


def _silences(findings: pd.DataFrame | None, named: pd.DataFrame) -> list[str]:
    if findings is None:
        return ["The table lacks columns of a full load, so its quality could not be checked."]
    names = named.drop_duplicates("agent_id").set_index("agent_id")[AGENT]
    rows = findings[findings["check"] == "ingestion_gap"]
    told = [
        f"{shown(names.get(row['agent_id'], row['agent_id']), most=60)} had {row['detail']} UTC,"
        " which is unusually long. Was it switched off?"
        for row in rows.tail(_SPOKEN).to_dict("records")
    ]
    more = len(rows) - len(told)
    return [*told, *([f"{counted(more, 'earlier silence')} like this."] if more else [])]
