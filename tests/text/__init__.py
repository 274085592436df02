"""Tests of chatdash_analysis.text."""
