from .changes.comparing import compare_periods
from .changes.explaining import explain_change
from .changes.placebos import placebo_table
from .changes.sentences import change_sentence, comparison_sentence
from .channels.activity import activity_table, business_hours_summary
from .channels.outcomes import outcome_stages, stage_change
from .channels.reasons import ended_reasons
from .channels.summary import channel_summary, country_summary
from .cohorts.resolved import resolved_for_good
from .cohorts.retention import cohort_metric, retention_table
from .cohorts.returning import contact_table, return_curve
from .datasets.exporting.export import export_dataset
from .datasets.exporting.verify import verify_dataset
from .datasets.linting.lint import leak_lint
from .datasets.splitting.folds import cross_validation
from .datasets.splitting.splits import split_by_time, split_by_user
from .datasets.tables.table import Split, TrainingTable
from .datasets.tables.training import training_table
from .devices.summary import device_coverage, device_crosstab, device_summary
from .driving.table import driver_levels, drivers
from .endings.families import ended_reason_families
from .errors import (
    AuthenticationError,
    CacheError,
    ChatDashError,
    IncompleteError,
    InputError,
    MissingColumnsError,
    RequestError,
    ResponseError,
)
from .fields.coercion import coerce_fields, coercion_losses
from .fields.coverage import field_coverage
from .fields.profile import profile_fields
from .flattening.catalogue import expand_metadata, field_catalogue
from .identity.users import identify_users, identity_conflicts, identity_summary
from .judging.auditing import judge_audit
from .judging.correcting import correct_rates
from .judging.sampling import audit_sample
from .league import league_table
from .loading.agents import load_agents
from .loading.cache import cache_info, clear_cache, verify_cache
from .loading.client import Client
from .loading.loader import load_conversations
from .loading.quality import quality_report
from .loading.saved import read_conversations
from .loading.scanning import scan_cache
from .loading.sightings import load_sightings
from .plot import (
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
from .privacy.policy import PseudonymPolicy
from .privacy.pseudonymizing import pseudonymize
from .privacy.verbatim import hide_rare
from .queries.clusters import QueryClusters, cluster_queries, load_clusters
from .queries.embedding.choosing import NoModelWarning
from .queries.gaps.exporting import export_gaps
from .queries.impact.table import cluster_impact
from .queries.mapping import cluster_map
from .queries.questions import misunderstood_queries, text_table
from .queries.trends.table import cluster_trends
from .rates import rate_bounds
from .report.writing import write_report
from .sandbox.sampling import load_sample
from .schema import SCHEMA_VERSION, describe_columns
from .segments import rates_by
from .settling.curve import settling_curve
from .settling.provisional import provisional_periods
from .settling.summary import settling_summary
from .showing.styling import style_table
from .text.scrubbing import scrub

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
    "hide_rare",
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
    "style_table",
    "text_table",
    "training_table",
    "verify_cache",
    "verify_dataset",
    "write_report",
]
