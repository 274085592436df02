"""Tests of chatdash_analysis.queries.impact."""
