"""From vectors of distinct questions to clusters."""
