"""Tests of chatdash_analysis.queries.trends."""
