"""Tests of chatdash_analysis.showing."""
