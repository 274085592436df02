"""The flags and codes of the analyses in words; what is not known here stands as it is."""

from __future__ import annotations

__all__ = ["CODES", "WORDS", "note_words"]

WORDS = {
    # Rates of any kind.
    "no_known": "no outcome is known",
    "small_n": "too few for a rate",
    "few_users": "few people",
    "one_outcome": "all outcomes are the same",
    "gap": "part could not be loaded",
    "undated": "some have no date",
    "no_value": "no value",
    "no_rate": "no rate",
    # Groups.
    "no_handoff_seen": "no hand-off seen",
    "reach_not_loaded": "unanswered ones were not loaded",
    "mixed_cost_units": "costs in several units",
    "odd_cost_unit": "unit of costs unclear",
    "not_recorded": "not recorded by the platform",
    "no_log": "no change of a rate of nought",
    "simpson": "turns round when compared like with like",
    "no_overlap": "nothing to compare with",
    "outside_998": "far outside of the expected range",
    "outside_95": "outside of the expected range",
    "single": "only one group",
    "mixed_platforms": "several platforms",
    # Cohorts.
    "immature": "not over for all people",
    "left_truncated": "perhaps here before the data begin",
    "short_follow_up": "not followed for so long",
    # Periods that are compared.
    "new": "new",
    "vanished": "gone",
    "coverage_changed": "share of unknown changed",
    "sparse_cells": "many small groups",
    "weekday_imbalance": "not whole weeks",
    "few_placebos": "few earlier dates",
    "unmatched_mix": "groups of one period only",
    "unsettled": "verdicts may still come",
    "starts_late": "starts late",
    "ends_early": "ends early",
    # Questions that were not understood.
    "unstable": "unstable",
    "few_people": "too few people",
    "unmatched": "many without a comparison",
    "no_reference": "nothing to compare with",
    "short_span": "less than a week",
    "unclustered": "some are not in a cluster",
    "partial": "not complete",
    "short_baseline": "short time before",
    # Fields.
    "after_outcome": "known after the outcome",
    "may_restate_outcome": "may restate the outcome",
    "constant": "always the same",
    "near_unique": "nearly always different",
    "personal": "names people",
    "list": "a list",
    "instant": "a date",
    "before": "before the first value",
    "after": "after the last value",
    "no_column": "only in the JSON",
    "number_like": "reads like numbers",
    "boolean_like": "reads like yes or no",
    "mostly_nothing": "mostly says nothing",
    "hidden": "some values are hidden",
    "ended": "ended",
    "unconnected": "values where nobody was reached",
    "no_values": "no value that says something",
    "no_users": "people unknown",
    # Verdicts.
    "few_verdicts": "few verdicts",
    "upper_bound": "may be too late",
    "coarse": "looks too far apart",
    "cut_short": "verdicts still came",
    "no_verdicts": "no verdicts",
    "not_followed": "verdicts were not followed",
    "no_curve": "not known how verdicts come",
    "no_weights": "no sampling codes",
    "few_users_labelled": "few people behind the labels",
    "many_unlabelled": "many left empty",
    "one_verdict": "all verdicts are the same",
    "few_labels": "few labels",
    "one_answer": "all labels are the same",
    "weak_judge": "verdicts tell too little",
    "no_audit": "not audited",
}
# Codes whose words are not those of their names.
CODES = {"cramers_v": "Cramér's V", "auc": "AUC", "business": "business hours", "ivr": "phone menu"}


def note_words(flags: str) -> str:
    """Return flags, joined by commas, in words; each once."""
    names = dict.fromkeys(flag.strip() for flag in flags.split(","))
    return ", ".join(WORDS.get(name, name) for name in names if name)
