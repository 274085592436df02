"""Tables without the people in them: pseudonyms, scrubbed texts, rare texts hidden."""
