"""Channels, hours and outcomes: what each brings, what it costs, and where it breaks."""
