"""Every table that a public function returns, of the sample."""

from __future__ import annotations

import inspect
import typing
from functools import cached_property
from typing import TYPE_CHECKING, Any

import chatdash_analysis as cda
from chatdash_analysis.sandbox import stand_in

if TYPE_CHECKING:
    import pandas as pd

_PERIODS = {"before": ("2026-03-01", "2026-05-01"), "after": ("2026-05-01", "2026-07-01")}
# These give their caller's own table back.
_OWN = ("hide_rare", "style_table")


class PublicTables:
    """The tables, each made when it is first asked for."""

    def __init__(self, folder):
        self.folder = folder

    @cached_property
    def conversations(self):
        return cda.identify_users(cda.load_sample(1_000))

    @cached_property
    def clusters(self):
        return cda.cluster_queries(cda.misunderstood_queries(self.conversations))

    @cached_property
    def training(self):
        return cda.training_table(self.conversations, target="evaluation_is_success")

    @cached_property
    def audit(self):
        sheet = cda.audit_sample(self.conversations, 200, by="channel")
        sheet["human_verdict"] = sheet["summary"].str.len() > 300
        return cda.judge_audit(self.conversations, sheet, by="channel")

    @cached_property
    def loaded(self):
        with stand_in(200) as service:
            client = cda.Client(service.api_key, base_url=service.url)
            agents, cache = cda.load_agents(client=client), self.folder / "cache"
            table = cda.load_conversations(
                agents["agent_id"][:2].tolist(), start="2026-05-01", end="2026-07-01",
                client=client, cache_dir=cache,
            )  # fmt: skip
            return {
                "load_agents": [agents],
                "load_conversations": [table],
                "load_sightings": [cda.load_sightings(cache_dir=cache, base_url=service.url)],
                "cache_info": [cda.cache_info(cache)],
                "verify_cache": [cda.verify_cache(cache)],
            }

    def made(self) -> dict[str, list[pd.DataFrame]]:
        """Return the tables by the name of their function."""
        rows, tables = self.conversations, {}
        for part in (self.analyses, self.periods, self.questions, self.fields, self.others):
            tables |= part(rows)
        return tables

    def analyses(self, rows):
        people = {"tz": "Europe/Berlin"}
        return {
            "activity_table": [cda.activity_table(rows, **people)],
            "business_hours_summary": [cda.business_hours_summary(rows, **people)],
            "channel_summary": [cda.channel_summary(rows, by) for by in ("channel", "platform")],
            "country_summary": [cda.country_summary(rows)],
            "cohort_metric": [cda.cohort_metric(rows, freq="M")],
            "contact_table": [cda.contact_table(rows, "channel")],
            "device_coverage": [cda.device_coverage(rows)],
            "device_crosstab": [cda.device_crosstab(rows)],
            "device_summary": [cda.device_summary(rows, strata="channel")],
            "ended_reasons": [cda.ended_reasons(rows)],
            "ended_reason_families": [cda.ended_reason_families()],
            "identity_conflicts": [cda.identity_conflicts(rows)],
            "identity_summary": [cda.identity_summary(rows)],
            "league_table": [cda.league_table(rows), cda.league_table(rows, apart_by="platform")],
            "outcome_stages": [cda.outcome_stages(rows)],
            "rates_by": [cda.rates_by(rows, ["channel", "device"])],
            "rate_bounds": [cda.rate_bounds(cda.rates_by(rows, "channel"))],
            "resolved_for_good": [cda.resolved_for_good(rows, n_boot=100)],
            "retention_table": [
                cda.retention_table(rows, freq="M", rule=rule) for rule in (None, "range")
            ],
            "return_curve": [cda.return_curve(rows)],
        }

    def periods(self, rows):
        curve = cda.settling_curve(rows, by=None, n_boot=100)
        return {
            "compare_periods": [
                cda.compare_periods(rows, at="2026-05-01", strata="channel", n_boot=100)
            ],
            "placebo_table": [cda.placebo_table(rows, at="2026-05-01", strata="channel")],
            "explain_change": [
                cda.explain_change(rows, by=by, n_boot=100, **_PERIODS)
                for by in ("channel", ["channel", "agent_id"])
            ],
            "stage_change": [cda.stage_change(rows, **_PERIODS)],
            "settling_curve": [curve],
            "settling_summary": [cda.settling_summary(rows, by=None)],
            "provisional_periods": [
                cda.provisional_periods(rows, curve, as_of="2026-07-01", freq="M")
            ],
            "judge_audit": [self.audit],
            "correct_rates": [
                cda.correct_rates(cda.rates_by(rows, "channel"), self.audit, by="channel")
            ],
        }

    def questions(self, rows):
        clusters = self.clusters
        return {
            "misunderstood_queries": [cda.misunderstood_queries(rows)],
            "cluster_queries": [
                clusters.queries, clusters.summary, clusters.examples, clusters.history,
            ],
            "cluster_trends": [cda.cluster_trends(clusters, rows, freq="M")],
            "cluster_impact": [cda.cluster_impact(clusters, rows, n_boot=100)],
            "cluster_map": [cda.cluster_map(clusters)],
            "export_gaps": [cda.export_gaps(clusters, self.folder / "gaps.csv", min_users=2)],
            "text_table": [cda.text_table(["Are you open?", None])],
        }  # fmt: skip

    def fields(self, rows):
        wanted: dict[str, Any] = {"custom_callback_minutes": "number"}
        return {
            "field_catalogue": [cda.field_catalogue(rows)],
            "field_coverage": [cda.field_coverage(rows, freq="M")],
            "profile_fields": [cda.profile_fields(rows)],
            "coerce_fields": [cda.coerce_fields(rows, wanted, max_loss=1.0).head(20)],
            "coercion_losses": [cda.coercion_losses(rows, wanted)],
            "drivers": [cda.drivers(rows)],
            "driver_levels": [cda.driver_levels(rows)],
            "expand_metadata": [cda.expand_metadata(rows.head(20))],
            "describe_columns": [cda.describe_columns()],
            "training_table": [
                self.training.rows.head(20), self.training.columns, self.training.left_out,
                self.training.dropped,
            ],
            "leak_lint": [
                cda.leak_lint(self.training, cda.split_by_time(self.training, at="2026-05-01"))
            ],
        }  # fmt: skip

    def others(self, rows):
        secret = "correct horse battery staple"
        return {
            "load_sample": [cda.load_sample(20)],
            "identify_users": [rows.head(20)],
            "audit_sample": [cda.audit_sample(rows, 30)],
            "pseudonymize": [cda.pseudonymize(cda.load_sample(20), secret=secret)],
            "quality_report": [cda.quality_report(rows)],
            "read_conversations": [cda.read_conversations(self._saved(rows))],
            **self.loaded,
        }

    def _saved(self, rows):
        path = self.folder / "saved.parquet"
        rows.drop(columns=["user_id", "user_key"]).head(20).to_parquet(path)
        return path


def functions_with_tables() -> set[str]:
    """Return the names of public functions that say they return a table."""
    functions = {
        name: getattr(cda, name) for name in cda.__all__ if inspect.isfunction(getattr(cda, name))
    }
    held = {
        name
        for name, function in functions.items()
        if _returned(function).removeprefix("pd.") == "DataFrame"
    }
    return held - set(_OWN)


def _returned(function: Any) -> str:
    return str(typing.cast("dict[str, Any]", function.__annotations__).get("return", ""))
