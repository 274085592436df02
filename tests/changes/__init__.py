"""Tests of chatdash_analysis.changes."""
