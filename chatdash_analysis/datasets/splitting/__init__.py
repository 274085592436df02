"""Splits that share no person and no near-duplicate text."""
