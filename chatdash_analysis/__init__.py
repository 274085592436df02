"""Conversations of a ChatDash agency as typed DataFrames, cached as parquet.

>>> import chatdash_analysis as cda
>>> conversations = cda.load_sample(300)
>>> len(conversations)
300
"""

from chatdash_analysis.changes.comparing import compare_periods
from chatdash_analysis.changes.explaining import explain_change
from chatdash_analysis.changes.placebos import placebo_table
from chatdash_analysis.changes.sentences import change_sentence, comparison_sentence
from chatdash_analysis.channels.activity import activity_table, business_hours_summary
from chatdash_analysis.channels.outcomes import outcome_stages, stage_change
from chatdash_analysis.channels.reasons import ended_reasons
from chatdash_analysis.channels.summary import channel_summary, country_summary
from chatdash_analysis.cohorts.resolved import resolved_for_good
from chatdash_analysis.cohorts.retention import cohort_metric, retention_table
from chatdash_analysis.cohorts.returning import contact_table, return_curve
from chatdash_analysis.datasets.export import export_dataset
from chatdash_analysis.datasets.folds import cross_validation
from chatdash_analysis.datasets.lint import leak_lint
from chatdash_analysis.datasets.splits import split_by_time, split_by_user
from chatdash_analysis.datasets.table import Split, TrainingTable
from chatdash_analysis.datasets.training import training_table
from chatdash_analysis.datasets.verify import verify_dataset
from chatdash_analysis.devices.summary import device_coverage, device_crosstab, device_summary
from chatdash_analysis.driving.table import driver_levels, drivers
from chatdash_analysis.endings.families import ended_reason_families
from chatdash_analysis.errors import (
    AuthenticationError,
    CacheError,
    ChatDashError,
    IncompleteError,
    InputError,
    MissingColumnsError,
    RequestError,
    ResponseError,
)
from chatdash_analysis.fields.coercion import coerce_fields, coercion_losses
from chatdash_analysis.fields.coverage import field_coverage
from chatdash_analysis.fields.profile import profile_fields
from chatdash_analysis.flattening.catalogue import expand_metadata, field_catalogue
from chatdash_analysis.identity.users import identify_users, identity_conflicts, identity_summary
from chatdash_analysis.judging.auditing import judge_audit
from chatdash_analysis.judging.correcting import correct_rates
from chatdash_analysis.judging.sampling import audit_sample
from chatdash_analysis.league import league_table
from chatdash_analysis.loading.agents import load_agents
from chatdash_analysis.loading.cache import cache_info, clear_cache, verify_cache
from chatdash_analysis.loading.client import Client
from chatdash_analysis.loading.loader import load_conversations
from chatdash_analysis.loading.quality import quality_report
from chatdash_analysis.loading.saved import read_conversations
from chatdash_analysis.loading.scanning import scan_cache
from chatdash_analysis.loading.sightings import load_sightings
from chatdash_analysis.plot import (
    plot_cluster_map,
    plot_cluster_trend,
    plot_clusters,
    plot_drivers,
    plot_funnel,
    plot_heatmap,
    plot_rates,
    plot_retention,
    plot_return_curve,
    plot_settling,
    plot_stages,
    plot_waterfall,
)
from chatdash_analysis.privacy.policy import PseudonymPolicy
from chatdash_analysis.privacy.pseudonymizing import pseudonymize
from chatdash_analysis.queries.clusters import QueryClusters, cluster_queries, load_clusters
from chatdash_analysis.queries.embedding.choosing import NoModelWarning
from chatdash_analysis.queries.gaps.exporting import export_gaps
from chatdash_analysis.queries.impact.table import cluster_impact
from chatdash_analysis.queries.mapping import cluster_map
from chatdash_analysis.queries.questions import misunderstood_queries, text_table
from chatdash_analysis.queries.trends.table import cluster_trends
from chatdash_analysis.rates import rate_bounds
from chatdash_analysis.sandbox.sampling import load_sample
from chatdash_analysis.schema import SCHEMA_VERSION, describe_columns
from chatdash_analysis.segments import rates_by
from chatdash_analysis.settling.curve import settling_curve
from chatdash_analysis.settling.provisional import provisional_periods
from chatdash_analysis.settling.summary import settling_summary
from chatdash_analysis.text.scrubbing import scrub

__all__ = [
    "SCHEMA_VERSION",
    "AuthenticationError",
    "CacheError",
    "ChatDashError",
    "Client",
    "IncompleteError",
    "InputError",
    "MissingColumnsError",
    "NoModelWarning",
    "PseudonymPolicy",
    "QueryClusters",
    "RequestError",
    "ResponseError",
    "Split",
    "TrainingTable",
    "activity_table",
    "audit_sample",
    "business_hours_summary",
    "cache_info",
    "change_sentence",
    "channel_summary",
    "clear_cache",
    "cluster_impact",
    "cluster_map",
    "cluster_queries",
    "cluster_trends",
    "coerce_fields",
    "coercion_losses",
    "cohort_metric",
    "compare_periods",
    "comparison_sentence",
    "contact_table",
    "correct_rates",
    "country_summary",
    "cross_validation",
    "describe_columns",
    "device_coverage",
    "device_crosstab",
    "device_summary",
    "driver_levels",
    "drivers",
    "ended_reason_families",
    "ended_reasons",
    "expand_metadata",
    "explain_change",
    "export_dataset",
    "export_gaps",
    "field_catalogue",
    "field_coverage",
    "identify_users",
    "identity_conflicts",
    "identity_summary",
    "judge_audit",
    "league_table",
    "leak_lint",
    "load_agents",
    "load_clusters",
    "load_conversations",
    "load_sample",
    "load_sightings",
    "misunderstood_queries",
    "outcome_stages",
    "placebo_table",
    "plot_cluster_map",
    "plot_cluster_trend",
    "plot_clusters",
    "plot_drivers",
    "plot_funnel",
    "plot_heatmap",
    "plot_rates",
    "plot_retention",
    "plot_return_curve",
    "plot_settling",
    "plot_stages",
    "plot_waterfall",
    "profile_fields",
    "provisional_periods",
    "pseudonymize",
    "quality_report",
    "rate_bounds",
    "rates_by",
    "read_conversations",
    "resolved_for_good",
    "retention_table",
    "return_curve",
    "scan_cache",
    "scrub",
    "settling_curve",
    "settling_summary",
    "split_by_time",
    "split_by_user",
    "stage_change",
    "text_table",
    "training_table",
    "verify_cache",
    "verify_dataset",
]
