"""Tests of chatdash_analysis.identity."""
