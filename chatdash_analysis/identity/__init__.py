"""Who is the same person: keys, rules and what they could not join."""
