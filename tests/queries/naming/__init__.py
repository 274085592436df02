"""Tests of chatdash_analysis.queries.naming."""
