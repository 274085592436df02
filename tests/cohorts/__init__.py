"""Tests of chatdash_analysis.cohorts."""
