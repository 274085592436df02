"""Plots: an analysis table in, Axes out."""

from chatdash_analysis.plot.changes import plot_waterfall
from chatdash_analysis.plot.cluster_map import plot_cluster_map
from chatdash_analysis.plot.cluster_trend import plot_cluster_trend
from chatdash_analysis.plot.clusters import plot_clusters
from chatdash_analysis.plot.cohorts import plot_retention
from chatdash_analysis.plot.curves import plot_return_curve
from chatdash_analysis.plot.drivers import plot_drivers
from chatdash_analysis.plot.heat import plot_heatmap
from chatdash_analysis.plot.league import plot_funnel
from chatdash_analysis.plot.rates import plot_rates
from chatdash_analysis.plot.settling import plot_settling
from chatdash_analysis.plot.stages import plot_stages

__all__ = [
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
]
