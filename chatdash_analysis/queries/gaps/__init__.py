"""What the agent does not understand, for those who teach it."""
