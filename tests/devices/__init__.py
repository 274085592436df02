"""Tests of chatdash_analysis.devices."""
