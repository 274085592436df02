"""The fields of the platforms' own analysis: what they hold, and as which type."""
