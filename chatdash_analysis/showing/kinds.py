"""What each column of an analysis holds, and the heading that readers see: said once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from chatdash_analysis.schema import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["NUMBERS", "OWN_PREFIXES", "Kind", "Meaning", "affixes", "heading_of", "meaning_of"]

Kind = Literal[
    "rate", "points", "change", "count", "number", "score", "minutes", "days",
    "money", "p", "moment", "weekday", "hour", "bytes", "yes_no", "flags", "code", "text",
    "value", "own",
]  # fmt: skip
# Kinds whose cells stand at the right.
NUMBERS = frozenset(
    {"rate", "points", "change", "count", "number", "score", "minutes", "days",
     "money", "p", "bytes"}
)  # fmt: skip

_SAID: dict[Kind, dict[str, str]] = {
    "rate": {
        "rate": "Rate", "rate_strict": "Rate, strict rule", "rate_loose": "Rate, loose rule",
        "rest_rate": "Rate of all others", "expected_rate": "Expected rate",
        "raw_rate": "Rate as judged", "corrected_rate": "Corrected rate",
        "shrunken_rate": "Shrunken rate", "success_rate": "Success rate",
        "recontact_rate": "Recontact rate", "overall": "Rate of all",
        "worst": "Rate if all unknown failed", "best": "Rate if all unknown succeeded",
        "limit": "Range expected by chance (95 %)",
        "limit_998": "Range expected by chance (99.8 %)",
        "p_better": "Chance to be above the median", "share": "Share",
        "share_of_change": "Share of the change", "coverage": "Coverage",
        "eligible_coverage": "Coverage where possible", "first_coverage": "Coverage at first",
        "last_coverage": "Coverage at last", "settled": "Settled", "never": "Never judged",
        "sensitivity": "Sensitivity", "specificity": "Specificity", "agreement": "Agreement",
        "lost_share": "Share lost", "number_like": "Like numbers", "boolean_like": "Like yes or no",
        "overlap": "Overlap",
    },
    "points": {
        "difference": "Difference", "adjusted_difference": "Adjusted difference",
        "control_difference": "Difference of the control agents",
        "mix": "From the mix", "within": "From within", "total": "Change",
    },
    "change": {"log_change": "Change (log)"},
    "count": {
        "n": "n", "successes": "Successes", "unknown": "Unknown", "excluded": "Excluded",
        "users": "People", "people": "People", "conversations": "Conversations",
        "queries": "Questions", "questions": "Distinct questions", "exposure": "All conversations",
        "duration_minutes_n": "Conversations with a length", "cost_n": "Conversations with a cost",
        "at_risk": "At risk", "returned": "Came back", "matched": "Comparable",
        "unmatched": "Not comparable", "effective_n": "Effective n", "adjusted_n": "Compared",
        "strata_n": "Strata", "field_n": "n of the field",
        "control_n_before": "Control agents before", "control_n_after": "Control agents after",
        "placebos": "Earlier dates", "as_large": "As large", "levels": "Levels", "rows": "Rows",
        "values": "Values", "eligible": "Conversations that could have it",
        "eligible_values": "Values where possible", "periods": "Periods",
        "covered_periods": "Periods with values", "distinct": "Distinct values",
        "nothing": "Say nothing", "conflicts": "Conflicts", "null_tokens": "Words for nothing",
        "with_value": "With a value", "identified": "With a known person",
        "without_user": "Without a person", "agents": "Agents", "count": "Count",
        "before_conversations": "Conversations before", "before_users": "People before",
        "before_exposure": "All conversations before", "cluster_users": "People in all",
        "never_n": "Followed", "judged": "Judged", "unjudged": "Not judged",
        "n_labelled": "Judged by people", "users_labelled": "People behind these",
        "unlabelled": "Left empty", "no_verdict": "Without a verdict",
        "true_positives": "True positives", "false_positives": "False positives",
        "false_negatives": "False negatives", "true_negatives": "True negatives",
        "lost": "Lost", "distinct_lost": "Distinct values lost",
        "missing": "Missing", "rank": "Rank", "contact": "Contact number", "position": "Position",
        "version": "Version",
        "misunderstood_count": "Questions not understood",
        "recoverable": "Successes to gain", "shrunken_recoverable": "Successes to gain, shrunken",
        "recoverable_per_week": "Successes to gain a week",
        "per_1000": "Per 1,000 conversations", "handoff_successes": "Handed off",
        "no_answer_successes": "Not answered",
    },
    "number": {
        "ratio": "Ratio to before", "lift": "Ratio of rates",
        "conversations_per_user": "Conversations a person",
    },
    "value": {
        "minimum": "Smallest", "median": "Median", "maximum": "Largest", "value": "Value",
        "x": "x", "y": "y",
    },
    "score": {
        "strength": "Strength", "auc": "AUC", "field_strength": "Strength of the field",
        "cohesion": "Cohesion", "stability": "Stability", "confidence": "Confidence",
        "rename_score": "Likeness of names", "cohen_kappa": "Cohen's kappa",
        "gwet_ac1": "Gwet's AC1", "attenuation": "Attenuation",
    },
    "minutes": {"duration_minutes": "Length", "duration_minutes_mean": "Mean length"},
    "days": {
        "days": "Days", "delay_days": "Delay", "within_days": "Within",
        "trailing_days": "To read again", "settled_after_days": "Settled after",
        "longest_days": "Longest delay seen", "resolution_days": "Time between looks",
    },
    "money": {
        "cost": "Cost", "cost_total": "Total cost", "cost_per_success": "Cost per success",
    },
    "p": {
        "p_value": "p value", "q_value": "q value", "adjusted_p_value": "Adjusted p value",
        "placebo_p": "Placebo p", "field_p_value": "p value of the field",
        "field_q_value": "q value of the field",
    },
    "moment": {
        "start": "Start", "at": "At", "end": "End", "cohort": "Cohort from", "period": "Period",
        "first_seen": "First seen", "last_seen": "Last seen", "fixed_at": "Fixed at",
        "first": "First", "last": "Last", "covered_from": "Loaded from", "covered_to": "Loaded to",
        "month": "Month", "provisional_since": "Provisional since",
        "last_unjudged_at": "Last seen without a verdict",
        "first_judged_at": "First seen with a verdict", "last_seen_at": "Last seen",
    },
    "weekday": {"weekday": "Weekday"},
    "hour": {"hour": "Hour"},
    "bytes": {"bytes": "Size"},
    "yes_no": {
        "evaluation_is_success": "Success", "business": "Business hours",
        "observed": "The date itself", "complete": "Complete", "provisional": "Provisional",
        "ok": "Sound", "human_verdict": "Verdict of a person",
    },
    "flags": {"flags": "Notes", "refused": "Why not"},
    "code": {
        "stage": "Stage", "ended_family": "Ended because",
        "family": "Family", "fault_side": "Side", "state": "State", "status": "Status",
        "kind": "Kind", "known_at": "Known at", "strength_measure": "Measure of strength",
        "stability_grade": "Grade", "unassigned_reason": "Why unassigned", "correction": "Method",
        "check": "Check", "conflict": "Conflict", "converted": "Converted", "event": "Event",
        "to": "To", "scope": "Scope",
    },
    "text": dict.fromkeys(
        (
            "reason", "reasons", "column", "path", "dtype", "unit", "pii", "description", "field",
            "level", "raw_key", "top_values", "renamed_from", "renamed_to", "key", "user_ids",
            "agent_ids", "rule", "query_id", "question", "prepared", "scrubbed", "normal_form",
            "duplicate_group", "language", "languages", "cluster_id", "label", "key_phrase",
            "cost_unit", "cost_platform", "note", "variants", "suggested_answer", "detail",
            "cohort_label", "period_label", "contact_label", "human_note", "sampling_code",
            "user_id", "user_key", "split", "side", "feature", "advice", "lost_forms",
            "lost_values", "file", "problem", "base_url", "combinations", "other_id", "group",
            "client_id", "client_name", "text",
        ),
        "",
    ),
}  # fmt: skip
_HEADINGS = {
    "agent_id": "Agent", "cluster_id": "Cluster", "agent_ids": "Ids of agents",
    "country_code": "Country", "created_at": "Started", "label": "Topic",
    "cohort_label": "Cohort", "period_label": "Period", "contact_label": "Contact",
    "os": "Operating system", "pii": "Personal data",
    "url": "URL", "base_url": "Service", "ip_address": "IP address", "user_id": "Person",
    "user_ids": "Persons", "other_id": "Other cluster",
    "raw_key": "Field as sent", "dtype": "Type", "key_phrase": "Key phrase",
    "cost_platform": "In the unit of",
}  # fmt: skip
# Columns by which tables are known whose rates are none of success: by one of them alone a table
# of one's own could be split.
_ENDED, _STAGES, _RESOLVED = "fault_side share", "platform stage", "recontact_rate"
# The same name stands for something else beside other columns, or where its values are of
# another kind: the first of which all are there.
_BESIDE: dict[str, tuple[tuple[str, Kind, str], ...]] = {
    "n": (
        (_ENDED, "count", "Calls with a reason"),
        ("unknown", "count", "Known"), ("n_before", "count", "Known"),
        ("settled", "count", "Verdicts"), ("trailing_days", "count", "Verdicts"),
        ("advice", "count", "Rows"), ("cluster_id", "count", "Questions"),
    ),
    "n_before": (("n_after", "count", "Known before"),),
    "n_after": (("n_before", "count", "Known after"),),
    # What went well is not always what a table counts.
    "successes": (
        (_ENDED, "count", "Calls that ended so"),
        (_STAGES, "count", "Came through"),
        (_RESOLVED, "count", "Resolved so far"),
    ),
    "unknown": ((_ENDED, "count", "Without a reason"),),
    "rate": (
        (_ENDED, "rate", "Share of calls with a reason"),
        (_RESOLVED, "rate", "Resolved for good"),
    ),
    "share": ((_ENDED, "rate", "Share of all"),),
    "users": (("people", "count", "People behind the rate"),),
    "note": (("recoverable", "text", "How to read it"),),
    "total": (("check", "count", "Of"),),
    "limit": (("value", "value", "Limit"),),
    "converted": (("lost", "count", "Converted"),),
    "period": (("cohort", "count", "Period number"),),
    # Common words, which stand for something else in tables of one's own.
    "day": (("at_risk", "count", "Days since"),),
    "part": (("share", "code", "Part of the week"), ("excluded", "code", "Part of the week")),
}  # fmt: skip
_PREFIXES = {"handoff_": "Hand-off", "no_answer_": "No answer"}
_SUFFIXES = {"_before": "before", "_after": "after"}
# Fields of the agencies' own: no name of theirs says what they hold.
OWN_PREFIXES = ("custom_", "metadata_")


@dataclass(frozen=True)
class Meaning:
    """What a column holds.

    Attributes
    ----------
    kind : str
        How its values are written; "own" where only their type tells.
    heading : str
        What readers see above it.
    """

    kind: Kind
    heading: str


def _by_name() -> dict[str, Meaning]:
    said = {
        name: Meaning(kind, heading or heading_of(name))
        for kind, headings in reversed(_SAID.items())
        for name, heading in headings.items()
    }
    return {**_of_conversations(), **said}


def _of_conversations() -> dict[str, Meaning]:
    kinds: dict[str, Kind] = {"instant": "moment", "flag": "yes_no", "count": "count"}
    return {
        name: Meaning(kinds.get(column.kind, "text"), heading_of(name))
        for name, column in BY_NAME.items()
    }


def heading_of(name: str) -> str:
    """Return the name of a column in words: ``custom_call_intent`` is "Call intent"."""
    if name in _HEADINGS:
        return _HEADINGS[name]
    own = next((name.removeprefix(start) for start in OWN_PREFIXES if name.startswith(start)), name)
    text, _, mark = own.partition("__")
    words = " ".join(text.replace("_", " ").split())
    if not words:
        return name
    return words[:1].upper() + words[1:] + (f" ({mark})" if mark else "")


_MEANINGS = _by_name()


def meaning_of(name: str, names: Collection[str]) -> Meaning:
    """Return what a column holds in a table with these columns."""
    for companions, kind, heading in _BESIDE.get(name, ()):
        if set(companions.split()) <= set(names):
            return Meaning(kind, heading)
    if name in _MEANINGS:
        return _MEANINGS[name]
    prefix, base, suffix = affixes(name)
    if (prefix or suffix) and base in _MEANINGS:
        return _with_affixes(prefix, meaning_of(base, {*names, "unknown"}), suffix)
    if name.startswith("mix_"):
        return Meaning("points", f"From the mix of {heading_of(name[4:]).lower()}")
    return Meaning("own", heading_of(name))


def affixes(name: str) -> tuple[str, str, str]:
    """Return what stands before and after the plain name: ``handoff_``, ``rate``, nothing."""
    if name in _MEANINGS or name.startswith(OWN_PREFIXES):
        return "", name, ""
    prefix = next((own for own in _PREFIXES if name.startswith(own)), "")
    suffix = next((own for own in _SUFFIXES if name.endswith(own)), "")
    return prefix, name[len(prefix) : len(name) - len(suffix)], suffix


def _with_affixes(prefix: str, meaning: Meaning, suffix: str) -> Meaning:
    heading = meaning.heading
    if prefix:
        heading = f"{_PREFIXES[prefix]}: {heading.lower()}"
    return Meaning(meaning.kind, f"{heading} {_SUFFIXES.get(suffix, '')}".rstrip())
