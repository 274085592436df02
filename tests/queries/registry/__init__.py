"""Tests of chatdash_analysis.queries.registry."""
