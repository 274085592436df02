"""Tests of chatdash_analysis.queries.gaps."""
