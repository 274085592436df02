"""Tests of chatdash_analysis.queries.storage."""
