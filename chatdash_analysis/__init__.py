"""Conversations of a ChatDash agency as typed DataFrames."""
