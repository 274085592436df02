"""The catalogue of fields and the report on quality say what is there."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest

from chatdash_analysis import errors
from chatdash_analysis.flattening.catalogue import expand_metadata, field_catalogue
from chatdash_analysis.loading.quality import quality_report
from chatdash_analysis.loading.saved import frame_from_body
from tests.loading.made import AGENT, OTHER, conversations


def frame(rows) -> pd.DataFrame:
    return frame_from_body(io.BytesIO(json.dumps(rows).encode()), "test")


def findings(rows, check: str) -> pd.DataFrame:
    report = quality_report(frame(rows) if isinstance(rows, list) else rows)
    return report[report["check"] == check]


def test_the_catalogue_lists_agent_key_column_type_and_coverage():
    rows = [
        {"_id": "1", "agentId": "a", "createdAt": "2026-01-01T00:00:00Z",
         "customAnalysis": {"Lead Score": "3/5", "ok": "yes", "n": 1}},
        {"_id": "2", "agentId": "a", "createdAt": "2026-01-03T00:00:00Z",
         "customAnalysis": {"ok": True, "n": "x"}},
        {"_id": "3", "agentId": "b", "createdAt": "2026-01-02T00:00:00Z",
         "customAnalysis": {"issue": {"kind": "N/A"}, "ok": "N/A"}},
    ]  # fmt: skip
    table = field_catalogue(frame(rows)).set_index(["agent_id", "raw_key"])
    assert table.loc[("a", "Lead Score"), "column"] == "custom_lead_score"
    facts = ["kind", "converted", "values", "rows", "conflicts"]
    assert table.loc[("a", "ok"), facts].tolist() == ["mixed", "boolean", 2, 2, 1]
    assert table.loc[("b", "ok"), "null_tokens"] == 1
    assert table.loc[("a", "n"), ["kind", "converted"]].tolist() == ["mixed", ""]
    assert table.loc[("b", "issue.kind"), ["column", "coverage"]].tolist() == [
        "custom_issue_kind", 1.0,
    ]  # fmt: skip
    assert table.loc[("a", "ok"), "last_seen"] == pd.Timestamp("2026-01-03", tz="UTC")


def test_columns_of_the_catalogue_are_columns_of_the_frame():
    loaded = frame(conversations(50) + conversations(20, agent=OTHER))
    catalogue = field_catalogue(loaded)
    custom = {c for c in loaded.columns if c.startswith("custom_")} - {"custom_analysis"}
    assert set(catalogue["column"]) == custom
    assert (catalogue["values"] == catalogue["rows"]).all()


def test_an_empty_table_has_an_empty_typed_catalogue_and_a_report():
    catalogue = field_catalogue(frame([]))
    assert len(catalogue) == 0
    assert str(catalogue["first_seen"].dtype) == "datetime64[us, UTC]"
    assert (quality_report(frame([]))["check"] == "coverage").all()


def test_metadata_is_expanded_on_request_into_a_new_table():
    loaded = frame([{"_id": "1", "metadata": {"utm_source": "x", "n": 2}}, {"_id": "2"}])
    before = loaded.copy()
    wide = expand_metadata(loaded)
    assert wide["metadata_utm_source"].tolist()[0] == "x"
    assert str(wide["metadata_n"].dtype) == "float64"
    assert loaded.equals(before)
    assert wide.attrs == loaded.attrs


def test_coerced_rejected_and_unknown_values_are_counted_with_their_total():
    rows = [
        {"_id": "1", "cost": "0.5"},
        {"_id": "2", "cost": "lots", "strange": 1},
        {"_id": "3", "cost": 1, "name": "cut \ud83d"},
        {"name": "nobody"},
    ]
    report = quality_report(frame(rows)).set_index(["check", "column"])
    assert report.loc[("coerced", "cost"), ["count", "total"]].tolist() == [1, 4]
    assert report.loc[("rejected", "cost"), "count"] == 1
    assert report.loc[("unknown_property", "other_properties"), "count"] == 1
    assert report.loc[("replaced_characters", "name"), "count"] == 1
    assert report.loc[("missing_id", "conversation_id"), "count"] == 1
    assert report.loc[("coverage", "cost"), ["count", "share"]].tolist() == [2, 0.5]


def test_a_long_silence_of_a_busy_agent_is_an_ingestion_gap():
    rows = conversations(600)
    assert findings(rows, "ingestion_gap").empty
    holed = [r for r in rows if not "2026-03-20" < r["createdAt"] < "2026-03-27"]
    found = findings(holed, "ingestion_gap")
    assert found["agent_id"].tolist() == [AGENT]
    assert "2026-03-19" in found["detail"].iloc[0] or "2026-03-20" in found["detail"].iloc[0]


@pytest.mark.parametrize(
    ("factor", "says"), [(1, None), (60, "looks like seconds"), (60_000, "looks like milliseconds")]
)
def test_durations_in_another_unit_are_suspected(factor, says):
    rows = [{**r, "duration": r["duration"] * factor} for r in conversations(50)]
    found = findings(rows, "unit")
    details = found.loc[found["column"] == "duration_minutes", "detail"].tolist()
    assert [says in d for d in details] == ([True] if says else [])


@pytest.mark.parametrize(
    ("per_minute", "says"), [(0.1, None), (12, "looks like cents"), (400, "looks like credits")]
)
def test_costs_in_another_unit_are_suspected(per_minute, says):
    rows = [{**r, "cost": r["duration"] * per_minute} for r in conversations(50)]
    found = findings(rows, "unit")
    details = found.loc[found["column"] == "cost", "detail"].tolist()
    assert [says in d for d in details] == ([True] if says else [])


def test_missing_columns_are_named():
    with pytest.raises(errors.MissingColumnsError, match="field_catalogue needs") as caught:
        field_catalogue(pd.DataFrame({"agent_id": ["a"]}))
    assert caught.value.missing == ["created_at", "custom_analysis"]
    with pytest.raises(errors.MissingColumnsError):
        quality_report(pd.DataFrame())
    with pytest.raises(errors.MissingColumnsError):
        expand_metadata(pd.DataFrame())


def test_fields_that_share_a_name_are_pointed_out():
    rows = [{"_id": "1", "agentId": "a", "customAnalysis": {"Lead Score": 1, "lead_score": 2}}]
    found = findings(rows, "name_clash")
    assert found["detail"].tolist() == ["field Lead Score shares its name with another field"]


def test_fields_beyond_the_largest_number_of_columns_are_listed():
    rows = [
        {"_id": str(i), "agentId": "a", "customAnalysis": {"common": i, f"own_{i}": i}}
        for i in range(700)
    ]
    loaded = frame(rows)
    custom = [c for c in loaded.columns if c.startswith("custom_") and c != "custom_analysis"]
    assert len(custom) == 500
    assert "custom_common" in custom
    assert len(findings(loaded, "no_column")) == 201


def test_the_catalogue_names_the_columns_of_a_part_of_a_table():
    rows = [
        {"_id": "1", "agentId": "a", "customAnalysis": {"lead_score": 1}},
        {"_id": "2", "agentId": "b", "customAnalysis": {"Lead Score": 2}},
    ]
    loaded = frame(rows)
    catalogue = field_catalogue(loaded[loaded["agent_id"] == "b"])
    assert loaded[catalogue["column"].iloc[0]].notna().sum() == 1
    assert catalogue["column"].iloc[0] != "custom_lead_score"


def test_the_report_takes_joined_tables_and_what_csv_makes_of_them(tmp_path):
    rows = [{"_id": "1", "agentId": "a", "createdAt": "2026-01-01T00:00:00Z", "cost": "0.5"}]
    loaded = frame(rows)
    assert quality_report(pd.concat([loaded, loaded]))["count"].max() == 2
    loaded.to_csv(tmp_path / "saved.csv", index=False)
    assert len(quality_report(pd.read_csv(tmp_path / "saved.csv"))) == len(quality_report(loaded))


def test_silence_up_to_the_end_of_the_range_is_an_ingestion_gap():
    loaded = frame(conversations(600, days=30))
    loaded.attrs["chatdash"]["end"] = "2026-06-01T00:00:00.000Z"
    assert len(findings(loaded, "ingestion_gap")) == 1


def test_expanding_twice_gives_the_same_and_shares_nothing():
    loaded = frame([{"_id": "1", "metadata": {"a": 1}}])
    once = expand_metadata(loaded)
    assert expand_metadata(once).columns.tolist() == once.columns.tolist()
    once.attrs["chatdash"]["gaps"].append(1)
    assert loaded.attrs["chatdash"]["gaps"] == []
