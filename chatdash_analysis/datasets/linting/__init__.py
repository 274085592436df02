"""Whether a model could look better than it is."""
