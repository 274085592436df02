"""Plots: an analysis table in, Axes out."""

from chatdash_analysis.plot.changes import plot_waterfall
from chatdash_analysis.plot.cohorts import plot_retention
from chatdash_analysis.plot.curves import plot_return_curve
from chatdash_analysis.plot.heat import plot_heatmap
from chatdash_analysis.plot.league import plot_funnel
from chatdash_analysis.plot.rates import plot_rates
from chatdash_analysis.plot.stages import plot_stages

__all__ = [
    "plot_funnel",
    "plot_heatmap",
    "plot_rates",
    "plot_retention",
    "plot_return_curve",
    "plot_stages",
    "plot_waterfall",
]
