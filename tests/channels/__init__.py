"""Tests of chatdash_analysis.channels."""
