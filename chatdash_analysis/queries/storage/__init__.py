"""Saved clusters: plain files in one folder."""
