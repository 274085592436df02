"""Training tables: features that were known in time, and a target."""
