"""Every column of every public table says what it is."""

from __future__ import annotations

import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.showing.kinds import OWN_PREFIXES, affixes, heading_of, meaning_of
from chatdash_analysis.showing.layout import shown_columns
from chatdash_analysis.showing.notes import WORDS
from chatdash_analysis.showing.readable import readable_table
from tests.showing.public_tables import PublicTables, functions_with_tables


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return PublicTables(tmp_path_factory.mktemp("tables")).made()


def test_all_public_functions_that_return_a_table_are_here(tables):
    assert functions_with_tables() - set(tables) == set()
    assert len(functions_with_tables()) > 40


def without_kind(table):
    shown = shown_columns(list(table.columns), list(table.columns))
    return [own.name for own in shown if own.meaning.kind == "own" and not is_own(own.name)]


def is_own(name):
    return name.startswith(OWN_PREFIXES)


def test_every_column_has_a_kind_by_its_name(tables):
    nameless = {name: without_kind(table) for name, made in tables.items() for table in made}
    assert {name: columns for name, columns in nameless.items() if columns} == {}


def test_a_column_that_no_rule_knows_is_found():
    assert without_kind(pd.DataFrame(columns=["rate", "low", "high", "surprise"])) == ["surprise"]


def test_no_column_but_limits_and_units_gets_lost(tables):
    for made in tables.values():
        for table in made:
            shown = shown_columns(list(table.columns), list(table.columns))
            held = {name for own in shown for name in (own.name, *(own.limits or ()))}
            assert set(table.columns) - held <= {"cost_unit"}


def test_every_table_reads_without_a_warning_and_without_words_of_the_code(tables):
    for name, made in tables.items():
        for table in made:
            before = table.copy(deep=True)
            readable = readable_table(table)
            pd.testing.assert_frame_equal(table, before)
            assert readable.shape[0] == len(table), name
            assert (readable.dtypes == "str").all()
            assert readable.columns.is_unique
            assert not readable.isna().any(axis=None)
            assert not readable.isin(["nan", "NaN", "NaT", "<NA>", "None", "True"]).any(axis=None)


def test_no_table_shows_a_limit_alone_or_a_rate_without_its_counts(tables):
    for made in tables.values():
        for table in made:
            names = {own.name for own in shown_columns(list(table.columns), list(table.columns))}
            assert not [name for name in names if name.endswith(("_low", "_high", "low", "high"))]


def test_empty_tables_read_like_full_ones(tables):
    for made in tables.values():
        for table in made:
            empty, full = readable_table(table.iloc[:0]), readable_table(table)
            assert list(empty.columns) == list(full.columns)
            assert empty.attrs["right"] == full.attrs["right"]
            assert (empty.dtypes == "str").all()


def test_flags_of_all_tables_have_words(tables):
    flags = {
        flag.strip()
        for made in tables.values()
        for table in made
        for name in ("flags", "handoff_flags", "no_answer_flags", "refused")
        if name in table
        for cell in table[name].dropna()
        for flag in cell.split(",")
    }
    assert flags - {""} <= set(WORDS)
    assert len(flags) > 15


@pytest.mark.parametrize(
    ("name", "beside", "kind", "heading"),
    [
        ("rate", [], "rate", "Rate"),
        ("n", ["unknown"], "count", "Known"),
        ("n", ["cluster_id"], "count", "Questions"),
        ("n", ["cluster_id", "unknown"], "count", "Known"),
        ("n", [], "count", "n"),
        ("handoff_rate", [], "rate", "Hand-off: rate"),
        ("handoff_n", [], "count", "Hand-off: known"),
        ("no_answer", [], "yes_no", "No answer"),
        ("no_answer_flags", [], "flags", "No answer: notes"),
        ("rate_before", [], "rate", "Rate before"),
        ("unknown_after", [], "count", "Unknown after"),
        ("successes", ["n", "rate"], "count", "Successes"),
        ("successes", ["fault_side"], "count", "Successes"),
        ("n", ["fault_side", "share", "unknown"], "count", "Calls with a reason"),
        ("rate", ["platform"], "rate", "Rate"),
        ("total", ["mix"], "points", "Change"),
        ("total", ["check", "count"], "count", "Of"),
        ("mix_agent_id", [], "points", "From the mix of agent"),
        ("period", ["cohort"], "count", "Period number"),
        ("period", [], "moment", "Period"),
        ("duration_minutes_mean", [], "minutes", "Mean length"),
        ("custom_rate", [], "own", "Rate"),
        ("custom_before", [], "own", "Before"),
        ("metadata_plan_name", [], "own", "Plan name"),
        ("my_before", [], "own", "My before"),
        ("", [], "own", ""),
    ],
)
def test_a_name_says_what_its_column_holds(name, beside, kind, heading):
    meaning = meaning_of(name, [name, *beside])
    assert (meaning.kind, meaning.heading) == (kind, heading)


@pytest.mark.parametrize(
    ("function", "headings"),
    [
        ("ended_reasons",
         {"share": "Share of all", "n": "Calls with a reason", "successes": "Calls that ended so",
          "unknown": "Without a reason", "rate": "Share of calls with a reason"}),
        ("outcome_stages", {"n": "Known", "successes": "Came through", "rate": "Rate"}),
        ("resolved_for_good",
         {"n": "Known", "successes": "Resolved so far", "rate": "Resolved for good"}),
        ("retention_table",
         {"n": "People at risk", "successes": "There again", "unknown": "Period not over"}),
        ("channel_summary",
         {"successes": "Successes", "handoff_successes": "Handed off",
          "no_answer_successes": "Not answered"}),
        ("cohort_metric", {"n": "Known", "successes": "Successes", "unknown": "Unknown"}),
        ("rates_by", {"n": "Known", "successes": "Successes", "rate": "Rate"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_only_successes_are_called_so(tables, function, headings):
    for table in tables[function]:
        assert {name: readable_table(table, [name]).columns[0] for name in headings} == headings


def test_every_column_of_conversations_has_a_heading_of_its_own():
    names = cda.describe_columns()["column"]
    headings = [meaning_of(name, list(names)).heading for name in names]
    assert len(set(headings)) == len(names)
    assert all(headings)


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("custom_call_intent", "Call intent"), ("custom_lead__877dcab8", "Lead (877dcab8)"),
        ("agent_id", "Agent"), ("___", "___"), ("os", "Operating system"),
    ],
)  # fmt: skip
def test_names_are_headings_in_words(name, heading):
    assert heading_of(name) == heading


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("handoff_rate", ("handoff_", "rate", "")), ("rate_after", ("", "rate", "_after")),
        ("before_users", ("", "before_users", "")),
        ("custom_rate_after", ("", "custom_rate_after", "")), ("no_answer", ("", "no_answer", "")),
    ],
)  # fmt: skip
def test_affixes_are_taken_off_the_plain_name(name, parts):
    assert affixes(name) == parts
