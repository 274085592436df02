"""Tests of chatdash_analysis.queries.clustering."""
